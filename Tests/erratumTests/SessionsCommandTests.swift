import ArgumentParser
import Foundation
import Sessions
import Testing

@testable import erratum

@Suite struct SessionsCommandTests {
  private func filter(_ arguments: [String]) throws -> LibraryFilter {
    let command = try SessionsCommand.parseAsRoot(arguments)
    let list = try #require(command as? ListSessions)
    return try list.filter.parsed()
  }

  @Test func `words alone list, as they did before there were other commands`() throws {
    #expect(try filter(["bags", "hold"]).words == ["bags", "hold"])
    #expect(try filter([]).isEmpty)
    #expect(try filter(["list", "state:failed"]).terms == [LibraryFilter.Term(.state, "failed")])
  }

  @Test func `an argument with blanks is one phrase or one value`() throws {
    let read = try filter(["list", "bags hold", "set:my set", "!annotator:a b"])
    #expect(read.words == ["bags hold"])
    #expect(
      read.terms == [
        LibraryFilter.Term(.set, "my set"),
        LibraryFilter.Term(.annotator, "a b", isExcluded: true),
      ])
  }

  @Test func `a mistyped field is guessed`() throws {
    let command = try SessionsCommand.parseAsRoot(["list", "anotator:ada"])
    #expect((command as? ListSessions)?.filter.suggestion == "annotator")
    let plain = try SessionsCommand.parseAsRoot(["list", "3:4"])
    #expect((plain as? ListSessions)?.filter.suggestion == nil)
  }

  @Test func `what keeps a session from being moved is bad input with a way out`() {
    let errors: [any Error] = [
      LibraryError.isExample(id: "x", toDo: "deleted"),
      LibraryError.outside(path: "/x", library: "/l"),
      LibraryError.inUse(id: "x", holder: nil), LibraryError.badID("a/b"),
      LibraryError.taken(id: "x"), LibraryError.notInTrash(id: "x", nearest: "xy"),
      LibraryError.notMoved(id: "x", reason: "no space"), InputError.unasked(what: "Deleting"),
      InputError.nothingToSearch, LibraryFilter.Problem.noValue(.set),
    ]
    for error in errors {
      #expect(Failure.code(for: error) == 2)
      let sentence = Failure.sentence(for: error)
      #expect(sentence.hasSuffix(".") || sentence.hasSuffix("?"), "\(sentence)")
      #expect(!sentence.contains("unforeseen"), "\(sentence)")
    }
  }

  @Test func `a place is told in the numbers of the screen`() {
    let attempt = AttemptID("a1")
    #expect(TextPlace(.thinking, attempt: attempt, step: 0).words == "attempt a1, step 1, thinking")
    #expect(
      TextPlace(.label, attempt: attempt, annotator: "ada", step: 2).words
        == "label by ada, attempt a1, step 3")
    #expect(TextPlace(.problem).words == "problem")
  }
}
