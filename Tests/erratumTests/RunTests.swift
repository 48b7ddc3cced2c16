import ArgumentParser
import Engine
import Foundation
import Sessions
import Synchronization
import Testing
import Workbench

@testable import erratum

private let sums = ProblemSet(
  name: "sums",
  problems: [
    Problem(id: "a-1", text: "1 + 1?", answer: "2"),
    Problem(id: "a-2", text: "2 + 3?", answer: "5"),
    Problem(id: "b-1", text: "3 + 4?", answer: "7"),
  ])

/// A run by a scripted model in a folder of its own.
private struct Bench: Sendable {
  let folder: String
  var plan: RunPlan
  var isKept = false

  init(_ folder: String, samples: Int = 2, reflect: String = "none") throws {
    self.folder = folder
    var settings = Settings()
    settings.sampling.maxTokens = 50
    plan = RunPlan(
      set: sums, problems: sums.problems, samples: samples, seed: 10,
      arms: try RunArm.list(reflect), settings: settings)
  }

  var edges: Edges {
    Edges(
      library: Library(root: URL(filePath: folder + "/library")),
      connect: { _, _ in throw ModelError.unsupported("") }, discover: { [] },
      problemSets: { [] }, prompts: { PromptSet(named: $0, overriding: [:]) },
      sentence: { "\($0)" }, program: "test", wall: { 1_795_000_000 }, clock: { 0 })
  }

  func file(_ model: any LanguageModel) throws -> ResultsFile {
    let header = plan.header(for: model.description, program: "test", wall: 0)
    let file = try ResultsFile.open(
      in: folder + "/out", beginning: header, program: "test")
    try file.earlier.check(
      header, plan.recorded(for: model.description), folder: folder + "/out")
    return file
  }

  /// Runs to the end, or until the task is cancelled; answers failures, and what is in the file.
  func run(
    _ model: any LanguageModel, jobs: Int = 1
  ) async throws -> (failures: [String], results: Results, left: Int) {
    let file = try file(model)
    let run = SetRun(
      plan: plan, fleet: ModelFleet(models: Array(repeating: model, count: jobs)),
      planner: RoundPlanner(prompts: PromptSet(named: "plain"), parameters: plan.settings.sampling),
      sessions: CaseSessions(edges: edges, isKept: isKept), file: file, isTerminal: false)
    let failures = await run.carryOut()
    _ = await file.close()
    return (failures, try ResultsFile.read(file.path), run.left)
  }
}

private func withBench(
  samples: Int = 2, reflect: String = "none", _ body: (Bench) async throws -> Void
) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID())").path
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try await body(try Bench(folder, samples: samples, reflect: reflect))
}

private func script(_ problem: String, _ answer: String, error: ModelError? = nil) -> Script {
  Script(match: [problem], text: "Step 1: it is \(answer).\nAnswer: \(answer)", error: error)
}

private func model(_ scripts: [Script]) -> ScriptedModel { ScriptedModel(scripts: scripts) }

/// Right, wrong, and right every other time.
private var good: ScriptedModel {
  model([
    script("1 + 1", "2"), script("2 + 3", "6"), script("3 + 4", "7"), script("3 + 4", "8"),
  ])
}

@Suite struct RunTests {
  @Test func `every problem and sample gets a row, sample by sample`() async throws {
    try await withBench { bench in
      let (failures, results, left) = try await bench.run(good)
      #expect(failures.isEmpty && left == 0)
      #expect(results.rows.map(\.problem) == ["a-1", "a-2", "b-1", "a-1", "a-2", "b-1"])
      #expect(results.rows.map(\.seed) == [10, 10, 10, 11, 11, 11])
      #expect(results.rows.map(\.correct) == [true, false, true, true, false, false])
      #expect(results.rows.allSatisfy { $0.tokens > 0 && $0.session == nil })
      #expect(results.arms == [ResultsArm(arm: "none", reflection: nil)])
      let arm = try #require(RunReport(results.rows).arms.first)
      #expect(arm.accuracy == 0.5 && arm.attempts == 6)
    }
  }

