import Engine
import Foundation
import ModelLocal
import Sessions

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

  /// As many as there are cores, and as have room for their caches.
  private static func fitting(_ summary: LocalModelSummary) -> Int {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let memory = Memory.available else { return cores }
    let each = max(1, summary.memoryNeeded - summary.fileBytes)
    return max(1, min(cores, (memory - summary.fileBytes) / each))
  }
}
