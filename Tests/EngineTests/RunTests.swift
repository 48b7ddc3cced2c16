import Foundation
import Sessions
import Testing

@testable import Engine

/// Collects what a runner records, in order.
final class Recorder: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var stored: [Event] = []
  var events: [Event] { lock.withLock { stored } }
  func record(_ event: Event) { lock.withLock { stored.append(event) } }

  func session(_ problem: Problem) -> Session {
    Session(
      header: Header(program: "test", session: "s", created: 0, problem: problem),
      replaying: events.enumerated().map { Record(n: $0, t: Double($0), event: $1) })
  }
}

let marbles = Problem(id: "p", text: "Tom has 17 marbles and 3 bags of 6.", answer: "35")
private let parameters = SamplingParameters(temperature: 0)

private func token(_ text: String, _ logProbability: Float, _ channel: Channel = .answer) -> Token {
  Token(
    bytes: Array(text.utf8), channel: channel, logProbability: logProbability,
    alternatives: [
      Alternative(bytes: Array(text.utf8), logProbability: logProbability),
      Alternative(bytes: [0x78], logProbability: log(1 - exp(logProbability))),
    ])
}

private func script(_ tokens: [Token], error: ModelError? = nil, delay: Double? = nil) -> Script {
  Script(tokens: tokens.map { Script.ScriptToken($0, delay: delay) }, error: error)
}

func solved(_ text: String, _ problem: Problem = marbles) async -> Recorder {
  let recorder = Recorder()
  let planner = RoundPlanner(prompts: PromptSet(named: "plain"), parameters: parameters)
  await run(
    planner.solve(problem, attempt: AttemptID("a1")),
    on: ScriptedModel(scripts: [Script(text: text)]),
    serials: SerialCounter(next: 0), record: recorder.record)
  return recorder
}

@Suite struct RunTests {
  private let planner = RoundPlanner(prompts: PromptSet(named: "plain"), parameters: parameters)

