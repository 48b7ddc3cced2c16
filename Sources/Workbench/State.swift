import Engine
import Sessions

/// Everything the screen shows and every key acts on.
///
/// Changed by ``reduce(_:_:)`` alone; views read it and remember nothing.
package struct State: Equatable, Sendable {
  package var size: Size
  package var screen: Screen = .home
  package var home = Home()
  /// The session on screen, live, saved or replaying.
  package var reading: Reading?
  /// A line being typed, over whatever is on screen.
  package var prompt: Prompt?
  /// A panel over the session: help, token detail, rounds, votes.
  package var panel: Panel?
  package var notice: Notice?
  package var settings: Settings
  package var models: [ModelRole: ModelStatus] = [:]
  package var bindings: KeyBindings
  package var saving: Saving = .saved
  package var isMouseOn = false
  /// Lines typed before, per kind of prompt, oldest first.
  package var histories: [Prompt.Kind: [String]] = [:]
  /// A model was asked for something and that has not ended; see ``Message/settled``.
  package var isCalling = false
  /// Asked for while a model was running; carried out when it stops.
  package var queue: [Effect] = []
  /// Seconds by the loop's clock at the last message; moves countdowns and spinners.
  package var now = 0.0
  package var isQuitting = false
  /// A session that was left before all of it was read.
  package var leftEarly: String?
  /// Where to go in the session that is being opened.
  package var landing: Landing?
  /// The chains that are labelled one after another; `nil` when a session was opened by itself.
  package var work: LabelQueue?
  /// Waits for a solver to be named.
  package var pendingProblem: Problem?

  package init(
    size: Size, settings: Settings = Settings(), bindings: KeyBindings = KeyBindings()
  ) {
    self.size = size
    self.settings = settings
    self.bindings = bindings
  }
}

package enum Screen: Equatable, Sendable { case home, session }

/// Which key map is in force; named at the bottom left.
package enum Mode: String, CaseIterable, Sendable {
  case home, read, label, replay, panel

  /// As it stands in the status line.
  package var title: String { rawValue.uppercased() }
}

extension State {
  package var mode: Mode {
    if panel != nil { return .panel }
    guard screen == .session, let reading else { return .home }
    if reading.replay != nil { return .replay }
    return reading.labelling != nil ? .label : .read
  }
}

/// What a person chose, for the calls and for the eye.
package struct Settings: Equatable, Sendable {
  /// A profile name, `http://host:port/v1#name`, or nothing yet.
  package var solver: String?
  package var critic: String?
  package var sampling = SamplingParameters()
  package var system: String?
  package var samples = 1
  /// The prompt set: `general`, `plain`, or a folder's name; `nil` leaves it to the model's
  /// profile.
  package var prompts: String?
  package var reflection = ReflectionChoice()
  package var signal: Signal = .meanLogProbability
  /// Names to choose from: the model that comes along, then profiles of the config file.
  package var profiles: [String] = []
  package var theme = Theme.monochrome
  package var themeNames: [String] = []
  package var glyphs = Glyphs.unicode
  package var gate = Gate()
  package var annotator = "me"
  package var labelling = LabelTask()
  /// Pauses of a replay are cut to so many seconds.
  package var idle = 1.0
  /// How fast a replay begins.
  package var speed = 1.0
  package init() {}

  /// The name that the model that comes with the program has wherever a model is named.
  package static let embedded = "local"

  /// The prompt set in force for a model: the person's choice, else its own.
  package func promptSet(for model: ModelDescription?) -> String {
    prompts ?? model?.profile?.prompts ?? PromptSet.general.name
  }

  package static func == (left: Settings, right: Settings) -> Bool {
    left.solver == right.solver && left.critic == right.critic && left.sampling == right.sampling
      && left.system == right.system && left.samples == right.samples
      && left.prompts == right.prompts && left.reflection == right.reflection
      && left.signal == right.signal
      && left.theme == right.theme && left.themeNames == right.themeNames
      && left.glyphs == right.glyphs && left.gate.isASCII == right.gate.isASCII
      && left.annotator == right.annotator && left.labelling == right.labelling
      && left.profiles == right.profiles
      && left.idle == right.idle && left.speed == right.speed
  }
}

