/// A session as it stands after some number of events.
///
/// The only way in is ``apply(_:)``, so a live session and its replay cannot differ. It accepts
/// every event: one that names something unknown changes nothing but the count.
package struct Session: Equatable, Sendable {
  package private(set) var header: Header
  package private(set) var settings: [String: String] = [:]
  package private(set) var models: [ModelRole: ModelDescription] = [:]
  package private(set) var attempts: [Attempt] = []
  package private(set) var critiques: [Critique] = []
  package private(set) var rounds: [Round] = []
  package private(set) var marks: [StepID: Verdict] = [:]
  /// Other texts for a step that models wrote, oldest first.
  package private(set) var alternatives: [StepID: [String]] = [:]
  package private(set) var markers: [Marker] = []
  package private(set) var failures: [Failed] = []
  /// Events applied; the next record's `n`.
  package private(set) var eventCount = 0
  /// Session time of the last event, in seconds.
  package private(set) var time = 0.0
  /// One past the highest token serial seen.
  package private(set) var nextSerial = 0

  package init(header: Header) { self.header = header }

  package init(header: Header, replaying records: some Sequence<Record>) {
    self.init(header: header)
    for record in records { apply(record) }
  }

  package var problem: Problem { header.problem }

  package func attempt(_ id: AttemptID) -> Attempt? {
    attempts.last { $0.id == id }
  }

  package func critique(_ id: CritiqueID) -> Critique? {
    critiques.last { $0.id == id }
  }

  /// Critiques of one attempt, oldest first.
  package func critiques(of attempt: AttemptID) -> [Critique] {
    critiques.filter { $0.attempt == attempt }
  }

  /// Whether a model call has begun and not ended.
  package var isRunning: Bool {
    attempts.contains { $0.isRunning } || critiques.contains { $0.isRunning }
  }

  package mutating func apply(_ record: Record) {
    // A mark's place is in its annotator's file, and its time the wall clock's.
    switch record.event {
    case .marked(let mark):
      marks[mark.step] = mark.verdict
      return
    case .labelled(let labelled):
      if labelled.pass == nil { marks[labelled.id] = labelled.label.verdict }
      return
    case .labelDetailed, .revealed, .chainJudged: return
    default: break
    }
    eventCount = max(eventCount, record.n + 1)
    time = max(time, record.t)
    if let kind = Marker.Kind(marking: record.event) {
      markers.append(Marker(n: record.n, t: record.t, kind: kind))
    }
    switch record.event {
    case .opened: settleInterrupted()
    case .prompted, .unknown, .marked, .labelDetailed, .labelled, .revealed, .chainJudged: break
    case .chainImported(let imported): change(imported.attempt) { $0.imported = imported }
    case .settingChanged(let change): settings[change.name] = change.value
    case .modelConnected(let connected): models[connected.role] = connected.description
    case .attemptStarted(let started):
      attempts.append(Attempt(started, at: record.t))
    case .tokens(let arrived):
      nextSerial = max(nextSerial, arrived.firstSerial + arrived.table.count)
      change(arrived.attempt) { $0.append(arrived, at: record.t) }
    case .stepClosed(let closed):
      change(closed.attempt) { $0.close(closed) }
    case .rewound(let id, let serial):
      change(id) { $0.rewind(toSerial: serial) }
      if let count = attempt(id)?.steps.count {
        marks = marks.filter { $0.key.attempt != id || $0.key.index < count }
      }
    case .reflectionTriggered(let triggered):
      change(triggered.attempt) { $0.reflections.append(AttemptReflection(triggered, n: record.n)) }
    case .trialWritten(let trial):
      change(trial.attempt, trial.reflection) { $0.trials.append(trial) }
    case .trialChosen(let chosen):
      change(chosen.attempt, chosen.reflection) { $0.chosenTrial = chosen.trial }
    case .reflectionFinished(let finished):
      change(finished.attempt, finished.reflection) { $0.finished = finished }
    case .reflectionTuned(let tuned): change(tuned.attempt) { $0.tunings.append(tuned) }
    case .controlsCompared(let compared):
      change(compared.attempt, compared.reflection) { $0.controls = compared.choices }
    case .noted(let noted):
      change(noted.target) { $0.notes.append(noted) }
    case .retryScheduled(let retry):
      change(retry.target) {
        $0.retry = retry
        $0.retryAt = record.t
      }
    case .attemptFinished(let finished):
      change(finished.attempt) { $0.finish(finished, at: record.t) }
    case .answerExtracted(let extracted):
      change(extracted.attempt) { $0.answer = extracted }
    case .critiqueStarted(let started):
      critiques.append(Critique(started, at: record.t))
    case .critiqueText(let id, let bytes):
      change(id) {
        $0.bytes += bytes
        $0.progress.retry = nil
      }
    case .verdict(let given):
      change(given.critique) { $0.verdicts[given.step] = given }
    case .critiqueFinished(let finished):
      change(finished.critique) {
        $0.finished = finished
        $0.finishedAt = record.t
        $0.progress.retry = nil
      }
    case .roundStarted(let started): rounds.append(Round(started: started))
    case .alternativesWritten(let written):
      alternatives[written.step, default: []] += written.texts
    case .failed(let failed): failures.append(failed)
    }
  }

  /// Ends what a crash left open: the program that was running them is gone.
  private mutating func settleInterrupted() {
    for index in attempts.indices where attempts[index].isRunning {
      attempts[index].finish(
        AttemptFinished(attempt: attempts[index].id, reason: .truncated), at: time)
    }
    for index in critiques.indices where critiques[index].isRunning {
      critiques[index].finished = CritiqueFinished(
        critique: critiques[index].id, reason: .truncated, firstError: .notSaid, format: "text")
    }
  }

  /// Takes away what would sway an annotator.
  ///
  /// - Parameter hides: of which of the attempt's steps nothing but the text may be known.
  ///   Whatever it answers, everybody's marks, the reference answer and the answer check go.
  package mutating func hide(of id: AttemptID, _ hides: (Int) -> Bool) {
    marks = [:]
    header.problem.answer = nil
    rounds = []
    markers = []
    for index in attempts.indices {
      let isShown = attempts[index].id == id
      attempts[index].hide { !isShown || hides($0) }
    }
    for index in critiques.indices {
      let isShown = critiques[index].attempt == id
      critiques[index].hide { !isShown || hides($0) }
    }
  }

  private mutating func change(_ id: AttemptID, _ body: (inout Attempt) -> Void) {
    guard let index = attempts.lastIndex(where: { $0.id == id }) else { return }
    body(&attempts[index])
  }

  private mutating func change(
    _ attempt: AttemptID, _ id: ReflectionID, _ body: (inout AttemptReflection) -> Void
  ) {
    change(attempt) { attempt in
      guard let index = attempt.reflections.lastIndex(where: { $0.id == id }) else { return }
      body(&attempt.reflections[index])
    }
  }

  private mutating func change(_ id: CritiqueID, _ body: (inout Critique) -> Void) {
    guard let index = critiques.lastIndex(where: { $0.id == id }) else { return }
    body(&critiques[index])
  }

  private mutating func change(_ target: CallTarget, _ body: (inout CallProgress) -> Void) {
    switch target {
    case .attempt(let id): change(id) { (attempt: inout Attempt) in body(&attempt.progress) }
    case .critique(let id): change(id) { (critique: inout Critique) in body(&critique.progress) }
    }
  }
}

