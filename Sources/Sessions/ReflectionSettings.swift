/// What is done at an uncertain place: the methods of reflection, and the controls a gain of theirs
/// is measured against.
package enum ReflectionMethod: String, Codable, Sendable, CaseIterable {
  /// SRGen (arXiv 2510.02919): a vector fitted to the hidden states decides one token.
  case srgen
  /// CNTP (arXiv 2507.03038): several trials to the next punctuation, the likeliest is kept.
  case cntp
  /// The likeliest tokens at the place, each gone on from; what a server can do in SRGen's stead.
  case branch
  /// After RAIN (arXiv 2309.07124): back to the last confident step, and search forward again.
  case rewind
  /// After ID-sampling (arXiv 2502.05449): words of doubt put in at growing numbers of tokens.
  case idSampling = "idsampling"
  /// Periodic self-assessment: every so many steps the model judges what it has, and what it finds
  /// wrong is written anew.
  case psr

  // Controls.
  /// The text so far is read again, and nothing changed.
  case restart
  case argmax
  /// A lower temperature for the one token.
  case cooler
  /// SRGen without the likelihood of the text so far.
  case entropyOnly = "entropy-only"
  /// A vector as long as SRGen's, in a random direction.
  case randomVector = "random-vector"
  /// SRGen, as often, at random places.
  case randomPlaces = "random-places"

  package var isControl: Bool {
    switch self {
    case .srgen, .cntp, .branch, .rewind, .idSampling, .psr: false
    case .restart, .argmax, .cooler, .entropyOnly, .randomVector, .randomPlaces: true
    }
  }

  /// Whether it changes hidden states, which only a model in this process shows.
  package var needsHiddenStates: Bool {
    switch self {
    case .srgen, .entropyOnly, .randomVector, .randomPlaces: true
    default: false
    }
  }

  /// Whether one token is decided again where it stands, and all else left as it is.
  package var isInPlace: Bool {
    switch self {
    case .srgen, .restart, .argmax, .cooler, .entropyOnly, .randomVector, .randomPlaces: true
    case .cntp, .branch, .rewind, .idSampling, .psr: false
    }
  }

  /// Whether it looks at the model's uncertainty to find its places.
  package var needsEntropies: Bool { self != .idSampling && self != .psr }

  /// As it is called where it is chosen and told of.
  package var title: String {
    switch self {
    case .srgen: "SRGen"
    case .cntp: "CNTP"
    case .branch: "branch, a surrogate of SRGen"
    case .rewind: "rewind"
    case .idSampling: "ID-sampling"
    case .psr: "periodic self-assessment"
    case .restart: "restart only (control)"
    case .argmax: "argmax (control)"
    case .cooler: "lower temperature (control)"
    case .entropyOnly: "entropy term only (control)"
    case .randomVector: "random vector (control)"
    case .randomPlaces: "random places (control)"
    }
  }
}

/// A moving threshold on the entropy of a token, after SRGen.
///
/// `max(mean + k * max(deviation, minimumDeviation), floor)` over the last `window` entropies;
/// `coldStart` until so many are known. In nats, at the sampling temperature.
package struct AdaptiveThreshold: Codable, Equatable, Sendable {
  package var window: Int
  package var k: Double
  package var minimumDeviation: Double
  package var floor: Double
  package var coldStart: Double

  package init(
    window: Int, k: Double, minimumDeviation: Double, floor: Double, coldStart: Double
  ) {
    self.window = window
    self.k = k
    self.minimumDeviation = minimumDeviation
    self.floor = floor
    self.coldStart = coldStart
  }

  /// Those of the authors' recommended script (`scripts/parallel_aime_distill_qwen.sh`).
  package static let published = AdaptiveThreshold(
    window: 25, k: 4, minimumDeviation: 0.5, floor: 1.8, coldStart: 3)
}

/// The same threshold everywhere.
package struct FixedThreshold: Codable, Equatable, Sendable {
  package var entropy: Double
  package init(entropy: Double) { self.entropy = entropy }
}

/// entropix's quadrant of high entropy and high varentropy, in nats and squared nats, both at
/// temperature 1.
package struct VarentropyQuadrant: Codable, Equatable, Sendable {
  package var entropy: Double
  package var varentropy: Double
  package init(entropy: Double, varentropy: Double) {
    self.entropy = entropy
    self.varentropy = varentropy
  }
}

/// Fires where the mean log-probability of the last `length` tokens falls below a bound.
///
/// Looks at the tokens before the place; after it fired it waits for a window of new ones.
package struct LowestWindow: Codable, Equatable, Sendable {
  package var length: Int
  package var logProbability: Double
  package init(length: Int, logProbability: Double) {
    self.length = length
    self.logProbability = logProbability
  }
}

/// MUR's rule: a step fires when it is less sure than those before it by more than a ratio.
///
/// With u the mean surprisal of a step and m its running mean, `exp(u) > exp(m) / ratio`.
package struct StepMomentum: Codable, Equatable, Sendable {
  /// What is left of the old mean when a step ends.
  package var decay: Double
  package var ratio: Double
  package init(decay: Double, ratio: Double) {
    self.decay = decay
    self.ratio = ratio
  }
}

