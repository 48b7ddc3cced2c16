import ArgumentParser
import Engine
import Foundation
import ModelLocal
import Workbench

extension ModelsCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Whether a weights file will run here, and how well.",
      discussion: """
        Exit codes: 0 it runs, 1 it cannot run here (too little memory), 2 the file cannot be used.
        """)
    @Argument(help: "A GGUF file; local, local:FILE#template and profiles will do as well.")
    var file: String
    @Flag(name: .long, help: "As one line of JSON.")
    var json = false
    @OptionGroup var library: LibraryOption

    func run() throws {
      let setup = try library.setup()
      let weights = try weights(setup)
      let summary = try LocalModel.inspect(path: weights.path, options: weights.options)
      var report = CheckReport(weights, summary, memory: Memory.available)
      if !json { ModelFacts.print(ModelFacts.ofFile(weights, summary) + [report.memory]) }
      if report.fits {
        try report.measure(weights)
        if !json { ModelFacts.print(report.measured) }
      }
      if json {
        StandardStream.output.write([UInt8](try report.encoded).withoutControls + [0x0A])
      } else {
        ModelFacts.print([("verdict", report.verdict)])
      }
      if !report.fits { throw ExitCode(1) }
    }

    /// What stands there is a path, unless it is what names a model everywhere else.
    private func weights(_ setup: Setup) throws -> ModelOpener.Weights {
      let isName =
        file == Settings.embedded || file.hasPrefix("local:")
        || setup.configuration.models[file] != nil
      let source = try setup.models.source(isName ? file : "local:" + file)
      guard case .weights(let weights) = source else {
        throw ModelError.badEndpoint(file, reason: "a server is described by erratum models")
      }
      return weights
    }
  }
}

/// What was found out about a file on this machine.
private struct CheckReport {
  private let weights: ModelOpener.Weights
  private let summary: LocalModelSummary
  /// In bytes; `nil` where the system does not say.
  private let available: Int?
  private var reading: Double?
  private var speed: LocalModelSpeed?

  init(_ weights: ModelOpener.Weights, _ summary: LocalModelSummary, memory: Int?) {
    self.weights = weights
    self.summary = summary
    available = memory
  }

  var fits: Bool { available.map { summary.memoryNeeded <= $0 } ?? true }

  var memory: (name: String, value: String) {
    ("memory here", available.map { "\(ModelFacts.bytes($0)) free" } ?? "not told")
  }

  /// Opens the model and runs it for a moment.
  ///
  /// A template matters to what a model says, not to how fast.
  mutating func measure(_ weights: ModelOpener.Weights) throws {
    var options = weights.options
    if !hasTemplate { options.template = LocalModel.templates.first }
    typealias Measured = (seconds: Double, speed: LocalModelSpeed)
    let measured = try waitFor { [options] () -> Result<Measured, any Error> in
      do {
        let begin = ContinuousClock.now
        let model = try await LocalModel.open(
          path: weights.path, options: options, progress: { _ in })
        let reading = begin.duration(to: .now) / .seconds(1)
        return .success((reading, try await model.speed()))
      } catch {
        return .failure(error)
      }
    }.get()
    reading = measured.seconds
    speed = measured.speed
  }

  var measured: [(name: String, value: String)] {
    guard let speed, let reading else { return [] }
    return [
      ("loading", "\(reading.formatted(places: 2)) s"),
      ("prefill", "\(speed.prefill.formatted(places: 0)) tok/s"),
      ("decode", "\(speed.decode.formatted(places: 1)) tok/s"),
      ("first token", "after \(speed.firstToken.formatted(places: 2)) s"),
    ]
  }

  private var hasTemplate: Bool { weights.options.template != nil || summary.template != nil }

  var verdict: String {
    guard fits else { return "too large for the memory of this machine; a smaller context may do" }
    return hasTemplate ? "it runs here" : "it runs here, once a template is chosen"
  }

  private struct Line: Encodable {
    var file, name, architecture, quantisation, tokenizer, verdict: String
    var template: String?
    var templates: [String]
    var parameters, fileBytes, layers, width, vocabulary, contextLength: Int
    var context, memoryNeeded: Int
    var memoryAvailable: Int?
    var fits: Bool
    /// Seconds, and tokens a second.
    var readingSeconds, prefill, decode, firstTokenSeconds: Double?
  }

  var encoded: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(
        Line(
          file: weights.path, name: summary.name, architecture: summary.architecture,
          quantisation: summary.quantisation, tokenizer: summary.tokenizer, verdict: verdict,
          template: weights.options.template ?? summary.template,
          templates: LocalModel.templates, parameters: summary.parameters,
          fileBytes: summary.fileBytes, layers: summary.layers, width: summary.width,
          vocabulary: summary.vocabulary, contextLength: summary.contextLength,
          context: summary.context, memoryNeeded: summary.memoryNeeded,
          memoryAvailable: available, fits: fits, readingSeconds: reading,
          prefill: speed?.prefill, decode: speed?.decode, firstTokenSeconds: speed?.firstToken))
    }
  }
}
