extension Terminal {
  /// The longest text that is copied: terminals drop longer requests, or hang over them.
  package static let longestCopy = 100_000

  /// Asks the terminal to put `text` on the clipboard (OSC 52); `false` when it is too long.
  ///
  /// No terminal answers, so `true` means asked, not done: tmux wants `set-clipboard on`, and some
  /// terminals refuse. The text travels in base64, and so needs no gate.
  @discardableResult
  package func copy(_ text: String) -> Bool {
    guard let request = Self.copyRequest(text) else { return false }
    send(request)
    return true
  }

  package static func copyRequest(_ text: String) -> String? {
    guard text.utf8.count <= longestCopy else { return nil }
    return "\u{1B}]52;c;\(base64(Array(text.utf8)))\u{1B}\\"
  }

  /// RFC 4648, section 4.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      bits <<= UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let index = Int(bits >> UInt32(18 - 6 * place) & 63)
        out.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
