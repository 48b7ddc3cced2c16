/// Searching the chain: letters of either case, byte by byte.
extension State {
  mutating func beginSearch(_ needle: String) {
    guard !needle.isEmpty else {
      reading?.search = nil
      return
    }
    let hits = searchHits(needle)
    reading?.search = Search(needle: needle, count: hits.count)
    if hits.isEmpty {
      notice = Notice("no match for \u{201C}\(needle)\u{201D}", .warning)
    } else {
      findNext(1, includingHere: true)
    }
  }

  mutating func findNext(_ delta: Int, includingHere: Bool = false) {
    guard let search = reading?.search else {
      notice = Notice("nothing searched yet; / begins")
      return
    }
    let hits = searchHits(search.needle)
    guard !hits.isEmpty else {
      notice = Notice("no match for \u{201C}\(search.needle)\u{201D}", .warning)
      return
    }
    // Whoever has moved since goes on from there.
    let item = reading?.item ?? 0
    let here =
      search.current.flatMap { $0.item == item ? $0 : nil }
      ?? SearchHit(item: item, byte: delta > 0 ? -1 : .max)
    func isAfter(_ hit: SearchHit) -> Bool {
      (hit.item, hit.byte) > (here.item, here.byte) || (includingHere && hit == here)
    }
    func isBefore(_ hit: SearchHit) -> Bool { (hit.item, hit.byte) < (here.item, here.byte) }
    let index: Int
    if delta > 0 {
      index = hits.firstIndex(where: isAfter) ?? 0
      if index == 0, !isAfter(hits[0]) { notice = Notice("search went round to the top") }
    } else {
      index = hits.lastIndex(where: isBefore) ?? hits.count - 1
      if !isBefore(hits[index]) { notice = Notice("search went round to the bottom") }
    }
    let hit = hits[index]
    select(hit.item)
    reading?.follows = false
    reading?.search?.current = hit
    reading?.search?.count = hits.count
    if notice == nil { notice = Notice("match \(index + 1) of \(hits.count)") }
    revealItem()
  }

  private func searchHits(_ needle: String) -> [SearchHit] {
    guard let layout = chainLayout else { return [] }
    let wanted = needle.utf8.map(lowercased)
    var hits: [SearchHit] = []
    for index in 0..<layout.itemCount {
      guard let item = layout.item(index) else { continue }
      for offset in matches(of: wanted, in: layout.bytes(of: item)) {
        hits.append(SearchHit(item: index, byte: offset))
      }
    }
    return hits
  }
}

/// Offsets, from the slice's start, at which `needle` (ASCII letters in lower case) begins.
package func matches(of needle: [UInt8], in bytes: ArraySlice<UInt8>) -> [Int] {
  guard let first = needle.first, bytes.count >= needle.count else { return [] }
  var found: [Int] = []
  var index = bytes.startIndex
  let last = bytes.endIndex - needle.count
  while index <= last {
    if lowercased(bytes[index]) == first,
      zip(bytes[index...], needle).allSatisfy({ lowercased($0) == $1 })
    {
      found.append(index - bytes.startIndex)
      index += needle.count
    } else {
      index += 1
    }
  }
  return found
}

package func lowercased(_ byte: UInt8) -> UInt8 {
  (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
}
