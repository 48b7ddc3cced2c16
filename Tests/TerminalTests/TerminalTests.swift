import CCurses
import Foundation
import Testing
import Workbench

@testable import Terminal

private struct Failure: Error {}

/// The library underneath holds one screen at a time, so these tests wait for each other.
@Suite(.serialized) struct TerminalTests {
  private let size = Size(columns: 60, rows: 12)

  private func options(_ pty: Pty, type: String = "xterm-256color") -> Terminal.Options {
    Terminal.Options(input: pty.terminal, output: pty.terminal, type: type)
  }

  private func grid(_ lines: [String], size: Size? = nil) -> Grid {
    var grid = Grid(size: size ?? self.size)
    for (row, line) in lines.enumerated() {
      grid.write(Gate().cells(line, Style()), row: row, column: 0)
    }
    return grid
  }

  /// What arrives until `isEnough`, or the waits run out.
  private func inputs(_ terminal: Terminal, until isEnough: ([Input]) -> Bool) -> [Input] {
    var inputs: [Input] = []
    for _ in 0..<100 where !isEnough(inputs) {
      inputs += terminal.wait(timeout: .milliseconds(100))
    }
    return inputs
  }

  @Test func `the terminal is handed back as it was, after success and after an error`() throws {
    let pty = try Pty(size)
    let before = pty.modes
    for isFailing in [false, true] {
      var hasFailed = false
      do {
        try Terminal.run(options(pty)) { terminal in
          #expect(pty.modes != before)
          #expect(terminal.size == size)
          terminal.setMouse(true)
          terminal.draw(grid(["hello"]), theme: .monochrome)
          if isFailing { throw Failure() }
        }
      } catch is Failure {
        hasFailed = true
      }
      #expect(hasFailed == isFailing)
      #expect(pty.modes == before)
      let output = pty.take()
      for mode in ["1049", "2004", "1000", "1006"] {
        let on = output.ranges(of: "\u{1B}[?\(mode)h").last
        let off = output.ranges(of: "\u{1B}[?\(mode)l").last
        let isOff = off.flatMap { off in on.map { $0.upperBound <= off.lowerBound } }
        #expect(isOff == true, "\(mode)")
      }
    }
  }

  @Test func `a pipe, a dumb and an unknown terminal are refused before anything is written`()
    throws
  {
    let pty = try Pty(size)
    func refusal(_ options: Terminal.Options) -> TerminalError? {
      #expect(throws: TerminalError.self) { try Terminal.run(options) { _ in } }
    }
    let pipe = Pipe()
    var toPipe = options(pty)
    toPipe.output = pipe.fileHandleForWriting.fileDescriptor
    #expect(refusal(toPipe) == .notATerminal(stream: "output"))
    toPipe.input = toPipe.output
    #expect(refusal(toPipe) == .notATerminal(stream: "input"))
    #expect(refusal(options(pty, type: "dumb")) == .dumb(type: "dumb"))
    #expect(refusal(options(pty, type: "")) == .terminalTypeUnset)
    #expect(refusal(options(pty, type: "no-such")) == .unknownTerminal(type: "no-such"))
    #expect(pty.take() == "")
  }

