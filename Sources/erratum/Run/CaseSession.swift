import Engine
import Foundation
import Sessions
import Synchronization
import Workbench

/// Where the attempts on one problem with one seed are recorded: in a session of the library, or in
/// memory for as long as it takes to see what they came to.
final class CaseSession: Sendable {
  private enum Place: Sendable {
    case library(Recorder)
    case memory
  }

  private let place: Place
  private let held: Mutex<Session>
  private let clock: @Sendable () -> Double
  private let start: Double
  let serials: SerialCounter
  /// The session's folder; `nil` when there is none.
  let path: String?

  private init(
    _ place: Place, session: Session, path: String?, clock: @escaping @Sendable () -> Double
  ) {
    self.place = place
    self.path = path
    self.clock = clock
    start = clock()
    held = Mutex(session)
    serials = SerialCounter(next: session.nextSerial)
  }

  /// In memory only.
  convenience init(problem: Problem, edges: Edges) {
    let header = Header(
      program: edges.program, session: "run", created: edges.wall(), problem: problem)
    self.init(.memory, session: Session(header: header), path: nil, clock: edges.clock)
  }

  /// In the library.
  convenience init(_ opened: OpenedSession, writer: JournalWriter, edges: Edges) {
    let recorder = Recorder(
      writer: writer, session: opened.session, clock: edges.clock, post: { _ in })
    self.init(
      .library(recorder), session: opened.session, path: opened.folder.url.path,
      clock: edges.clock)
  }

  func record(_ event: Event) {
    switch place {
    case .library(let recorder): recorder.record(event)
    case .memory:
      let time = clock() - start
      held.withLock { $0.apply(Record(n: $0.eventCount, t: time, event: event)) }
    }
  }

  /// With all that was recorded.
  func settled() async -> Session {
    guard case .library(let recorder) = place else { return held.withLock { $0 } }
    await recorder.drain()
    return recorder.session
  }

  func close() async {
    if case .library(let recorder) = place { await recorder.close() }
  }
}

/// Makes the sessions of a run, one at a time: their names go by the second.
actor CaseSessions {
  private let edges: Edges
  private let isKept: Bool

  init(edges: Edges, isKept: Bool) {
    self.edges = edges
    self.isKept = isKept
  }

  /// Goes on with the session an earlier run began, where that can be, else begins one.
  func open(
    _ problem: Problem, earlier path: String?, solver: ModelDescription
  ) throws -> CaseSession {
    guard isKept else { return CaseSession(problem: problem, edges: edges) }
    if let path,
      let opened = try? edges.library.open(path, program: edges.program, wall: edges.wall()),
      opened.session.problem.id == problem.id, let writer = opened.writer
    {
      return CaseSession(opened, writer: writer, edges: edges)
    }
    let opened = try edges.library.create(
      problem: problem, program: edges.program, wall: edges.wall())
    guard let writer = opened.writer else { throw JournalError.notFound(name: problem.id) }
    let session = CaseSession(opened, writer: writer, edges: edges)
    session.record(.modelConnected(ModelConnected(role: .solver, description: solver)))
    return session
  }

  /// Why nothing can be kept here; asked before hours of work go nowhere.
  func obstacle() -> RunError? {
    guard isKept else { return nil }
    let root = edges.library.root.path
    let code = FileSystem.real.makeFolder(root)
    guard code == 0, access(root, W_OK) == 0, Resources.isFolder(root) else {
      return .libraryNotWritable(
        path: root.visible, reason: StorageError(code == 0 ? errno : code).reason)
    }
    return nil
  }
}
