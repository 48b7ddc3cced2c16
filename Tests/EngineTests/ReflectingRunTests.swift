import Foundation
import Sessions
import Testing

@testable import Engine

/// Answers each request as a closure says, token by token, and remembers what was asked.
private final class Answering: LanguageModel, @unchecked Sendable {
  let description: ModelDescription
  private let answer: @Sendable (GenerationRequest) throws -> [Token]
  private let batch: Int
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var asked: [GenerationRequest] = []
  var requests: [GenerationRequest] { lock.withLock { asked } }

  init(
    logProbabilities: Bool = true, batch: Int = 3,
    _ answer: @escaping @Sendable (GenerationRequest) throws -> [Token]
  ) {
    self.answer = answer
    self.batch = batch
    description = ModelDescription(
      model: "answering", dialect: "scripted",
      capabilities: Capabilities(
        logProbabilities: logProbabilities, alternatives: 5, continuation: .exact,
        vocabularySize: 100, slots: 2))
  }

  func generate(_ request: GenerationRequest) -> AsyncThrowingStream<ModelOutput, any Error> {
    lock.withLock { asked.append(request) }
    return AsyncThrowingStream { stream in
      do {
        let all = try answer(request)
        let tokens = Array(all.prefix(request.parameters.maxTokens))
        for start in stride(from: 0, to: tokens.count, by: batch) {
          stream.yield(.tokens(Array(tokens[start..<min(start + batch, tokens.count)])))
        }
        stream.yield(.finished(tokens.count < all.count ? .length : .stop, nil))
        stream.finish()
      } catch {
        stream.finish(throwing: error)
      }
    }
  }
}

/// Sends ten thousand words, however few were asked for, until it is stopped.
private final class Overflowing: LanguageModel, @unchecked Sendable {
  let description = ModelDescription(
    model: "overflowing", dialect: "scripted",
    capabilities: Capabilities(
      logProbabilities: true, alternatives: 5, continuation: .exact, vocabularySize: 100, slots: 2))
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var most = 0
  var mostSent: Int { lock.withLock { most } }

  func generate(_ request: GenerationRequest) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { stream in
      let task = Task {
        for number in 1...10_000 where !Task.isCancelled {
          stream.yield(.tokens([number == 3 ? torn("a ", "b ") : sure("a ")]))
          lock.withLock { most = max(most, number) }
          await Task.yield()
          if number % 8 == 0 { try? await Task.sleep(for: .microseconds(200)) }
        }
        stream.yield(.finished(.stop, nil))
        stream.finish()
      }
      stream.onTermination = { _ in task.cancel() }
    }
  }
}

/// A token and what else could have stood there, each with its probability.
private func token(_ text: String, _ probability: Double, _ others: (String, Double)...) -> Token {
  let all = ([(text, probability)] + others).sorted { $0.1 > $1.1 }
  return Token(
    bytes: Array(text.utf8), logProbability: Float(log(probability)),
    alternatives: all.map { Alternative(bytes: Array($0.0.utf8), logProbability: Float(log($0.1))) }
  )
}

private func sure(_ text: String) -> Token { token(text, 0.999, ("x", 0.001)) }
/// 0.69 nats.
private func torn(_ text: String, _ other: String) -> Token { token(text, 0.5, (other, 0.5)) }

private func settings(_ method: ReflectionMethod, above entropy: Double = 0.3) -> ReflectionSettings
{
  var settings = ReflectionSettings(method: method, rule: .fixed(FixedThreshold(entropy: entropy)))
  settings.trials = 3
  return settings
}

@Suite struct ReflectingRunTests {
  private func run(
    _ reflection: ReflectionSettings, on model: any LanguageModel, temperature: Double = 1,
    maxTokens: Int = 100, prompts: PromptSet = .plain, problem: Problem = marbles,
    prepare: (inout AttemptPlan) -> Void = { _ in }
  ) async -> Recorder {
    let recorder = Recorder()
    var plan = AttemptPlan(
      attempt: AttemptID("a1"), problem: problem, messages: prompts.solve(problem.text),
      parameters: SamplingParameters(
        temperature: temperature, maxTokens: maxTokens, seed: 1, alternatives: 5))
    plan.reflection = reflection
    plan.prompts = prompts
    prepare(&plan)
    await Engine.run(plan, on: model, serials: SerialCounter(next: 0), record: recorder.record)
    return recorder
  }

