import Sessions

/// Everything about a critique that is settled before the critic is called.
package struct CritiquePlan: Equatable, Sendable {
  package var critique: CritiqueID
  package var attempt: AttemptID
  /// Attempt-wide indices of the steps to judge, in the order the critic numbers them from 1.
  package var steps: [Int]
  package var messages: [ChatMessage]
  package var parameters: SamplingParameters

  package init(
    critique: CritiqueID, attempt: AttemptID, steps: [Int], messages: [ChatMessage],
    parameters: SamplingParameters
  ) {
    self.critique = critique
    self.attempt = attempt
    self.steps = steps
    self.messages = messages
    self.parameters = parameters
  }

  /// Judges the steps of the attempt's answer; `nil` when it has none.
  ///
  /// Thinking is not judged: it is where a model is allowed to go wrong.
  package init?(
    critique: CritiqueID, of attempt: Attempt, problem: Problem, prompts: PromptSet,
    parameters: SamplingParameters
  ) {
    let steps = attempt.steps.filter { $0.channel == .answer }
    guard !steps.isEmpty else { return nil }
    self.init(
      critique: critique, attempt: attempt.id, steps: steps.map(\.index),
      messages: prompts.critique(
        problem.text, draft: String(decoding: attempt.written.bytes, as: UTF8.self),
        steps: steps.map { String(decoding: attempt.bytes(of: $0), as: UTF8.self) }),
      parameters: parameters)
  }

  package var request: GenerationRequest {
    GenerationRequest(messages: messages, parameters: parameters)
  }
}

/// Carries out a critique; verdicts are recorded as soon as the critic's text decides them.
///
/// Ends, like ``run(_:on:serials:record:)``, with what had come when it is cancelled or fails.
package func runCritique(
  _ plan: CritiquePlan, on model: any LanguageModel, record: @escaping @Sendable (Event) -> Void
) async {
  var run = CritiqueRun(plan, model: model.description)
  record(run.start())
  let ending = await follow(model.generate(plan.request)) { output in
    run.take(output).forEach(record)
  }
  run.end(ending).forEach(record)
}

/// A critique under way: outputs of a model go in, events come out.
struct CritiqueRun {
  private let plan: CritiquePlan
  private let model: ModelDescription
  private var parser: CritiqueParser

  init(_ plan: CritiquePlan, model: ModelDescription) {
    self.plan = plan
    self.model = model
    parser = CritiqueParser(critique: plan.critique, steps: plan.steps)
  }

  func start() -> Event {
    .critiqueStarted(
      CritiqueStarted(
        critique: plan.critique, attempt: plan.attempt, steps: plan.steps,
        call: Call(model: model, messages: plan.messages, parameters: plan.parameters)))
  }

  mutating func take(_ output: ModelOutput) -> [Event] {
    let target = CallTarget.critique(plan.critique)
    switch output {
    case .sent(let request): return [.prompted(Prompted(target: target, request: request))]
    case .tokens(let tokens):
      let bytes = tokens.filter { $0.channel == .answer }.flatMap(\.bytes)
      guard !bytes.isEmpty else { return [] }
      return [.critiqueText(critique: plan.critique, bytes: bytes)]
        + parser.append(bytes).map(Event.verdict)
    case .note(let kind, let byte, let text):
      return [.noted(Noted(target: target, kind: kind, byte: byte, text: text))]
    case .retrying(let delay, let number, let reason):
      return [
        .retryScheduled(
          RetryScheduled(target: target, delay: delay.seconds, number: number, reason: reason))
      ]
    case .finished, .decided, .paused: return []
    }
  }

  mutating func end(_ ending: CallEnding) -> [Event] {
    let message = ending.sentence
    // A critique cut short has no last word: its tail decides nothing.
    let last = ending.reason == .stop ? parser.finish().map(Event.verdict) : []
    let finished = Event.critiqueFinished(
      CritiqueFinished(
        critique: plan.critique, reason: ending.reason, firstError: parser.firstError,
        format: parser.format, message: message))
    let failed = message.map {
      Event.failed(Failed(target: .critique(plan.critique), message: $0))
    }
    return last + [finished] + (failed.map { [$0] } ?? [])
  }
}
