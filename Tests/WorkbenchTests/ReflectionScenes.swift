import Engine
import Sessions

@testable import Workbench

extension ModelDescription {
  /// The embedded model with thresholds of its own.
  static let reflecting: ModelDescription = {
    var model = embedded
    model.profile?.reflection = ReflectionThresholds(
      window: 10, k: 4, minimumDeviation: 0.05, floor: 0.58, coldStart: 0.9, share: 0.02)
    return model
  }()
}

extension ReflectionSettings {
  static let profile = ReflectionSettings(
    method: .srgen,
    rule: .adaptive(
      AdaptiveThreshold(window: 10, k: 4, minimumDeviation: 0.05, floor: 0.58, coldStart: 0.9)))
}

extension Scene {
  mutating func begin(
    _ id: String, by model: ModelDescription = .reflecting,
    reflecting reflection: ReflectionSettings? = .profile, seed: Int? = 7
  ) {
    var parameters = SamplingParameters()
    parameters.seed = seed
    add(
      .attemptStarted(
        AttemptStarted(
          attempt: AttemptID(id), segmenter: 1,
          call: Call(model: model, messages: [], parameters: parameters), reflection: reflection)))
  }

  /// A step of words, each with its exact entropy.
  mutating func thought(
    _ id: String, _ words: [(String, Float?)], channel: Channel = .answer, closing: Bool = true
  ) {
    step(
      id, words.map { ($0.0, $0.1.map { _ in 0.9 }) }, channel: channel, closing: closing,
      entropies: words.map { word in word.1.map { EntropyBounds(lower: $0, upper: $0) } })
  }

  mutating func trigger(
    _ id: String, _ reflection: String, position: Int, byte: Int = 0, value: Float = 0.71,
    threshold: Double = 0.58, method: ReflectionMethod = .srgen,
    window: [Float] = [0.1, 0.02, 0.3, 0.05, 0, 0.12, 0.07, 0.21, 0.03, 0.02],
    isAmbiguous: Bool = false
  ) {
    add(
      .reflectionTriggered(
        ReflectionTriggered(
          attempt: AttemptID(id), reflection: ReflectionID(reflection), channel: .answer,
          position: position, byte: byte, method: method, rule: ReflectionSettings.profile.rule,
          value: EntropyBounds(lower: value, upper: isAmbiguous ? value + 0.4 : value),
          threshold: threshold, temperature: 0.7, window: window, isAmbiguous: isAmbiguous,
          alternatives: Self.before)))
  }

  static let before: [Alternative] = [
    (" 36", 0.46), (" 35", 0.41), (" 34", 0.06), (" (", 0.02), ("\n", 0.01),
  ].map { Alternative(bytes: Array($0.0.utf8), logProbability: Float(logarithm($0.1))) }

  static let after: [Alternative] = [
    (" 35", 0.63), (" 36", 0.29), (" 34", 0.03), (" thirty", 0.01),
  ].map { Alternative(bytes: Array($0.0.utf8), logProbability: Float(logarithm($0.1))) }

  mutating func decide(
    _ id: String, _ reflection: String,
    _ outcome: ReflectionFinished.Outcome = .decided, message: String? = nil
  ) {
    let isDone = outcome == .decided
    add(
      .reflectionFinished(
        ReflectionFinished(
          attempt: AttemptID(id), reflection: ReflectionID(reflection), outcome: outcome,
          chosen: isDone ? [Self.after[0]] : [], alternatives: isDone ? Self.after : [],
          entropy: isDone ? EntropyBounds(lower: 0.43, upper: 0.43) : nil,
          losses: isDone ? [1.2034, 1.1822, 1.165] : nil, norm: isDone ? 0.871 : nil,
          positions: isDone ? 312 : nil, positionsLeftOut: isDone ? 20 : nil, milliseconds: 8.3,
          discardedTokens: 0, forwards: 3, message: message)))
  }

