import Foundation
import Sessions
import Workbench

/// What a person set in `config.toml`; everything unset is `nil` or empty.
///
/// `docs/configuration.md` lists every key.
struct Configuration: Equatable, Sendable {
  enum Glyphs: String, Sendable, CaseIterable { case unicode, ascii }

  /// How models are asked when the command line does not say.
  struct Defaults: Equatable, Sendable {
    var temperature: Double?
    var topP: Double?
    var topK: Int?
    var minP: Double?
    var repetitionPenalty: Double?
    var maxTokens: Int?
    var seed: Int?
    var samples: Int?
    var system: String?
    var alternatives: Int?
  }

  /// How a person labels when the command line does not say.
  struct Annotate: Equatable, Sendable {
    var name: String?
    /// Seconds.
    var idle: Double?
    /// A name, or a file's path.
    var taxonomy: String?
    var guidelines: String?
    /// Whether the chain as a whole is asked about.
    var questions: Bool?
  }

  /// A model a person named, to be used wherever a model is asked for.
  struct Model: Equatable, Sendable {
    var name: String
    /// Where a server listens; either this or a file.
    var endpoint: String?
    /// A weights file, run in this program.
    var file: String?
    /// The chat template, by name, where the file's own is not to be used.
    var template: String?
    /// Tokens of prompt and answer together.
    var context: Int?
    var threads: Int?
    /// The prompt set it was trained on.
    var prompts: String?
    /// What was found out about it: a file that `erratum models calibrate --write` makes.
    var profile: String?
    var model: String?
    /// The environment variable that holds the key; the key itself never stands in a config file.
    var apiKeyEnv: String?
    /// A file with mode 0600 that holds the key.
    var apiKeyFile: String?
    var dialect: String?
    /// Seconds.
    var firstByteTimeout: Double?
    /// Seconds.
    var idleTimeout: Double?
    var alternatives: Int?
  }

  var theme: String?
  var glyphs: Glyphs?
  var mouse: Bool?
  /// Paths are absolute: `~` and what is relative to the config file have been resolved.
  var library: String?
  var solver: String?
  var critic: String?
  var signal: String?
  /// A folder of prompt files that replace the built-in ones.
  var prompts: String?
  var defaults = Defaults()
  var annotate = Annotate()
  /// Mode, then command, then its keys: only what the file sets.
  ///
  /// An empty list unbinds.
  var keys: [String: [String: [Key]]] = [:]
  var models: [String: Model] = [:]
}

extension Configuration {
  /// What the rest of the program knows, against which names in the file are checked.
  struct Known: Sendable {
    /// The modes that can be rebound, as `[keys.MODE]` writes them.
    var modes: [String]
    /// The commands of a mode and the keys they have when nothing is set.
    var commands: @Sendable (_ mode: String) -> [String: [Key]]
    var signals: [String]
    var dialects: [String]
    /// Themes of a person's and those that ship; anything is taken when there are none.
    var themes: [String]
    /// Chat templates by name.
    var templates: [String]

    init(
      modes: [String] = [],
      commands: @escaping @Sendable (_ mode: String) -> [String: [Key]] = { _ in [:] },
      signals: [String] = [], dialects: [String] = [], themes: [String] = [],
      templates: [String] = []
    ) {
      self.modes = modes
      self.commands = commands
      self.signals = signals
      self.dialects = dialects
      self.themes = themes
      self.templates = templates
    }
  }