  @Test func `keys, mouse and paste arrive through the terminal`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      pty.type("jé\u{1B}OA\u{1B}[A\u{1B}[1;5D\u{1B}[5~\u{1B}OP\u{3}\u{1B}[<0;10;5M")
      pty.type("\u{1B}[1;3Aq")
      let keys = inputs(terminal) { $0.contains(.key(.character("q"))) }
      #expect(
        keys
          == [
            .character("j"), .character("é"), .up, .up, .controlLeft, .pageUp, .function(1),
            .control("c"), .mouse(MouseEvent(action: .press, column: 9, row: 4)),
            .character("q"),
          ].map { Input.key($0) })
      pty.type("\u{1B}[200~two\rlines 漢\u{1B}[201~")
      #expect(inputs(terminal) { !$0.isEmpty } == [.pasted("two\nlines 漢")])
      pty.type("\u{1B}")
      #expect(inputs(terminal) { !$0.isEmpty } == [.key(.escape)])
      pty.type("\u{1B}x")
      #expect(inputs(terminal) { !$0.isEmpty } == [.key(.alt("x"))])
    }
  }

  @Test func `bytes that are no UTF-8 do not hold up the keys behind them`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      _ = [UInt8]([0xFF, 0xC3, 0x28]).withUnsafeBytes { write(pty.master, $0.baseAddress, 3) }
      pty.type("q")
      #expect(inputs(terminal) { $0.last == .key(.character("q")) }.last == .key(.character("q")))
    }
  }

  @Test func `many resizes are one, with the last size`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      for columns in [100, 40, 90] {
        pty.resize(Size(columns: columns, rows: 30))
        kill(getpid(), SIGWINCH)
      }
      let wanted = Size(columns: 90, rows: 30)
      #expect(inputs(terminal) { !$0.isEmpty } == [.resized(wanted)])
      #expect(terminal.size == wanted)
      kill(getpid(), SIGWINCH)
      #expect(terminal.wait(timeout: .milliseconds(50)) == [])
      // A frame still laid out for the old size is cut, not wrapped.
      terminal.draw(grid(["old"], size: Size(columns: 300, rows: 99)), theme: .monochrome)
      terminal.draw(grid(["new"], size: wanted), theme: .monochrome)
      #expect(pty.take().contains("new"))
    }
  }

  @Test func `only what changed is sent`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      var lines = (0..<10).map { "line \($0) of the chain, long enough to tell" }
      terminal.draw(grid(lines), theme: .monochrome)
      _ = pty.take()
      terminal.draw(grid(lines), theme: .monochrome)
      #expect(pty.take() == "")
      lines[4] += " to"
      terminal.draw(grid(lines), theme: .monochrome)
      let sent = pty.take()
      #expect(sent.contains("to"))
      #expect(sent.utf8.count < 40)
      terminal.repaint()
      terminal.draw(grid(lines), theme: .monochrome)
      #expect(pty.take().contains("line 9 of the chain"))
    }
  }

  @Test func `a cell that holds a control character is drawn as a question mark`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      var grid = Grid(size: size)
      let bad: [Unicode.Scalar] = ["\u{1B}", "\u{7}", "\u{9B}", "\u{301}", "\u{7F}"]
      for (column, scalar) in bad.enumerated() {
        let cell = Cell(base: scalar, marks: ["\u{9C}", "\u{8}"], style: Style(), width: 1)
        grid.write([cell], row: 1, column: column)
      }
      grid.write([Cell(base: "漢", style: Style(), width: 1)], row: 2, column: 0)
      _ = pty.take()
      terminal.draw(grid, theme: .monochrome)
      let sent = pty.take()
      #expect(sent.contains("?????"))
      #expect(!sent.unicodeScalars.contains { ["\u{7}", "\u{9B}", "\u{9C}", "漢"].contains($0) })
    }
  }

  @Test func `wide characters and marks reach the terminal whole`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      _ = pty.take()
      let gate = Gate(widths: terminal.cellWidths)
      var grid = Grid(size: size)
      grid.write(gate.cells("漢字e\u{301}x", Style()), row: 0, column: 0)
      grid.write(gate.cells("漢字漢", Style()), row: 1, column: size.columns - 5)
      terminal.draw(grid, theme: .monochrome)
      let sent = String.UnicodeScalarView(pty.take().unicodeScalars)
      #expect(terminal.isUTF8)
      #expect(String(sent).contains("漢字e\u{301}x"))
    }
  }

  @Test func `a wake from another thread ends a wait, and many are one`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      for _ in 0..<50 { Thread { Terminal.wake() }.start() }
      #expect(terminal.wait(timeout: nil) == [])
      pty.type("q")
      #expect(inputs(terminal) { !$0.isEmpty } == [.key(.character("q"))])
    }
  }

  @Test func `no wake is lost, however many come while one is taken`() throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty)) { terminal in
      for _ in 0..<20 {
        let threads = DispatchGroup()
        for _ in 0..<4 {
          threads.enter()
          Thread {
            for _ in 0..<5_000 { Terminal.wake() }
            threads.leave()
          }.start()
        }
        while threads.wait(timeout: .now()) != .success {
          _ = terminal.wait(timeout: .milliseconds(1))
        }
        _ = terminal.wait(timeout: .zero)
        Terminal.wake()
        var wake = pollfd(fd: guard_wake_descriptor(), events: Int16(POLLIN), revents: 0)
        #expect(poll(&wake, 1, 0) == 1)
      }
    }
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
  func `being asked to end is an input, and the terminal still comes back`(signal: Int32) throws {
    let pty = try Pty(size)
    let before = pty.modes
    try Terminal.run(options(pty)) { terminal in
      kill(getpid(), signal)
      #expect(inputs(terminal) { !$0.isEmpty } == [.interrupted(signal: signal)])
    }
    #expect(pty.modes == before)
  }

  @Test func `somebody else may use the terminal in between`() throws {
    let pty = try Pty(size)
    let before = pty.modes
    try Terminal.run(options(pty)) { terminal in
      terminal.draw(grid(["ours"]), theme: .monochrome)
      _ = pty.take()
      let answer = terminal.withTerminalHandedOver {
        #expect(pty.modes == before)
        #expect(pty.take().contains("\u{1B}[?1049l"))
        pty.resize(Size(columns: 50, rows: 10))
        // Ctrl-C there is the other program's.
        raise(SIGINT)
        return 7
      }
      #expect(terminal.wait(timeout: .milliseconds(50)) == [])
      #expect(answer == 7)
      #expect(pty.modes != before)
      #expect(terminal.size == Size(columns: 50, rows: 10))
      terminal.draw(grid(["ours"], size: terminal.size), theme: .monochrome)
      let sent = pty.take()
      #expect(sent.contains("\u{1B}[?1049h") && sent.contains("ours"))
    }
  }

  @Test(arguments: ["xterm", "vt100", "linux", "tmux-256color"])
  func `other terminals draw the same text`(type: String) throws {
    let pty = try Pty(size)
    try Terminal.run(options(pty, type: type)) { terminal in
      terminal.draw(grid(["the same text"]), theme: .monochrome)
      #expect(pty.take().contains("the same text"))
      let hasColors = type != "vt100"
      #expect((terminal.colorDepth != .none) == hasColors)
    }
  }
}
