/// A row of the help that can be chosen and done.
package struct HelpItem: Equatable, Sendable {
  package var action: Action
  /// The key map it stands in.
  package var mode: Mode
  package var keys: [Key]
  package var help: String
}

/// What the help lists, in order: the keys of its mode first, then what other modes add.
///
/// Read from the live bindings; ``Panel/Help/selection`` counts these rows.
package func helpItems(_ help: Panel.Help, bindings: KeyBindings) -> [HelpItem] {
  let modes = [help.mode] + Mode.allCases.filter { $0 != help.mode && $0 != .panel }
  var seen: Set<Action> = []
  var items: [HelpItem] = []
  for mode in modes {
    var inThisMode: Set<Action> = []
    for command in Command.all where command.modes.contains(mode) {
      let keys = bindings.keys(for: command.action, in: mode)
      guard !seen.contains(command.action), !keys.isEmpty,
        inThisMode.insert(command.action).inserted,
        matches(command, keys: keys, filter: help.filter)
      else { continue }
      items.append(
        HelpItem(action: command.action, mode: mode, keys: keys, help: command.help))
    }
    seen.formUnion(inThisMode)
  }
  return items
}

private func matches(_ command: Command, keys: [Key], filter: String) -> Bool {
  guard !filter.isEmpty else { return true }
  let needle = filter.lowercased()
  return command.help.lowercased().contains(needle)
    || command.action.rawValue.contains(needle)
    || keys.contains { $0.name.lowercased() == needle }
}
