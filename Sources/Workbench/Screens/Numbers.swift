import Engine
import Sessions

/// A number in at most four columns, for the gutter.
func brief(_ value: Double) -> String {
  if value > 0, value < 0.005 { return "<.01" }
  if value < 0 { return value.formatted(places: value > -10 ? 1 : 0) }
  if value < 9.995 { return value.formatted(places: 2) }
  if value < 99.95 { return value.formatted(places: 1) }
  return value < 9999 ? value.formatted(places: 0) : "many"
}

/// A span of time: `8 s`, `2 min 05 s`.
func seconds(_ value: Double) -> String {
  guard value.isFinite, value >= 0, value < 1e9 else { return "0 s" }
  let whole = Int(value)
  if whole < 60 { return "\(whole) s" }
  return "\(whole / 60) min \(twoDigits(whole % 60)) s"
}

/// A place in a replay: `1:05.2`.
func clock(_ value: Double) -> String {
  guard value.isFinite, value >= 0, value < 1e9 else { return "0:00.0" }
  let tenths = Int((value * 10).rounded(.down))
  return "\(tenths / 600):\(twoDigits(tenths / 10 % 60)).\(tenths % 10)"
}

func twoDigits(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }

/// Date and minute, in UTC, of a time in seconds since 1970.
///
/// Days to a date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
func date(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 2.5e11 else { return "no date" }
  let minutes = Int(seconds) / 60
  let days = minutes / 1440 + 719_468
  let era = days / 146_097
  let dayOfEra = days - era * 146_097
  let yearOfEra =
    (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shifted = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shifted + 2) / 5 + 1
  let month = shifted < 10 ? shifted + 3 : shifted - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  let minute = minutes % 1440
  return "\(year)-\(twoDigits(month))-\(twoDigits(day))"
    + " \(twoDigits(minute / 60)):\(twoDigits(minute % 60))"
}

/// `1 step`, `2 steps`.
func count(_ number: Int, _ word: String) -> String {
  "\(number) \(word)\(number == 1 ? "" : "s")"
}

func confidenceRole(_ confidence: Double) -> Role {
  if confidence < 0.4 { return .confidenceLow }
  return confidence < 0.7 ? .confidenceMiddle : .confidenceHigh
}

extension Signal {
  /// What stands beside the bar: nats for entropies, else the confidence the bar shows.
  func shown(in measures: StepMeasures, by profile: ModelProfile?) -> Double? {
    switch self {
    case .meanEntropy, .maxEntropy: value(in: measures).map { Double($0.value) }
    default: confidence(in: measures, by: profile).map { Double($0) }
    }
  }
}

extension Glyphs {
  func verdict(_ verdict: Verdict) -> Character {
    switch verdict {
    case .correct: correct
    case .incorrect: incorrect
    case .neutral: neutral
    case .unsure: unsure
    }
  }
}

extension Verdict {
  var role: Role {
    switch self {
    case .correct: .correct
    case .incorrect: .incorrect
    case .neutral: .neutral
    case .unsure: .unsure
    }
  }
}
