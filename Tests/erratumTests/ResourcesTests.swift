import Foundation
import Testing

@testable import erratum

private func makeFolders(_ paths: [String], in folder: String) throws {
  for path in paths {
    try FileManager.default.createDirectory(
      atPath: folder + "/" + path, withIntermediateDirectories: true)
  }
}

@Test func `the share folder is the one named, the installed one, or the checkout's`() throws {
  try withTemporaryFolder { folder in
    try makeFolders(["named", "usr/bin", "usr/share/erratum/themes"], in: folder)
    try makeFolders(["src/themes", "src/problems", "src/.build/any/release"], in: folder)
    let built = folder + "/src/.build/any/release/erratum"
    #expect(
      Resources.find(environment: ["ERRATUM_SHARE": folder + "/named"], binary: built)?.share
        == folder + "/named")
    #expect(
      Resources.find(environment: ["ERRATUM_SHARE": folder + "/gone"], binary: built) == nil)
    #expect(
      Resources.find(environment: [:], binary: folder + "/usr/bin/erratum")?.share
        == folder + "/usr/share/erratum")
    #expect(Resources.find(environment: [:], binary: built)?.share == folder + "/src")
    #expect(Resources.find(environment: [:], binary: nil) == nil)
  }
}

@Test func `a binary far from any share folder finds none`() {
  #expect(Resources.find(environment: [:], binary: "/no/such/bin/erratum") == nil)
}

@Test func `the running program knows its own file`() throws {
  let path = try #require(Resources.executablePath())
  #expect(FileManager.default.isExecutableFile(atPath: path))
}

@Test func `hidden files and other endings are not listed`() throws {
  try withTemporaryFolder { folder in
    for name in ["b.toml", "a.toml", ".c.toml", "d.txt"] {
      try "x".write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    #expect(
      Resources.files(in: folder, ending: ".toml") == [folder + "/a.toml", folder + "/b.toml"])
    #expect(Resources.files(in: folder + "/none", ending: ".toml").isEmpty)
  }
}
