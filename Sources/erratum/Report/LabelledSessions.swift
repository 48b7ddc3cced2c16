import Engine
import Foundation
import Sessions

/// Sessions with one person's labels, read one after the other and let go.
struct LabelledSessions {
  let labels: String
  private(set) var attempts: [LabelledAttempt] = []
  private(set) var report = SessionsReport()
  /// Labels of steps that are not there any more or have other bytes.
  private(set) var orphans = 0

  /// - Parameter labels: an annotator's name; ``chosen(_:in:)`` says whose where it is left out.
  init(
    _ folders: [SessionFolder], labels: String?, in library: Library
  ) throws {
    self.labels = try Self.chosen(labels, in: folders)
    for folder in folders {
      let opened = try library.read(folder)
      if let damage = opened.damage.sentence { warn(damage) }
      report.add(opened.session)
      let path = folder.annotations.appending(path: "\(self.labels).jsonl").path
      guard FileManager.default.fileExists(atPath: path) else { continue }
      var book: LabelBook
      do throws(JournalError) {
        book = try LabelBook.read(atPath: path) { number, reason in
          warn(JournalError.badLabel(path: path, number: number, reason: reason).sentence)
        }
      } catch {
        // One broken file is no reason to leave the others out.
        warn(error.sentence)
        continue
      }
      orphans += book.orphans(in: opened.session).count
      attempts += opened.session.attempts.compactMap {
        LabelledAttempt($0, in: opened.session, book: book)
      }
    }
    guard !attempts.isEmpty else { throw ReportError.noLabels(name: self.labels.visible) }
  }

  /// The consensus where there is one, else the only annotator.
  static func chosen(_ name: String?, in folders: [SessionFolder]) throws(ReportError) -> String {
    var names: Set<String> = []
    for folder in folders {
      let files = try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path)
      for file in files ?? [] where file.hasSuffix(".jsonl") && !file.hasPrefix(".") {
        names.insert(String(file.dropLast(".jsonl".count)))
      }
    }
    if names.isEmpty { throw .noLabels(name: nil) }
    let visible = names.sorted().map(\.visible)
    if let name {
      guard names.contains(name) else {
        throw .noSuchAnnotator(name: name.visible, names: visible)
      }
      return name
    }
    if names.contains("consensus") { return "consensus" }
    guard let only = names.first, names.count == 1 else {
      throw .severalAnnotators(names: visible)
    }
    return only
  }

  mutating func keep(model: String) throws(ReportError) {
    let names = Set(attempts.map(\.model)).sorted()
    guard names.contains(model) else {
      throw .noSuchModel(name: model.visible, names: names.map(\.visible))
    }
    attempts.removeAll { $0.model != model }
  }
}
