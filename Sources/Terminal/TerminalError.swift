/// Why the screen could not be entered.
package enum TerminalError: Error, Equatable {
  /// Standard input or output leads to a file or a pipe.
  case notATerminal(stream: String)
  case terminalTypeUnset
  /// The terminal says it can do nothing but print lines.
  case dumb(type: String)
  case unknownTerminal(type: String)
  case modesUnreadable(code: Int32)
}

extension TerminalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notATerminal(let stream):
      "Standard \(stream) is not a terminal; add --headless to work without a screen."
    case .terminalTypeUnset:
      "TERM is not set, so the terminal's abilities are unknown;"
        + " set it (for example TERM=xterm-256color) or add --headless."
    case .dumb(let type):
      "This terminal (TERM=\(type)) cannot draw a screen; add --headless to get plain lines."
    case .unknownTerminal(let type):
      "The terminal type \(type) is not known here; set TERM to a known one"
        + " (for example TERM=xterm-256color), or add --headless."
    case .modesUnreadable(let code):
      "The terminal's settings cannot be read (error \(code)); open a new terminal and try again."
    }
  }
}
