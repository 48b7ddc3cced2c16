import Engine
import Foundation
import Sessions
import Terminal
import Workbench

/// Owns the state: takes messages in, has effects carried out, draws what changed.
///
/// Runs on the main thread, as the terminal must; everything slow happens in ``Runtime``.
struct ScreenLoop {
  var setup: Setup

  /// Returns the exit code when the person is done.
  func run(opening effects: [Effect] = [], state initial: State) throws -> Int32 {
    try Terminal.run(Terminal.Options(hasMouse: initial.isMouseOn)) { terminal in
      var screen = Screen(setup: setup, terminal: terminal, state: initial)
      return screen.run(opening: effects)
    }
  }
}

private struct Screen {
  /// Token frames are drawn at most so often; a key's frame at once.
  private static let frame = 1.0 / 60

  let setup: Setup
  let terminal: Terminal
  let mailbox = Mailbox(wake: { Terminal.wake() })
  let runtime: Runtime
  var state: State
  private var isDirty = true
  private var drawnAt = -1.0
  private var exitCode: Int32?
  /// Keys typed before the session that was asked for is there: they are meant for it, not for home.
  private var early: [Input]?

  init(setup: Setup, terminal: Terminal, state: State) {
    self.setup = setup
    self.terminal = terminal
    self.state = state
    let mailbox = mailbox
    runtime = Runtime(edges: setup.edges) { mailbox.post($0) }
    self.state.size = terminal.size
    self.state.settings.gate = Gate(
      widths: terminal.cellWidths, isASCII: !terminal.isUTF8 || state.settings.glyphs.isASCII)
    if !terminal.isUTF8 { self.state.settings.glyphs = .ascii }
    if terminal.colorDepth == .none || setup.hasNoColor {
      self.state.settings.theme = .monochrome
    }
  }

  mutating func run(opening effects: [Effect]) -> Int32 {
    draw()
    if !effects.isEmpty { early = [] }
    ([.listLibrary, .findServers] + effects).forEach { perform($0) }
    while true {
      if let exitCode {
        let runtime = runtime
        waitFor { await runtime.shutDown() }
        return exitCode
      }
      let inputs = terminal.wait(timeout: timeout)
      let now = setup.edges.clock()
      apply(.ticked(now))
      for message in mailbox.takeAll() { apply(message) }
      takeEarly()
      var isUrgent = false
      for input in inputs {
        isUrgent = true
        take(input)
      }
      if isDirty, isUrgent || now - drawnAt >= Self.frame { draw() }
    }
  }

  private var timeout: Duration? {
    if isDirty { return .seconds(max(drawnAt + Self.frame - setup.edges.clock(), 0)) }
    return state.tickInterval.map { .seconds($0) }
  }

  /// What was asked for has come, or why it has not.
  private mutating func takeEarly() {
    guard let inputs = early, state.reading != nil || state.notice != nil else { return }
    early = nil
    inputs.forEach { take($0) }
  }

  private mutating func take(_ input: Input) {
    switch input {
    case .key(let key) where early != nil && key != .control("c"): early?.append(input)
    case .pasted where early != nil: early?.append(input)
    case .key(let key): apply(.keyPressed(key))
    case .pasted(let text): apply(.pasted(text))
    case .resized(let size): apply(.resized(size))
    case .interrupted(let signal): exitCode = 128 + signal
    }
  }

  private mutating func apply(_ message: Message) {
    if case .ticked(let now) = message, state.tickInterval == nil {
      state.now = now
      return
    }
    setup.log.took(message)
    reduce(&state, message).forEach { perform($0) }
    isDirty = true
  }

  private mutating func draw() {
    terminal.draw(view(state), theme: state.settings.theme)
    drawnAt = setup.edges.clock()
    isDirty = false
  }

  private mutating func perform(_ effect: Effect) {
    setup.log.asked(effect)
    switch effect {
    case .copy(let text):
      if !terminal.copy(text) {
        apply(.noticed(Notice("too long to copy through the terminal", .warning)))
      }
    case .edit(let text):
      let edited = terminal.withTerminalHandedOver { Editor.edit(text) }
      apply(.resized(terminal.size))
      apply(.edited(edited))
    case .setMouse(let isOn): terminal.setMouse(isOn)
    case .loadTheme(let name): loadTheme(name)
    case .suspend:
      terminal.suspend()
      apply(.resized(terminal.size))
    case .redraw:
      terminal.repaint()
      isDirty = true
    case .quit: exitCode = 0
    default: runtime.submit(effect, state.settings)
    }
  }

  private mutating func loadTheme(_ name: String) {
    do {
      apply(.themeLoaded(try setup.themes.load(name).theme))
    } catch {
      apply(.noticed(Notice(setup.edges.sentence(error), .error)))
    }
  }
}

/// Runs asynchronous work from the main thread and waits for it.
func waitFor<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) -> Result {
  let done = DispatchSemaphore(value: 0)
  let box = ResultBox<Result>()
  Task.detached {
    box.value = await body()
    done.signal()
  }
  done.wait()
  guard let value = box.value else { preconditionFailure("signalled before the value was set") }
  return value
}

/// Written before the semaphore is signalled and read after it: that orders the two.
private final class ResultBox<Result>: @unchecked Sendable {
  var value: Result?
}

/// The person's own editor, on a file only they can read.
enum Editor {
  static func edit(
    _ text: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let editor = environment["VISUAL"] ?? environment["EDITOR"] ?? "vi"
    let path = FileManager.default.temporaryDirectory
      .appending(path: "erratum-\(UUID().uuidString).txt").path
    defer { unlink(path) }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    let isWritten = (try? file.write(contentsOf: Data(text.utf8))) != nil
    // `Process` makes a job of its own, which may not touch the terminal: the editor would stop.
    // The variable may hold arguments ("code --wait"); the path goes in as one of its own.
    guard close(descriptor) == 0, isWritten, system("\(editor) \(quoted(path))") == 0,
      let data = FileManager.default.contents(atPath: path)
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// One word for a shell, whatever is in it.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
  }
}
