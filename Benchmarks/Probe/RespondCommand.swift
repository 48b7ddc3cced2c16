import ArgumentParser
import Engine
import Foundation
import ModelLocal
import Sessions

struct RespondCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "respond",
    abstract: "Time whole responses with so many of SRGen's activations, and without reflection.",
    discussion: """
      Reads problems, {"problem": "..."} a line. Each is answered without reflection and with each \
      number of activations in turn, as many times as asked for. The learning rate is 0: all is \
      computed as ever, and the text stays the same, so that equal work is compared. A decode step is \
      a token of the answer without reflection.
      """)

  @OptionGroup var arguments: ModelArguments
  @Option(help: "Activations, parted by commas.")
  var activations = "0,1,3,6"
  @Option(help: "Times each problem is answered in each way.")
  var rounds = 5
  @Option(help: "Problems to take.")
  var limit = 40

  private struct Problem: Decodable { var problem: String }

  private struct Row: Encodable {
    /// `nil` stands for no reflection.
    var activations: Int?
    var responses: Int
    var medianMilliseconds: Double
    /// Times the response without reflection; the median over problems.
    var ratio: Double
    /// What a response takes beyond one with 0 activations, by activation, in decode steps; the
    /// median over problems.
    var decodeStepsEach: Double?
    /// Share of responses that took no longer than 2 decode steps an activation and 3%.
    var withinBudget: Double
    var positions: Double?
  }

  func run() async throws {
    let model = try await LocalModel.open(
      path: arguments.model, options: LocalModelOptions(threads: arguments.threads))
    let counts = [nil] + activations.split(separator: ",").map { Int($0) }
    let problems = try linesOfInput(as: Problem.self).prefix(limit).map(\.problem)
    var times: [[[Double]]] = []
    var tokens: [Int] = []
    var steps: [Double] = []
    var positions: [[Double]] = Array(repeating: [], count: counts.count)
    for problem in problems {
      // Once to see how long it is, and to warm what is cold.
      let (_, length, _) = await respond(model, problem, places: nil)
      tokens.append(length)
      let first = await firstToken(model, problem)
      var taken = Array(repeating: [Double](), count: counts.count)
      for _ in 0..<rounds {
        for (index, count) in counts.enumerated() {
          let places = count.map { count in
            (0..<count).map { 1 + ($0 + 1) * (length - 1) / (count + 1) }
          }
          let (seconds, _, mean) = await respond(model, problem, places: places)
          taken[index].append(seconds)
          if let mean { positions[index].append(mean) }
        }
      }
      times.append(taken)
      steps.append((median(taken[0]) - first) / Double(max(length, 1)))
    }
    for (index, count) in counts.enumerated() {
      let medians = times.map { median($0[index]) }
      let plain = times.map { median($0[0]) }
      let idle = times.map { median($0[1]) }
      let within = problems.indices.count { problem in
        medians[problem] <= plain[problem] * 1.03 + Double(2 * (count ?? 0)) * steps[problem]
      }
      try printJSON(
        Row(
          activations: count, responses: problems.count * rounds,
          medianMilliseconds: median(medians) * 1000,
          ratio: median(zip(medians, plain).map { $0 / $1 }),
          decodeStepsEach: count.flatMap { count in
            count == 0
              ? nil
              : median(
                problems.indices.map { (medians[$0] - idle[$0]) / Double(count) / steps[$0] })
          },
          withinBudget: Double(within) / Double(max(problems.count, 1)),
          positions: positions[index].isEmpty ? nil : median(positions[index])))
    }
    let step = String(format: "%.1f", median(steps) * 1e6)
    let length = tokens.sorted()[tokens.count / 2]
    print("# decode step \(step) µs, median answer \(length) tokens, \(problems.count) problems")
  }

  /// Seconds, tokens written, and the mean number of positions the vectors were fitted to.
  private func respond(
    _ model: LocalModel, _ problem: String, places: [Int]?, maxTokens: Int = 512
  ) async -> (Double, Int, Double?) {
    var plan = AttemptPlan(
      attempt: AttemptID("a1"), problem: Sessions.Problem(id: "p", text: problem),
      messages: PromptSet.plain.solve(problem),
      parameters: SamplingParameters(
        temperature: 0.7, maxTokens: maxTokens, seed: 1, alternatives: 5))
    if let places {
      var reflection = ReflectionSettings(
        method: .randomPlaces, rule: .places(RandomPlaces(positions: places, share: 0, seed: 1)))
      reflection.learningRate = 0
      plan.reflection = reflection
    }
    let told = Told()
    let clock = ContinuousClock()
    let took = await clock.measure {
      await Engine.run(plan, on: model, serials: SerialCounter(next: 0), record: told.take)
    }
    return (took.seconds, told.tokens, told.positions)
  }

  /// Seconds up to the end of the first token: the reading of the prompt, and one step.
  private func firstToken(_ model: LocalModel, _ problem: String) async -> Double {
    var times: [Double] = []
    for _ in 0..<rounds {
      times.append(await respond(model, problem, places: nil, maxTokens: 1).0)
    }
    return median(times)
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }
}

/// Counts what a run records.
private final class Told: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var count = 0
  private var rows: [Double] = []
  var tokens: Int { lock.withLock { count } }
  var positions: Double? {
    lock.withLock { rows.isEmpty ? nil : rows.reduce(0, +) / Double(rows.count) }
  }

  func take(_ event: Event) {
    lock.withLock {
      switch event {
      case .tokens(let arrived): count += arrived.table.count
      case .reflectionFinished(let finished): rows += finished.positions.map { [Double($0)] } ?? []
      default: break
      }
    }
  }
}
