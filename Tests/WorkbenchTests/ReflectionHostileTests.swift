import Engine
import Sessions
import Testing

@testable import Workbench

/// What a journal of others may hold: nothing of it traps, and nothing reaches the terminal.
@Suite struct ReflectionHostileTests {
  private let sizes = [(40, 12), (80, 24), (120, 36)]

  /// Opens everything there is, at every size, and draws it.
  private func look(at scene: Scene, _ name: String) {
    for (columns, rows) in sizes {
      var state = scene.state(columns, rows) { state in
        state.settings.reflection.numbers = [.floor: 0.1, .k: 0, .window: 3]
        state.reading?.isRetuned = true
      }
      draw(state, name)
      for keys in ["W", "i", "M", "d", "(", ")", "T", "]", "[", "G", "X"] {
        _ = state.press(keys.map { .character($0) })
        draw(state, "\(name) \(keys)")
        for _ in 0..<2 {
          _ = state.press([.down, .tab, .character("l"), .character("a"), .character("c")])
        }
        draw(state, "\(name) \(keys)")
        state.panel = nil
        state.prompt = nil
      }
      for reflection in state.reading?.attempt?.reflections.prefix(3) ?? [] {
        state.panel = .reflection(reflection.id, top: 3)
        _ = state.press([.character("G"), .character("k")])
        draw(state, "\(name) \(reflection.id)")
      }
    }
  }

  private func draw(_ state: State, _ name: String) {
    let grid = view(state)
    #expect(grid.size == state.size, "\(name)")
    for row in grid.rows {
      #expect(row.count == state.size.columns, "\(name)")
      let isHarmless = row.allSatisfy { cell in
        let value = cell.base.value
        return value >= 0x20 && !(0x7F..<0xA0).contains(value)
          && !(0x202A...0x202E).contains(value)
      }
      #expect(isHarmless, "\(name): a control character")
    }
  }

  @Test func `entropies that are all zero, or no numbers`() {
    for value: Float in [0, .nan, .infinity, -.infinity, -3, .greatestFiniteMagnitude] {
      var scene = Scene()
      scene.begin("a1")
      scene.thought("a1", (0..<20).map { ("w\($0) ", value) })
      scene.finish("a1")
      look(at: scene, "entropy \(value)")
    }
  }

  @Test func `a reflection that never finished says so`() throws {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", [("a", 0.1), ("b", 0.2)], closing: false)
    scene.trigger("a1", "f1", position: 2, byte: 2)
    let running = try #require(scene.session.attempts.first)
    #expect(running.reflections[0].standing(in: running) == .running)
    look(at: scene, "running")
    scene.finish("a1", .truncated)
    let ended = try #require(scene.session.attempts.first)
    #expect(ended.reflections[0].standing(in: ended) == .undone)
    look(at: scene, "crashed")
    let state = scene.state(100, 30) { $0.panel = .reflection(ReflectionID("f1"), top: 0) }
    let text = view(state).rows.map(GoldenPicture.text).joined(separator: "\n")
    #expect(text.contains("never finished"))
  }

  @Test func `positions, bytes and numbers beyond all bounds`() {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", [("a", 0.1), ("b", 0.2)])
    for (place, position) in [Int.max, Int.min, -1, 0, 3, 1 << 40].enumerated() {
      scene.trigger(
        "a1", "f\(place)", position: position, byte: position,
        value: [.nan, .infinity, -.infinity, 1e30, 0, -1][place],
        threshold: [.nan, .infinity, -.infinity, 1e300, 0, -1][place],
        window: [.nan, .infinity, -.infinity, 1e30, -1], isAmbiguous: place % 2 == 0)
      scene.add(
        .reflectionFinished(
          ReflectionFinished(
            attempt: AttemptID("a1"), reflection: ReflectionID("f\(place)"), outcome: .decided,
            alternatives: [Alternative(bytes: [], logProbability: .nan)],
            entropy: EntropyBounds(lower: .nan, upper: .infinity),
            losses: [.nan, .infinity, 1e38, -1e38, 0], norm: .nan, positions: .min,
            positionsLeftOut: .max, milliseconds: .nan, discardedTokens: .min, forwards: .max,
            message: "\u{1B}[2J\u{202E}\n\n" + String(repeating: "long ", count: 5000))))
    }
    scene.add(
      .reflectionTuned(
        ReflectionTuned(attempt: AttemptID("a1"), position: .min, settings: .profile)))
    scene.add(
      .reflectionTuned(
        ReflectionTuned(attempt: AttemptID("a1"), position: .max, settings: .profile)))
    look(at: scene, "bounds")
  }

