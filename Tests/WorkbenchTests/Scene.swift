import Engine
import Sessions

@testable import Workbench

/// Screens to draw, each the state some events lead to.
struct Scene {
  private var records: [Record] = []
  private var time = 0.0
  private var serial = 0
  private var stepIndex: [AttemptID: Int] = [:]
  private var ends: [AttemptID: [Channel: Int]] = [:]
  /// Bytes written past the last closed step.
  private var open: [AttemptID: [Channel: Int]] = [:]
  var problem: Problem

  init(_ problem: Problem = .marbles) { self.problem = problem }

  mutating func add(_ event: Event, after delay: Double = 0.1) {
    time += delay
    records.append(Record(n: records.count, t: time, event: event))
  }

  mutating func start(
    _ id: String, by model: ModelDescription = .local, parent: String? = nil, keeping kept: Int = 0,
    replacing serial: Int? = nil
  ) {
    let attempt = AttemptID(id)
    add(
      .attemptStarted(
        AttemptStarted(
          attempt: attempt, parent: parent.map { AttemptID($0) },
          round: parent == nil || serial != nil ? nil : RoundID("r1"), keptBytes: kept,
          branch: serial.map { TokenBranch(replaced: $0, taken: .alternative) }, segmenter: 1,
          call: Call(model: model, messages: [], parameters: SamplingParameters()))))
  }

  /// One step of words, each with its probability; `nil` for none sent.
  mutating func step(
    _ id: String, _ words: [(String, Double?)], channel: Channel = .answer, closing: Bool = true,
    entropies: [EntropyBounds?]? = nil
  ) {
    let attempt = AttemptID(id)
    var table = TokenTable()
    for (place, (word, probability)) in words.enumerated() {
      let logProbability = probability.map { Float(logarithm($0)) }
      table.append(
        bytes: Array(word.utf8), id: Int32(word.utf8.count), logProbability: logProbability,
        entropy: entropies.map { $0[place] }
          ?? logProbability.map { EntropyBounds(lower: -$0 * 0.8, upper: -$0 * 1.2 + 0.1) },
        temperedEntropy: entropies.flatMap { $0[place]?.lower })
      guard let logProbability else { continue }
      table.appendAlternative(bytes: Array(word.utf8), id: 1, logProbability: logProbability)
      table.appendAlternative(bytes: Array(" other".utf8), id: 2, logProbability: -2.5)
    }
    let start = ends[attempt]?[channel] ?? 0
    add(
      .tokens(
        TokensArrived(attempt: attempt, channel: channel, firstSerial: serial, table: table)))
    serial += table.count
    open[attempt, default: [:]][channel, default: 0] += table.bytes.count
    guard closing else { return }
    let end = start + (open[attempt]?[channel] ?? 0)
    open[attempt]?[channel] = 0
    ends[attempt, default: [:]][channel] = end
    let index = stepIndex[attempt, default: 0]
    stepIndex[attempt] = index + 1
    add(
      .stepClosed(
        StepClosed(
          attempt: attempt, index: index, channel: channel, start: start, end: end, segmenter: 1,
          measures: measures(words.map(\.1)))), after: 0)
  }

  private func measures(_ probabilities: [Double?]) -> StepMeasures {
    let logs = probabilities.compactMap { $0 }.map { Float(logarithm($0)) }
    guard let least = logs.min() else { return StepMeasures(tokens: probabilities.count) }
    let mean = logs.reduce(0, +) / Float(logs.count)
    return StepMeasures(
      tokens: probabilities.count, measured: logs.count, meanLogProbability: mean,
      minLogProbability: least, meanEntropy: EntropyBounds(lower: -mean, upper: -mean + 0.2),
      maxEntropy: EntropyBounds(lower: -least, upper: -least + 0.2), lowestWindow: least,
      meanMargin: 0.5)
  }

  mutating func finish(_ id: String, _ reason: StopReason = .stop, answer: String? = nil) {
    let attempt = AttemptID(id)
    add(.attemptFinished(AttemptFinished(attempt: attempt, reason: reason)))
    guard let answer else { return }
    add(
      .answerExtracted(
        AnswerExtracted(
          attempt: attempt, answer: answer, method: .answerLine,
          isCorrect: problem.answer.map { $0 == answer })))
  }

