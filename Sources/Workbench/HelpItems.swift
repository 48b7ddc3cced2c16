extension State {
  /// What the help lists, in order: the keys of its mode first, then what other modes add.
  ///
  /// Read from the live bindings; ``Panel/Help/selection`` counts these rows.
  package func helpItems(for help: Panel.Help) -> [Command] {
    let here = Command.all.filter { $0.modes.contains(help.mode) }
    var seen = Set(here.map(\.action))
    let elsewhere = Command.all.filter {
      !$0.modes.contains(help.mode) && seen.insert($0.action).inserted
    }
    return (here + elsewhere).filter { matches($0, help) }
  }

  private func matches(_ command: Command, _ help: Panel.Help) -> Bool {
    let keys = bindings.keys(for: command.action, in: command.mode(preferring: help.mode))
    if keys.isEmpty { return false }
    guard !help.filter.isEmpty else { return true }
    let needle = help.filter.lowercased()
    return command.help.lowercased().contains(needle) || command.action.rawValue.contains(needle)
      || keys.contains { $0.name.lowercased() == needle }
  }
}

extension Command {
  /// The key map to read its keys from.
  func mode(preferring mode: Mode) -> Mode {
    modes.contains(mode) ? mode : modes.first ?? mode
  }
}
