import Foundation

/// What was not to be seen in time, with the screen as it was.
struct ScreenError: Error, CustomStringConvertible {
  var wanted: String
  var screen: String

  var description: String { "\(wanted). The screen:\n\(screen)" }
}

/// A shell in a real terminal (tmux with a server of its own), in which the program is run.
final class TerminalSession {
  let home: Household
  private let tmux: URL
  private let socket: String
  private var runs = 0

  /// Starts a shell that says `ready$`.
  init(columns: Int = 100, rows: Int = 30, in home: Household) throws {
    guard let tmux = Tool.tmux else {
      throw ScreenError(wanted: "tmux is not installed", screen: "")
    }
    self.tmux = tmux
    self.home = home
    socket = "e2e-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(4))"
    // Some shells choose the prompt of a superuser themselves: only this file is heard.
    home.environment["ENV"] = try home.write("PS1='ready$ '\n", to: "shellrc").path
    // `run` leaves its process id behind before it turns into the program.
    try home.write(
      "#!/bin/sh\necho $$ >\"$HOME/pid\"\nexec \"$ERRATUM_BINARY\" \"$@\"\n", to: "run",
      mode: 0o700)
    try call([
      "-f", "/dev/null", "start-server", ";",
      "set-option", "-g", "default-terminal", "xterm-256color", ";",
      "set-option", "-g", "status", "off", ";",
      "set-option", "-sg", "escape-time", "0", ";",
      "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", home.root.path,
      "exec /bin/sh -i",
    ])
    try see("ready$")
  }

  deinit { _ = try? call(["kill-server"]) }

  @discardableResult
  private func call(_ arguments: [String]) throws -> String {
    let program = try Running(tmux, ["-u", "-L", socket] + arguments, in: home).end(within: 20)
    guard program.code == 0 else {
      throw ScreenError(
        wanted: "tmux \(arguments.joined(separator: " ")): \(program.standardError)", screen: "")
    }
    return program.output
  }

  // MARK: - The program

  /// Types the command line; answers when the shell has taken it, not when the program is there.
  func start(_ arguments: String = "", prefix: String = "") throws {
    try? FileManager.default.removeItem(at: home.url("pid"))
    runs += 1
    try type("clear; \(prefix) ./run \(arguments); printf '\\r\\nrc\(runs)=%s\\r\\n' $?")
    try press("Enter")
  }

  /// The process id of what ``start(_:prefix:)`` started.
  func processID() throws -> Int32 {
    var id: Int32?
    _ = holds {
      id = (try? String(contentsOf: home.url("pid"), encoding: .utf8))
        .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      return id != nil
    }
    guard let id else { throw ScreenError(wanted: "a process id", screen: try screen()) }
    return id
  }

  /// Waits for the program's end.
  @discardableResult
  func exitCode() throws -> Int32 {
    var code: Int32?
    try wait("the program's end") { screen in
      // The number tells this run from one before; behind it what was drawn may still stand.
      code = screen.split(separator: "\n").last { $0.hasPrefix("rc\(runs)=") }
        .flatMap { Int32($0.dropFirst("rc\(runs)=".count).prefix(while: \.isNumber)) }
      return code != nil
    }
    return code ?? -1
  }

  // MARK: - Keys

  /// Presses keys by their tmux names: `c`, `Enter`, `C-x`, `Escape`, `Up`.
  func press(_ keys: String...) throws { try call(["send-keys"] + keys) }

  func type(_ text: String) throws { try call(["send-keys", "-l", text]) }

  /// As a terminal pastes: in brackets where the program asked for them.
  func paste(_ text: String) throws {
    let file = try home.write(text, to: "pasted")
    try call(["load-buffer", file.path, ";", "paste-buffer", "-p"])
  }

  func resize(columns: Int, rows: Int) throws {
    try call(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
  }

  // MARK: - The screen

  func screen() throws -> String { try call(["capture-pane", "-p"]) }

  /// A tmux format such as `#{alternate_on}`.
  func ask(_ format: String) throws -> String {
    try call(["display-message", "-p", format]).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Copies every byte the pane gets from now on to a file in the home folder.
  func record(to path: String) throws -> URL {
    let file = home.url(path)
    try call(["pipe-pane", "-o", "cat >'\(file.path)'"])
    return file
  }

  @discardableResult
  func see(_ text: String, within seconds: Double = 20) throws -> String {
    try wait("\u{201C}\(text)\u{201D} never came", within: seconds) { $0.contains(text) }
  }

  @discardableResult
  func see(
    _ pattern: some RegexComponent, _ name: String, within seconds: Double = 20
  ) throws -> String {
    try wait("\(name) never came", within: seconds) { $0.firstMatch(of: pattern) != nil }
  }

  @discardableResult
  func seeGone(_ text: String) throws -> String {
    try wait("\u{201C}\(text)\u{201D} never went") { !$0.contains(text) }
  }

  /// Looks until `condition` holds of the screen and answers that screen.
  @discardableResult
  func wait(
    _ what: String, within seconds: Double = 20, until condition: (String) throws -> Bool
  ) throws -> String {
    var last = ""
    let isSeen = try holds(within: seconds) {
      last = try screen()
      return try condition(last)
    }
    guard isSeen else { throw ScreenError(wanted: what, screen: last) }
    return last
  }

  /// The screen once it has stopped changing: the same in looks a tenth of a second apart.
  func settled() throws -> String {
    var last = try screen()
    for _ in 0..<200 {
      Thread.sleep(forTimeInterval: 0.1)
      let next = try screen()
      if next == last { return next }
      last = next
    }
    throw ScreenError(wanted: "the screen never came to rest", screen: last)
  }
}
