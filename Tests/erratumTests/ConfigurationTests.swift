import Foundation
import Testing
import Workbench

@testable import erratum

private let known = Configuration.Known(
  modes: ["read", "label"],
  commands: { mode in
    mode == "read"
      ? ["critique": [.character("c")], "round": [.character("r")], "quit": [.character("q")]]
      : ["incorrect": [.character("1")], "quit": [.escape]]
  },
  signals: ["mean-log-probability", "mean-entropy"],
  dialects: ["llama.cpp", "openai", "ollama"])

private func read(_ text: String) throws -> Configuration {
  try Configuration.read(text, file: "/c/erratum/config.toml", home: "/home/me", known: known)
}

private func complaint(_ text: String) -> String {
  do {
    _ = try read(text)
    return "it was taken"
  } catch {
    return "\(error)".replacingOccurrences(of: "/c/erratum/", with: "")
  }
}

@Test func `an empty config sets nothing`() throws {
  #expect(try read("") == Configuration())
  #expect(try read("# only a word\n") == Configuration())
}

@Test func `every key of the config is read`() throws {
  let configuration = try read(
    """
    theme = "light"
    glyphs = "ascii"
    mouse = true
    library = "~/sessions"
    solver = "qwen"
    critic = "http://127.0.0.1:8080/v1#judge"
    signal = "mean-entropy"
    prompts = "./prompts"

    [defaults]
    temperature = 1
    top_p = 0.95
    top_k = 40
    min_p = 0.05
    repetition_penalty = 1.1
    max_tokens = 4096
    seed = 7
    samples = 8
    system = "Be brief."
    alternatives = 20

    [keys.read]
    critique = "Ctrl-K"
    round = ["F5", "R"]
    quit = []

    [keys.label]
    incorrect = "x"

    [models.qwen]
    endpoint = "http://10.0.0.2:8000/v1"
    model = "qwen3-32b"
    api_key_env = "QWEN_KEY"
    dialect = "openai"
    first_byte_timeout = 120
    idle_timeout = 2.5
    alternatives = 10
    """)
  #expect(configuration.theme == "light")
  #expect(configuration.glyphs == .ascii)
  #expect(configuration.mouse == true)
  #expect(configuration.library == "/home/me/sessions")
  #expect(configuration.solver == "qwen")
  #expect(configuration.critic == "http://127.0.0.1:8080/v1#judge")
  #expect(configuration.signal == "mean-entropy")
  #expect(configuration.prompts == "/c/erratum/./prompts")
  #expect(
    configuration.defaults
      == Configuration.Defaults(
        temperature: 1, topP: 0.95, topK: 40, minP: 0.05, repetitionPenalty: 1.1,
        maxTokens: 4096, seed: 7, samples: 8, system: "Be brief.",
        alternatives: 20))
  #expect(
    configuration.keys == [
      "read": [
        "critique": [.control("k")], "round": [.function(5), .character("R")], "quit": [],
      ],
      "label": ["incorrect": [.character("x")]],
    ])
  #expect(
    configuration.models == [
      "qwen": Configuration.Model(
        name: "qwen", endpoint: "http://10.0.0.2:8000/v1", model: "qwen3-32b",
        apiKeyEnv: "QWEN_KEY", apiKeyFile: nil, dialect: "openai", firstByteTimeout: 120,
        idleTimeout: 2.5, alternatives: 10)
    ])
}

@Test func `an unknown key is named with its line and the likely one`() {
  #expect(
    complaint("# mine\nthem = \"dark\"\n")
      == #"config.toml:2: unknown key "them"; did you mean "theme"?"#)
  #expect(
    complaint("[defaults]\n\ntemprature = 1")
      == #"config.toml:3: unknown key "temprature" in [defaults]; did you mean "temperature"?"#)
  #expect(complaint("zzz = 1").contains("use one of: annotate, critic, defaults, glyphs, keys"))
}

