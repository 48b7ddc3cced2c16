/// What a key, a line after `:` or a row of the help can do.
///
/// The raw value is its name in the config file and after `:`.
package enum Action: String, CaseIterable, Sendable {
  // Moving
  case nextStep = "next-step"
  case previousStep = "previous-step"
  case nextToken = "next-token"
  case previousToken = "previous-token"
  case first, last
  case halfPageDown = "half-page-down"
  case halfPageUp = "half-page-up"
  case pageDown = "page-down"
  case pageUp = "page-up"
  case lineDown = "line-down"
  case lineUp = "line-up"
  case nextRegion = "next-region"
  case previousRegion = "previous-region"
  case zoomIn = "zoom-in"
  case zoomOut = "zoom-out"
  case nextMarker = "next-marker"
  case previousMarker = "previous-marker"
  case nextAttempt = "next-attempt"
  case previousAttempt = "previous-attempt"
  case nextCritique = "next-critique"
  case fold
  case foldAll = "fold-all"

  // Looking
  case overlay
  case signal
  case tokenDetail = "token"
  case inspect
  case whatIf = "what-if"
  case rounds
  case votes
  case search
  case searchNext = "search-next"
  case searchPrevious = "search-previous"
  case copy
  case help
  case command

  // Running
  case critique
  case critiqueNow = "critique-now"
  case round
  case roundNow = "round-now"
  case correct
  case correctNow = "correct-now"
  case attempt = "attempt"
  case resume = "continue"
  case takeToken = "take-token"
  case stop
  case models

  // Reflecting
  case lowerThreshold = "lower-threshold"
  case raiseThreshold = "raise-threshold"
  case thresholds
  case reflecting = "reflection"
  case compareReflection = "compare-reflection"
  case compareControls = "compare-controls"
  case allAttempts = "all-attempts"

  // Marking
  case annotate
  case markIncorrect = "mark-incorrect"
  case markNeutral = "mark-neutral"
  case markCorrect = "mark-correct"
  case markUnsure = "mark-unsure"
  case firstError = "first-error"
  case noError = "no-error"
  case errorType = "error-type"
  case span
  case reason
  case correctedStep = "corrected-step"
  case flag
  case undo, redo
  case exits
  case alternatives
  case explanations
  case ownText = "own-text"
  case reveal
  case guidelines
  case takeA = "take-a"
  case takeB = "take-b"
  case takeC = "take-c"
  case takeD = "take-d"
  case names

  // Replaying
  case replay
  case playPause = "play-pause"
  case eventForward = "event-forward"
  case eventBack = "event-back"
  case secondsForward = "seconds-forward"
  case secondsBack = "seconds-back"
  case faster, slower
  case seekTenth = "seek"
  case branch

  // Everywhere
  case open
  case newProblem = "problem"
  case filter, restrict
  case mouse
  case redraw
  case suspend
  case back
  case quit
}

extension Action {
  /// What only LABEL mode can do.
  static let labelling: Set<Action> = [
    .markIncorrect, .markNeutral, .markCorrect, .markUnsure, .firstError, .noError, .errorType,
    .span,
    .reason, .correctedStep, .flag, .undo, .redo, .exits, .alternatives, .explanations, .ownText,
    .reveal, .guidelines, .takeA, .takeB, .takeC, .takeD, .names,
  ]
}

