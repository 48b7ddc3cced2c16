/// Why a file could not be imported, or sessions not exported.
///
/// Every sentence a person sees about formats is written here.
package enum FormatError: Error, Equatable {
  case notFound(path: String)
  case unreadable(path: String, reason: String)
  case isFolder(path: String)
  case isEmpty(path: String)
  /// Bytes that no text format has; `kind` when it is known what they are.
  case notText(path: String, kind: String, advice: String)
  case inspectArchive(path: String)
  case noSuchFormat(name: String, allowed: [String], nearest: String?)
  case ambiguous(path: String, formats: [String])
  case unrecognised(path: String, keys: [String])
  case badRecord(path: String, place: String, reason: String)
  case nothingUsable(path: String, records: Int)
  case cutShort(path: String)
  case badFields(String)
  case badName(String)
  case fieldsNeeded
  case neutralNeeded(format: String)
  case neutralNotNeeded(format: String)
  case severalAnnotators(session: String, names: [String])
  case noSuchAnnotator(name: String, names: [String])
  case noSessions(path: String)
  case notOneSession(format: String, count: Int)
  case nothingToExport(format: String, why: String)
  case outputExists(path: String)
  case notWritable(path: String, reason: String)

  package var sentence: String {
    switch self {
    case .notFound(let path): "There is no file \(path); check the path."
    case .unreadable(let path, let reason):
      "\(path) could not be read (\(reason)); check the path and its permissions."
    case .isFolder(let path): "\(path) is a folder; name the files in it."
    case .isEmpty(let path): "\(path) is empty; there is nothing to import, check the download."
    case .notText(let path, let kind, let advice): "\(path) is \(kind), not text; \(advice)."
    case .inspectArchive(let path):
      "\(path) is an Inspect .eval archive, which this build cannot unpack; run `inspect log convert "
        + "--to json --output-dir logs \(path)` and import the JSON."
    case .noSuchFormat(let name, let allowed, let nearest):
      "There is no format \"\(name)\"; "
        + (nearest.map { "did you mean \"\($0)\"?" }
          ?? "use one of: \(allowed.joined(separator: ", ")).")
    case .ambiguous(let path, let formats):
      "\(path) could be \(formats.joined(separator: " or ")); say which with --format."
    case .unrecognised(let path, let keys):
      keys.isEmpty
        ? "\(path) is in no format that is known by sight; name one with --format."
        : "\(path) is in no format that is known by sight (its records have \(keys.prefix(8).joined(separator: ", ")));"
          + " name one with --format, or say what is what with --fields problem=...,steps=...."
    case .badRecord(let path, let place, let reason): "\(path), \(place): \(reason)."
    case .nothingUsable(let path, let records):
      records == 0
        ? "\(path) holds no records; check that it is the right file."
        : "None of the \(records) records of \(path) could be used; check --format and --fields."
    case .cutShort(let path):
      "\(path) ends in the middle of a record; fetch it again, what came before is imported."
    case .badFields(let reason): reason
    case .badName(let name):
      "\"\(name)\" cannot name an annotator; use letters, digits, dots, dashes and blanks, 100 bytes"
        + " at most."
    case .fieldsNeeded:
      "Plain JSONL says nothing of its fields; name them, such as --fields problem=q,answer=a,steps=chain."
    case .neutralNeeded(let format):
      "\(format) has no neutral rating and some of these steps have one; choose --neutral good, bad or"
        + " drop."
    case .neutralNotNeeded(let format):
      "\(format) keeps neutral ratings as they are; leave --neutral out."
    case .severalAnnotators(let session, let names):
      "\(session) was rated by \(names.joined(separator: ", ")); choose one with --by."
    case .noSuchAnnotator(let name, let names):
      names.isEmpty
        ? "Nobody rated these sessions; leave --by out."
        : "Nobody named \"\(name)\" rated these sessions; use one of: \(names.joined(separator: ", "))."
    case .noSessions(let path):
      "There are no sessions in \(path); name a session, or a folder of them."
    case .notOneSession(let format, let count):
      "\(format) shows one session and these are \(count); name one of them."
    case .nothingToExport(let format, let why):
      "There is nothing here that \(format) can hold (\(why)); choose another format or sessions."
    case .outputExists(let path):
      "\(path) exists already; choose another name or remove it."
    case .notWritable(let path, let reason):
      "\(path) cannot be written (\(reason)); choose another place or make room."
    }
  }
}
