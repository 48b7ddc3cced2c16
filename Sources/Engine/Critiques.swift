import Sessions

/// One critique as it is to be made.
package struct CritiquePlan: Equatable, Sendable {
  package var critique: CritiqueID
  package var attempt: AttemptID
  /// Attempt-wide indices of the steps judged; the critic knows them as 1, 2 ...
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
}

/// Has a model judge the steps of an attempt; verdicts are told as soon as they can be read.
///
/// What cannot be read as a verdict stays text: nothing is guessed.
package func runCritique(
  _ plan: CritiquePlan, on model: any LanguageModel, record: @escaping @Sendable (Event) -> Void
) async {
  record(
    .critiqueStarted(
      CritiqueStarted(
        critique: plan.critique, attempt: plan.attempt, steps: plan.steps,
        call: Call(
          model: model.description, messages: plan.messages, parameters: plan.parameters))))
  var parser = CritiqueParser(critique: plan.critique, steps: plan.steps)
  let ending = await CallEnding.of(.critique(plan.critique), record: record) {
    model.generate(GenerationRequest(messages: plan.messages, parameters: plan.parameters))
  } tokens: { tokens in
    let bytes = tokens.filter { $0.channel == .answer }.flatMap(\.bytes)
    guard !bytes.isEmpty else { return }
    record(.critiqueText(critique: plan.critique, bytes: bytes))
    parser.append(bytes).forEach { record(.verdict($0)) }
  }
  parser.finish().forEach { record(.verdict($0)) }
  record(
    .critiqueFinished(
      CritiqueFinished(
        critique: plan.critique, reason: ending.reason, firstError: parser.firstError,
        format: parser.format, message: ending.message)))
}
