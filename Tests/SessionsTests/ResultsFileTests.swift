import Foundation
import Testing

@testable import Sessions

private let header = ResultsHeader(
  program: "0", created: 1, set: "s", digest: "00", model: "m", dialect: "local",
  settings: ["temperature": "0.7"])

private func row(_ problem: String, seconds: Double = 0.25) -> ResultsRow {
  ResultsRow(
    problem: problem, arm: "none", sample: 0, seed: 1, answer: "7", correct: true, tokens: 3,
    length: 3, seconds: seconds)
}

private func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID())").path
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try await body(folder)
}

private func open(_ folder: String) throws(JournalError) -> ResultsFile {
  try ResultsFile.open(in: folder, beginning: header, program: "test")
}

@Suite struct ResultsFileTests {
  @Test func `what was put in comes out, and more can be put in later`() async throws {
    try await withFolder { folder in
      let settings = ReflectionSettings(method: .srgen, rule: .adaptive(.published))
      let arms = [
        ResultsArm(arm: "none", reflection: nil), ResultsArm(arm: "srgen", reflection: settings),
      ]
      let file = try open(folder)
      #expect(file.earlier == Results(header: header))
      #expect(await file.append(arms, [row("a")]) == .saved)
      #expect(await file.close() == .saved)
      let again = try open(folder)
      #expect(again.earlier.arms == arms && again.earlier.rows == [row("a")])
      await again.append([], [row("b")])
      let results = try ResultsFile.read(ResultsFile.path(in: folder))
      #expect(results.header == header)
      #expect(results.rows == [row("a"), row("b")] && results.badLines.isEmpty)
    }
  }

  @Test func `half a line is cut off, and only that`() async throws {
    try await withFolder { folder in
      let file = try open(folder)
      await file.append([], [row("a"), row("b")])
      _ = await file.close()
      let path = ResultsFile.path(in: folder)
      let whole = try Data(contentsOf: URL(filePath: path))
      for cut in [1, 20, 60] {
        try whole.dropLast(cut).write(to: URL(filePath: path))
        let again = try open(folder)
        #expect(again.earlier.rows == [row("a")])
        #expect(again.droppedBytes > 0)
        await again.append([], [row("b")])
        _ = await again.close()
        #expect(try Data(contentsOf: URL(filePath: path)) == whole)
      }
    }
  }

  @Test func `lines that say nothing usable are counted and left`() async throws {
    try await withFolder { folder in
      let file = try open(folder)
      await file.append([], [row("a"), row("b", seconds: 1)])
      _ = await file.close()
      let path = URL(filePath: ResultsFile.path(in: folder))
      var text = try String(contentsOf: path, encoding: .utf8)
      text = text.replacingOccurrences(of: #""seconds":1"#, with: #""seconds":-1"#)
      text += "rubbish\n\n{}\n{\"row\":\"attempt\",\"problem\":7}\n{\"row\":\"other\"}\n"
      // A second result of the same: the first stands.
      text += text.split(separator: "\n")[1] + "\n"
      try Data(text.utf8).write(to: path)
      let again = try open(folder)
      #expect(again.earlier.rows == [row("a")])
      #expect(again.earlier.badLines == [3, 4, 5, 6, 7, 8, 9])
      _ = await again.close()
      #expect(try String(contentsOf: path, encoding: .utf8) == text)
    }
  }

  @Test func `two runs do not write to one file`() async throws {
    try await withFolder { folder in
      let file = try open(folder)
      #expect {
        try open(folder)
      } throws: { error in
        if case JournalError.locked = error { true } else { false }
      }
      _ = await file.close()
      _ = try open(folder)
    }
  }

  @Test func `a file that is none is refused and left as it is`() throws {
    for text in ["{\"a\":1}\n{\"b\":2}", "rubbish", "{\"erratum\":\"journal\",\"x\":1}\nhalf"] {
      let folder = FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID())").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let path = ResultsFile.path(in: folder)
      try Data(text.utf8).write(to: URL(filePath: path))
      #expect(throws: JournalError.self) { try open(folder) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
  }

  @Test func `a full disk loses nothing that was handed over`() async throws {
    try await withFolder { folder in
      let disk = FullDisk()
      let file = try ResultsFile.open(
        in: folder, beginning: header, program: "test", files: disk.files)
      disk.room.with { $0 = 40 }
      guard case .notSaved = await file.append([], [row("a")]) else {
        Issue.record("the disk is full")
        return
      }
      disk.room.with { $0 = .max }
      #expect(await file.append([], [row("b")]) == .saved)
      #expect(try ResultsFile.read(file.path).rows == [row("a"), row("b")])
    }
  }

  @Test func `a place that cannot be written is told at once`() {
    #expect {
      try ResultsFile.open(in: "/proc/none", beginning: header, program: "test")
    } throws: { error in
      if case JournalError.readOnly = error { true } else { false }
    }
  }
}