@Test func `a wrong type or value says what was found and what is allowed`() {
  #expect(
    complaint("mouse = \"yes\"")
      == #"config.toml:1: "mouse" is "yes"; write true or false, without quotes."#)
  #expect(complaint("theme = 3").contains(#""theme" is 3; write a string in quotes."#))
  #expect(complaint("theme = \"\"").contains(#""theme" is empty"#))
  #expect(
    complaint("glyphs = \"utf8\"").contains(
      #""glyphs" cannot be "utf8"; use one of: ascii, unicode."#))
  #expect(complaint("signal = \"mean-entrpy\"").contains(#"did you mean "mean-entropy"?"#))
  #expect(
    complaint("[defaults]\ntemperature = 9").contains(
      #":2: "temperature" is 9; write a number from 0.0 to 5.0."#))
  #expect(complaint("[defaults]\ntemperature = nan").contains("write a number from"))
  #expect(complaint("[defaults]\ntemperature = 1979-05-27").contains("write a number from"))
  #expect(
    complaint("[defaults]\nmax_tokens = 0").contains("write a whole number from 1 to 1000000."))
  #expect(complaint("[defaults]\nseed = 1.5").contains(#""seed" is 1.5; write a whole number"#))
  #expect(complaint("defaults = []").contains(#""defaults" is a list; write a table"#))
  #expect(complaint("theme = \"dark").contains("config.toml:1: this is not TOML"))
  #expect(complaint("theme = \"a\"\ntheme = \"b\"").contains("config.toml:2: this is not TOML"))
}

@Test(arguments: [
  (
    "[keys.red]\nquit = \"x\"",
    #"config.toml:1: unknown mode "red"; did you mean "read"?"#
  ),
  (
    "[keys.read]\ncritque = \"x\"",
    #"config.toml:2: unknown command "critque" in mode read; did you mean "critique"?"#
  ),
  (
    "[keys.read]\nquit = \"PageUpp\"",
    #"config.toml:2: unknown key "PageUpp"; did you mean "PageUp"?"#
  ),
  (
    "[keys.read]\nquit = \"Hyper-x\"",
    #"config.toml:2: unknown key "Hyper-x"; write one character, or a name such as Ctrl-D, "#
      + "Alt-x, F2, Enter, Space, PageUp."
  ),
  (
    "[keys.read]\nquit = 3",
    #"config.toml:2: "quit" is 3; write a key name in quotes, or a list of them."#
  ),
  (
    "[keys.read]\nquit = [\"x\", 3]",
    #"config.toml:2: "quit" is 3; write a key name in quotes, or a list of them."#
  ),
])
func `a slip in a key table is worded`(text: String, words: String) {
  #expect(complaint(text) == words)
}

@Test func `two commands on one key are a conflict, told on the later line`() {
  #expect(
    complaint("[keys.read]\nround = \"x\"\n# here\ncritique = [\n\"k\",\n\"x\"\n]\n")
      == "config.toml:4: key x for critique is round's already, on line 2; choose another key.")
}

@Test func `a key that another command has by default is a conflict too`() {
  #expect(
    complaint("[keys.read]\nround = \"c\"")
      == "config.toml:2: key c for round is critique's when nothing else is set; "
      + "give critique another key or choose another for round.")
}

@Test func `a key freed or moved away can be used again, and modes keep apart`() throws {
  let swapped = try read("[keys.read]\nround = \"c\"\ncritique = \"r\"")
  #expect(swapped.keys["read"]?["round"] == [.character("c")])
  let freed = try read("[keys.read]\nround = \"c\"\ncritique = []")
  #expect(freed.keys["read"]?["critique"] == [])
  let apart = try read("[keys.label]\nincorrect = \"c\"")
  #expect(apart.keys["label"]?["incorrect"] == [.character("c")])
}

