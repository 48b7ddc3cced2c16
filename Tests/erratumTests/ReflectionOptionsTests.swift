import ArgumentParser
import Engine
import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

@Suite struct ReflectionOptionsTests {
  private func choice(_ arguments: [String]) throws -> ReflectionChoice {
    let command = try #require(
      try Erratum.parseAsRoot(["solve", "hi"] + arguments) as? SolveCommand)
    var choice = ReflectionChoice()
    try command.reflection.apply(to: &choice)
    return choice
  }

  private func complaint(_ arguments: [String]) -> String {
    do {
      _ = try choice(arguments)
      return "it was taken"
    } catch {
      #expect(Failure.code(for: error) == 2)
      return Failure.sentence(for: error)
    }
  }

  @Test func `what is given is what is set`() throws {
    let found = try choice([
      "--reflect", "cntp", "--rule", "fixed", "--thresholds", "published", "--set", "entropy=0.7",
      "--set", "trials=6", "--set", "ambiguity=fire", "--set", "doubt-text=a=b",
    ])
    #expect(found.method == .cntp && found.rule == .fixed && found.usesPublished)
    #expect(found.numbers == [.entropy: 0.7, .trials: 6])
    #expect(found.ambiguity == .fire && found.doubtText == "a=b")
    #expect(try choice([]) == ReflectionChoice())
    #expect(try choice(["--reflect", "none"]).method == nil)
    // Wherever they stand: choosing thresholds forgets only what was set before.
    #expect(try choice(["--set", "k=2", "--thresholds", "published"]).numbers == [.k: 2])
  }

  @Test func `every method, rule and number can be named`() throws {
    for method in ReflectionMethod.allCases {
      #expect(try choice(["--reflect", method.rawValue]).method == method)
    }
    for rule in TriggerRule.Name.allCases {
      #expect(try choice(["--rule", rule.rawValue]).rule == rule)
    }
    for number in ReflectionNumber.allCases {
      let value = number.range.lowerBound
      let found = try choice(["--set", "\(number.rawValue)=\(value)"])
      #expect(found.numbers == [number: value], "\(number)")
    }
  }

  @Test(arguments: [
    (["--reflect", "sgren"], "--reflect takes none, srgen, cntp"),
    (["--reflect", "none,srgen"], "--reflect takes none, srgen, cntp"),
    (["--reflect", ""], "--reflect takes"),
    (["--rule", "sometimes"], "--rule takes auto, adaptive"),
    (["--thresholds", "both"], "--thresholds takes profile, published, not \u{201C}both"),
    (["--set", "k"], "--set takes NAME=VALUE"),
    (["--set", "=3"], "--set takes NAME=VALUE (names:"),
    (["--set", "flor=3"], "(did you mean floor?)"), (["--set", "k="], "--set k takes a number"),
    (["--set", "k=nan"], "--set k takes a number from 0 to 100"),
    (["--set", "k=1e9"], "--set k takes a number from 0 to 100"),
    (["--set", "window=0"], "--set window takes a whole number from 1 to 1000"),
    (["--set", "window=2.5"], "--set window takes a whole number"),
    (["--set", "steps=-1"], "--set steps takes a whole number"),
    (["--set", "learning-rate=inf"], "--set learning-rate takes"),
    (["--set", "entropy-weight=1.5"], "--set entropy-weight takes a number from 0 to 1"),
    (["--set", "reflect=all"], "--set reflect takes"),
  ])
  func `what cannot be is refused with what can`(arguments: [String], says: String) {
    let sentence = complaint(arguments)
    #expect(sentence.contains(says), "\(sentence)")
    #expect(sentence.hasSuffix("correct it and try again."))
  }

  @Test func `sweeps are read, both ends included`() throws {
    func values(_ text: String, _ parameter: ThresholdSweep.Parameter = .k) throws -> [Double] {
      try SweepRange(text, option: "k", of: parameter).values
    }
    #expect(try values("1:5:0.5") == [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5])
    #expect(try values("0:0.3:0.1") == [0, 0.1, 0.2, 0.3])
    #expect(try values("1:2.4") == [1, 2] && values("3") == [3] && values("2:2:9") == [2])
    #expect(try values("10:30:10", .window) == [10, 20, 30])
    #expect(try values("0:99.9:0.1").count == 1000)
  }

  @Test(arguments: [
    ("", ""), (":", ""), ("1:", ""), ("1:2:3:4", ""), ("a:b:c", ""), ("nan", ""), ("1:inf", ""),
    ("1:2:nan", ""), ("1:5:0", "above 0"), ("1:5:-1", "above 0"), ("5:1:1", "above the last"),
    ("0:100:0.1", "more than 1000"), ("0:1e300:1e-300", "more than 1000"),
    ("-1:3:1", "values from 0 to 100"), ("99:101:1", "values from 0 to 100"),
  ])
  func `bad ranges are refused`(text: String, says: String) {
    do {
      _ = try SweepRange(text, option: "k", of: .k)
      Issue.record("\(text) was taken")
    } catch {
      let sentence = Failure.sentence(for: error)
      #expect(
        sentence.hasPrefix("--k takes FIRST:LAST:STEP") && (says.isEmpty || sentence.contains(says))
      )
    }
  }

  @Test func `a window is swept in whole numbers`() {
    #expect(throws: InputError.self) {
      try SweepRange("1:3:0.5", option: "window", of: .window)
    }
    #expect(throws: InputError.self) { try SweepRange("0:3:1", option: "window", of: .window) }
  }

  @Test(arguments: [
    ["reflect"], ["reflect", "s", "--what-if"], ["reflect", "s", "--k", "1:2"],
    ["reflect", "s", "--what-if", "--k", "1:2", "--floor", "1:2"], ["models", "calibrate"],
  ])
  func `usage that makes no sense is refused before anything is read`(arguments: [String]) {
    do {
      _ = try Erratum.parseAsRoot(arguments)
      Issue.record("\(arguments) was taken")
    } catch {
      #expect(Erratum.exitCode(for: error) == .validationFailure)
    }
  }
}

