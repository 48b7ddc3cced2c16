import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Configuration.Model {
  /// The key this model is called with; `nil` when none is set up.
  ///
  /// Complaints name the variable or the file, never what is in them.
  func apiKey(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String?
  {
    if let apiKeyEnv {
      guard let key = environment[apiKeyEnv], !key.isEmpty else {
        throw refusal(
          apiKeyEnv, "the variable is not set, and model \(name.visible) needs it; export it.")
      }
      return try checked(key, from: apiKeyEnv)
    }
    guard let apiKeyFile else { return nil }
    guard let bytes = try TextFile.bytes(of: apiKeyFile, atMost: 8 * 1024, accepting: isPrivate)
    else {
      throw refusal(apiKeyFile, "there is no such key file; create it with mode 0600.")
    }
    let key = String(decoding: bytes, as: UTF8.self)
    return try checked(key.trimmingCharacters(in: .whitespacesAndNewlines), from: apiKeyFile)
  }

  /// A key that others can read is no secret.
  private func isPrivate(_ information: stat) -> String? {
    if information.st_mode & 0o077 != 0 {
      return "others can read this key file; run chmod 600 on it."
    }
    if information.st_uid != geteuid(), geteuid() != 0 {
      return "this key file belongs to someone else; use a file of your own."
    }
    return nil
  }

  /// A newline in a key would add a header of its own to the request.
  private func checked(_ key: String, from source: String) throws -> String {
    let isPlain = key.utf8.allSatisfy { (33...126).contains($0) }
    guard isPlain, !key.isEmpty else {
      throw refusal(source, "this is not a key: it must be one word of ASCII; correct it.")
    }
    return key
  }

  private func refusal(_ source: String, _ message: String) -> FileError {
    FileError(file: source.visible, problems: [FileProblem(message: message)])
  }
}