@Test func `a model may be a file, with what only a file has`() throws {
  let configuration = try read(
    """
    [models.small]
    file = "~/models/a b.gguf"
    template = "chatml"
    context = 2048
    threads = 4
    prompts = "plain"

    [models.server]
    endpoint = "http://h/v1"
    prompts = "mine/terse"
    profile = "server.toml"
    """)
  #expect(
    configuration.models["small"]
      == Configuration.Model(
        name: "small", file: "/home/me/models/a b.gguf", template: "chatml", context: 2048,
        threads: 4, prompts: "plain"))
  #expect(configuration.models["server"]?.prompts == "/c/erratum/mine/terse")
  #expect(configuration.models["server"]?.profile == "/c/erratum/server.toml")
}

@Test(arguments: [
  ("file = \"a.gguf\"\nendpoint = \"http://h\"", "\"endpoint\" does not go with this model"),
  ("file = \"a.gguf\"\ndialect = \"openai\"", "a file has no server"),
  ("endpoint = \"http://h\"\ncontext = 2048", "only a file has it"),
  ("file = \"a.gguf\"\ncontext = 12", "a whole number from 128"),
  ("file = \"a.gguf\"\nthreads = 0", "a whole number from 1 to 256"),
  ("file = 7", "a string in quotes"),
])
func `what does not go together in a model is told with its line`(body: String, says: String) {
  let complaint = complaint("[models.a]\n\(body)")
  #expect(complaint.hasPrefix("config.toml:"), "\(complaint)")
  #expect(complaint.contains(says), "\(complaint)")
}

@Test func `the embedded model's name cannot be another's, nor a template be unknown`() {
  #expect(
    complaint("[models.local]\nendpoint = \"http://h\"").contains("is the model that comes along"))
  let known = Configuration.Known(templates: ["chatml", "llama3"])
  #expect(throws: FileError.self) {
    try Configuration.read(
      "[models.a]\nfile = \"a.gguf\"\ntemplate = \"chatlm\"", file: "c", known: known)
  }
}

@Test func `prompts that are auto are left to the model`() throws {
  #expect(try read("prompts = \"auto\"").prompts == nil)
}

@Test func `a model needs an address that is one`() {
  #expect(
    complaint("[models.a]\nmodel = \"x\"")
      == #"config.toml:1: "endpoint" is missing; add endpoint = "http://host:port/v1", "#
      + #"or file = "weights.gguf"."#)
  for address in ["ftp://x", "localhost:80", "http://", "http:///v1", "http://a b"] {
    #expect(
      complaint("[models.a]\nendpoint = \"\(address)\"").contains("must be an http:// or https://"),
      "\(address)")
  }
  #expect(
    complaint("[models.a]\nendpoint = \"http://x\"\ndialect = \"openia\"")
      .contains(#":3: "dialect" cannot be "openia"; did you mean "openai"?"#))
}

@Test func `a key put into the config by mistake is refused and not repeated`() {
  let secret = "sk-abcdef0123456789"
  for line in ["api_key = \"\(secret)\"", "api_key_env = \"\(secret)\""] {
    let words = complaint("[models.a]\nendpoint = \"http://x\"\n\(line)")
    #expect(words.hasPrefix("config.toml:3:"))
    #expect(!words.contains(secret))
  }
  #expect(
    complaint("[models.a]\nendpoint=\"http://x\"\napi_key_env=\"K\"\napi_key_file=\"k\"")
      .contains("keep one of the two"))
}

@Test(arguments: [
  "a.b.c = 1", "[a.b]\nc = 1", "a = { b = { c = 1 } }", "[a]\nb.c = 1", "[a]\nb = { c = 1 }",
  "\"a\".'b'.c = 1",
]) func `the line of a key is found in every way of writing it`(statement: String) throws {
  let before = "x = \"\"\"\na.b.c = 1\n\"\"\" # not here\n\n"
  let document = try TOMLDocument(before + statement + "\n", file: "t")
  let last = 4 + statement.split(separator: "\n").count
  #expect(document.line(of: ["a", "b", "c"]) == last)
  #expect(document.line(of: ["a", "b", "d"]) == nil)
}