/// Places that have nothing to do with uncertainty, for a control.
package struct RandomPlaces: Codable, Equatable, Sendable {
  /// Response tokens, from 0; `nil` leaves it to chance.
  package var positions: [Int]?
  /// Share of the tokens, where no positions are given.
  package var share: Double
  package var seed: Int
  package init(positions: [Int]? = nil, share: Double, seed: Int) {
    self.positions = positions
    self.share = share
    self.seed = seed
  }
}

/// At `first` response tokens, and whenever their number has grown by `factor` again.
package struct GrowingBudgets: Codable, Equatable, Sendable {
  package var first: Int
  package var factor: Double
  package init(first: Int, factor: Double) {
    self.first = first
    self.factor = factor
  }
}

/// After every so many steps.
package struct StepPeriod: Codable, Equatable, Sendable {
  package var steps: Int
  package init(steps: Int) { self.steps = steps }
}

/// When the loop stops to reflect; `Engine/Triggers` says how each is judged.
package enum TriggerRule: Equatable, Sendable {
  case adaptive(AdaptiveThreshold)
  case fixed(FixedThreshold)
  case quadrant(VarentropyQuadrant)
  case lowestWindow(LowestWindow)
  case momentum(StepMomentum)
  case places(RandomPlaces)
  case growing(GrowingBudgets)
  case period(StepPeriod)

  package enum Name: String, CodingKey, CaseIterable, Sendable {
    case adaptive, fixed, quadrant
    case lowestWindow = "lowest-window"
    case momentum, places, growing, period
  }

  package var name: Name {
    switch self {
    case .adaptive: .adaptive
    case .fixed: .fixed
    case .quadrant: .quadrant
    case .lowestWindow: .lowestWindow
    case .momentum: .momentum
    case .places: .places
    case .growing: .growing
    case .period: .period
    }
  }

  /// Whether it waits for the end of a step, rather than looking at every token.
  package var judgesSteps: Bool {
    switch self {
    case .momentum, .period: true
    default: false
    }
  }
}

extension TriggerRule: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    guard let name = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no one rule"))
    }
    switch name {
    case .adaptive: self = .adaptive(try container.decode(AdaptiveThreshold.self, forKey: name))
    case .fixed: self = .fixed(try container.decode(FixedThreshold.self, forKey: name))
    case .quadrant: self = .quadrant(try container.decode(VarentropyQuadrant.self, forKey: name))
    case .lowestWindow: self = .lowestWindow(try container.decode(LowestWindow.self, forKey: name))
    case .momentum: self = .momentum(try container.decode(StepMomentum.self, forKey: name))
    case .places: self = .places(try container.decode(RandomPlaces.self, forKey: name))
    case .growing: self = .growing(try container.decode(GrowingBudgets.self, forKey: name))
    case .period: self = .period(try container.decode(StepPeriod.self, forKey: name))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    switch self {
    case .adaptive(let rule): try container.encode(rule, forKey: name)
    case .fixed(let rule): try container.encode(rule, forKey: name)
    case .quadrant(let rule): try container.encode(rule, forKey: name)
    case .lowestWindow(let rule): try container.encode(rule, forKey: name)
    case .momentum(let rule): try container.encode(rule, forKey: name)
    case .places(let rule): try container.encode(rule, forKey: name)
    case .growing(let rule): try container.encode(rule, forKey: name)
    case .period(let rule): try container.encode(rule, forKey: name)
    }
  }
}

/// What an entropy known only within bounds counts as when the threshold lies between them.
package enum AmbiguityPolicy: String, Codable, Sendable, CaseIterable {
  /// The middle of the bounds is held against the threshold.
  case midpoint
  /// It fires.
  case fire
  /// It does not.
  case hold
}

/// How an attempt reflects: when, in which way, and how much at most.
package struct ReflectionSettings: Codable, Equatable, Sendable {
  package var method: ReflectionMethod
  package var rule: TriggerRule
  package var ambiguity = AmbiguityPolicy.midpoint
  /// Reflections an attempt may have.
  package var maximum = 20

  // SRGen and its controls.
  /// Steps of AdamW.
  package var steps = 3
  package var learningRate = 0.01
  /// Share of the entropy in the loss, 0...1; the rest is the likelihood of the text so far.
  package var entropyWeight = 0.05
  /// Megabytes that the distributions of the text so far may take.
  package var memory = 256

  // Trials.
  /// Trials at most (CNTP), tokens branched to (branch), continuations searched (rewind).
  package var trials = 5
  /// CNTP makes one trial at or below the first entropy and all of them from the second on.
  package var lowEntropy = 0.01
  package var highEntropy = 1.5
  /// Tokens a trial may have.
  package var trialTokens = 48

  /// What the temperature is multiplied with, for ``ReflectionMethod/cooler``.
  package var cooling = 0.5
  /// A step with at least this mean log-probability is one to go back to.
  package var confident = -0.05
  /// What is put in by ``ReflectionMethod/idSampling``.
  package var doubtText = "Wait, "

  package init(method: ReflectionMethod, rule: TriggerRule) {
    self.method = method
    self.rule = rule
  }
}

extension ReflectionThresholds {
  package var threshold: AdaptiveThreshold {
    AdaptiveThreshold(
      window: window, k: k, minimumDeviation: minimumDeviation, floor: floor,
      coldStart: coldStart)
  }
}
