import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReduceNarrowingTests {
  private static func summary(
    _ id: String, _ title: String, annotators: [String] = [], sets: [String] = []
  ) -> SessionSummary {
    var summary = SessionSummary(
      id: id, path: "/l/\(id)", title: title, created: 1, lastActivity: 1)
    summary.annotators = annotators
    summary.sets = sets
    return summary
  }

  private static let sessions = [
    summary("s1", "Marbles", annotators: ["ada"], sets: ["prmbench"]),
    summary("s2", "Trains", sets: ["gsm8k"]), summary("s3", "Boxes", annotators: ["ada", "bob"]),
  ]

  private func home() -> State {
    var state = State(size: Size(columns: 80, rows: 24))
    state.settings.solver = "m"
    _ = reduce(&state, .libraryListed(Self.sessions))
    _ = reduce(&state, .problemSetsFound([ProblemSet(name: "arithmetic", problems: [])]))
    return state
  }

  private func ids(_ state: State) -> [String] {
    state.home.items.map { if case .session(let session) = $0 { session.id } else { "-" } }
  }

  private func hit(step: Int, _ match: String, kind: TextPlace.Kind = .answer) -> TextHit {
    TextHit(
      place: TextPlace(kind, attempt: AttemptID("a1"), step: step), snippet: "so \(match) it is",
      range: 3..<(3 + match.utf8.count), match: match)
  }

  /// Types and gives the index's answer to what was typed.
  private func searched(_ words: String, in paths: Set<String>) -> State {
    var state = home()
    _ = state.press([.character("/")])
    state.type(words)
    _ = reduce(
      &state, .textFound(words: words.split(separator: " ").map(String.init), paths: paths))
    return state
  }

  @Test func `every letter asks the index, and titles are there before it answers`() {
    var state = home()
    #expect(state.press([.character("/"), .character("t")]) == [.findText(["t"])])
    #expect(ids(state).contains("s2"))
    #expect(state.press([.character("r")]) == [.findText(["tr"])])
    #expect(ids(state) == ["s2"])
    #expect(
      reduce(&state, .textFound(words: ["tr"], paths: ["/l/s3"]))
        == [.locateText(["tr"], paths: ["/l/s3"])])
    #expect(ids(state) == ["s2", "s3"])
  }

  @Test func `an answer to what is no longer asked changes nothing`() {
    var state = searched("tr", in: ["/l/s3"])
    let before = state
    #expect(reduce(&state, .textFound(words: ["t"], paths: ["/l/s1"])) == [])
    #expect(state == before)
    // One letter more: what was found stays until the index has answered.
    _ = state.press([.character("a")])
    #expect(ids(state) == ["s2", "s3"])
    _ = reduce(&state, .textFound(words: ["tra"], paths: []))
    #expect(ids(state) == ["s2"])
  }

  @Test func `a filter adds up, is seen, and one Esc takes all away`() {
    var state = home()
    _ = state.press([.character("!")])
    state.type("annotator:ada")
    _ = state.press([.enter])
    #expect(ids(state) == ["s1", "s3"])
    _ = state.press([.character("!")])
    state.type("!annotator:bob")
    _ = state.press([.enter])
    #expect(ids(state) == ["s1"])
    let drawn = view(state).rows.map { GoldenPicture.text($0) }.joined(separator: "\n")
    #expect(drawn.contains("annotator:ada !annotator:bob") && drawn.contains("1 of 3"))
    _ = state.press([.escape])
    #expect(ids(state).prefix(3) == ["s1", "s2", "s3"])
    #expect(!state.home.isNarrowed)
  }

  @Test func `a filter that is none is refused with a sentence`() {
    var state = home()
    _ = state.press([.character("!")])
    state.type("state:done")
    #expect(state.press([.enter]) == [])
    #expect(state.notice?.weight == .warning)
    #expect(state.notice?.text.contains("finished") == true)
    #expect(!state.home.isNarrowed)
  }

  @Test func `fields and what sessions have of them are completed`() {
    let state = home()
    #expect(
      state.filterCompletions(of: "") == ["set:", "model:", "state:", "annotator:", "disagree:"])
    #expect(state.filterCompletions(of: "set:a !ann") == ["set:a !annotator:"])
    #expect(
      state.filterCompletions(of: "!annotator:") == ["!annotator:ada", "!annotator:bob"])
    #expect(state.filterCompletions(of: "disagree:y") == ["disagree:yes"])
    #expect(state.filterCompletions(of: "set:p") == ["set:prmbench"])
    #expect(state.filterCompletions(of: "colour:r") == [])
  }

  @Test func `the list of last time gives way to the whole one, and the choice stays`() {
    var state = State(size: Size(columns: 80, rows: 24))
    _ = reduce(&state, .libraryListed(Array(Self.sessions.prefix(2)), isWhole: false))
    #expect(state.home.isListing && ids(state) == ["s1", "s2"])
    _ = state.press([.character("j")])
    _ = reduce(&state, .libraryIndexing(done: 128, count: 500))
    let title = GoldenPicture.text(view(state).rows[0])
    #expect(title.contains("128 of 500"), "\(title)")
    _ = reduce(&state, .libraryListed(Self.sessions.reversed()))
    #expect(ids(state) == ["s3", "s2", "s1"] && state.home.selection == 1)
    #expect(!state.home.isListing && state.home.indexing == nil)
    // What is remembered while the whole list stands is no news.
    _ = reduce(&state, .libraryListed([], isWhole: false))
    #expect(ids(state) == ["s3", "s2", "s1"])
  }

  @Test func `a hit is opened at its step, with what was found marked`() {
    var state = searched("thirty", in: ["/l/s3"])
    _ = reduce(&state, .textLocated(words: ["thirty"], hits: ["/l/s3": hit(step: 1, "36")]))
    #expect(
      state.press([.enter, .enter]) == [.open(session: "s3", replaying: false)])
    show(&state)
    #expect(state.reading?.item == 1)
    #expect(state.reading?.search?.current?.item == 1)
    #expect(state.reading?.follows == false)
    #expect(state.landing == nil)
  }

  @Test func `a hit that is located after its session was opened is gone to as well`() {
    var state = searched("thirty", in: ["/l/s3"])
    #expect(
      state.press([.enter, .enter])
        == [.locateText(["thirty"], paths: ["/l/s3"]), .open(session: "s3", replaying: false)])
    show(&state)
    #expect(state.reading?.search == nil)
    _ = reduce(&state, .textLocated(words: ["thirty"], hits: ["/l/s3": hit(step: 1, "36")]))
    #expect(state.reading?.item == 1 && state.reading?.search?.needle == "36")
  }

  @Test(arguments: [-5, 3, 99, 1 << 40])
  func `a hit in a step that is not there harms nobody`(step: Int) {
    var state = searched("thirty", in: ["/l/s3"])
    _ = reduce(&state, .textLocated(words: ["thirty"], hits: ["/l/s3": hit(step: step, "36")]))
    _ = state.press([.enter, .enter])
    show(&state)
    #expect(state.reading?.attempt?.steps.indices.contains(state.reading?.item ?? -1) == true)
    _ = view(state)
  }

  @Test func `a hit in a critique is shown in the critic's pane`() {
    var state = searched("thirty", in: ["/l/s3"])
    var found = hit(step: 1, "36", kind: .verdict)
    found.place.critique = CritiqueID("c1")
    _ = reduce(&state, .textLocated(words: ["thirty"], hits: ["/l/s3": found]))
    _ = state.press([.enter, .enter])
    show(&state)
    #expect(state.reading?.region == .critic && state.reading?.item == 1)
    #expect(state.reading?.shownCritique == CritiqueID("c1"))
  }

  private func show(_ state: inout State) {
    guard let session = Scene.judged.state(80, 24).reading?.session else { return }
    _ = reduce(
      &state, .sessionOpened(SessionShown(session: session, isReadOnly: false, isWhole: true)))
  }

  @Test func `words are found and located by the runtime`() async throws {
    let bench = try Bench(["solver": ScriptedModel(scripts: [.right])])
    await bench.carryOut(.begin(.marbles, samples: 1), .closeSession, .listLibrary)
    await bench.carryOut(.findText(["hold"]), .findText(["35"]))
    let paths = bench.messages.compactMap { message -> Set<String>? in
      if case .textFound(["35"], let paths) = message { paths } else { nil }
    }.last
    let path = try #require(paths?.first)
    await bench.carryOut(.locateText(["35"], paths: [path, "/no/such"]))
    let hits = bench.messages.compactMap { message -> [String: TextHit]? in
      if case .textLocated(_, let hits) = message { hits } else { nil }
    }.last
    #expect(hits?.keys.sorted() == [path])
    #expect(hits?[path]?.place.step == 1)
  }
}