  /// The folder of `config.toml`, `themes/` and `prompts/`; `nil` without a home.
  static func folder(environment: [String: String]) -> String? {
    // The XDG specification tells programs to ignore a relative path here.
    if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return base + "/erratum" }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return home + "/.config/erratum"
  }

  /// Reads `config.toml` from its folder; an absent file is an empty configuration.
  static func load(
    environment: [String: String] = ProcessInfo.processInfo.environment, known: Known
  ) throws -> Configuration {
    guard let folder = folder(environment: environment) else { return Configuration() }
    let file = folder + "/config.toml"
    guard let text = try TextFile.read(file, atMost: TOMLDocument.largestFile) else {
      return Configuration()
    }
    return try read(text, file: file, home: environment["HOME"], known: known)
  }

  /// Reads the text of a config file, and throws ``FileError`` with all that is wrong in it.
  static func read(
    _ text: String, file: String, home: String? = nil, known: Known
  ) throws -> Configuration {
    let reading = TOMLReading(try TOMLDocument(text, file: file), home: home)
    let root = reading.root
    var configuration = Configuration()
    configuration.theme = root.string("theme", among: known.themes)
    configuration.glyphs = root.choice("glyphs")
    configuration.mouse = root.bool("mouse")
    configuration.library = root.path("library")
    configuration.solver = root.string("solver")
    configuration.critic = root.string("critic")
    configuration.signal = root.string("signal", among: known.signals)
    configuration.prompts = readPrompts(root)
    if let table = root.table("defaults") { configuration.defaults = readDefaults(table) }
    if let table = root.table("annotate") { configuration.annotate = readAnnotate(table) }
    if let table = root.table("keys") { configuration.keys = readKeys(table, known) }
    if let table = root.table("models") { configuration.models = readModels(table, known) }
    root.refuseOthers()
    try reading.finish()
    return configuration
  }

  private static func readDefaults(_ table: TOMLSection) -> Defaults {
    let defaults = Defaults(
      temperature: table.number("temperature", in: 0...5),
      topP: table.number("top_p", in: 0...1),
      topK: table.integer("top_k", in: 1...1000),
      minP: table.number("min_p", in: 0...1),
      repetitionPenalty: table.number("repetition_penalty", in: 0.5...2),
      maxTokens: table.integer("max_tokens", in: 1...1_000_000),
      seed: table.integer("seed", in: 0...Int(UInt32.max)),
      samples: table.integer("samples", in: 1...64),
      system: table.string("system"),
      alternatives: table.integer("alternatives", in: 0...100))
    table.refuseOthers()
    return defaults
  }

  private static func readAnnotate(_ table: TOMLSection) -> Annotate {
    let annotate = Annotate(
      name: table.string("name"),
      idle: table.number("idle", in: 5...3600),
      taxonomy: readFile(table, "taxonomy"),
      guidelines: readFile(table, "guidelines"),
      questions: table.bool("questions"))
    if let name = annotate.name, !AnnotationFile.isUsable(name) {
      table.complain(
        "name",
        "\"name\" cannot be a file's; use letters, digits, dots, dashes and blanks, 100 bytes at most."
      )
    }
    table.refuseOthers()
    return annotate
  }

  /// A bare word is the name of one that ships; with a slash or a dot it is a path.
  private static func readFile(_ section: TOMLSection, _ key: String) -> String? {
    section.string(key).flatMap {
      $0.contains("/") || $0.contains(".") ? section.path(key) : $0
    }
  }

  /// A bare word is the name of a set; with a slash it is a folder.
  ///
  /// `auto` is what happens anyhow.
  private static func readPrompts(_ section: TOMLSection) -> String? {
    section.string("prompts").flatMap {
      $0.contains("/") ? section.path("prompts") : $0 == "auto" ? nil : $0
    }
  }

  private static func readModels(_ table: TOMLSection, _ known: Known) -> [String: Model] {
    var models: [String: Model] = [:]
    for name in table.names {
      guard let section = table.table(name) else { continue }
      if name == Settings.embedded {
        table.complain(name, "\"local\" is the model that comes along; choose another name.")
      }
      let isFile = section.item("file") != nil
      let model = Model(
        name: name,
        endpoint: isFile ? nil : section.endpoint("endpoint"),
        file: isFile ? section.path("file") : nil,
        template: section.string("template", among: known.templates),
        context: section.integer("context", in: 128...1_048_576),
        threads: section.integer("threads", in: 1...256),
        prompts: readPrompts(section),
        profile: section.path("profile"),
        model: section.string("model"),
        apiKeyEnv: section.variable("api_key_env"),
        apiKeyFile: section.path("api_key_file"),
        dialect: section.string("dialect", among: known.dialects),
        firstByteTimeout: section.number("first_byte_timeout", in: 0.1...86_400),
        idleTimeout: section.number("idle_timeout", in: 0.1...86_400),
        alternatives: section.integer("alternatives", in: 0...100))
      refuse(
        isFile ? serverKeys : weightsKeys, of: section,
        because: isFile ? "a file has no server" : "only a file has it")
      section.refuseOthers(
        hints: ["api_key": "keys never stand in this file; name a variable with api_key_env."])
      if model.apiKeyEnv != nil, model.apiKeyFile != nil {
        section.complain(
          "api_key_file", "api_key_env is set too; keep one of the two for this model.")
      }
      models[name] = model
    }
    return models
  }

  private static let serverKeys = [
    "endpoint", "model", "api_key_env", "api_key_file", "dialect", "first_byte_timeout",
    "idle_timeout",
  ]
  private static let weightsKeys = ["template", "context", "threads"]

  private static func refuse(_ keys: [String], of section: TOMLSection, because reason: String) {
    for key in keys where section.names.contains(key) {
      _ = section.item(key)
      section.complain(
        key, "\"\(key)\" does not go with this model: \(reason); remove it, or the other one.")
    }
  }
}
