import Foundation
import Testing
import Workbench

@Test func `the page of keys in docs is the one the program writes`() throws {
  let page = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../docs/keys.md").standardizedFileURL
  let text = try String(contentsOf: page, encoding: .utf8)
  #expect(text == KeyReference.markdown, "run `erratum keys > docs/keys.md`")
}
