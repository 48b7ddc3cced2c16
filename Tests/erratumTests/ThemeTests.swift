import Foundation
import Testing
import Workbench

@testable import erratum

/// The checkout these tests were built from.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

private let shipped = [
  "colour-blind", "dark", "high-contrast", "light", "monochrome", "solarized",
]

private func shippedTheme(_ name: String) throws -> ThemeFile {
  try ThemeLibrary(folders: [checkout + "/themes"]).load(name)
}

/// The complaint about a theme that must not load.
private func complaint(_ text: String) -> String {
  do {
    _ = try ThemeFile.load(text, file: "mine.toml")
    return "it loaded"
  } catch {
    return "\(error)"
  }
}

@Test func `the themes that ship are the ones promised`() {
  let list = ThemeLibrary(folders: [checkout + "/themes"]).list
  #expect(list.map(\.name) == shipped)
}

@Test(arguments: shipped) func `a shipped theme sets every role and ground itself`(
  name: String
) throws {
  let text = try #require(
    try TextFile.read("\(checkout)/themes/\(name).toml", atMost: TOMLDocument.largestFile))
  let document = try TOMLDocument(text, file: name)
  for role in Role.allCases {
    #expect(document.line(of: ["roles", "\(role)"]) != nil, "\(name) leaves out \(role)")
  }
  for ground in Ground.allCases {
    #expect(document.line(of: ["grounds", "\(ground)"]) != nil, "\(name) leaves out \(ground)")
  }
  let file = try ThemeFile.read(text, file: "\(name).toml")
  #expect(file.theme.name == name)
  #expect(file.summary != nil)
}

@Test func `the monochrome file and the built-in monochrome are the same`() throws {
  #expect(try shippedTheme("monochrome").theme == Theme.monochrome)
  #expect(try ThemeLibrary(folders: []).load("monochrome").theme == Theme.monochrome)
}

// MARK: Contrast

