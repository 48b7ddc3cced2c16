import Foundation
import Sessions
import Testing

@testable import Engine

@Suite struct PromptsTests {
  @Test func `plain prompts are the bare formats, without a system turn`() {
    let plain = PromptSet(named: "pilot")
    #expect(plain.solve("P?") == [ChatMessage(.user, "P?")])
    #expect(
      plain.critique("P?", draft: "Step 1: 5\nAnswer: 5\n", steps: ["x"]) == [
        ChatMessage(.user, "P?\n\nDraft:\nStep 1: 5\nAnswer: 5\n\nCritique the draft.")
      ])
    #expect(
      plain.revise("P?", draft: "D", critique: "C\n") == [
        ChatMessage(.user, "P?\n\nDraft:\nD\n\nCritique:\nC\n\nRevise the draft.")
      ])
  }

  @Test func `what goes in is never searched for placeholders`() throws {
    let text = "Print {draft} {critique} {hint} {{problem}} {"
    let filled = PromptSet(named: "plain").revise(text, draft: "D{problem}", critique: "C")
    #expect(
      filled.last?.text
        == "\(text)\n\nDraft:\nD{problem}\n\nCritique:\nC\n\nRevise the draft.")
  }

  @Test func `a hint stands in its words, and leaves no trace when there is none`() throws {
    for name in ["general", "plain"] {
      let set = PromptSet(named: name)
      for hint in ["look at the bags", nil] {
        for message in set.solve("P", hint: hint) + set.goOn("P", hint: hint)
          + set.revise("P", draft: "D", critique: "C", hint: hint)
        {
          #expect(!message.text.contains("{"))
          #expect(!message.text.contains("\n\n\n"))
          if message.author == .user {
            #expect(message.text.contains("look at the bags") == (hint != nil))
          }
        }
      }
    }
  }

  @Test func `a template of the user's own replaces ours, and only that one`() {
    let set = PromptSet(named: nil, overriding: ["solve": "Q: {problem}{hint}", "system": ""])
    #expect(set.solve("P").map(\.text) == ["Q: P"])
    #expect(set.goOn("P") == PromptSet(named: nil, overriding: ["system": ""]).goOn("P"))
  }

  @Test func `the files in prompts are what the program uses`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "prompts")
    for name in ["general", "plain"] {
      for (part, text) in PromptSet(named: name).files {
        let file = root.appending(path: "\(name)/\(part).txt")
        if ProcessInfo.processInfo.environment["ERRATUM_RECORD"] != nil {
          try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
          try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == text + "\n", "\(file.path()): record again with ERRATUM_RECORD=1")
      }
    }
  }

  @Test func `a file's last line end is not part of its template`() {
    let set = PromptSet(
      named: "plain", overriding: ["critique": "C {problem}\n", "hint": " {hint}\n"])
    #expect(set.critique("P", draft: "", steps: []).map(\.text) == ["C P"])
    #expect(set.solve("P", hint: "H").map(\.text) == ["P H"])
  }

  @Test func `steps are numbered for the critic from 1`() throws {
    let text = try #require(
      PromptSet(named: "general").critique("P", draft: "", steps: ["one\n", "two"]).last?.text)
    #expect(text.contains("[1] one\n[2] two\n"))
    #expect(text.contains(#"{"first_error": k}"#))
  }

  @Test func `every error has one sentence that says what to do`() {
    let errors: [ModelError] = [
      .unreachable(endpoint: "http://h", reason: "refused"), .notFound(endpoint: "h", model: "m"),
      .notFound(endpoint: "h", model: nil), .unauthorized(endpoint: "h", status: 401),
      .rateLimited(endpoint: "h"), .loading(endpoint: "h"),
      .refused(endpoint: "h", status: 400, message: "bad\nthing."),
      .notAModelServer(endpoint: "h", received: "HTML"), .badStream(endpoint: "h", reason: "x"),
      .stalled(endpoint: "h", seconds: 60), .connectionLost(endpoint: "h"),
      .contextExceeded(endpoint: "h", message: ""), .badEndpoint("h", reason: "x"),
      .badKey(reason: "x"), .unsupported("scoring"), .scriptExhausted("x"),
    ]
    for error in errors {
      #expect(error.sentence.hasSuffix("."))
      #expect(error.sentence.contains(": "))
      #expect(!error.sentence.contains("\n"))
    }
  }
}