  @Test func `what is done is not done again, and more may be asked for`() async throws {
    try await withBench(samples: 1) { bench in
      var bench = bench
      _ = try await bench.run(good)
      let refusing = model([])
      let (failures, _, left) = try await bench.run(refusing)
      #expect(failures.isEmpty && left == 0)
      bench.plan.samples = 2
      let (more, results, _) = try await bench.run(good)
      #expect(more.isEmpty && results.rows.count == 6)
      #expect(Set(results.rows.map(\.key)).count == 6)
    }
  }

  @Test func `a model that is gone ends the run, and what was done stays`() async throws {
    try await withBench(samples: 3) { bench in
      let failing = model([
        script("1 + 1", "2"),
        script("2 + 3", "5", error: .connectionLost(endpoint: "e")),
        script("3 + 4", "7", error: .connectionLost(endpoint: "e")),
      ])
      let (failures, results, left) = try await bench.run(failing)
      // The second sample of the first problem came between, so two in a row and then three.
      #expect(failures.count >= SetRun.mostFailures)
      #expect(results.rows.allSatisfy { $0.problem == "a-1" } && !results.rows.isEmpty)
      #expect(left == 9 - results.rows.count)
      let (after, whole, none) = try await bench.run(good)
      #expect(after.isEmpty && none == 0 && whole.rows.count == 9)
      #expect(Array(whole.rows.prefix(results.rows.count)) == results.rows)
    }
  }

  @Test func `three failures in a row are enough`() async throws {
    try await withBench(samples: 50) { bench in
      let (failures, results, left) = try await bench.run(model([]))
      #expect(failures.count == SetRun.mostFailures)
      #expect(results.rows.isEmpty && left == 150)
    }
  }

  @Test func `cancelling keeps what was done, and leaves nothing half`() async throws {
    try await withBench(samples: 40) { bench in
      var slow = script("", "7")
      slow.tokens = slow.tokens.map { Script.ScriptToken($0.token, delay: 0.002) }
      let waiting = model([slow])
      let task = Task { try await bench.run(waiting, jobs: 2) }
      try await Task.sleep(for: .milliseconds(150))
      task.cancel()
      let (failures, results, left) = try await task.value
      #expect(failures.isEmpty, "\(failures)")
      #expect(left == 120 - results.rows.count && left > 0)
      #expect(results.rows.allSatisfy { $0.answer == "7" })
    }
  }

  @Test func `many at a time make the same rows`() async throws {
    try await withBench(samples: 4) { bench in
      let one = model([script("1 + 1", "2"), script("2 + 3", "6"), script("3 + 4", "7")])
      let (_, results, _) = try await bench.run(one, jobs: 5)
      #expect(Set(results.rows.map(\.key)).count == 12)
      #expect(results.rows.count(where: { $0.correct == true }) == 8)
    }
  }

  @Test func `a session holds every arm of a problem and sample`() async throws {
    try await withBench { bench in
      var bench = bench
      bench.isKept = true
      bench.plan.problems = Array(sums.problems.prefix(1))
      let (_, results, _) = try await bench.run(good)
      let paths = results.rows.compactMap(\.session)
      #expect(Set(paths).count == 2)
      for path in paths {
        let (session, damage) = try JournalReader.session(URL(filePath: path))
        #expect(damage.isEmpty && session.attempts.count == 1)
        #expect(session.problem == sums.problems[0])
        #expect(session.models[.solver]?.model == "scripted")
        #expect(session.attempts[0].answer?.isCorrect == true)
      }
      // An earlier run's session is gone on with; one that was thrown away is made anew.
      bench.plan.samples = 1
      try FileManager.default.removeItem(atPath: paths[1])
      let sessions = CaseSessions(edges: bench.edges, isKept: true)
      for (path, count) in [(paths[0], 1), (paths[1], 0)] {
        let session = try await sessions.open(
          sums.problems[0], earlier: path, solver: good.description)
        #expect(await session.settled().attempts.count == count)
        #expect((session.path == path) == (count == 1))
        await session.close()
      }
    }
  }

