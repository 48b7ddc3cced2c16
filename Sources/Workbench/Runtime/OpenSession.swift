import Engine
import Sessions

extension Runtime {
  /// The session that is open, and where its events go.
  struct Open {
    var folder: SessionFolder
    var header: Header
    /// `nil` until something is written, or when ``whyReadOnly`` says why nothing can be.
    var recorder: Recorder?
    /// As it was read, for as long as there is no recorder.
    var read: Session
    var whyReadOnly: JournalError?
    var serials: SerialCounter
    var annotations: AnnotationFile?
    /// Labels wait for the disk to take them.
    var areLabelsWaiting = false

    /// With all that is recorded.
    var session: Session { recorder?.session ?? read }
  }

  func create(_ problem: Problem) async throws {
    await closeSession()
    adopt(
      try edges.library.create(problem: problem, program: edges.program, wall: edges.wall()))
  }

  /// A replay only reads; the first thing written opens the journal for writing.
  func openSession(_ name: String, isReplaying: Bool) async throws {
    await closeSession()
    let folder = try edges.library.resolve(name)
    // A large session shows its end at once and its whole history when it is read.
    if let preview = try JournalReader(folder.url).preview() {
      post(.sessionOpened(SessionShown(session: preview, isReadOnly: true, isWhole: false)))
    }
    let (library, program, wall) = (edges.library, edges.program, edges.wall())
    let opened = try await Task.detached {
      try isReplaying
        ? library.read(folder) : library.open(folder.url.path, program: program, wall: wall)
    }.value
    adopt(opened)
    if let damage = opened.damage.sentence { post(.noticed(Notice(damage, .warning))) }
    if isReplaying { try await loadRecords(from: 0) }
  }

  func adopt(_ opened: OpenedSession, from time: Double? = nil) {
    let recorder = opened.writer.map {
      Recorder(writer: $0, session: opened.session, from: time, clock: edges.clock, post: post)
    }
    // An example is no obstacle: what is written goes to a copy of it.
    let why = opened.folder.isExample ? nil : opened.whyReadOnly
    open = Open(
      folder: opened.folder, header: opened.session.header, recorder: recorder,
      read: opened.session, whyReadOnly: why,
      serials: SerialCounter(next: opened.session.nextSerial))
    post(
      .sessionOpened(
        SessionShown(
          session: opened.session, isReadOnly: why != nil, isWhole: true, books: opened.books,
          path: opened.folder.url.path)))
    if let records = opened.writer?.opening { post(.recorded(records)) }
    if let why { post(.savingChanged(.readOnly(reason: why.brief))) }
    recorder?.reportStanding()
  }

  func closeSession() async {
    guard let closing = open else { return }
    open = nil
    await closing.recorder?.close()
    if case .notSaved(let reason, _)? = await closing.annotations?.close() {
      post(.savingChanged(.notSaved(reason: reason)))
    }
  }

  func loadRecords(from start: Int) async throws {
    guard let open else { return }
    await open.recorder?.drain()
    let url = open.folder.url
    let records = try await Task.detached { try JournalReader(url).allRecords() }.value
    post(.recordsLoaded(records, from: start))
  }

  /// The recorder of what is open, once it has everything; throws when nothing can be written.
  ///
  /// A session that was only read is opened for writing, and an example copied first. `nil` when
  /// no session is open any more.
  func writable() async throws -> Recorder? {
    guard let current = open else { throw RuntimeError.noSession }
    if let recorder = current.recorder {
      await recorder.drain()
      return recorder
    }
    if let why = current.whyReadOnly { throw why }
    try reopen(current)
    if let why = open?.whyReadOnly { throw why }
    return open?.recorder
  }

  private func reopen(_ current: Open) throws {
    var folder = current.folder
    if folder.isExample { folder = try edges.library.copyExample(folder) }
    let opened = try edges.library.open(
      folder.url.path, program: edges.program, wall: edges.wall())
    adopt(opened)
    if current.folder.isExample {
      post(.noticed(Notice("examples stay as they are; this is your copy, \(folder.id)")))
    }
  }

  /// A new session that begins with the first `count` records of this one, times and all.
  func branch(count: Int) async throws {
    guard let old = open else { return }
    await old.recorder?.drain()
    let url = old.folder.url
    let records = try await Task.detached {
      Array(try JournalReader(url).allRecords().prefix(max(count, 0)))
    }.value
    await closeSession()
    var created = try edges.library.create(
      problem: old.header.problem, program: edges.program, wall: edges.wall(),
      branchedFrom: Header.Branch(session: old.header.session, n: records.last?.n ?? 0))
    guard let writer = created.writer else { return }
    for record in await writer.adopt(records).records { created.session.apply(record) }
    // What was being written at that point has nobody to write on.
    let time = records.last?.t ?? 0
    for record in await writer.append(created.session.interruptions, at: time, sync: true).records {
      created.session.apply(record)
    }
    adopt(created, from: time)
    post(.noticed(Notice("a session of its own from here: \(created.folder.id)")))
  }
}

extension Session {
  /// Ends of everything that is under way, as facts.
  fileprivate var interruptions: [Event] {
    attempts.filter(\.isRunning).map {
      .attemptFinished(AttemptFinished(attempt: $0.id, reason: .cancelled))
    }
      + critiques.filter(\.isRunning).map {
        .critiqueFinished(
          CritiqueFinished(
            critique: $0.id, reason: .cancelled, firstError: .notSaid, format: "text"))
      }
  }
}
