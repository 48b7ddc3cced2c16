/// Why a report cannot be made as asked.
enum ReportError: Error, Equatable {
  case noSessions
  case noLabels(name: String?)
  case severalAnnotators(names: [String])
  case noSuchAnnotator(name: String, names: [String])
  case noSuchCritic(name: String, names: [String])
  case noSuchModel(name: String, names: [String])
  case nothingMeasured(reason: String)
  case severalModels(names: [String])
  case notCalibratable(signal: String, allowed: [String])
  case notFitted(signal: String, reason: String)
  case noStanding(critic: String)
  case needsCalibration(option: String)

  var sentence: String {
    switch self {
    case .noSessions:
      "There are no sessions to report on; name some, or make one with `erratum solve`."
    case .noLabels(nil):
      "Nobody has labelled steps of these sessions; label some with `erratum annotate`."
    case .noLabels(let name?):
      "\(name) has said of no step of these sessions whether it is right; label some with `erratum "
        + "annotate --as \(name)`."
    case .severalAnnotators(let names):
      "\(names.joined(separator: ", ")) have labelled these sessions and there is no consensus; "
        + "choose whose labels count with --labels."
    case .noSuchAnnotator(let name, let names):
      "\(name) has labelled none of these sessions; --labels takes \(names.joined(separator: ", "))."
    case .noSuchCritic(let name, let names):
      names.isEmpty
        ? "No critic has judged a labelled chain; run one with `erratum solve --critic`, or leave out "
          + "--critic."
        : "\(name) has judged none of the labelled chains; --critic takes "
          + "\(names.joined(separator: ", "))."
    case .noSuchModel(let name, let names):
      "\(name) has written none of the labelled chains; --model takes "
        + "\(names.joined(separator: ", "))."
    case .nothingMeasured(let reason):
      "Nothing was measured: \(reason); label sessions that were solved here, or have a critic judge "
        + "these."
    case .severalModels(let names):
      "The labelled steps are of \(names.joined(separator: ", ")), and a calibration holds for one "
        + "model; choose it with --model."
    case .notCalibratable(let signal, let allowed):
      "A profile cannot calibrate \(signal), which is no signal that rises with confidence; --signal "
        + "takes \(allowed.joined(separator: ", ")) with --write."
    case .notFitted(let signal, let reason):
      "\(signal) was not fitted and nothing was written: \(reason)"
    case .noStanding(let critic):
      "Nothing was written of \(critic): its F1 needs labelled chains with a wrong step and without "
        + "one; label more that it has judged."
    case .needsCalibration(let option):
      "--\(option) goes with --calibration; add it."
    }
  }
}
