import Sessions
import Testing

@testable import Engine

/// A critique of the steps from 0 on, as events would have made it.
///
/// `+` correct, `-` incorrect, `0` neutral, `?` unsure, a blank for none said.
private func critique(
  _ verdicts: String, types: [Int: String] = [:], by critic: String = "judge", asked: String = "?",
  reason: StopReason = .stop, name: String = "c1"
) throws -> Critique {
  let id = CritiqueID(name)
  let model = ModelDescription(
    model: critic, dialect: "scripted", capabilities: Capabilities())
  let call = Call(
    model: model, messages: [ChatMessage(.user, asked)],
    parameters: SamplingParameters())
  var events: [Event] = [
    .critiqueStarted(
      CritiqueStarted(
        critique: id, attempt: AttemptID("a1"), steps: Array(0..<verdicts.count), call: call))
  ]
  let words: [Character: Verdict] = [
    "+": .correct, "-": .incorrect, "0": .neutral, "?": .unsure,
  ]
  var first: Int?
  for (step, character) in verdicts.enumerated() {
    guard let verdict = words[character] else { continue }
    if verdict == .incorrect { first = first ?? step }
    events.append(
      .verdict(
        VerdictGiven(critique: id, step: step, verdict: verdict, errorType: types[step])))
  }
  let isSilent = verdicts.allSatisfy { $0 == " " }
  events.append(
    .critiqueFinished(
      CritiqueFinished(
        critique: id, reason: reason,
        firstError: first.map { .step($0) } ?? (isSilent ? .notSaid : .none), format: "lines")))
  let header = Header(
    program: "test", session: "s", created: 0, problem: Problem(id: "p", text: "p"))
  let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
  return try #require(Session(header: header, replaying: records).critiques.first)
}

/// A chain labelled like the verdicts of a critique; its first error is the first `-`.
private func chain(
  _ labels: String, types: [Int: String] = [:], problem: String, _ critiques: Critique...
) -> TriedChain {
  let words: [Character: Verdict] = ["+": .correct, "-": .incorrect, "0": .neutral]
  var known: [Int: TriedChain.Label] = [:]
  for (step, character) in labels.enumerated() {
    if let verdict = words[character] {
      known[step] = TriedChain.Label(verdict, errorType: types[step])
    }
  }
  let wrong = labels.enumerated().first { $0.element == "-" }?.offset
  return TriedChain(
    problem: problem, steps: Array(0..<labels.count), labels: known,
    firstError: wrong.map { .step($0) } ?? TriedChain.FirstError.none, critiques: critiques)
}

@Suite struct CriticTrialTests {
  @Test func `ProcessBench's figures, worked by hand`() throws {
    let trial = CriticTrial(
      critic: "judge",
      chains: [
        // Wrong chains: exact, one off, two off, nothing found. Right ones: two found, one not.
        chain("++-", problem: "1", try critique("++-")),
        chain("+-+", problem: "2", try critique("++-")),
        chain("-++", problem: "3", try critique("++-")),
        chain("+-+", problem: "4", try critique("+++")),
        chain("+++", problem: "5", try critique("+++")),
        chain("+++", problem: "6", try critique("+++")),
        chain("+++", problem: "7", try critique("-++")),
      ])
    #expect(trial.chains == 7)
    #expect(trial.firstErrorExact == CriticTrial.Share(count: 1, of: 4))
    #expect(trial.firstErrorWithinOne == CriticTrial.Share(count: 2, of: 4))
    #expect(trial.noErrorFound == CriticTrial.Share(count: 2, of: 3))
    // 2 * 1/4 * 2/3 / (1/4 + 2/3)
    #expect(abs((trial.f1 ?? 0) - 4.0 / 11) < 1e-12)
    let standing = try #require(trial.standing)
    #expect(standing.chains == 7)
  }

