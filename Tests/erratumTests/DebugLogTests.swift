import Engine
import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

@Test func `the debug log has effects and servers, and no word of a person or a model`() throws {
  try withTemporaryFolder { folder in
    let path = folder + "/debug.log"
    let log = try DebugLog(environment: ["ERRATUM_LOG": path])
    log.asked(.begin(Problem(id: "p", text: "private problem"), samples: 1))
    log.asked(.listLibrary)
    log.asked(.copy("private step"))
    log.took(.modelConnecting(.solver, spec: "http://me:private@127.0.0.1:9/v1?key=private#m"))
    log.took(.modelFailed(.critic, spec: "sk-private", sentence: "private answer"))
    let failed = Failed(target: nil, message: "private answer")
    log.took(.recorded([Record(n: 1, t: 0, event: .failed(failed))]))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(!text.contains("private"))
    for expected in [
      "effect kind=begin", "kind=listLibrary", "at=127.0.0.1:9 role=solver", "failed",
    ] {
      #expect(text.contains(expected), "\(expected) is not in \(text)")
    }
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o600)
  }
}

@Test func `a debug log that cannot be written is said in one sentence`() throws {
  try withTemporaryFolder { folder in
    #expect(throws: FileError.self) {
      try DebugLog(environment: ["ERRATUM_LOG": folder + "/none/debug.log"])
    }
    _ = try DebugLog(environment: [:])
  }
}
