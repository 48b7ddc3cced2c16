import Workbench

/// Why labelling could not begin.
enum AnnotateError: Error, Equatable {
  case nothingNamed(String, nearest: String?, sets: [String])
  case noSteps(title: String, chains: Int)
  case noShare(title: String, part: String, chains: Int)
  case noTerminal(String)
  case importFirst(path: String, set: String)
  /// The name stands for labels that are not a person's.
  case takenName(String, meaning: String)
  case badPart(String)
  case noGold(name: String, others: [String])
  case ownGold(String)
  /// Fewer than two people's labels, which cannot differ.
  case nobodyToSettle(title: String, names: [String])
  case noSuchSide(String, names: [String], nearest: String?)
  case tooFewSides(String)
  /// The consensus is what is being written.
  case consensusIsNoSide
  case noTerminalToSettle(String)
  case consensusNotSaved(path: String, reason: String)

  var sentence: String {
    switch self {
    case .nothingNamed(let name, let nearest, let sets):
      "There is no session, set, folder or file \"\(name)\"; "
        + (nearest.map { "did you mean \"\($0)\"?" }
          ?? (sets.isEmpty
            ? "import one with `erratum import FILE`, or name a data file."
            : "the sets are: \(sets.prefix(8).joined(separator: ", "))\(sets.count > 8 ? " ..." : "")."))
    case .noSteps(let title, let chains):
      (chains == 0
        ? "\(title) has no chains"
        : "\(chains == 1 ? "The one chain" : "None of the \(chains) chains") of \(title) has steps")
        + ", so there is nothing to label; name another, or import with steps."
    case .noShare(let title, let part, let chains):
      "None of the \(chains) chains of \(title) falls into part \(part); use fewer parts or an --overlap."
    case .noTerminal(let name):
      "Labelling needs a terminal; run it in one, or see how far everybody is with `erratum annotate "
        + "\(name) --status`."
    case .importFirst(let path, let set):
      "\(path) is in no format that is known by sight; import it with `erratum import \(path) --format "
        + "...`, then `erratum annotate \(set)`."
    case .takenName(let name, let meaning):
      "\"\(name)\" is \(meaning), not a person; choose another name with --as."
    case .badPart(let text):
      "--part takes one share of several, such as 2/5, not \"\(text)\"; correct it and try again."
    case .noGold(let name, let others):
      "Nobody named \"\(name)\" labelled these chains; "
        + (others.isEmpty
          ? "import labels first, or leave --gold out."
          : "use one of: \(others.prefix(8).joined(separator: ", ")).")
    case .ownGold(let name):
      "--gold \(name) are your own labels; name somebody else's."
    case .nobodyToSettle(let title, let names):
      (names.first.map { "Only \($0) has labelled \(title)" } ?? "Nobody has labelled \(title)")
        + ", so nobody differs; have another label it with `erratum annotate ... --as NAME`, "
        + "or weigh imported ratings by naming them with --of."
    case .noSuchSide(let name, let names, let nearest):
      "Nobody named \"\(name)\" labelled these chains; "
        + (nearest.map { "did you mean \"\($0)\"?" }
          ?? (names.isEmpty
            ? "label them first with `erratum annotate ... --as NAME`."
            : "name two or more of: \(names.prefix(8).joined(separator: ", "))."))
    case .tooFewSides(let text):
      "--of takes two names or more with commas between them, such as ada,bob, not \"\(text)\"; "
        + "correct it and try again."
    case .consensusIsNoSide:
      "\"\(Adjudication.consensus)\" is what is being decided and cannot be weighed as well; "
        + "leave it out of --of."
    case .noTerminalToSettle(let name):
      "Settling needs a terminal; run it in one, or see what is in dispute with `erratum adjudicate "
        + "\(name) --status`."
    case .consensusNotSaved(let path, let reason):
      "What all agree on could not be written to \(path): \(reason); nothing was lost, make room or "
        + "mend the folder and run it again."
    }
  }
}