  /// One reflection that decided a token, one that came to nothing, and a step judged wrong.
  static var reflected: Scene {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", opening)
    scene.thought("a1", [("17", 0.31), (" +", 0.2), (" 18", 0.16), (" =", 0.02)], closing: false)
    scene.trigger("a1", "f1", position: 15, byte: 41)
    scene.decide("a1", "f1")
    scene.thought("a1", [(" 35", 0.71), (" marbles", 0.4), (".\n", 0.1)])
    scene.thought("a1", [("35", 0.05), (" -", 0.11), (" 9", 0.02), (" =", 0)], closing: false)
    scene.trigger("a1", "f2", position: 22, byte: 64, value: 0.93, threshold: 0.77)
    scene.decide("a1", "f2", .failed, message: "The memory for 2048 positions could not be had.")
    scene.thought("a1", [(" 27", 0.93), (" marbles", 0.52), (" left", 0.36), (".\n", 0.1)])
    scene.thought("a1", [("Answer", 0.2), (":", 0), (" 27", 0.12), ("\n", 0)])
    scene.finish("a1", answer: "27")
    scene.critique(
      "c1", of: "a1", steps: [0, 1, 2, 3],
      [
        VerdictGiven(
          critique: CritiqueID("c1"), step: 0, verdict: .correct, reason: "3 * 6 is 18."),
        VerdictGiven(critique: CritiqueID("c1"), step: 1, verdict: .correct, reason: "35 it is."),
        VerdictGiven(
          critique: CritiqueID("c1"), step: 2, verdict: .incorrect, errorType: "arithmetic",
          reason: "35 - 9 is 26, not 27.", repair: "35 - 9 = 26 marbles left."),
      ], finished: .step(2))
    return scene
  }

  /// The same seed without reflection, and then with it.
  static var twins: Scene {
    var scene = Scene()
    scene.begin("a1", reflecting: nil)
    scene.thought("a1", opening)
    scene.thought(
      "a1",
      [
        ("17", 0.31), (" +", 0.2), (" 18", 0.16), (" =", 0.02), (" 36", 0.71), (" marbles", 0.4),
        (".\n", 0.1),
      ])
    scene.thought("a1", [("Answer", 0.2), (":", 0), (" 36", 0.12), ("\n", 0)])
    scene.finish("a1", answer: "36")
    scene.begin("a2")
    scene.thought("a2", opening)
    scene.thought("a2", [("17", 0.31), (" +", 0.2), (" 18", 0.16), (" =", 0.02)], closing: false)
    scene.trigger("a2", "f1", position: 15, byte: 41)
    scene.decide("a2", "f1")
    scene.thought("a2", [(" 35", 0.71), (" marbles", 0.4), (".\n", 0.1)])
    scene.thought("a2", [("Answer", 0.2), (":", 0), (" 26", 0.12), ("\n", 0)])
    scene.finish("a2", answer: "26")
    return scene
  }

  /// Trials, of which one was chosen, and controls compared at the place.
  static var tried: Scene {
    var scene = Scene()
    var settings = ReflectionSettings.profile
    settings.method = .cntp
    scene.begin("a1", reflecting: settings)
    scene.thought("a1", opening)
    scene.thought("a1", [("17 + 18 =", 0.2)], closing: false)
    scene.trigger("a1", "f1", position: 12, byte: 41, value: 0.41, method: .cntp, isAmbiguous: true)
    for (trial, text) in [" 36 marbles,", " 35 marbles,", " 35,\u{1B}[31m"].enumerated() {
      var table = TokenTable()
      table.append(Token(bytes: Array(text.utf8)))
      scene.add(
        .trialWritten(
          TrialWritten(
            attempt: AttemptID("a1"), reflection: ReflectionID("f1"), trial: trial, table: table,
            score: [-0.412, -0.087, nil][trial])))
    }
    scene.add(
      .trialChosen(
        TrialChosen(attempt: AttemptID("a1"), reflection: ReflectionID("f1"), trial: 1)))
    scene.add(
      .reflectionFinished(
        ReflectionFinished(
          attempt: AttemptID("a1"), reflection: ReflectionID("f1"), outcome: .decided,
          chosen: [after[0]], milliseconds: 41.7, discardedTokens: 7, forwards: 10)))
    scene.thought("a1", [(" 35", 0.71), (" marbles,", 0.4), (" then.\n", 0.1)])
    scene.thought("a1", [("Answer: 26\n", 0.1)])
    scene.finish("a1", answer: "26")
    let choices: [(ReflectionMethod?, Alternative, Float)] = [
      (nil, before[0], 0.71), (.argmax, before[0], 0.71), (.cooler, before[0], 0.3),
      (.entropyOnly, before[1], 0.69), (.randomVector, before[1], 0.72),
    ]
    scene.add(
      .controlsCompared(
        ControlsCompared(
          attempt: AttemptID("a1"), reflection: ReflectionID("f1"),
          choices: choices.map { method, chosen, entropy in
            ControlsCompared.Choice(
              method: method, chosen: [chosen], alternatives: before,
              entropy: EntropyBounds(lower: entropy, upper: entropy))
          })))
    return scene
  }

