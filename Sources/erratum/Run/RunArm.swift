import Engine
import Sessions
import Workbench

/// One way of reflecting that a run tries on every problem, or none.
struct RunArm: Equatable, Sendable {
  /// `nil` for the arm the others are held against.
  var method: ReflectionMethod?
  /// Named by itself, rather than one of `all` or `controls`.
  var isNamed = false

  var name: String { method?.rawValue ?? RunReport.baseline }

  /// All there are, in the order they are run and told in: `random-places` goes by what `srgen` did,
  /// so it comes after.
  static let all = [RunArm()] + ReflectionMethod.allCases.map { RunArm(method: $0) }

  /// Reads `none,srgen,controls`; what is named twice is run once.
  static func list(_ text: String) throws -> [RunArm] {
    let words = text.split(separator: ",").map { String($0.filter { $0 != " " }) }
    var (wanted, named): (Set<String>, Set<String>) = ([], [])
    for word in words where !word.isEmpty {
      switch word {
      case "all": wanted.formUnion(all.map(\.name))
      case "controls": wanted.formUnion(all.filter { $0.method?.isControl == true }.map(\.name))
      case _ where all.contains { $0.name == word }: named.insert(word)
      default: throw refusal(of: word)
      }
    }
    wanted.formUnion(named)
    guard !wanted.isEmpty else { throw refusal(of: text) }
    if wanted.contains(randomPlaces), !wanted.contains(ReflectionMethod.srgen.rawValue) {
      throw RunError.randomPlacesAlone
    }
    return all.filter { wanted.contains($0.name) }
      .map { RunArm(method: $0.method, isNamed: named.contains($0.name)) }
  }

  /// Those the model can carry out; what it cannot is refused where it was named, and told of to
  /// `leaveOut` where it was one of many.
  static func fitting(
    _ arms: [RunArm], on model: ModelDescription, leaveOut: (String) -> Void
  ) throws -> [RunArm] {
    try arms.filter { arm in
      guard let obstacle = arm.method?.obstacle(on: model) else { return true }
      if arm.isNamed { throw obstacle }
      leaveOut("\(arm.name) is left out. \(obstacle.sentence)")
      return false
    }
  }

  private static let randomPlaces = ReflectionMethod.randomPlaces.rawValue

  private static func refusal(of word: String) -> InputError {
    let names = all.map(\.name) + ["controls", "all"]
    let hint = nearest(to: word, in: names).map { " (did you mean \($0)?)" } ?? ""
    return .badSetting(
      name: "reflect", value: word.visible,
      allowed: "names separated by commas out of " + names.joined(separator: ", ") + hint)
  }

  /// How this arm reflects when it is asked for with `choice`.
  ///
  /// A rule that was chosen is for the methods that look for uncertain tokens; the others have
  /// rules of their own.
  func settings(_ choice: ReflectionChoice, for model: ModelDescription) -> ReflectionSettings? {
    guard let method else { return nil }
    var choice = choice
    choice.method = method
    if !method.needsEntropies || method == .randomPlaces { choice.rule = nil }
    return choice.settings(for: model)
  }

  /// The same for one attempt: `random-places` takes as many places as `srgen` took on the same
  /// problem with the same seed, anywhere in a response as long as that one.
  func settings(
    _ settings: ReflectionSettings?, seed: Int, problem: String, after srgen: ResultsRow?
  ) -> ReflectionSettings? {
    guard method == .randomPlaces, var settings, let srgen else { return settings }
    let places = Self.places(
      srgen.reflections, in: srgen.length, seed: Fingerprint.of("\(seed) \(problem)"))
    settings.rule = .places(RandomPlaces(positions: places, share: 0, seed: seed))
    settings.maximum = max(settings.maximum, places.count)
    return settings
  }

  /// So many of the positions after the first, in order; all of them where there are no more.
  static func places(_ count: Int, in length: Int, seed: UInt64) -> [Int] {
    guard length > 1 else { return [] }
    var random = SplitMix(seed: seed)
    var positions = Array(1..<length)
    let count = min(count, positions.count)
    for place in 0..<count {
      positions.swapAt(place, place + random.index(below: positions.count - place))
    }
    return positions.prefix(count).sorted()
  }
}

/// FNV-1a, 64 bits: tells texts apart, and keeps no secret.
struct Fingerprint {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func take(_ text: String) {
    for byte in text.utf8 { take(byte) }
    // Texts one after the other are not their sum: no text holds this byte.
    take(0xFF)
  }

  private mutating func take(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }

  static func of(_ text: String) -> UInt64 {
    var print = Fingerprint()
    print.take(text)
    return print.value
  }

  var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
