import Engine
import Sessions

/// What a person says of steps, on its way to the disk.
extension Runtime {
  /// Between two tries to write labels that the disk did not take.
  private static let retryPause = Duration.seconds(2)

  /// Reads only, as a replay does: two people may label one session, and their copies of it stay
  /// the same.
  ///
  /// What is open stays open where this fails.
  func openItem(_ item: LabelItem) async {
    do {
      // Labels that wait for the disk would go with the file that holds them.
      if case .notSaved(let reason, _)? = await open?.annotations?.append([]).status {
        throw RuntimeError.labelsWait(reason: reason)
      }
      let library = edges.library
      let opened = try await Task.detached { try library.read(library.resolve(item.session)) }.value
      await closeSession()
      adopt(opened)
      for error in opened.annotationDamage.prefix(1) {
        post(.noticed(Notice(error.sentence, .warning)))
      }
    } catch {
      post(.itemRefused(Notice(edges.sentence(error), .error)))
    }
  }

  /// Puts what a person says into their own file, and then on screen; without acts, only what
  /// waits for the disk is tried again.
  func annotate(_ acts: [LabelAct], _ settings: Settings) async {
    do {
      try await record(acts, settings)
    } catch {
      // The status line is short: what stands in the way comes first, not a path.
      let brief = (error as? JournalError).map { "not saved: \($0.brief)" }
      post(.labelsRefused(Notice(brief ?? edges.sentence(error), .error)))
    }
  }

  private func record(_ acts: [LabelAct], _ settings: Settings) async throws {
    if open?.folder.isExample == true, !acts.isEmpty { _ = try await writable() }
    guard let current = open else { throw RuntimeError.noSession }
    let events = LabelAct.events(
      acts, in: current.session, by: settings.annotator, wall: edges.wall())
    guard events.count == acts.count else { throw RuntimeError.otherChain }
    if current.annotations == nil, !events.isEmpty {
      open?.annotations = try AnnotationFile.open(
        current.folder, annotator: settings.annotator, program: edges.program, wall: edges.wall())
    }
    guard let file = open?.annotations else { return }
    let written = await file.append(events)
    open?.recorder?.fold(written.records)
    if open?.recorder == nil { written.records.forEach { open?.read.apply($0) } }
    post(.recorded(written.records))
    tell(written.status, of: file)
  }

  private func tell(_ status: SaveStatus, of file: AnnotationFile) {
    guard let open, open.annotations === file else { return }
    switch status {
    case .saved:
      if open.areLabelsWaiting { post(.savingChanged(.saved)) }
      self.open?.areLabelsWaiting = false
    case .notSaved(let reason, _):
      post(.savingChanged(.notSaved(reason: reason)))
      guard !open.areLabelsWaiting else { return }
      self.open?.areLabelsWaiting = true
      Task { [weak self] in await self?.retryLabels(of: file) }
    }
  }

  /// Tries again now and then, also when no key comes.
  private func retryLabels(of file: AnnotationFile) async {
    while true {
      try? await Task.sleep(for: Self.retryPause)
      guard open?.annotations === file, open?.areLabelsWaiting == true else { return }
      tell(await file.append([]).status, of: file)
    }
  }
}
