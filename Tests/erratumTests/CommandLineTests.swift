import ArgumentParser
import Engine
import Sessions
import Testing
import Workbench

@testable import erratum

@Suite struct CommandLineTests {
  @Test(arguments: [
    ["solve", "hi", "--rounds", "-1", "--json"], ["solve", "hi", "--rounds", "101", "--json"],
    ["solve", "hi", "--rounds", "many"], ["solve", "hi", "--rounds", "2"],
    ["solve", "hi", "--file", "f"], ["solve", "hi", "--no-such-option"],
    ["replay"], ["replay", "s", "--speed", "0.1"], ["replay", "s", "--speed", "nan"],
    ["replay", "s", "--idle", "-1"],
  ])
  func `bad usage is refused before anything is done`(arguments: [String]) {
    do {
      _ = try Erratum.parseAsRoot(arguments)
      Issue.record("\(arguments) was taken")
    } catch {
      #expect(Erratum.exitCode(for: error) == .validationFailure)
      #expect(!Erratum.message(for: error).isEmpty)
    }
  }

  @Test func `the options of a run are read`() throws {
    let command = try #require(
      try Erratum.parseAsRoot(
        ["solve", "hi", "--samples", "3", "--rounds", "2", "--linear", "--critic", "c"])
        as? SolveCommand)
    #expect(command.problem == "hi")
    #expect(command.samples == "3")
    #expect(command.rounds == 2)
    #expect(command.critic == "c")
    #expect(command.output.format == .plain)
  }

  @Test func `models lists, describes and checks`() throws {
    let list = try #require(
      try Erratum.parseAsRoot(["models"]) as? ModelsCommand.Describe)
    #expect(list.model == nil)
    let one = try #require(
      try Erratum.parseAsRoot(["models", "local:a b.gguf#chatml"]) as? ModelsCommand.Describe)
    #expect(one.model == "local:a b.gguf#chatml")
    let check = try #require(
      try Erratum.parseAsRoot(["models", "check", "a.gguf", "--json"]) as? ModelsCommand.Check)
    #expect(check.file == "a.gguf" && check.json)
  }

  @Test func `without a command it is the home screen`() throws {
    #expect(try Erratum.parseAsRoot([]) is HomeCommand)
    #expect(try Erratum.parseAsRoot(["--solver", "m"]) is HomeCommand)
  }

  @Test func `what was typed wrong ends with 2, what a model failed at with 1`() {
    let wrong: [any Error] = [
      InputError.emptyProblem, InputError.noSolver, JournalError.notFound(name: "x"),
      RuntimeError.noSession, ModelError.badEndpoint("x", reason: "y"),
      ModelError.weights(path: "f", sentence: "It is no model: choose another."),
      ModelError.badKey(reason: "unset"),
    ]
    for error in wrong { #expect(Failure.code(for: error) == 2, "\(error)") }
    let failed: [ModelError] = [
      .unreachable(endpoint: "e", reason: "r"), .stalled(endpoint: "e", seconds: 3),
      .unauthorized(endpoint: "e", status: 401),
    ]
    for error in failed { #expect(Failure.code(for: error) == 1, "\(error)") }
  }

  @Test func `every sentence ends, and says what to do`() {
    var errors: [any Error] = [
      InputError.emptyProblem, InputError.problemTooLong(bytes: 300 * 1024),
      InputError.fileUnreadable(path: "/f"), InputError.noSolver,
      InputError.badSetting(name: "seed", value: "x", allowed: "a number"),
      InputError.noSuchProblem("x", set: "logic"), RuntimeError.noModel(.critic),
      RuntimeError.noSession, RoundError.nothingWritten, RoundError.noSuchToken,
      RoundError.endsHere, RoundError.partOfCharacter, RoundError.quotesOnly(model: "m"),
    ]
    do {
      _ = try KeyBindings(overriding: [.read: [.fold: [.tab]]])
    } catch {
      errors.append(error)
    }
    #expect(errors.count == 14)
    for error in errors {
      let sentence = Failure.sentence(for: error)
      #expect(sentence.hasSuffix("."), "\(sentence)")
      #expect(!sentence.contains("unforeseen"), "\(sentence)")
      #expect(sentence.contains { ";:,".contains($0) }, "\(sentence) has no second half")
    }
  }

  @Test func `a name that is no model is refused with the names there are`() {
    var configuration = Configuration()
    configuration.models["qwen"] = Configuration.Model(name: "qwen", endpoint: "http://h/v1")
    let opener = ModelOpener(configuration: configuration, environment: [:])
    #expect(throws: Never.self) { try opener.check("qwen") }
    #expect(throws: Never.self) { try opener.check("https://h/v1#m") }
    #expect(throws: ModelError.badEndpoint("gwen", reason: "the profiles are qwen")) {
      try opener.check("gwen")
    }
  }
}
