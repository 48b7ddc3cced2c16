import Sessions

/// Going through a session in time, both ways.
extension State {
  mutating func startReplay() -> [Effect] {
    guard let reading else { return [] }
    if reading.replay != nil {
      endReplay()
      return []
    }
    guard !isBusy else {
      notice = Notice("a model is running; Esc stops it, then p replays", .warning)
      return []
    }
    return [.loadRecords(from: 0)]
  }

  mutating func beginReplay(of records: [Record], from start: Int) {
    guard reading != nil else { return }
    var timeline: [Double] = []
    var position = 0.0
    var last = records.first?.t ?? 0
    for record in records {
      position += min(max(record.t - last, 0), settings.idle)
      last = record.t
      timeline.append(position)
    }
    let live = reading?.replay?.live ?? reading?.session
    reading?.labelling = nil
    reading?.shown = nil
    reading?.replay = Replay(
      records: records, timeline: timeline, cursor: 0, position: 0, idle: settings.idle)
    let markers = reading?.session.markers ?? []
    reading?.replay?.markers = markers
    reading?.replay?.live = live
    seek(to: min(max(start, 0), records.count), refolding: true)
    reading?.replay?.speed = settings.speed
    reading?.replay?.isPlaying = true
  }

  private mutating func endReplay() {
    guard let replay = reading?.replay, let header = reading?.session.header else { return }
    reading?.session = replay.live ?? Session(header: header, replaying: replay.records)
    reading?.replay = nil
    reading?.refreshAgreement()
    holdView()
  }

  /// `nil` for actions that mean the same as in reading.
  mutating func performReplaying(_ action: Action, _ key: Key?) -> [Effect]? {
    guard let replay = reading?.replay else { return nil }
    switch action {
    case .playPause:
      if replay.cursor >= replay.records.count { seek(to: 0) }
      reading?.replay?.isPlaying.toggle()
    case .eventForward: step(to: replay.cursor + 1)
    case .eventBack: step(to: replay.cursor - 1)
    case .secondsForward: seek(toTime: replay.position + 5)
    case .secondsBack: seek(toTime: replay.position - 5)
    case .faster: changeSpeed(by: 2)
    case .slower: changeSpeed(by: 0.5)
    case .seekTenth:
      guard case .character(let digit) = key, let tenth = digit.wholeNumberValue else {
        notice = Notice("seek takes a tenth from 0 to 9, as in :seek 5", .warning)
        break
      }
      seek(toTime: replay.duration * Double(tenth) / 10)
    case .nextMarker: seekMarker(1)
    case .previousMarker: seekMarker(-1)
    case .branch:
      reading?.replay?.isPlaying = false
      return [.branch(count: replay.cursor)]
    case .replay, .back:
      endReplay()
    case .stop:
      if replay.isPlaying { reading?.replay?.isPlaying = false } else { endReplay() }
    case .critique, .critiqueNow, .round, .roundNow, .correct, .correctNow, .attempt, .resume,
      .takeToken, .compareReflection, .annotate:
      notice = Notice("a replay cannot be changed; b branches off here", .warning)
    case _ where Action.labelling.contains(action):
      notice = Notice("a replay cannot be changed; b branches off here", .warning)
    default: return nil
    }
    return []
  }

  private mutating func step(to cursor: Int) {
    reading?.replay?.isPlaying = false
    seek(to: cursor)
  }

  private mutating func changeSpeed(by factor: Double) {
    guard let replay = reading?.replay else { return }
    let speed = min(max(replay.speed * factor, 0.25), 16)
    reading?.replay?.speed = speed
    notice = Notice("speed \(speed.formattedSpeed)x")
  }

  private mutating func seekMarker(_ delta: Int) {
    guard let replay = reading?.replay else { return }
    let marked = replay.records.indices.filter {
      Marker.Kind(marking: replay.records[$0].event) != nil
    }
    // Just past a marker's record the cursor is one further: the marker itself is then shown.
    let target =
      delta > 0
      ? marked.first { $0 + 1 > replay.cursor } : marked.last { $0 + 1 < replay.cursor }
    guard let target else {
      notice = Notice(delta > 0 ? "no marker ahead" : "no marker behind")
      return
    }
    step(to: target + 1)
  }

  private mutating func seek(toTime time: Double) {
    guard let replay = reading?.replay else { return }
    let position = min(max(time, 0), replay.duration)
    seek(to: replay.timeline.firstIndex { $0 > position } ?? replay.records.count)
    reading?.replay?.position = position
  }

  /// Shows the session as it was after `cursor` records.
  mutating func seek(to cursor: Int, refolding: Bool = false) {
    guard let replay = reading?.replay, let header = reading?.session.header else { return }
    let target = min(max(cursor, 0), replay.records.count)
    if target < replay.cursor || refolding {
      reading?.session = Session(header: header, replaying: replay.records[..<target])
    } else {
      for record in replay.records[replay.cursor..<target] { reading?.session.apply(record) }
    }
    reading?.replay?.cursor = target
    reading?.replay?.position = target == 0 ? 0 : replay.timeline[target - 1]
    reading?.follows = true
    reading?.tokenByte = nil
    reading?.refreshAgreement()
    holdView()
  }

  mutating func advanceReplay(by seconds: Double) {
    guard let replay = reading?.replay else { return }
    let position = replay.position + seconds * replay.speed
    var cursor = replay.cursor
    while cursor < replay.records.count, replay.timeline[cursor] <= position { cursor += 1 }
    let follows = reading?.follows ?? true
    if cursor != replay.cursor {
      for record in replay.records[replay.cursor..<cursor] { reading?.session.apply(record) }
      reading?.replay?.cursor = cursor
      reading?.follows = follows
      reading?.refreshAgreement()
      holdView()
    }
    reading?.replay?.position = min(position, replay.duration)
    if cursor >= replay.records.count { reading?.replay?.isPlaying = false }
  }
}

extension Double {
  /// `2`, `0.5`: a speed without needless zeros.
  package var formattedSpeed: String {
    self == rounded() ? String(Int(self)) : String(self)
  }
}