  @Test func `kappa over steps, worked by hand`() throws {
    // Both wrong 2, critic alone 1, label alone 1, both right 6: (0.8 - 0.58) / 0.42.
    let trial = CriticTrial(
      critic: "judge",
      chains: [
        chain("--+-+", problem: "1", try critique("---++")),
        chain("+++++", problem: "2", try critique("+++++")),
      ])
    #expect(trial.kappaSteps == 10)
    #expect(abs((trial.kappa?.value ?? 0) - 0.22 / 0.42) < 1e-12)
    let same = CriticTrial(
      critic: "judge", chains: [chain("+++", problem: "1", try critique("+++"))])
    #expect(same.kappa == nil)
    #expect(same.f1 == nil)
    #expect(same.standing == nil)
  }

  @Test func `the confusion has a row for each error type`() throws {
    let trial = CriticTrial(
      critic: "judge",
      chains: [
        chain(
          "--+0", types: [0: "arithmetic", 1: "units"], problem: "1",
          try critique("-+-0", types: [0: "Arithmetic", 2: "units"])),
        chain("-+", types: [0: "arithmetic"], problem: "2", try critique(" ?")),
      ])
    let rows = trial.confusion
    #expect(rows.map(\.errorType) == ["arithmetic", "units", "", ""])
    #expect(rows[0].incorrect == 1 && rows[0].unsaid == 1 && rows[0].sameType == 1)
    #expect(rows[1].correct == 1)
    #expect(rows[2].label == .correct && rows[2].incorrect == 1 && rows[2].unsure == 1)
    #expect(rows[3].label == .neutral && rows[3].neutral == 1)
  }

  @Test func `asked the same twice, it agrees with itself or not`() throws {
    let trial = CriticTrial(
      critic: "judge",
      chains: [
        chain(
          "+-+", problem: "1", try critique("+-+"), try critique("++-"),
          try critique("---", asked: "otherwise")),
        chain("+++", problem: "2", try critique("+++"), try critique("+++")),
      ])
    let found = try #require(trial.selfConsistency)
    #expect(found.pairs == 2)
    #expect(found.sameFirstError == CriticTrial.Share(count: 1, of: 2))
    #expect(found.sameVerdict == CriticTrial.Share(count: 4, of: 6))
    // The first critique of a chain is the one that counts.
    #expect(trial.firstErrorExact == CriticTrial.Share(count: 1, of: 1))
    #expect(trial.noErrorFound == CriticTrial.Share(count: 1, of: 1))
  }

  @Test func `critiques cut off count for nothing, those of others are another's`() throws {
    let chains = [
      chain("+-+", problem: "1", try critique("+-+", reason: .length)),
      chain("+-+", problem: "2", try critique("+-+", by: "other")),
      chain("+-+", problem: "3", try critique("   ")),
    ]
    let trial = CriticTrial(critic: "judge", chains: chains)
    #expect(trial.unfinished == 1)
    #expect(trial.chains == 1)
    // What cannot be read found nothing.
    #expect(trial.firstErrorExact == CriticTrial.Share(count: 0, of: 1))
    #expect(CriticTrial.critics(of: chains) == ["judge", "other"])
  }

  @Test func `nothing to judge by is no figure`() {
    let trial = CriticTrial(critic: "judge", chains: [])
    #expect(trial.f1 == nil)
    #expect(trial.kappa == nil)
    #expect(trial.firstErrorExact.value == nil)
    #expect(trial.firstErrorExact.interval == nil)
    #expect(trial.selfConsistency == nil)
  }
}

@Suite struct SelfCorrectionTests {
  private func turns(_ pairs: [(String, Bool, Bool)]) -> [SelfCorrection.Turn] {
    pairs.map { SelfCorrection.Turn(problem: $0, before: $1, after: $2, round: 1) }
  }

