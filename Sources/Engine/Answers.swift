import Sessions
func extractAnswer(from text: String) -> (answer: String, method: AnswerExtracted.Method)? {
  for line in text.split(separator: "\n").reversed() where line.hasPrefix("Answer:") {
    return (line.dropFirst(7).trimmingPrefix { $0 == " " }.description, .answerLine)
  }
  return nil
}
func isEquivalent(_ answer: String, to reference: String, kind: String?) -> Bool { answer == reference }
