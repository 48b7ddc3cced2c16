import Sessions
import Testing

@testable import Workbench

@Suite struct QueuePlanTests {
  private func chains(_ count: Int, from start: Int = 0) -> [LabelCandidate] {
    (start..<start + count).map {
      LabelCandidate(
        session: "/library/s\($0 / 4)", sessionID: "s\($0 / 4)", attempt: AttemptID("a\($0)"))
    }
  }

  private func plan(_ change: (inout QueuePlan) -> Void = { _ in }) -> QueuePlan {
    var plan = QueuePlan()
    plan.asksAboutChain = false
    change(&plan)
    return plan
  }

  private func progress(rated: Int, of steps: Int = 3, wall: Double = 1) -> ChainProgress {
    var progress = ChainProgress()
    (progress.steps, progress.rated, progress.wall) = (steps, rated, wall)
    progress.isBegun = rated > 0
    return progress
  }

  /// So many chains of three steps, nothing rated.
  private func fresh(_ count: Int) -> [LabelCandidate] {
    chains(count).map {
      var chain = $0
      chain.progress = progress(rated: 0)
      chain.again = progress(rated: 0)
      return chain
    }
  }

  private func names(_ items: [LabelItem]) -> [String] {
    items.map { "\($0.attempt)" + ($0.pass > 0 ? "'" : "") }
  }

