import ArgumentParser
import Engine
import Foundation
import Sessions
import Terminal
import Workbench

/// Turns errors into sentences and exit codes; the one place that does.
enum Failure {
  /// 0 done, 1 the work failed, 2 bad usage or input, 130 interrupted.
  static func code(for error: any Error) -> Int32 {
    switch error {
    // An address, a key or a file that cannot be used is what was typed, not the network.
    case ModelError.badEndpoint, ModelError.badKey, ModelError.weights: 2
    case is ModelError: 1
    // What a model cannot do is no slip of who asked for it.
    case is ReflectionError: 1
    case let error as RunError where error.isFailure: 1
    default: 2
    }
  }

  static func sentence(for error: any Error) -> String {
    switch error {
    case let error as ModelError: error.sentence
    case let error as JournalError: error.sentence
    case let error as RuntimeError: error.sentence
    case let error as RoundError: error.sentence
    case let error as ReflectionError: error.sentence
    case let error as TerminalError: error.description
    case let error as FileError: error.description
    case let error as InputError: error.sentence
    case let error as RunError: error.sentence
    case let error as FormatError: error.sentence
    case let error as AnnotateError: error.sentence
    case let error as AgreeError: error.sentence
    case let error as ReportError: error.sentence
    case let error as CalibrationRefusal: error.sentence
    case let error as KeyBindings.Conflict:
      "In mode \(error.mode.rawValue) the key \(error.key.name) is bound to "
        + "\(error.actions.map(\.rawValue).joined(separator: " and ")); give one of them another."
    default: "Something unforeseen went wrong (\(error)); try again."
    }
  }

  /// Says it on standard error and ends the program.
  static func exit(_ error: any Error) -> Never {
    warn(sentence(for: error))
    Foundation.exit(code(for: error))
  }
}

/// What was typed on the command line cannot be used.
enum InputError: Error, Equatable {
  case emptyProblem
  case problemTooLong(bytes: Int)
  case fileUnreadable(path: String)
  case noSolver
  case badSetting(name: String, value: String, allowed: String)
  case noSuchProblem(String, set: String)

  var sentence: String {
    switch self {
    case .emptyProblem:
      "The problem is empty; give it as an argument, with --file, or on standard input."
    case .problemTooLong(let bytes):
      "The problem has \((bytes + 1023) / 1024) KB and at most \(Problem.maximumBytes / 1024) KB can be sent; shorten it."
    case .fileUnreadable(let path): "\(path) cannot be read; check the path and its permissions."
    case .noSolver:
      "No solver is named and the model that comes along is not installed; use --solver "
        + "local:FILE.gguf, http://host:port/v1#model, a profile, or OPENAI_BASE_URL."
    case .badSetting(let name, let value, let allowed):
      "--\(name) takes \(allowed), not \u{201C}\(value)\u{201D}; correct it and try again."
    case .noSuchProblem(let id, let set):
      "There is no problem \u{201C}\(id)\u{201D} in \(set); `erratum problems \(set)` lists them."
    }
  }
}
