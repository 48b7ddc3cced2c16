import Sessions

/// A chain that could be labelled, and what an order or a share goes by.
package struct LabelCandidate: Equatable, Sendable {
  /// Path of the session's folder.
  package var session: String
  package var sessionID: String
  package var attempt: AttemptID
  /// How far the annotator is with it the first time, and the second.
  package var progress = ChainProgress()
  package var again = ChainProgress()
  /// From 0, sure, to 1; `nil` where no signal tells.
  package var uncertainty: Double?
  /// How much answer check, critic and bars contradict one another; 0 where they do not.
  package var conflict = 0.0
  /// Steps that others' standing labels differ on.
  package var disagreements = 0
  /// Whether the annotator whose labels are the truth has labelled it.
  package var hasGold = false

  /// Attempts of different sessions may have one name.
  package struct ID: Hashable, Sendable {
    package var session: String
    package var attempt: AttemptID
  }

  package var id: ID { ID(session: session, attempt: attempt) }

  package init(session: String, sessionID: String, attempt: AttemptID) {
    self.session = session
    self.sessionID = sessionID
    self.attempt = attempt
  }
}

/// In which order an annotator goes through which chains.
///
/// Shares, shuffles and the places of gold and repeated chains follow from hashes of session id,
/// attempt id and seed alone: they are the same on every machine, in whatever order the files lie.
package struct QueuePlan: Equatable, Sendable {
  package enum Order: String, CaseIterable, Sendable {
    /// As the sessions and their attempts lie in the library.
    case file
    /// By chance, the same for a seed.
    case shuffle
    /// The least sure first.
    case uncertainty
    /// Right answer, wrong road first, or the reverse.
    case conflict
    /// Those that others' labels differ on most first.
    case disagreement
  }

  /// One of several annotators' shares.
  package struct Part: Equatable, Sendable {
    /// From 1.
    package var number: Int
    package var count: Int
    package init(number: Int, count: Int) {
      self.number = number
      self.count = count
    }
  }

  package var order = Order.file
  package var part: Part?
  /// Share of the chains that everybody gets, 0 to 1.
  package var overlap = 0.0
  package var seed = 0
  /// One chain in so many is one with gold labels; `nil` leaves them where the order has them.
  package var goldEvery: Int?
  /// So many chains with gold labels come first, the same for everybody.
  package var screening = 0
  /// Share of the chains that come a second time, 0 to 1.
  package var repeats = 0.0
  package var asksAboutChain = true
  package init() {}

  /// A chain comes again after so many others at the earliest.
  package static let leastDistance = 5
  /// It comes within so many after that, if there are so many.
  private static let spread = 24

  // MARK: Shares

  /// Whether everybody gets this chain.
  package func isCommon(_ chain: LabelCandidate) -> Bool {
    unit("common", chain) < overlap
  }

  /// Whose chain it is, from 1, if it is not everybody's.
  ///
  /// A chain's own hash decides, so that chains that are added later move no other; the price is
  /// that shares are equal only about.
  package func owner(of chain: LabelCandidate, among count: Int) -> Int {
    1 + Int(hash("part", chain) % UInt64(max(count, 1)))
  }

  /// The chains of the part, in the order in which they came; all of them where there are no parts.
  package func share(of chains: [LabelCandidate]) -> [LabelCandidate] {
    guard let part else { return chains }
    let first = Set(screened(chains).map(\.id))
    return chains.filter {
      isCommon($0) || owner(of: $0, among: part.count) == part.number
        || first.contains($0.id)
    }
  }

  /// Those that come first: of all that have gold labels, whoever's part they are in.
  private func screened(_ chains: [LabelCandidate]) -> [LabelCandidate] {
    Array(shuffled(chains.filter(\.hasGold), for: "screen").prefix(max(screening, 0)))
  }

  // MARK: The queue

  /// What there is to do, one's own unfinished chains first.
  ///
  /// Chains that are done stand at the beginning, in the order in which they were done, so that
  /// going back leads to what was just left; then those that were begun, the latest first; then the
  /// others as planned. The position is the first that is not done, or past the end.
  package func queue(of chains: [LabelCandidate]) -> (items: [LabelItem], position: Int) {
    let planned = planned(chains)
    let entries = withRepeats(planned)
    func sorted(_ some: [Entry], by isBefore: (Entry, Entry) -> Bool) -> [Entry] {
      // Equal times leave the order as planned.
      some.enumerated().sorted {
        isBefore($0.element, $1.element)
          || (!isBefore($1.element, $0.element) && $0.offset < $1.offset)
      }.map(\.element)
    }
    let done = sorted(entries.filter(\.isDone)) { $0.wall < $1.wall }
    let begun = sorted(entries.filter { !$0.isDone && $0.isBegun }) { $0.wall > $1.wall }
    let fresh = entries.filter { !$0.isDone && !$0.isBegun }
    return ((done + begun + spaced(fresh, after: done + begun)).map(\.item), done.count)
  }

  private struct Entry {
    var item: LabelItem
    var isBegun: Bool
    var wall: Double
    var isDone: Bool { item.isDone }
    var id: LabelCandidate.ID { LabelCandidate.ID(session: item.session, attempt: item.attempt) }

    init(chain: LabelCandidate, pass: Int, asksAboutChain: Bool) {
      let progress = pass == 0 ? chain.progress : chain.again
      item = LabelItem(
        session: chain.session, attempt: chain.attempt, pass: pass,
        isDone: progress.isComplete(asksAboutChain: asksAboutChain))
      isBegun = progress.isBegun
      wall = progress.wall
    }
  }

  /// The share in its order, gold chains where they are to be.
  private func planned(_ chains: [LabelCandidate]) -> [LabelCandidate] {
    let share = share(of: chains)
    let first = screened(chains)
    let isFirst = Set(first.map(\.id))
    let ordered = ordered(share.filter { !isFirst.contains($0.id) })
    guard let every = goldEvery, every > 1 else { return first + ordered }
    return first + woven(ordered, every: every)
  }

  private func ordered(_ chains: [LabelCandidate]) -> [LabelCandidate] {
    func descending(_ weight: (LabelCandidate) -> Double) -> [LabelCandidate] {
      let weights = chains.map(weight)
      return chains.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }.map { chains[$0] }
    }
    switch order {
    case .file: return chains
    case .shuffle: return shuffled(chains, for: "order")
    case .uncertainty: return descending { $0.uncertainty ?? -1 }
    case .conflict: return descending(\.conflict)
    case .disagreement: return descending { Double($0.disagreements) }
    }
  }

  /// One gold chain in every block of `every`, at a place that nobody can guess; what is left of
  /// either comes at the end.
  private func woven(_ chains: [LabelCandidate], every: Int) -> [LabelCandidate] {
    var gold = chains.filter(\.hasGold)[...]
    var others = chains.filter { !$0.hasGold }[...]
    var out: [LabelCandidate] = []
    while let next = gold.first, others.count >= every - 1 {
      gold.removeFirst()
      var block = Array(others.prefix(every - 1))
      others.removeFirst(every - 1)
      block.insert(next, at: Int(hash("gold", next) % UInt64(every)))
      out += block
    }
    return out + others + gold
  }

  /// The chains, and after each that comes again, some way off, its second time.
  private func withRepeats(_ chains: [LabelCandidate]) -> [Entry] {
    var again: [(place: Int, entry: Entry)] = []
    for (place, chain) in chains.enumerated() {
      let entry = Entry(chain: chain, pass: 1, asksAboutChain: asksAboutChain)
      // What was begun is finished, whatever is asked for now.
      guard unit("again", chain) < repeats || (entry.isBegun && !entry.isDone) else { continue }
      let distance = Self.leastDistance + Int(hash("distance", chain) % UInt64(Self.spread))
      again.append((place + distance, entry))
    }
    var out = chains.map { Entry(chain: $0, pass: 0, asksAboutChain: asksAboutChain) }
    for (place, entry) in again.sorted(by: { $0.place > $1.place }) {
      out.insert(entry, at: min(place + 1, out.count))
    }
    return out
  }

  /// Puts off what would come again too soon; what cannot be put off any more is left out.
  private func spaced(_ entries: [Entry], after before: [Entry]) -> [Entry] {
    var out = before
    /// Where each chain stands the first time.
    var places: [LabelCandidate.ID: Int] = [:]
    for (place, entry) in before.enumerated() where entry.item.pass == 0 {
      places[entry.id] = place
    }
    var waiting: [Entry] = []
    func isFarEnough(_ entry: Entry) -> Bool {
      places[entry.id].map { out.count - $0 > Self.leastDistance } ?? false
    }
    for entry in entries {
      if entry.item.pass > 0 {
        waiting.append(entry)
      } else {
        places[entry.id] = out.count
        out.append(entry)
      }
      while let place = waiting.firstIndex(where: isFarEnough) {
        out.append(waiting.remove(at: place))
      }
    }
    return Array(out[before.count...])
  }

  // MARK: Chance

  /// The same for a chain, a seed and a purpose everywhere.
  private func hash(_ purpose: String, _ chain: LabelCandidate) -> UInt64 {
    var hash = SHA256()
    hash.update("\(seed) \(purpose) \(chain.sessionID) \(chain.attempt)")
    return UInt64(hash.shortName(), radix: 16) ?? 0
  }

  /// From 0 up to, and without, 1.
  private func unit(_ purpose: String, _ chain: LabelCandidate) -> Double {
    Double(hash(purpose, chain) >> 11) / Double(1 << 53)
  }

  private func shuffled(_ chains: [LabelCandidate], for purpose: String) -> [LabelCandidate] {
    chains.map { (hash(purpose, $0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
