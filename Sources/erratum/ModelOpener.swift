import Engine
import Foundation
import ModelHTTP
import ModelLocal
import Sessions
import Workbench

/// Opens models by what a person writes where one is asked for.
///
/// `local`, `local:FILE.gguf#template`, a profile's name, or `http://host:port/v1#name`.
struct ModelOpener: Sendable {
  var configuration: Configuration
  var resources: Resources?
  var environment: [String: String]
  /// Weights that are open, for whoever else asks for them.
  private let shelf = WeightsShelf()

  init(
    configuration: Configuration, resources: Resources? = nil, environment: [String: String]
  ) {
    self.configuration = configuration
    self.resources = resources
    self.environment = environment
  }

  enum Source: Equatable, Sendable {
    case weights(Weights)
    case server(Configuration.Model)
    case endpoint(String)
  }

  /// A weights file and how it is to be run.
  struct Weights: Equatable, Sendable {
    var path: String
    var options = LocalModelOptions()
  }

  /// Refuses what names no model, before a session is begun for it.
  func check(_ spec: String) throws {
    let source = try source(spec)
    if case .server(let profile) = source { _ = try found(profile, nil) }
    guard case .weights(let weights) = source else { return }
    _ = try LocalModel.inspect(path: weights.path, options: weights.options)
  }

  func source(_ spec: String) throws -> Source {
    if spec == Settings.embedded { return .weights(try embedded()) }
    if spec.hasPrefix("local:") { return .weights(try weights(written: spec.dropFirst(6))) }
    if let profile = configuration.models[spec] {
      guard let file = profile.file else { return .server(profile) }
      return .weights(try weights(of: profile, file))
    }
    if spec.hasPrefix("http://") || spec.hasPrefix("https://") { return .endpoint(spec) }
    let names = configuration.models.keys.sorted().joined(separator: ", ")
    throw ModelError.badEndpoint(
      spec, reason: names.isEmpty ? "no profile has that name" : "the profiles are \(names)")
  }

  func open(
    _ spec: String, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> any LanguageModel {
    switch try source(spec) {
    case .weights(let weights): return try await shelf.model(weights, progress: progress)
    case .server(let profile): return try await open(profile)
    case .endpoint(let endpoint):
      return try await connect(
        ModelSpec(endpoint: endpoint, key: key(for: endpoint)), settings: settings(Timeouts()))
    }
  }

  // MARK: - Weights

  private func embedded() throws -> Weights {
    guard let resources, resources.hasModel else {
      throw ModelError.weights(
        path: resources?.model ?? "",
        sentence: "The model that comes with the program is not where it should be"
          + (resources.map { " (\($0.model.visible))" } ?? "")
          + ": install the program again, or name a file with local:FILE.gguf.")
    }
    return try withProfile(Weights(path: resources.model))
  }

  /// A path, and after a `#` a template; a file that has a `#` in its name is found all the same.
  private func weights(written: Substring) throws -> Weights {
    let whole = expanded(String(written))
    if FileManager.default.fileExists(atPath: whole) {
      return try withProfile(Weights(path: whole))
    }
    guard let hash = written.lastIndex(of: "#") else { throw missing(whole) }
    let path = expanded(String(written[..<hash]))
    guard FileManager.default.fileExists(atPath: path) else { throw missing(path) }
    let template = String(written[written.index(after: hash)...])
    guard LocalModel.templates.contains(template) else {
      throw ModelError.weights(
        path: path,
        sentence: "There is no template \u{201C}\(template.visible)\u{201D}; "
          + allowed(LocalModel.templates, insteadOf: template))
    }
    return try withProfile(
      Weights(path: path, options: LocalModelOptions(template: template)))
  }

  private func weights(of profile: Configuration.Model, _ file: String) throws -> Weights {
    guard FileManager.default.fileExists(atPath: file) else { throw missing(file) }
    var weights = try withProfile(
      Weights(
        path: file,
        options: LocalModelOptions(
          context: profile.context, threads: profile.threads, template: profile.template)))
    weights.options.profile = try found(profile, weights.options.profile)
    return weights
  }

  private func missing(_ path: String) -> ModelError {
    .weights(
      path: path,
      sentence: "There is no file \(path.visible): check the path after local:, or use local alone."
    )
  }

  /// What was found out about the model that comes along holds under whatever name it is opened.
  private func withProfile(_ weights: Weights) throws -> Weights {
    guard let resources, resources.hasModel,
      realPath(weights.path) == realPath(resources.model)
    else { return weights }
    var weights = weights
    weights.options.profile = try ProfileFile.load(resources.modelProfile)
    return weights
  }

  /// What was found out about a model: in the file a person names for it, else `shipped`, with the
  /// prompts they say.
  private func found(
    _ profile: Configuration.Model, _ shipped: ModelProfile?
  ) throws -> ModelProfile? {
    var found = shipped
    if let path = profile.profile {
      found = try ProfileFile.load(path)
      guard found != nil else {
        throw FileError(
          file: path.visible,
          problems: [
            FileProblem(
              message: "there is no such profile; check the path, or make one with `erratum models "
                + "calibrate --write`.")
          ])
      }
    }
    if let prompts = profile.prompts {
      found = found ?? ModelProfile(name: profile.name)
      found?.prompts = prompts
    }
    return found
  }

  private func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }

