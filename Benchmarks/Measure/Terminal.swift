import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Seconds on a clock that never goes back.
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

/// Seconds this process has had a core for: what others do on the machine is not in it.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

struct MeasureError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// The program at a pseudo-terminal: what it paints comes in here, keys go out.
final class Child {
  /// What a run cost, by the system's own account of the finished process.
  struct Cost {
    /// Seconds on a core, user and system.
    var cpu: Double
    var peakMegabytes: Double
    var status: Int32
  }

  let pid: pid_t
  let startedAt: Double
  private let descriptor: Int32
  /// Everything painted so far, and the part of it that was not looked at yet.
  private(set) var byteCount = 0
  private var unread: [UInt8] = []

  init(
    _ path: String, _ arguments: [String], environment: [String: String], columns: UInt16 = 100,
    rows: UInt16 = 30
  ) throws {
    descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0, let name = Self.unlock(descriptor) else {
      throw MeasureError("no pseudo-terminal can be had")
    }
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    startedAt = now()
    pid = try Self.spawn(path, arguments, environment, terminal: name)
  }

  deinit { close(descriptor) }

  /// Makes the other end usable, and answers its path.
  private static func unlock(_ descriptor: Int32) -> String? {
    #if os(Linux)
      // TIOCSPTLCK and TIOCGPTN: macros the importer cannot read, and posix_openpt is not there.
      var (locked, number) = (Int32(0), Int32(0))
      guard ioctl(descriptor, 0x4004_5431, &locked) == 0,
        ioctl(descriptor, 0x8004_5430, &number) == 0
      else { return nil }
      return "/dev/pts/\(number)"
    #else
      guard grantpt(descriptor) == 0, unlockpt(descriptor) == 0 else { return nil }
      return ptsname(descriptor).map { String(cString: $0) }
    #endif
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String: String], terminal: String
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let newSession: Int32 = 0x0400, ownMask: Int32 = 0x0008
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      let newSession: Int32 = 0x80, ownMask: Int32 = 0x08
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    // The threads tasks run on block all signals, and a child would inherit that.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(newSession | ownMask))
    // The first terminal a new session opens becomes its own.
    posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + settings).forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, path, &actions, &attributes, &words, &settings)
    guard code == 0 else {
      throw MeasureError("\(path) does not start: \(String(cString: strerror(code)))")
    }
    return pid
  }

  func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  /// Takes in what is there, waiting so long for it; false when nothing came.
  @discardableResult
  func read(seconds: Double) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, Int32(max(0, (seconds * 1000).rounded(.up)))) > 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = chunk.withUnsafeMutableBytes {
      #if canImport(Darwin)
        Darwin.read(descriptor, $0.baseAddress, $0.count)
      #elseif canImport(Musl)
        Musl.read(descriptor, $0.baseAddress, $0.count)
      #else
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      #endif
    }
    guard count > 0 else { return false }
    byteCount += count
    unread += chunk[..<count]
    return true
  }

  /// Reads until `text` is painted; the moment it was, or `nil` when `seconds` passed without.
  @discardableResult
  func wait(for text: String, seconds: Double) -> Double? {
    let wanted = Array(text.utf8)
    let end = now() + seconds
    while true {
      if let place = unread.firstIndex(of: wanted) {
        unread.removeFirst(place + wanted.count)
        return now()
      }
      // What may still become the text stays.
      if unread.count > 1 << 16 { unread.removeFirst(unread.count - wanted.count) }
      let left = end - now()
      if left <= 0 { return nil }
      read(seconds: min(left, 0.5))
    }
  }

  /// Keeps the screen drained, as a terminal would, and forgets what it showed.
  func drain(seconds: Double) {
    let end = now() + seconds
    while now() < end { read(seconds: min(end - now(), 0.05)) }
    unread = []
  }

  /// Asks it to end, as closing the window would, and waits.
  func end() -> Cost {
    let peak = Usage(of: pid)?.peakMegabytes
    kill(pid, SIGTERM)
    return reap(peak: peak)
  }

  /// Waits for it to end by itself, and ends it when it does not.
  func reap(within seconds: Double = 20, peak known: Double? = nil) -> Cost {
    let limit = now() + seconds
    var peak = known
    while true {
      var status: Int32 = 0
      var usage = rusage()
      if wait4(pid, &status, WNOHANG, &usage) == pid {
        return Cost(usage, status, peak: peak)
      }
      if now() > limit { kill(pid, SIGKILL) }
      // Kept from before the end: what is left of a process has no memory.
      peak = Usage(of: pid)?.peakMegabytes ?? peak
      read(seconds: 0.05)
      unread = []
    }
  }
}

extension Child.Cost {
  /// - Parameter peak: the program's own; the system's account of a finished process begins
  ///   before exec, with the memory of whoever started it.
  init(_ usage: rusage, _ status: Int32, peak: Double?) {
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    #if canImport(Darwin)
      let unit = 1_048_576.0
    #else
      let unit = 1024.0
    #endif
    self.init(
      cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakMegabytes: peak ?? Double(usage.ru_maxrss) / unit, status: status)
  }
}

/// What a running process has used so far; only Linux tells without asking a debugger.
struct Usage {
  var cpu: Double
  var residentMegabytes: Double
  var peakMegabytes: Double

  init?(of pid: pid_t) {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      let name = stat.lastIndex(of: ")")
    else { return nil }
    // Fields 14 and 15, in ticks; the name before them may hold blanks.
    let fields = stat[name...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
    else { return nil }
    cpu = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    func megabytes(_ name: String) -> Double? {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
      let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      return number.flatMap { Double($0) }.map { $0 / 1024 }
    }
    guard let resident = megabytes("VmRSS:"), let peak = megabytes("VmHWM:") else { return nil }
    residentMegabytes = resident
    peakMegabytes = peak
  }
}

extension [UInt8] {
  /// Where `pattern` begins.
  fileprivate func firstIndex(of pattern: [UInt8]) -> Int? {
    guard let first = pattern.first, count >= pattern.count else { return nil }
    return withUnsafeBufferPointer { bytes in
      (0...bytes.count - pattern.count).first { start in
        bytes[start] == first
          && (1..<pattern.count).allSatisfy { bytes[start + $0] == pattern[$0] }
      }
    }
  }
}
