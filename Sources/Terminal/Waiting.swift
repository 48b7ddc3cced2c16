import CCurses
import Workbench

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Terminal {
  /// A paste that says nothing for so long has lost its end.
  private static let pastePatience = Duration.milliseconds(500)

  /// Waits for input, a signal, a ``wake()`` or the end of `timeout`; `nil` waits for ever.
  ///
  /// Empty when nothing came or somebody else woke it. A stop from outside (SIGTSTP) happens in
  /// here; Ctrl-Z is a key, and the caller's to answer with ``suspend()``.
  package func wait(timeout: Duration? = nil) -> [Input] {
    var timeout = timeout
    if decoder.isPasting { timeout = min(timeout ?? Self.pastePatience, Self.pastePatience) }
    var descriptors = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: guard_wake_descriptor(), events: Int16(POLLIN), revents: 0),
    ]
    let ready = poll(&descriptors, 2, Self.milliseconds(timeout))
    if ready == 0 { return decoder.abandonPaste() }
    guard ready > 0 || errno == EINTR else { return [.interrupted(signal: SIGHUP)] }
    if descriptors[1].revents != 0 { guard_clear_wake() }
    var inputs = takeSignals()
    if descriptors[0].revents != 0 {
      let units = readUnits()
      inputs += decoder.decode(units)
      let isGone = descriptors[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
      if isGone, units.isEmpty { inputs.append(.interrupted(signal: SIGHUP)) }
    }
    return inputs
  }

  /// Rounded up, so that a wait never ends before its time and spins.
  private static func milliseconds(_ timeout: Duration?) -> Int32 {
    guard let timeout else { return -1 }
    let (seconds, attoseconds) = timeout.components
    guard seconds < 86_400 else { return 86_400_000 }
    let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(max(seconds * 1000 + rest, 0))
  }

  private func takeSignals() -> [Input] {
    if guard_take(SIGTSTP) { suspend() }
    var inputs: [Input] = []
    let isContinued = guard_take(SIGCONT)
    if isContinued { reenter() }
    let isResized = guard_take(SIGWINCH) && adoptSize()
    // After a stop the same size still asks for a new frame.
    if isContinued || isResized { inputs.append(.resized(size)) }
    for signal in [SIGINT, SIGTERM, SIGHUP] where guard_take(signal) {
      inputs.append(.interrupted(signal: signal))
    }
    return inputs
  }

  /// All that can be read without waiting.
  private func readUnits() -> [KeyDecoder.Unit] {
    var units: [KeyDecoder.Unit] = []
    while true {
      let code = wgetch(keyPad)
      switch code {
      case ERR: return units
      case 0...0xFF:
        if let scalar = typedBytes.feed(UInt8(code)) { units.append(.scalar(scalar)) }
      default:
        if let unit = KeyCodes.unit(code) { units.append(unit) }
      }
    }
  }
}

/// Key codes of our own, above all the library's, for what it does not know.
enum KeyCodes {
  private static let pasteBegan: Int32 = 0x2000
  private static let pasteEnded: Int32 = 0x2001
  private static let mouseReport: Int32 = 0x2002
  private static let oldMouseReport: Int32 = 0x2003
  private static let firstNamed: Int32 = 0x2010

  /// Sequences every modern terminal sends, and not every terminal description lists.
  private static let wellKnown: [(sequence: String, name: String)] = [
    ("\u{1B}[A", "KEY_UP"), ("\u{1B}[B", "KEY_DOWN"), ("\u{1B}[C", "KEY_RIGHT"),
    ("\u{1B}[D", "KEY_LEFT"), ("\u{1B}OA", "KEY_UP"), ("\u{1B}OB", "KEY_DOWN"),
    ("\u{1B}OC", "KEY_RIGHT"), ("\u{1B}OD", "KEY_LEFT"), ("\u{1B}[H", "KEY_HOME"),
    ("\u{1B}[F", "KEY_END"), ("\u{1B}OH", "KEY_HOME"), ("\u{1B}OF", "KEY_END"),
    ("\u{1B}[1~", "KEY_HOME"), ("\u{1B}[4~", "KEY_END"), ("\u{1B}[7~", "KEY_HOME"),
    ("\u{1B}[8~", "KEY_END"), ("\u{1B}[2~", "KEY_IC"), ("\u{1B}[3~", "KEY_DC"),
    ("\u{1B}[5~", "KEY_PPAGE"), ("\u{1B}[6~", "KEY_NPAGE"), ("\u{1B}[Z", "KEY_BTAB"),
    ("\u{1B}OM", "KEY_ENTER"), ("\u{1B}[1;2A", "KEY_SR"), ("\u{1B}[1;2B", "KEY_SF"),
    ("\u{1B}[1;2C", "KEY_SRIGHT"), ("\u{1B}[1;2D", "KEY_SLEFT"), ("\u{1B}[1;5A", "kUP5"),
    ("\u{1B}[1;5B", "kDN5"), ("\u{1B}[1;5C", "kRIT5"), ("\u{1B}[1;5D", "kLFT5"),
  ]

  static func define() {
    define_key("\u{1B}[200~", pasteBegan)
    define_key("\u{1B}[201~", pasteEnded)
    define_key("\u{1B}[<", mouseReport)
    define_key("\u{1B}[M", oldMouseReport)
    for (index, known) in wellKnown.enumerated() where key_defined(known.sequence) <= 0 {
      define_key(known.sequence, firstNamed + Int32(index))
    }
  }

  static func unit(_ code: Int32) -> KeyDecoder.Unit? {
    switch code {
    case pasteBegan: return .pasteBegan
    case pasteEnded: return .pasteEnded
    case mouseReport: return .mouseReport
    case oldMouseReport: return .oldMouseReport
    // The size is read from the terminal when its signal comes.
    case KEY_RESIZE: return nil
    default: break
    }
    let index = Int(code - firstNamed)
    if wellKnown.indices.contains(index) { return .named(wellKnown[index].name) }
    return keyname(code).map { .named(String(cString: $0)) }
  }
}