  mutating func critique(
    _ id: String, of attempt: String, steps: [Int], _ verdicts: [VerdictGiven],
    finished: CritiqueFinished.FirstError? = nil
  ) {
    add(
      .critiqueStarted(
        CritiqueStarted(
          critique: CritiqueID(id), attempt: AttemptID(attempt), steps: steps,
          call: Call(model: .critic, messages: [], parameters: SamplingParameters()))))
    for verdict in verdicts { add(.verdict(verdict)) }
    guard let finished else { return }
    add(
      .critiqueFinished(
        CritiqueFinished(
          critique: CritiqueID(id), reason: .stop, firstError: finished, format: "json")))
  }

  var allRecords: [Record] { records }

  var session: Session {
    let header = Header(
      program: "0.1.0", session: "20261121-marbles", created: 1_795_230_000, problem: problem)
    return Session(header: header, replaying: records)
  }

  func state(_ columns: Int, _ rows: Int, _ change: (inout State) -> Void = { _ in }) -> State {
    var state = State(size: Size(columns: columns, rows: rows))
    state.screen = .session
    var reading = Reading(session: session)
    reading.heardAt = 0
    reading.follows = false
    state.reading = reading
    change(&state)
    return state
  }
}

extension Problem {
  static let marbles = Problem(
    id: "p-0042",
    text: "Tom has 17 marbles. He buys 3 bags with 6 marbles each and gives 9 to Ann. "
      + "How many marbles does Tom have now?", answer: "26", kind: "arithmetic")
}

extension ModelDescription {
  static let local = ModelDescription(
    model: "pilot-0.1", dialect: "llama.cpp", endpoint: "http://127.0.0.1:8080",
    capabilities: Capabilities(
      logProbabilities: true, alternatives: 5, continuation: .exact, trueBytes: true,
      tokenIDs: true))
  static let mute = ModelDescription(
    model: "claude-x", dialect: "anthropic", endpoint: "https://api.example.com",
    capabilities: Capabilities(), fallbacks: ["no log-probabilities"])
  static let critic = ModelDescription(
    model: "qwen3-32b", dialect: "openai", capabilities: Capabilities())
}

extension Scene {
  /// Four steps with one slip in the second, which the critic finds.
  static var marbles: Scene {
    var scene = Scene()
    scene.start("a1")
    scene.step(
      "a1",
      [
        ("3", 0.99), (" bags", 0.97), (" of", 0.99), (" 6", 0.98), (" hold", 0.82), (" 3", 0.99),
        (" *", 0.97), (" 6", 0.99), (" =", 0.99), (" 18", 0.96), (".\n", 0.98),
      ])
    scene.step(
      "a1",
      [
        ("17", 0.93), (" +", 0.88), (" 18", 0.95), (" =", 0.99), (" 36", 0.012), (" marbles", 0.31),
        (".\n", 0.66),
      ])
    scene.step(
      "a1",
      [
        ("36", 0.98), (" -", 0.97), (" 9", 0.99), (" =", 0.99), (" 27", 0.93), (" marbles", 0.52),
        (" left", 0.36), (".\n", 0.9),
      ])
    scene.step("a1", [("Answer", 0.99), (":", 1), (" 27", 0.98), ("\n", 1)])
    return scene
  }

  static let findings = [
    VerdictGiven(critique: CritiqueID("c1"), step: 0, verdict: .correct, reason: "3 * 6 is 18."),
    VerdictGiven(
      critique: CritiqueID("c1"), step: 1, verdict: .incorrect, errorType: "arithmetic",
      reason: "17 + 18 is 35, not 36.", repair: "17 + 18 = 35 marbles."),
  ]

  static var judged: Scene {
    var scene = marbles
    scene.finish("a1", answer: "27")
    scene.critique("c1", of: "a1", steps: [0, 1, 2, 3], findings, finished: .step(1))
    return scene
  }
}
