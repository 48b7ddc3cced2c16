import Sessions

/// A line being typed, and what it is for.
package struct Prompt: Equatable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// A `:` command.
    case command
    case search
    /// Narrows the list on the home screen or in the help.
    case filter
    /// Fields that narrow the list of sessions besides.
    case restriction
    /// A new problem; several lines.
    case problem
    /// The critic to use.
    case critic
    case solver
    /// A hint for a round from scratch.
    case round
    /// A hint for a correction from a step.
    case correction
    /// The step's own text, edited by the person before the model goes on.
    case stepText
    /// A text to stand in a token's place.
    case tokenText
    /// A kind of error, from the taxonomy.
    case errorType
    /// Why a step is rated so.
    case reason
    /// Why a step is decided as nobody has it.
    case soleReason
    /// The step as it should be, for the record alone.
    case correctedStep
    /// Why a chain is left unlabelled.
    case exitReason
    /// Another text for a step, or an explanation of its error.
    case ownText

    package var isMultiline: Bool {
      switch self {
      case .problem, .stepText, .reason, .soleReason, .correctedStep, .ownText: true
      default: false
      }
    }
  }
  package var kind: Kind
  package var editor: LineEditor
  /// The step a correction starts from: attempt-wide index, and its number on screen.
  package var step: StepReference?
  /// The token to be replaced.
  package var token: TokenReference?
  /// Place in the history while going through it; `nil` at the line being typed.
  package var historyIndex: Int?
  /// What was typed before going through the history.
  package var draft = ""
  /// Completions of the word at the cursor, when `Tab` found several.
  package var completions: [String] = []
  /// The completion that Enter takes, where one is chosen from the list.
  package var choice: Int?
  /// `Ctrl-X` was pressed: `Ctrl-E` opens the editor.
  package var isChord = false
  /// The hint typed before the step's text was edited.
  package var hint: String?

  package struct StepReference: Equatable, Sendable {
    package var attempt: AttemptID
    package var index: Int
    package var number: Int
    package init(attempt: AttemptID, index: Int, number: Int) {
      self.attempt = attempt
      self.index = index
      self.number = number
    }
  }

  package struct TokenReference: Equatable, Sendable {
    package var attempt: AttemptID
    package var byte: Int
    package var text: String
    package init(attempt: AttemptID, byte: Int, text: String) {
      self.attempt = attempt
      self.byte = byte
      self.text = text
    }
  }

  package init(_ kind: Kind, text: String = "", step: StepReference? = nil) {
    self.kind = kind
    self.step = step
    editor = LineEditor(text)
  }
}
