import Sessions

/// What became of a step in a revision.
enum StepFate: CaseIterable {
  case kept, reworded, added, dropped

  var word: String { self == .added ? "new" : "\(self)" }

  var role: Role {
    switch self {
    case .kept: .kept
    case .reworded: .reworded
    case .added: .added
    case .dropped: .dropped
    }
  }

  func glyph(_ glyphs: Glyphs) -> String {
    switch self {
    case .kept: "="
    case .reworded: glyphs.neutral.description
    case .added: "+"
    case .dropped: "-"
    }
  }
}

/// A row of two attempts side by side.
struct StepPair: Equatable {
  var left: Int?
  var right: Int?
  var fate: StepFate
}

/// Sets the answer steps of two attempts side by side, by the longest run of equal steps in order.
///
/// What stands between equal steps is paired in order and called reworded; the rest of the longer
/// side is new or dropped.
func pairSteps(_ old: Attempt, _ new: Attempt) -> [StepPair] {
  let left = answerSteps(old)
  let right = answerSteps(new)
  var pairs: [StepPair] = []
  var (from, to) = (0, 0)
  for (oldPlace, newPlace) in anchors(left.map(\.key), right.map(\.key)) + [
    (left.count, right.count)
  ] {
    while from < oldPlace, to < newPlace {
      pairs.append(StepPair(left: left[from].index, right: right[to].index, fate: .reworded))
      from += 1
      to += 1
    }
    while from < oldPlace {
      pairs.append(StepPair(left: left[from].index, right: nil, fate: .dropped))
      from += 1
    }
    while to < newPlace {
      pairs.append(StepPair(left: nil, right: right[to].index, fate: .added))
      to += 1
    }
    if oldPlace < left.count, newPlace < right.count {
      pairs.append(
        StepPair(left: left[oldPlace].index, right: right[newPlace].index, fate: .kept))
      from = oldPlace + 1
      to = newPlace + 1
    }
  }
  return pairs
}

private func answerSteps(_ attempt: Attempt) -> [(index: Int, key: Int)] {
  attempt.steps.enumerated().compactMap { index, step in
    guard step.channel == .answer else { return nil }
    var hasher = Hasher()
    for byte in attempt.bytes(of: step) where byte > 0x20 { hasher.combine(byte) }
    return (index, hasher.finalize())
  }
}

/// Places of equal steps, in order; beyond a size only the common beginning is looked for.
private func anchors(_ left: [Int], _ right: [Int]) -> [(Int, Int)] {
  let common = zip(left, right).prefix { $0 == $1 }.count
  var found = (0..<common).map { ($0, $0) }
  let a = Array(left[common...])
  let b = Array(right[common...])
  guard !a.isEmpty, !b.isEmpty, a.count * b.count <= 250_000 else { return found }
  let width = b.count + 1
  var lengths = [Int32](repeating: 0, count: (a.count + 1) * width)
  for i in a.indices.reversed() {
    for j in b.indices.reversed() {
      lengths[i * width + j] =
        a[i] == b[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
    }
  }
  var (i, j) = (0, 0)
  while i < a.count, j < b.count {
    if a[i] == b[j] {
      found.append((common + i, common + j))
      i += 1
      j += 1
    } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
      i += 1
    } else {
      j += 1
    }
  }
  return found
}