  // MARK: - Servers

  private func open(_ profile: Configuration.Model) async throws -> any LanguageModel {
    var timeouts = Timeouts()
    timeouts.firstByte = profile.firstByteTimeout ?? timeouts.firstByte
    timeouts.idle = profile.idleTimeout ?? timeouts.idle
    let endpoint = profile.endpoint ?? ""
    let key: APIKey =
      if let name = profile.apiKeyEnv { .environment(name) } else if let path = profile.apiKeyFile {
        .file(path)
      } else { key(for: endpoint) }
    let model = try await connect(
      ModelSpec(endpoint: endpoint, model: profile.model, key: key, dialect: profile.dialect),
      settings: settings(timeouts))
    guard let found = try found(profile, nil) else { return model }
    return ProfiledModel(model, found)
  }

  /// `OPENAI_API_KEY` goes to the endpoint it belongs to and nowhere else.
  private func key(for endpoint: String) -> APIKey {
    let home = environment["OPENAI_BASE_URL"] ?? "https://api.openai.com/v1"
    guard let host = URLComponents(string: endpoint)?.host else { return .none }
    if host == URLComponents(string: home)?.host { return .environment("OPENAI_API_KEY") }
    if host == "api.anthropic.com" { return .environment("ANTHROPIC_API_KEY") }
    return .none
  }

  private func settings(_ timeouts: Timeouts) -> HTTPSettings {
    let cache = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { $0 + "/.cache" }
    return HTTPSettings(
      timeouts: timeouts, certificates: environment["SSL_CERT_FILE"],
      cachePath: cache.map { $0 + "/erratum/probes.json" })
  }
}

/// A server's model with what a person says of it.
private struct ProfiledModel: LanguageModel {
  private let model: any LanguageModel
  let description: ModelDescription

  init(_ model: any LanguageModel, _ profile: ModelProfile) {
    self.model = model
    var description = model.description
    description.profile = profile
    self.description = description
  }

  func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> { model.generate(request) }

  func score(_ text: String, after request: GenerationRequest) async throws -> [Token] {
    try await model.score(text, after: request)
  }
}

/// Weights that are open: solver and critic share them, under whatever names they were asked for.
private actor WeightsShelf {
  private var open: [(weights: ModelOpener.Weights, task: Task<LocalModel, any Error>)] = []

  func model(
    _ weights: ModelOpener.Weights, progress: @escaping @Sendable (Double) -> Void
  ) async throws -> LocalModel {
    var key = weights
    key.path = realPath(weights.path)
    if let known = open.first(where: { $0.weights == key }) { return try await known.task.value }
    let task = Task {
      try await LocalModel.open(path: weights.path, options: weights.options, progress: progress)
    }
    open.append((key, task))
    do {
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch {
      open.removeAll { $0.weights == key }
      throw error
    }
  }
}

/// Links resolved; the path itself where that cannot be done.
private func realPath(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}