  private static let opening: [(String, Float?)] = [
    ("3", 1.1), (" bags", 0.3), (" of", 0.05), (" 6", 0.1), (" hold", 0.62), (" 3", 0.07),
    (" *", 0.02), (" 6", 0), (" =", 0), (" 18", 0.12), (".\n", 0.03),
  ]
}

// MARK: - Pictures

extension Scene {
  static var reflections: [(String, State)] {
    let lowered: (inout State) -> Void = { state in
      state.settings.reflection.numbers = [.k: 1, .floor: 0.3, .coldStart: 0.5, .window: 5]
      state.reading?.isRetuned = true
      state.reading?.item = 1
    }
    let sizes = [(80, 24), (120, 36), (200, 60)]
    let kinds: [(String, Scene, (inout State) -> Void)] = [
      ("reflection-overview", reflected, { $0.reading?.item = 1 }),
      ("reflection-ghosts", reflected, lowered),
      (
        "reflection-panel", reflected,
        { state in
          state.reading?.item = 1
          state.panel = .reflection(ReflectionID("f1"), top: 0)
        }
      ),
      (
        "what-if", reflected,
        { state in
          state.openWhatIf()
          _ = state.press([.down])
        }
      ),
      (
        "reflection-menu", reflected,
        { state in
          state.settings.reflection.method = .srgen
          state.panel = .reflecting(selection: state.chosenReflectingRow)
        }
      ),
    ]
    return kinds.flatMap { name, scene, change in
      sizes.map { columns, rows in
        ("\(name)-\(columns)x\(rows)", scene.state(columns, rows, change))
      }
    } + singleReflections(lowered)
  }

  private static func singleReflections(
    _ lowered: @escaping (inout State) -> Void
  ) -> [(String, State)] {
    let ascii: (inout State) -> Void = { state in
      state.settings.glyphs = .ascii
      state.settings.gate.isASCII = true
    }
    return [
      (
        "reflection-ascii",
        reflected.state(120, 36) { state in
          lowered(&state)
          ascii(&state)
        }
      ),
      (
        "reflection-ascii-80x24",
        reflected.state(80, 24) { state in
          lowered(&state)
          ascii(&state)
          state.settings.reflection.method = .branch
        }
      ),
      (
        "reflection-panel-ascii",
        tried.state(100, 40) { state in
          ascii(&state)
          state.panel = .reflection(ReflectionID("f1"), top: 0)
        }
      ),
      (
        "reflection-trials-controls",
        tried.state(120, 40) { $0.panel = .reflection(ReflectionID("f1"), top: 0) }
      ),
      (
        "reflection-failed",
        reflected.state(100, 30) { state in
          state.reading?.item = 2
          state.panel = .reflection(ReflectionID("f2"), top: 0)
        }
      ),
      (
        "what-if-ascii",
        reflected.state(100, 36) { state in
          ascii(&state)
          state.openWhatIf()
        }
      ),
      (
        "what-if-no-verdicts",
        twins.state(100, 36) { state in
          state.openWhatIf()
          _ = state.press([.character("a"), .tab])
        }
      ),
      ("what-if-no-entropies", silentAttempt.state(80, 24) { $0.openWhatIf() }),
      (
        "reflection-menu-server",
        judged.state(100, 40) { state in
          var server = ModelDescription.mute
          server.capabilities.logProbabilities = true
          state.models[.solver] = .connected(spec: "http://127.0.0.1:8080", server)
          state.panel = .reflecting(selection: 2)
        }
      ),
      ("rounds-reflection", twins.state(120, 30) { $0.panel = .rounds(top: 0) }),
    ]
  }

  private static var silentAttempt: Scene {
    var scene = Scene()
    scene.start("a1", by: .mute)
    scene.step("a1", [("3 bags of 6 hold 18.\n", nil)])
    scene.finish("a1")
    return scene
  }
}
