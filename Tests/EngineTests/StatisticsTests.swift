import Sessions
import Testing

@testable import Engine

private func isClose(_ value: Double?, _ expected: Double, by tolerance: Double = 5e-5) -> Bool {
  value.map { abs($0 - expected) <= tolerance } ?? false
}

@Suite struct IntervalTests {
  /// Newcombe, Statistics in Medicine 17 (1998), table I, method 3; the last by hand.
  @Test(arguments: [
    (81.0, 263.0, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
    (1, 29, 0.0061, 0.1718), (8, 10, 0.49016, 0.94332),
  ])
  func `Wilson's interval is the published one`(
    right: Double, count: Double, lower: Double, upper: Double
  ) throws {
    let interval = try #require(Statistics.wilson(right: right, of: count))
    #expect(isClose(interval.lower, lower), "\(interval)")
    #expect(isClose(interval.upper, upper), "\(interval)")
  }

  @Test func `of no trials nothing is known`() {
    #expect(Statistics.wilson(right: 0, of: 0) == nil)
    #expect(Statistics.interval(ofShareIn: []) == nil)
    #expect(Statistics.interval(ofShareIn: [Score()]) == nil)
    #expect(Statistics.quantile(0.5, of: []) == nil)
  }

  @Test func `one sample of each problem is worth an answer, five alike no more`() throws {
    let single = (0..<10).map { Score(right: $0 < 5 ? 1 : 0, count: 1) }
    let alike = (0..<10).map { Score(right: $0 < 5 ? 5 : 0, count: 5) }
    let wilson = try #require(Statistics.wilson(right: 5, of: 10))
    for scores in [single, alike] {
      let interval = try #require(Statistics.interval(ofShareIn: scores))
      #expect(isClose(interval.lower, wilson.lower, by: 1e-12))
      #expect(isClose(interval.upper, wilson.upper, by: 1e-12))
    }
  }

  @Test func `samples that differ within every problem are worth an answer each`() {
    let halves = (0..<10).map { _ in Score(right: 1, count: 2) }
    #expect(
      Statistics.interval(ofShareIn: halves) == Statistics.wilson(right: 10, of: 20))
    let all = (0..<10).map { _ in Score(right: 2, count: 2) }
    #expect(Statistics.interval(ofShareIn: all) == Statistics.wilson(right: 10, of: 10))
  }

  @Test func `quantiles lie between the values as NumPy has them`() {
    let values = [1.0, 2, 4, 8]
    for (share, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3), (0.975, 7.7), (1, 8), (2, 8)] {
      #expect(isClose(Statistics.quantile(share, of: values), expected, by: 1e-12))
    }
  }
}

@Suite struct BootstrapTests {
  /// The reference outputs of `splitmix64.c` for the seed 1234567.
  @Test func `the generator is SplitMix64`() {
    var random = SplitMix(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test func `every index comes up as often as the others`() {
    var random = SplitMix(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.index(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 }, "\(counts)")
  }

  /// The same draws in Python: 2,000 resamples of 40 problems with seed 7.
  @Test func `the interval of a gain is that of the same draws elsewhere`() throws {
    let pattern = [1, 0, 0, -1, 2, 0, 0, 1]
    let scores = (0..<40).map { PairedScore(gain: pattern[$0 % 8], pairs: 5) }
    var bootstrap = Bootstrap()
    bootstrap.seed = 7
    bootstrap.resamples = 2000
    let interval = try #require(bootstrap.intervals(of: [scores])[0])
    #expect(isClose(interval.lower, 0.02, by: 1e-12))
    #expect(isClose(interval.upper, 0.13, by: 1e-12))
  }

  @Test func `nothing changed is no difference, and of one problem nothing can be said`() {
    let none = [PairedScore](repeating: PairedScore(gain: 0, pairs: 3), count: 5)
    let missing = [PairedScore](repeating: PairedScore(), count: 5)
    var one = missing
    one[2] = PairedScore(gain: 1, pairs: 1)
    #expect(
      Bootstrap().intervals(of: [none, missing, one]) == [Interval(lower: 0, upper: 0), nil, nil])
    #expect(Bootstrap().intervals(of: [[]]) == [nil])
    #expect(Bootstrap().intervals(of: []) == [])
  }

  @Test func `two problems, of which one is won, may be none or both`() throws {
    let scores = [PairedScore(gain: 1, pairs: 1), PairedScore(gain: 0, pairs: 1)]
    #expect(Bootstrap().intervals(of: [scores]) == [Interval(lower: 0, upper: 1)])
  }
}

@Suite struct RunReportTests {
  private func row(
    _ problem: String, _ arm: String, _ answer: String?, _ correct: Bool?, sample: Int = 0,
    tokens: Int = 10, discarded: Int = 0, reflections: Int = 0, seed: Int = 1
  ) -> ResultsRow {
    ResultsRow(
      problem: problem, arm: arm, sample: sample, seed: seed + sample, answer: answer,
      correct: correct, tokens: tokens, length: tokens, discarded: discarded,
      reflections: reflections, seconds: 0.5)
  }

