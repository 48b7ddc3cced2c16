/// The page of keys, from the command table alone.
package enum KeyReference {
  package static var markdown: String {
    var page = "# Keys\n\nMade by `erratum keys` from the table the program itself reads.\n"
    let bindings = KeyBindings()
    for mode in Mode.allCases {
      page += "\n## \(mode.title)\n\n| Keys | Command | Does |\n| --- | --- | --- |\n"
      for command in Command.all where command.modes.contains(mode) {
        let keys = bindings.keys(for: command.action, in: mode).map { "`\($0.name)`" }
        guard !keys.isEmpty else { continue }
        page +=
          "| \(keys.joined(separator: " ")) | `\(command.action.rawValue)` | \(command.help) |\n"
      }
    }
    return page
  }
}
