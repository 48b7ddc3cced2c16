import Sessions

/// How far several attempts at one problem agree: what stands in where a server sends no
/// log-probabilities.
package enum Agreement {
  /// Per step of the attempt's answer, by attempt-wide index: the share of other attempts that
  /// somewhere state the same result (the right side of an equation, else the last number).
  ///
  /// A step without a number has no agreement: words cannot be compared so cheaply.
  package static func ofSteps(_ attempt: Attempt, among all: [Attempt]) -> [Int: Double] {
    let others = all.filter { $0.id != attempt.id && !$0.written.isEmpty }
    guard !others.isEmpty else { return [:] }
    let stated = others.map { other in Set(results(other).values.map(\.key)) }
    return results(attempt).mapValues { result in
      Double(stated.count { $0.contains(result.key) }) / Double(others.count)
    }
  }

  private struct Result {
    /// The number in lowest terms, so that 0.50 and 1/2 agree.
    var key: String
  }

  private static func results(_ attempt: Attempt) -> [Int: Result] {
    var results: [Int: Result] = [:]
    for step in attempt.steps where step.channel == .answer {
      let text = String(decoding: attempt.bytes(of: step), as: UTF8.self)
      guard let number = Equation.last(in: text) ?? Answers.lastNumber(text) else { continue }
      let side = number.split(separator: "=").last.map(String.init) ?? number
      guard let value = AnswerValue(side).number else { continue }
      results[step.index] = Result(key: "\(value.numerator)/\(value.denominator)")
    }
    return results
  }
}