  @Test func `settings of a journal beyond all bounds`() {
    let rules: [TriggerRule] = [
      .adaptive(
        AdaptiveThreshold(
          window: .max, k: .nan, minimumDeviation: -.infinity, floor: .nan, coldStart: .nan)),
      .adaptive(
        AdaptiveThreshold(
          window: .min, k: 1e300, minimumDeviation: 1e300, floor: -1, coldStart: -1)),
      .fixed(FixedThreshold(entropy: .nan)), .fixed(FixedThreshold(entropy: 0)),
      .quadrant(VarentropyQuadrant(entropy: -.infinity, varentropy: .nan)),
      .momentum(StepMomentum(decay: .nan, ratio: 0)),
      .period(StepPeriod(steps: .min)),
      .places(RandomPlaces(positions: [], share: .nan, seed: .min)),
    ]
    for rule in rules {
      var settings = ReflectionSettings(method: .branch, rule: rule)
      settings.maximum = .max
      var scene = Scene()
      scene.begin("a1", reflecting: settings)
      scene.thought("a1", (0..<20).map { ("w\($0) ", Float($0) / 10) })
      scene.finish("a1")
      look(at: scene, "\(rule)")
    }
  }

  @Test func `control characters in tokens, trials and controls`() {
    let bad: [UInt8] = Array("\u{1B}[31m\u{9B}\u{202E}\r\n\0".utf8) + [0xFF, 0xC3]
    let alternatives = [Alternative(bytes: bad, logProbability: -.infinity)]
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", [("a\u{1B}]0;x\u{07}", 0.1), ("b\u{202E}", 0.2)])
    scene.add(
      .reflectionTriggered(
        ReflectionTriggered(
          attempt: AttemptID("a1"), reflection: ReflectionID("\u{1B}[2J"), channel: .answer,
          position: 1, byte: 3, method: .cntp, rule: ReflectionSettings.profile.rule, value: nil,
          threshold: nil, temperature: .nan, alternatives: alternatives)))
    var table = TokenTable()
    table.append(Token(bytes: bad + Array(repeating: 0x61, count: 5000)))
    for trial in [-5, .max, 0] {
      scene.add(
        .trialWritten(
          TrialWritten(
            attempt: AttemptID("a1"), reflection: ReflectionID("\u{1B}[2J"), trial: trial,
            table: table, score: .nan)))
    }
    scene.add(
      .controlsCompared(
        ControlsCompared(
          attempt: AttemptID("a1"), reflection: ReflectionID("\u{1B}[2J"),
          choices: [
            ControlsCompared.Choice(
              method: nil, chosen: alternatives, alternatives: [], entropy: nil),
            ControlsCompared.Choice(method: .argmax, chosen: [], alternatives: [], entropy: nil),
          ])))
    look(at: scene, "control characters")
  }

  @Test func `thousands of reflections`() {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", (0..<300).map { ("w\($0) ", 0.7) })
    for index in 0..<3000 {
      scene.trigger("a1", "f\(index)", position: index % 301, byte: index)
    }
    scene.finish("a1")
    let state = scene.state(120, 36)
    draw(state, "thousands")
    var opened = state
    _ = opened.press([.character("i"), .character("l"), .character("]"), .character("W")])
    draw(opened, "thousands")
  }

  @Test func `an empty attempt, and no attempt`() {
    look(at: Scene(), "none")
    var scene = Scene()
    scene.begin("a1")
    scene.trigger("a1", "f1", position: 0)
    look(at: scene, "empty")
  }
}