package enum ModelStatus: Equatable, Sendable {
  case connecting(spec: String, fraction: Double?)
  case connected(spec: String, ModelDescription)
  case failed(spec: String, sentence: String)
}

/// A sentence for the status line.
package struct Notice: Equatable, Sendable {
  package enum Weight: Equatable, Sendable { case plain, warning, error }
  package var text: String
  package var weight: Weight
  package init(_ text: String, _ weight: Weight = .plain) {
    self.text = text
    self.weight = weight
  }
}

package enum Saving: Equatable, Sendable {
  case saved
  /// Events go round in memory; saving resumes when it can.
  case notSaved(reason: String)
  /// Somebody else writes here, or it is an example.
  case readOnly(reason: String)
}

/// A list of problems from one file.
package struct ProblemSet: Equatable, Sendable {
  package var name: String
  package var problems: [Problem]
  package init(name: String, problems: [Problem]) {
    self.name = name
    self.problems = problems
  }
}

/// A session and how far one has read into it.
package struct Reading: Equatable, Sendable {
  package var session: Session
  /// `false` until the whole history of a large session is in.
  package var isWhole = true
  package var isReadOnly = false
  /// The next attempt was asked for from here, so it comes on screen wherever its reader is.
  package var awaitsAttempt = false
  /// The attempt on screen; the last one when `nil`.
  package var shown: AttemptID?
  package var region: Region = .chain
  package var zoomed: Region?
  /// The selected item of the chain, from 0; see ``ChainLayout``.
  package var item = 0
  /// Byte of the selected token in its channel; `nil` when a whole step is selected.
  package var tokenByte: Int?
  /// The first line shown of the chain.
  package var top = ChainAnchor()
  /// Stay at the end while it grows.
  package var follows = true
  /// Items that were there when following stopped, for "3 new steps".
  package var itemsWhenHeld = 0
  package var folded: Set<Int> = []
  package var isAllFolded = false
  package var problemTop = 0
  package var criticTop = 0
  /// The critic pane keeps the selected step in view until it is scrolled by hand.
  package var criticFollows = true
  package var overlay: Overlay = .probability
  package var search: Search?
  /// Everybody's labels, by name.
  package var books: [LabelBook] = []
  /// Steps are being labelled; `nil` in every other mode.
  package var labelling: Labelling?
  /// What would sway an annotator was taken out of this; see ``State/hidden``.
  package var isBlind = false
  /// The session's folder, where that is known.
  package var path: String?
  package var replay: Replay?
  package var shownCritique: CritiqueID?
  /// Share of the other attempts that state a step's result; stands in for log-probabilities.
  package var agreement: [StepID: Double] = [:]
  /// A setting of reflection was changed while this was read: what is drawn follows the choice,
  /// not what the attempt was written under.
  package var isRetuned = false
  /// How the attempt on screen stands against the thresholds.
  var watch = Kept(JudgedAttempt())
  /// The loop's clock when the last event came, for what has been running since; `nil` when
  /// nothing came while this session was on screen.
  package var heardAt: Double?

  package init(session: Session) { self.session = session }

  package var attempt: Attempt? {
    shown.flatMap { session.attempt($0) } ?? session.attempts.last
  }

  /// The critique shown beside the attempt: the chosen one, else its newest.
  package var critique: Critique? {
    guard let attempt else { return nil }
    let all = session.critiques(of: attempt.id)
    return all.last { $0.id == shownCritique } ?? all.last
  }
}

/// What follows from the rest of the state, kept so that it need not be reckoned anew.
///
/// Any two are equal: it adds nothing to what a state is.
struct Kept<Value: Sendable>: Equatable, Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
  static func == (left: Kept, right: Kept) -> Bool { true }
}

package enum Region: String, CaseIterable, Sendable { case problem, chain, critic }

/// What colours the chain's text.
package enum Overlay: String, CaseIterable, Sendable {
  case plain, probability, entropy, critic, labels
}

package struct Search: Equatable, Sendable {
  package var needle: String
  /// Item and byte of the match the cursor is on.
  package var current: SearchHit?
  package var count: Int
  package init(needle: String, current: SearchHit? = nil, count: Int = 0) {
    self.needle = needle
    self.current = current
    self.count = count
  }
}

