import Sessions
import Testing

@testable import erratum

private func read(_ text: String) throws -> ModelProfile {
  try ProfileFile.read(text, file: "/m/small.toml")
}

private func complaint(_ text: String) -> String {
  do {
    _ = try read(text)
    return "it was taken"
  } catch {
    return "\(error)"
  }
}

private let whole = """
  name = "small"
  prompts = "plain"

  [calibration]
  signal = "meanLogProbability"
  steps = 412
  problems = 60
  knots = [[-2.5, 0.1], [-1, 0.5], [0, 1]]

  [reflection]
  window = 25
  k = 4
  minimum_deviation = 0.02
  floor = 0.5
  cold_start = 1.0
  share = 0.02
  """

@Suite struct ProfileFileTests {
  @Test func `a profile is read whole`() throws {
    #expect(
      try read(whole)
        == ModelProfile(
          name: "small", prompts: "plain",
          calibration: Calibration(
            signal: "meanLogProbability", steps: 412, problems: 60,
            knots: [[-2.5, 0.1], [-1, 0.5], [0, 1]]),
          reflection: ReflectionThresholds(
            window: 25, k: 4, minimumDeviation: 0.02, floor: 0.5, coldStart: 1, share: 0.02)))
    #expect(try read("") == ModelProfile(name: "small"))
  }

  @Test(arguments: [
    ("steps = 412", "steps = 0", ":6:", "a whole number from 1"),
    ("\"meanLogProbability\"", "\"meanEntropy\"", ":5:", "use one of: lowestWindow"),
    ("\"meanLogProbability\"", "\"meanLogProbabilty\"", ":5:", "did you mean"),
    ("[-1, 0.5]", "[-1]", ":8:", "no pair of numbers"),
    ("[-1, 0.5]", "[-1, nan]", ":8:", "no pair of numbers"),
    ("[-1, 0.5]", "[-1, 1.5]", ":8:", "outside 0 to 1"),
    ("[-1, 0.5]", "[-3, 0.5]", ":8:", "values must rise"),
    ("[-1, 0.5]", "[-1, 0.05]", ":8:", "probabilities never fall"),
    ("[[-2.5, 0.1], [-1, 0.5], [0, 1]]", "[]", ":8:", "no list of pairs"),
    ("problems = 60\n", "", ":4:", "\"problems\" is missing"),
    ("k = 4", "k = -1", ":12:", "a number from 0"),
    ("share = 0.02", "share = 2", ":16:", "a number from 0.0 to 1.0"),
    ("cold_start", "coldstart", ":10:", "\"cold_start\" is missing"),
    ("prompts", "promts", ":2:", "did you mean \"prompts\""),
  ])
  func `a slip is told with its line and what is allowed`(
    old: String, new: String, place: String, says: String
  ) {
    let complaint = complaint(whole.replacing(old, with: new, maxReplacements: 1))
    #expect(complaint.contains(place), "\(complaint)")
    #expect(complaint.contains(says), "\(complaint)")
  }

  @Test func `the profile that ships is good`() throws {
    let profile = try #require(try ProfileFile.load(checkout + "/models/erratum-small.toml"))
    #expect(profile.name == "erratum-small")
    #expect(profile.prompts == "plain")
  }
}