  @Test func `problems without answers are run, and not judged`() async throws {
    try await withBench(samples: 1) { bench in
      var bench = bench
      bench.plan.set.problems = [Problem(id: "x", text: "1 + 1?")]
      bench.plan.problems = bench.plan.set.problems
      let (_, results, _) = try await bench.run(good)
      #expect(results.rows.map(\.correct) == [nil] && results.rows[0].answer == "2")
      let lines = RunTable(RunReport(results.rows), about: results.header).lines
      let cells = lines.first { $0.hasPrefix("none") }?.split(separator: " ") ?? []
      #expect(cells.prefix(7) == ["none", "1", "-", "-", "-", "-", "-"], "\(lines)")
    }
  }

  @Test func `no answer is a wrong one where there is a right one`() async throws {
    try await withBench(samples: 1) { bench in
      var bench = bench
      bench.plan.problems = [sums.problems[0]]
      let (_, results, _) = try await bench.run(model([Script(text: "No idea.")]))
      #expect(results.rows.map(\.correct) == [false] && results.rows[0].answer == nil)
    }
  }

  @Test func `other settings than before are refused by name`() async throws {
    try await withBench(samples: 1) { bench in
      _ = try await bench.run(good)
      func complaint(_ change: (inout RunPlan) -> Void) -> String {
        var other = bench
        change(&other.plan)
        do {
          _ = try other.file(good)
          return "it was taken"
        } catch {
          return Failure.sentence(for: error)
        }
      }
      #expect(
        complaint { $0.settings.sampling.temperature = 0.9 }
          == "\(bench.folder)/out holds results made with temperature 0.7, not 0.9; use the same "
          + "again, or another folder with --out.")
      #expect(complaint { $0.seed = 11 }.contains("with seed 10, not 11"))
      #expect(complaint { $0.settings.system = "Hm." }.contains("with system off, not Hm."))
      #expect(complaint { $0.set.problems[0].answer = "3" }.contains("other problems now"))
      #expect(complaint { $0.samples = 9 } == "it was taken")
      #expect(complaint { $0.problems = [] } == "it was taken")
    }
  }

  @Test func `an arm that reflects otherwise than before is refused by what differs`() throws {
    var results = Results(
      header: ResultsHeader(
        program: "", created: 0, set: "", digest: "", model: "", dialect: "", settings: [:]))
    var settings = ReflectionSettings(method: .srgen, rule: .adaptive(.published))
    results.arms = [ResultsArm(arm: "srgen", reflection: settings)]
    func complaint() -> String {
      do {
        try results.check(
          results.header, [ResultsArm(arm: "srgen", reflection: settings)], folder: "f")
        return ""
      } catch {
        return Failure.sentence(for: error)
      }
    }
    #expect(complaint() == "")
    settings.learningRate = 0.05
    #expect(complaint().contains("with srgen learningRate 0.01, not 0.05"))
    settings.learningRate = 0.01
    settings.rule = .fixed(FixedThreshold(entropy: 2))
    #expect(complaint().contains("with srgen rule.adaptive.coldStart 3, not none"))
  }
}

