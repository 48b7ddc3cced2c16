import Engine
import Sessions
import Testing

@testable import Workbench

/// Settling by key what ada and bob differ on, with a disk that answers at once.
@Suite struct AdjudicatingTests {
  private static let attempt = AttemptID("a1")
  private static let sentences = [
    "Tom has 17.\n", "Bags hold 18.\n", "17 + 18 = 36.\n", "36 - 9 = 27.\n", "Answer: 27",
  ]

  private static func error(_ type: String? = nil, reason: String? = nil) -> Label {
    var label = Label(.incorrect)
    label.isFirstError = true
    label.errorType = type
    label.reason = reason
    return label
  }

  private struct Desk {
    var state: State
    var written: [Event] = []

    mutating func press(_ keys: String) { for key in keys { press(.character(key)) } }

    mutating func press(_ key: Key) {
      for effect in state.press([key]) {
        guard case .annotate(let acts) = effect, let session = state.reading?.session else {
          continue
        }
        let events = LabelAct.events(
          acts, in: session, by: "consensus", wall: Double(written.count + 10))
        written += events
        _ = reduce(&state, .recorded(events.map { Record(n: 0, t: 0, event: $0) }))
      }
    }

    var labels: [Int: Label] { state.reading?.labels(by: "consensus") ?? [:] }
    var verdicts: [Int: Verdict] { labels.compactMapValues(\.verdict) }
    var item: Int? { state.reading?.item }
    var weighing: Weighing? { state.reading?.labelling?.weighing.value }
    /// The key that takes over what somebody said.
    func key(of name: String) -> String {
      weighing?.voices.firstIndex { $0.annotator == name }.map(Weighing.letter) ?? "?"
    }
    func sources(_ step: Int) -> [LabelSource]? {
      written.compactMap { event in
        if case .labelled(let line) = event, line.step == step { line } else { nil }
      }.last?.sources
    }
  }

  private static func books(_ all: [String: [Int: Label]], of session: Session) -> [LabelBook] {
    all.sorted { $0.key < $1.key }.map { name, labels in
      var book = LabelBook(annotator: name)
      let acts = labels.sorted { $0.key < $1.key }.map {
        LabelAct.label(StepID(attempt: attempt, index: $0.key), $0.value, pass: 0, seconds: nil)
      }
      for event in LabelAct.events(acts, in: session, by: name, wall: 1) { book.apply(event) }
      return book
    }
  }

  private static func scene() -> Scene {
    var scene = Scene()
    scene.start("a1")
    for text in sentences { scene.step("a1", [(text, 0.9)]) }
    scene.finish("a1", answer: "27")
    return scene
  }

  private func weighing(_ all: [String: [Int: Label]], isFinal: Bool = false) throws -> Weighing {
    let session = try #require(Self.scene().state(80, 24).reading).session
    return Weighing(
      try #require(session.attempt(Self.attempt)), of: "s",
      books: Self.books(all, of: session), names: all.keys.sorted(), isFinal: isFinal)
  }

  /// Ada has the first error at step 3, Bob at step 4; they differ on step 2 as well.
  private static let differing: [String: [Int: Label]] = [
    "ada": [0: Label(.correct), 1: Label(.neutral), 2: error("arithmetic", reason: "it is 35")],
    "bob": [0: Label(.correct), 1: Label(.correct), 2: Label(.correct), 3: error("units")],
  ]

  private func desk(_ all: [String: [Int: Label]] = differing, size: (Int, Int) = (120, 36)) -> Desk
  {
    var state = Self.scene().state(size.0, size.1)
    state.settings.annotator = "consensus"
    state.settings.labelling.asksAboutChain = false
    state.settings.labelling.adjudication = Adjudication(names: all.keys.sorted())
    if let session = state.reading?.session {
      state.reading?.books = Self.books(all, of: session)
    }
    state.work = LabelQueue(
      items: [LabelItem(session: "/s", attempt: Self.attempt)], position: 0, title: "marbles")
    state.showItem()
    return Desk(state: state)
  }

  // MARK: What is in dispute

  @Test func `other verdicts are a dispute, and first errors at different steps`() throws {
    #expect(try weighing(Self.differing).disputed == [1, 2, 3])
  }

