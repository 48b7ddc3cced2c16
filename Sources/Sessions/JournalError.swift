/// Why a session's files could not be opened, read or extended.
///
/// Every sentence a person sees about them is written here.
package enum JournalError: Error, Equatable {
  /// There is no such session, folder or file.
  case notFound(name: String)
  /// More than one session begins with this.
  case ambiguous(name: String, candidates: [String])
  case notAJournal(path: String)
  case empty(path: String)
  /// The first line is cut short or damaged: nothing after it can be understood.
  case damagedHeader(path: String)
  case newerFormat(path: String, version: Int)
  case unreadable(path: String, reason: String)
  /// Another program writes this file; `holder` says which, as far as it said so itself.
  case locked(path: String, holder: String?)
  case readOnly(path: String, reason: String)
  case alreadyExists(path: String)
  /// A name that cannot be a file's: empty, or with a slash or control characters.
  case badName(name: String)
  /// An example ships with the program and is never written to.
  case isExample(name: String)
  /// One line that says nothing this version can use.
  case badLine(number: Int, reason: String)
  /// The same of an annotator's file.
  case badLabel(path: String, number: Int, reason: String)
  /// An annotator's file that is named for somebody else than it says.
  case otherAnnotator(path: String, name: String)
}

extension JournalError {
  /// What happened, and what to do next.
  package var sentence: String {
    switch self {
    case .notFound(let name):
      "No session named \(name); `erratum sessions` lists those there are."
    case .ambiguous(let name, let candidates):
      "\(name) could be \(candidates.prefix(4).joined(separator: ", ")); type more of the name."
    case .notAJournal(let path):
      "\(path) is not an Erratum session; give the folder of one, or a file named journal.jsonl."
    case .empty(let path):
      "\(path) is empty, so there is nothing to open; delete its folder or restore a copy."
    case .damagedHeader(let path):
      "The first line of \(path) is cut short or damaged; restore it from a copy."
    case .newerFormat(let path, let version):
      "\(path) has format \(version), newer than this program reads; open it with a newer erratum."
    case .unreadable(let path, let reason):
      "\(path) could not be read (\(reason)); check the path and its permissions."
    case .locked(let path, let holder):
      "\(path) is being written by \(holder ?? "another program"); it is open for reading only,"
        + " close the other one to go on here."
    case .readOnly(let path, let reason):
      "\(path) cannot be written (\(reason)); it is open for reading only,"
        + " copy it to a folder of yours to go on."
    case .alreadyExists(let path):
      "\(path) exists already; choose another name."
    case .badName(let name):
      "\(name.isEmpty ? "An empty name" : "This name") cannot be used for a file;"
        + " choose one of letters, digits, dots and dashes."
    case .isExample(let name):
      "\(name) is an example and stays as it is; copy it to the library to go on from it."
    case .badLine(let number, let reason):
      "Line \(number) was skipped (\(reason)); the rest of the session is complete."
    case .badLabel(let path, let number, let reason):
      "Line \(number) of \(path) was skipped (\(reason)); restore it from a copy if it matters."
    case .otherAnnotator(let path, let name):
      "\(path) holds the labels of \(name); give the file its own name back."
    }
  }
}

extension JournalError {
  /// Why a session on screen cannot be written, short enough for a status line.
  package var brief: String {
    switch self {
    case .locked(_, let holder):
      "written by \(holder ?? "another program"); close that to go on here"
    case .readOnly(_, let reason): "\(reason); p then b makes a session of your own"
    default: sentence
    }
  }
}

/// What was wrong with a journal that could be opened all the same.
package struct JournalDamage: Equatable, Sendable {
  /// Bytes after the last whole line: what a crash in the middle of a write leaves behind.
  package var tornBytes = 0
  /// Lines that could not be used, as ``JournalError/badLine(number:reason:)``; the first few.
  package private(set) var lines: [JournalError] = []
  package private(set) var lineCount = 0

  package init(tornBytes: Int = 0) { self.tornBytes = tornBytes }

  package var isEmpty: Bool { tornBytes == 0 && lineCount == 0 }

  package mutating func note(line number: Int, _ reason: String) {
    lineCount += 1
    if lines.count < 20 { lines.append(.badLine(number: number, reason: reason)) }
  }

  /// `nil` when nothing was wrong.
  package var sentence: String? {
    var parts: [String] = []
    if tornBytes > 0 {
      parts.append(
        "The last line was cut short by a crash and its \(tornBytes) bytes were dropped;"
          + " everything before it is here, go on as usual.")
    }
    if lineCount > 1 {
      parts.append(
        "\(lineCount) lines could not be read and were skipped; the rest is here,"
          + " compare with a copy if you have one.")
    } else if let line = lines.first {
      parts.append(line.sentence)
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }
}