/// What attempts and critiques share as model calls.
package struct CallProgress: Equatable, Sendable {
  package fileprivate(set) var notes: [Noted] = []
  /// Set while the model is waited for.
  package fileprivate(set) var retry: RetryScheduled?
  /// Session time at which the wait began.
  package fileprivate(set) var retryAt = 0.0
}

/// One chain of thought.
package struct Attempt: Equatable, Sendable {
  package let started: AttemptStarted
  package let startedAt: Double
  /// Per channel, the tokens that stand.
  package private(set) var thinking = TokenTable()
  package private(set) var written = TokenTable()
  package private(set) var steps: [Step] = []
  package fileprivate(set) var progress = CallProgress()
  package fileprivate(set) var answer: AnswerExtracted?
  /// Set when it was taken over from a file.
  package fileprivate(set) var imported: ChainImported?
  /// In the order in which they were triggered.
  package fileprivate(set) var reflections: [AttemptReflection] = []
  package fileprivate(set) var tunings: [ReflectionTuned] = []
  package private(set) var finished: AttemptFinished?
  package private(set) var finishedAt: Double?
  /// Session time of the first token that was not taken over from the parent.
  package private(set) var firstTokenAt: Double?
  /// Where runs of consecutive serials begin, per channel.
  private var serialRuns: [Channel: [SerialRun]] = [:]

  private struct SerialRun: Equatable {
    var index: Int
    var serial: Int
  }

  init(_ started: AttemptStarted, at time: Double) {
    self.started = started
    startedAt = time
  }

  package var id: AttemptID { started.attempt }
  package var isRunning: Bool { finished == nil }
  package var tokenCount: Int { thinking.count + written.count }

  package func tokens(_ channel: Channel) -> TokenTable {
    channel == .thinking ? thinking : written
  }

  /// What a token is called for as long as the session lives; `nil` where none was told.
  package func serial(of index: Int, in channel: Channel) -> Int? {
    guard (0..<tokens(channel).count).contains(index),
      let run = serialRuns[channel]?.last(where: { $0.index <= index })
    else { return nil }
    return run.serial + (index - run.index)
  }

  /// The standing token with this serial.
  package func token(withSerial serial: Int, in channel: Channel) -> Int? {
    guard let run = serialRuns[channel]?.last(where: { $0.serial <= serial }) else { return nil }
    let index = run.index + (serial - run.serial)
    let end =
      serialRuns[channel]?.first { $0.index > run.index }?.index ?? tokens(channel).count
    return index < end ? index : nil
  }

  /// The step's exact bytes.
  package func bytes(of step: Step) -> ArraySlice<UInt8> {
    let all = channelBytes(step.channel)
    return all[min(step.range.lowerBound, all.count)..<min(step.range.upperBound, all.count)]
  }

  private func channelBytes(_ channel: Channel) -> [UInt8] {
    channel == .thinking ? thinking.bytes : written.bytes
  }

  /// Bytes of `channel` that no step has closed over yet.
  package func openRange(_ channel: Channel) -> Range<Int> {
    let end = channelBytes(channel).count
    let start = steps.last { $0.channel == channel }?.range.upperBound ?? 0
    return min(start, end)..<end
  }

  fileprivate mutating func append(_ arrived: TokensArrived, at time: Double) {
    progress.retry = nil
    let index = tokens(arrived.channel).count
    let last = serialRuns[arrived.channel]?.last
    if last.map({ $0.serial + (index - $0.index) }) != arrived.firstSerial {
      serialRuns[arrived.channel, default: []].append(
        SerialRun(index: index, serial: arrived.firstSerial))
    }
    if arrived.channel == .thinking || written.bytes.count >= started.keptBytes {
      firstTokenAt = firstTokenAt ?? time
    }
    switch arrived.channel {
    case .thinking: thinking.append(contentsOf: arrived.table)
    case .answer: written.append(contentsOf: arrived.table)
    }
  }

  fileprivate mutating func close(_ closed: StepClosed) {
    let number = (steps.last { $0.channel == closed.channel }?.number ?? 0) + 1
    let start = max(0, closed.start)
    // An index is a place in `steps`, whatever a journal written by others says.
    steps.append(
      Step(
        index: steps.count, number: number, channel: closed.channel,
        range: start..<max(start, closed.end), measures: closed.measures))
  }

  /// Takes away what was measured of steps, and whether the answer is right.
  fileprivate mutating func hide(_ hides: (Int) -> Bool) {
    answer?.isCorrect = nil
    imported?.isCorrect = nil
    steps = steps.map { step in
      guard hides(step.index) else { return step }
      return Step(
        index: step.index, number: step.number, channel: step.channel, range: step.range,
        measures: StepMeasures(tokens: step.measures.tokens))
    }
  }

  fileprivate mutating func rewind(toSerial serial: Int) {
    for channel in Channel.allCases {
      var runs = serialRuns[channel] ?? []
      var count = tokens(channel).count
      while let run = runs.last, run.serial >= serial {
        count = run.index
        runs.removeLast()
      }
      if let run = runs.last { count = min(count, run.index + (serial - run.serial)) }
      serialRuns[channel] = runs
      switch channel {
      case .thinking: thinking.truncate(to: count)
      case .answer: written.truncate(to: count)
      }
    }
    // Indices run over both channels: from the first step that lost bytes on, all are withdrawn.
    if let first = steps.firstIndex(where: {
      $0.range.upperBound > channelBytes($0.channel).count
    }) {
      steps.removeSubrange(first...)
    }
    // What was tuned in the withdrawn stretch holds for all that comes in its place.
    for index in tunings.indices {
      tunings[index].position = min(tunings[index].position, tokenCount)
    }
  }

  fileprivate mutating func finish(_ finished: AttemptFinished, at time: Double) {
    self.finished = finished
    finishedAt = time
    progress.retry = nil
  }
}