package struct SearchHit: Equatable, Sendable {
  package var item: Int
  package var byte: Int
  package init(item: Int, byte: Int) {
    self.item = item
    self.byte = byte
  }
}

/// A session played back: which of its records have been applied.
package struct Replay: Equatable, Sendable {
  package var records: [Record]
  /// Squeezed time of each record: no pause is longer than `idle`.
  package var timeline: [Double]
  /// Records applied so far.
  package var cursor: Int
  /// Position on the squeezed timeline, in seconds.
  package var position: Double
  package var speed = 1.0
  package var isPlaying = false
  package var idle: Double
  /// Those of the whole session; what was applied so far knows only its own.
  package var markers: [Marker] = []
  /// The session as it was before, marks and all, for when the replay ends.
  package var live: Session?
  package init(records: [Record], timeline: [Double], cursor: Int, position: Double, idle: Double) {
    self.records = records
    self.timeline = timeline
    self.cursor = cursor
    self.position = position
    self.idle = idle
  }
  package var duration: Double { timeline.last ?? 0 }
}

package enum Panel: Equatable, Sendable {
  case help(Help)
  case tokenDetail
  /// What could stand in the chosen token's place; one past the last stands for one's own text.
  case otherTokens(selection: Int)
  case rounds(top: Int)
  case votes
  case models(selection: Int)
  /// Methods, controls, rules and numbers of reflection to choose from.
  case reflecting(selection: Int)
  /// One reflection of the attempt on screen, and the first line of it that is shown.
  case reflection(ReflectionID, top: Int)
  case whatIf(WhatIf)
  /// A question about the whole chain.
  case judging(ChainQuestion)
  /// Ways to leave a chain unlabelled.
  case exits(selection: Int)
  /// Other texts for a step, or explanations of its error, to be rated.
  case rating(RatedTexts, selection: Int)
  /// The set's guidelines, from a line on.
  case guidelines(top: Int)

  package struct Help: Equatable, Sendable {
    /// The mode whose keys stand first.
    package var mode: Mode
    package var selection = 0
    package var filter = ""
    package init(mode: Mode) { self.mode = mode }
  }
}

/// What is asked after the last step.
package enum ChainQuestion: String, CaseIterable, Sendable { case answer, reach }

/// Texts that are rated beside a step.
package enum RatedTexts: String, CaseIterable, Sendable { case candidates, explanations }

/// The glyphs of bars and marks; ASCII where the locale or the person wants it.
package struct Glyphs: Equatable, Sendable {
  /// From empty to full, nine of them.
  package var eighths: [Character]
  /// Rising columns for the overview, eight of them.
  package var columns: [Character]
  package var correct, incorrect, neutral, unsure, unknown: Character
  package var selected, reflection, trigger, ghost, dash, ellipsis, followsError, dispute: Character
  package var horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight: Character
  package var teeLeft, teeRight, teeDown, teeUp: Character
  package var isASCII: Bool

  package static let unicode = Glyphs(
    eighths: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    columns: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    correct: "✓", incorrect: "✗", neutral: "~", unsure: "?", unknown: "·",
    selected: "▸", reflection: "▲", trigger: "●", ghost: "○", dash: "–", ellipsis: "…",
    followsError: "↳", dispute: "≠",
    horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└",
    bottomRight: "┘", teeLeft: "├", teeRight: "┤", teeDown: "┬", teeUp: "┴", isASCII: false)

  package static let ascii = Glyphs(
    eighths: [" ", ".", ".", ":", ":", "-", "=", "=", "#"],
    columns: ["_", "_", ".", ".", "-", "-", "=", "#"],
    correct: "v", incorrect: "x", neutral: "~", unsure: "?", unknown: ".",
    selected: ">", reflection: "^", trigger: "*", ghost: "o", dash: "-", ellipsis: "~",
    followsError: ">", dispute: "!",
    horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+",
    bottomRight: "+", teeLeft: "+", teeRight: "+", teeDown: "+", teeUp: "+", isASCII: true)
}