@Suite struct ProfileTextTests {
  private let found = ReflectionThresholds(
    window: 25, k: 4, minimumDeviation: 0.25, floor: 1.1, coldStart: 1.1, share: 0.020004)

  @Test func `a new profile can be read back`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/p.toml"
      var text = try ProfileText(path)
      try text.take(found, name: "odd \"name\"", prompts: "plain", temperature: 0.7)
      let profile = try #require(try ProfileFile.load(path))
      #expect(profile.prompts == "plain" && profile.name == "odd \"name\"")
      #expect(profile.reflection?.threshold == found.threshold)
      #expect(profile.reflection?.share == 0.02)
    }
  }

  @Test func `in one that is there only the table changes`() throws {
    let head = """
      # Mine.
      name = "x"

      # Fitted.
      [calibration]
      signal = "meanLogProbability"
      steps = 4
      problems = 2
      knots = [[-1, 0.5]]

      """
    let table = """
      # Old.
      [reflection] # by hand
      window = 5
      k = 1
      minimum_deviation = 0.1
      floor = 0.1
      cold_start = 0.1
      share = 0.5

      """
    for text in [
      head, head + table, table + head.replacingOccurrences(of: "name = \"x\"", with: ""),
    ] {
      try withTemporaryFolder { folder in
        let path = folder + "/p.toml"
        try Data(text.utf8).write(to: URL(filePath: path))
        for _ in 0..<2 {
          var profile = try ProfileText(path)
          try profile.take(found, name: "n", prompts: "general", temperature: 0.7)
        }
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try ProfileFile.load(path)?.reflection?.threshold == found.threshold)
        #expect(try ProfileFile.load(path)?.calibration != nil)
        #expect(whole.contains("# Fitted.") && !whole.contains("# Old."))
        #expect(whole.components(separatedBy: "[reflection]").count == 2)
      }
    }
  }

  @Test func `what is no profile, or cannot be written, is refused before the work`() throws {
    try withTemporaryFolder { folder in
      try Data("window = 3".utf8).write(to: URL(filePath: folder + "/other.toml"))
      for path in [folder + "/other.toml", folder, "/nowhere/p.toml"] {
        #expect(throws: FileError.self, "\(path)") { try ProfileText(path) }
      }
    }
  }
}
