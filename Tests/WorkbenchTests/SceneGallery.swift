import Engine
import Sessions

@testable import Workbench

extension Scene {
  /// Every picture kept in `Screens/`, by name.
  static func gallery() -> [(name: String, state: State)] {
    homes + sessions + panels + labels + reflections + sizes
  }

  // MARK: - Home

  private static func home(
    _ columns: Int, _ rows: Int, _ change: (inout State) -> Void
  ) -> State {
    var state = State(size: Size(columns: columns, rows: rows))
    state.home.isListing = false
    change(&state)
    return state
  }

  private static let summaries: [SessionSummary] = [
    SessionSummary(
      id: "s1", title: "Tom has 17 marbles. He buys 3 bags with 6 marbles each and gives 9 to Ann.",
      created: 1_795_230_000, lastActivity: 1_795_231_000, attempts: 2, rounds: 1, tokens: 300,
      answer: "26", isCorrect: true),
    SessionSummary(
      id: "s2", title: "小明有 17 颗弹珠,又买了 3 袋。", created: 1_795_130_000,
      lastActivity: 1_795_140_000, attempts: 1, tokens: 120, answer: "27", isCorrect: false),
    SessionSummary(
      id: "s3", title: "Which of the four boxes holds the key?", created: 1_794_130_000,
      lastActivity: 1_794_140_000, attempts: 5, answer: "(B)", isExample: true),
    SessionSummary(
      id: "s4", title: "A train leaves at 9:40", created: 1_793_130_000,
      lastActivity: 1_793_140_000, attempts: 1, damage: "last line cut short"),
  ]

  private static let sets = [
    ProblemSet(
      name: "arithmetic",
      problems: [
        Problem(id: "ar-01", text: "Ann has 3 apples.", kind: "arithmetic"),
        Problem(id: "ar-02", text: "A shelf holds 12 books.", kind: "counting"),
      ]), ProblemSet(name: "logic", problems: [Problem(id: "lo-01", text: "If A then B.")]),
  ]

  private static var homes: [(String, State)] {
    let library: (inout State) -> Void = { state in
      state.home.sessions = summaries
      state.home.sets = sets
      state.settings.solver = "http://127.0.0.1:8080"
      state.models[.solver] = .connected(spec: "http://127.0.0.1:8080", .local)
      state.home.selection = 1
    }
    return [
      ("home-first-run", home(80, 24) { $0.home.servers = ["http://127.0.0.1:8080"] }),
      ("home-empty", home(80, 24) { _ in }),
      (
        "home-embedded",
        home(80, 24) { state in
          state.home.sets = sets
          state.settings.solver = Settings.embedded
        }
      ),
      (
        "home-reading-weights",
        home(100, 30) { state in
          library(&state)
          let spec = "local:~/models/qwen3-4b-q4.gguf"
          state.settings.solver = spec
          state.models[.solver] = .connecting(spec: spec, fraction: 0.43)
        }
      ), ("home-sessions", home(100, 30, library)),
      ("home-sessions-80x24", home(80, 24, library)),
      (
        "home-open-set",
        home(80, 24) { state in
          library(&state)
          state.home.openSet = 0
          state.home.selection = 5
        }
      ),
    ]
  }

  // MARK: - Sessions

