import Workbench

extension Configuration {
  /// Reads `[keys.MODE]` tables, and finds keys that two commands of one mode would share.
  static func readKeys(_ table: TOMLSection, _ known: Known) -> [String: [String: [Key]]] {
    var keys: [String: [String: [Key]]] = [:]
    for mode in table.names where known.modes.contains(mode) {
      guard let section = table.table(mode) else { continue }
      let commands = known.commands(mode)
      let bindings = readBindings(section, commands: commands, mode: mode)
      complainOfConflicts(section, bindings: bindings, commands: commands)
      keys[mode] = bindings
    }
    for mode in table.names where !known.modes.contains(mode) {
      table.complain(
        mode, "unknown mode \"\(mode.visible)\"; \(allowed(known.modes, insteadOf: mode))")
    }
    return keys
  }

  private static func readBindings(
    _ section: TOMLSection, commands: [String: [Key]], mode: String
  ) -> [String: [Key]] {
    var bindings: [String: [Key]] = [:]
    for command in section.names {
      guard commands[command] != nil else {
        section.complain(
          command,
          "unknown command \"\(command.visible)\" in mode \(mode); "
            + allowed(commands.keys, insteadOf: command))
        continue
      }
      bindings[command] = readKeyList(section, command)
    }
    return bindings
  }

  /// One key name or a list of them; `nil`, with a complaint, for anything else.
  private static func readKeyList(_ section: TOMLSection, _ command: String) -> [Key]? {
    let names: [TOMLItem]
    switch section.item(command) {
    case .list(let items): names = items
    case .some(let item): names = [item]
    case nil: return nil
    }
    var keys: [Key] = []
    for item in names {
      guard case .string(let name) = item else {
        section.wrongType(command, item, "a key name in quotes, or a list of them")
        return nil
      }
      guard let key = Key(named: name) else {
        section.complain(command, unknownKey(name))
        return nil
      }
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  private static func unknownKey(_ name: String) -> String {
    let named: [Key] = [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
      .home, .end, .pageUp, .pageDown, .character(" "),
    ]
    let near = nearest(to: name, in: named.map(\.name))
    let help =
      near.map { "did you mean \"\($0)\"?" }
      ?? "write one character, or a name such as Ctrl-D, Alt-x, F2, Enter, Space, PageUp."
    return "unknown key \"\(name.visible)\"; \(help)"
  }

  /// Two commands on one key, of the file or of the file and the program.
  private static func complainOfConflicts(
    _ section: TOMLSection, bindings: [String: [Key]], commands: [String: [Key]]
  ) {
    let effective = commands.merging(bindings) { _, own in own }
    var holders: [Key: [String]] = [:]
    for (command, keys) in effective {
      for key in keys { holders[key, default: []].append(command) }
    }
    for (key, commands) in holders where commands.count > 1 {
      // Later lines complain of earlier ones, as a reader would.
      let bound = commands.filter { bindings[$0] != nil }
        .map { (line: section.line(of: $0) ?? 0, command: $0) }
        .sorted { ($0.line, $0.command) < ($1.line, $1.command) }
      let unbound = commands.filter { bindings[$0] == nil }.sorted()
      for (index, (_, command)) in bound.enumerated() {
        if let first = bound.first, index > 0 {
          section.complain(
            command,
            "key \(key.name) for \(command) is \(first.command)'s already, on line "
              + "\(first.line); choose another key.")
        } else if let holder = unbound.first {
          section.complain(
            command,
            "key \(key.name) for \(command) is \(holder)'s when nothing else is set; "
              + "give \(holder) another key or choose another for \(command).")
        }
      }
    }
  }
}
