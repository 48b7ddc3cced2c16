import Sessions

/// What sessions came to: answers, rounds and cost, by model.
package struct SessionsReport: Codable, Equatable, Sendable {
  /// All of one model's attempts, or one session's.
  package struct Row: Codable, Equatable, Sendable {
    package var name: String
    package var sessions = 0
    package var problems = 0
    package var attempts = 0
    /// First attempts with a reference answer to check them by, and those that are right.
    package var checked = 0
    package var right = 0
    package var interval: Interval?
    /// Rounds whose answers before and after can be checked.
    package var rounds = 0
    package var fixed = 0
    package var broken = 0
    package var critiques = 0
    package var tokens = 0
    package var thinkingTokens = 0
    /// As the servers counted them; `nil` where none did.
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var seconds = 0.0
  }

  package private(set) var models: [Row] = []
  package private(set) var sessions: [Row] = []
  private var turns: [SelfCorrection.Turn] = []
  private var texts: [String: Set<String>] = [:]
  private var scores: [String: [String: Score]] = [:]

  package init() {}

  private enum CodingKeys: String, CodingKey { case models, sessions }

  package mutating func add(_ session: Session) {
    turns += SelfCorrection.turns(of: session)
    sessions.append(Row(of: session, session.attempts, name: session.header.session))
    let byModel = Dictionary(grouping: session.attempts) { $0.started.call.model.shortName }
    for (name, attempts) in byModel.sorted(by: { $0.key < $1.key }) {
      let row = Row(of: session, attempts, name: name)
      texts[name, default: []].insert(session.problem.text)
      scores[name, default: [:]][session.problem.text, default: Score()].count += row.checked
      scores[name]?[session.problem.text]?.right += row.right
      if let place = models.firstIndex(where: { $0.name == name }) {
        models[place].add(row)
      } else {
        models.append(row)
      }
      guard let place = models.firstIndex(where: { $0.name == name }) else { continue }
      models[place].problems = texts[name]?.count ?? 0
      models[place].interval = Statistics.interval(
        ofShareIn: (scores[name] ?? [:]).sorted { $0.key < $1.key }.map(\.value))
    }
  }

  /// Rounds by what was done: all, each in its turn, and those after each critic's verdicts.
  package var corrections: [(name: String, found: SelfCorrection)] {
    var out: [(String, SelfCorrection)] = []
    func add(_ name: String, _ turns: [SelfCorrection.Turn]) {
      if let found = SelfCorrection(turns) { out.append((name, found)) }
    }
    add("all rounds", turns)
    let numbers = Set(turns.map(\.round)).sorted()
    if numbers.count > 1 {
      for number in numbers { add("round \(number)", turns.filter { $0.round == number }) }
    }
    for critic in Set(turns.compactMap(\.critic)).sorted() {
      add("after \(critic)", turns.filter { $0.critic == critic })
    }
    return out
  }
}

extension SessionsReport.Row {
  fileprivate init(of session: Session, _ attempts: [Attempt], name: String) {
    self.init(name: name)
    sessions = 1
    problems = 1
    self.attempts = attempts.count
    let ids = Set(attempts.map(\.id))
    for attempt in attempts {
      // What a round made is told by its round: first attempts are what the model can do alone.
      if attempt.started.parent == nil, session.problem.answer != nil,
        let isRight = attempt.isRight
      {
        checked += 1
        right += isRight ? 1 : 0
      }
      // Tokens taken over from a parent were paid for there.
      let kept = attempt.written.firstIndex(afterBytes: attempt.started.keptBytes)
      tokens += attempt.written.count - min(kept, attempt.written.count)
      thinkingTokens += attempt.thinking.count
      if let usage = attempt.finished?.usage { add(usage) }
      seconds += Self.span(attempt.startedAt, attempt.finishedAt)
    }
    for critique in session.critiques where ids.contains(critique.attempt) {
      critiques += 1
      seconds += Self.span(critique.startedAt, critique.finishedAt)
    }
    interval = Statistics.wilson(right: Double(right), of: Double(checked))
    let own = SelfCorrection.turns(of: session, by: ids)
    rounds = own.count
    fixed = own.count { !$0.before && $0.after }
    broken = own.count { $0.before && !$0.after }
  }

  private mutating func add(_ usage: Usage) {
    promptTokens = Self.sum(promptTokens, usage.promptTokens)
    completionTokens = Self.sum(completionTokens, usage.completionTokens)
  }

  /// A journal made by others may say anything, and must not end the program.
  private static func sum(_ known: Int?, _ more: Int?) -> Int? {
    guard let more else { return known }
    let (sum, isTooMuch) = (known ?? 0).addingReportingOverflow(max(0, more))
    return isTooMuch ? .max : sum
  }

  private static func span(_ start: Double, _ end: Double?) -> Double {
    end.map { min(max(0, $0 - start), 1e9) } ?? 0
  }

  fileprivate mutating func add(_ other: Self) {
    sessions += other.sessions
    attempts += other.attempts
    checked += other.checked
    right += other.right
    rounds += other.rounds
    fixed += other.fixed
    broken += other.broken
    critiques += other.critiques
    tokens += other.tokens
    thinkingTokens += other.thinkingTokens
    add(Usage(promptTokens: other.promptTokens, completionTokens: other.completionTokens))
    seconds += other.seconds
  }
}
