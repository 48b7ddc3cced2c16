import Engine
import Foundation

/// Where a model's server listens, read from what a person typed.
struct Endpoint: Equatable, Sendable {
  /// Scheme, host, port and path, without `/v1`: the server's own calls hang below it.
  var base: String
  /// The root of the OpenAI-shaped calls, mostly `base` + `/v1`.
  var api: String
  var host: String
  var isEncrypted: Bool
  /// The part after `#`: a model's name.
  var model: String?

  var isLoopback: Bool {
    host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
  }

  init(_ text: String) throws {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    func bad(_ reason: String) -> ModelError {
      ModelError.badEndpoint(cleaned(trimmed, limit: 120), reason: reason)
    }
    guard !trimmed.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) else {
      throw bad("it holds a space or a control character")
    }
    guard let parts = URLComponents(string: trimmed) else { throw bad("it is not a URL") }
    guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
      throw bad("it must begin with http:// or https://")
    }
    guard let host = parts.host, !host.isEmpty else { throw bad("it names no host") }
    // The text itself must not be shown here: it holds a secret.
    guard parts.user == nil, parts.password == nil else {
      throw ModelError.badEndpoint(host, reason: "it must not hold a user name or a password")
    }
    if let port = parts.port, !(1...65535).contains(port) { throw bad("no such port") }
    let name = parts.fragment ?? ""
    model = name.isEmpty ? nil : name
    self.host = host.lowercased()
    isEncrypted = scheme == "https"
    let port = parts.port.map { ":\($0)" } ?? ""
    let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    var path = parts.percentEncodedPath
    while path.hasSuffix("/") { path.removeLast() }
    let root = "\(scheme)://\(bracketed)\(port)"
    let last = path.split(separator: "/").last.map(String.init) ?? ""
    if last == "beta" || last.wholeMatch(of: /v\d+(beta)?/) != nil {
      api = root + path
      base = root + path.dropLast(last.count + 1)
    } else {
      base = root + path
      api = base + "/v1"
    }
  }
}

/// Text from a server, fit to stand in a sentence: no control or direction marks, and not long.
func cleaned(_ text: String, limit: Int = 300) -> String {
  var out = ""
  var spaced = true
  for scalar in text.unicodeScalars.prefix(limit * 8) {
    let isSpace = scalar.properties.isWhitespace
    switch scalar.properties.generalCategory {
    case _ where isSpace:
      if !spaced { out.append(" ") }
    case .control, .format, .surrogate, .privateUse, .unassigned: continue
    case .nonspacingMark, .enclosingMark:
      if out.isEmpty || out.unicodeScalars.count > limit { continue }
      out.unicodeScalars.append(scalar)
    default: out.unicodeScalars.append(scalar)
    }
    spaced = isSpace
    if out.unicodeScalars.count >= limit { return out + "…" }
  }
  while out.hasSuffix(" ") { out.removeLast() }
  return out
}
