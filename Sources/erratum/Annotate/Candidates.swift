import Engine
import Foundation
import Sessions
import Workbench

extension NamedChains {
  /// What a queue goes by, of every chain.
  ///
  /// - Parameters:
  ///   - name: whose queue it is.
  ///   - gold: whose labels are the truth.
  func candidates(for name: String, gold: String?, signal: Signal) -> [LabelCandidate] {
    groups.flatMap { group in
      group.attempts.map { attempt in
        var made = LabelCandidate(
          session: group.folder.url.path, sessionID: group.session.header.session,
          attempt: attempt.id)
        let books = group.books.filter { !$0.isEmpty }
        let digests = books.isEmpty ? nil : attempt.stepDigests
        let own = books.first { $0.annotator == name } ?? LabelBook(annotator: name)
        made.progress = own.progress(in: attempt, digests: digests)
        made.again = own.progress(in: attempt, pass: 1, digests: digests)
        let others = books.filter {
          $0.annotator != name && $0.annotator != gold && $0.annotator != Adjudication.consensus
        }
        made.disagreements = Self.disagreements(among: others, on: attempt, digests)
        made.hasGold =
          books.first { $0.annotator == gold }?.standing(in: attempt, digests: digests).values
          .contains { $0.current.label.verdict != nil } ?? false
        let bars = Self.bars(of: attempt, signal)
        made.uncertainty = bars.values.min().map { 1 - $0 }
        made.conflict = Self.conflict(
          isRight: attempt.answer?.isCorrect ?? attempt.imported?.isCorrect,
          critique: group.session.critiques(of: attempt.id).last { $0.finished != nil }, bars: bars)
        return made
      }
    }
  }

  /// Steps that at least two of them rated, and not alike.
  private static func disagreements(
    among books: [LabelBook], on attempt: Attempt, _ digests: [String]?
  ) -> Int {
    guard books.count > 1 else { return 0 }
    let standing = books.map { $0.standing(in: attempt, digests: digests) }
    return attempt.steps.count { step in
      Set(standing.compactMap { $0[step.index]?.current.label.verdict }).count > 1
    }
  }

  /// The bar of each step that has one, 0 to 1.
  private static func bars(of attempt: Attempt, _ signal: Signal) -> [Int: Double] {
    let profile = attempt.started.call.model.profile
    var bars: [Int: Double] = [:]
    for step in attempt.steps {
      bars[step.index] = signal.confidence(in: step.measures, by: profile).map(Double.init)
    }
    return bars
  }

  /// Right answer, wrong road, or the reverse.
  ///
  /// A critic that contradicts the answer check counts 2, and bars that contradict either up to 1:
  /// a right answer by its least sure step, a wrong one by how sure even that was, a critic's first
  /// error by how sure the model was of just this step.
  static func conflict(isRight: Bool?, critique: Critique?, bars: [Int: Double]) -> Double {
    var conflict = 0.0
    let isFaultless = critique?.finished?.firstError == CritiqueFinished.FirstError.none
    if let isRight {
      if critique?.firstError != nil, isRight { conflict += 2 }
      if isFaultless, !isRight { conflict += 2 }
      if let least = bars.values.min() { conflict += isRight ? 1 - least : least }
    }
    if let error = critique?.firstError, let bar = bars[error] { conflict += bar }
    return conflict
  }
}
