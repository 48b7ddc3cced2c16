import Foundation
import Testing
import Workbench

@testable import erratum

private func complaint(_ text: String) -> String {
  do {
    _ = try TaxonomyFile.read(text, file: "t.toml")
    return "it was taken"
  } catch {
    return "\(error)"
  }
}

@Test func `the taxonomy that ships is the one built in`() throws {
  let resources = Resources(share: checkout)
  #expect(try TaxonomyFile.load("steps", resources: resources) == .standard)
  #expect(
    try TaxonomyFile.load("\(checkout)/taxonomies/steps.toml", resources: nil) == .standard)
}

@Test func `a taxonomy keeps the file's order, and a title may be left out`() throws {
  let taxonomy = try TaxonomyFile.read(
    """
    [[kind]]
    id = "b"

    [[kind]]
    id = "a"
    title = "The \\u001B[31mfirst"
    help = "what it is"
    """, file: "t.toml")
  #expect(
    taxonomy
      == Taxonomy(kinds: [
        .init(id: "b", title: "b"), .init(id: "a", title: "The ?[31mfirst", help: "what it is"),
      ]))
}

@Test(arguments: [
  ("", "t.toml: there are no kinds in it; write [[kind]]"),
  ("kind = []", "t.toml:1: \"kind\" is a list; write [[kind]]"),
  ("[kind]\nid = \"a\"", "t.toml:1: \"kind\" is a table; write [[kind]]"),
  ("kind = 3", "t.toml:1: \"kind\" is 3; write [[kind]]"),
  ("kind = [\"a\"]", "t.toml:1: a kind is \"a\"; write [[kind]]"),
  ("[[kind]]\ntitle = \"x\"", "t.toml:1: this kind has no id; add id"),
  ("[[kind]]\nid = \"\"", "t.toml:2: \"id\" is empty; give it a value."),
  ("[[kind]]\nid = \" \"", "t.toml:2: \"id\" is empty"),
  ("[[kind]]\nid = 4", "t.toml:2: \"id\" is 4; write a string in quotes."),
  ("[[kind]]\nid = \"a\"\ntitle = true", "t.toml:3: \"title\" is true; write a string"),
  ("[[kind]]\nid = \"a\"\nhelp = \"\"", "t.toml:3: \"help\" is empty"),
  ("[[kind]]\nid = \"a b\"", "t.toml:2: the id \"a b\" has other characters"),
  ("[[kind]]\nid = \"a\"\ntitel = \"x\"", "t.toml:3: unknown key \"titel\" in [[kind]]; did you"),
  ("name = \"x\"\n[[kind]]\nid = \"a\"", "t.toml:1: unknown key \"name\""),
  (
    "[[kind]]\nid = \"a\"\n\n[[kind]]\ntitle = \"x\"\nid = \"a\"",
    "t.toml:6: the id \"a\" stands on line 2 already; give each kind its own."
  ),
  ("[[kind]\nid = 1", "t.toml:1: this is not TOML"),
]) func `a taxonomy that cannot be used is refused with the line and what to do`(
  text: String, start: String
) {
  #expect(complaint(text).hasPrefix(start), "\(complaint(text))")
}

@Test func `all that is wrong with a taxonomy is told at once`() {
  let all = complaint("[[kind]]\nid = \"\"\n[[kind]]\ntitle = \"x\"\n[[kind]]\nid = 3\n")
  #expect(all.split(separator: "\n").count == 3, "\(all)")
}

@Test func `too many kinds and texts too long are refused`() {
  let kinds = (0...TaxonomyFile.mostKinds).map { "[[kind]]\nid = \"k\($0)\"\n" }.joined()
  #expect(complaint(kinds).contains("it has 201 kinds"))
  let long = String(repeating: "x", count: 301)
  #expect(complaint("[[kind]]\nid = \"a\"\nhelp = \"\(long)\"").contains("over 300 bytes"))
  #expect(complaint(String(repeating: "#", count: 300 * 1024)).contains("over 256 KB"))
}

@Test func `a taxonomy that is not there is named, with a near one that is`() {
  func refusal(_ name: String) -> String {
    do {
      _ = try TaxonomyFile.load(name, resources: Resources(share: checkout))
      return "it was taken"
    } catch {
      return "\(error)"
    }
  }
  #expect(refusal("stesp") == "stesp: there is no such taxonomy; did you mean \"steps\"?")
  #expect(refusal("/no/such.toml") == "/no/such.toml: there is no such file; check the path.")
}

@Test func `guidelines are those asked for, else those beside the data, else those of the task`()
  throws
{
  let resources = Resources(share: checkout)
  func load(_ asked: String?, _ folder: String?, isFull: Bool = false) throws -> String? {
    try Guidelines.load(asked: asked, folder: folder, isFull: isFull, resources: resources)
  }
  try withTemporaryFolder { folder in
    #expect(try load(nil, folder)?.hasPrefix("# Rating steps\n") == true)
    #expect(try load(nil, folder, isFull: true)?.hasPrefix("# Rating steps and") == true)
    try "# Ours".write(toFile: folder + "/guidelines.md", atomically: true, encoding: .utf8)
    try "# Mine".write(toFile: folder + "/mine.md", atomically: true, encoding: .utf8)
    #expect(try load(nil, folder) == "# Ours")
    #expect(try load(folder + "/mine.md", folder) == "# Mine")
    #expect(try load("prm800k", folder)?.hasPrefix("# Rating steps and") == true)
    for bad in ["nosuch", folder + "/none.md", folder] {
      #expect(throws: FileError.self) { try load(bad, nil) }
    }
    try Data([0xFF, 0xFE, 0x0A]).write(to: URL(filePath: folder + "/guidelines.md"))
    #expect(throws: FileError.self) { try load(nil, folder) }
    try Data(repeating: 65, count: 300 * 1024).write(to: URL(filePath: folder + "/guidelines.md"))
    #expect(throws: FileError.self) { try load(nil, folder) }
    #expect(try Guidelines.load(asked: nil, folder: nil, isFull: false, resources: nil) == nil)
  }
}