  @Test func `an arm is held against none, pair by pair`() throws {
    let rows = [
      row("a-1", "none", "1", true), row("a-2", "none", "1", false),
      row("a-3", "none", "1", false), row("a-4", "none", nil, false),
      row("a-1", "srgen", "1", false), row("a-2", "srgen", "2", true, tokens: 14),
      row("a-3", "srgen", "2", true, discarded: 6, reflections: 2),
      // Of another seed: no pair.
      row("a-4", "srgen", "2", true, seed: 9),
    ]
    let report = RunReport(rows)
    #expect(report.groups.isEmpty)
    let none = try #require(report.arms.first)
    #expect(none.arm == "none" && none.attempts == 4 && none.unanswered == 1)
    #expect(none.accuracy == 0.25 && none.difference == nil && none.vote == nil)
    let srgen = try #require(report.arms.last)
    #expect(srgen.accuracy == 0.75)
    #expect(srgen.pairs == 3 && srgen.fixed == 2 && srgen.broken == 1)
    #expect(isClose(srgen.difference, 1.0 / 3, by: 1e-12))
    // 4 tokens more in one, 6 discarded in another; one answer won in all.
    #expect(srgen.extraTokens == 10 && srgen.extraTokensPerAnswerWon == 10)
    #expect(srgen.reflections == 0.5)
    #expect(isClose(srgen.triggeredShare, 2.0 / 44, by: 1e-12))
  }

  @Test func `a vote is a plurality, not a majority of right ones`() {
    // Two of five are right and agree; the wrong ones do not.
    let rows = ["7", "7.0", "1", "2", "3"].enumerated().map { sample, answer in
      row("p", "none", answer, sample < 2, sample: sample)
    }
    #expect(RunReport(rows).arms[0].vote == 1)
    // An answer missing is no vote; of two given as often the first given stands.
    let tied = [
      row("p", "none", "8", true, sample: 1), row("p", "none", "7", false, sample: 0),
      row("p", "none", nil, false, sample: 2),
    ]
    #expect(RunReport(tied).arms[0].vote == 0)
    #expect(
      RunReport([row("p", "none", nil, false, sample: 0), row("p", "none", nil, false, sample: 1)])
        .arms[0].vote == 0)
  }

  @Test func `without reference answers there is no accuracy, and costs all the same`() {
    let report = RunReport([
      row("a", "none", "1", nil), row("a", "cntp", "1", nil, tokens: 15),
    ])
    for arm in report.arms {
      #expect(arm.accuracy == nil && arm.accuracyInterval == nil && arm.vote == nil)
      #expect(arm.difference == nil && arm.fixed == nil && arm.extraTokensPerAnswerWon == nil)
    }
    #expect(report.arms[1].extraTokens == 5 && report.arms[1].tokens == 15)
  }

  @Test func `nothing won has no price`() {
    let report = RunReport([
      row("a", "none", "1", true), row("a", "cntp", "2", false, tokens: 15),
    ])
    #expect(report.arms[1].broken == 1 && report.arms[1].extraTokensPerAnswerWon == nil)
  }

  @Test func `problems are grouped by what their ids begin with`() {
    for (id, group) in [
      ("held-out-017", "held-out"), ("logic-01", "logic"), ("17", ""), ("a_2", "a"), ("", ""),
      ("gsm8k-3", "gsm8k"),
    ] {
      #expect(RunReport.group(of: id) == group, "\(id)")
    }
    let report = RunReport([
      row("b-1", "none", "1", true), row("a-1", "none", "1", false),
      row("b-2", "none", "1", true),
    ])
    #expect(report.groups.map(\.name) == ["a", "b"])
    #expect(report.groups.map { $0.arms[0].accuracy } == [0, 1])
  }

  @Test func `nothing run is an empty report`() {
    #expect(RunReport([]).arms.isEmpty)
  }

  @Test func `the same rows in another order are the same report`() {
    let rows = (0..<30).flatMap { number in
      ["none", "srgen"].map { arm in
        row("p-\(number)", arm, "\(number % 3)", (number + arm.count) % 3 == 0)
      }
    }
    #expect(RunReport(rows) == RunReport(rows.reversed(), order: ["none", "srgen"]))
  }
}
