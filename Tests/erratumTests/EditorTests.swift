import Foundation
import Testing

@testable import erratum

@Suite struct EditorTests {
  private func edit(_ text: String, _ editor: String) -> String? {
    Editor.edit(text, environment: ["EDITOR": editor])
  }

  @Test func `what the editor saves comes back`() {
    #expect(edit("one\n", "sh -c 'echo two >> \"$1\"' sh") == "one\ntwo\n")
  }

  @Test func `an editor that fails changes nothing`() {
    #expect(edit("one", "false") == nil)
    #expect(edit("one", "no-such-editor-anywhere 2>/dev/null") == nil)
  }

  @Test func `the editor is of our own job, which alone may use the terminal`() throws {
    let said = try #require(edit("", "sh -c 'ps -o pgid= -p $$ > \"$1\"' sh"))
    #expect(Int32(said.trimmingCharacters(in: .whitespacesAndNewlines)) == getpgrp())
  }

  @Test func `only we can read the file being edited`() throws {
    let said = try #require(
      edit("secret", "sh -c 'ls -l \"$1\" > \"$1.mode\"; mv \"$1.mode\" \"$1\"' sh"))
    #expect(said.hasPrefix("-rw-------"))
  }
}