  @Test func `a step that only one has rated is none`() throws {
    let all = [
      "ada": [0: Label(.correct), 1: Label(.incorrect)], "bob": [0: Label(.correct)],
    ]
    let weighing = try weighing(all)
    #expect(weighing.disputed.isEmpty)
    #expect(weighing.agreed(1)?.verdict == .incorrect)
    #expect(weighing.agreed(2) == nil)
  }

  @Test func `what was said first counts, or what stands in the end`() throws {
    let session = try #require(Self.scene().state(80, 24).reading).session
    let chain = try #require(session.attempt(Self.attempt))
    var books = Self.books(
      ["ada": [0: Label(.correct)], "bob": [0: Label(.incorrect)]], of: session)
    let id = StepID(attempt: Self.attempt, index: 0)
    for act in [
      LabelAct.reveal(Self.attempt, step: nil, pass: 0),
      .label(id, Label(.correct), pass: 0, seconds: nil),
    ] {
      for event in LabelAct.events([act], in: session, by: "bob", wall: 2) {
        books[1].apply(event)
      }
    }
    func disputed(_ isFinal: Bool) -> [Int] {
      Weighing(chain, of: "s", books: books, names: ["ada", "bob"], isFinal: isFinal).disputed
    }
    #expect(disputed(false) == [0])
    #expect(disputed(true).isEmpty)
  }

  @Test func `labels of who is not named, and on other text, are not weighed`() throws {
    let session = try #require(Self.scene().state(80, 24).reading).session
    let chain = try #require(session.attempt(Self.attempt))
    var books = Self.books(
      ["ada": [0: Label(.correct)], "bob": [0: Label(.incorrect)]], of: session)
    books[0].apply(
      .labelled(
        Labelled(
          step: StepID(attempt: Self.attempt, index: 1), digest: "other", annotator: "ada", wall: 3,
          label: Label(.incorrect))))
    let both = Weighing(chain, of: "s", books: books, names: ["ada", "bob"])
    #expect(both.disputed == [0])
    #expect(both.orphans == 1)
    #expect(Weighing(chain, of: "s", books: books, names: ["ada"]).disputed.isEmpty)
  }

  @Test func `the order of labels is the same every time, and not that of names`() throws {
    let session = try #require(Self.scene().state(80, 24).reading).session
    let chain = try #require(session.attempt(Self.attempt))
    let books = Self.books(
      ["ada": [0: Label(.correct)], "bob": [0: Label(.incorrect)]], of: session)
    func order(_ session: String) -> [String] {
      Weighing(chain, of: session, books: books, names: ["ada", "bob"]).voices.map(\.annotator)
    }
    let orders = (0..<20).map { order("s\($0)") }
    #expect(orders == (0..<20).map { order("s\($0)") })
    #expect(Set(orders) == [["ada", "bob"], ["bob", "ada"]])
  }

  // MARK: Deciding

  @Test func `one key decides, then comes the next step in dispute`() {
    var desk = desk()
    #expect(desk.item == 1)
    desk.press("2")
    #expect(desk.verdicts == [1: .neutral])
    #expect(desk.item == 2)
    desk.press("[")
    #expect(desk.item == 1)
    desk.press(.enter)
    #expect(desk.item == 2)
  }

