import Engine
import Foundation
import Synchronization
import Workbench

/// How far a run has come, on standard error.
final class RunProgress: Sendable {
  private struct Count {
    var done: Int
    var begun: Int
    var isLineOpen = false
  }

  private let total: Int
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private let count: Mutex<Count>

  /// - Parameter done: attempts that an earlier run has made.
  init(total: Int, done: Int, isTerminal: Bool = isatty(STDERR_FILENO) != 0) {
    self.total = total
    self.isTerminal = isTerminal
    count = Mutex(Count(done: done, begun: done))
  }

  func finished() { count.withLock { $0.done += 1 } }

  /// Tells of it until the task is cancelled: every second on a terminal, else every ten.
  func tell() async {
    while (try? await Task.sleep(for: .seconds(isTerminal ? 1 : 10))) != nil { show() }
  }

  /// A sentence on a line of its own.
  func note(_ text: String) {
    count.withLock { count in
      if count.isLineOpen { StandardStream.error.write("\r\u{1B}[K") }
      count.isLineOpen = false
      warn(text)
    }
  }

  /// Leaves the cursor at the beginning of an empty line.
  func end() {
    count.withLock { count in
      if count.isLineOpen { StandardStream.error.write("\r\u{1B}[K") }
      count.isLineOpen = false
    }
  }

  private func show() {
    count.withLock { count in
      let line = Self.line(
        done: count.done, begun: count.begun, total: total,
        seconds: start.duration(to: .now).seconds)
      if isTerminal {
        StandardStream.error.write("\rerratum: \(line)\u{1B}[K")
        count.isLineOpen = true
      } else {
        warn(line)
      }
    }
  }

  /// `120 of 15000 attempts, 3.2 a second, 1 h 17 min left`.
  static func line(done: Int, begun: Int, total: Int, seconds: Double) -> String {
    let words = "\(done) of \(total) attempts"
    let rate = Double(done - begun) / max(seconds, 0.001)
    guard rate > 0 else { return words }
    let speed =
      rate >= 1
      ? "\(rate.formatted(places: 1)) a second"
      : "\((rate * 60).formatted(places: 1)) a minute"
    return "\(words), \(speed), \(time(Double(total - done) / rate)) left"
  }

  /// `3 s`, `4 min 10 s`, `1 h 17 min`, `2 d 3 h`.
  static func time(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }
  }
}
