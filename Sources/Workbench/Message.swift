import Engine
import Sessions

/// Everything that can reach the workbench.
package enum Message: Equatable, Sendable {
  case keyPressed(Key)
  /// Text from a bracketed paste, line ends made one.
  case pasted(String)
  case resized(Size)
  /// Time by the loop's clock, in seconds; sent while something moves.
  case ticked(Double)

  /// Events that are on disk now.
  case recorded([Record])
  case sessionOpened(SessionShown)
  /// The records of the session on screen, for replay.
  case recordsLoaded([Record], from: Int)
  /// - Parameter isWhole: `false` for what the index remembers of the newest, before any is
  ///   looked at.
  case libraryListed([SessionSummary], isWhole: Bool = true)
  /// So many of the sessions that are new or changed have been read.
  case libraryIndexing(done: Int, count: Int)
  /// The sessions that hold all of the words, by path.
  case textFound(words: [String], paths: Set<String>)
  /// The best place of the words in each of some sessions.
  case textLocated(words: [String], hits: [String: TextHit])
  case problemSetsFound([ProblemSet])
  case serversFound([String])
  /// `fraction` of a weights file has been read; `nil` where nothing is read, or nothing yet.
  case modelConnecting(ModelRole, spec: String, fraction: Double? = nil)
  case modelConnected(ModelRole, spec: String, ModelDescription)
  case modelFailed(ModelRole, spec: String, sentence: String)
  /// Every model call asked for has ended.
  case settled
  case savingChanged(Saving)
  /// Nothing of what was said of steps since the last record can be recorded.
  case labelsRefused(Notice)
  /// The chain that was asked for cannot be shown; the one on screen stays open.
  case itemRefused(Notice)
  /// The text that came back from `$EDITOR`; `nil` when it failed.
  case edited(String?)
  case themeLoaded(Theme)
  case noticed(Notice)
}

package struct SessionShown: Equatable, Sendable {
  package var session: Session
  package var isReadOnly: Bool
  /// `false` for the quick first look at a large session.
  package var isWhole: Bool
  /// Everybody's labels, by name.
  package var books: [LabelBook]
  /// The session's folder.
  package var path: String?
  package init(
    session: Session, isReadOnly: Bool, isWhole: Bool, books: [LabelBook] = [], path: String? = nil
  ) {
    self.session = session
    self.isReadOnly = isReadOnly
    self.isWhole = isWhole
    self.books = books
    self.path = path
  }
}

/// What the reducer asks for; `Runtime` and the screen loop carry it out and answer with messages.
package enum Effect: Equatable, Sendable {
  case listLibrary
  /// The sessions that hold all of the words.
  case findText([String])
  /// Where in these sessions, given by path, the words stand.
  case locateText([String], paths: [String])
  case findServers
  case connect(ModelRole, spec: String)
  /// A new session with so many attempts at once.
  case begin(Problem, samples: Int)
  /// Another attempt at the session's problem.
  case attempt
  case open(session: String, replaying: Bool)
  /// A chain to label; nothing is written to its session's journal.
  case openItem(LabelItem)
  /// So many other texts for a step, from the solver.
  case alternatives(StepID, count: Int)
  /// The records of the open session, and the place to start from.
  case loadRecords(from: Int)
  case critique(AttemptID)
  case round(RoundRequest)
  /// A new attempt with another token in the place of one of an attempt's.
  case takeToken(TokenRequest)
  /// The same attempt once more, seed and all, with reflection or without.
  case attemptAgain(AttemptID, reflecting: Bool)
  /// Goes on from a partial that was stopped, cut off or ran out of tokens.
  case continueAttempt(AttemptID)
  case record([Event])
  /// The attempts being written reflect by this from their next token on.
  case tuneReflection(ReflectionSettings)
  /// What each control would have chosen at the place of a reflection.
  case compareControls(AttemptID, ReflectionID)
  /// What a person says of steps and chains goes into their own file, all of it at once.
  case annotate([LabelAct])
  /// A new session made of the first `count` records of this one, opened for writing.
  case branch(count: Int)
  case stop
  case closeSession

  // Carried out by the screen loop.
  case copy(String)
  case edit(String)
  case setMouse(Bool)
  case loadTheme(String)
  case suspend
  case redraw
  case quit

  /// Whether a model is called; ``Message/settled`` follows when all such have ended.
  package var asksModel: Bool {
    switch self {
    case .begin, .attempt, .attemptAgain, .critique, .round, .takeToken, .continueAttempt,
      .compareControls, .alternatives:
      true
    default: false
    }
  }
}
