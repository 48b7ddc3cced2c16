import Engine
import Sessions

/// What was found out about a model beforehand, as `models/NAME.toml` writes it.
///
/// `models/training/fit_profile.py` makes such files; `docs/models.md` says what is in them.
enum ProfileFile {
  /// Reads a profile, and throws ``FileError`` with all that is wrong in it.
  static func read(_ text: String, file: String) throws -> ModelProfile {
    let reading = TOMLReading(try TOMLDocument(text, file: file))
    let root = reading.root
    let profile = ModelProfile(
      name: (root.string("name") ?? ThemeFile.stem(of: file)).visible,
      prompts: root.string("prompts"),
      calibration: root.table("calibration").flatMap(calibration),
      reflection: root.table("reflection").flatMap(reflection),
      critic: root.table("critic").flatMap(critic))
    root.refuseOthers()
    try reading.finish()
    return profile
  }

  /// `nil` when there is no such file.
  static func load(_ file: String) throws -> ModelProfile? {
    try TextFile.read(file, atMost: TOMLDocument.largestFile).map { try read($0, file: file) }
  }

  private static func calibration(_ section: TOMLSection) -> Calibration? {
    let signal = section.required("signal") {
      section.string("signal", among: Signal.calibratable.map(\.rawValue))
    }
    let steps = section.required("steps") { section.integer("steps", in: 1...1_000_000_000) }
    let problems = section.required("problems") {
      section.integer("problems", in: 1...1_000_000_000)
    }
    let knots = section.required("knots") { readKnots(section) }
    section.refuseOthers()
    guard let signal, let steps, let problems, let knots else { return nil }
    return Calibration(signal: signal, steps: steps, problems: problems, knots: knots)
  }

  private static func critic(_ section: TOMLSection) -> CriticStanding? {
    let f1 = section.required("f1") { section.number("f1", in: 0...1) }
    let wrong = section.required("wrong_chains") {
      section.integer("wrong_chains", in: 1...1_000_000_000)
    }
    let right = section.required("right_chains") {
      section.integer("right_chains", in: 1...1_000_000_000)
    }
    let kappa = section.number("kappa", in: -1...1)
    section.refuseOthers()
    guard let f1, let wrong, let right else { return nil }
    return CriticStanding(f1: f1, wrongChains: wrong, rightChains: right, kappa: kappa)
  }

  private static func readKnots(_ section: TOMLSection) -> [[Double]]? {
    func refuse(_ why: String) -> [[Double]]? {
      section.complain(
        "knots",
        "\"knots\" \(why); write pairs [signal value, probability], such as [[-2.0, 0.3], [0, 1]].")
      return nil
    }
    guard case .list(let items)? = section.item("knots"), !items.isEmpty else {
      return refuse("is no list of pairs")
    }
    let knots = items.compactMap { item -> [Double]? in
      guard case .list(let pair) = item else { return nil }
      let numbers = pair.compactMap(\.finiteNumber)
      return numbers.count == 2 && pair.count == 2 ? numbers : nil
    }
    guard knots.count == items.count else { return refuse("holds what is no pair of numbers") }
    guard knots.allSatisfy({ (0...1).contains($0[1]) }) else {
      return refuse("has a probability outside 0 to 1")
    }
    guard zip(knots, knots.dropFirst()).allSatisfy({ $0[0] < $1[0] && $0[1] <= $1[1] }) else {
      return refuse("falls: values must rise, and probabilities never fall")
    }
    return knots
  }

  private static func reflection(_ section: TOMLSection) -> ReflectionThresholds? {
    func nats(_ key: String) -> Double? {
      section.required(key) { section.number(key, in: 0...20) }
    }
    let window = section.required("window") { section.integer("window", in: 2...10_000) }
    let k = section.required("k") { section.number("k", in: 0...100) }
    let deviation = nats("minimum_deviation")
    let floor = nats("floor")
    let start = nats("cold_start")
    let share = section.required("share") { section.number("share", in: 0...1) }
    section.refuseOthers()
    guard let window, let k, let deviation, let floor, let start, let share else { return nil }
    return ReflectionThresholds(
      window: window, k: k, minimumDeviation: deviation, floor: floor, coldStart: start,
      share: share)
  }
}

extension TOMLSection {
  /// The value, or a complaint that it is missing.
  fileprivate func required<Value>(_ key: String, _ value: () -> Value?) -> Value? {
    if !names.contains(key) {
      complainOfTable("\"\(key)\" is missing; add it, or take the whole table out.")
    }
    return value()
  }
}

extension TOMLItem {
  fileprivate var finiteNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value) where value.isFinite: value
    default: nil
    }
  }
}