@Test func `each of many keys is found on its own line, whatever lies between`() throws {
  for seed in 1...20 as ClosedRange<UInt64> {
    var state = seed
    var lines: [String] = []
    var expected: [Int] = []
    for index in 0..<30 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      expected.append(lines.count + 1)
      switch state >> 62 {
      case 0: lines += ["k\(index) = 1", ""]
      case 1: lines += ["k\(index) = [", "  1, # one", "", "  2", "]"]
      case 2: lines += ["k\(index) = \"\"\"", "k99 = 3", "\"\"\""]
      default: lines += ["k\(index) = { a = 1 } # k98 = 1"]
      }
    }
    for ending in ["\n", "\r\n"] {
      let document = try TOMLDocument(lines.joined(separator: ending), file: "t")
      for (index, line) in expected.enumerated() {
        #expect(document.line(of: ["k\(index)"]) == line, "seed \(seed)")
      }
      #expect(document.line(of: ["k99"]) == nil)
    }
  }
}

@Test func `a file made to be slow is still refused`() {
  let list = "[keys]\nread = [\n" + String(repeating: "1,\n", count: 60_000) + "]\nzzz = 1\n"
  #expect(complaint(list).contains("unknown mode"))
}

@Test func `the config lies where XDG says, or under home`() {
  func folder(_ environment: [String: String]) -> String? {
    Configuration.folder(environment: environment)
  }
  #expect(folder(["XDG_CONFIG_HOME": "/x", "HOME": "/h"]) == "/x/erratum")
  #expect(folder(["HOME": "/h"]) == "/h/.config/erratum")
  #expect(folder(["XDG_CONFIG_HOME": "relative", "HOME": "/h"]) == "/h/.config/erratum")
  #expect(folder([:]) == nil)
}

@Test func `a config file is loaded, and an absent one is an empty configuration`() throws {
  try withTemporaryFolder { folder in
    let environment = ["XDG_CONFIG_HOME": folder]
    #expect(try Configuration.load(environment: environment, known: known) == Configuration())
    try FileManager.default.createDirectory(
      atPath: folder + "/erratum", withIntermediateDirectories: true)
    let file = folder + "/erratum/config.toml"
    try "theme = \"light\"\nlibrary = \"here\"".write(
      toFile: file, atomically: true, encoding: .utf8)
    let configuration = try Configuration.load(environment: environment, known: known)
    #expect(configuration.theme == "light")
    #expect(configuration.library == folder + "/erratum/here")
    try Data([0x61, 10, 0x62, 0xFF]).write(to: URL(filePath: file))
    do {
      _ = try Configuration.load(environment: environment, known: known)
      Issue.record("broken UTF-8 was taken")
    } catch {
      #expect(
        "\(error)".hasSuffix(
          "config.toml:2: the file is not UTF-8; save it as UTF-8 and try again."))
    }
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    #expect(throws: FileError.self) {
      try Configuration.load(environment: environment, known: known)
    }
  }
}

@Test func `a prompt set is a name, or a folder when it has a slash`() throws {
  #expect(try read("prompts = \"plain\"").prompts == "plain")
  #expect(try read("prompts = \"mine/terse\"").prompts == "/c/erratum/mine/terse")
}

@Test func `a theme that does not exist is named with file and line`() throws {
  var known = known
  known.themes = ["dark", "light", "light"]
  #expect(throws: FileError.self) {
    try Configuration.read("mouse = true\ntheme = \"dusk\"", file: "c.toml", known: known)
  }
  do {
    _ = try Configuration.read("mouse = true\ntheme = \"lihgt\"", file: "c.toml", known: known)
  } catch {
    #expect("\(error)" == #"c.toml:2: "theme" cannot be "lihgt"; did you mean "light"?"#)
  }
}
