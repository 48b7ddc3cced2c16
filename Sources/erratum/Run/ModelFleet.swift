import Engine
import Foundation
import ModelLocal
import Sessions
import Synchronization

/// The models of a run: one for each job.
///
/// A server takes many calls at once. A weights file is opened once for each job and run by one
/// thread: its bytes are mapped and shared, and answers one by one on every core are more than
/// one answer on all of them.
struct ModelFleet: Sendable {
  let models: [any LanguageModel]

  var description: ModelDescription { models[0].description }

  /// - Parameters:
  ///   - jobs: as a person asked; `nil` leaves it to the machine or the server.
  ///   - work: cases there are: more models than these would have nothing to do.
  static func open(
    _ spec: String, jobs: Int?, work: Int, from opener: ModelOpener
  ) async throws -> ModelFleet {
    guard case .weights(let weights) = try opener.source(spec) else {
      let model = try await opener.open(spec)
      let slots = model.description.capabilities.slots ?? 4
      let count = max(1, min(jobs ?? slots, work))
      return ModelFleet(models: Array(repeating: model, count: count))
    }
    let summary = try LocalModel.inspect(path: weights.path, options: weights.options)
    let count = max(1, min(jobs ?? fitting(summary), work))
    var options = weights.options
    options.threads = options.threads ?? (count > 1 ? 1 : nil)
    var models: [any LanguageModel] = []
    for _ in 0..<count {
      models.append(try await LocalModel.open(path: weights.path, options: options))
    }
    return ModelFleet(models: models)
  }

  /// `body` of every item, each on the next model that is free; results in the items' order.
  ///
  /// Ends early when the task is cancelled, or when `body` answers `nil`: what is begun then is
  /// still waited for.
  func map<Item: Sendable, Output: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item, any LanguageModel) async -> Output?
  ) async -> [Output] {
    let queue = Queue<Output>(count: items.count)
    await withTaskGroup { group in
      for model in models {
        group.addTask {
          while !Task.isCancelled, let index = queue.next() {
            queue.put(await body(items[index], model), at: index)
          }
        }
      }
    }
    return queue.outputs
  }

  private final class Queue<Output: Sendable>: Sendable {
    private struct Contents {
      var next = 0
      var isEnded = false
      var outputs: [Int: Output] = [:]
    }
    private let count: Int
    private let contents = Mutex(Contents())

    init(count: Int) { self.count = count }

    func next() -> Int? {
      contents.withLock { contents in
        guard !contents.isEnded, contents.next < count else { return nil }
        defer { contents.next += 1 }
        return contents.next
      }
    }

    func put(_ output: Output?, at index: Int) {
      contents.withLock { contents in
        contents.outputs[index] = output
        if output == nil { contents.isEnded = true }
      }
    }

    var outputs: [Output] {
      contents.withLock { contents in (0..<count).compactMap { contents.outputs[$0] } }
    }
  }

  /// As many as there are cores, and as have room for their caches.
  private static func fitting(_ summary: LocalModelSummary) -> Int {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let memory = Memory.available else { return cores }
    let each = max(1, summary.memoryNeeded - summary.fileBytes)
    return max(1, min(cores, (memory - summary.fileBytes) / each))
  }
}
