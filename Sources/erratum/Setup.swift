import Engine
import Foundation
import ModelHTTP
import ModelLocal
import Sessions
import Workbench

/// Everything a command needs, put together once: configuration, folders, edges.
struct Setup: Sendable {
  static let program = "0.1.0"

  var configuration: Configuration
  var resources: Resources?
  var themes: ThemeLibrary
  var models: ModelOpener
  var edges: Edges
  var log: DebugLog
  var hasNoColor: Bool
  var environment: [String: String]

  init(
    library explicit: String?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    let resources = Resources.find(environment: environment)
    let folder = Configuration.folder(environment: environment)
    themes = ThemeLibrary(configurationFolder: folder, resources: resources)
    var known = Configuration.Known.erratum
    known.themes = themes.list.map(\.name) + [Theme.monochrome.name]
    let configuration = try Configuration.load(environment: environment, known: known)
    self.configuration = configuration
    self.resources = resources
    self.environment = environment
    log = try DebugLog(environment: environment)
    hasNoColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let library = Library(
      root: Library.root(explicit: explicit ?? configuration.library, environment: environment),
      examples: resources.map { [URL(filePath: $0.sessions)] } ?? [])
    let models = ModelOpener(
      configuration: configuration, resources: resources, environment: environment)
    self.models = models
    edges = Edges(
      library: library,
      connect: { try await models.open($0, progress: $1) },
      discover: { await discover(environment: environment).map(\.endpoint) },
      problemSets: { Self.problemSets(resources) },
      prompts: { try PromptFiles.load($0, folder: folder) },
      sentence: { Failure.sentence(for: $0) },
      program: Self.program,
      wall: { Date().timeIntervalSince1970 },
      clock: { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 })
  }

  private static func problemSets(_ resources: Resources?) -> [ProblemSet] {
    let files = resources.map { ProblemSets.list(in: $0.problems) } ?? []
    return files.compactMap { try? ProblemSet.read($0.file) }
  }

  /// Settings as the config file has them.
  func settings() throws -> Settings {
    var settings = Settings()
    let defaults = configuration.defaults
    let embedded = resources?.hasModel == true ? Settings.embedded : nil
    settings.solver = configuration.solver ?? environment["OPENAI_BASE_URL"] ?? embedded
    settings.critic = configuration.critic
    settings.profiles = [embedded].compactMap(\.self) + configuration.models.keys.sorted()
    settings.themeNames = themes.list.map(\.name)
    settings.sampling.temperature = defaults.temperature ?? settings.sampling.temperature
    settings.sampling.topP = defaults.topP
    settings.sampling.topK = defaults.topK
    settings.sampling.minP = defaults.minP
    settings.sampling.repetitionPenalty = defaults.repetitionPenalty
    settings.sampling.maxTokens = defaults.maxTokens ?? settings.sampling.maxTokens
    settings.sampling.seed = defaults.seed
    settings.sampling.alternatives = defaults.alternatives ?? settings.sampling.alternatives
    settings.samples = defaults.samples ?? 1
    settings.system = defaults.system
    settings.prompts = configuration.prompts
    settings.signal = configuration.signal.flatMap(Signal.init(rawValue:)) ?? .standard
    settings.glyphs = configuration.glyphs == .ascii ? .ascii : .unicode
    let annotate = configuration.annotate
    settings.annotator =
      annotate.name ?? environment["USER"].flatMap { AnnotationFile.isUsable($0) ? $0 : nil }
      ?? "me"
    settings.labelling.idle = annotate.idle ?? settings.labelling.idle
    settings.labelling.asksAboutChain = annotate.questions ?? true
    if let taxonomy = annotate.taxonomy {
      settings.labelling.taxonomy = try TaxonomyFile.load(taxonomy, resources: resources)
    }
    settings.theme = try themes.load(
      configuration.theme ?? (resources == nil ? "monochrome" : "dark")
    ).theme
    return settings
  }

  /// The state the screen begins with.
  func state() throws -> State {
    var state = State(
      size: Size(columns: 80, rows: 24), settings: try settings(),
      bindings: try KeyBindings(overriding: configuration.overrides))
    state.isMouseOn = configuration.mouse ?? false
    return state
  }
}

extension Configuration.Known {
  /// The modes, commands, signals and dialects this program has.
  static let erratum = Configuration.Known(
    modes: Mode.allCases.map(\.rawValue),
    commands: { name in
      guard let mode = Mode(rawValue: name) else { return [:] }
      let bindings = KeyBindings()
      let actions = Command.all.filter { $0.modes.contains(mode) }.map(\.action)
      return Dictionary(
        actions.map { ($0.rawValue, bindings.keys(for: $0, in: mode)) }, uniquingKeysWith: +)
    },
    signals: Signal.allCases.map(\.rawValue),
    dialects: ["llama.cpp", "vllm", "ollama", "openai", "anthropic"],
    templates: LocalModel.templates)
}

extension Configuration {
  /// `[keys.*]` in the words of the command table.
  var overrides: [Mode: [Action: [Key]]] {
    var overrides: [Mode: [Action: [Key]]] = [:]
    for (name, commands) in keys {
      guard let mode = Mode(rawValue: name) else { continue }
      for (command, keys) in commands {
        if let action = Action(rawValue: command) { overrides[mode, default: [:]][action] = keys }
      }
    }
    return overrides
  }
}

/// A person's own wording: `prompts/NAME/*.txt` beside the config file.
enum PromptFiles {
  static func load(_ name: String, folder: String?) throws -> PromptSet {
    let own = name.contains("/") ? name : folder.map { "\($0)/prompts/\(name)" }
    var texts: [String: String] = [:]
    if let own, Resources.isFolder(own) {
      for part in PromptSet.overridable {
        texts[part] = try TextFile.read("\(own)/\(part).txt", atMost: 1 << 20)
      }
    } else if ![PromptSet.general.name, PromptSet.plain.name].contains(name) {
      throw FileError(
        file: own ?? name,
        problems: [
          FileProblem(
            message:
              "there is no prompt set \"\(name.visible)\"; use general or plain, or make this folder."
          )
        ])
    }
    return PromptSet(named: name, overriding: texts)
  }
}