/// Relative luminance, WCAG 2.2.
private func luminance(_ color: Color) -> Double? {
  guard case .rgb(let red, let green, let blue) = color else { return nil }
  func linear(_ value: UInt8) -> Double {
    let value = Double(value) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

private func contrast(_ one: Color, _ other: Color) throws -> Double {
  let one = try #require(luminance(one))
  let other = try #require(luminance(other))
  return (max(one, other) + 0.05) / (min(one, other) + 0.05)
}

@Test func `contrast is what the standard says it is`() throws {
  #expect(try contrast(.rgb(0, 0, 0), .rgb(255, 255, 255)) == 21)
  #expect(abs(try contrast(.rgb(119, 119, 119), .rgb(255, 255, 255)) - 4.48) < 0.01)
}

/// Lines and tracks carry no words.
private let wordless: Set<Role> = [.border, .barTrack]
private let quiet: Set<Role> = [.dim, .keyLabel, .thinking, .kept]

@Test(arguments: shipped) func `every word can be read on every ground`(name: String) throws {
  let file = try shippedTheme(name)
  let terminal = try #require(file.terminal)
  for ground in Ground.allCases {
    let backdrop = try #require(file.theme.backdrops[ground])
    let behind = backdrop.color == .standard ? terminal.background : backdrop.color
    for role in Role.allCases where !wordless.contains(role) {
      let face = try #require(file.theme.faces[role])
      let front = face.color == .standard ? terminal.foreground : face.color
      let ratio = try contrast(front, behind)
      let least = name == "high-contrast" ? 7 : quiet.contains(role) ? 3.0 : 4.5
      #expect(ratio >= least, "\(name): \(role) on \(ground) has \(ratio)")
    }
  }
}

@Test(arguments: shipped) func `the selected row can be told from the others`(name: String) throws {
  let backdrops = try shippedTheme(name).theme.backdrops
  #expect(backdrops[.selected] != backdrops[.normal])
  #expect(backdrops[.token] != backdrops[.normal])
}

@Test func `right and wrong in the colour-blind theme differ in blue, not in red and green`() throws
{
  let faces = try shippedTheme("colour-blind").theme.faces
  guard case .rgb(_, _, let right)? = faces[.correct]?.color,
    case .rgb(_, _, let wrong)? = faces[.incorrect]?.color
  else {
    Issue.record("both need a colour")
    return
  }
  #expect(abs(Int(right) - Int(wrong)) > 120)
}

// MARK: Reading

@Test func `a role is a colour name, a hexadecimal colour or a table`() throws {
  let theme = try ThemeFile.load(
    """
    [colors]
    moss = "#80A040"
    [roles]
    correct = { color = "moss", bold = true }
    dim = "#777777"
    text = "standard"
    error = { underlined = true, reversed = true, dim = true }
    [grounds]
    bar = "moss"
    token = { reversed = true }
    """, file: "/home/me/themes/forest.toml")
  #expect(theme.name == "forest")
  #expect(theme.faces[.correct] == Theme.Face(color: .rgb(0x80, 0xA0, 0x40), bold: true))
  #expect(theme.faces[.dim] == Theme.Face(color: .rgb(0x77, 0x77, 0x77)))
  #expect(theme.faces[.error] == Theme.Face(dim: true, underlined: true, reversed: true))
  #expect(theme.backdrops[.bar]?.color == .rgb(0x80, 0xA0, 0x40))
  #expect(theme.backdrops[.token]?.isReversed == true)
}

@Test func `what is left out looks like its nearest relative`() throws {
  let theme = try ThemeFile.load(
    """
    [roles]
    warning = "#ffaa00"
    error = "#ff0000"
    doubt1 = "#aabb00"
    [grounds]
    normal = "#101010"
    """, file: "x.toml")
  #expect(theme.faces[.incorrect]?.color == .rgb(255, 0, 0))
  #expect(theme.faces[.confidenceLow]?.color == .rgb(255, 0xAA, 0))
  #expect(theme.faces[.doubt2]?.color == .rgb(0xAA, 0xBB, 0))
  #expect(theme.faces[.entropy2]?.color == .rgb(0xAA, 0xBB, 0))
  #expect(theme.faces[.text] == Theme.Face())
  #expect(theme.backdrops[.popup]?.color == .rgb(16, 16, 16))
  #expect(theme.backdrops[.selected]?.isReversed == true)
  #expect(theme.backdrops[.token]?.isReversed == true)
}

@Test func `every line of relatives ends`() {
  for role in Role.allCases {
    var ancestor: Role? = role
    for _ in 0...Role.allCases.count { ancestor = ancestor.flatMap(Inheritance.parent) }
    #expect(ancestor == nil, "\(role) never ends")
  }
}

@Test func `an empty theme is a theme`() throws {
  let theme = try ThemeFile.load("", file: "empty.toml")
  #expect(theme.faces.count == Role.allCases.count)
  #expect(theme.backdrops.count == Ground.allCases.count)
}

@Test func `a mistyped role is named with its line and the likely one`() {
  #expect(
    complaint("[roles]\ntext = \"standard\"\ncorect = \"standard\"\n")
      == #"mine.toml:3: unknown key "corect" in [roles]; did you mean "correct"?"#)
  #expect(complaint("[roles]\nzebra = \"standard\"").contains("use one of: added, barTrack"))
}

@Test func `a mistyped colour is named with its line and the likely one`() {
  #expect(
    complaint("[colors]\ngreen = \"#00ff00\"\n[roles]\ncorrect = \"gren\"")
      == #"mine.toml:4: unknown colour "gren" for correct; did you mean "green"?"#)
  #expect(
    complaint("[roles]\n\ncorrect = { color = \"blue\" }")
      == #"mine.toml:3: unknown colour "blue" for color; use one of: standard."#)
}

@Test func `every kind of slip in a theme is worded`() {
  #expect(complaint("[colors]\nred = \"ff0000\"").contains(#":2: colour "red" is "ff0000"; write"#))
  #expect(complaint("[colors]\nred = \"#+f0000\"").contains("write it as"))
  #expect(complaint("[colors]\nred = 3").contains(#":2: "red" is 3; write a string"#))
  #expect(complaint("[colors]\nstandard = \"#000000\"").contains("choose another name"))
  #expect(complaint("[roles]\ntext = \"#12\"").contains("write it as \"#rrggbb\""))
  #expect(complaint("[roles]\ntext = { bold = 1 }").contains(#""bold" is 1; write true or false"#))
  #expect(complaint("[roles]\ntext = { bald = true }").contains(#"did you mean "bold"?"#))
  #expect(complaint("[grounds]\nselectd = \"standard\"").contains(#"did you mean "selected"?"#))
  #expect(complaint("roles = 3").contains(#":1: "roles" is 3; write a table: write [roles]"#))
  #expect(complaint("[role]\n").contains(#"did you mean "roles"?"#))
  #expect(
    complaint("[colors]\nred = \"#ff0000\nblue = 3").contains("mine.toml:2: this is not TOML"))
  #expect(complaint("name = \"a\u{0}b\"").contains("NUL"))
  #expect(complaint(String(repeating: "# x\n", count: 70_000)).contains("over 256 KB"))
}

@Test func `all slips are reported, in the order of their lines`() {
  let lines = complaint("[roles]\nzebra = \"x\"\ntext = \"no\"\n[grounds]\nbar = 1\n")
    .split(separator: "\n")
  #expect(lines.count == 3)
  #expect(lines.map { $0.prefix(12) } == ["mine.toml:2:", "mine.toml:3:", "mine.toml:5:"])
}

@Test func `what a theme file says never reaches the terminal raw`() {
  #expect(!complaint("[roles]\n\"\\u001b[31m\" = \"x\"").contains("\u{1B}"))
  #expect(!complaint("[roles]\ntext = \"\\u001b]52;c;x\\u0007\"").contains("\u{1B}"))
}

@Test func `a theme of one's own hides the shipped one of that name`() throws {
  try withTemporaryFolder { folder in
    try FileManager.default.createDirectory(
      atPath: folder + "/themes", withIntermediateDirectories: true)
    try "[roles]\ntext = \"#010203\"".write(
      toFile: folder + "/themes/dark.toml", atomically: true, encoding: .utf8)
    let library = ThemeLibrary(
      configurationFolder: folder, resources: Resources(share: checkout))
    #expect(try library.load("dark").theme.faces[.text]?.color == .rgb(1, 2, 3))
    #expect(library.list.map(\.name) == shipped)
    #expect(throws: FileError.self) { try library.load("drak") }
    do { _ = try library.load("drak") } catch {
      #expect("\(error)".contains(#"did you mean "dark"?"#))
    }
  }
}