@Suite struct RunArmTests {
  @Test func `arms are read from a list, in an order of their own`() throws {
    #expect(try RunArm.list("cntp, none,srgen,cntp").map(\.name) == ["none", "srgen", "cntp"])
    #expect(try RunArm.list("all").count == ReflectionMethod.allCases.count + 1)
    #expect(
      try RunArm.list("srgen,controls").map(\.name) == [
        "srgen", "restart", "argmax", "cooler", "entropy-only", "random-vector", "random-places",
      ])
  }

  @Test(arguments: ["", ",", "sgren", "none;srgen", "none,\u{1B}[2J", "places"])
  func `what is no arm is refused with those there are`(list: String) {
    do {
      _ = try RunArm.list(list)
      Issue.record("\(list) was taken")
    } catch {
      let sentence = Failure.sentence(for: error)
      #expect(sentence.hasPrefix("--reflect takes names separated by commas out of none, srgen,"))
      #expect(!sentence.contains("\u{1B}"))
      #expect(Failure.code(for: error) == 2)
    }
  }

  @Test func `random places need srgen beside them`() {
    #expect(throws: RunError.randomPlacesAlone) { try RunArm.list("none,random-places") }
    #expect(throws: RunError.randomPlacesAlone) { try RunArm.list("controls") }
  }

  @Test func `random places are as many as srgen's, after the first token, each once`() {
    for seed in 0..<200 as Range<UInt64> {
      let places = RunArm.places(3, in: 12, seed: seed)
      #expect(places.count == 3 && Set(places).count == 3 && places == places.sorted())
      #expect(places.allSatisfy { (1..<12).contains($0) })
    }
    #expect(RunArm.places(3, in: 12, seed: 5) == RunArm.places(3, in: 12, seed: 5))
    #expect(Set((0..<50).map { RunArm.places(3, in: 40, seed: $0) }).count > 40)
    #expect(RunArm.places(0, in: 12, seed: 1) == [])
    #expect(RunArm.places(20, in: 4, seed: 1) == [1, 2, 3])
    #expect(RunArm.places(1, in: 1, seed: 1) == [] && RunArm.places(1, in: 0, seed: 1) == [])
  }

  @Test func `random places of an attempt go by its own srgen`() throws {
    let arm = RunArm(method: .randomPlaces)
    let usual = try #require(
      arm.settings(ReflectionChoice(), for: ScriptedModel.standardDescription))
    var row = ResultsRow(
      problem: "p", arm: "srgen", sample: 0, seed: 1, tokens: 30, length: 30, reflections: 25,
      seconds: 1)
    func positions() -> [Int]? {
      let settings = arm.settings(usual, seed: 1, problem: "p", after: row)
      guard case .places(let places)? = settings?.rule else { return nil }
      #expect((settings?.maximum ?? 0) >= places.positions?.count ?? 0)
      return places.positions
    }
    #expect(positions()?.count == 25)
    row.reflections = 0
    #expect(positions() == [])
    let other = RunArm(method: .srgen)
    let settings = other.settings(ReflectionChoice(), for: ScriptedModel.standardDescription)
    #expect(other.settings(settings, seed: 1, problem: "p", after: row) == settings)
  }

  @Test func `a rule that was chosen is for those who look for uncertain tokens`() {
    var choice = ReflectionChoice()
    choice.rule = .fixed
    let model = ScriptedModel.standardDescription
    let rules = RunArm.all.map { $0.settings(choice, for: model)?.rule.name }
    for (arm, rule) in zip(RunArm.all, rules) {
      switch arm.method {
      case nil: #expect(rule == nil)
      case .idSampling: #expect(rule == .growing)
      case .psr: #expect(rule == .period)
      case .randomPlaces: #expect(rule == .places)
      default: #expect(rule == .fixed)
      }
    }
  }
}

