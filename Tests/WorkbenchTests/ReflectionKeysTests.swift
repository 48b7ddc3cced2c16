import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReflectionKeysTests {
  private let attempt = AttemptID("a1")

  private func reading(
    _ scene: Scene = .reflected, _ change: (inout State) -> Void = { _ in }
  ) -> State {
    scene.state(120, 36) { state in
      state.settings.solver = "m"
      state.models[.solver] = .connected(spec: "m", .reflecting)
      change(&state)
    }
  }

  private func run(_ line: String, in state: inout State) -> [Effect] {
    _ = state.press([.character(":")])
    state.type(line)
    return state.press([.enter])
  }

  private func changed(_ changes: (String, String)...) -> [Effect] {
    [.record(changes.map { .settingChanged(SettingChanged(name: $0.0, value: $0.1)) })]
  }

  /// One attempt that is being written, its entropies so low that the floor is the threshold.
  private func writing(reflecting: ReflectionSettings? = .profile) -> State {
    var scene = Scene()
    scene.begin("a1", reflecting: reflecting)
    scene.thought("a1", (0..<14).map { (" \($0)", 0.01) }, closing: false)
    return reading(scene) { state in
      if reflecting != nil { state.settings.reflection.method = .srgen }
    }
  }

  // MARK: - The threshold

  @Test func `the floor moves where it is the threshold, by a twentieth of a nat`() {
    var state = writing(reflecting: nil)
    #expect(state.press([.character("(")]) == changed(("floor", "0.53")))
    #expect(state.notice?.text == "floor 0.53 nats, was 0.58 nats")
    #expect(state.press([.character(")")]) == changed(("floor", "0.58")))
  }

  @Test func `before the window is full the cold start moves, and the floor with it`() {
    var scene = Scene()
    scene.begin("a1", reflecting: nil)
    scene.thought("a1", [("a", 0.1), ("b", 0.1)], closing: false)
    var state = reading(scene)
    #expect(state.press([.character("(")]) == changed(("cold-start", "0.85"), ("floor", "0.53")))
    #expect(
      state.notice?.text == "cold start 0.85 nats, was 0.90 nats; floor 0.53 nats, was 0.58 nats")
  }

  @Test func `a quarter of K moves where deviations are the threshold`() {
    var state = reading()
    #expect(state.press([.character("(")]) == changed(("k", "3.75")))
    #expect(state.notice?.text == "K 3.75, was 4")
  }

  @Test func `other rules move their own number`() {
    let rules: [(TriggerRule.Name, String, String)] = [
      (.fixed, "entropy", "0.63"), (.quadrant, "entropy", "0.63"),
      (.lowestWindow, "window-probability", "-0.2"), (.momentum, "ratio", "0.95"),
      (.places, "share", "0.025"), (.growing, "budget", "80"), (.period, "period", "3"),
    ]
    for (rule, name, value) in rules {
      var state = reading(.twins) { $0.reading?.shown = AttemptID("a1") }
      _ = run("set rule \(rule.rawValue)", in: &state)
      #expect(state.press([.character(")")]) == changed((name, value)), "\(rule)")
    }
  }

  @Test func `the threshold stops at its ends and says so`() {
    var state = writing(reflecting: nil)
    _ = run("set rule fixed", in: &state)
    _ = run("set entropy 0", in: &state)
    #expect(state.press([.character("(")]) == [])
    #expect(state.notice?.text == "the threshold is at its lowest")
  }

  @Test func `while it is written the next token obeys, and the engine records it`() throws {
    var state = writing()
    let effects = state.press([.character(")")])
    guard case .tuneReflection(let settings)? = effects.first else {
      Issue.record("\(effects)")
      return
    }
    #expect(effects.count == 1)
    #expect(try abs(#require(settings.thresholds).floor - 0.63) < 1e-9)
    #expect(settings.method == .srgen)
    #expect(state.notice?.text.hasSuffix(", from the next token on") == true)
    #expect(run("set window 12", in: &state).count == 1)
    #expect(state.notice?.text == "window 12, from the next token on")
  }

  @Test func `a method for the next attempt leaves that of the one being written its own rule`() {
    var state = writing()
    let effects = run("set reflect psr", in: &state)
    guard case .tuneReflection(let settings)? = effects.first else {
      Issue.record("\(effects)")
      return
    }
    #expect(settings.method == .srgen)
    #expect(settings.thresholds != nil, "steps are counted for psr alone")
    #expect(settings.trials == 4)
    #expect(state.settings.reflection.method == .psr)
  }

  @Test func `no more reflection leaves the attempt being written without a turn`() {
    var state = writing()
    let effects = run("set reflect none", in: &state)
    guard case .tuneReflection(let settings)? = effects.first else {
      Issue.record("\(effects)")
      return
    }
    #expect(settings.maximum == 0)
    #expect(settings.method == .srgen)
    #expect(state.settings.reflection.method == nil)
  }

  @Test func `an attempt that does not reflect hears nothing of it`() {
    var state = writing(reflecting: nil)
    #expect(run("set reflect srgen", in: &state) == changed(("reflect", "srgen")))
    #expect(state.notice?.text == "reflect srgen (SRGen), from the next attempt on")
  }

  @Test func `in a replay and in an example the screen follows and nothing is recorded`() {
    var state = reading { $0.reading?.isReadOnly = true }
    #expect(state.press([.character("(")]) == [])
    #expect(state.notice?.text == "K 3.75, was 4")
    #expect(state.reading?.isRetuned == true)
    var replaying = reading { state in
      let records = Scene.reflected.allRecords
      state.reading?.replay = Replay(
        records: records, timeline: records.map(\.t), cursor: records.count, position: 1, idle: 1)
    }
    #expect(replaying.press([.character("(")]) == [])
    #expect(replaying.settings.reflection.numbers[.k] == 3.75)
  }

  @Test func `moving begins at what the attempt was written under`() {
    var settings = ReflectionSettings.profile
    settings.rule = .fixed(FixedThreshold(entropy: 0.4))
    var scene = Scene()
    scene.begin("a1", reflecting: settings)
    scene.thought("a1", [("a", 0.1), ("b", 0.1)])
    scene.finish("a1")
    var state = reading(scene)
    #expect(state.press([.character("(")]) == changed(("entropy", "0.35")))
    #expect(state.settings.reflection.rule == .fixed)
  }

  @Test func `one key sets profile against published, and says which`() {
    var state = reading()
    #expect(state.press([.character("T")]) == changed(("thresholds", "published")))
    #expect(state.notice?.text.hasPrefix("thresholds published: K 4, window 25") == true)
    #expect(state.press([.character("T")]) == changed(("thresholds", "profile")))
    var mute = reading(.judged)
    #expect(mute.press([.character("T")]) == [])
    #expect(mute.notice?.text.contains("no profile") == true)
  }

  // MARK: - :set

  @Test func `every setting of reflection is listed, completed and shown`() {
    var state = reading()
    _ = run("set", in: &state)
    for name in ReflectionChoice.Name.allNames {
      #expect(state.notice?.text.contains("\(name) ") == true, "\(name)")
      #expect(state.commandCompletions(of: "set \(name)").contains("set \(name)"))
      var other = state
      #expect(run("set \(name)", in: &other) == [])
      #expect(other.notice?.text.hasPrefix("\(name) ") == true)
    }
    #expect(
      state.commandCompletions(of: "set reflect r")
        == ["rewind", "restart", "random-vector", "random-places"].map { "set reflect \($0)" })
    #expect(state.commandCompletions(of: "set rule q") == ["set rule quadrant"])
    #expect(state.commandCompletions(of: "set k a") == ["set k auto"])
  }

  @Test(arguments: ReflectionNumber.allCases)
  func `a number out of range is refused with what it takes`(number: ReflectionNumber) {
    var state = reading()
    let before = state.settings
    let (low, high) = (number.range.lowerBound, number.range.upperBound)
    let wrong = [
      "\(low - 1)", "\(high + 1)", "nan", "inf", "-inf", "1e999", "x", "\u{1B}[2J", "1 2", "٣",
    ]
    for value in wrong + (number.isWhole ? ["\(low + 0.5)"] : []) {
      #expect(run("set \(number.rawValue) \(value)", in: &state) == [], "\(value)")
      #expect(state.notice?.text == "\(number.rawValue) takes \(number.allowed)", "\(value)")
      #expect(state.settings == before, "\(value)")
    }
    for value in [low, high] {
      let text = number.isWhole ? String(Int(value)) : String(value)
      #expect(!run("set \(number.rawValue) \(text)", in: &state).isEmpty)
      #expect(state.settings.reflection.numbers[number] == value)
      #expect(view(state).size == state.size)
    }
    _ = run("set \(number.rawValue) auto", in: &state)
    #expect(state.settings.reflection.numbers[number] == nil)
  }

  @Test func `a word that is not known is refused with those that are`() {
    var state = reading()
    #expect(run("set reflect magic", in: &state) == [])
    #expect(state.notice?.text.hasPrefix("reflect takes none, srgen, cntp") == true)
    #expect(run("set nothing 1", in: &state) == [])
    #expect(state.notice?.text.contains("cold-start") == true)
  }

  @Test func `a method that the solver cannot do is set, and the reason told`() {
    var state = reading { $0.models[.solver] = .connected(spec: "m", .local) }
    #expect(run("set reflect srgen", in: &state) == changed(("reflect", "srgen")))
    #expect(state.notice?.weight == .warning)
    #expect(state.notice?.text.contains("use branch, its surrogate for servers") == true)
  }

  // MARK: - The menu

  @Test func `the menu chooses a method, and refuses what cannot be done`() {
    var state = reading()
    #expect(state.press([.character("M")]) == [])
    #expect(state.press([.down, .enter]) == changed(("reflect", "srgen")))
    #expect(state.panel == .reflecting(selection: 1))
    state.models[.solver] = .connected(spec: "m", .local)
    state.settings.reflection.method = nil
    #expect(state.press([.enter]) == [])
    #expect(state.notice?.weight == .warning)
    #expect(state.settings.reflection.method == nil)
  }

  @Test func `the menu asks for a number in the line for commands`() throws {
    var state = reading()
    _ = state.press([.character("M")])
    let row = try #require(state.reflectingChoices.firstIndex(of: .number(.k)))
    for _ in 0..<row { _ = state.press([.down]) }
    #expect(state.press([.enter]) == [])
    #expect(state.prompt?.editor.text == "set k ")
    state.type("3")
    #expect(state.press([.enter]) == changed(("k", "3")))
    _ = state.press([.up, .enter])
    #expect(state.settings.reflection.usesPublished)
  }

  // MARK: - Opening one

  @Test func `enter opens the reflection of a step, and elsewhere the token`() {
    var state = reading { $0.reading?.item = 1 }
    _ = state.press([.enter])
    #expect(state.panel == .reflection(ReflectionID("f1"), top: 0))
    _ = state.press([.character("l")])
    #expect(state.panel == .reflection(ReflectionID("f2"), top: 0))
    #expect(state.reading?.item == 2)
    _ = state.press([.character("l")])
    #expect(state.notice?.text == "this is the last reflection")
    _ = state.press([.character("h"), .character("q"), .character("g"), .enter])
    #expect(state.panel == .tokenDetail)
  }

  @Test func `with a token chosen only its own reflection opens`() {
    var state = reading { $0.reading?.item = 1 }
    _ = state.press([.character("l"), .character("i")])
    #expect(state.panel == .tokenDetail)
    _ = state.press([.character("q"), .character("l"), .character("l"), .character("l")])
    _ = state.press([.character("l"), .character("i")])
    #expect(state.panel == .reflection(ReflectionID("f1"), top: 0))
  }

  @Test func `markers stop at reflections`() {
    var state = reading { $0.reading?.item = 3 }
    _ = state.press([.character("[")])
    #expect(state.notice?.text == "reflection f2; Enter opens it")
    let byte = state.reading?.tokenByte
    #expect(state.reading?.item == 2)
    _ = state.press([.character("[")])
    #expect(state.notice?.text == "reflection f1; Enter opens it")
    _ = state.press([.character("]")])
    #expect(state.reading?.item == 2)
    #expect(state.reading?.tokenByte == nil)
    _ = state.press([.character("]")])
    #expect(state.reading?.tokenByte == byte)
  }

  @Test func `controls are asked for once, and only where one may write`() {
    var state = reading { $0.panel = .reflection(ReflectionID("f1"), top: 0) }
    #expect(state.press([.character("c")]) == [.compareControls(attempt, ReflectionID("f1"))])
    #expect(state.reading?.awaitsAttempt == false)
    var compared = reading(.tried) { $0.panel = .reflection(ReflectionID("f1"), top: 0) }
    #expect(compared.press([.character("c")]) == [])
    #expect(compared.notice?.text == "the controls were compared here already")
    var readOnly = reading { state in
      state.reading?.isReadOnly = true
      state.panel = .reflection(ReflectionID("f1"), top: 0)
    }
    #expect(readOnly.press([.character("c")]) == [])
    #expect(readOnly.notice?.weight == .warning)
  }

  // MARK: - Side by side

  @Test func `the same seed is run again with reflection, or without`() {
    var state = reading()
    #expect(state.press([.character("D")]) == [.attemptAgain(attempt, reflecting: false)])
    var plain = reading(.twins) { $0.reading?.shown = AttemptID("a1") }
    #expect(plain.press([.character("D")]) == [])
    #expect(plain.notice?.text == "no way to reflect is chosen; M lists them")
    plain.settings.reflection.method = .srgen
    #expect(run("compare-reflection", in: &plain) == [.attemptAgain(attempt, reflecting: true)])
  }

  @Test func `without a seed there is no same seed`() {
    var scene = Scene()
    scene.begin("a1", seed: nil)
    scene.finish("a1")
    var state = reading(scene)
    #expect(state.press([.character("D")]) == [])
    #expect(state.notice?.text.hasPrefix("this attempt had no seed; :set seed") == true)
  }

  @Test func `twins are set side by side, whichever was made first`() throws {
    let session = Scene.twins.session
    let old = try #require(session.attempt(AttemptID("a1")))
    let new = try #require(session.attempt(AttemptID("a2")))
    #expect(new.isTwin(of: old) && old.isTwin(of: new))
    #expect(!new.isTwin(of: new))
    let place = try #require(FirstDifference(old, new))
    #expect(place.index == 15)
    #expect(place.old == Array(" 36".utf8))
    #expect(FirstDifference(old, old) == nil)
  }

  // MARK: - What if

  @Test func `enter takes a value over as the setting`() {
    var state = reading()
    _ = state.press([.character("W"), .up, .up])
    guard case .whatIf(let whatIf) = state.panel else {
      Issue.record("no panel")
      return
    }
    #expect(whatIf.parameter == .k)
    #expect(whatIf.rows[whatIf.selection].value == 3)
    #expect(state.press([.enter]) == changed(("k", "3.0")))
    #expect(state.panel == nil)
    #expect(state.notice?.text == "K 3, was 4: 2 triggers here")
  }

  @Test func `a value of another rule takes that rule along`() {
    var state = reading()
    _ = state.press([.character("W"), .backTab, .tab, .tab, .tab, .down])
    let effects = state.press([.enter])
    #expect(effects == changed(("rule", "fixed"), ("entropy", "0.6")))
    #expect(state.settings.reflection.watching(for: .reflecting).rule.name == .fixed)
  }

  @Test func `a goes from the attempt shown to all, and tab to another number`() {
    var state = reading(.twins)
    _ = state.press([.character("W"), .character("a")])
    guard case .whatIf(let all) = state.panel else {
      Issue.record("no panel")
      return
    }
    #expect(all.attempts == 2)
    #expect(all.rows.allSatisfy { $0.attempts == 2 })
    _ = state.press([.tab, .tab])
    guard case .whatIf(let floor) = state.panel else {
      Issue.record("no panel")
      return
    }
    #expect(floor.parameter == .floor)
    #expect(floor.rows[floor.selection].value == 0.58)
  }

  @Test func `a session without entropies has one sentence to say, and nothing to take over`() {
    var scene = Scene()
    scene.start("a1", by: .mute)
    scene.step("a1", [("no numbers", nil)])
    var state = reading(scene)
    _ = state.press([.character("W")])
    guard case .whatIf(let whatIf) = state.panel else {
      Issue.record("no panel")
      return
    }
    #expect(!whatIf.isMeasured)
    #expect(whatIf.rows.isEmpty)
    #expect(state.press([.down, .tab, .character("a"), .enter]) == [])
  }

  @Test func `the panel follows the tokens that come`() {
    var state = writing()
    _ = state.press([.character("W")])
    var table = TokenTable()
    table.append(
      Token(
        bytes: [0x61], logProbability: -1, entropy: EntropyBounds(lower: 3, upper: 3),
        temperedEntropy: 3))
    _ = reduce(
      &state,
      .recorded([
        Record(
          n: 90, t: 9,
          event: .tokens(
            TokensArrived(attempt: attempt, channel: .answer, firstSerial: 90, table: table)))
      ]))
    guard case .whatIf(let whatIf) = state.panel else {
      Issue.record("no panel")
      return
    }
    #expect(whatIf.rows[whatIf.selection].triggers == 1)
  }
}
