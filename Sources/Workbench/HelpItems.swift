extension State {
  package func helpItems(for help: Panel.Help) -> [Command] { Command.all }
}
