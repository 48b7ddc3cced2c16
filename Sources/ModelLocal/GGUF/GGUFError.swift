/// Why a weights file could not be opened.
///
/// Offsets are bytes from the start of the file. Names come from the file, so they are foreign:
/// `sentence(file:)` escapes and cuts them.
package enum GGUFError: Error, Equatable {
  case unreadable(reason: String)
  case directory
  /// A pipe, a device or a socket.
  case notAFile
  case empty
  case notGGUF
  case unsupportedVersion(UInt32)
  case bigEndian
  /// The file ends at `at + available`, and `needed` bytes should be there.
  case truncated(at: Int, needed: UInt64)
  /// A count, a length or a dimension that no file of this size can have.
  case absurd(what: String, UInt64, at: Int)
  /// A key or a tensor's name that is empty, too long, or not UTF-8.
  case badName(at: Int)
  case duplicateKey(String)
  case duplicateTensor(String)
  /// A number for a type of metadata that the format does not have.
  case badType(UInt32, at: Int)
  case tooDeep(key: String)
  /// `general.alignment` is not a power of two, or is no number.
  case badAlignment
  case misaligned(tensor: String, offset: UInt64)
  /// A tensor's bytes do not all lie in the file.
  case outside(tensor: String)
  case badDimensions(tensor: String)
  /// The file was written to, or cut, after it was opened.
  case changed
}

extension GGUFError {
  /// What is wrong with `file`, and what to do next.
  package func sentence(file: String) -> String {
    switch self {
    case .unreadable(let reason):
      "\(file) could not be read (\(reason)): check the path and its permissions."
    case .directory:
      "\(file) is a folder: give a .gguf file that lies in it."
    case .notAFile:
      "\(file) is a pipe or a device: give a .gguf file on a disk."
    case .empty:
      "\(file) is empty: download it again."
    case .notGGUF:
      "\(file) is not a GGUF file: give a model's .gguf file."
    case .unsupportedVersion(let version):
      "\(file) has GGUF version \(version), and 2 and 3 can be read: convert the model again."
    case .bigEndian:
      "\(file) was written for a big-endian machine: convert it with `gguf-convert-endian`."
    case .truncated(let offset, _):
      "\(file) ends where more should follow (byte \(offset)): download it again."
    case .absurd(let what, let value, let offset):
      "\(file) is damaged (\(what) \(value) at byte \(offset)): download it again."
    case .badName(let offset):
      "\(file) is damaged (a name that is none at byte \(offset)): download it again."
    case .duplicateKey(let key):
      "\(file) gives \(shown(key)) twice: download it again, or convert the model again."
    case .duplicateTensor(let name):
      "\(file) has two tensors named \(shown(name)): download it again, or convert it again."
    case .badType(let type, let offset):
      "\(file) is damaged (type \(type) at byte \(offset)): download it again."
    case .tooDeep(let key):
      "\(file) nests arrays too deep under \(shown(key)): convert the model again."
    case .badAlignment:
      "\(file) has an alignment that is no power of two: convert the model again."
    case .misaligned(let tensor, let offset):
      "\(file) is damaged (\(shown(tensor)) begins at \(offset), unaligned): download it again."
    case .outside(let tensor):
      "\(file) ends before its tensor \(shown(tensor)) does: download it again."
    case .badDimensions(let tensor):
      "\(file) is damaged (\(shown(tensor)) has impossible dimensions): download it again."
    case .changed:
      "\(file) was changed while it was in use: start again once it is complete."
    }
  }
}

/// A name from a file, safe to print: ASCII, quoted where it is not plain, at most 40 characters.
func shown(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars {
    if text.count >= 40 { return text + "..." }
    text += scalar.value >= 0x20 && scalar.value < 0x7F ? String(scalar) : scalar.escaped
  }
  return text.isEmpty ? "\"\"" : text
}

extension Unicode.Scalar {
  fileprivate var escaped: String { "\\u{" + String(value, radix: 16, uppercase: true) + "}" }
}