  @Test func `an attempt becomes steps with measures and an answer`() async throws {
    let recorder = Recorder()
    let model = ScriptedModel(scripts: [
      script([
        token("Hm", -0.5, .thinking), token("Step 1:", -0.1), token(" 18\n", -0.3),
        token("Step 2: 35\n", -0.2), token("Answer: 35", -0.4),
      ])
    ])
    await run(
      planner.solve(marbles, attempt: AttemptID("a1")), on: model,
      serials: SerialCounter(next: 7), record: recorder.record)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.steps.map(\.channel) == [.thinking, .answer, .answer, .answer])
    #expect(attempt.steps.map(\.index) == [0, 1, 2, 3])
    #expect(String(decoding: attempt.bytes(of: attempt.steps[1]), as: UTF8.self) == "Step 1: 18\n")
    let measures = attempt.steps[1].measures
    #expect(measures.measured == 2)
    #expect(abs(try #require(measures.meanLogProbability) + 0.2) < 1e-6)
    #expect(try #require(measures.meanEntropy).isExact)
    #expect(attempt.answer?.isCorrect == true)
    #expect(attempt.finished?.reason == .stop)
    #expect(recorder.session(marbles).nextSerial == 12)
  }

  @Test func `a lost connection keeps the partial, and going on from it rebuilds the whole`()
    async throws
  {
    let recorder = Recorder()
    let serials = SerialCounter(next: 0)
    let lost = ModelError.connectionLost(endpoint: "http://127.0.0.1:1")
    await run(
      planner.solve(marbles, attempt: AttemptID("a1")),
      on: ScriptedModel(scripts: [
        script([token("Step 1: 18\nStep 2", -0.1), token(": 3", -0.1)], error: lost)
      ]), serials: serials, record: recorder.record)
    let partial = recorder.session(marbles)
    #expect(partial.attempts[0].finished?.reason == .truncated)
    #expect(partial.failures.count == 1)
    #expect(partial.attempts[0].answer == nil)

    let plan = try planner.goOn(
      from: AttemptID("a1"), in: partial, attempt: partial.freshAttempts(1)[0])
    #expect(plan.prefix == "Step 1: 18\nStep 2: 3")
    await run(
      plan, on: ScriptedModel(scripts: [script([token("5\n", -0.1), token("Answer: 35", -0.1)])]),
      serials: serials, record: recorder.record)
    let whole = try #require(recorder.session(marbles).attempt(AttemptID("a2")))
    #expect(
      String(decoding: whole.written.bytes, as: UTF8.self) == "Step 1: 18\nStep 2: 35\nAnswer: 35")
    #expect(whole.steps.count == 3)
    #expect(whole.steps.allSatisfy { $0.measures.measured > 0 })
    #expect(whole.answer?.isCorrect == true)
  }

  @Test func `stopping keeps what came and says that it was stopped`() async throws {
    let recorder = Recorder()
    let model = ScriptedModel(
      scripts: [script([token("Step 1: 18\n", -0.1), token("never", -0.1)], delay: 1)],
      wait: { _ in if recorder.events.count > 2 { try await Task.sleep(for: .seconds(3_600)) } })
    let plan = planner.solve(marbles, attempt: AttemptID("a1"))
    let task = Task {
      await run(plan, on: model, serials: SerialCounter(next: 0)) { event in
        recorder.record(event)
        if case .tokens = event { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await task.value
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.finished?.reason == .cancelled)
    #expect(String(decoding: attempt.written.bytes, as: UTF8.self) == "Step 1: 18\n")
    #expect(attempt.answer == nil)
    #expect(recorder.session(marbles).failures.isEmpty)
  }

  @Test func `a model without an answer for us is a recorded failure, not a crash`() async {
    let recorder = Recorder()
    await run(
      planner.solve(marbles, attempt: AttemptID("a1")), on: ScriptedModel(scripts: []),
      serials: SerialCounter(next: 0), record: recorder.record)
    let session = recorder.session(marbles)
    #expect(session.attempts.first?.finished?.reason == .error)
    #expect(session.failures.first?.message.hasPrefix("Nothing was recorded") == true)
  }

  @Test func `a critique binds its verdicts while it streams`() async throws {
    let recorder = await solved("Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 36.\nAnswer: 36\n")
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let plan = try #require(
      CritiquePlan(
        critique: CritiqueID("c1"), of: attempt, problem: marbles,
        prompts: PromptSet(named: "plain"), parameters: parameters))
    await runCritique(
      plan,
      on: ScriptedModel(scripts: [
        Script(
          text: "Step 1: 3 * 6 = 18, correct\nStep 2: 17 + 18 = 35, wrong\nFirst error: step 2")
      ]), record: recorder.record)
    let critique = try #require(recorder.session(marbles).critiques.first)
    #expect(critique.verdicts.mapValues(\.verdict) == [0: .correct, 1: .incorrect])
    #expect(critique.firstError == 1)
    #expect(critique.finished?.format == "lines")
    let firstVerdict = recorder.events.firstIndex { if case .verdict = $0 { true } else { false } }
    let lastText = recorder.events.lastIndex {
      if case .critiqueText = $0 { true } else { false }
    }
    #expect(try #require(firstVerdict) < (try #require(lastText)))
  }

  @Test func `a round from a step keeps the bytes before it and goes on from them`() async throws {
    let recorder = await solved("Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 36.\nAnswer: 36\n")
    let session = recorder.session(marbles)
    let (round, plan) = try planner.plan(
      RoundRequest(parent: AttemptID("a1"), strategy: .fromStep, fromStep: 1, hint: "add again"),
      in: session, round: session.freshRound, attempt: session.freshAttempts(1)[0])
    #expect(round.trigger == .hint)
    #expect(plan.prefix == "Step 1: 3 * 6 = 18.\n")
    recorder.record(.roundStarted(round))
    await run(
      plan, on: ScriptedModel(scripts: [Script(text: "Step 2: 17 + 18 = 35.\nAnswer: 35\n")]),
      serials: SerialCounter(next: session.nextSerial), record: recorder.record)
    let after = recorder.session(marbles)
    let attempt = try #require(after.attempts.last)
    #expect(attempt.steps.count == 3)
    #expect(attempt.started.keptBytes == 20)
    #expect(attempt.answer?.isCorrect == true)
    let rows = Alignment(from: after.attempts[0], to: attempt).rows
    #expect(rows.map(\.change) == [.kept, .reworded, .reworded])
    let ledger = Ledger(from: after.attempts[0], [1: .incorrect], to: attempt, [1: .correct])
    #expect(ledger.answer == .fixed)
    #expect(ledger.stepsFixed == [1])
    #expect(ledger.stepsBroken.isEmpty)
  }

  @Test func `an edited step is gone on from as if it had been written`() async throws {
    let recorder = await solved("Step 1: 18.\nStep 2: 36.\nAnswer: 36\n")
    let session = recorder.session(marbles)
    let (round, plan) = try planner.plan(
      RoundRequest(
        parent: AttemptID("a1"), strategy: .fromStep, fromStep: 1, editedStep: "Step 2: 35."),
      in: session, round: session.freshRound, attempt: session.freshAttempts(1)[0])
    #expect(round.editedStep == "Step 2: 35.")
    #expect(plan.prefix == "Step 1: 18.\nStep 2: 35.\n")
    await run(
      plan, on: ScriptedModel(scripts: [Script(text: "Answer: 35")]),
      serials: SerialCounter(next: session.nextSerial), record: recorder.record)
    let attempt = try #require(recorder.session(marbles).attempts.last)
    #expect(attempt.steps.count == 3)
    #expect(attempt.started.keptBytes == 12)
  }

  @Test func `a round from scratch shows the draft and what was said of it`() async throws {
    let recorder = await solved("Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 36.\nAnswer: 36\n")
    recorder.record(
      .marked(
        Marked(
          step: StepID(attempt: AttemptID("a1"), index: 1), verdict: .incorrect, annotator: "me",
          wall: 0, channel: .answer, start: 20, end: 42)))
    let session = recorder.session(marbles)
    let (round, plan) = try planner.plan(
      RoundRequest(parent: AttemptID("a1"), strategy: .fromScratch, usesMarks: true),
      in: session, round: session.freshRound, attempt: session.freshAttempts(1)[0])
    #expect(round.trigger == .marks)
    let text = try #require(plan.messages.last?.text)
    #expect(text.contains("Draft:\nStep 1: 3 * 6 = 18."))
    #expect(text.contains("Critique:\nStep 2: 17 + 18 = 36, wrong\nFirst error: step 2\n\nRevise"))
  }

  @Test func `a round from a step tells a chat model what was wrong with it`() async throws {
    let recorder = await solved("Step 1: 18.\nStep 2: 36.\nAnswer: 36\n")
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let prompts = PromptSet(named: "general")
    let critique = try #require(
      CritiquePlan(
        critique: CritiqueID("c1"), of: attempt, problem: marbles, prompts: prompts,
        parameters: parameters))
    await runCritique(
      critique, on: ScriptedModel(scripts: [Script(text: "Step 2: wrong - it is 35\n")]),
      record: recorder.record)
    let session = recorder.session(marbles)
    let request = RoundRequest(
      parent: AttemptID("a1"), strategy: .fromStep, critique: CritiqueID("c1"), hint: "add again")
    let (round, plan) = try RoundPlanner(prompts: prompts, parameters: parameters).plan(
      request, in: session, round: session.freshRound, attempt: AttemptID("a2"))
    #expect(round.fromStep == 1)
    #expect(round.trigger == .critique)
    let text = try #require(plan.messages.last?.text)
    #expect(text.contains("add again") && text.contains("was wrong: it is 35"))
  }

  @Test func `rounds that make no sense are refused with a sentence`() async throws {
    let session = (await solved("Step 1: 18.")).session(marbles)
    let request = RoundRequest(parent: AttemptID("a1"), strategy: .fromStep, fromStep: 8)
    #expect(throws: RoundError.noSuchStep(number: 9, count: 1)) {
      try planner.plan(request, in: session, round: session.freshRound, attempt: AttemptID("a2"))
    }
    #expect(throws: RoundError.noSuchAttempt) {
      try planner.goOn(from: AttemptID("a9"), in: session, attempt: AttemptID("a2"))
    }
  }

  @Test func `a recorded session answers its own calls, and no others`() async throws {
    let recorder = await solved("Step 1: 18.\nAnswer: 35\n")
    let session = recorder.session(marbles)
    let again = Recorder()
    let model = RecordedModel(replaying: session)
    let plan = planner.solve(marbles, attempt: AttemptID("a1"))
    await run(plan, on: model, serials: SerialCounter(next: 0), record: again.record)
    #expect(again.session(marbles).attempts[0].written.bytes == session.attempts[0].written.bytes)
    #expect(again.session(marbles).attempts[0].steps == session.attempts[0].steps)
    let third = Recorder()
    await run(plan, on: model, serials: SerialCounter(next: 0), record: third.record)
    #expect(third.session(marbles).attempts[0].finished?.reason == .error)
  }

  @Test func `scripts are read from JSON lines`() throws {
    let text = #"""
      # two scripts
      {"match": ["17"], "tokens": [{"text": "Hi", "logProbability": -0.1, "alternatives": [["Hi", -0.1], ["Ho", null]], "thinking": true}], "finish": "length"}

      {"text": "two words", "error": "connectionLost"}
      """#
    let scripts = try Script.scripts(jsonLines: text)
    #expect(scripts.count == 2)
    #expect(scripts[0].tokens[0].token.channel == .thinking)
    #expect(scripts[0].tokens[0].token.alternatives[1].logProbability == -.infinity)
    #expect(scripts[0].finish == .length)
    #expect(
      scripts[1].tokens.map { String(decoding: $0.token.bytes, as: UTF8.self) } == [
        "two ", "words",
      ])
    #expect(scripts[1].error == .connectionLost(endpoint: "the script"))
  }
}
