import Engine
import Foundation
import Sessions
import Synchronization

@testable import Workbench

/// A runtime with a library of its own, scripted models, and everything it says kept.
final class Bench: Sendable {
  let folder: URL
  let library: Library
  let runtime: Runtime
  private let log: Log
  private let removesFolder: Bool

  private final class Log: Sendable {
    let messages = Mutex<[Message]>([])
    let connections = Mutex<[String]>([])
    let clock = Mutex(100.0)
  }

  /// - Parameters:
  ///   - models: by spec; a spec that is not there cannot be reached.
  ///   - other: whose library to use.
  init(
    _ models: [String: any LanguageModel] = [:], examples: [URL] = [], sharing other: Bench? = nil,
    slowly: Bool = false
  ) throws {
    let log = Log()
    folder =
      other?.folder
      ?? FileManager.default.temporaryDirectory.appending(
        path: "erratum-\(UUID().uuidString)", directoryHint: .isDirectory)
    removesFolder = other == nil
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    library = Library(root: folder, examples: examples)
    self.log = log
    let edges = Edges(
      library: library,
      connect: { spec, progress in
        log.connections.withLock { $0.append(spec) }
        if spec == "silent" { try await Task.sleep(for: .seconds(3600)) }
        if slowly { try await Task.sleep(for: .milliseconds(20)) }
        if spec.hasPrefix("local:") { [0, 0.5, 1].forEach(progress) }
        guard let model = models[spec] else {
          throw ModelError.unreachable(endpoint: spec, reason: "refused")
        }
        return model
      },
      discover: { ["http://127.0.0.1:8080"] }, problemSets: { [] },
      prompts: { PromptSet(named: $0) },
      sentence: { error in
        switch error {
        case let error as ModelError: error.sentence
        case let error as JournalError: error.sentence
        case let error as RuntimeError: error.sentence
        case let error as RoundError: error.sentence
        default: "\(error)"
        }
      },
      program: "test", wall: { 1_795_230_000 },
      clock: {
        log.clock.withLock { clock in
          clock += 0.25
          return clock
        }
      })
    runtime = Runtime(edges: edges) { message in log.messages.withLock { $0.append(message) } }
  }

  deinit { if removesFolder { try? FileManager.default.removeItem(at: folder) } }

  var messages: [Message] { log.messages.withLock { $0 } }
  var connections: [String] { log.connections.withLock { $0 } }
  var notices: [String] {
    messages.compactMap { if case .noticed(let notice) = $0 { notice.text } else { nil } }
  }
  var records: [Record] {
    messages.flatMap(\.records)
  }
  var opened: [SessionShown] {
    messages.compactMap { if case .sessionOpened(let shown) = $0 { shown } else { nil } }
  }
  var settledCount: Int { messages.count { $0 == .settled } }

  /// Waits until something has been said, however long that takes.
  func wait(until isSaid: (Bench) async -> Bool) async {
    while await !isSaid(self) { try? await Task.sleep(for: .milliseconds(2)) }
  }

  var settings: Settings {
    var settings = Settings()
    settings.solver = "solver"
    settings.critic = "critic"
    return settings
  }

  func carryOut(_ effects: Effect...) async {
    for effect in effects { await runtime.carryOut(effect, settings) }
  }

  /// The one session of the library, read from its file.
  func journal(_ id: String? = nil) throws -> (session: Session, records: [Record]) {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { !$0.hasPrefix("index") }.sorted()
    let reader = try JournalReader(folder.appending(path: id ?? names[0]))
    let records = try reader.allRecords()
    return (Session(header: reader.header, replaying: records), records)
  }
}

/// A model that says something and then nothing more until it is stopped.
struct HangingModel: LanguageModel {
  var description = ScriptedModel.standardDescription
  /// `nil` asks to be called again much later.
  var says: String? = "Step 1: 3 * 6 = 18.\nStep 2: 17"

  func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { continuation in
      if let says {
        continuation.yield(.tokens([Token(bytes: Array(says.utf8), logProbability: -0.5)]))
      } else {
        continuation.yield(.retrying(after: .seconds(3600), number: 1, reason: "busy"))
      }
      // Neither finished nor failed: whoever waits must be cancelled.
      continuation.onTermination = { _ in }
    }
  }
}

/// Keeps what it was asked.
final class AskedModel: LanguageModel {
  let model: ScriptedModel
  let requests = Mutex<[GenerationRequest]>([])
  init(_ scripts: [Script]) { model = ScriptedModel(scripts: scripts) }
  var description: ModelDescription { model.description }
  func generate(_ request: GenerationRequest) -> AsyncThrowingStream<ModelOutput, any Error> {
    requests.withLock { $0.append(request) }
    return model.generate(request)
  }
}

extension Script {
  static let wrong = Script(
    text: "Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 36.\nStep 3: 36 - 9 = 27.\nAnswer: 27\n")
  static let right = Script(
    text: "Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 35.\nStep 3: 35 - 9 = 26.\nAnswer: 26\n")
  static let findings = Script(
    text: "Step 1: correct\nStep 2: incorrect (arithmetic) - 17 + 18 is 35.\n"
      + "First error: step 2\n")
}

extension Message {
  /// What is on record now; nothing for any other message.
  var records: [Record] {
    if case .recorded(let records) = self { records } else { [] }
  }
}