/// One row of the table that keys, help, `docs/keys.md` and the tests read.
package struct Command: Equatable, Sendable {
  package var action: Action
  package var modes: [Mode]
  package var keys: [Key]
  /// What it does, in a few words.
  package var help: String
  /// A word for the key bar; `nil` keeps it off the bar.
  package var label: String?

  package static let all: [Command] = [
    moving, looking, running, reflecting, marking, replaying, general,
  ].flatMap { $0 }

  private static let session: [Mode] = [.read, .label, .replay]
  /// What looks at more than the text: LABEL mode has other things at hand.
  private static let looks: [Mode] = [.read, .replay]

  private static let moving: [Command] = [
    Command(.nextStep, session + [.home, .panel], [.character("j"), .down], "next step or line"),
    Command(
      .previousStep, session + [.home, .panel], [.character("k"), .up], "previous step or line"),
    Command(
      .nextToken, [.read, .label, .panel], [.character("l"), .right],
      "next token; in a panel the next one"),
    Command(
      .previousToken, [.read, .label, .panel], [.character("h"), .left],
      "previous token; in a panel the one before"),
    Command(.first, session + [.home, .panel], [.character("g"), .home], "first step"),
    Command(.last, session + [.panel], [.character("G"), .end], "last step, and follow"),
    // Capitals are free on the home screen: typing one begins a problem.
    Command(.last, [.home], [.end], "last line"),
    Command(.halfPageDown, session + [.home, .panel], [.control("d")], "half a page down"),
    Command(.halfPageUp, session + [.home, .panel], [.control("u")], "half a page up"),
    Command(.pageDown, session + [.home, .panel], [.pageDown], "a page down"),
    Command(.pageUp, session + [.home, .panel], [.pageUp], "a page up"),
    Command(.lineDown, session, [.control("e"), .character("J")], "scroll one line down"),
    Command(.lineUp, session, [.control("y"), .character("K")], "scroll one line up"),
    Command(.nextRegion, session + [.home], [.tab], "next pane"),
    Command(.previousRegion, session + [.home], [.backTab], "previous pane"),
    Command(.zoomIn, session, [.character("+"), .character("=")], "only this pane"),
    Command(.zoomOut, session, [.character("_"), .character("-")], "all panes again"),
    Command(
      .nextMarker, looks, [.character("]")],
      "next marker: doubted step, reflection, round, answer, error", "markers"),
    Command(.previousMarker, looks, [.character("[")], "previous marker"),
    Command(
      .nextMarker, [.label], [.character("]")], "next step without a verdict; settling: in dispute"),
    Command(.previousMarker, [.label], [.character("[")], "the one before without a verdict"),
    Command(.nextAttempt, looks, [.character("}")], "next attempt", "rounds"),
    Command(.previousAttempt, looks, [.character("{")], "previous attempt"),
    Command(.nextAttempt, [.label], [.character("}")], "next chain"),
    Command(.previousAttempt, [.label], [.character("{")], "previous chain"),
    Command(.nextCritique, looks, [.character(";")], "another critique of the attempt"),
    Command(.fold, [.read], [.character(" "), .character("x")], "fold or unfold the step"),
    Command(.fold, [.label], [.character(" ")], "fold or unfold the step"),
    Command(.foldAll, session, [.character("X")], "fold or unfold every step"),
  ]

  private static let looking: [Command] = [
    Command(
      .overlay, looks, [.character("e")], "overlay: plain, probability, entropy, critic, labels",
      "overlay"),
    Command(.signal, looks, [.character("s")], "signal behind the bars", "signal"),
    Command(
      .inspect, looks, [.enter, .character("i")],
      "open the reflection here, else the token"),
    Command(
      .inspect, [.label], [.enter], "on: to the next unrated step, question or chain", "on"),
    Command(
      .tokenDetail, [.read], [.character("t")], "the token: probability and alternatives"),
    Command(
      .rounds, looks, [.character("d")], "attempts side by side, with the ledger", "compare"),
    Command(.votes, looks, [.character("v")], "votes over the attempts"),
    Command(.search, session, [.character("/")], "search the chain", "search"),
    Command(.searchNext, looks, [.character("n")], "next match"),
    Command(.searchNext, [.label], [.character("N")], "next match"),
    Command(.searchPrevious, looks, [.character("N")], "previous match"),
    Command(.copy, session, [.character("y")], "copy the step through the terminal"),
    Command(.help, session + [.home, .panel], [.character("?"), .function(1)], "help", "help"),
    Command(.command, session + [.home], [.character(":")], "type a command"),
  ]

  private static let running: [Command] = [
    Command(
      .critique, [.read, .label], [.character("c")], "critique: choose the critic, Enter runs",
      "critique"),
    Command(.critiqueNow, [.read], [.character("C")], "critique at once"),
    Command(
      .round, [.read], [.character("r")], "round from scratch, with a hint if you like",
      "round"),
    Command(.roundNow, [.read], [.character("R")], "round from scratch at once"),
    Command(
      .correct, [.read], [.character("b")],
      "correct from this step, keeping what is before", "from here"),
    Command(.correctNow, [.read], [.character("B")], "correct from this step at once"),
    Command(.attempt, [.read], [.character("A")], "another attempt at the problem"),
    Command(.resume, [.read], [.character("u")], "go on with a partial that was cut off"),
    Command(
      .takeToken, [.read], [.character("o")],
      "take another token here, and have the model go on from it", "other token"),
    Command(
      .takeToken, [.panel], [.character("o")], "take another token than the one in the panel"),
    Command(
      .stop, session + [.home, .panel], [.escape],
      "stop the model and keep the partial; else back out"),
    Command(.models, session + [.home], [.character("m")], "choose solver and critic", "models"),
  ]

  private static let reflecting: [Command] = [
    Command(
      .lowerThreshold, looks, [.character("(")], "lower the threshold: more triggers",
      "threshold"),
    Command(.raiseThreshold, looks, [.character(")")], "raise the threshold: fewer triggers"),
    Command(
      .thresholds, looks, [.character("T")],
      "thresholds of the model's profile, or the published ones"),
    Command(
      .reflecting, looks, [.character("M")],
      "choose how to reflect: methods, controls, rules, numbers", "reflect"),
    Command(
      .whatIf, looks, [.character("W")], "what-if: other thresholds over this attempt",
      "what-if"),
    Command(
      .compareReflection, [.read], [.character("D")],
      "the same seed again, with reflection or without"),
    Command(
      .compareControls, [.panel], [.character("c")],
      "what each control would have chosen there", "controls"),
    Command(
      .nextRegion, [.panel], [.tab], "another number of the what-if", "other number"),
    Command(
      .allAttempts, [.panel], [.character("a")], "what-if over this attempt, or over all",
      "all attempts"),
  ]

  private static let marking: [Command] = [
    Command(.annotate, [.read], [.character("a")], "label the steps by hand", "annotate"),
    Command(
      .markIncorrect, [.label, .panel], [.character("1")], "incorrect, then on", "incorrect"),
    Command(.markNeutral, [.label, .panel], [.character("2")], "neutral, then on", "neutral"),
    Command(.markCorrect, [.label, .panel], [.character("3")], "correct, then on", "correct"),
    Command(.markUnsure, [.label, .panel], [.character("0")], "unsure, then on", "unsure"),
    Command(
      .firstError, [.label], [.character("f")],
      "the first error: what came before is correct, what follows is not rated", "first error"),
    Command(
      .noError, [.label], [.character("F")],
      "no more errors: every step without a rating is correct", "no error"),
    Command(.errorType, [.label], [.character("t")], "type of the error", "type"),
    Command(.span, [.label], [.character("v")], "which words it lies in", "span"),
    Command(.reason, [.label], [.character("n")], "a reason, in words", "reason"),
    Command(
      .correctedStep, [.label], [.character("E")], "the step as it should be", "correction"),
    Command(.flag, [.label], [.character("x")], "flag the step, or no longer", "flag"),
    Command(.undo, [.label], [.character("z")], "undo", "undo"),
    Command(.redo, [.label], [.character("Z")], "redo"),
    Command(
      .alternatives, [.label], [.character("a")],
      "other texts for the step: rate them, choose one", "other texts"),
    Command(.alternatives, [.panel], [.character("m")], "more texts from the solver", "more"),
    Command(
      .explanations, [.label], [.character("e")], "rate the explanations of the error"),
    Command(.ownText, [.panel], [.character("w")], "write a text of your own"),
    Command(
      .exits, [.label], [.character("U")], "leave the chain: bad problem, or give up", "leave"),
    Command(.reveal, [.label], [.character("o")], "show what is hidden, once rated", "show"),
    Command(.guidelines, [.label], [.character("i")], "the guidelines", "guidelines"),
    Command(.takeA, [.label], [.character("A")], "settling: take over label A, then on"),
    Command(.takeB, [.label], [.character("B")], "settling: take over label B, then on"),
    Command(.takeC, [.label], [.character("C")], "settling: take over label C, then on"),
    Command(.takeD, [.label], [.character("D")], "settling: take over label D, then on"),
    Command(.names, [.label], [.character("V")], "settling: whose labels they are, and back"),
  ]

  private static let replaying: [Command] = [
    Command(
      .replay, [.read, .replay], [.character("p")], "replay the session, and back", "replay"),
    Command(.playPause, [.replay], [.character(" ")], "play or pause", "play"),
    Command(.eventForward, [.replay], [.character(".")], "one event on", "event"),
    Command(.eventBack, [.replay], [.character(",")], "one event back"),
    Command(.secondsForward, [.replay], [.right], "five seconds on"),
    Command(.secondsBack, [.replay], [.left], "five seconds back"),
    Command(.faster, [.replay], [.character(">")], "faster, up to 16x", "speed"),
    Command(.slower, [.replay], [.character("<")], "slower, down to 0.25x"),
    Command(
      .seekTenth, [.replay], (0...9).map { .character(Character(String($0))) }, "to that tenth"),
    Command(.branch, [.replay], [.character("b")], "a live session from this point", "branch"),
  ]

  private static let general: [Command] = [
    Command(.open, [.home, .panel], [.enter], "open", "open"),
    Command(
      .newProblem, [.home], [.character("i"), .character("n")], "type a problem", "new problem"),
    Command(.filter, [.home, .panel], [.character("/")], "narrow the list", "find"),
    Command(
      .restrict, [.home], [.character("!")],
      "add a filter: set, model, state, annotator, disagree", "filter"),
    Command(.mouse, session + [.home], [.function(2)], "mouse on or off"),
    Command(.redraw, session + [.home, .panel], [.control("l")], "draw everything again"),
    Command(.suspend, session + [.home, .panel], [.control("z")], "to the shell; fg comes back"),
    Command(.back, session + [.home, .panel], [.character("q")], "back", "back"),
    Command(.quit, session + [.home, .panel], [.control("c"), .control("q")], "quit"),
  ]

  private init(
    _ action: Action, _ modes: [Mode], _ keys: [Key], _ help: String, _ label: String? = nil
  ) {
    self.action = action
    self.modes = modes
    self.keys = keys
    self.help = help
    self.label = label
  }
}

