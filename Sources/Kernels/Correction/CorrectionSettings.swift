/// How a corrective vector is fitted; the defaults are those the authors of SRGen recommend.
///
/// <https://arxiv.org/abs/2510.02919>, and `scripts/parallel_aime_distill_qwen.sh` of their code.
package struct CorrectionSettings: Equatable, Sendable {
  /// Steps of AdamW, T in the paper; none leaves the vector 0.
  package var steps = 3
  package var learningRate: Float = 0.01
  /// Lambda: the entropy counts so much, the prefix the rest to 1.
  package var entropyWeight: Float = 0.05
  /// Of the entropy alone, the prefix being measured at 1; one that is not above 0 counts as 1.
  package var temperature: Float = 1
  package var firstDecay: Float = 0.9
  package var secondDecay: Float = 0.999
  package var epsilon: Float = 1e-5
  /// Decoupled, as in AdamW: a step shrinks the vector by this times the learning rate.
  package var weightDecay: Float = 1e-8

  package init() {}

  /// 1 by the temperature.
  var inverseTemperature: Float {
    let inverse = 1 / temperature
    return temperature > 0 && inverse.isFinite ? inverse : 1
  }
}

/// What happened while a vector was fitted.
package struct CorrectionTrace: Equatable, Sendable {
  /// The losses as a step found them.
  package struct Step: Equatable, Sendable {
    /// Mean surprise at the tokens of the prefix; 0 where it has none.
    package var crossEntropy: Nats
    /// Of the token to come, at the temperature of the settings.
    package var entropy: Nats
    /// The two, each by its weight.
    package var loss: Double
  }

  package enum Ending: Equatable, Sendable {
    case finished
    case cancelled
    /// A number came up that is none: of the model, or of steps far too long.
    case undefined
  }

  package var steps: [Step] = []
  /// After the last step.
  package var entropyAfter = Nats(.nan)
  /// Length of the vector.
  package var norm: Float = 0
  /// The most that any logit was moved by.
  package var largestBias: Float = 0
  /// Positions of the prefix that counted.
  package var rows = 0
  /// Positions that had to leave, or never fitted.
  package var dropped = 0
  /// Unless finished, the vector is 0 again, and so is the bias.
  package var ending = Ending.finished

  package init(rows: Int, dropped: Int, ending: Ending = .finished) {
    self.rows = rows
    self.dropped = dropped
    self.ending = ending
  }

  package var isFinite: Bool { ending != .undefined }
  package var isCancelled: Bool { ending == .cancelled }
}
