import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ViewSpeedTests {
  /// Prints how long a frame takes; asserts only that what is drawn is the same each time.
  @Test func `a frame of a long attempt is drawn twice alike`() {
    var scene = Scene()
    scene.start("a1")
    for number in 1...800 {
      let words = (0..<25).map { index in
        (" word\(index)", Double((number * 31 + index * 17) % 100 + 1) / 101)
      }
      scene.step("a1", words + [(".\n", 0.9)])
    }
    let verdicts = (0..<800).map {
      VerdictGiven(
        critique: CritiqueID("c1"), step: $0, verdict: $0 % 7 == 6 ? .incorrect : .correct,
        reason: "The sum in this step is not what the line before it says it is.")
    }
    scene.critique("c1", of: "a1", steps: Array(0..<800), verdicts, finished: .step(6))
    let state = scene.state(200, 60) { state in
      state.reading?.item = 400
      state.reading?.top = ChainAnchor(item: 390)
    }
    let first = view(state)
    let clock = ContinuousClock()
    var times: [Duration] = []
    for _ in 0..<20 {
      times.append(clock.measure { #expect(view(state) == first) })
    }
    times.sort()
    print("view of 20,800 tokens at 200x60: median \(times[10]), longest \(times[19])")
  }
}
