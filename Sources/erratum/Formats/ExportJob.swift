import Foundation
import Sessions
import Workbench

/// Writes sessions in one format, one session in memory at a time.
struct ExportJob {
  /// The word that stands for the critic where an annotator's name would.
  static let critic = "critic"

  let format: ExportFormat
  let neutral: NeutralPolicy?
  /// Whose ratings; `nil` for the only annotator, or the critic where there is none.
  let annotator: String?
  let program: String
  let library: Library
  var isStopped: () -> Bool = { false }
  var complain: (String) -> Void = { warn($0) }
  private(set) var counts = ExportCounts()
  private(set) var sessions = 0
  /// Sessions that could not be read.
  private(set) var skipped = 0

  init(
    format: ExportFormat, neutral: NeutralPolicy? = nil, annotator: String? = nil,
    program: String, library: Library, isStopped: @escaping () -> Bool = { false },
    complain: @escaping (String) -> Void = { warn($0) }
  ) {
    self.format = format
    self.neutral = neutral
    self.annotator = annotator
    self.program = program
    self.library = library
    self.isStopped = isStopped
    self.complain = complain
  }

  mutating func run(_ folders: [SessionFolder], write: ([UInt8]) throws -> Void) throws {
    if format.isPage, folders.count != 1 {
      throw FormatError.notOneSession(format: format.rawValue, count: folders.count)
    }
    var writer = ChainWriter(format, neutral: neutral, program: program)
    var names: Set<String> = []
    var isFound = false
    for folder in folders where !isStopped() {
      let opened: OpenedSession
      do {
        opened = try library.read(folder)
      } catch let error as JournalError where folders.count > 1 {
        skipped += 1
        complain("skipped: " + error.sentence)
        continue
      }
      if let sentence = opened.damage.sentence { complain("\(folder.id): \(sentence)") }
      let all = SessionChains.labels(in: folder)
      names.formUnion(all.map(\.name))
      let labels = try labels(all, of: opened.session, folder)
      isFound = isFound || all.contains { $0.name == annotator }
      sessions += 1
      if format.isPage {
        try write(try page(of: opened.session, labels, folder))
        counts.records = 1
        counts.chains = opened.session.attempts.count
        return
      }
      let chains = SessionChains.chains(of: opened.session, labels: labels)
      let attempts = opened.session.attempts.filter { attempt in
        attempt.steps.contains { $0.channel == .answer }
      }
      try write(
        try writer.lines(of: chains, attempts: attempts.map(\.id), in: opened.session))
    }
    counts = writer.counts
    if let annotator, annotator != Self.critic, !isFound, !isStopped() {
      throw FormatError.noSuchAnnotator(name: annotator.visible, names: names.sorted())
    }
    if counts.records == 0, !isStopped() {
      throw FormatError.nothingToExport(
        format: format.rawValue, why: counts.sentence.map { "left out: \($0)" } ?? "no chains")
    }
  }

  private func labels(
    _ all: [SessionChains.Labels], of session: Session, _ folder: SessionFolder
  ) throws -> SessionChains.Labels? {
    if annotator == Self.critic { return nil }
    if let annotator {
      return all.first { $0.name == annotator } ?? .init(LabelBook(annotator: annotator))
    }
    guard all.count > 1 else { return all.first }
    guard let joined = SessionChains.Labels(joining: all) else {
      throw FormatError.severalAnnotators(session: folder.id, names: all.map(\.name))
    }
    return joined
  }

  private func page(
    of session: Session, _ labels: SessionChains.Labels?, _ folder: SessionFolder
  ) throws -> [UInt8] {
    switch format {
    case .markdown:
      Array(MarkdownPage(session: session, labels: labels, program: program).text.utf8)
    case .html: Array(HTMLPage(session: session, labels: labels, program: program).text.utf8)
    default: try Asciicast(JournalReader(folder.url)).bytes
    }
  }
}

/// Where an export goes: a new file that is there when it is whole, or standard output.
final class ExportOutput {
  private let path: String?
  private let isDiscarding: Bool
  private var file: FileHandle?
  private var temporary: String { (path ?? "") + ".part-\(getpid())" }

  init(path: String?, isDiscarding: Bool) throws {
    self.path = path
    self.isDiscarding = isDiscarding
    guard let path else { return }
    guard !FileManager.default.fileExists(atPath: path) else {
      throw FormatError.outputExists(path: path.visible)
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FormatError.notWritable(path: path.visible, reason: String(cString: strerror(errno)))
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ bytes: [UInt8]) throws {
    guard !isDiscarding, !bytes.isEmpty else { return }
    guard let file else { return StandardStream.output.write(bytes.withoutControls) }
    do {
      try file.write(contentsOf: bytes)
    } catch {
      throw FormatError.notWritable(
        path: (path ?? "").visible, reason: String(cString: strerror(errno)))
    }
  }

  func finish() throws {
    guard let path, file != nil else { return }
    file = nil
    guard rename(temporary, path) == 0 else {
      throw FormatError.notWritable(path: path.visible, reason: String(cString: strerror(errno)))
    }
  }

  func discard() {
    guard file != nil else { return }
    file = nil
    unlink(temporary)
  }
}
