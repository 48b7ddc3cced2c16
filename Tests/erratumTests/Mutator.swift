/// Changes bytes at random; SplitMix64, so that a seed says all.
struct Mutator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `bytes` with some changed, left out, doubled or put in.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes
    for _ in 0..<Int.random(in: 1...8, using: &self) where !out.isEmpty {
      let place = Int.random(in: 0..<out.count, using: &self)
      let end = min(out.count, place + Int.random(in: 0...40, using: &self))
      switch Int.random(in: 0..<5, using: &self) {
      case 0: out[place] = UInt8.random(in: 0...255, using: &self)
      case 1: out[place] = Array(#".=[]{}"'#,-+0\"#.utf8).randomElement(using: &self) ?? 0
      case 2: out.removeSubrange(place..<end)
      case 3: out.insert(contentsOf: out[place..<end], at: place)
      default: out.insert(contentsOf: "99999999999999999999e999".utf8, at: place)
      }
    }
    return out
  }
}
