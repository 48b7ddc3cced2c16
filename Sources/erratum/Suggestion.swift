/// Words a mistyped name: the nearest allowed one first, then all of them when they are few.
func allowed(_ names: some Collection<String>, insteadOf found: String) -> String {
  let names = Set(names).sorted()
  if let near = nearest(to: found, in: names) { return "did you mean \"\(near)\"?" }
  if names.isEmpty { return "nothing can be set here; remove it." }
  return "use one of: \(names.joined(separator: ", "))."
}

/// The name a person most likely meant, when one is near enough to be worth offering.
func nearest(to found: String, in names: some Collection<String>) -> String? {
  let reach = max(1, min(found.count / 3, 3))
  return
    names
    .map { (name: $0, distance: editDistance(found.lowercased(), $0.lowercased())) }
    .filter { $0.distance <= reach }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

/// Insertions, deletions, replacements and swaps of neighbours between two short words.
///
/// Optimal string alignment; words longer than 64 characters count as wholly different.
func editDistance(_ left: String, _ right: String) -> Int {
  let left = Array(left)
  let right = Array(right)
  guard left.count <= 64, right.count <= 64 else { return left == right ? 0 : 64 }
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 0..<left.count {
    var current = [row + 1]
    for column in 0..<right.count {
      let isSame = left[row] == right[column]
      var best = min(
        last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
