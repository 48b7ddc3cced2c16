import Testing

@testable import Workbench

@Suite struct LineEditorTests {
  private func edit(_ text: String, _ keys: [Key]) -> LineEditor {
    var editor = LineEditor(text)
    for key in keys { _ = editor.press(key) }
    return editor
  }

  @Test func `typing goes in at the cursor`() {
    #expect(edit("ac", [.left, .character("b")]).text == "abc")
  }

  @Test func `words are taken back and put down again`() {
    let editor = edit("one two three", [.control("w"), .control("a"), .control("y")])
    #expect(editor.text == "threeone two ")
    #expect(editor.cursor == 5)
  }

  @Test func `the rest of a line is cut up to its own end`() {
    let editor = edit("one\ntwo", [.control("a"), .control("k")])
    #expect(editor.text == "one\n")
  }

  @Test func `an accent joins the letter before it`() {
    let editor = edit("e", [.character("\u{301}")])
    #expect(editor.characters.count == 1)
    #expect(editor.cursor == 1)
  }

  @Test func `up and down keep the column where the line is long enough`() {
    var editor = LineEditor("long line\nab\nlong too")
    for _ in 0..<4 { _ = editor.press(.left) }
    var moved = editor.moveLine(by: -1)
    #expect(moved)
    #expect(editor.cursor == "long line\nab".count)
    moved = editor.moveLine(by: -1)
    #expect(moved)
    #expect(editor.cursor == 2)
    moved = editor.moveLine(by: -1)
    #expect(!moved)
  }

  @Test(arguments: 0..<200)
  func `the cursor stays inside whatever is pressed`(seed: Int) {
    var random = Seeded(UInt64(seed))
    let keys: [Key] = [
      .character("a"), .character("\u{301}"), .character("🇩"), .character("\n"), .character(" "),
      .character("字"), .backspace, .delete, .left, .right, .home, .end, .controlLeft,
      .controlRight, .control("u"), .control("k"), .control("w"), .control("y"), .tab,
    ]
    var editor = LineEditor("some 字 text")
    for _ in 0..<60 {
      if random.below(6) == 0 {
        _ = editor.moveLine(by: random.below(2) == 0 ? -1 : 1)
      } else {
        _ = editor.press(keys[random.below(keys.count)])
      }
      #expect((0...editor.characters.count).contains(editor.cursor), "seed \(seed)")
      #expect(Array(editor.text) == editor.characters, "seed \(seed)")
    }
  }
}