  private static var live: Scene {
    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("3", 0.99), (" bags", 0.97), (" hold", 0.62), (" 18", 0.96), (".\n", 0.98)])
    scene.step("a1", [("17", 0.93), (" + 18 =", 0.1)], closing: false)
    return scene
  }

  private static var thinking: Scene {
    var scene = Scene()
    scene.start("a1")
    scene.step(
      "a1",
      [
        ("Let me think about the bags first, and about what is in each of them,", 0.9),
        (" before adding anything to the marbles Tom had in his pocket.\n", 0.7),
      ], channel: .thinking)
    scene.step("a1", [("So 3 * 6", 0.8), (" is 18.\n", 0.95)], channel: .thinking)
    scene.step("a1", [("3 * 6 = 18.\n", 0.99)])
    scene.step("a1", [("Answer: 26\n", 0.97)])
    scene.finish("a1", answer: "26")
    return scene
  }

  /// A branch off a token, by a model that is calibrated.
  private static var branched: Scene {
    var scene = Scene()
    scene.start("a1", by: .embedded)
    scene.step("a1", [("3", 0.99), (" bags hold", 0.9), (" 18", 0.96), (".\n", 0.98)])
    scene.step("a1", [("17 + 18 =", 0.97), (" 36", 0.4), (".\n", 0.9)])
    scene.finish("a1", answer: "36")
    scene.start("a2", by: .embedded, parent: "a1", keeping: 25, replacing: 5)
    scene.step("a2", [("3", 0.99), (" bags hold", 0.9), (" 18", 0.96), (".\n", 0.98)])
    scene.step("a2", [("17 + 18 =", 0.97), (" 35", 0.38), (".\n", 0.9)])
    scene.step("a2", [("Answer: 26\n", 0.97)])
    scene.finish("a2", answer: "26")
    return scene
  }

  private static var silent: Scene {
    var scene = Scene()
    scene.start("a1", by: .mute)
    scene.step("a1", [("3 bags of 6 hold 18.\n", nil)])
    scene.step("a1", [("17 + 18 = 35, and 35 - 9", nil)], closing: false)
    scene.finish("a1", .cancelled)
    return scene
  }

  private static var wide: Scene {
    var scene = Scene(
      Problem(id: "弹珠-1", text: "小明有 17 颗弹珠 🎈,又买了 3 袋,每袋 6 颗。现在有多少颗?", answer: "35"))
    scene.start("a1")
    scene.step("a1", [("三袋弹珠", 0.9), ("一共有", 0.5), (" 18 颗。\n", 0.98)])
    scene.step("a1", [("cafe\u{301} 🎈\u{1B}[31m red", 0.9), ("\u{202E}evil\n", 0.01)])
    scene.finish("a1", .length)
    return scene
  }

  private static var revised: Scene {
    var scene = judged
    scene.add(
      .roundStarted(
        RoundStarted(
          round: RoundID("r1"), parent: AttemptID("a1"), strategy: .fromStep, trigger: .critique,
          critique: CritiqueID("c1"), fromStep: 1)))
    scene.start("a2", parent: "a1", keeping: 32)
    scene.step("a2", [("3", 0.99), (" bags of 6 hold 3 * 6 =", 0.9), (" 18.\n", 0.96)])
    scene.step("a2", [("17", 0.96), (" + 18 =", 0.97), (" 35", 0.94), (" marbles.\n", 0.9)])
    scene.step("a2", [("35", 0.97), (" - 9 =", 0.98), (" 26", 0.96), (" marbles left.\n", 0.8)])
    scene.step("a2", [("Answer", 0.99), (": 26\n", 0.98)])
    scene.finish("a2", answer: "26")
    return scene
  }

  /// Running, with more steps than fit.
  private static var long: Scene {
    var scene = Scene()
    scene.start("a1")
    for number in 1...16 {
      scene.step("a1", [("Line \(number) of a longer thought", 0.9), (", and on.\n", 0.5)])
    }
    return scene
  }

  /// A critic that kept to no format.
  private static var prose: Scene {
    var scene = marbles
    scene.finish("a1", answer: "27")
    scene.critique("c1", of: "a1", steps: [0, 1, 2, 3], [])
    let words = "I think there is something wrong around the addition.\nBut I cannot say where."
    scene.add(.critiqueText(critique: CritiqueID("c1"), bytes: Array(words.utf8)))
    scene.add(
      .critiqueFinished(
        CritiqueFinished(
          critique: CritiqueID("c1"), reason: .stop, firstError: .notSaid, format: "text")))
    return scene
  }

  private static var mismatched: Scene {
    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("3 bags", 0.9), (" hold 18.\n", 0.8)])
    scene.step("a1", [("17 + 18 = 35.\n", nil)])
    scene.add(
      .noted(
        Noted(
          target: .attempt(AttemptID("a1")), kind: .bytesMismatch, byte: 17,
          text: "the tokens do not rebuild the text")))
    scene.finish("a1", .truncated)
    return scene
  }

  private static var sessions: [(String, State)] {
    var running = marbles
    running.critique("c1", of: "a1", steps: [0, 1, 2, 3], findings)
    return [
      ("session-judged-120x36", judged.state(120, 36) { $0.reading?.item = 1 }),
      ("session-judging-100x30", running.state(100, 30) { $0.reading?.item = 1 }),
      (
        "session-live-80x24",
        live.state(80, 24) { state in
          state.reading?.follows = true
          state.now = 3.2
        }
      ),
      (
        "session-thinking",
        thinking.state(80, 24) { state in
          state.reading?.item = 2
          state.beginLabelling(AttemptID("a1"), pass: 0, blindness: .open)
          state.label(2, Label(.correct))
        }
      ), ("session-no-logprobs", silent.state(80, 24)),
      ("session-wide-characters", wide.state(80, 24)),
      (
        "session-replay",
        revised.state(110, 30) { state in
          let records = revised.allRecords
          state.reading?.replay = Replay(
            records: records, timeline: records.map(\.t), cursor: records.count / 2,
            position: (records.last?.t ?? 0) / 2, idle: 1)
          state.reading?.replay?.markers = revised.session.markers
          state.reading?.replay?.isPlaying = true
        }
      ), ("session-revised", revised.state(120, 36) { $0.reading?.item = 1 }),
      ("session-calibrated-branch", branched.state(120, 30) { $0.reading?.item = 1 }),
      (
        "session-uncalibrated-signal",
        branched.state(80, 24) { $0.settings.signal = .minProbability }
      ),
      (
        "session-retry",
        live.state(80, 24) { state in
          state.reading?.session.apply(
            Record(
              n: 50, t: 2,
              event: .retryScheduled(
                RetryScheduled(
                  target: .attempt(AttemptID("a1")), delay: 20, number: 1,
                  reason: "the server is busy"))))
          state.now = 6
          state.queue = [.attempt]
          state.isMouseOn = true
          state.saving = .notSaved(reason: "the disk is full")
        }
      ),
      (
        "session-search-folded",
        judged.state(100, 30) { state in
          state.reading?.search = Search(
            needle: "marbles", current: SearchHit(item: 1, byte: 13), count: 2)
          state.reading?.overlay = .entropy
        }
      ),
      (
        "session-folded",
        thinking.state(80, 24) { state in
          state.reading?.isAllFolded = true
          state.reading?.overlay = .plain
        }
      ), ("session-held-below-new-steps", long.state(80, 24) { $0.reading?.itemsWhenHeld = 12 }),
      ("session-critic-own-words", prose.state(100, 30)),
      (
        "session-critic-overlay",
        judged.state(100, 30) { state in
          state.reading?.overlay = .critic
          state.reading?.region = .critic
          state.settings.signal = .meanEntropy
        }
      ), ("session-bytes-mismatch", mismatched.state(100, 30)),
      (
        "session-ascii",
        judged.state(100, 30) { state in
          state.settings.glyphs = .ascii
          state.settings.gate.isASCII = true
          state.reading?.item = 1
        }
      ),
    ]
  }

  // MARK: - Panels and prompts

  private static var panels: [(String, State)] {
    [
      ("help-80x24", judged.state(80, 24) { $0.panel = .help(Panel.Help(mode: .read)) }),
      ("help-wide", judged.state(140, 40) { $0.panel = .help(Panel.Help(mode: .read)) }),
      (
        "help-filtered",
        judged.state(80, 24) { state in
          var help = Panel.Help(mode: .read)
          help.filter = "step"
          help.selection = 2
          state.panel = .help(help)
          state.prompt = Prompt(.filter, text: "step")
        }
      ),
      (
        "token",
        judged.state(100, 30) { state in
          state.reading?.item = 1
          state.reading?.tokenByte = 42
          state.panel = .tokenDetail
        }
      ),
      (
        "other-tokens",
        judged.state(100, 30) { state in
          state.reading?.item = 1
          state.reading?.tokenByte = 42
          state.panel = .otherTokens(selection: 1)
        }
      ),
      (
        "other-tokens-typed",
        judged.state(80, 24) { state in
          state.reading?.item = 1
          state.reading?.tokenByte = 42
          state.panel = .otherTokens(selection: 2)
          state.prompt = Prompt(.tokenText, text: " 35")
          state.prompt?.token = Prompt.TokenReference(
            attempt: AttemptID("a1"), byte: 42, text: " 36")
        }
      ), ("rounds-branch", branched.state(100, 30) { $0.panel = .rounds(top: 0) }),
      ("rounds", revised.state(120, 30) { $0.panel = .rounds(top: 0) }),
      ("rounds-80x24", revised.state(80, 24) { $0.panel = .rounds(top: 0) }),
      ("votes", revised.state(80, 24) { $0.panel = .votes }),
      (
        "models",
        judged.state(100, 30) { state in
          state.models[.solver] = .connected(spec: "http://127.0.0.1:8080", .local)
          state.home.servers = ["http://127.0.0.1:8080"]
          state.panel = .models(selection: 0)
        }
      ),
      (
        "models-embedded",
        judged.state(100, 36) { state in
          state.settings.solver = Settings.embedded
          state.settings.profiles = [Settings.embedded, "judge"]
          state.models[.solver] = .connected(spec: Settings.embedded, .embedded)
          state.panel = .models(selection: 0)
        }
      ),
      (
        "prompt-critic",
        judged.state(80, 24) { state in
          var prompt = Prompt(.critic, text: "qw")
          prompt.completions = ["qwen", "qwq"]
          state.prompt = prompt
        }
      ),
      (
        "prompt-problem",
        home(80, 24) { state in
          state.prompt = Prompt(.problem, text: "Tom has 17 marbles.\n他又买了 3 袋。\n")
        }
      ),
    ]
  }

  private static var sizes: [(String, State)] {
    [(80, 24), (120, 36), (200, 60), (59, 15), (40, 12), (39, 11)].map { columns, rows in
      ("size-\(columns)x\(rows)", judged.state(columns, rows) { $0.reading?.item = 1 })
    }
  }
}

extension State {
  /// Has a step of the attempt on screen labelled, as if it came from the person's file.
  mutating func label(_ step: Int, _ label: Label) {
    guard let session = reading?.session, let attempt = reading?.attempt else { return }
    let act = LabelAct.label(
      StepID(attempt: attempt.id, index: step), label, pass: 0, seconds: nil)
    let events = LabelAct.events([act], in: session, by: settings.annotator, wall: Double(step))
    _ = reduce(&self, .recorded(events.map { Record(n: 0, t: 0, event: $0) }))
  }
}
