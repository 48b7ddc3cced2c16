import Engine
import Foundation
import Kernels
import Sessions
import Synchronization

/// What a person may choose about a weights file; everything unset follows the file.
package struct LocalModelOptions: Equatable, Sendable {
  /// Positions of the KV cache; the file's own length, up to ``LocalModel/usualContext``.
  package var context: Int?
  package var threads: Int?
  /// A chat template's name, for files whose own is not recognised.
  package var template: String?
  package var profile: ModelProfile?

  package init(
    context: Int? = nil, threads: Int? = nil, template: String? = nil, profile: ModelProfile? = nil
  ) {
    self.context = context
    self.threads = threads
    self.template = template
    self.profile = profile
  }
}

/// A model that runs in this process, from a GGUF file.
///
/// Calls may be made from anywhere and run side by side: one thread takes them a token each in
/// turn (``Driver``), with the worker threads of one pool.
package final class LocalModel: WhiteBoxModel {
  /// Positions of a cache when neither person nor file asks for fewer.
  package static let usualContext = 4096
  /// Bytes that the caches of all calls may come to.
  private static let cacheBudget = 512 << 20

  package let description: ModelDescription
  package let summary: LocalModelSummary
  private let weights: Weights
  private let template: ChatTemplate
  private let context: Int
  private let driver: Driver

  private init(
    _ weights: Weights, template: ChatTemplate, context: Int, options: LocalModelOptions,
    summary: LocalModelSummary
  ) {
    self.weights = weights
    self.template = template
    self.context = context
    self.summary = summary
    let slots = max(
      1, min(16, Self.cacheBudget / max(1, weights.shape.memoryNeeded(context: context).cache)))
    let pool = WorkerPool(threads: options.threads ?? Self.usualThreads)
    driver = Driver(weights, context: context, slots: slots, pool: pool)
    description = ModelDescription(
      model: summary.name, dialect: "local",
      capabilities: Capabilities(
        logProbabilities: true, alternatives: weights.shape.vocabulary, continuation: .exact,
        thinking: weights.tokenizer.id(ofText: ThinkingTags.opening) != nil, trueBytes: true,
        tokenIDs: true, vocabularySize: weights.shape.vocabulary, scoring: true, slots: slots,
        hiddenStates: true),
      profile: options.profile)
  }

  /// Maps and checks a file, reads it once from the disk, and makes it ready to be called.
  ///
  /// `progress` is told the share that was read, 0...1. Throws ``ModelError``, or
  /// `CancellationError` when the task was cancelled meanwhile.
  package static func open(
    path: String, options: LocalModelOptions = LocalModelOptions(),
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> LocalModel {
    try withLocalErrors(path) {
      let weights = try Weights(path: path)
      let template = try Self.template(options.template, weights)
      let context = Self.context(options.context, weights.shape)
      let summary = LocalModelSummary(weights, context: context)
      try Memory.check(summary.memoryNeeded, path: path)
      let isWhole = try weights.file.prefault { share in
        progress(share)
        return !Task.isCancelled
      }
      guard isWhole else { throw CancellationError() }
      return LocalModel(
        weights, template: template, context: context, options: options, summary: summary)
    }
  }

  /// The one a person chose, else the file's own.
  private static func template(_ name: String?, _ weights: Weights) throws -> ChatTemplate {
    guard let name else { return try ChatTemplate.recognised(in: weights.file) }
    guard let template = ChatTemplate(rawValue: name) else {
      let names = ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelError.weights(
        path: weights.path,
        sentence: "There is no chat template \(shown(name)): choose one of \(names).")
    }
    return template
  }

  static func context(_ wanted: Int?, _ shape: ModelShape) -> Int {
    min(wanted ?? min(shape.contextLength, usualContext), shape.contextLength)
  }

  /// Hyper-threads share the units that products keep busy; more than eight rarely pay.
  private static var usualThreads: Int {
    max(1, min(8, ProcessInfo.processInfo.activeProcessorCount))
  }

  package func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> { stream(request, watch: nil) }

  package func generate(
    _ request: GenerationRequest, watch: any TokenWatch
  ) -> AsyncThrowingStream<ModelOutput, any Error> { stream(request, watch: watch) }

  private func stream(
    _ request: GenerationRequest, watch: (any TokenWatch)?
  ) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { continuation in
      do {
        let prompt = try prompt(for: request)
        continuation.yield(
          .sent(template.text(for: request.messages, prefix: request.prefix)))
        let call = LocalCall(
          prompt: prompt, parameters: request.parameters, tokenizer: weights.tokenizer,
          isContinuing: request.prefix != nil, noNumbers: noNumbers, watch: watch,
          output: continuation)
        // Holds on to the driver until the call has ended, whoever lets go of the model.
        continuation.onTermination = { [driver] _ in
          withExtendedLifetime(driver) { call.cancel() }
        }
        driver.add(call)
      } catch {
        continuation.finish(throwing: error)
      }
    }
  }

  package func score(_ text: String, after request: GenerationRequest) async throws -> [Token] {
    let prompt = try prompt(for: request)
    let scored = weights.tokenizer.encode(text, parsesSpecials: false)
    guard prompt.count + scored.count <= context else { throw tooLong(prompt.count + scored.count) }
    let tokenizer = weights.tokenizer
    let alternatives = request.parameters.alternatives
    return await driver.run(seating: prompt) { decoder in
      decoder.feed(Array(prompt[decoder.tokens.count...]))
      return scored.map { id in
        let measures = decoder.measures(top: max(1, alternatives))
        let token = Token(
          id, measures, decoder.logits, tokenizer: tokenizer, alternatives: alternatives)
        decoder.feed([id])
        return token
      }
    }
  }

  package func decisions(
    after request: GenerationRequest, by methods: [ReflectionMethod],
    _ settings: ReflectionSettings, drawn: Int
  ) async throws -> [ControlsCompared.Choice] {
    let prompt = try prompt(for: request)
    let answered =
      prompt.count - template.tokens(for: request.messages, with: weights.tokenizer).count
    let tokenizer = weights.tokenizer
    let seed = Mixer.mix(
      UInt64(bitPattern: Int64(request.parameters.seed ?? 0)), UInt64(max(0, answered)))
    let stopped = Flag()
    let isCancelled = { @Sendable in stopped.isSet }
    let choices = await withTaskCancellationHandler {
      await driver.run(seating: prompt) { decoder in
        let decider = InPlaceDecider(
          decoder, tokenizer: tokenizer, promptCount: prompt.count - max(0, answered),
          memory: settings.memory)
        var choices: [ControlsCompared.Choice] = []
        for method in [nil] + methods where !isCancelled() {
          // Every method looks at the same place with the same draw to come; one that read the text
          // again has left other tokens behind.
          let same = zip(decoder.tokens, prompt.dropLast()).prefix { $0 == $1 }.count
          decoder.truncate(to: same)
          decoder.feed(inPieces: Array(prompt[same...]), isCancelled: isCancelled)
          var sampler = Sampler(request.parameters)
          sampler.skip(max(0, drawn))
          choices.append(
            decider.choice(
              method, settings, request.parameters, decoder, &sampler, seed: seed,
              isCancelled: isCancelled))
        }
        return choices
      }
    } onCancel: {
      stopped.set()
    }
    try Task.checkCancellation()
    return choices
  }

  /// How fast it is here and now: a prompt of up to 256 tokens, then 64 drawn one by one.
  package func speed() async throws -> LocalModelSpeed {
    let count = max(2, min(256, context / 2))
    let vocabulary = weights.shape.vocabulary
    // Tokens from all over the vocabulary; what they say does not matter to the time it takes.
    let prompt = (0..<count).map { Int32($0 &* 7919 % vocabulary) }
    return await driver.run(seating: prompt) { decoder in
      decoder.truncate(to: 0)
      let clock = ContinuousClock()
      let reading = clock.measure { decoder.feed(prompt) }
      let steps = min(64, decoder.room)
      let writing = clock.measure {
        for step in 0..<steps {
          _ = decoder.measures(top: 1)
          decoder.feed([prompt[step % count]])
        }
      }
      decoder.truncate(to: 0)
      return LocalModelSpeed(
        prefill: Double(count) / reading.seconds, decode: Double(steps) / writing.seconds,
        firstToken: reading.seconds, promptTokens: count)
    }
  }

  private func prompt(for request: GenerationRequest) throws -> [Int32] {
    try withLocalErrors(weights.path) { try weights.file.checkUnchanged() }
    let bytes = request.messages.reduce(request.prefix?.utf8.count ?? 0) {
      $0 + $1.text.utf8.count
    }
    // A token stands for a few bytes: what is this much too long need not be cut into tokens first.
    guard bytes / 64 <= context else { throw tooLong(bytes / 4) }
    let tokens = tokens(for: request)
    guard tokens.count < context else { throw tooLong(tokens.count) }
    return tokens
  }

  /// The ids that a partial answer was drawn as, where they are known: cut anew, the same text may
  /// come to other tokens.
  private func tokens(for request: GenerationRequest) -> [Int32] {
    if let prefix = request.prefix, let ids = request.prefixTokens,
      let answer = weights.tokenizer.tokens(of: prefix, beginningWith: ids)
    {
      return template.tokens(for: request.messages, with: weights.tokenizer) + answer
    }
    return template.tokens(
      for: request.messages, prefix: request.prefix, with: weights.tokenizer)
  }

  private var noNumbers: ModelError {
    .weights(
      path: weights.path,
      sentence: "\(summary.name) computes no number (a logit is NaN or infinite): download the "
        + "file again, or choose another model.")
  }

  private func tooLong(_ tokens: Int) -> ModelError {
    .contextExceeded(
      endpoint: summary.name, message: "about \(tokens) tokens, and its context holds \(context)")
  }
}

/// Set once, by whoever wants what runs on the model's thread to stop.
private final class Flag: Sendable {
  private let value = Atomic(false)
  func set() { value.store(true, ordering: .relaxed) }
  var isSet: Bool { value.load(ordering: .relaxed) }
}

/// Tokens a second, and the wait before the first.
package struct LocalModelSpeed: Equatable, Sendable, Codable {
  package var prefill: Double
  package var decode: Double
  /// Seconds from a prompt of ``promptTokens`` to the first token.
  package var firstToken: Double
  package var promptTokens: Int
}
