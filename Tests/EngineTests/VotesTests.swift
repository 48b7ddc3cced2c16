import Foundation
import Sessions
import Testing

@testable import Engine

private func ballot(_ name: String, _ answer: String, _ mean: Double? = nil) -> Ballot {
  Ballot(
    attempt: AttemptID(name), answer: answer, meanLogProbability: mean, text: Array(name.utf8))
}

@Suite struct VotesTests {
  @Test func `answers that say the same are counted together`() throws {
    let tallies = Votes.tallies([ballot("a", "0.5"), ballot("b", "3"), ballot("c", "1/2")])
    #expect(tallies.map(\.method) == [.majority])
    let majority = try #require(tallies.first)
    #expect(majority.winner == "0.5")
    #expect(majority.shares.map(\.weight) == [2, 1])
    #expect(majority.shares[0].attempts == [AttemptID("a"), AttemptID("c")])
  }

  @Test func `one sure attempt outweighs two unsure ones`() throws {
    let tallies = Votes.tallies([
      ballot("a", "1", -3), ballot("b", "1", -3), ballot("c", "2", -0.1),
    ])
    let winners = Dictionary(uniqueKeysWithValues: tallies.map { ($0.method, $0.winner) })
    #expect(winners[.majority] == "1")
    #expect(winners[.confidence] == "2")
    #expect(winners[.rpc] == "2")
    #expect(tallies.contains { $0.source == "rank by mean log-probability" })
  }

  @Test func `nothing is weighted by log-probabilities that some attempts lack`() {
    #expect(Votes.tallies([ballot("a", "1", -3), ballot("b", "1")]).map(\.method) == [.majority])
    #expect(Votes.tallies([]).isEmpty)
  }

  @Test func `Borda runs from a majority to the single best`() {
    let scores = [-3.0, -2, -1, -2]
    #expect(Votes.borda(scores, power: 0) == [1, 1, 1, 1])
    #expect(Votes.borda(scores, power: 1) == [1, 2.5, 4, 2.5])
    let steep = Votes.borda(scores, power: 50)
    #expect(steep[2] > 1_000 * (steep[0] + steep[1] + steep[3]))
  }

  @Test func `copies of one text are one path`() throws {
    let copy = Ballot(
      attempt: AttemptID("b"), answer: "1", meanLogProbability: -0.5, text: Array("a".utf8))
    let tallies = Votes.tallies([ballot("a", "1", -0.5), copy, ballot("c", "2", -0.5)])
    let rpc = try #require(tallies.first { $0.method == .rpc })
    #expect(rpc.shares.map(\.weight) == [exp(-0.5), exp(-0.5)])
  }

  @Test func `a mixture of two groups of paths loses the lower one and keeps the upper`() {
    for seed in UInt64(0)..<20 {
      var random = Seeded(seed)
      func weibull(_ shape: Double, _ scale: Double) -> Double {
        scale * pow(-log(Double.random(in: 1e-9..<1, using: &random)), 1 / shape)
      }
      let low = (0..<40).map { _ in weibull(4, 0.15) }
      let high = (0..<40).map { _ in weibull(12, 0.8) }
      let kept = PathPruning.keeps(low + high)
      #expect(kept.prefix(40).count { $0 } <= 4, "seed \(seed)")
      #expect(kept.suffix(40).count { $0 } >= 36, "seed \(seed)")
    }
  }

  @Test func `what is above the mean is never dropped`() {
    for seed in UInt64(0)..<50 {
      var random = Seeded(seed)
      let values = (0..<Int.random(in: 1...30, using: &random)).map { _ in
        Double.random(in: 0.01...1, using: &random)
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let kept = PathPruning.keeps(values)
      #expect(zip(values, kept).allSatisfy { $1 || $0 < mean }, "seed \(seed)")
    }
  }

  @Test func `the simplex finds a minimum inside and at the edge of its box`() {
    let inside = Simplex.minimum(from: [0, 0], lower: [-5, -5], upper: [5, 5]) {
      ($0[0] - 1) * ($0[0] - 1) + 3 * ($0[1] + 2) * ($0[1] + 2)
    }
    #expect(abs(inside[0] - 1) < 1e-3 && abs(inside[1] + 2) < 1e-3)
    let edge = Simplex.minimum(from: [0, 0], lower: [-5, -1], upper: [5, 5]) {
      ($0[0] - 1) * ($0[0] - 1) + 3 * ($0[1] + 2) * ($0[1] + 2)
    }
    #expect(abs(edge[1] + 1) < 1e-3)
  }

  @Test func `agreement counts the others that state the same result`() async throws {
    var attempts: [Attempt] = []
    for (index, text) in [
      "Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 35.\nAnswer: 35",
      "Step 1: 6 * 3 = 18.0\nAnswer: 35", "Step 1: 3 + 6 = 9.\nAnswer: 9",
    ].enumerated() {
      let recorder = Recorder()
      let planner = RoundPlanner(
        prompts: PromptSet(named: "plain"), parameters: SamplingParameters())
      await run(
        planner.solve(marbles, attempt: AttemptID("a\(index)")),
        on: ScriptedModel(scripts: [Script(text: text)]), serials: SerialCounter(next: 0),
        record: recorder.record)
      attempts += recorder.session(marbles).attempts
    }
    #expect(Agreement.ofSteps(attempts[0], among: attempts) == [0: 0.5, 1: 0.5, 2: 0.5])
    #expect(Agreement.ofSteps(attempts[0], among: [attempts[0]]).isEmpty)
  }
}
