import FaultServer
import Foundation

/// One run of a program without a screen.
struct Program {
  var standardOutput: Data
  var standardError: String
  var code: Int32
  /// It had to be killed: it hung.
  var isStuck = false

  var output: String { String(decoding: standardOutput, as: UTF8.self) }
  /// Complaints without the notes on what it is doing.
  var complaints: [String] {
    standardError.split(separator: "\n").map(String.init).filter {
      !$0.hasPrefix("erratum: session ") && !$0.hasPrefix("erratum: connecting ")
    }
  }

  /// Runs `erratum` to its end.
  static func run(
    _ arguments: [String], in home: Household, stdin: Data = Data(), seconds: Double = 30
  ) throws -> Program {
    try Running(Checkout.binary, arguments, in: home, stdin: stdin).end(within: seconds)
  }
}

/// A program that was started and may be sent signals; what it prints is read all along.
final class Running {
  private let child: Child
  private let output: Drain
  private let errors: Drain

  init(_ program: URL, _ arguments: [String], in home: Household, stdin: Data = Data()) throws {
    let (out, err, input) = (Pipe(), Pipe(), Pipe())
    child = try Child(
      program.path, arguments, environment: home.environment,
      input: input.fileHandleForReading.fileDescriptor,
      output: out.fileHandleForWriting.fileDescriptor,
      errors: err.fileHandleForWriting.fileDescriptor)
    for end in [input.fileHandleForReading, out.fileHandleForWriting, err.fileHandleForWriting] {
      try end.close()
    }
    output = Drain(out.fileHandleForReading)
    errors = Drain(err.fileHandleForReading)
    feed(stdin, to: input.fileHandleForWriting)
  }

  deinit {
    if child.isRunning {
      send(SIGKILL)
      _ = child.wait()
    }
  }

  /// What it printed so far.
  var outputSoFar: String { String(decoding: output.soFar, as: UTF8.self) }
  var errorsSoFar: String { String(decoding: errors.soFar, as: UTF8.self) }

  func send(_ signal: Int32) { kill(child.id, signal) }

  func end(within seconds: Double = 30) throws -> Program {
    let isStuck = !holds(within: seconds) { !child.isRunning }
    if isStuck { send(SIGKILL) }
    let code = child.wait()
    return Program(
      standardOutput: output.whole(),
      standardError: String(decoding: errors.whole(), as: UTF8.self), code: code,
      isStuck: isStuck)
  }
}

private func feed(_ data: Data, to pipe: FileHandle) {
  let thread = Thread {
    try? pipe.write(contentsOf: data)
    try? pipe.close()
  }
  thread.start()
}

/// Reads a pipe on a thread of its own, so that nobody waits for a full one.
///
/// `lock` is what makes the `@unchecked Sendable` true.
private final class Drain: @unchecked Sendable {
  private let lock = NSLock()
  private var data = Data()
  private let done = DispatchSemaphore(value: 0)

  init(_ pipe: FileHandle) {
    let thread = Thread { [self] in
      // Not `read(upToCount:)`: it waits until it has them all.
      while case let more = pipe.availableData, !more.isEmpty {
        lock.withLock { data.append(more) }
      }
      done.signal()
    }
    thread.start()
  }

  var soFar: Data { lock.withLock { data } }

  /// A child that outlives the program may keep the pipe open: a second, no more.
  func whole() -> Data {
    _ = done.wait(timeout: .now() + 1)
    return soFar
  }
}

/// Asks again and again until `condition` holds; false when it never did.
func holds(within seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
  let end = Date(timeIntervalSinceNow: seconds)
  while try !condition() {
    if Date() > end { return false }
    Thread.sleep(forTimeInterval: 0.02)
  }
  return true
}

/// A port of loopback that was free a moment ago.
func freePort() throws -> UInt16 {
  let server = try FaultServer()
  defer { server.stop() }
  return server.port
}

/// `body` of every item, eight at a time on threads of their own; results in the items' order.
func inParallel<Item: Sendable, Result>(
  _ items: [Item], _ body: @escaping @Sendable (Item) throws -> Result
) throws -> [Result] {
  let results = Results<Result>(count: items.count)
  let (slots, ended) = (DispatchSemaphore(value: 8), DispatchSemaphore(value: 0))
  for index in items.indices {
    slots.wait()
    let thread = Thread {
      results.set(Swift.Result { try body(items[index]) }, at: index)
      slots.signal()
      ended.signal()
    }
    thread.start()
  }
  for _ in items { ended.wait() }
  return try results.all.map { try $0.get() }
}

/// `lock` is what makes the `@unchecked Sendable` true.
private final class Results<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Result<Value, any Error>?]

  init(count: Int) { values = Array(repeating: nil, count: count) }

  func set(_ value: Result<Value, any Error>, at index: Int) {
    lock.withLock { values[index] = value }
  }

  var all: [Result<Value, any Error>] { lock.withLock { values.compactMap(\.self) } }
}