/// Which key does what, in each mode.
package struct KeyBindings: Equatable, Sendable {
  package private(set) var actions: [Mode: [Key: Action]] = [:]

  /// Two actions on one key of one mode.
  package struct Conflict: Error, Equatable {
    package var mode: Mode
    package var key: Key
    package var actions: [Action]
  }

  /// The table's own keys.
  package init() {
    for command in Command.all {
      for mode in command.modes {
        for key in command.keys where actions[mode]?[key] == nil {
          actions[mode, default: [:]][key] = command.action
        }
      }
    }
  }

  /// The table's keys with some actions moved; a moved action loses its old keys in that mode.
  package init(overriding overrides: [Mode: [Action: [Key]]]) throws {
    self.init()
    for (mode, moved) in overrides {
      var map = actions[mode] ?? [:]
      for action in moved.keys { map = map.filter { $0.value != action } }
      var taken: [Key: Action] = [:]
      for (action, keys) in moved.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        for key in keys {
          if let other = taken[key] ?? map[key] {
            throw Conflict(mode: mode, key: key, actions: [other, action])
          }
          taken[key] = action
        }
      }
      actions[mode] = map.merging(taken) { $1 }
    }
  }

  package func action(for key: Key, in mode: Mode) -> Action? { actions[mode]?[key] }

  /// The keys that do `action` in `mode`, the table's order first.
  package func keys(for action: Action, in mode: Mode) -> [Key] {
    let bound = (actions[mode] ?? [:]).filter { $0.value == action }.map(\.key)
    let order = Command.all.first { $0.action == action && $0.modes.contains(mode) }?.keys ?? []
    return bound.sorted {
      (order.firstIndex(of: $0) ?? .max, $0.name) < (order.firstIndex(of: $1) ?? .max, $1.name)
    }
  }
}
