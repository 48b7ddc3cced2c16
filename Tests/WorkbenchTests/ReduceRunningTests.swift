import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReduceRunningTests {
  private let attempt = AttemptID("a1")

  private func reading(
    _ scene: Scene = .judged, _ change: (inout State) -> Void = { _ in }
  ) -> State {
    scene.state(120, 30) {
      $0.settings.solver = "m"
      change(&$0)
    }
  }

  private var fromScratch: Effect {
    .round(RoundRequest(parent: attempt, strategy: .fromScratch, critique: CritiqueID("c1")))
  }

  @Test func `capitals run at once`() {
    var state = reading()
    #expect(state.press([.character("C")]) == [.critique(attempt)])
    state = reading()
    #expect(state.press([.character("R")]) == [fromScratch])
    state = reading()
    #expect(
      state.press([.character("j"), .character("B")])
        == [
          .round(
            RoundRequest(
              parent: attempt, strategy: .fromStep, critique: CritiqueID("c1"), fromStep: 1))
        ])
    state = reading()
    #expect(state.press([.character("A")]) == [.attempt])
  }

  @Test func `c asks for the critic, filled in with the last one, and enter runs`() {
    var state = reading { $0.settings.critic = "http://h#c" }
    #expect(state.press([.character("c")]) == [])
    #expect(state.prompt?.editor.text == "http://h#c")
    #expect(state.press([.enter]) == [.critique(attempt)])
  }

  @Test func `a hint goes with the round`() {
    var state = reading()
    _ = state.press([.character("r")])
    state.type("count the bags")
    guard case .round(let request)? = state.press([.enter]).first else {
      Issue.record("no round")
      return
    }
    #expect(request.hint == "count the bags")
    #expect(request.strategy == .fromScratch)
  }

  @Test func `tab in a correction turns to the step's own text`() {
    var state = reading()
    _ = state.press([.character("j"), .character("b")])
    state.type("careful")
    _ = state.press([.tab])
    #expect(state.prompt?.kind == .stepText)
    #expect(state.prompt?.editor.text == "17 + 18 = 36 marbles.")
    _ = state.press([.control("u")])
    state.type("17 + 18 = 35 marbles.")
    #expect(
      state.press([.enter])
        == [
          .round(
            RoundRequest(
              parent: attempt, strategy: .fromStep, critique: CritiqueID("c1"), fromStep: 1,
              hint: "careful", editedStep: "17 + 18 = 35 marbles."))
        ])
  }

  @Test func `what is asked for meanwhile waits, one after the other`() {
    var state = reading()
    #expect(state.press([.character("C")]) == [.critique(attempt)])
    // Nothing is on record of the critique yet: the queue must not depend on that.
    #expect(state.press([.character("R")]) == [])
    #expect(state.press([.character("A")]) == [])
    #expect(state.queue == [fromScratch, .attempt])
    #expect(reduce(&state, .settled) == [fromScratch])
    #expect(state.press([.character("C")]) == [])
    #expect(reduce(&state, .settled) == [.attempt])
    #expect(reduce(&state, .settled) == [.critique(attempt)])
    #expect(reduce(&state, .settled) == [])
    #expect(state.isCalling == false)
  }

  @Test func `escape stops what runs, says that the queue goes on, and stops that in its turn`() {
    var state = reading()
    _ = state.press([.character("C"), .character("R")])
    #expect(state.press([.escape]) == [.stop])
    #expect(state.notice?.text.contains("what is queued runs") == true)
    #expect(reduce(&state, .settled) == [fromScratch])
    #expect(state.press([.escape]) == [.stop])
    #expect(reduce(&state, .settled) == [])
    #expect(state.press([.escape]) == [])
  }

  @Test func `several critiques of one attempt are looked at in turn`() {
    var scene = Scene.judged
    scene.critique(
      "c2", of: "a1", steps: [0, 1, 2, 3], [], finished: CritiqueFinished.FirstError.none)
    var state = reading(scene)
    var shown: [String?] = [state.reading?.critique?.id.description]
    for _ in 0..<2 {
      _ = state.press([.character(";")])
      shown.append(state.reading?.critique?.id.description)
    }
    #expect(shown == ["c2", "c1", "c2"])
  }

  @Test func `a long session left before it was all read does not come back`() {
    var state = State(size: Size(columns: 80, rows: 24))
    let session = Scene.judged.session
    func opened(isWhole: Bool) -> Message {
      .sessionOpened(SessionShown(session: session, isReadOnly: !isWhole, isWhole: isWhole))
    }
    _ = reduce(&state, opened(isWhole: false))
    #expect(state.press([.character("q")]).first == .closeSession)
    _ = reduce(&state, opened(isWhole: true))
    #expect(state.screen == .home)
    _ = reduce(&state, opened(isWhole: true))
    #expect(state.screen == .session)
  }

  @Test func `a round asked for may be read before the copy of an example is made`() {
    var state = reading()
    _ = state.press([.character("j"), .character("C")])
    let shown = SessionShown(session: Scene.judged.session, isReadOnly: false, isWhole: true)
    _ = reduce(&state, .sessionOpened(shown))
    #expect(state.reading?.item == 1)
    #expect(state.isCalling)
  }

  @Test func `one cannot leave while a model runs, but can afterwards`() {
    var state = reading()
    _ = state.press([.character("C")])
    #expect(state.press([.character("q")]) == [])
    #expect(state.screen == .session)
    _ = reduce(&state, .settled)
    #expect(state.press([.character("q")]) == [.closeSession, .listLibrary])
    #expect(state.screen == .home)
  }

  @Test func `a session another program writes can be left while it runs there`() {
    var state = reading(.marbles) { $0.reading?.isReadOnly = true }
    #expect(state.reading?.session.isRunning == true)
    #expect(state.press([.character("q")]) == [.closeSession, .listLibrary])
  }

  @Test func `a read-only session refuses calls with the reason, and takes marks`() {
    var state = reading {
      $0.reading?.isReadOnly = true
      $0.saving = .readOnly(reason: "another program has it")
    }
    for key in "CRBA" {
      #expect(state.press([.character(key)]) == [], "\(key)")
      #expect(state.notice == Notice("another program has it", .warning), "\(key)")
    }
    _ = state.press([.character("a"), .character("1")])
    #expect(state.reading?.labels(by: "me")[0]?.verdict == .incorrect)
  }

  @Test func `without a model one is asked for, and nothing runs`() {
    var state = reading { $0.settings.solver = nil }
    #expect(state.press([.character("R")]) == [])
    #expect(state.prompt?.kind == .solver)
    #expect(state.isCalling == false)
  }

  @Test func `only what was cut off can be gone on with`() {
    var state = reading()
    #expect(state.press([.character("u")]) == [])
    var cut = Scene.marbles
    cut.finish("a1", .cancelled)
    state = reading(cut)
    #expect(state.press([.character("u")]) == [.continueAttempt(attempt)])
  }

  @Test func `thinking is not corrected from`() {
    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("hm.\n", 0.5)], channel: .thinking)
    scene.step("a1", [("so.\n", 0.5)])
    scene.finish("a1")
    var state = reading(scene)
    #expect(state.press([.character("B")]) == [])
    #expect(state.notice?.weight == .warning)
  }

  @Test func `an attempt asked for comes on screen, one that was not leaves the reader alone`() {
    var next = Scene.judged
    next.start("a2", parent: "a1")
    let records = Array(next.allRecords.suffix(1))
    var asked = reading()
    _ = asked.press([.character("k"), .character("R")])
    _ = reduce(&asked, .recorded(records))
    #expect(asked.reading?.attempt?.id == AttemptID("a2"))
    var reader = reading()
    _ = reader.press([.character("k")])
    _ = reduce(&reader, .recorded(records))
    #expect(reader.reading?.attempt?.id == attempt)
    _ = reader.press([.character("}")])
    #expect(reader.reading?.attempt?.id == AttemptID("a2"))
  }

  @Test func `time is told of while a model is asked, and stands still otherwise`() {
    var state = reading()
    #expect(state.tickInterval == nil)
    _ = state.press([.character("C")])
    #expect(state.tickInterval != nil)
    _ = reduce(&state, .settled)
    #expect(state.tickInterval == nil)
  }
}
