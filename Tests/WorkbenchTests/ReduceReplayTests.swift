import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReduceReplayTests {
  /// A session played back, paused at its beginning.
  private func replaying(_ scene: Scene = .judged) -> State {
    var state = scene.state(100, 30)
    _ = reduce(&state, .recordsLoaded(scene.allRecords, from: 0))
    _ = state.press([.character(" ")])
    return state
  }

  private func cursor(_ state: State) -> Int { state.reading?.replay?.cursor ?? -1 }

  @Test func `p loads the records, plays them and p again gives the session back, marks and all`() {
    var state = Scene.judged.state(100, 30)
    let mark = Marked(
      step: StepID(attempt: AttemptID("a1"), index: 0), verdict: .correct, annotator: "me",
      wall: 1, channel: .answer, start: 0, end: 1)
    _ = reduce(&state, .recorded([Record(n: 0, t: 1, event: .marked(mark))]))
    let before = state.reading?.session
    #expect(state.press([.character("p")]) == [.loadRecords(from: 0)])
    _ = reduce(&state, .recordsLoaded(Scene.judged.allRecords, from: 0))
    #expect(state.mode == .replay)
    #expect(state.reading?.replay?.isPlaying == true)
    #expect(state.reading?.session.attempts.isEmpty == true)
    #expect(state.press([.character("p")]) == [])
    #expect(state.mode == .read)
    #expect(state.reading?.session == before)
  }

  @Test(arguments: 0..<30)
  func `wherever one seeks, the session is the one of so many records`(seed: Int) {
    var random = Seeded(UInt64(seed) &+ 17)
    var scene = Scene.judged
    scene.start("a2", parent: "a1")
    scene.step("a2", [("better.\n", 0.9)])
    scene.add(.rewound(attempt: AttemptID("a2"), toSerial: 0))
    scene.add(.failed(Failed(target: nil, message: "gone")), after: 30)
    var state = replaying(scene)
    let keys: [Key] =
      [.left, .right] + ".,[]<>".map { .character($0) } + "0123456789".map { .character($0) }
    for _ in 0..<40 {
      if random.below(4) == 0 {
        _ = state.press([.character(" ")])
        _ = reduce(&state, .ticked(state.now + Double(random.below(30)) / 10))
      } else {
        _ = state.press([keys[random.below(keys.count)]])
      }
      let header = scene.session.header
      let expected = Session(header: header, replaying: scene.allRecords.prefix(cursor(state)))
      #expect(state.reading?.session == expected, "seed \(seed)")
    }
  }

  @Test func `one event on and one back are each other's opposite`() {
    var state = replaying()
    for n in 1...5 {
      _ = state.press([.character(".")])
      #expect(cursor(state) == n)
    }
    _ = state.press([.character(","), .character(",")])
    #expect(cursor(state) == 3)
    _ = state.press(Array(repeating: .character(","), count: 9))
    #expect(cursor(state) == 0)
  }

  @Test func `tenths divide the time, and markers are stopped at just after`() {
    var state = replaying()
    let duration = state.reading?.replay?.duration ?? 0
    _ = state.press([.character("5")])
    #expect(state.reading?.replay?.position == duration * 5 / 10)
    _ = state.press([.character("0")])
    #expect((state.reading?.replay?.position ?? 1) == 0)
    var kinds: [Marker.Kind?] = []
    _ = state.press(Array(repeating: .character(","), count: 3))
    for _ in 0..<3 {
      _ = state.press([.character("]")])
      kinds.append(Marker.Kind(marking: Scene.judged.allRecords[cursor(state) - 1].event))
    }
    #expect(kinds == [.attempt, .answer, .critique])
    _ = state.press([.character("]")])
    #expect(state.notice?.text == "no marker ahead")
    _ = state.press([.character("[")])
    #expect(Marker.Kind(marking: Scene.judged.allRecords[cursor(state) - 1].event) == .answer)
  }

  @Test func `a seek by name takes its tenth or says that it wants one`() {
    var state = replaying()
    state.prompt = Prompt(.command, text: "seek 5")
    _ = state.press([.enter])
    #expect(state.reading?.replay?.position == (state.reading?.replay?.duration ?? 0) * 5 / 10)
    state.prompt = Prompt(.command, text: "seek")
    _ = state.press([.enter])
    #expect(state.notice?.weight == .warning)
  }

  @Test func `speed doubles and halves within its ends`() {
    var state = replaying()
    _ = state.press(Array(repeating: .character(">"), count: 9))
    #expect(state.reading?.replay?.speed == 16)
    _ = state.press(Array(repeating: .character("<"), count: 19))
    #expect(state.reading?.replay?.speed == 0.25)
  }

  @Test func `pauses are cut to the idle time and playing ends at the end`() {
    var scene = Scene.judged
    scene.add(.settingChanged(SettingChanged(name: "seed", value: "1")), after: 500)
    var state = scene.state(100, 30) { $0.settings.idle = 1 }
    _ = reduce(&state, .recordsLoaded(scene.allRecords, from: 0))
    let times = state.reading?.replay?.timeline ?? []
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 >= $0 && $1 - $0 <= 1 })
    #expect((state.reading?.replay?.duration ?? 0) < 10)
    for _ in 0..<200 { _ = reduce(&state, .ticked(state.now + 0.1)) }
    #expect(state.reading?.replay?.isPlaying == false)
    #expect(cursor(state) == scene.allRecords.count)
    _ = state.press([.character(" ")])
    #expect(state.reading?.replay?.isPlaying == true)
    #expect(cursor(state) == 0)
  }

  @Test func `playing leaves a reader who has scrolled where they are`() {
    var state = replaying()
    _ = state.press([.character("5"), .character("g"), .character(" ")])
    for _ in 0..<100 { _ = reduce(&state, .ticked(state.now + 0.1)) }
    #expect(state.reading?.item == 0)
    #expect(state.reading?.top == ChainAnchor())
  }

  @Test func `a replay refuses changes and branches where it stands`() {
    for key in "cCrRBA1a" {
      var state = replaying()
      _ = state.press([.character("5")])
      guard state.bindings.action(for: .character(key), in: .replay) == nil else { continue }
      #expect(state.press([.character(key)]) == [], "\(key)")
    }
    for action in [
      Action.critiqueNow, .roundNow, .correctNow, .attempt, .resume, .annotate, .markCorrect,
      .firstError,
    ] {
      var state = replaying()
      _ = state.press([.character("9")])
      #expect(state.perform(action) == [], "\(action)")
      #expect(state.notice?.weight == .warning, "\(action)")
      #expect(state.reading?.labelling == nil)
    }
    var state = replaying()
    _ = state.press([.character("5")])
    #expect(state.press([.character("b")]) == [.branch(count: cursor(state))])
  }

  @Test func `records that come during a replay are there when it ends`() {
    var state = replaying()
    let change = SettingChanged(name: "seed", value: "4")
    let n = Scene.judged.allRecords.count
    _ = reduce(&state, .recorded([Record(n: n, t: 99, event: .settingChanged(change))]))
    #expect(state.reading?.session.settings == [:])
    _ = state.press([.character("p")])
    #expect(state.reading?.session.settings == ["seed": "4"])
  }
}
