import CKernels
import Foundation

/// Next-token distributions of a prefix, a row for each position.
///
/// A row is probabilities in half precision, as multiples of the likeliest one's: what a bias `u`
/// makes of such a distribution p is p e^u by the sum of that, so one vector of exponentials serves
/// all rows, and they need no softmax of their own. Rows come in any order of positions.
package final class PrefixDistributions {
  package let vocabulary: Int
  /// Rows that fit into the memory.
  package let capacity: Int
  /// Rows held.
  package private(set) var count = 0
  /// Positions that had to leave, or never fitted.
  package private(set) var dropped = 0
  /// Positions whose logits were no distribution; they have no row.
  package private(set) var undefined = 0

  /// Numbers of a row, those beyond the vocabulary 0.
  let width: Int
  /// A multiple of 8: as many are worked on together.
  let rowsPerBlock: Int
  /// Of rows by their sums: what is expected at a bias of 0, times ``count``.
  let sums: UnsafeMutablePointer<Double>
  /// What each row's numbers add up to.
  private(set) var rowSums: UnsafeMutablePointer<Double>
  /// The token that came after each position.
  private(set) var next: UnsafeMutablePointer<Int32>
  private var positions: UnsafeMutablePointer<Int32>
  /// Surprise at that token.
  private var surprisals: UnsafeMutablePointer<Double>
  /// How many rows there is a place in the lists above for.
  private var listed = 0
  /// Blocks of rows, all of them full but the last.
  private var blocks: [UnsafeMutablePointer<UInt16>] = []
  /// Rows there is memory for.
  private var held = 0
  /// A row that is made before it is known where it goes.
  private let draft: UnsafeMutablePointer<UInt16>

  /// `memory`: bytes that rows may take at most.
  ///
  /// When they are used up the smallest positions leave first. Memory is taken as rows come.
  package init(vocabulary: Int, memory: Int) {
    self.vocabulary = vocabulary
    width = Kernel.padded(vocabulary)
    let rowBytes = 2 * width
    capacity = max(0, memory) / rowBytes
    rowsPerBlock = max(8, (1 << 17) / rowBytes / 8 * 8)
    sums = .allocate(capacity: width)
    sums.initialize(repeating: 0, count: width)
    draft = .allocate(capacity: width)
    rowSums = .allocate(capacity: 0)
    next = .allocate(capacity: 0)
    positions = .allocate(capacity: 0)
    surprisals = .allocate(capacity: 0)
  }

  deinit {
    sums.deallocate()
    draft.deallocate()
    rowSums.deallocate()
    next.deallocate()
    positions.deallocate()
    surprisals.deallocate()
    for block in blocks { block.deallocate() }
  }

  /// Bytes held for rows, used or kept for later.
  package var bytes: Int { 2 * width * held }

  /// The distribution after the token at `position`, and the token that came `next`.
  ///
  /// `logits` are `vocabulary` floats. With no room left the row takes the place of the one at the
  /// smallest position, unless its own is smaller still.
  package func append(_ logits: UnsafePointer<Float>, next token: Int32, position: Int) {
    guard (0..<vocabulary).contains(Int(token)) else {
      undefined += 1
      return
    }
    // Made where it will stay, unless another has to make room for it first.
    let isRoom = count < capacity
    if isRoom { reserve(count + 1) }
    let made = Kernel.storeRow(
      logits, count: vocabulary, width: width, into: isRoom ? row(count) : draft)
    guard made.sum.isFinite, made.largest.isFinite else {
      undefined += 1
      return
    }
    guard let place = isRoom ? count : replaceable(by: position) else {
      dropped += 1
      return
    }
    if isRoom {
      count += 1
    } else {
      Kernel.addRow(row(place), width: width, by: -1 / rowSums[place], to: sums)
      dropped += 1
      row(place).update(from: draft, count: width)
    }
    rowSums[place] = made.stored
    next[place] = token
    positions[place] = Int32(clamping: position)
    surprisals[place] = Double(made.largest) + log(made.sum) - Double(logits[Int(token)])
    Kernel.addRow(row(place), width: width, by: 1 / made.stored, to: sums)
  }

  /// Says that `count` positions will have no row.
  package func leaveOut(_ count: Int) { dropped += count }

  /// Forgets all rows and keeps their memory.
  package func removeAll() {
    count = 0
    dropped = 0
    undefined = 0
    sums.update(repeating: 0, count: width)
  }

  /// The row that leaves for one of `position`; `nil` when that has to stay outside.
  private func replaceable(by position: Int) -> Int? {
    let smallest = (0..<count).min { positions[$0] < positions[$1] }
    return smallest.flatMap { positions[$0] < position ? $0 : nil }
  }

  private func reserve(_ rows: Int) {
    while held < rows {
      let more = min(rowsPerBlock, capacity - held)
      let block = UnsafeMutableRawPointer.allocate(byteCount: 2 * width * more, alignment: 64)
      blocks.append(block.bindMemory(to: UInt16.self, capacity: width * more))
      held += more
    }
    guard rows > listed else { return }
    let more = min(capacity, max(rows, 2 * listed, 64))
    rowSums = grown(rowSums, to: more)
    next = grown(next, to: more)
    positions = grown(positions, to: more)
    surprisals = grown(surprisals, to: more)
    listed = more
  }

  private func grown<T>(_ old: UnsafeMutablePointer<T>, to more: Int) -> UnsafeMutablePointer<T> {
    let new = UnsafeMutablePointer<T>.allocate(capacity: more)
    new.moveInitialize(from: old, count: count)
    old.deallocate()
    return new
  }

  private func row(_ index: Int) -> UnsafeMutablePointer<UInt16> {
    blocks[index / rowsPerBlock] + index % rowsPerBlock * width
  }
}

// MARK: - What fitting reads

extension PrefixDistributions {
  /// The parts of `rows`, which begin where a block does, that lie in one block each.
  func blocks(of rows: Range<Int>) -> some Sequence<Range<Int>> {
    stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerBlock).lazy.map {
      $0..<min(rows.upperBound, $0 + self.rowsPerBlock)
    }
  }

  /// Rows of one block, from `column` on.
  func rows(_ rows: Range<Int>, column: Int = 0) -> HalfRows {
    HalfRows(base: row(rows.lowerBound) + column, stride: width, count: rows.count)
  }

  /// Mean surprise at the tokens that came, without a bias.
  var crossEntropy: Double {
    guard count > 0 else { return 0 }
    return (0..<count).reduce(0) { $0 + surprisals[$1] } / Double(count)
  }
}
