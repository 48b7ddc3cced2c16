import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

/// `git` in a folder, with nothing of the person's own configuration.
private struct Git {
  var folder: String

  static let program: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/git" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  @discardableResult
  func callAsFunction(_ arguments: String...) throws -> (code: Int32, output: String) {
    try callAsFunction(arguments)
  }

  @discardableResult
  func callAsFunction(_ arguments: [String]) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: try #require(Self.program))
    process.arguments =
      ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org"] + arguments
    process.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": folder,
    ]
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

@Suite struct SharedLibraryTests {
  /// What docs/annotating.md has people put beside the sessions.
  private static let ignored = "*.lock\n*.index\nindex.sqlite*\n"

  private func importChains(_ folder: String) throws -> Library {
    let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
    var lines = ""
    for index in 0..<4 {
      lines += "{\"id\":\"m-\(index)\",\"q\":\"Problem \(index)?\",\"s\":[\"One.\",\"Two.\"]}\n"
    }
    let file = folder + ".jsonl"
    try lines.write(toFile: file, atomically: true, encoding: .utf8)
    _ = try ImportJob(
      options: .init(
        format: .jsonl, fields: try FieldMap("problem=q,steps=s,id=id"), isStrict: true),
      settings: .init(library: library.root, program: "1", wall: 1)
    ).run([file])
    return library
  }

  private func label(
    _ folder: String, as name: String, _ verdict: Verdict, chains: Range<Int>, wall: Double
  ) async throws {
    let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
    let named = try NamedChains.find(folder, in: library)
    for group in named.groups[chains] {
      let file = try AnnotationFile.open(
        group.folder, annotator: name, program: "1", wall: wall)
      for attempt in group.attempts {
        _ = await file.append(
          attempt.steps.map { step in
            .labelled(
              Labelled(
                step: StepID(attempt: attempt.id, index: step.index),
                digest: attempt.digest(upTo: step), annotator: name, wall: wall,
                label: Label(verdict)))
          })
      }
      _ = await file.close()
    }
  }

  @Test(.enabled(if: Git.program != nil, "git is not installed; two clones were not tried"))
  func `two people's labels of the same chains merge in git without a conflict`() async throws {
    let root =
      FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(
      atPath: root + "/ada", withIntermediateDirectories: true)
    _ = try importChains(root + "/ada")
    try Self.ignored.write(toFile: root + "/ada/.gitignore", atomically: true, encoding: .utf8)
    let ada = Git(folder: root + "/ada")
    for arguments in [["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "chains"]] {
      let result = try ada(arguments)
      #expect(result.code == 0, "\(result.output)")
    }
    #expect(try Git(folder: root)("clone", "-q", "ada", "bob").code == 0)
    let bob = Git(folder: root + "/bob")

    // Both label all chains, twice, and take over each other's in between.
    for (round, verdicts) in [(Verdict.correct, Verdict.neutral), (.incorrect, .unsure)]
      .enumerated()
    {
      let wall = Double(10 + round)
      try await label(root + "/ada", as: "ada", verdicts.0, chains: 0..<4, wall: wall)
      try await label(root + "/bob", as: "bob", verdicts.1, chains: 0..<4, wall: wall)
      for git in [ada, bob] {
        try git("add", ".")
        #expect(try git("commit", "-qm", "labels \(round)").code == 0)
      }
      let merged = try bob("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
      #expect(merged.code == 0, "\(merged.output)")
      let back = try ada("pull", "-q", "--no-rebase", "--no-edit", root + "/bob", "main")
      #expect(back.code == 0, "\(back.output)")
    }

    for folder in [root + "/ada", root + "/bob"] {
      let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
      let named = try NamedChains.find(folder, in: library)
      #expect(named.annotators == ["ada", "bob"])
      #expect(named.damage.isEmpty)
      for group in named.groups {
        for attempt in group.attempts {
          let said = group.books.map { book in
            attempt.steps.map { book.standing(in: attempt)[$0.index]?.current.label.verdict }
          }
          #expect(said == [[.incorrect, .incorrect], [.unsure, .unsure]])
        }
      }
    }
    #expect(try ada("status", "--porcelain").output.isEmpty)
  }

  @Test func `two people's imports of one file name sessions and chains alike`() throws {
    try withTemporaryFolder { root in
      let all = try ["ada", "bob"].map { name in
        try FileManager.default.createDirectory(
          atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        let library = try importChains("\(root)/\(name)")
        return try NamedChains.find(library.root.path, in: library).candidates(
          for: name, gold: nil, signal: .standard)
      }
      let plan = { (number: Int) in
        var plan = QueuePlan()
        (plan.part, plan.overlap, plan.order) = (.init(number: number, count: 2), 0.3, .shuffle)
        return plan
      }
      for number in 1...2 {
        let items = all.map { plan(number).queue(of: $0).items.map(\.attempt) }
        #expect(items[0] == items[1])
      }
      #expect(all[0].count == 4)
    }
  }
}
