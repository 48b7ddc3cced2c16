import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReducePromptTests {
  private func reading() -> State {
    Scene.judged.state(120, 30) {
      $0.settings.solver = "m"
      $0.settings.themeNames = ["dark", "light"]
    }
  }

  private func run(_ line: String, in state: inout State) -> [Effect] {
    _ = state.press([.character(":")])
    state.type(line)
    return state.press([.enter])
  }

  @Test func `escape closes a prompt and does nothing else`() {
    for opener in ":/cr" {
      var state = reading()
      _ = state.press([.character(opener)])
      #expect(state.prompt != nil, "\(opener)")
      #expect(state.press([.escape]) == [])
      #expect(state.prompt == nil, "\(opener)")
      #expect(state.screen == .session)
    }
  }

  @Test func `up and down go through what was typed, and back to the line begun`() {
    var state = reading()
    _ = run("overlay plain", in: &state)
    _ = run("overlay entropy", in: &state)
    _ = state.press([.character(":"), .character("x"), .up])
    #expect(state.prompt?.editor.text == "overlay entropy")
    _ = state.press([.up, .up, .up])
    #expect(state.prompt?.editor.text == "overlay plain")
    _ = state.press([.down, .down])
    #expect(state.prompt?.editor.text == "x")
  }

  @Test func `a line typed twice stands in the history once`() {
    var state = reading()
    for line in ["help", "step 1", "help"] {
      _ = run(line, in: &state)
      state.panel = nil
    }
    #expect(state.histories[.command] == ["step 1", "help"])
  }

  @Test func `tab completes names and values, and shows what several have in common`() {
    var state = reading()
    _ = state.press([.character(":")])
    state.type("the")
    _ = state.press([.tab])
    #expect(state.prompt?.editor.text == "theme")
    state.type(" d")
    _ = state.press([.tab])
    #expect(state.prompt?.editor.text == "theme dark")
    state.prompt = Prompt(.command, text: "mark-")
    _ = state.press([.tab])
    #expect(
      state.prompt?.completions
        == ["mark-correct", "mark-incorrect", "mark-neutral", "mark-unsure"])
    state.type("c")
    #expect(state.prompt?.completions == [])
  }

  @Test(arguments: Action.allCases)
  func `every action's name completes and runs after a colon`(action: Action) {
    var state = reading()
    #expect(state.commandCompletions(of: action.rawValue).contains(action.rawValue))
    _ = run(action.rawValue, in: &state)
    #expect(state.notice?.text.hasPrefix("no command") != true, "\(action.rawValue)")
  }

  @Test func `ctrl-x ctrl-e hands the line to the editor and takes back what it made`() {
    var state = reading()
    _ = state.press([.character("r")])
    state.type("add")
    #expect(state.press([.control("x"), .control("e")]) == [.edit("add")])
    _ = reduce(&state, .edited("add first\nthen take away\n"))
    #expect(state.prompt?.editor.text == "add first then take away")
    _ = reduce(&state, .edited(nil))
    #expect(state.prompt?.editor.text == "add first then take away")
    #expect(state.notice?.weight == .warning)
  }

  @Test func `a chord not finished leaves the next key to itself`() {
    var state = reading()
    _ = state.press([.character("r"), .control("x"), .character("q")])
    #expect(state.prompt?.editor.text == "q")
  }

  @Test func `a paste into a line is one line, into a problem it is many`() {
    var state = reading()
    _ = state.press([.character("r")])
    _ = reduce(&state, .pasted("a\nb"))
    #expect(state.prompt?.editor.text == "a b")
    state.prompt = Prompt(.problem)
    _ = reduce(&state, .pasted("a\nb"))
    _ = state.press([.control("j"), .character("c")])
    #expect(state.prompt?.editor.text == "a\nb\nc")
  }

  @Test func `every setting takes its good values and journals them`() {
    let good: [Setting: String] = [
      .temperature: "0.5", .topP: "0.9", .topK: "40", .minP: "0.05",
      .repetitionPenalty: "1.1", .maxTokens: "77", .seed: "-3", .samples: "4",
      .system: "Be brief.", .prompts: "plain", .alternatives: "0",
    ]
    for setting in Setting.allCases {
      var state = reading()
      guard let value = good[setting] else {
        Issue.record("no value for \(setting)")
        continue
      }
      #expect(
        run("set \(setting.rawValue) \(value)", in: &state)
          == [.record([.settingChanged(SettingChanged(name: setting.rawValue, value: value))])])
      #expect(state.settings[setting] == value)
    }
  }

  @Test func `a value a setting does not take changes nothing and says what it takes`() {
    let bad: [(Setting, [String])] = [
      (.temperature, ["-0.1", "2.1", "nan", "inf", "warm"]), (.topP, ["0", "1.01", "nan"]),
      (.topK, ["0", "1001", "1.5"]), (.minP, ["-0.1", "1.1", "nan"]),
      (.repetitionPenalty, ["0", "0.4", "2.1", "nan"]),
      (.maxTokens, ["0", "-1", "1.5", "1000001"]), (.seed, ["x", "1.5"]),
      (.samples, ["0", "65", "many"]), (.prompts, ["../up", "a/b"]),
      (.alternatives, ["-1", "21"]),
    ]
    for (setting, values) in bad {
      for value in values {
        var state = reading()
        let before = state.settings
        #expect(run("set \(setting.rawValue) \(value)", in: &state) == [])
        #expect(state.settings == before, "\(setting) \(value)")
        #expect(state.notice?.text.contains(setting.allowed) == true)
      }
    }
  }

  @Test func `off takes a setting away`() {
    for setting in [Setting.topP, .topK, .minP, .repetitionPenalty, .seed, .system] {
      var state = reading()
      _ = state.settings.set(setting, to: setting == .system ? "x" : "1")
      _ = run("set \(setting.rawValue) off", in: &state)
      #expect(state.settings[setting] == "off")
    }
  }

  @Test func `a setting in a replay is not journaled`() {
    var state = reading()
    _ = reduce(&state, .recordsLoaded(Scene.judged.allRecords, from: 0))
    #expect(run("set seed 3", in: &state) == [])
    #expect(state.settings.sampling.seed == 3)
  }

  @Test func `lines that mean nothing say so`() {
    for line in ["nonsense", "set nonsense 1", "signal x", "overlay x", "theme x", "step x"] {
      var state = reading()
      #expect(run(line, in: &state) == [])
      #expect(state.notice?.weight == .warning, "\(line)")
    }
  }

  @Test func `words that take a value act on it`() {
    var state = reading()
    #expect(run("theme light", in: &state) == [.loadTheme("light")])
    _ = run("signal margin", in: &state)
    #expect(state.settings.signal == .margin)
    _ = run("overlay critic", in: &state)
    #expect(state.reading?.overlay == .critic)
    _ = run("step 2", in: &state)
    #expect(state.reading?.item == 1)
    #expect(run("critic http://h#c", in: &state) == [.connect(.critic, spec: "http://h#c")])
    #expect(state.settings.critic == "http://h#c")
    #expect(run("q", in: &state).last == .quit)
  }

  @Test func `the help runs the row that is chosen`() {
    var state = reading()
    _ = state.press([.character("?"), .character("/")])
    state.type("overlay:")
    _ = state.press([.enter])
    let before = state.reading?.overlay
    _ = state.press([.enter])
    #expect(state.panel == nil)
    #expect(state.reading?.overlay != before)
  }
}
