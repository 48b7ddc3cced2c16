import Engine
import Foundation
import Sessions
import Testing

@testable import Workbench

/// Taking another token in the place of one that was written.
@Suite struct OtherTokenTests {
  private let attempt = AttemptID("a1")

  private func reading(_ change: (inout State) -> Void = { _ in }) -> State {
    Scene.judged.state(120, 30) {
      $0.settings.solver = "m"
      $0.reading?.item = 1
      change(&$0)
    }
  }

  private var chosen: Alternative {
    Alternative(bytes: Array(" other".utf8), id: 2, logProbability: -2.5)
  }

  @Test func `o lists what else could stand at the token, and enter goes on from it`() {
    var state = reading()
    #expect(state.press([.character("l"), .character("l"), .character("o")]) == [])
    #expect(state.panel == .otherTokens(selection: 1))
    let start = Scene.judged.session.attempts[0].steps[1].range.lowerBound
    let effects = state.press([.enter])
    #expect(
      effects
        == [
          .takeToken(
            TokenRequest(parent: attempt, byte: start + 2, taken: .alternative(chosen)))
        ])
    #expect(state.panel == nil)
    #expect(state.isCalling)
    #expect(state.reading?.awaitsAttempt == true)
  }

  @Test func `the choice stays inside the list, and another place begins it anew`() {
    var state = reading()
    _ = state.press([.character("o")])
    for _ in 0..<5 { _ = state.press([.character("j")]) }
    #expect(state.panel == .otherTokens(selection: 2))
    for _ in 0..<5 { _ = state.press([.character("k")]) }
    #expect(state.panel == .otherTokens(selection: 0))
    let before = state.reading?.tokenByte
    _ = state.press([.character("l")])
    #expect(state.panel == .otherTokens(selection: 1))
    #expect(state.reading?.tokenByte != before)
    #expect(state.press([.escape]) == [])
    #expect(state.panel == nil)
  }

  @Test func `the token's own panel leads there`() {
    var state = reading()
    _ = state.press([.enter, .character("o")])
    #expect(state.panel == .otherTokens(selection: 1))
    _ = state.press([.escape, .character("?"), .character("o")])
    if case .help = state.panel {} else { Issue.record("\(String(describing: state.panel))") }
    #expect(state.notice?.text == "choose a token of a step first")
  }

  @Test func `one's own text is taken as typed, blanks and all`() {
    var state = reading()
    _ = state.press([.character("l"), .character("l"), .character("o"), .character("G"), .enter])
    #expect(state.prompt?.kind == .tokenText)
    #expect(state.prompt?.editor.text == " +")
    state.type(" 1 ")
    guard case .takeToken(let request)? = state.press([.enter]).first else {
      Issue.record("nothing was asked")
      return
    }
    #expect(request.taken == .typed(" + 1 "))
    #expect(state.panel == nil)
  }

  @Test func `no text asks for nothing, and a line end cannot be typed over`() {
    var state = reading()
    let last = Array(repeating: Key.character("l"), count: 7)
    _ = state.press(last + [.character("o"), .character("G"), .enter])
    #expect(state.prompt?.editor.text == "")
    #expect(state.press([.enter]) == [])
    #expect(!state.isCalling)
  }

  @Test func `a model that only quotes is refused, and so are thinking and a replay`() {
    var state = reading { $0.models[.solver] = .connected(spec: "m", .mute) }
    #expect(state.press([.character("o")]) == [])
    #expect(state.panel == nil)
    #expect(state.notice?.text.contains("goes on only from a quotation") == true)

    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("Hm", 0.5), ("\n", 0.9)], channel: .thinking)
    scene.step("a1", [("18\n", 0.5)])
    scene.finish("a1")
    var thinking = scene.state(100, 30) { $0.settings.solver = "m" }
    #expect(thinking.press([.character("o")]) == [])
    #expect(thinking.panel == nil && thinking.notice?.weight == .warning)
    #expect(thinking.press([.character("j"), .character("o")]) == [])
    #expect(thinking.panel == .otherTokens(selection: 1))

    var empty = Scene().state(100, 30)
    #expect(empty.press([.character("o")]) == [])
    #expect(empty.panel == nil && empty.notice != nil)
  }

  @Test func `it waits in the queue while a model is at work`() {
    var state = reading { $0.isCalling = true }
    #expect(state.press([.character("o"), .enter]) == [])
    #expect(state.queue.count == 1)
  }

  @Test func `the runtime makes a child of the attempt and tells of it`() async throws {
    let first = Script(
      tokens: [
        Script.ScriptToken(
          Token(
            bytes: Array("36".utf8), id: 7, logProbability: -0.5,
            alternatives: [Alternative(bytes: Array("35".utf8), id: 8, logProbability: -1)])),
        Script.ScriptToken(Token(bytes: Array("\n".utf8), id: 9, logProbability: 0)),
      ])
    let model = ScriptedModel(scripts: [first, Script(text: "\nAnswer: 35\n")])
    let bench = try Bench(["solver": model])
    await bench.carryOut(.begin(.marbles, samples: 1))
    let other = Alternative(bytes: Array("35".utf8), id: 8, logProbability: -1)
    await bench.carryOut(
      .takeToken(TokenRequest(parent: AttemptID("a1"), byte: 0, taken: .alternative(other))))
    await bench.runtime.shutDown()
    let (session, records) = try bench.journal()
    let child = session.attempts[1]
    #expect(child.started.branch?.taken == .alternative)
    #expect(String(decoding: child.written.bytes, as: UTF8.self) == "35\nAnswer: 35\n")
    #expect(child.written.id(of: 0) == 8)
    let words = session.replacement(in: child)?.words(arrow: " -> ")
    #expect(words == "\"36\" -> \"35\" in step 1")
    var teller = LinearTeller(header: session.header, signal: .standard)
    let lines = records.flatMap { teller.lines(for: $0) }
    #expect(lines.contains { $0.contains("takes another token than \"36\" in step 1 of a1") })
  }

  @Test func `the runtime refuses a model that only quotes`() async throws {
    var description = ScriptedModel.standardDescription
    description.capabilities.continuation = .quoted
    let bench = try Bench([
      "solver": ScriptedModel(scripts: [.wrong], description: description)
    ])
    await bench.carryOut(
      .begin(.marbles, samples: 1),
      .takeToken(TokenRequest(parent: AttemptID("a1"), byte: 0, taken: .typed("x"))))
    await bench.runtime.shutDown()
    #expect(bench.notices.contains { $0.contains("choose a solver that goes on exactly") })
    #expect(try bench.journal().session.attempts.count == 1)
  }
}