/// A numbered piece of an attempt.
package struct Step: Equatable, Sendable {
  /// From 0 over both channels: the identity.
  package let index: Int
  /// From 1 within its channel: what the screen shows.
  package let number: Int
  package let channel: Channel
  /// Offsets into the channel's bytes.
  package let range: Range<Int>
  package let measures: StepMeasures
}

/// Verdicts of one critic on one attempt.
package struct Critique: Equatable, Sendable {
  package let started: CritiqueStarted
  package let startedAt: Double
  /// The critic's own words.
  package fileprivate(set) var bytes: [UInt8] = []
  /// By attempt-wide step index.
  package fileprivate(set) var verdicts: [Int: VerdictGiven] = [:]
  package fileprivate(set) var progress = CallProgress()
  package fileprivate(set) var finished: CritiqueFinished?
  package fileprivate(set) var finishedAt: Double?

  init(_ started: CritiqueStarted, at time: Double) {
    self.started = started
    startedAt = time
  }

  /// Takes away what was said of steps, and of the first error.
  fileprivate mutating func hide(_ hides: (Int) -> Bool) {
    bytes = []
    verdicts = verdicts.filter { !hides($0.key) }
    finished?.firstError = .notSaid
  }

  package var id: CritiqueID { started.critique }
  package var attempt: AttemptID { started.attempt }
  package var isRunning: Bool { finished == nil }

  /// The first step judged incorrect, as an attempt-wide index.
  package var firstError: Int? {
    if case .step(let index) = finished?.firstError { return index }
    return started.steps.first { verdicts[$0]?.verdict == .incorrect }
  }
}

