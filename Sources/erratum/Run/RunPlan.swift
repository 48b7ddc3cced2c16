import Engine
import Foundation
import Sessions
import Workbench

/// What is to be run: problems, samples and arms, and how.
struct RunPlan: Sendable {
  /// One problem with one seed, on which every arm is tried.
  struct Case: Equatable, Sendable {
    var problem: Problem
    /// From 0.
    var sample: Int
  }

  var set: ProblemSet
  /// Those of the set that are run.
  var problems: [Problem]
  var samples: Int
  /// Of the first sample; the others count on.
  var seed: Int
  var arms: [RunArm]
  var settings: Settings

  /// Sample by sample: a run that is stopped has all problems, and fewer samples.
  var cases: [Case] {
    (0..<samples).flatMap { sample in problems.map { Case(problem: $0, sample: sample) } }
  }

  /// The problems of a set that are wanted.
  static func problems(
    of set: ProblemSet, ids prefix: String?, limit: Int?
  ) throws -> [Problem] {
    let found = set.problems.filter { problem in prefix.map(problem.id.hasPrefix) ?? true }
    guard !found.isEmpty else {
      throw RunError.noProblems(ids: (prefix ?? "").visible, set: set.name.visible)
    }
    return Array(found.prefix(limit ?? found.count))
  }

  /// What the results are recorded under.
  func header(for model: ModelDescription, program: String, wall: Double) -> ResultsHeader {
    var print = Fingerprint()
    for problem in set.problems {
      [problem.id, problem.text, problem.answer ?? "", problem.kind ?? ""].forEach {
        print.take($0)
      }
    }
    var recorded: [String: String] = ["seed": String(seed)]
    for setting in Setting.allCases where setting != .samples && setting != .seed {
      recorded[setting.rawValue] = settings[setting]
    }
    recorded[Setting.prompts.rawValue] = settings.promptSet(for: model)
    return ResultsHeader(
      program: program, created: wall, set: set.name, digest: print.hex, model: model.model,
      dialect: model.dialect, settings: recorded)
  }

  /// How each arm reflects.
  func recorded(for model: ModelDescription) -> [ResultsArm] {
    arms.map {
      ResultsArm(arm: $0.name, reflection: $0.settings(settings.reflection, for: model))
    }
  }
}

extension Results {
  /// Throws when what is to be run now could not stand beside what was run before.
  ///
  /// More problems, samples and arms can be.
  func check(_ header: ResultsHeader, _ arms: [ResultsArm], folder: String) throws(RunError) {
    guard header.digest == self.header.digest else {
      throw .otherProblems(folder: folder, set: self.header.set.visible)
    }
    func compare(_ name: String, _ recorded: String, _ asked: String) throws(RunError) {
      guard recorded != asked else { return }
      throw .otherSettings(
        folder: folder, name: name, recorded: recorded.visible, asked: asked.visible)
    }
    try compare("solver", self.header.model, header.model)
    try compare("dialect", self.header.dialect, header.dialect)
    for name in Set(header.settings.keys).union(self.header.settings.keys).sorted() {
      try compare(
        name.visible, self.header.settings[name] ?? "off", header.settings[name] ?? "off")
    }
    for arm in arms {
      guard let before = settings(of: arm.arm) else { continue }
      let (recorded, asked) = (before.reflection.facts, arm.reflection.facts)
      for name in Set(recorded.keys).union(asked.keys).sorted() {
        try compare("\(arm.arm) \(name)", recorded[name] ?? "none", asked[name] ?? "none")
      }
    }
  }
}

extension ReflectionSettings? {
  /// Every number and word by its path: `rule.adaptive.k` is `4`.
  fileprivate var facts: [String: String] {
    guard let settings = self, let data = try? JSONEncoder().encode(settings),
      let object = try? JSONSerialization.jsonObject(with: data)
    else { return [:] }
    var facts: [String: String] = [:]
    func take(_ value: Any, _ path: String) {
      guard let members = value as? [String: Any] else {
        facts[path] = "\(value)"
        return
      }
      for (name, member) in members { take(member, path.isEmpty ? name : "\(path).\(name)") }
    }
    take(object, "")
    return facts
  }
}
