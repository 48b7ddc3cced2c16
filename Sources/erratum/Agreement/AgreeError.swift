/// Why there is nothing to compare.
enum AgreeError: Error, Equatable {
  case noSessions(library: String)
  case noSuchPlace(name: String, nearest: String?)
  case noLabels(places: [String])
  /// Labels are there, but only imported ones or a consensus, which nobody asked for.
  case onlyImported(names: [String])
  case noSuchAnnotator(name: String, names: [String], nearest: String?)
  case goldIsCompared(name: String)
  case nothingReadable(count: Int, first: String)

  var sentence: String {
    switch self {
    case .noSessions(let library):
      "There are no sessions in \(library); import chains with `erratum import`, or name another "
        + "library with --library."
    case .noSuchPlace(let name, let nearest):
      "There is no session, folder or set named \u{201C}\(name)\u{201D}; "
        + (nearest.map { "did you mean \u{201C}\($0)\u{201D}?" }
          ?? "`erratum sessions` lists the sessions there are.")
    case .noLabels(let places):
      "Nobody labelled \(places.isEmpty ? "the library's" : "these") chains; label them with "
        + "`erratum annotate`, or name others."
    case .onlyImported(let names):
      "Only \(Self.list(names)) rated these chains, which came with the data; label them with "
        + "`erratum annotate`, or compare what is there with --as \(names.joined(separator: ","))."
    case .noSuchAnnotator(let name, let names, let nearest):
      "Nobody named \u{201C}\(name)\u{201D} labelled these chains; "
        + (nearest.map { "did you mean \u{201C}\($0)\u{201D}?" }
          ?? "use one of: \(names.joined(separator: ", ")).")
    case .goldIsCompared(let name):
      "\u{201C}\(name)\u{201D} cannot be both the gold and one of those compared with it; leave it "
        + "out of --as or of --gold."
    case .nothingReadable(let count, let first):
      count == 1 ? first : "None of the \(count) sessions could be read; the first: \(first)"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.count < 2
      ? names.first ?? "" : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}