  // MARK: Shares

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7])
  func `shares have the common chains and nothing else in common, and are everything`(seed: Int) {
    let all = chains(400)
    let parts = (1...5).map { number in
      plan {
        $0.part = .init(number: number, count: 5)
        ($0.overlap, $0.seed) = (0.2, seed)
      }
    }
    let shares = parts.map { plan in Set(plan.share(of: all).map(\.attempt)) }
    let common = Set(all.filter(parts[0].isCommon).map(\.attempt))
    for left in 0..<5 {
      for right in 0..<left {
        #expect(shares[left].intersection(shares[right]) == common, "seed \(seed)")
      }
    }
    #expect(shares.reduce([]) { $0.union($1) } == Set(all.map(\.attempt)))
    // Five standard deviations of a draw of 400.
    #expect(abs(common.count - 80) < 40)
    for share in shares { #expect(abs(share.count - common.count - 64) < 40) }
  }

  @Test func `shares and shuffles are the same whatever the order of the files`() {
    let all = fresh(120)
    for number in 1...3 {
      let plan = plan {
        $0.part = .init(number: number, count: 3)
        ($0.overlap, $0.order, $0.repeats, $0.seed) = (0.3, .shuffle, 0.2, 7)
      }
      let items = plan.queue(of: all).items
      #expect(!items.isEmpty)
      #expect(plan.queue(of: all.reversed()).items == items)
      var generator = Seeded(UInt64(number))
      #expect(plan.queue(of: all.shuffled(using: &generator)).items == items)
    }
  }

  @Test func `chains that are added move no other to another part`() {
    let (some, all) = (chains(200), chains(260))
    for number in 1...4 {
      let plan = plan {
        $0.part = .init(number: number, count: 4)
        $0.overlap = 0.25
      }
      let before = Set(plan.share(of: some).map(\.attempt))
      let after = Set(plan.share(of: all).map(\.attempt))
      #expect(after.intersection(some.map(\.attempt)) == before)
    }
  }

  @Test func `another seed gives other shares`() {
    let all = chains(200)
    let shares = [1, 2].map { seed in
      plan {
        $0.part = .init(number: 1, count: 4)
        $0.seed = seed
      }.share(of: all)
    }
    #expect(shares[0] != shares[1])
  }

  @Test func `with all in common everybody gets everything, with nothing each has their own`() {
    let all = chains(60)
    let whole = plan {
      $0.part = .init(number: 2, count: 5)
      $0.overlap = 1
    }
    #expect(whole.share(of: all) == all)
    let apart = (1...5).map { number in
      plan { $0.part = .init(number: number, count: 5) }.share(of: all).count
    }
    #expect(apart.reduce(0, +) == 60)
  }

  // MARK: Order

  @Test func `weights put the most telling first and leave equals as they lie`() {
    var all = fresh(4)
    (all[1].uncertainty, all[2].uncertainty, all[3].uncertainty) = (0.2, 0.9, 0.2)
    (all[0].conflict, all[3].conflict) = (1, 2)
    all[2].disagreements = 4
    func order(_ order: QueuePlan.Order) -> [String] {
      names(plan { $0.order = order }.queue(of: all).items)
    }
    #expect(order(.file) == ["a0", "a1", "a2", "a3"])
    #expect(order(.uncertainty) == ["a2", "a1", "a3", "a0"])
    #expect(order(.conflict) == ["a3", "a0", "a1", "a2"])
    #expect(order(.disagreement) == ["a2", "a0", "a1", "a3"])
    #expect(Set(order(.shuffle)) == ["a0", "a1", "a2", "a3"])
  }

  @Test func `one's own unfinished chain comes first, what was done before it, in its order`() {
    var all = fresh(6)
    all[4].progress = progress(rated: 3, wall: 10)
    all[1].progress = progress(rated: 3, wall: 20)
    all[5].progress = progress(rated: 1, wall: 5)
    all[3].progress = progress(rated: 2, wall: 30)
    let (items, position) = plan().queue(of: all)
    #expect(names(items) == ["a4", "a1", "a3", "a5", "a0", "a2"])
    #expect(items.map(\.isDone) == [true, true, false, false, false, false])
    #expect(position == 2)
  }

  @Test func `when all is done the position is past the end`() {
    let all = fresh(3).map {
      var chain = $0
      chain.progress = progress(rated: 3)
      return chain
    }
    let (items, position) = plan().queue(of: all)
    #expect(position == items.count)
    #expect(plan().queue(of: []).items.isEmpty)
  }

  @Test func `where the whole is asked about a chain that was only rated is not done`() {
    var all = fresh(2)
    all[1].progress = progress(rated: 3)
    #expect(names(plan { $0.asksAboutChain = true }.queue(of: all).items) == ["a1", "a0"])
  }

  // MARK: Gold, screening, repeats

  private func withGold(_ count: Int, every: Int) -> [LabelCandidate] {
    fresh(count).enumerated().map { index, chain in
      var chain = chain
      chain.hasGold = index % every == 0
      return chain
    }
  }

  @Test func `every block of so many has one gold chain, at no fixed place, and none is lost`() {
    let all = withGold(80, every: 4)
    let gold = Set(all.filter(\.hasGold).map(\.attempt))
    let items = plan { $0.goldEvery = 5 }.queue(of: all).items
    var places: Set<Int> = []
    for block in 0..<15 {
      let inside = (0..<5).filter { gold.contains(items[block * 5 + $0].attempt) }
      #expect(inside.count == 1, "block \(block)")
      places.formUnion(inside)
    }
    #expect(places.count > 1)
    #expect(Set(items.map(\.attempt)) == Set(all.map(\.attempt)))
    #expect(items.count == 80)
  }

  @Test func `the first so many have gold labels and are the same for everybody`() {
    let all = withGold(80, every: 4)
    let gold = Set(all.filter(\.hasGold).map(\.attempt))
    let firsts = (1...3).map { number in
      plan {
        $0.part = .init(number: number, count: 3)
        ($0.screening, $0.order, $0.goldEvery) = (6, .shuffle, 4)
      }.queue(of: all).items.prefix(6).map(\.attempt)
    }
    #expect(Set(firsts[0]).isSubset(of: gold))
    #expect(Set(firsts[0]).count == 6)
    #expect(firsts[1] == firsts[0] && firsts[2] == firsts[0])
  }

  @Test(arguments: 0..<10)
  func `what comes again comes once more, and never among the next few`(seed: Int) {
    let all = fresh(60)
    let items = plan {
      ($0.repeats, $0.seed, $0.order) = (0.3, seed, .shuffle)
    }.queue(of: all).items
    let again = items.indices.filter { items[$0].pass == 1 }
    #expect(again.count > 3 && again.count < 36, "seed \(seed)")
    for place in again {
      let first = items.firstIndex { $0.attempt == items[place].attempt && $0.pass == 0 }
      #expect(place - (first ?? place) > QueuePlan.leastDistance, "seed \(seed)")
    }
    #expect(Set(names(items)).count == items.count)
    #expect(items.count { $0.pass == 0 } == 60)
  }

  @Test func `attempts of one name in different sessions are different chains`() {
    let all = (0..<40).map { index in
      var chain = LabelCandidate(
        session: "/library/s\(index)", sessionID: "s\(index)", attempt: AttemptID("a1"))
      chain.progress.steps = 2
      chain.again.steps = 2
      chain.hasGold = index < 10
      return chain
    }
    let items = plan { ($0.screening, $0.repeats) = (3, 0.5) }.queue(of: all).items
    #expect(items.count { $0.pass == 0 } == 40)
    #expect(items.contains { $0.pass == 1 })
    let parts = (1...2).map { number in
      plan {
        $0.part = .init(number: number, count: 2)
        $0.screening = 3
      }.share(of: all).count
    }
    #expect(parts.reduce(0, +) == 43)
  }

  @Test func `of too few chains none comes again`() {
    let items = plan { $0.repeats = 1 }.queue(of: fresh(4)).items
    #expect(items.map(\.pass) == [0, 0, 0, 0])
  }

  @Test func `what was just finished does not come again among the next few either`() {
    var all = fresh(30)
    for index in 0..<10 { all[index].progress = progress(rated: 3, wall: Double(100 - index)) }
    let (items, position) = plan { $0.repeats = 1 }.queue(of: all)
    #expect(position == 10)
    for place in items.indices where items[place].pass == 1 {
      let first = items.firstIndex { $0.attempt == items[place].attempt && $0.pass == 0 }
      #expect(place - (first ?? place) > QueuePlan.leastDistance)
    }
    #expect(items.contains { $0.pass == 1 })
  }

  @Test func `a second time that was begun is finished, whatever is asked for now`() {
    var all = fresh(10)
    all[2].progress = progress(rated: 3, wall: 1)
    all[2].again = progress(rated: 1, wall: 9)
    let (items, position) = plan().queue(of: all)
    #expect(names(items).prefix(3) == ["a2", "a2'", "a0"])
    #expect(position == 1)
  }
}
