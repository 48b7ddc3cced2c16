import Foundation
import Testing

@testable import Workbench

@Suite struct CommandTests {
  @Test(arguments: Mode.allCases)
  func `no key of a mode does two things`(mode: Mode) {
    var owners: [Key: [Action]] = [:]
    for command in Command.all where command.modes.contains(mode) {
      for key in command.keys { owners[key, default: []].append(command.action) }
    }
    for (key, actions) in owners {
      #expect(actions.count == 1, "\(key.name) in \(mode): \(actions)")
    }
  }

  @Test(arguments: Action.allCases)
  func `every action stands in the table`(action: Action) {
    #expect(Command.all.contains { $0.action == action && !$0.modes.isEmpty && !$0.keys.isEmpty })
  }

  @Test func `every command says what it does`() {
    for command in Command.all {
      #expect(!command.help.trimmedWhitespace.isEmpty, "\(command.action)")
      #expect(command.help.count <= 72, "\(command.action): \(command.help.count) columns")
      #expect(command.label.map { !$0.isEmpty } ?? true, "\(command.action)")
    }
  }

  @Test func `every key has a name that reads back as itself`() {
    for key in Command.all.flatMap(\.keys) { #expect(Key(named: key.name) == key, "\(key.name)") }
  }

  @Test(arguments: Mode.allCases)
  func `help and a way out are on a key of every mode`(mode: Mode) {
    let bindings = KeyBindings()
    for action in [Action.help, .back, .stop, .quit, .redraw, .suspend] {
      #expect(!bindings.keys(for: action, in: mode).isEmpty, "\(action)")
    }
  }

  @Test func `an override takes the action's old keys away in that mode only`() throws {
    let bindings = try KeyBindings(overriding: [.read: [.critique: [.function(5), .alt("c")]]])
    #expect(bindings.action(for: .function(5), in: .read) == .critique)
    #expect(bindings.action(for: .character("c"), in: .read) == nil)
    #expect(bindings.action(for: .character("c"), in: .label) == .critique)
    #expect(bindings.action(for: .function(5), in: .label) == nil)
  }

  @Test func `two actions may swap their keys`() throws {
    let bindings = try KeyBindings(
      overriding: [.read: [.nextStep: [.character("k")], .previousStep: [.character("j")]]])
    #expect(bindings.action(for: .character("k"), in: .read) == .nextStep)
    #expect(bindings.action(for: .character("j"), in: .read) == .previousStep)
  }

  @Test func `a key given to a second action is a conflict that names both`() {
    #expect(
      throws: KeyBindings.Conflict(
        mode: .read, key: .character("j"), actions: [.nextStep, .critique])
    ) {
      try KeyBindings(overriding: [.read: [.critique: [.character("j")]]])
    }
    #expect(throws: KeyBindings.Conflict.self) {
      try KeyBindings(
        overriding: [.read: [.critique: [.function(9)], .round: [.function(9)]]])
    }
  }

  @Test func `an action may be left without a key`() throws {
    let bindings = try KeyBindings(overriding: [.read: [.critiqueNow: []]])
    #expect(bindings.keys(for: .critiqueNow, in: .read) == [])
    #expect(bindings.action(for: .character("C"), in: .read) == nil)
  }

  @Test func `the page of keys names every command once in each of its modes`() {
    let page = KeyReference.markdown
    for mode in Mode.allCases {
      let section = page.components(from: "## \(mode.title)\n")
      for command in Command.all where command.modes.contains(mode) {
        #expect(section.contains("`\(command.action.rawValue)`"), "\(mode) \(command.action)")
      }
    }
  }
}

extension String {
  /// What stands after `heading`, up to the next heading.
  fileprivate func components(from heading: String) -> String {
    guard let start = range(of: heading)?.upperBound else { return "" }
    let rest = self[start...]
    return String(rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)])
  }
}