  @Test func `CL, CS and RSS, worked by hand`() throws {
    // Four problems, one turn each: right-right, right-wrong, wrong-right, wrong-wrong.
    let even = try #require(
      SelfCorrection(
        turns([
          ("1", true, true), ("2", true, false), ("3", false, true), ("4", false, false),
        ])))
    #expect(even.before == 0.5 && even.after == 0.5)
    #expect(even.confidenceLevel == 0.5 && even.critiqueScore == 0.5)
    // (0.5 - 0.25) / 0.5: as good as before.
    #expect(even.relativeScore == 0.5)
    #expect([even.fixed, even.broken, even.stillRight, even.stillWrong] == [1, 1, 1, 1])
  }

  @Test func `problems count alike, however many samples they have`() throws {
    // Problem 1: a = 1/2, b = 1, c = 1. Problem 2: a = 0, c = 0.
    let found = try #require(
      SelfCorrection(
        turns([("1", true, true), ("1", false, true), ("2", false, false)])))
    #expect(found.problems == 2)
    #expect(found.before == 0.25 && found.after == 0.5)
    #expect(found.confidenceLevel == 1)
    #expect(abs((found.critiqueScore ?? 0) - 0.5 / 1.5) < 1e-12)
    let kept = found.before * (found.confidenceLevel ?? 0)
    let mended = (1 - found.before) * (found.critiqueScore ?? 0)
    #expect(abs(found.after - kept - mended) < 1e-12)
  }

  @Test func `what is not defined is not a number`() throws {
    #expect(SelfCorrection([]) == nil)
    let allRight = try #require(SelfCorrection(turns([("1", true, false), ("2", true, true)])))
    #expect(allRight.critiqueScore == nil && allRight.relativeScore == nil)
    #expect(allRight.confidenceLevel == 0.5)
    let allWrong = try #require(SelfCorrection(turns([("1", false, true)])))
    #expect(allWrong.confidenceLevel == nil && allWrong.relativeScore == nil)
    #expect(allWrong.critiqueScore == 1)
  }

  private func session(answer: String?) -> Session {
    let model = ModelDescription(
      model: "m", dialect: "scripted", capabilities: Capabilities())
    let call = Call(model: model, messages: [], parameters: SamplingParameters())
    func attempt(_ name: String, _ round: String?, _ isCorrect: Bool?) -> [Event] {
      let id = AttemptID(name)
      var started = AttemptStarted(attempt: id, segmenter: 1, call: call)
      started.round = round.map(RoundID.init)
      var events: [Event] = [.attemptStarted(started)]
      events.append(.attemptFinished(AttemptFinished(attempt: id, reason: .stop)))
      if let isCorrect {
        events.append(
          .answerExtracted(
            AnswerExtracted(attempt: id, answer: "1", method: .boxed, isCorrect: isCorrect)))
      }
      return events
    }
    func round(_ name: String, _ parent: String, _ critique: String? = nil) -> Event {
      .roundStarted(
        RoundStarted(
          round: RoundID(name), parent: AttemptID(parent), strategy: .fromScratch,
          trigger: .critique, critique: critique.map(CritiqueID.init)))
    }
    let critic = Call(
      model: ModelDescription(model: "/x/judge", dialect: "s", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters())
    let criticised = Event.critiqueStarted(
      CritiqueStarted(
        critique: CritiqueID("c1"), attempt: AttemptID("a1"), steps: [], call: critic))
    var events = attempt("a1", nil, nil)
    events += [criticised, round("r1", "a1", "c1")]
    events += attempt("a2", "r1", true)
    events.append(round("r2", "a2"))
    events += attempt("a3", "r2", false)
    events.append(round("r3", "a3"))
    return Session(
      header: Header(
        program: "test", session: "s", created: 0,
        problem: Problem(id: "p", text: "p", answer: answer)),
      replaying: events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) })
  }

  @Test func `rounds of a session are turns, in their order`() {
    let turns = SelfCorrection.turns(of: session(answer: "1"))
    // No answer is a wrong one; the round without an attempt is none.
    #expect(turns.map(\.before) == [false, true])
    #expect(turns.map(\.after) == [true, false])
    #expect(turns.map(\.round) == [1, 2])
    #expect(turns.map(\.critic) == ["judge", nil])
    #expect(SelfCorrection.turns(of: session(answer: nil)).isEmpty)
  }
}
