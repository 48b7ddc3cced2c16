/// What several people say of one chain, side by side, for whoever settles where they differ.
///
/// A step is in dispute where two people who rated it gave it different verdicts, or where one has
/// the first error there that another has already had: what follows a first error is not rated, so
/// that other said nothing of it, and still the two do not agree.
package struct Weighing: Equatable, Sendable {
  /// One person's labels of the chain.
  package struct Voice: Equatable, Sendable {
    package var annotator: String
    /// By attempt-wide step index; only steps with a verdict or a first-error mark.
    package var labels: [Int: Label]
    /// The first step that is wrong by these labels, marked as the first error or not.
    package var firstError: Int? {
      labels.filter { $0.value.isFirstError == true }.keys.min()
        ?? labels.filter { $0.value.verdict == .incorrect }.keys.min()
    }
  }

  /// Those who rated anything here, in an order that follows from a hash of chain and name: it is
  /// the same every time and everywhere, and it tells nothing of who is who.
  package let voices: [Voice]
  /// Attempt-wide indices, ascending.
  package let disputed: [Int]
  /// Labels that are not weighed, since their text is no longer there.
  package let orphans: Int
  /// Steps in dispute that the consensus has from when all agreed, before somebody else spoke: its
  /// label there settles nothing.
  package private(set) var unheard: Set<Int> = []
  private let steps: [Int]

  /// - Parameters:
  ///   - session: the session's id.
  ///   - names: whose labels are weighed.
  ///   - isFinal: what stands now, rather than what was said first, while all else was hidden.
  ///   - digests: ``Attempt/stepDigests``, where somebody has them already.
  ///   - consensus: what was settled before.
  package init(
    _ attempt: Attempt, of session: String, books: [LabelBook], names: [String],
    isFinal: Bool = false, digests: [String]? = nil, consensus: LabelBook? = nil
  ) {
    var (voices, orphans): ([Voice], Int) = ([], 0)
    let known = digests ?? attempt.stepDigests
    for book in books where names.contains(book.annotator) {
      let standing = book.standing(in: attempt, digests: known)
      let labels = standing.mapValues { isFinal ? $0.current.label : $0.blind }
        .filter { $0.value.isRating }
      orphans += book.entries.count { id, entry in
        id.attempt == attempt.id && standing[id.index] == nil && entry.current.label.isRating
      }
      if !labels.isEmpty { voices.append(Voice(annotator: book.annotator, labels: labels)) }
    }
    func place(_ voice: Voice) -> String {
      var hash = SHA256()
      hash.update("side by side \(session) \(attempt.id) \(voice.annotator)")
      return hash.hexDigest()
    }
    self.voices = voices.map { (place($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    self.orphans = orphans
    steps = attempt.steps.map(\.index)
    disputed = steps.filter { Self.isDisputed($0, voices) }
    guard let settled = consensus?.standing(in: attempt, digests: known) else { return }
    unheard = Set(
      disputed.filter { step in
        guard let line = settled[step]?.current, let weighed = line.sources else { return false }
        let said = Set(weighed.compactMap(\.verdict))
        return said.count == 1 && said.first == line.label.given && weighed != sources(step)
      })
  }

  /// Steps that were decided anew, with everybody weighed.
  package mutating func hear(_ steps: [Int]) { unheard.subtract(steps) }

  private static func isDisputed(_ step: Int, _ voices: [Voice]) -> Bool {
    let given = voices.compactMap { voice in voice.labels[step].map { ($0, voice.firstError) } }
    if Set(given.map(\.0.given)).count > 1 { return true }
    guard given.contains(where: { $0.1 == step }) else { return false }
    return voices.contains { voice in
      voice.labels[step] == nil && voice.firstError.map { $0 < step } == true
    }
  }

  // MARK: Settling

  /// Disputes that the labels settling them leave open; behind a first error nothing is.
  package func open(_ settled: [Int: Label]) -> [Int] {
    let end = Self.end(settled.filter { !unheard.contains($0.key) })
    return disputed.filter {
      $0 < end && (settled[$0]?.isRating != true || unheard.contains($0))
    }
  }

  /// Everybody's labels on the chain's step as a consensus keeps them, by name.
  package func sources(_ step: Int) -> [LabelSource] {
    voices.map { voice in
      LabelSource(
        annotator: voice.annotator, verdict: voice.labels[step]?.given,
        errorType: voice.labels[step]?.errorType)
    }.sorted { $0.annotator < $1.annotator }
  }

  /// Whether nobody said so: another verdict than everybody's, or a first error that is nobody's.
  package func isUnlikeAll(_ label: Label, on step: Int) -> Bool {
    guard let verdict = label.given else { return false }
    let given = voices.compactMap { $0.labels[step] }
    let isOwnError =
      label.isFirstError == true && !voices.contains { $0.firstError == step }
    return !given.contains { $0.given == verdict } || isOwnError
  }

  /// What all who rated a step say of it: their verdict, and what else no two say differently.
  ///
  /// `nil` where they differ, or nobody rated it.
  package func agreed(_ step: Int) -> Label? {
    let given = voices.compactMap { $0.labels[step] }
    guard let first = given.first, !disputed.contains(step) else { return nil }
    func same<Value: Hashable>(_ part: (Label) -> Value?) -> Value? {
      let said = Set(given.compactMap(part))
      return said.count == 1 ? said.first : nil
    }
    var label = Label(first.given)
    if voices.contains(where: { $0.firstError == step && $0.labels[step]?.isFirstError == true }) {
      label.isFirstError = true
    }
    if given.allSatisfy({ $0.isFilled == true }) { label.isFilled = true }
    label.errorType = same(\.errorType)
    label.span = same(\.span)
    label.reason = same(\.reason)
    label.correction = same(\.correction)
    return label
  }

  /// Labels that make a chain's consensus whole once no dispute is open: what everybody agrees on.
  ///
  /// What was taken over so and lies behind a first error now goes again.
  package func completion(of settled: [Int: Label]) -> [Int: Label] {
    guard open(settled).isEmpty else { return [:] }
    var out: [Int: Label] = [:]
    var end = Self.end(settled)
    for step in steps where !disputed.contains(step) {
      guard var label = agreed(step) else { continue }
      if step < end, settled[step]?.isRating != true {
        label.reason = settled[step]?.reason ?? label.reason
        out[step] = label
        if label.isFirstError == true { end = step }
      } else if step > end, settled[step] == label {
        out[step] = Label()
      }
    }
    return out
  }

  /// The first error by these labels; no step lies behind it where there is none.
  private static func end(_ labels: [Int: Label]) -> Int {
    labels.filter { $0.value.isFirstError == true }.keys.min() ?? .max
  }
}

extension Label {
  /// The verdict; the mark of a first error says as much without one.
  package var given: Verdict? { verdict ?? (isFirstError == true ? .incorrect : nil) }

  fileprivate var isRating: Bool { given != nil }
}