/// One correction of an attempt.
package struct Round: Equatable, Sendable {
  package let started: RoundStarted
  package var id: RoundID { started.round }
}

/// One reflection of an attempt, with all that is known of it.
package struct AttemptReflection: Equatable, Sendable {
  package let triggered: ReflectionTriggered
  /// Record of the journal at which it was triggered.
  package let n: Int
  package fileprivate(set) var trials: [TrialWritten] = []
  package fileprivate(set) var chosenTrial: Int?
  package fileprivate(set) var finished: ReflectionFinished?
  /// What others would have chosen; empty until that was asked for.
  package fileprivate(set) var controls: [ControlsCompared.Choice] = []

  init(_ triggered: ReflectionTriggered, n: Int) {
    self.triggered = triggered
    self.n = n
  }

  package var id: ReflectionID { triggered.reflection }
}

/// A place in a session worth jumping to.
package struct Marker: Equatable, Sendable {
  package enum Kind: String, Sendable { case attempt, critique, round, answer, error, reflection }
  package let n: Int
  package let t: Double
  package let kind: Kind
}

extension Marker.Kind {
  package init?(marking event: Event) {
    switch event {
    case .attemptStarted: self = .attempt
    case .critiqueStarted: self = .critique
    case .roundStarted: self = .round
    case .answerExtracted: self = .answer
    case .failed: self = .error
    case .reflectionTriggered: self = .reflection
    default: return nil
    }
  }
}