  @Test func `with the last decision the consensus is whole and names its sources`() {
    var desk = desk()
    desk.press("3")
    #expect(desk.verdicts[0] == nil)
    desk.press(desk.key(of: "ada"))
    #expect(desk.verdicts == [0: .correct, 1: .correct, 2: .incorrect])
    #expect(desk.labels[2] == Self.error("arithmetic", reason: "it is 35"))
    #expect(
      desk.sources(2) == [
        LabelSource(annotator: "ada", verdict: .incorrect, errorType: "arithmetic"),
        LabelSource(annotator: "bob", verdict: .correct),
      ])
    #expect(desk.sources(0)?.map(\.verdict) == [.correct, .correct])
    // Step 4 lies behind the first error: it is settled with it.
    #expect(desk.weighing?.open(desk.labels) == [])
    #expect(desk.state.work?.doneCount == 1)
  }

  @Test func `what all agree on behind the last dispute is taken over, their first error too`() {
    let all: [String: [Int: Label]] = [
      "ada": [0: Label(.neutral), 1: Label(.correct), 2: Self.error("units", reason: "cm")],
      "bob": [0: Label(.correct), 1: Label(.correct), 2: Self.error("units")],
    ]
    var desk = desk(all)
    desk.press("3")
    #expect(desk.verdicts == [0: .correct, 1: .correct, 2: .incorrect])
    #expect(desk.labels[2] == Self.error("units", reason: "cm"))
  }

  @Test func `undo takes back a decision and what was written with it, redo brings both`() {
    var desk = desk()
    desk.press("3" + desk.key(of: "ada"))
    let settled = desk.labels
    desk.press("z")
    #expect(desk.verdicts == [1: .correct])
    #expect(desk.state.work?.doneCount == 0)
    #expect(desk.state.work?.current?.settled == 1)
    #expect(desk.item == 2)
    desk.press("z")
    #expect(desk.verdicts.isEmpty)
    desk.press("ZZ")
    #expect(desk.labels == settled)
    #expect(desk.weighing?.open(desk.labels) == [])
    #expect(desk.state.work?.doneCount == 1)
    #expect(desk.item == 2)
  }

  @Test func `a decision that is nobody's asks for its reason`() {
    var desk = desk()
    desk.press("1")
    #expect(desk.state.prompt?.kind == .soleReason)
    #expect(desk.item == 1)
    desk.press("both are off")
    desk.press(.enter)
    #expect(desk.labels[1]?.reason == "both are off")
    #expect(desk.item == 2)
    desk.press("3")
    #expect(desk.state.prompt == nil)
  }

  @Test func `an earlier first error takes back what was taken over behind it`() {
    let all: [String: [Int: Label]] = [
      "ada": [0: Label(.correct), 1: Label(.incorrect), 2: Label(.correct)],
      "bob": [0: Label(.correct), 1: Label(.correct), 2: Label(.correct)],
    ]
    var desk = desk(all)
    desk.press("3")
    #expect(desk.verdicts == [0: .correct, 1: .correct, 2: .correct])
    desk.press("gjf")
    #expect(desk.verdicts == [0: .correct, 1: .incorrect])
  }

  @Test func `what all agreed on is open again when another differs, and any decision settles it`()
    throws
  {
    var desk = desk(["ada": [0: Label(.correct)], "bob": [0: Label(.incorrect)]])
    let id = StepID(attempt: Self.attempt, index: 0)
    let session = try #require(desk.state.reading).session
    let alone = [LabelSource(annotator: "ada", verdict: .correct)]
    for event in LabelAct.events(
      [.label(id, Label(.correct), pass: 0, seconds: nil, sources: alone)], in: session,
      by: "consensus", wall: 2)
    { desk.state.reading?.take(label: event, by: "consensus", isOwn: true) }
    desk.state.showItem()
    #expect(desk.weighing?.open(desk.labels) == [0])
    desk.press("3")
    #expect(desk.weighing?.open(desk.labels) == [])
    #expect(desk.sources(0)?.map(\.annotator) == ["ada", "bob"])
  }

  @Test func `a label that is not there cannot be taken over`() {
    var desk = desk()
    desk.press("C")
    #expect(desk.state.notice?.text == "there is no label C on this chain")
    desk.press("jj" + desk.key(of: "ada"))
    #expect(desk.state.notice?.text == "\(desk.key(of: "ada")) did not rate this step")
    #expect(desk.written.isEmpty)
  }

  // MARK: What is shown

  private func text(_ state: State) -> String { GoldenPicture.describe(view(state)) }

  @Test func `names and critic are hidden until asked for, and until the chain is settled`() {
    var desk = desk()
    #expect(!text(desk.state).contains("ada"))
    #expect(!desk.state.hidden.isNothing)
    desk.press("o")
    #expect(!desk.state.hidden.isNothing)
    desk.press("V")
    #expect(text(desk.state).contains("ada"))
    desk.press("V")
    #expect(!text(desk.state).contains("ada"))
    desk.press("3" + desk.key(of: "ada") + "o")
    #expect(desk.state.hidden.isNothing)
  }

  @Test func `nobody labels by themselves under the name of the consensus`() {
    var state = Self.scene().state(80, 24)
    state.settings.annotator = "consensus"
    _ = state.press([.character("a")])
    #expect(state.reading?.labelling == nil)
  }
}
