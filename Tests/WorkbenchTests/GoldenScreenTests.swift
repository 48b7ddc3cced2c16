import Foundation
import Testing

@testable import Workbench

@Suite struct GoldenScreenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Screens")

  @Test(arguments: Scene.gallery().map(\.name))
  func `a screen looks as it was recorded`(name: String) throws {
    let scene = try #require(Scene.gallery().first { $0.name == name })
    let drawn = GoldenPicture.describe(view(scene.state))
    let file = Self.folder.appending(path: name + ".txt")
    if ProcessInfo.processInfo.environment["ERRATUM_GOLDEN"] == "record" {
      try drawn.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let kept = try String(contentsOf: file, encoding: .utf8)
    let difference = GoldenPicture.firstDifference(drawn, kept)
    #expect(
      difference == nil,
      "\(name) differs at \(difference ?? ""); ERRATUM_GOLDEN=record records it again")
  }

  @Test func `every picture in the folder is still drawn by a scene`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    let known = Set(Scene.gallery().map { $0.name + ".txt" })
    for name in names where name.hasSuffix(".txt") {
      #expect(known.contains(name), "\(name) has no scene; delete the file")
    }
  }
}
