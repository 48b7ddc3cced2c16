import Sessions

/// A model whose distributions can be looked at, and changed, between two tokens: it runs in this
/// process.
package protocol WhiteBoxModel: LanguageModel {
  /// As ``LanguageModel/generate(_:)``, with `watch` asked before every token.
  ///
  /// Ends with ``ModelOutput/paused(_:)`` where the watch says so; the place it stopped at is
  /// then still open, and a request with what was written as its prefix goes on from there.
  func generate(
    _ request: GenerationRequest, watch: any TokenWatch
  ) -> AsyncThrowingStream<ModelOutput, any Error>

  /// What each way of deciding in place would choose after the request's prefix; the plain draw
  /// first.
  ///
  /// `drawn` tokens of the prefix were drawn with the request's seed; those before them were taken
  /// over, and took no draws. Leaves no trace: nothing is written anywhere.
  func decisions(
    after request: GenerationRequest, by methods: [ReflectionMethod],
    _ settings: ReflectionSettings, drawn: Int
  ) async throws -> [ControlsCompared.Choice]
}

/// Looks on while a model in this process writes.
///
/// Called on the model's own thread, a token at a time: quick, and waiting for nobody.
package protocol TokenWatch: Sendable {
  /// Whether distributions of the text so far are wanted, for decisions that change hidden states.
  var needsHiddenStates: Bool { get }
  /// Megabytes that they may take.
  var memory: Int { get }
  /// Whether the varentropy is looked at, which takes a closer look at each distribution.
  var needsVarentropy: Bool { get }
  /// Asked before a token is drawn.
  func look(at doubt: Doubt) -> WatchAnswer
  /// Told of each token that was written.
  func wrote(_ token: Token)
}

package enum WatchAnswer: Sendable {
  case draw
  /// The token is not drawn, and the call ends.
  case pause
  /// The token is drawn otherwise.
  case decide(InPlaceDecision)
}

/// How one token is to be decided where it stands.
package struct InPlaceDecision: Sendable {
  package var method: ReflectionMethod
  package var settings: ReflectionSettings
  /// For a vector in a random direction.
  package var seed: UInt64
  package init(method: ReflectionMethod, settings: ReflectionSettings, seed: UInt64) {
    self.method = method
    self.settings = settings
    self.seed = seed
  }
}

/// What came of a decision in place.
package struct InPlaceOutcome: Equatable, Sendable {
  package var channel = Channel.answer
  /// Likeliest first, ten at most, at temperature 1.
  package var before: [Alternative]
  package var after: [Alternative]
  /// Of the distribution after the change, at the sampling temperature.
  package var entropyAfter: Float?
  package var chosen: Alternative?
  package var losses: [Float]?
  package var norm: Float?
  package var positions: Int?
  package var positionsLeftOut: Int?
  package var milliseconds: Double
  /// Runs of the model over a token, beyond what the text takes.
  package var forwards: Int
  package var isCancelled: Bool
  /// Why the plain draw was taken instead, if it was.
  package var failure: String?

  package init(
    before: [Alternative], after: [Alternative], entropyAfter: Float? = nil,
    chosen: Alternative? = nil, losses: [Float]? = nil, norm: Float? = nil, positions: Int? = nil,
    positionsLeftOut: Int? = nil, milliseconds: Double = 0, forwards: Int = 0,
    isCancelled: Bool = false, failure: String? = nil
  ) {
    self.before = before
    self.after = after
    self.entropyAfter = entropyAfter
    self.chosen = chosen
    self.losses = losses
    self.norm = norm
    self.positions = positions
    self.positionsLeftOut = positionsLeftOut
    self.milliseconds = milliseconds
    self.forwards = forwards
    self.isCancelled = isCancelled
    self.failure = failure
  }
}
