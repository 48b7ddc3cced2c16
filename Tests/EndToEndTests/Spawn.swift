import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A child process, started and waited for without Foundation.
///
/// Foundation takes a child for running as long as anyone holds the pipe it inherited; the server
/// that tmux leaves behind holds it for ever.
final class Child {
  let id: pid_t
  private var status: Int32?

  struct Failure: Error, CustomStringConvertible {
    var program: String
    var code: Int32
    var description: String { "\(program) could not be started (error \(code))" }
  }

  /// The child has these three descriptors and no others: it would hold connections open.
  init(
    _ program: String, _ arguments: [String], environment: [String: String],
    input: Int32, output: Int32, errors: Int32
  ) throws {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    // Threads of a pool block signals, and children inherit that: a tmux that cannot hear its own
    // request to end never does.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [input, output, errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    for descriptor in Int32(3)..<256 where fcntl(descriptor, F_GETFD) >= 0 {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    let names: [UnsafeMutablePointer<CChar>?] =
      environment.filter { !$0.value.isEmpty }.map { strdup("\($0)=\($1)") } + [nil]
    defer { (words + names).forEach { free($0) } }
    var child = pid_t()
    let code = posix_spawn(&child, program, &actions, &attributes, words, names)
    guard code == 0 else { throw Failure(program: program, code: code) }
    id = child
  }

  var isRunning: Bool {
    if status != nil { return false }
    var found: Int32 = 0
    guard waitpid(id, &found, WNOHANG) == id else { return true }
    status = found
    return false
  }

  /// As a shell has it: 128 and the signal's number for a child that died of one.
  func wait() -> Int32 {
    var found = status ?? 0
    while status == nil {
      if waitpid(id, &found, 0) == id { status = found } else if errno != EINTR { break }
    }
    let signal = found & 0x7F
    return signal == 0 ? (found >> 8) & 0xFF : 128 + signal
  }
}
