import Sessions

/// Why a run over a problem set cannot be begun, or gone on with.
enum RunError: Error, Equatable {
  case noSet
  case noProblems(ids: String, set: String)
  case randomPlacesAlone
  /// Results of other settings are in the folder.
  case otherSettings(folder: String, name: String, recorded: String, asked: String)
  case otherProblems(folder: String, set: String)
  case notResults(path: String)
  case noResults(path: String)
  case newerResults(path: String)
  case locked(folder: String, holder: String?)
  case notWritable(path: String, reason: String)
  case libraryNotWritable(path: String, reason: String)
  /// A model without log-probabilities has nothing to calibrate.
  case noEntropies(model: String)
  case nothingMeasured(sessions: [String])
  /// In the words of the attempt that failed.
  case modelFailed(String)

  var sentence: String {
    switch self {
    case .noSet:
      "Name a problem set, such as everyday or FILE.jsonl; `erratum problems` lists those there are."
    case .noProblems(let ids, let set):
      "No problem of \(set) has an id that begins with \u{201C}\(ids)\u{201D}; "
        + "`erratum problems \(set)` lists them."
    case .randomPlacesAlone:
      "random-places reflects as often as srgen did, so it needs srgen beside it; add srgen to "
        + "--reflect, or leave random-places out."
    case .otherSettings(let folder, let name, let recorded, let asked):
      "\(folder) holds results made with \(name) \(recorded), not \(asked); use the same again, or "
        + "another folder with --out."
    case .otherProblems(let folder, let set):
      "\(folder) holds results of \(set), which is not the set that was named or has other problems "
        + "now; use another folder with --out."
    case .notResults(let path):
      "\(path) is not the results of a run, or its first line is damaged; use another folder with "
        + "--out."
    case .noResults(let path):
      "There are no results at \(path); check the folder, or run the set first."
    case .newerResults(let path):
      "\(path) was written by a newer erratum; read it with that one, or use another folder with "
        + "--out."
    case .locked(let folder, let holder):
      "\(folder) is being written by \(holder ?? "another program"); wait for it, or use another "
        + "folder with --out."
    case .notWritable(let path, let reason):
      "\(path) cannot be written (\(reason)); use another folder with --out."
    case .libraryNotWritable(let path, let reason):
      "The library \(path) cannot be written (\(reason)); use another with --library, or "
        + "--no-sessions."
    case .noEntropies(let model):
      "\(model) sends no log-probabilities, so there are no entropies to measure; reflect by "
        + "idsampling or psr, which need none, or use another model."
    case .nothingMeasured(let sessions):
      "\(sessions.prefix(3).joined(separator: ", ")) \(sessions.count > 1 ? "have" : "has") no "
        + "entropies: the model sent no log-probabilities; choose sessions of one that does."
    case .modelFailed(let sentence): sentence
    }
  }

  /// Whether the work failed, rather than what was asked for.
  var isFailure: Bool {
    switch self {
    case .noEntropies, .modelFailed: true
    default: false
    }
  }

  /// What an error of the results file means here.
  init(_ error: JournalError, folder: String) {
    switch error {
    case .notFound(let name): self = .noResults(path: name)
    case .newerFormat(let path, _): self = .newerResults(path: path)
    case .locked(_, let holder): self = .locked(folder: folder, holder: holder)
    case .readOnly(let path, let reason), .unreadable(let path, let reason):
      self = .notWritable(path: path, reason: reason)
    default: self = .notResults(path: ResultsFile.path(in: folder))
    }
  }
}
