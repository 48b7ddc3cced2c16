import Engine
import Foundation
import Sessions
import Workbench

/// Everybody's labels from many sessions and libraries, put together by chain.
///
/// A chain is known by session, attempt and bytes, so the copies of it in two people's libraries are
/// one, and chains that went different ways under one name are two.
struct LabelGathering {
  /// Which of a person's labels count.
  enum Which: String, Encodable {
    /// The last one made while everything else was hidden.
    case blind
    case final
  }

  let which: Which
  private(set) var chains: [RatedChain] = []
  /// By annotator, labels of steps that are not there any more, or have other bytes now.
  private(set) var orphans: [String: Int] = [:]
  private(set) var sessions = 0
  private(set) var unreadable = 0
  /// Files or lines of annotators that could not be read.
  private(set) var damage = 0
  /// People with at least one verdict that counts.
  private(set) var names: Set<String> = []
  private var places: [ChainKey: Int] = [:]

  private struct ChainKey: Hashable {
    var session: String
    var attempt: AttemptID
    var digest: String
  }

  init(_ which: Which) { self.which = which }

  /// - Parameter complain: told in one sentence of everything that is left out.
  mutating func take(
    _ all: [LabelPlaces.Place], in library: Library, complain: (String) -> Void
  ) throws {
    var first: String?
    for place in all {
      do {
        let opened = try library.read(place.folder)
        if let sentence = opened.damage.sentence { complain("\(place.folder.id): \(sentence)") }
        // The table counts them all; more sentences than this help nobody.
        for error in opened.annotationDamage.prefix(max(0, 20 - damage)) {
          complain(error.sentence)
        }
        damage += opened.annotationDamage.count
        take(opened, set: place.set)
        sessions += 1
      } catch let error as JournalError {
        unreadable += 1
        first = first ?? error.sentence
        if all.count > 1 { complain("skipped: " + error.sentence) }
      }
    }
    if sessions == 0, let first {
      throw AgreeError.nothingReadable(count: all.count, first: first)
    }
  }

  mutating func take(_ opened: OpenedSession, set: String? = nil) {
    let session = opened.session
    for book in opened.books {
      let lost = book.orphans(in: session).count
      if lost > 0 { orphans[book.annotator, default: 0] += lost }
    }
    for attempt in session.attempts where !attempt.steps.isEmpty {
      if let set, !session.sets(of: attempt).contains(where: { LabelPlaces.isSame($0, set) }) {
        continue
      }
      let digests = attempt.stepDigests
      let all = opened.books.map { book in
        (name: book.annotator, ratings: ratings(book, of: attempt, digests))
      }.filter { !$0.ratings.isEmpty }
      guard !all.isEmpty else { continue }
      let key = ChainKey(
        session: session.header.session, attempt: attempt.id, digest: digests.last ?? "")
      let place = places[key] ?? chains.count
      if place == chains.count {
        places[key] = place
        chains.append(
          RatedChain(
            id: "\(key.session)/\(attempt.id)", problem: key.session,
            steps: attempt.steps.filter { $0.channel == .answer }.map(\.index)))
      }
      for (name, ratings) in all {
        names.insert(name)
        chains[place].take(ratings, of: name, in: attempt)
      }
    }
  }

  private func ratings(
    _ book: LabelBook, of attempt: Attempt, _ digests: [String]
  ) -> Ratings {
    var ratings = Ratings()
    ratings.first = compared(book.standing(in: attempt, digests: digests))
    // Of several later passes the earliest that has the step.
    for pass in book.repeats.keys.sorted() {
      let again = compared(book.standing(in: attempt, pass: pass, digests: digests))
      ratings.second.merge(again) { earlier, _ in earlier }
    }
    return ratings
  }

  private func compared(_ entries: [Int: LabelBook.Entry]) -> [Int: ComparedLabel] {
    entries.compactMapValues { entry in
      let label = which == .final ? entry.current.label : entry.blind
      guard let verdict = label.verdict else { return nil }
      let made = which == .final ? entry.current : entry.first ?? entry.current
      return ComparedLabel(
        verdict, errorType: label.errorType, isFilled: label.isFilled == true,
        isFirstError: label.isFirstError == true, wall: made.wall)
    }
  }
}

/// One person's ratings of one chain.
private struct Ratings {
  var first: [Int: ComparedLabel] = [:]
  var second: [Int: ComparedLabel] = [:]
  var isEmpty: Bool { first.isEmpty && second.isEmpty }
}

extension RatedChain {
  /// The same person's labels from two places are put together; of two for one step the later
  /// one counts.
  fileprivate mutating func take(_ ratings: Ratings, of name: String, in attempt: Attempt) {
    func later(_ left: ComparedLabel, _ right: ComparedLabel) -> ComparedLabel {
      right.wall > left.wall ? right : left
    }
    self.ratings[name, default: [:]].merge(ratings.first, uniquingKeysWith: later)
    if !ratings.second.isEmpty {
      repeats[name, default: [:]].merge(ratings.second, uniquingKeysWith: later)
    }
    // Thinking is to be rated where somebody rates it.
    let known = Set(steps)
    let isThinkingRated = ratings.first.keys.contains { !known.contains($0) }
    if isThinkingRated { steps = attempt.steps.map(\.index) }
  }
}
