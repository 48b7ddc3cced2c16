import Engine
import Sessions

extension Runtime {
  /// So many other texts for a step, each from the same text before it, put on record together.
  func alternatives(for id: StepID, count: Int, _ settings: Settings) async throws {
    var plain = settings
    plain.reflection.method = nil
    let (model, target) = try await prepare(.solver, plain)
    guard model.description.capabilities.continuation != .quoted else {
      throw RoundError.quotesOnly(model: model.description.shortName)
    }
    guard let attempt = target.session.attempt(id.attempt),
      attempt.steps.indices.contains(id.index), attempt.steps[id.index].channel == .answer
    else { return }
    var plan = try planner(settings, for: model).solve(
      target.session.problem, attempt: attempt.id)
    plan.keep(attempt, upTo: attempt.steps[id.index].range.lowerBound)
    plan.idsFrom = target.session.author(of: attempt)
    // The same text again is no other text.
    plan.parameters.temperature = max(plan.parameters.temperature, 0.7)
    plan.parameters.alternatives = 0
    let own = String(decoding: attempt.bytes(of: attempt.steps[id.index]), as: UTF8.self)
    var texts: [String] = []
    for sample in 0..<count {
      plan.parameters.seed = settings.sampling.seed.map { $0 &+ sample }
      let text = try await otherText(plan, on: model)
      if !text.isEmpty, text != own.trimmedWhitespace, !texts.contains(text) { texts.append(text) }
      try Task.checkCancellation()
    }
    guard !texts.isEmpty else {
      post(.noticed(Notice("the model wrote the same step each time; w writes your own")))
      return
    }
    target.recorder.record(
      .alternativesWritten(
        AlternativesWritten(
          step: id,
          call: Call(
            model: model.description, messages: plan.messages, prefix: plan.prefix,
            continuation: model.description.capabilities.continuation,
            parameters: plan.parameters), texts: texts)))
    await target.recorder.drain()
  }
}
