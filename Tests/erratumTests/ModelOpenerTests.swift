import Engine
import Foundation
import ModelLocal
import Sessions
import Testing

@testable import erratum

@Suite struct ModelOpenerTests {
  private func opener(
    _ folder: String, _ change: (inout Configuration) -> Void = { _ in }
  ) -> ModelOpener {
    var configuration = Configuration()
    change(&configuration)
    return ModelOpener(
      configuration: configuration, resources: Resources(share: folder + "/share"),
      environment: ["HOME": folder])
  }

  private func make(_ paths: String..., in folder: String) throws {
    for path in paths {
      let file = URL(filePath: folder + "/" + path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
  }

  @Test func `a file is named by its path, with a template after it or not`() throws {
    try withTemporaryFolder { folder in
      try make("models/a b.gguf", "models/odd#name.gguf", in: folder)
      let opener = opener(folder)
      let path = folder + "/models/a b.gguf"
      for (written, path, template) in [
        (path, path, nil), ("~/models/a b.gguf", path, nil),
        ("~/models/a b.gguf#llama3", path, "llama3"),
        ("~/models/odd#name.gguf", folder + "/models/odd#name.gguf", nil),
        ("~/models/odd#name.gguf#chatml", folder + "/models/odd#name.gguf", "chatml"),
      ] as [(String, String, String?)] {
        #expect(
          try opener.source("local:" + written)
            == .weights(
              ModelOpener.Weights(path: path, options: LocalModelOptions(template: template))),
          "\(written)")
      }
    }
  }

  @Test func `what is not there is refused with what to do next`() throws {
    try withTemporaryFolder { folder in
      try make("a.gguf", in: folder)
      for (spec, says) in [
        ("local", "install the program again"), ("local:", "check the path"),
        ("local:~/none.gguf", "There is no file \(folder)/none.gguf"),
        ("local:~/none.gguf#chatml", "There is no file \(folder)/none.gguf"),
        ("local:~/a.gguf#chatlm", "did you mean \"chatml\"?"),
        ("nonsense", "no profile has that name"),
      ] {
        do {
          try opener(folder).check(spec)
          Issue.record("\(spec) was taken")
        } catch {
          #expect(Failure.sentence(for: error).contains(says), "\(error)")
          #expect(Failure.code(for: error) == 2)
        }
      }
    }
  }

  @Test func `the model that comes along has its profile, under any name`() throws {
    try withTemporaryFolder { folder in
      try make("share/models/erratum-small-q8_0.gguf", in: folder)
      let profile = "prompts = \"plain\"\n"
      try profile.write(
        toFile: folder + "/share/models/erratum-small.toml", atomically: true, encoding: .utf8)
      let path = folder + "/share/models/erratum-small-q8_0.gguf"
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link.gguf", withDestinationPath: path)
      let opener = opener(folder) {
        $0.models["x"] = Configuration.Model(
          name: "x", file: path, context: 512, prompts: "general")
      }
      let shipped = ModelProfile(name: "erratum-small", prompts: "plain")
      for spec in ["local", "local:~/link.gguf"] {
        guard case .weights(let weights) = try opener.source(spec) else { continue }
        #expect(weights.options.profile == shipped, "\(spec)")
      }
      guard case .weights(let own) = try opener.source("x") else {
        Issue.record("x is a file")
        return
      }
      #expect(own.options.context == 512)
      #expect(own.options.profile == ModelProfile(name: "erratum-small", prompts: "general"))
    }
  }

  @Test func `a profile of one's own is in force, for a file and for a server`() throws {
    try withTemporaryFolder { folder in
      try make("a.gguf", in: folder)
      let thresholds = ReflectionThresholds(
        window: 25, k: 4, minimumDeviation: 0.2, floor: 1, coldStart: 1, share: 0.02)
      var text = try ProfileText(folder + "/p.toml")
      try text.take(thresholds, name: "mine", prompts: "general", temperature: 0.7)
      let opener = opener(folder) {
        $0.models["x"] = Configuration.Model(
          name: "x", file: folder + "/a.gguf", prompts: "plain", profile: folder + "/p.toml")
        $0.models["y"] = Configuration.Model(
          name: "y", endpoint: "http://h/v1", profile: folder + "/none.toml")
      }
      guard case .weights(let weights) = try opener.source("x") else {
        Issue.record("x is a file")
        return
      }
      #expect(
        weights.options.profile
          == ModelProfile(name: "mine", prompts: "plain", reflection: thresholds))
      #expect(throws: FileError.self) { try opener.check("y") }
    }
  }

  @Test func `the model that comes along solves where nothing else is named`() throws {
    try withTemporaryFolder { folder in
      try make(
        "share/models/erratum-small-q8_0.gguf", "share/themes/x", "share/problems/x", in: folder)
      var environment = ["ERRATUM_SHARE": folder + "/share", "HOME": folder]
      func solver() throws -> String? {
        var setup = try Setup(library: folder + "/sessions", environment: environment)
        setup.configuration.theme = "monochrome"
        return try setup.settings().solver
      }
      #expect(try solver() == "local")
      environment["OPENAI_BASE_URL"] = "http://h/v1"
      #expect(try solver() == "http://h/v1")
      try make("share/models/erratum-small-q8_0.gguf.moved", in: folder)
      try FileManager.default.removeItem(
        atPath: folder + "/share/models/erratum-small-q8_0.gguf")
      environment["OPENAI_BASE_URL"] = nil
      #expect(try solver() == nil)
    }
  }
}

/// Only where the model that ships is in the checkout.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: shipped)))
struct ShippedModelTests {
  private var opener: ModelOpener {
    ModelOpener(
      configuration: Configuration(), resources: Resources(share: checkout), environment: [:])
  }

  private func answer(
    _ request: GenerationRequest, _ model: any LanguageModel
  ) async throws -> [Token] {
    var tokens: [Token] = []
    for try await output in model.generate(request) {
      if case .tokens(let more) = output { tokens += more }
    }
    return tokens
  }

  @Test func `solver and critic share one model`() async throws {
    let one = try await opener.open("local")
    #expect(one.description.badgeIsFull)
    let opener = opener
    let first = try await opener.open("local") as? LocalModel
    let second = try await opener.open("local:" + shipped) as? LocalModel
    #expect(first != nil && first === second)
  }

  @Test func `ids handed over are gone on from, not the text cut anew`() async throws {
    let model = try await opener.open("local")
    var request = GenerationRequest(
      messages: PromptSet(named: "plain").solve("Tom has 17 marbles and buys 3. How many now?"),
      parameters: SamplingParameters(temperature: 0, maxTokens: 24))
    let whole = try await answer(request, model)
    let kept = whole.prefix(6)
    request.prefix = String(decoding: kept.flatMap(\.bytes), as: UTF8.self)
    request.prefixTokens = kept.compactMap(\.id)
    request.parameters.maxTokens = 18
    let rest = try await answer(request, model)
    #expect(rest.map(\.id) == whole.dropFirst(6).map(\.id))
    // The same text in tokens of single bytes is another context: numbers differ.
    let spelled = try await answer(
      GenerationRequest(
        messages: request.messages, prefix: request.prefix, prefixTokens: [0, 1],
        parameters: request.parameters), model)
    #expect(spelled.map(\.id) == rest.map(\.id), "ids that spell another text are left")
  }
}

private let shipped = checkout + "/models/erratum-small-q8_0.gguf"

extension ModelDescription {
  fileprivate var badgeIsFull: Bool { capabilities.hiddenStates && dialect == "local" }
}
