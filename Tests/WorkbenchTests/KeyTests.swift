import Testing

@testable import Workbench

@Test func `every key is read back from its name`() {
  let letters = "abcdefghijklmnopqrstuvwxyz"
  var keys: [Key] = [
    .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
    .home, .end, .pageUp, .pageDown, .shiftLeft, .shiftRight, .controlLeft, .controlRight,
  ]
  keys += letters.flatMap { [Key.character($0), .control($0), .alt($0)] }
  keys += " F!?:/[]{}()<>,.+_-0123456789ABCéß漢".map { Key.character($0) }
  keys += (1...12).map { Key.function($0) }
  for key in keys { #expect(Key(named: key.name) == key, "\(key.name)") }
  #expect(Set(keys.map(\.name)).count == Set(keys).count)
}

@Test(arguments: ["", "F0", "F13", "Fx", "Ctrl-", "Alt-", "ctrl-d", "Ctrl-DD", "enter", "jj", "\n"])
func `a name no key has is refused`(name: String) {
  #expect(Key(named: name) == nil)
}