@Suite struct RunCommandTests {
  @Test func `what cannot be run is refused with a sentence`() throws {
    try withTemporaryFolder { folder in
      let set = folder + "/set.jsonl"
      try Data("{\"id\":\"a-1\",\"problem\":\"1 + 1?\"}\n".utf8).write(to: URL(filePath: set))
      for (arguments, says) in [
        ([], "Name a problem set"),
        (["nonesuch"], "there is no such problem set"),
        ([folder + "/none.jsonl"], "there is no such file"),
        ([set, "--samples", "0"], "--samples takes a whole number from 1 to 1000, not \u{201C}0"),
        ([set, "--samples", "1000000000"], "--samples takes"),
        ([set, "--samples", "two"], "--samples takes"),
        ([set, "--limit", "0"], "--limit takes"), ([set, "--jobs", "0"], "--jobs takes"),
        ([set, "--jobs", "999"], "--jobs takes"),
        ([set, "--ids", "b-"], "No problem of set has an id that begins with \u{201C}b-"),
        ([set, "--seed", "off"], "--seed takes a whole number"),
        ([set, "--reflect", "sgren"], "(did you mean srgen?)"),
        ([set, "--reflect", "none,random-places"], "needs srgen beside it"),
        ([set, "--set", "k"], "--set takes NAME=VALUE"),
        ([set, "--set", "kk=3"], "did you mean k?"),
        ([set, "--set", "k=lots"], "--set k takes a number from 0 to 100"),
        ([set, "--set", "window=2.5"], "--set window takes a whole number"),
        ([set, "--rule", "often"], "--rule takes auto, adaptive"),
        ([set, "--thresholds", "mine"], "--thresholds takes profile, published"),
        ([set, "--temperature", "hot"], "--temperature takes"),
        ([set, "--solver", "nobody"], "no profile has that name"),
        ([set, "--resume", "--out", folder + "/nowhere"], "There are no results at"),
        (["--report", folder + "/nowhere"], "There are no results at"),
      ] as [([String], String)] {
        let found = complaint(arguments)
        #expect(found.contains(says), "\(arguments): \(found)")
        #expect(!found.contains("unforeseen"), "\(found)")
      }
    }
  }

  private func complaint(_ arguments: [String]) -> String {
    do {
      var command = try Erratum.parseAsRoot(["run"] + arguments)
      try command.run()
      return "it was run"
    } catch {
      return Failure.sentence(for: error)
    }
  }

  @Test func `every sentence says what to do next`() {
    let errors: [RunError] = [
      .noSet, .noProblems(ids: "x", set: "s"), .randomPlacesAlone,
      .otherSettings(folder: "f", name: "n", recorded: "1", asked: "2"),
      .otherProblems(folder: "f", set: "s"), .notResults(path: "p"), .noResults(path: "p"),
      .newerResults(path: "p"), .locked(folder: "f", holder: nil),
      .notWritable(path: "p", reason: "r"), .libraryNotWritable(path: "p", reason: "r"),
    ]
    for error in errors {
      let sentence = Failure.sentence(for: error)
      #expect(sentence.hasSuffix(".") && sentence.contains { ";,".contains($0) }, "\(sentence)")
      #expect(Failure.code(for: error) == 2)
    }
  }

  @Test func `progress tells rate and time left`() {
    #expect(
      RunProgress.line(done: 120, begun: 20, total: 1000, seconds: 50)
        == "120 of 1000 attempts, 2.0 a second, 7 min 20 s left")
    #expect(
      RunProgress.line(done: 3, begun: 0, total: 9, seconds: 60)
        == "3 of 9 attempts, 3.0 a minute, 2 min 0 s left")
    #expect(RunProgress.line(done: 20, begun: 20, total: 99, seconds: 0) == "20 of 99 attempts")
    #expect(RunProgress.time(59.4) == "59 s" && RunProgress.time(4620) == "1 h 17 min")
    #expect(RunProgress.time(200_000) == "2 d 7 h" && RunProgress.time(-1) == "0 s")
    #expect(RunProgress.time(.infinity) == "11574 d 1 h")
  }

  @Test func `columns are as wide as their widest cell`() {
    #expect(
      TextTable.lines([["arm", "n"], ["none", "12"], ["x", ""]])
        == ["arm    n", "none  12", "x"])
    #expect(TextTable.lines([]) == [])
  }
}
