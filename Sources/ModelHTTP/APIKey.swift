import Engine
import Foundation

/// Where a key is read from, at the time of each call; the key itself is kept nowhere.
package struct APIKey: Sendable {
  /// Says where the key comes from and never what it is.
  package let origin: String
  private let read: @Sendable () throws -> String?

  private init(origin: String, read: @escaping @Sendable () throws -> String?) {
    self.origin = origin
    self.read = read
  }

  package static let none = APIKey(origin: "none") { nil }

  /// The value of an environment variable; unset or empty means no key.
  package static func environment(_ name: String) -> APIKey {
    APIKey(origin: "$\(name)") { ProcessInfo.processInfo.environment[name] }
  }

  /// The first line of a file that only its owner may read.
  package static func file(_ path: String) -> APIKey {
    APIKey(origin: path) { try readKeyFile(path) }
  }

  package static func from(
    _ origin: String, _ read: @escaping @Sendable () throws -> String?
  ) -> APIKey {
    APIKey(origin: origin, read: read)
  }

  /// The key, checked to be one header's worth of text.
  func resolve() throws -> String? {
    guard let text = try read() else { return nil }
    let key = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if key.isEmpty { return nil }
    // A line break in it would let the key write headers of its own.
    guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw ModelError.badKey(
        reason: "the key in \(origin) holds a space, a line break or a character outside ASCII")
    }
    return key
  }
}

private func readKeyFile(_ path: String) throws -> String {
  let attributes = try? FileManager.default.attributesOfItem(atPath: path)
  guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue else {
    throw ModelError.badKey(reason: "the key file \(path) cannot be read")
  }
  guard attributes?[.type] as? FileAttributeType == .typeRegular else {
    throw ModelError.badKey(reason: "the key file \(path) is not a plain file")
  }
  let owner = (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
  guard owner == geteuid() || geteuid() == 0 else {
    throw ModelError.badKey(reason: "the key file \(path) belongs to someone else")
  }
  guard mode & 0o077 == 0 else {
    throw ModelError.badKey(
      reason: "the key file \(path) can be read by others; run chmod 600 on it")
  }
  guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 10,
    let text = String(data: data, encoding: .utf8)
  else { throw ModelError.badKey(reason: "the key file \(path) cannot be read as text") }
  return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
}
