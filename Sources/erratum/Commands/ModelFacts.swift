import Engine
import ModelLocal
import Sessions
import Workbench

/// What there is to say of a model, as names and values in two columns.
struct ModelFacts {
  private(set) var rows: [(name: String, value: String)] = []

  init(_ model: ModelDescription) {
    let can = model.capabilities
    func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
    rows = [("model", model.model), ("dialect", model.dialect)]
    if let endpoint = model.endpoint { rows.append(("endpoint", endpoint)) }
    rows += [
      ("badge", model.badge),
      ("streaming", yes(can.streaming)),
      ("log-probabilities", yes(can.logProbabilities)),
      ("alternatives", "\(can.alternatives)"),
      ("continuation", can.continuation.rawValue),
      ("thinking", yes(can.thinking)),
      ("true token bytes", yes(can.trueBytes)),
      ("token ids", yes(can.tokenIDs)),
      ("scoring", yes(can.scoring)),
      ("hidden states", yes(can.hiddenStates)),
      ("vocabulary", can.vocabularySize.map { String($0) } ?? "unknown"),
      ("slots", can.slots.map { String($0) } ?? "unknown"),
      ("prompt set", Settings().promptSet(for: model)),
      ("calibrated", Self.calibration(model.profile)),
    ]
    if let critic = model.profile?.critic { rows.append(("as a critic", critic.words)) }
    rows += model.fallbacks.map { ("instead", $0) }
  }

  init(
    _ model: ModelDescription, _ weights: ModelOpener.Weights, _ summary: LocalModelSummary
  ) {
    self.init(model)
    rows += Self.ofFile(weights, summary)
  }

  static func ofFile(
    _ weights: ModelOpener.Weights, _ summary: LocalModelSummary
  ) -> [(name: String, value: String)] {
    [
      ("file", weights.path),
      ("name", summary.name),
      ("architecture", summary.architecture),
      ("parameters", large(summary.parameters)),
      ("size", bytes(summary.fileBytes)),
      ("quantisation", summary.quantisation),
      ("layers", "\(summary.layers) of width \(summary.width)"),
      ("tokenizer", "\(summary.tokenizer), \(summary.vocabulary) tokens"),
      ("template", template(summary, weights.options)),
      ("context", context(summary)),
      ("memory needed", bytes(summary.memoryNeeded)),
    ]
  }

  static func print(_ rows: [(name: String, value: String)]) {
    for (name, value) in rows {
      say(name + String(repeating: " ", count: max(1, 20 - name.utf8.count)) + value)
    }
  }

  /// One line for a list.
  static func brief(_ summary: LocalModelSummary, _ options: LocalModelOptions) -> String {
    let calibrated = options.profile?.calibration.map { ", calibrated on \($0.steps) steps" }
    return "\(summary.name), \(large(summary.parameters)) parameters, \(summary.quantisation), "
      + "context \(context(summary)), template \(template(summary, options))"
      + (calibrated ?? ", not calibrated")
  }

  private static func context(_ summary: LocalModelSummary) -> String {
    summary.context < summary.contextLength
      ? "\(summary.context) of \(summary.contextLength)" : "\(summary.contextLength)"
  }

  private static func template(
    _ summary: LocalModelSummary, _ options: LocalModelOptions
  ) -> String {
    if let chosen = options.template { return "\(chosen), as chosen" }
    return summary.template
      ?? "not known; choose one after a #: \(LocalModel.templates.joined(separator: ", "))"
  }

  private static func calibration(_ profile: ModelProfile?) -> String {
    guard let calibration = profile?.calibration else { return "no" }
    let name = Signal(rawValue: calibration.signal)?.name ?? calibration.signal
    return "\(name), on \(calibration.steps) steps of \(calibration.problems) problems"
  }

  /// `2.8 M`, `7.2 G`.
  static func large(_ number: Int) -> String { scaled(number, ["", " k", " M", " G", " T"]) }

  /// `3.1 MB`.
  static func bytes(_ number: Int) -> String {
    scaled(number, [" B", " kB", " MB", " GB", " TB"])
  }

  private static func scaled(_ number: Int, _ units: [String]) -> String {
    var (value, unit) = (Double(number), 0)
    while value >= 999.5, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
    return value.formatted(places: unit == 0 || value >= 99.95 ? 0 : 1) + units[unit]
  }
}
