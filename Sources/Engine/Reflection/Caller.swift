import Foundation
import Sessions
import Synchronization

/// Calls the model for a response: continuations of the text so far, and questions about it.
struct Caller: Sendable {
  let model: any LanguageModel
  let plan: AttemptPlan
  /// Tokens of the response so far, and the stretch it is in: they make the seeds of further calls.
  let position: Int
  let stretch: Int
  /// Tokens the attempt may still have.
  let tokensLeft: Int
  /// What came of calls so far, for when they come to nothing.
  let received = TokenCount()

  var temperature: Double { plan.parameters.temperature }

  /// A request to go on after these tokens of the answer; `nil` when nothing may be written.
  func request(
    after answer: TokenTable, limit: Int, hint: String? = nil, trial: Int = 0
  ) -> GenerationRequest? {
    guard limit > 0 else { return nil }
    var parameters = plan.parameters
    parameters.maxTokens = limit
    parameters.seed = parameters.seed.map {
      Mixer.seed($0, UInt64(position), UInt64(stretch), UInt64(trial))
    }
    let text = answer.isEmpty ? nil : String(decoding: answer.bytes, as: UTF8.self)
    return GenerationRequest(
      messages: hint.map { plan.prompts.goOn(plan.problem.text, hint: $0) } ?? plan.messages,
      prefix: text, prefixTokens: ids(of: answer), parameters: parameters)
  }

  /// The ids the answer begins with, where they are this model's own.
  private func ids(of answer: TokenTable) -> [Int32]? {
    guard model.description.capabilities.tokenIDs else { return nil }
    let kept = plan.kept.count + plan.added.count
    guard kept == 0 || plan.prefixTokens(on: model.description) != nil else { return nil }
    let ids = (0..<answer.count).lazy.map { answer.id(of: $0) }.prefix { $0 != nil }
    let known = ids.compactMap(\.self)
    return known.isEmpty ? nil : Array(known)
  }

  /// Goes on after `answer` until `end`, the answer's own end or `limit` tokens, which a server may
  /// be deaf to.
  ///
  /// `number` tells trials of one place apart. A token that is `forced` stands first.
  func trial(
    _ number: Int, after answer: TokenTable, forced: Token? = nil, until end: TrialEnd, limit: Int,
    temperature: Double? = nil
  ) async throws -> Trial {
    var trial = Trial(table: TokenTable())
    var before = answer
    if let forced {
      trial.table.append(forced)
      before.append(forced)
      if end.ends(with: forced, after: TokenTable()) { return trial }
    }
    let most = min(limit - trial.table.count, tokensLeft)
    var received = 0
    guard var request = request(after: before, limit: most, trial: number + 1) else { return trial }
    request.parameters.temperature = temperature ?? request.parameters.temperature
    let watch = TrialWatch(end)
    let white = model as? any WhiteBoxModel
    let stream = white?.generate(request, watch: watch) ?? model.generate(request)
    for try await output in stream {
      try Task.checkCancellation()
      switch output {
      case .tokens(let tokens):
        self.received.add(tokens.count)
        for (index, token) in tokens.enumerated() {
          guard received < most else {
            trial.discarded += tokens.count - index
            return trial
          }
          received += 1
          guard token.channel == .answer else {
            trial.discarded += 1
            continue
          }
          let isLast = end.ends(with: token, after: trial.table)
          trial.table.append(measured(token))
          guard isLast else { continue }
          trial.discarded += tokens.count - index - 1
          return trial
        }
      case .finished(let reason, _):
        if reason != .length { trial.reason = reason }
        return trial
      default: break
      }
    }
    try Task.checkCancellation()
    return trial
  }

  private func measured(_ token: Token) -> Token {
    guard token.entropy == nil, !token.alternatives.isEmpty else { return token }
    var token = token
    token.entropy = EntropyBounds(
      alternatives: token.alternatives, limit: plan.parameters.alternatives,
      vocabularySize: model.description.capabilities.vocabularySize)
    return token
  }

