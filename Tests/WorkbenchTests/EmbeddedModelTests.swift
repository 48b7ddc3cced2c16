import Engine
import Foundation
import Sessions
import Testing

@testable import Workbench

/// A model that runs in the program: reading it, its prompts, its calibration.
@Suite struct EmbeddedModelTests {
  @Test func `how much of a file has been read is told while it is read`() async throws {
    let model = ScriptedModel(scripts: [.right])
    let bench = try Bench(["local:a.gguf": model])
    var settings = bench.settings
    settings.solver = "local:a.gguf"
    await bench.runtime.carryOut(.begin(.marbles, samples: 1), settings)
    await bench.runtime.shutDown()
    let told = bench.messages.compactMap { message -> Double?? in
      guard case .modelConnecting(.solver, "local:a.gguf", let fraction) = message else {
        return nil
      }
      return .some(fraction)
    }
    #expect(told == [nil, 0, 0.5, 1])
    var state = State(size: Size(columns: 100, rows: 30))
    _ = reduce(&state, .modelConnecting(.solver, spec: "local:~/x/qwen.gguf", fraction: 0.43))
    let screen = view(state).rows.map(GoldenPicture.text).joined(separator: "\n")
    #expect(screen.contains("reading qwen.gguf ███▌     43%"), "\(screen)")
  }

  @Test func `a model is asked with the prompts of its profile, unless a person says otherwise`()
    async throws
  {
    var description = ScriptedModel.standardDescription
    description.profile = ModelProfile(name: "p", prompts: "plain")
    let model = ScriptedModel(scripts: [.wrong], description: description)
    for (prompts, expected) in [(nil, "plain"), ("general", "general")] {
      let bench = try Bench(["solver": model])
      var settings = bench.settings
      settings.prompts = prompts
      await bench.runtime.carryOut(.begin(.marbles, samples: 1), settings)
      await bench.runtime.shutDown()
      let asked = try bench.journal().session.attempts[0].started.call.messages
      #expect(asked == PromptSet(named: expected).solve(Problem.marbles.text))
    }
  }

  @Test func `:set prompts says what auto comes to`() {
    var state = Scene.judged.state(100, 30) {
      $0.models[.solver] = .connected(spec: "m", .embedded)
    }
    _ = state.press([.character(":")])
    state.type("set prompts")
    _ = state.press([.enter])
    #expect(state.notice?.text == "prompts auto (plain)")
  }

  @Test func `lines name the calibration, and steps carry its value`() {
    var scene = Scene()
    scene.add(.modelConnected(ModelConnected(role: .solver, description: .embedded)))
    scene.start("a1", by: .embedded)
    scene.step("a1", [("17", 0.5), (" + 18\n", 0.5)])
    for (signal, words, value) in [
      (Signal.meanLogProbability, "mean log-probability calibrated on 412 steps", "[0.65]"),
      (.minProbability, "min probability uncalibrated", "[0.50]"),
    ] {
      var teller = LinearTeller(header: scene.session.header, signal: signal)
      let lines = scene.allRecords.flatMap { teller.lines(for: $0) }
      #expect(lines.contains("solver: erratum-small, full, \(words)"), "\(lines)")
      #expect(lines.contains { $0.contains(value) }, "\(lines)")
    }
  }

  @Test func `s names what is calibrated and what is not`() {
    var scene = Scene()
    scene.start("a1", by: .embedded)
    scene.step("a1", [("17", 0.5), (" + 18\n", 0.5)])
    var state = scene.state(100, 30)
    _ = state.press([.character("s")])
    #expect(state.notice?.text == "signal: min probability, probability, uncalibrated")
    for _ in 1..<Signal.allCases.count { _ = state.press([.character("s")]) }
    #expect(state.notice?.text == "signal: mean log-probability, nats, calibrated on 412 steps")
  }
}

extension ModelDescription {
  static let embedded = ModelDescription(
    model: "erratum-small", dialect: "local",
    capabilities: Capabilities(
      logProbabilities: true, alternatives: 1006, continuation: .exact, trueBytes: true,
      tokenIDs: true, vocabularySize: 1006, scoring: true, slots: 4, hiddenStates: true),
    profile: ModelProfile(
      name: "erratum-small", prompts: "plain",
      calibration: Calibration(
        signal: "meanLogProbability", steps: 412, problems: 60,
        knots: [[-2, 0.1], [-0.693147, 0.65], [-0.1, 0.9], [0, 0.98]])))
}