  private func text(_ recorder: Recorder) throws -> String {
    let attempt = try #require(recorder.session(marbles).attempts.first)
    // Steps join without gaps up to the end, whatever was withdrawn.
    var end = 0
    for step in attempt.steps {
      #expect(step.range.lowerBound == end)
      end = step.range.upperBound
    }
    #expect(end == attempt.written.bytes.count)
    return String(decoding: attempt.written.bytes, as: UTF8.self)
  }

  /// Goes on with whatever of `whole` follows the prefix; from a prefix it does not begin with,
  /// with `otherwise`.
  private func continuing(
    _ whole: [Token], otherwise: [Token] = []
  ) -> @Sendable (GenerationRequest) -> [Token] {
    { request in
      let prefix = Array((request.prefix ?? "").utf8)
      var bytes: [UInt8] = []
      for (index, token) in whole.enumerated() {
        if bytes == prefix { return Array(whole[index...]) }
        bytes += token.bytes
      }
      return bytes == prefix ? [] : otherwise
    }
  }

  @Test func `a server's stream is cut at the trigger, and goes on from the likeliest token`()
    async throws
  {
    let whole = [sure("3 bags "), sure("hold "), token("19", 0.4, ("18", 0.6)), sure(".")]
    let model = Answering(batch: 4, continuing(whole, otherwise: [sure(" marbles.")]))
    let recorder = await run(settings(.argmax), on: model)
    #expect(try text(recorder) == "3 bags hold 18 marbles.")
    #expect(model.requests.map(\.prefix) == [nil, "3 bags hold 18"])
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let reflection = try #require(attempt.reflections.first)
    #expect(reflection.triggered.position == 2 && reflection.triggered.byte == 12)
    #expect(
      reflection.triggered.alternatives.all.map { String(decoding: $0.bytes, as: UTF8.self) }
        == ["18", "19"])
    let finished = try #require(reflection.finished)
    #expect(finished.outcome == .decided)
    #expect(finished.chosen.all.map(\.bytes) == [Array("18".utf8)])
    #expect(finished.discardedTokens == 2, "19 and the full stop had come")
    #expect(attempt.finished?.reflection?.discardedTokens == 2)
    #expect(attempt.finished?.usage?.completionTokens == 4)
    // What was asked for in all is what was to be had.
    #expect(model.requests[1].parameters.maxTokens == 97)
    #expect(model.requests[1].parameters.seed != 1)
  }

  @Test func `a restart changes nothing, and is not tested again at its place`() async throws {
    let whole = [sure("a "), torn("b ", "c "), sure("d")]
    let model = Answering(continuing(whole))
    let recorder = await run(settings(.restart), on: model)
    #expect(try text(recorder) == "a b d")
    #expect(model.requests.map(\.prefix) == [nil, "a "])
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.reflections.map(\.finished?.outcome) == [.kept])
  }

  @Test func `nothing else goes by SRGen's name where hidden states are not to be had`()
    async throws
  {
    let whole = [sure("a "), torn("b ", "c "), sure("d")]
    let recorder = await run(settings(.srgen), on: Answering(continuing(whole)))
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.finished?.reason == .error)
    #expect(attempt.reflections.map(\.finished?.outcome) == [.failed])
    #expect(attempt.finished?.message?.contains("hidden states") == true)
  }

  @Test func `trials run to the next punctuation, and the likeliest stands`() async throws {
    let model = Answering { request in
      guard let prefix = request.prefix else { return [sure("It is "), torn("1", "2"), sure(".")] }
      guard prefix == "It is " else { return [sure(" Done.")] }
      // Three trials differ by their seeds; the second is likeliest.
      let probability = [0.3, 0.9, 0.5][abs((request.parameters.seed ?? 0) % 3)]
      return [token("\(probability)", probability), sure(","), sure(" never")]
    }
    var reflection = settings(.cntp)
    reflection.highEntropy = 0.1
    let recorder = await run(reflection, on: model)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let found = try #require(attempt.reflections.first)
    #expect(found.trials.count == 3)
    for trial in found.trials {
      #expect(trial.table.bytes.last == UInt8(ascii: ","), "a trial ends with its punctuation")
    }
    let chosen = try #require(found.chosenTrial)
    let best = found.trials.compactMap(\.score).max()
    #expect(found.trials[chosen].score == best)
    let said = String(decoding: found.trials[chosen].table.bytes, as: UTF8.self)
    #expect(try text(recorder) == "It is \(said) Done.")
    #expect(found.finished?.forwards == 4 + 3)
    // Two trials of two tokens, one token of the stream after the trigger, and what each trial's
    // batch held beyond its end.
    #expect(found.finished?.discardedTokens == 2 + 4 + 3)
  }

  @Test func `at temperature 0 trials are refused with the reason, once a place`() async throws {
    let whole = [sure("a "), torn("b ", "c "), sure("d")]
    let recorder = await run(settings(.cntp), on: Answering(continuing(whole)), temperature: 0)
    #expect(try text(recorder) == "a b d")
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.reflections.first?.finished?.message?.contains("raise the temperature") == true)
  }

  @Test func `a branch writes the token whose line is likeliest`() async throws {
    let model = Answering { request in
      switch request.prefix {
      case nil: [sure("So "), torn("x", "y"), sure("!")]
      case "So x": [token("?", 0.2), sure("\n")]
      case "So y": [token("!", 0.8), sure("\n")]
      default: [sure("never")]
      }
    }
    let recorder = await run(settings(.branch), on: model)
    #expect(try text(recorder) == "So y!\n")
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.reflections.first?.trials.count == 2)
    // The lines' two tokens each and, of the stream, the place's own and the one after it.
    #expect(attempt.reflections.first?.finished?.discardedTokens == 4 + 2)
    #expect(attempt.reflections.first?.finished?.forwards == 4 + 1)
    #expect(attempt.reflections.first?.triggered.method.title.contains("surrogate") == true)
  }

  @Test func `rewinding withdraws what came after the last sure step, and searches again`()
    async throws
  {
    let first = [sure("Step 1: 18.\n"), sure("Step 2: "), torn("36", "35"), sure(".\n")]
    let model = Answering { request in
      if request.messages[0].text.contains("Critique") {
        let wrong = request.messages[0].text.contains("Step 2: 36")
        return [sure("Step 1: correct\n"), sure("Step 2: \(wrong ? "wrong" : "correct")\n")]
      }
      switch request.prefix {
      case nil: return first
      case "Step 1: 18.\n":
        let isWrong = (request.parameters.seed ?? 0) % 2 == 0
        return [sure("Step 2: "), token(isWrong ? "36" : "35", isWrong ? 0.9 : 0.4), sure(".\n")]
      case "Step 1: 18.\nStep 2: 35.\n": return [sure("Answer: 35")]
      default: return [sure("Answer: 36")]
      }
    }
    var reflection = settings(.rewind)
    reflection.trials = 8
    let recorder = await run(reflection, on: model)
    #expect(try text(recorder) == "Step 1: 18.\nStep 2: 35.\nAnswer: 35")
    #expect(recorder.events.contains { if case .rewound = $0 { true } else { false } })
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.answer?.isCorrect == true)
  }

  @Test func `words of doubt are put in at the end of a step`() async throws {
    let model = Answering { request in
      request.prefix == nil
        ? [sure("Step 1: 18.\n"), sure("Step 2: 36.\n"), sure("Answer: 36")]
        : [sure("18 + 17 is 35.\n"), sure("Answer: 35")]
    }
    var reflection = ReflectionSettings(
      method: .idSampling, rule: .growing(GrowingBudgets(first: 2, factor: 100)))
    reflection.doubtText = "Wait, "
    let recorder = await run(reflection, on: model)
    #expect(try text(recorder) == "Step 1: 18.\nWait, 18 + 17 is 35.\nAnswer: 35")
  }

  @Test func `self-assessment writes anew from the first step it finds wrong`() async throws {
    let model = Answering { request in
      if request.messages[0].text.contains("Critique") {
        let isWrong = request.messages[0].text.contains("36")
        return [sure("Step 1: correct\nStep 2: \(isWrong ? "wrong" : "correct")\n")]
      }
      return request.prefix == nil
        ? [sure("Step 1: 18.\n"), sure("Step 2: 36.\n"), sure("Step 3: 36.\n"), sure("Answer: 36")]
        : [sure("Step 2: 35.\n"), sure("Answer: 35")]
    }
    let reflection = ReflectionSettings(method: .psr, rule: .period(StepPeriod(steps: 2)))
    let recorder = await run(reflection, on: model)
    #expect(try text(recorder) == "Step 1: 18.\nStep 2: 35.\nAnswer: 35")
    #expect(SelfAssessmentResponse.rounds(for: marbles.text) == 1)
    #expect(SelfAssessmentResponse.rounds(for: "One. Two? Three") == 3)
    #expect(SelfAssessmentResponse.rounds(for: "") == 1)
  }

  @Test func `momentum has a step written anew, and the old one may stay`() async throws {
    let steps = ["Step 1: a.\n", "Step 2: b.\n", "Step 3: c.\n"]
    let model = Answering { request in
      switch request.prefix {
      case nil: [sure(steps[0]), token(steps[1], 0.3), sure(steps[2]), sure("Answer: 0")]
      case steps[0]: [token("Step 2: better.\n", 0.8)]
      default: [sure("Answer: 1")]
      }
    }
    var reflection = settings(.cntp)
    reflection.rule = .momentum(StepMomentum(decay: 0.9, ratio: 0.9))
    let recorder = await run(reflection, on: model)
    #expect(try text(recorder) == "Step 1: a.\nStep 2: better.\nAnswer: 1")
  }

  @Test func `a trigger at every token ends with the budget, which is said`() async throws {
    let whole = (0..<12).map { _ in torn("a", "b") }
    let model = Answering { request in
      Array(whole.dropFirst(request.prefix?.utf8.count ?? 0))
    }
    var reflection = settings(.restart)
    reflection.maximum = 4
    let recorder = await run(reflection, on: model)
    #expect(try text(recorder).count == 12)
    let tally = try #require(
      recorder.session(marbles).attempts.first?.finished?.reflection)
    #expect(tally.reflections == 4 && tally.isExhausted)
  }

  @Test func `tokens taken over are recorded and not tested`() async throws {
    var kept = TokenTable()
    for index in 0..<5 { kept.append(torn("\(index)", "z")) }
    let model = Answering { request in
      request.prefix == "01234" ? [sure("!"), torn("?", "z"), sure(".")] : [sure("?"), sure(".")]
    }
    var reflection = settings(.restart)
    reflection.rule = .adaptive(
      AdaptiveThreshold(window: 4, k: 0, minimumDeviation: 0, floor: 0, coldStart: 0))
    let recorder = await run(reflection, on: model) { $0.kept = kept }
    let attempt = try #require(recorder.session(marbles).attempts.first)
    // Four of 0.69 and the "!" make a mean that "?" is above.
    #expect(attempt.reflections.map(\.triggered.position) == [6])
    #expect(attempt.reflections.first?.triggered.window.count == 4)
  }

  @Test func `a server without numbers is told of once, and its answer stands`() async throws {
    let model = Answering { _ in (0..<40).map { Token(bytes: Array("\($0) ".utf8)) } }
    let recorder = await run(settings(.argmax), on: model)
    let notes = recorder.events.compactMap { event -> String? in
      if case .noted(let noted) = event { noted.text } else { nil }
    }
    #expect(notes.count == 1 && notes[0].contains("idsampling"))
    #expect(try text(recorder).hasSuffix("39 "))
  }

  @Test func `a server that ignores how many tokens it may send is held to them`() async throws {
    let model = Answering { request in
      request.prefix == nil ? [sure("a"), torn("b", "c"), sure("d")] : [sure("e"), sure("f")]
    }
    let recorder = await run(settings(.argmax), on: model, maxTokens: 2)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.written.count == 2)
    #expect(attempt.finished?.reason == .length)
  }

  @Test func `a model that fails in a trial ends the attempt with what stands`() async throws {
    let model = Answering { request in
      guard request.prefix == nil else { throw ModelError.connectionLost(endpoint: "here") }
      return [sure("a "), torn("b", "c"), sure("d")]
    }
    var reflection = settings(.cntp)
    reflection.highEntropy = 0.1
    let recorder = await run(reflection, on: model)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(try text(recorder) == "a ")
    #expect(attempt.finished?.reason == .truncated)
    #expect(attempt.reflections.first?.finished?.outcome == .failed)
    #expect(attempt.reflections.first?.finished?.message?.isEmpty == false)
  }

  @Test func `what came before a trial failed is counted`() async throws {
    let model = ScriptedModel(scripts: [
      Script(tokens: [sure("a "), torn("b", "c"), sure("d")].map { Script.ScriptToken($0) }),
      Script(
        tokens: [sure("e"), sure("f")].map { Script.ScriptToken($0) },
        error: .connectionLost(endpoint: "here")),
    ])
    var reflection = settings(.cntp)
    reflection.highEntropy = 0.1
    reflection.trials = 2
    let recorder = await run(reflection, on: model)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let finished = try #require(attempt.reflections.first?.finished)
    #expect(finished.outcome == .failed)
    #expect(finished.discardedTokens > 2 && finished.forwards >= 2)
    #expect(attempt.finished?.reflection?.discardedTokens == finished.discardedTokens)
  }

  @Test func `thinking is watched and never cut`() async throws {
    var thought = torn("hm", "oh")
    thought.channel = .thinking
    let model = Answering { [thought] request in
      request.prefix == nil
        ? [thought, thought, sure("a"), torn("b", "c")] : [sure("!")]
    }
    let recorder = await run(settings(.argmax), on: model)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.thinking.count == 2)
    #expect(attempt.reflections.map(\.triggered.position) == [1])
  }

  @Test func `a token that is half a character is not stopped after`() async throws {
    let bytes = Array("€".utf8)
    var head = torn("x", "y")
    head.bytes = [bytes[0]]
    var tail = torn("x", "y")
    tail.bytes = Array(bytes[1...])
    let model = Answering { [head, tail] request in
      request.prefix == nil ? [sure("5 "), head, tail, sure(".")] : [head, tail, sure(".")]
    }
    let recorder = await run(settings(.restart), on: model)
    #expect(try text(recorder) == "5 €.")
  }

  @Test(arguments: ReflectionMethod.allCases)
  func `what a server cannot do is refused with the nearest it can`(method: ReflectionMethod) {
    let blind = ModelDescription(
      model: "m", dialect: "openai", capabilities: Capabilities(continuation: .quoted))
    let sentence = method.obstacle(on: blind)?.sentence
    #expect(sentence?.hasSuffix(".") == true && sentence?.contains("use ") == true)
    let whole = ModelDescription(
      model: "m", dialect: "local",
      capabilities: Capabilities(
        logProbabilities: true, alternatives: 5, continuation: .exact, hiddenStates: true))
    #expect(method.obstacle(on: whole) == nil)
  }

  @Test func `the next token obeys a dial that is turned, and the change is recorded`()
    async throws
  {
    let whole = (0..<9).map { _ in torn("a", "b") }
    let model = Answering(batch: 3) { request in
      Array(whole.dropFirst(request.prefix?.utf8.count ?? 0))
    }
    let dial = ReflectionDial(settings(.restart, above: 5))
    var turned = settings(.argmax, above: 0.1)
    turned.maximum = 1
    let recorder = Recorder()
    var plan = AttemptPlan(
      attempt: AttemptID("a1"), problem: marbles, messages: PromptSet.plain.solve("p"),
      parameters: SamplingParameters(temperature: 1, seed: 1))
    plan.reflection = dial.settings
    await Engine.run(plan, on: model, serials: SerialCounter(next: 0), dial: dial) { [turned] in
      recorder.record($0)
      if case .tokens = $0 { dial.turn(to: turned) }
    }
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.tunings.map(\.position) == [3])
    #expect(attempt.tunings.first?.settings.method == .restart, "the method stays")
    #expect(attempt.reflections.map(\.triggered.position) == [3])
    #expect(attempt.written.count == 9)
  }

  @Test func `a server that ignores how long a trial may be is cut off`() async throws {
    let endless = Overflowing()
    var reflection = settings(.cntp)
    reflection.highEntropy = 0.1
    reflection.trials = 2
    reflection.trialTokens = 4
    let recorder = await run(reflection, on: endless, maxTokens: 40)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    let found = try #require(attempt.reflections.first)
    #expect(found.trials.map(\.table.count) == [4, 4])
    #expect(endless.mostSent < 1000, "it was stopped")
  }

  @Test func `what was taken over stays, however far back a method would go`() async throws {
    var kept = TokenTable()
    for token in [sure("Step 1: 18.\n"), sure("Step 2: ")] { kept.append(token) }
    let model = Answering { request in
      if request.messages[0].text.contains("Critique") { return [sure("Step 1: wrong\n")] }
      return [torn("36.\n", "35.\n"), sure("Answer: 36")]
    }
    for method in [ReflectionMethod.rewind, .psr, .cntp, .idSampling] {
      var reflection = settings(method)
      reflection.confident = 0
      if method == .psr { reflection.rule = .period(StepPeriod(steps: 1)) }
      if method == .cntp { reflection.rule = .momentum(StepMomentum(decay: 0.9, ratio: 1)) }
      if method == .idSampling {
        reflection.rule = .growing(GrowingBudgets(first: 1, factor: 1))
        reflection.maximum = 2
      }
      let recorder = await run(reflection, on: model, maxTokens: 12) { plan in
        plan.kept = kept
        plan.keptEnds = [12]
      }
      #expect(try text(recorder).hasPrefix("Step 1: 18.\nStep 2: "), "\(method)")
      let attempt = try #require(recorder.session(marbles).attempts.first)
      #expect((attempt.finished?.usage?.completionTokens ?? -1) >= 0, "\(method)")
      #expect(
        attempt.finished?.usage?.completionTokens == attempt.written.count - kept.count,
        "\(method)")
    }
  }

  @Test func `thinking is done once, whatever is decided after it`() async throws {
    var thought = sure("hm")
    thought.channel = .thinking
    let model = Answering { [thought] request in
      if request.messages[0].text.contains("Critique") { return [sure("Step 1: wrong\n")] }
      return request.prefix == nil
        ? [thought, thought, torn("a", "b"), torn("c.\n", "d"), sure("Step 2: e.\n"), sure("f")]
        : [sure("e.\n"), sure("Step 2: e.\n"), sure("Step 3: f")]
    }
    for method in [ReflectionMethod.restart, .rewind, .branch, .cntp, .psr] {
      var reflection = settings(method)
      reflection.highEntropy = 0.1
      reflection.maximum = 3
      if method == .psr { reflection.rule = .period(StepPeriod(steps: 1)) }
      let recorder = await run(reflection, on: model)
      let attempt = try #require(recorder.session(marbles).attempts.first)
      #expect(attempt.thinking.count == 2, "\(method)")
      #expect(!attempt.reflections.isEmpty, "\(method)")
    }
  }

  @Test func `a model in this process is not stopped in its thinking`() {
    var thought = sure("hm")
    thought.channel = .thinking
    let doubt = Doubt(entropy: EntropyBounds(lower: 2, upper: 2))
    for (method, stops) in [(ReflectionMethod.cntp, false), (.argmax, true)] {
      let watch = ReflectionWatch(
        ReflectionDial(settings(method)), seed: 1, decidesInPlace: true)
      watch.wrote(thought)
      if case .draw = watch.look(at: doubt) {
        #expect(!stops, "\(method)")
      } else {
        #expect(stops, "\(method)")
      }
    }
  }

  @Test func `a window of unlikely tokens has as many trials as the entropy there asks for`()
    async throws
  {
    let model = Answering { request in
      request.prefix == nil
        ? [sure("a "), token("b ", 0.3), token("c ", 0.3), torn("d ", "x"), sure("e")]
        : [sure("y."), sure(" z")]
    }
    var reflection = settings(.cntp)
    reflection.rule = .lowestWindow(LowestWindow(length: 2, logProbability: -1))
    reflection.highEntropy = 0.1
    reflection.maximum = 1
    let recorder = await run(reflection, on: model)
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.reflections.first?.trials.count == 3)
  }

  @Test func `half a character is no token to write, and the end of the answer neither`()
    async throws
  {
    var place = torn("5", "6")
    place.alternatives = [
      Alternative(bytes: [0xE2], logProbability: -0.1),
      Alternative(bytes: Array("5".utf8), logProbability: -2.5),
    ]
    let model = Answering { [place] request in
      request.prefix == nil ? [sure("a "), place] : [sure("€")]
    }
    for method in [ReflectionMethod.argmax, .cooler] {
      let recorder = await run(settings(method, above: 0.1), on: model)
      #expect(try text(recorder) == "a €", "\(method)")
      let finished = recorder.session(marbles).attempts.first?.reflections.first?.finished
      #expect(finished?.outcome == .kept && finished?.message != nil, "\(method)")
    }
  }

  @Test func `what was found wrong is said while that step is written anew, and no longer`()
    async throws
  {
    let steps = (1...6).map { sure("Step \($0): x.\n") }
    let model = Answering { request in
      let asked = request.messages.map(\.text).joined()
      if request.prefix == nil, asked.contains("[1]") {
        return [
          sure(asked.contains("[4]") ? "Step 1: correct\n" : "Step 1: correct\nStep 2: wrong, no\n")
        ]
      }
      let written = (request.prefix ?? "").filter { $0 == "\n" }.count
      return Array(steps[written...])
    }
    var reflection = ReflectionSettings(method: .psr, rule: .period(StepPeriod(steps: 3)))
    reflection.maximum = 2
    _ = await run(
      reflection, on: model, prompts: .general,
      problem: Problem(id: "p", text: "One. Two. Three.", answer: nil))
    let prompts = model.requests.filter { $0.prefix != nil }.map { request in
      request.messages.map(\.text).joined().contains("an earlier version of the next step")
    }
    #expect(prompts == [true, false])
  }

  @Test(arguments: [ReflectionMethod.argmax, .cooler, .branch])
  func `a token that was decided keeps the numbers of its place`(method: ReflectionMethod)
    async throws
  {
    let whole = [sure("a"), torn("b", "c"), sure("\n")]
    let model = Answering { request in
      Array(whole.dropFirst(request.prefix?.utf8.count ?? 0))
    }
    for temperature in [1, 0.5] {
      let recorder = await run(settings(method), on: model, temperature: temperature)
      let attempt = try #require(recorder.session(marbles).attempts.first)
      let found = try #require(attempt.reflections.first?.triggered)
      #expect(found.position == 1)
      let entropy = try #require(attempt.written.entropy(of: 1))
      #expect(abs(entropy.lower - log(2)) < 1e-5)
      let trace = MeasuredResponse(attempt).trace(attempt.reflectionSettings)
      #expect(trace.places[1].entropy == found.value)
    }
  }

  @Test func `steps are counted anew from where the text was taken back to`() async throws {
    let steps = (1...9).map { sure("Step \($0): x.\n") }
    let model = Answering { request in
      if request.messages[0].text.contains("Critique") {
        let steps = request.messages[0].text.components(separatedBy: ": x.").count
        return [sure((1...max(1, steps)).map { "Step \($0): wrong\n" }.joined())]
      }
      let written = (request.prefix ?? "").filter { $0 == "\n" }.count
      return Array(steps[written...])
    }
    var reflection = ReflectionSettings(method: .psr, rule: .period(StepPeriod(steps: 2)))
    reflection.maximum = 3
    let recorder = await run(
      reflection, on: model, problem: Problem(id: "p", text: "One. Two. Three.", answer: nil))
    let attempt = try #require(recorder.session(marbles).attempts.first)
    // Each time two steps are read, the first is found wrong, and two steps later it is read again.
    let positions = attempt.reflections.map(\.triggered.position)
    #expect(positions == [3, 3, 3])
  }

  @Test func `what-if finds the places a rule for steps found`() async throws {
    for rule in [
      TriggerRule.momentum(StepMomentum(decay: 0.9, ratio: 0.99)), .period(StepPeriod(steps: 2)),
      .growing(GrowingBudgets(first: 4, factor: 1.5)),
    ] {
      for seed in 0..<10 as Range<UInt64> {
        var random = Seeded(seed)
        let whole = (0..<80).map { index in
          let p = Double.random(in: 0.5..<1, using: &random)
          let text =
            index % 5 == 0
            ? "Step" : index % 5 == 1 ? " \(index % 7)" : index % 5 == 4 ? "\n" : ": x"
          return token(text, p, ("b", (1 - p) * 0.99))
        }
        let model = Answering(batch: 5) { request in
          let prefix = Array((request.prefix ?? "").utf8)
          var length = 0
          var index = 0
          while length < prefix.count {
            length += whole[index].bytes.count
            index += 1
          }
          return Array(whole[index...])
        }
        var reflection = settings(.restart)
        reflection.rule = rule
        reflection.maximum = 6
        let recorder = await run(reflection, on: model)
        let attempt = try #require(recorder.session(marbles).attempts.first)
        #expect(!attempt.reflections.isEmpty)
        let trace = MeasuredResponse(attempt).trace(attempt.reflectionSettings)
        #expect(
          trace.fired == attempt.reflections.map(\.triggered.position), "\(rule.name) \(seed)")
      }
    }
  }

  @Test func `settings turned before a stretch was taken back hold for what came in its place`()
    async throws
  {
    let model = Answering(batch: 1) { request in
      if request.messages[0].text.contains("Critique") { return [sure("Step 1: correct\n")] }
      return request.prefix == nil
        ? [sure("Step 1: 18.\n"), sure("Step 2: ")] + (0..<8).map { _ in sure("x ") }
          + [torn("y", "z")]
        : request.prefix == "Step 1: 18.\n"
          ? [sure("Step 2: x"), sure(".\n")] : [sure("Answer: 3")]
    }
    let dial = ReflectionDial(settings(.rewind, above: 0.5))
    let recorder = Recorder()
    var plan = AttemptPlan(
      attempt: AttemptID("a1"), problem: marbles, messages: PromptSet.plain.solve("p"),
      parameters: SamplingParameters(temperature: 1, seed: 1))
    plan.prompts = .plain
    plan.reflection = dial.settings
    await Engine.run(plan, on: model, serials: SerialCounter(next: 0), dial: dial) { event in
      recorder.record(event)
      if case .tokens(let arrived) = event, arrived.firstSerial == 5 {
        dial.turn(to: settings(.rewind, above: 0.4))
      }
    }
    let attempt = try #require(recorder.session(marbles).attempts.first)
    #expect(attempt.reflections.map(\.triggered.position) == [10])
    #expect(attempt.tunings.count == 1)
    #expect(attempt.reflectionSettings.map(\.from) == [0, 1])
  }

  @Test func `what-if finds the places the loop found`() async throws {
    for seed in 0..<40 as Range<UInt64> {
      var random = Seeded(seed)
      let whole = (0..<60).map { index in
        let p = Double.random(in: 0.5..<1, using: &random)
        return token(index % 7 == 6 ? "a\n" : "a ", p, ("b", (1 - p) * 0.99))
      }
      let model = Answering(batch: 5) { request in
        Array(whole.dropFirst((request.prefix?.utf8.count ?? 0) / 2))
      }
      var reflection = settings(.restart)
      reflection.rule = .adaptive(
        AdaptiveThreshold(window: 6, k: 1, minimumDeviation: 0.05, floor: 0.3, coldStart: 0.6))
      reflection.maximum = 5
      let recorder = await run(reflection, on: model)
      let attempt = try #require(recorder.session(marbles).attempts.first)
      let trace = MeasuredResponse(attempt).trace(attempt.reflectionSettings)
      #expect(
        trace.fired == attempt.reflections.map(\.triggered.position), "seed \(seed)")
      for reflection in attempt.reflections {
        #expect(
          trace.places[reflection.triggered.position].threshold == reflection.triggered.threshold,
          "seed \(seed)")
      }
    }
  }
}
