import Foundation
import Testing
import Workbench

@testable import erratum

private let folder = checkout + "/problems"
private let kinds = ["algebra", "arithmetic", "counting", "everyday", "logic", "program"]

@Test func `at least sixty problems ship, a dozen or more of each kind`() throws {
  let sets = try ProblemSets.list(in: folder).map { try ProblemSet.read($0.file) }
  #expect(sets.map(\.name) == kinds)
  var ids: Set<String> = []
  for set in sets {
    #expect(set.problems.count >= 12, "\(set.name)")
    for problem in set.problems {
      #expect(problem.kind == set.name, "\(problem.id)")
      #expect(problem.answer?.isEmpty == false, "\(problem.id)")
      #expect(ids.insert(problem.id).inserted, "\(problem.id) is there twice")
    }
  }
  #expect(ids.count >= 60)
}

private let hasPython = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  .contains { FileManager.default.isExecutableFile(atPath: $0 + "/python3") }

/// Runs the script that works every answer out again.
private func checkAnswers() throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", "-B", checkout + "/scripts/check-problems.py"]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (process.terminationStatus, output)
}

@Test(.enabled(if: hasPython, "python3 is not there to work the answers out again"))
func `every answer is worked out again and agrees`() throws {
  let (status, output) = try checkAnswers()
  #expect(status == 0, "\(output)")
  #expect(output.contains(", 0 wrong"))
}
