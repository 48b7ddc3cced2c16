import CCurses
import Workbench

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The screen and keyboard, from entering to giving back.
///
/// The library underneath is not thread-safe: make and use it on one thread, the main one. Only
/// ``wake()`` may be called from anywhere. One at a time in a process.
package final class Terminal {
  package struct Options: Sendable {
    /// Descriptors of the keyboard and the screen.
    package var input: Int32
    package var output: Int32
    package var hasMouse: Bool
    /// `TERM`, for tests; the environment's when `nil`.
    package var type: String?
    package init(
      input: Int32 = 0, output: Int32 = 1, hasMouse: Bool = false, type: String? = nil
    ) {
      self.input = input
      self.output = output
      self.hasMouse = hasMouse
      self.type = type
    }
  }

  package let colorDepth: ColorDepth
  /// Whether the locale can draw more than ASCII; when not, gate and glyphs must keep to it.
  package let isUTF8: Bool
  /// How many columns each scalar takes, by the same count the library uses.
  package let cellWidths: CellWidths

  let input: Int32
  let output: Int32
  /// Keys are read through a pad: reading through a window would repaint it first.
  let keyPad: Window
  var decoder = KeyDecoder()
  var typedBytes = TypedBytes()
  var painter: Painter
  private let library: OpaquePointer
  private let files: [Stream]
  package private(set) var hasMouse = false

  typealias Window = UnsafeMutablePointer<WINDOW>

  #if canImport(Musl)
    // There a FILE is declared and never defined.
    private typealias Stream = OpaquePointer
  #else
    private typealias Stream = UnsafeMutablePointer<FILE>
  #endif

  /// Enters the screen, runs `body`, and gives the terminal back on every way out.
  package static func run<Result>(
    _ options: Options = Options(), body: (Terminal) throws -> Result
  ) throws -> Result {
    let terminal = try Terminal(options)
    defer { terminal.close() }
    return try body(terminal)
  }

  private init(_ options: Options) throws {
    let type = try Self.check(options)
    isUTF8 = curses_choose_utf8_locale()
    cellWidths = CellWidths(measuring: Self.width)
    (input, output) = (options.input, options.output)
    // Handlers of our own come first: the library then installs none.
    guard guard_install(options.input, options.output) else {
      throw TerminalError.modesUnreadable(code: errno)
    }
    let files = [(options.output, "w"), (options.input, "r")].compactMap {
      fdopen(dup($0.0), $0.1)
    }
    guard files.count == 2,
      let library = Self.directType(for: type).flatMap({ newterm($0, files[0], files[1]) })
        ?? newterm(type, files[0], files[1]),
      let keyPad = newpad(1, 1)
    else {
      files.forEach { fclose($0) }
      guard_remove()
      throw TerminalError.unknownTerminal(type: type)
    }
    self.library = library
    self.keyPad = keyPad
    self.files = files
    if getenv("ESCDELAY") == nil { set_escdelay(25) }
    start_color()
    use_default_colors()
    colorDepth = has_colors() ? ColorDepth(colors: Int(curses_color_count())) : .none
    painter = Painter(widths: cellWidths, depth: colorDepth, pairs: Int(curses_pair_count()))
    raw()
    noecho()
    nonl()
    keypad(keyPad, true)
    nodelay(keyPad, true)
    KeyCodes.define()
    takeOver()
    if options.hasMouse { setMouse(true) }
  }

  /// What can be said before the terminal is touched; answers its type.
  private static func check(_ options: Options) throws -> String {
    if isatty(options.input) == 0 { throw TerminalError.notATerminal(stream: "input") }
    if isatty(options.output) == 0 { throw TerminalError.notATerminal(stream: "output") }
    let type = options.type ?? getenv("TERM").map { String(cString: $0) } ?? ""
    if type.isEmpty { throw TerminalError.terminalTypeUnset }
    if type == "dumb" { throw TerminalError.dumb(type: type) }
    return type
  }

  /// The description with true colours, where the terminal says that it has them.
  ///
  /// `COLORTERM` is all that tells, and the library does not read it. Where the description is
  /// not installed (Debian has it in ncurses-term), the nearest of 256 colours serve.
  private static func directType(for type: String) -> String? {
    let said = getenv("COLORTERM").map { String(cString: $0) }
    guard said == "truecolor" || said == "24bit", type.hasSuffix("-256color") else { return nil }
    return type.dropLast("256color".count) + "direct"
  }

  /// Private use and unassigned planes are one answer each: asking for all would cost start-up.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20000..<0x40000:
      scalar.value & 0xFFFE == 0xFFFE ? -1 : Int(curses_scalar_width(scalar.value))
    case 0x40000..<0xE0000, 0xE0200..<0xF0000: -1
    case 0xF0000...: scalar.value & 0xFFFE == 0xFFFE ? -1 : 1
    default: Int(curses_scalar_width(scalar.value))
    }
  }

  /// Columns and rows as the library sees them now.
  package var size: Size {
    let screen = curses_screen_window()
    return Size(columns: Int(getmaxx(screen)), rows: Int(getmaxy(screen)))
  }

  /// Ends a ``wait(timeout:)`` from any thread or signal handler; many wakes end one wait.
  package static func wake() { guard_wake() }

  // MARK: - Taking and giving back

  private func takeOver() {
    guard_set_entered(true)
    guard_capture_errors()
    send("\u{1B}[?2004h")
    if hasMouse { sendMouseMode(true) }
    painter.forget()
  }

  private func giveBack() {
    if hasMouse { sendMouseMode(false) }
    send("\u{1B}[?2004l")
    curs_set(1)
    endwin()
    guard_set_entered(false)
    guard_release_errors()
  }

  private func close() {
    giveBack()
    delwin(keyPad)
    delscreen(library)
    files.forEach { fclose($0) }
    guard_remove()
  }

  /// Returns to the shell that started the program, until `fg` comes back from it.
  ///
  /// Where no shell could do that (the program is all there is in a window), only repaints.
  package func suspend() {
    handOver { guard_stop() }
  }

  /// Runs `body`, an editor say, with the terminal as it was before the screen was entered.
  package func withTerminalHandedOver<Result>(_ body: () throws -> Result) rethrows -> Result {
    def_prog_mode()
    giveBack()
    defer {
      reset_prog_mode()
      adoptSize()
      takeOver()
    }
    return try body()
  }

  private func handOver(_ body: () -> Void) {
    withTerminalHandedOver(body)
    _ = guard_take(SIGCONT)
    _ = guard_take(SIGTSTP)
  }

  /// Puts the screen's modes back after somebody else stopped and continued the program.
  func reenter() {
    reset_prog_mode()
    adoptSize()
    takeOver()
  }

  /// Takes the size the terminal has now; answers whether it differs from before.
  @discardableResult
  func adoptSize() -> Bool {
    var window = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0
    else { return false }
    let new = Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    guard new != size else { return false }
    resizeterm(Int32(new.rows), Int32(new.columns))
    painter.forget()
    return true
  }

  // MARK: - Modes the library does not know

  /// Reports clicks and the wheel, at the price of the terminal's own selection.
  package func setMouse(_ isOn: Bool) {
    guard isOn != hasMouse else { return }
    hasMouse = isOn
    sendMouseMode(isOn)
  }

  /// Presses and releases (1000), in decimal (1006): with letters, columns would end at 223.
  private func sendMouseMode(_ isOn: Bool) {
    let switched = isOn ? "h" : "l"
    send("\u{1B}[?1000\(switched)\u{1B}[?1006\(switched)")
  }

  /// Writes past the library, whose own output is complete after each frame.
  func send(_ sequence: String) {
    sequence.withCString { guard_write($0, strlen($0)) }
  }
}