  /// Several trials at once, as many as the model takes; in the order of their numbers.
  func trials(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Trial
  ) async throws -> [Trial] {
    let atOnce = max(1, min(count, model.description.capabilities.slots ?? 4))
    return try await withThrowingTaskGroup(of: (Int, Trial).self) { group in
      var found: [(Int, Trial)] = []
      for number in 0..<count {
        if number >= atOnce, let next = try await group.next() { found.append(next) }
        group.addTask { (number, try await body(number)) }
      }
      for try await next in group { found.append(next) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}

/// A count that calls side by side add to.
final class TokenCount: Sendable {
  private let value = Atomic(0)
  func add(_ count: Int) { value.add(count, ordering: .relaxed) }
  var total: Int { value.load(ordering: .relaxed) }
}

/// Ends a trial of a model in this process at the token that completes it.
private final class TrialWatch: TokenWatch, @unchecked Sendable {
  private let end: TrialEnd
  // Touched by the model's thread alone.
  private var table = TokenTable()
  private var isOver = false
  let needsHiddenStates = false
  let needsVarentropy = false
  let memory = 0

  init(_ end: TrialEnd) { self.end = end }

  func look(at doubt: Doubt) -> WatchAnswer { isOver ? .pause : .draw }

  func wrote(_ token: Token) {
    isOver = isOver || end.ends(with: token, after: table)
    table.append(token)
  }
}

// MARK: - Questions about the text so far

/// What a model makes of its own steps.
struct SelfAssessment: Sendable {
  /// By place in the list of steps that was asked about.
  var verdicts: [Int: Verdict] = [:]
  var reasons: [Int: String] = [:]
  /// Tokens the question took.
  var tokens = 0
}

extension Caller {
  /// Has the model criticise the steps of what it wrote, greedily.
  func criticise(_ answer: TokenTable, ends: [Int]) async throws -> SelfAssessment {
    var steps: [String] = []
    var start = 0
    for end in ends where end > start {
      steps.append(String(decoding: answer.bytes[start..<end], as: UTF8.self))
      start = end
    }
    guard !steps.isEmpty else { return SelfAssessment() }
    var parameters = plan.parameters
    parameters.temperature = 0
    parameters.alternatives = 0
    let request = GenerationRequest(
      messages: plan.prompts.critique(
        plan.problem.text, draft: String(decoding: answer.bytes[..<start], as: UTF8.self),
        steps: steps),
      parameters: parameters)
    var parser = CritiqueParser(critique: CritiqueID(""), steps: Array(steps.indices))
    var assessment = SelfAssessment()
    var given: [VerdictGiven] = []
    for try await output in model.generate(request) {
      try Task.checkCancellation()
      guard case .tokens(let tokens) = output else { continue }
      assessment.tokens += tokens.count
      received.add(tokens.count)
      given += parser.append(tokens.filter { $0.channel == .answer }.flatMap(\.bytes))
    }
    try Task.checkCancellation()
    given += parser.finish()
    for verdict in given {
      assessment.verdicts[verdict.step] = verdict.verdict
      assessment.reasons[verdict.step] = verdict.reason
    }
    return assessment
  }

  /// Whether the last step is right: 1, -1, or 0 where the model does not know.
  ///
  /// Asked for a letter under both orders of the options, as RAIN does, or by a critique where the
  /// prompt set has no such question.
  func judgeLastStep(
    of answer: TokenTable, ends: [Int]
  ) async throws -> (value: Int, tokens: Int) {
    guard model.description.capabilities.logProbabilities,
      let yesFirst = try await letter(of: answer, first: "yes", second: "no"),
      let noFirst = try await letter(of: answer, first: "no", second: "yes")
    else {
      let assessment = try await criticise(answer, ends: ends)
      let value: Int =
        switch assessment.verdicts.max(by: { $0.key < $1.key }) {
        case (let step, let verdict)? where step == ends.count - 1:
          verdict == .incorrect ? -1 : verdict == .correct ? 1 : 0
        default: 0
        }
      return (value, assessment.tokens)
    }
    let value = yesFirst == "A" && noFirst == "B" ? 1 : yesFirst == "B" && noFirst == "A" ? -1 : 0
    return (value, 2)
  }

  /// The likelier of A and B as the first token of an answer; `nil` where the set does not ask.
  private func letter(
    of answer: TokenTable, first: String, second: String
  ) async throws -> Character? {
    guard
      let messages = plan.prompts.judge(
        plan.problem.text, draft: String(decoding: answer.bytes, as: UTF8.self), first: first,
        second: second)
    else { return nil }
    var parameters = plan.parameters
    parameters.temperature = 0
    parameters.maxTokens = 1
    parameters.alternatives = max(parameters.alternatives, 10)
    for try await output in model.generate(
      GenerationRequest(messages: messages, parameters: parameters))
    {
      try Task.checkCancellation()
      guard case .tokens(let tokens) = output, let token = tokens.first else { continue }
      received.add(tokens.count)
      var mass: [Character: Double] = [:]
      for alternative in token.alternatives {
        let text = String(decoding: alternative.bytes, as: UTF8.self).trimmingSpace.uppercased()
        // A word that begins with the letter is no answer.
        if let letter = text.first, text.dropFirst().first?.isLetter != true {
          mass[letter, default: 0] += exp(Double(alternative.logProbability))
        }
      }
      return mass["A", default: 0] >= mass["B", default: 0] ? "A" : "B"
    }
    try Task.checkCancellation()
    return "?"
  }
}
