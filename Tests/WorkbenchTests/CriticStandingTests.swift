import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct CriticStandingTests {
  private func scene(_ standing: CriticStanding?) -> Scene {
    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("One", 0.9), ("\n", 0.9)])
    scene.finish("a1")
    var critic = ModelDescription.critic
    critic.profile = standing.map { ModelProfile(name: "judge", critic: $0) }
    scene.add(
      .critiqueStarted(
        CritiqueStarted(
          critique: CritiqueID("c1"), attempt: AttemptID("a1"), steps: [0],
          call: Call(model: critic, messages: [], parameters: SamplingParameters()))))
    return scene
  }

  private func header(_ standing: CriticStanding?, columns: Int = 160) -> String {
    let state = scene(standing).state(columns, 30)
    let rows = view(state).rows.map(GoldenPicture.text)
    return rows.first { $0.contains("Critic") } ?? ""
  }

  @Test func `what a critic was found to be worth stands beside its name while it speaks`() {
    let standing = CriticStanding(f1: 0.614, wrongChains: 22, rightChains: 18)
    let header = header(standing)
    #expect(header.contains("F1 0.61 on 40 chains"), "\(header)")
    #expect(header.contains("judging"), "\(header)")
    #expect(!self.header(nil).contains("F1"))
    for columns in 100...160 {
      // Half a number is none: where there is no room it is left out.
      let narrow = self.header(standing, columns: columns)
      #expect(narrow.contains("F1 0.61") || !narrow.contains("F1"), "\(narrow)")
      #expect(!narrow.contains("…"), "\(narrow)")
    }
    #expect(self.header(standing, columns: 110).contains("F1 0.61 "))
  }

  @Test func `plain lines say it too`() throws {
    let scene = scene(CriticStanding(f1: 1, wrongChains: 1, rightChains: 1))
    var teller = LinearTeller(header: scene.session.header, signal: .standard)
    let lines = scene.allRecords.flatMap { teller.lines(for: $0) }
    #expect(lines.contains { $0.hasSuffix(", F1 1.00 on 2 chains") }, "\(lines)")
  }

  @Test func `a journal that says anything breaks nothing`() {
    for standing in [
      CriticStanding(f1: 1e308, wrongChains: .max, rightChains: .max),
      CriticStanding(f1: -5, wrongChains: .min, rightChains: 3),
    ] {
      #expect(header(standing).contains("F1 \(standing.f1 > 0 ? "1.00" : "0.00")"))
    }
  }
}
