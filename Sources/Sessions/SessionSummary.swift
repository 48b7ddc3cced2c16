/// One line of the library's list.
package struct SessionSummary: Equatable, Sendable, Codable {
  package var id: String
  /// The first words of the problem.
  package var title: String
  /// Seconds since 1970.
  package var created: Double
  package var lastActivity: Double
  package var attempts: Int
  package var rounds: Int
  package var tokens: Int
  package var answer: String?
  package var isCorrect: Bool?
  package var isExample: Bool
  /// What is wrong with the file, in a few words; `nil` for a whole one.
  package var damage: String?
  package init(
    id: String, title: String, created: Double, lastActivity: Double, attempts: Int = 0,
    rounds: Int = 0, tokens: Int = 0, answer: String? = nil, isCorrect: Bool? = nil,
    isExample: Bool = false, damage: String? = nil
  ) {
    self.id = id
    self.title = title
    self.created = created
    self.lastActivity = lastActivity
    self.attempts = attempts
    self.rounds = rounds
    self.tokens = tokens
    self.answer = answer
    self.isCorrect = isCorrect
    self.isExample = isExample
    self.damage = damage
  }
}
