import Engine
import Sessions

extension Alignment.Change {
  var role: Role {
    switch self {
    case .kept: .kept
    case .reworded: .reworded
    case .new: .added
    case .dropped: .dropped
    }
  }

  func glyph(_ glyphs: Glyphs) -> String {
    switch self {
    case .kept: "="
    case .reworded: String(glyphs.neutral)
    case .new: "+"
    case .dropped: "-"
    }
  }
}

/// A row of two attempts side by side, by attempt-wide step index.
struct StepPair: Equatable {
  var old: Int?
  var new: Int?
  var change: Alignment.Change
}

/// Sets the answer steps of two attempts side by side.
///
/// The engine compares every step with every other, word by word: too slow for a frame when there
/// are hundreds.
func pairSteps(_ old: Attempt, _ new: Attempt) -> [StepPair] {
  guard isComparable(old, new) else { return pairEqualSteps(old, new) }
  return Alignment(from: old, to: new).rows.map {
    StepPair(old: $0.old, new: $0.new, change: $0.change)
  }
}

func isComparable(_ old: Attempt, _ new: Attempt) -> Bool {
  old.steps.count * new.steps.count <= 900
}

/// By the longest run of equal steps in order.
///
/// What stands between equal steps is paired in order and called reworded; the rest of the longer
/// side is new or dropped.
private func pairEqualSteps(_ old: Attempt, _ new: Attempt) -> [StepPair] {
  let left = answerSteps(old)
  let right = answerSteps(new)
  var pairs: [StepPair] = []
  var (from, to) = (0, 0)
  for (oldPlace, newPlace) in anchors(left.map(\.key), right.map(\.key)) + [
    (left.count, right.count)
  ] {
    while from < oldPlace, to < newPlace {
      pairs.append(StepPair(old: left[from].index, new: right[to].index, change: .reworded))
      from += 1
      to += 1
    }
    while from < oldPlace {
      pairs.append(StepPair(old: left[from].index, new: nil, change: .dropped))
      from += 1
    }
    while to < newPlace {
      pairs.append(StepPair(old: nil, new: right[to].index, change: .new))
      to += 1
    }
    if oldPlace < left.count, newPlace < right.count {
      pairs.append(
        StepPair(old: left[oldPlace].index, new: right[newPlace].index, change: .kept))
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
