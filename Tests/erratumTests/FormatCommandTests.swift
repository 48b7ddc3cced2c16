import Foundation
import Sessions
import Testing

@testable import erratum

private final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "erratum-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// Imports and exports as the commands do them, in a library of their own.
private final class Desk {
  let folder: TemporaryFolder
  var complaints: [String] = []
  var library: Library { Library(root: folder.url.appending(path: "library")) }

  init() throws { folder = try TemporaryFolder() }

  func file(_ name: String, _ text: String) throws -> String {
    try file(name, Data(text.utf8))
  }

  func file(_ name: String, _ data: Data) throws -> String {
    let url = folder.url.appending(path: name)
    try data.write(to: url)
    return url.path
  }

  func job(_ format: String = "auto", fields: String? = nil, strict: Bool = false) throws
    -> ImportJob
  {
    let map = try fields.map { try FieldMap($0) }
    return ImportJob(
      options: ImportJob.Options(
        format: try ImportCommand.format(format) ?? (map == nil ? nil : .jsonl), fields: map,
        isStrict: strict),
      settings: ChainImporter.Settings(
        library: library.root, program: "1.0.0", wall: 1_795_271_130),
      complain: { self.complaints.append($0) })
  }

  @discardableResult func take(
    _ file: String, format: String = "auto", fields: String? = nil, strict: Bool = false
  ) throws -> ImportJob.Outcome {
    try job(format, fields: fields, strict: strict).run([file])
  }

  func give(_ format: ExportFormat, neutral: NeutralPolicy? = nil, by: String? = nil) throws -> (
    text: String, counts: ExportCounts
  ) {
    var export = ExportJob(
      format: format, neutral: neutral, annotator: by, program: "1.0.0", library: library,
      complain: { self.complaints.append($0) })
    var bytes: [UInt8] = []
    let folders = try ExportCommand.folders([library.root.path], in: library)
    try export.run(folders) { bytes += $0 }
    return (String(decoding: bytes, as: UTF8.self), export.counts)
  }

  /// The sentence an import is refused with.
  func refusal(
    _ file: String, format: String = "auto", fields: String? = nil, strict: Bool = false
  ) -> String {
    do {
      _ = try take(file, format: format, fields: fields, strict: strict)
      return "(taken)"
    } catch {
      #expect(Failure.code(for: error) == 2)
      let sentence = Failure.sentence(for: error)
      #expect(sentence.contains(". ") == false || sentence.contains("PRM"), "\(sentence)")
      return sentence
    }
  }
}

private let stepwise = #"{"prompt":"2+3?","completions":["a","b"],"labels":[true,false]}"#

@Suite struct FormatCommandTests {
  @Test func `a file is recognised, imported once, and exported`() throws {
    let desk = try Desk()
    let file = try desk.file("set.jsonl", stepwise + "\n")
    let first = try desk.take(file)
    #expect(first.formats == ["trl-stepwise"])
    #expect(first.counts.newChains == 1 && first.counts.ratedSteps == 2)
    #expect(
      ImportCommand.sentence(first, isDryRun: false)
        == "imported (trl-stepwise): 1 chain in 1 new session, 2 steps rated")
    let second = try desk.take(file)
    #expect(second.counts.alreadyThere == 1 && second.counts.newChains == 0)
    #expect(
      ImportCommand.sentence(second, isDryRun: false)
        == "imported (trl-stepwise): 1 chain already there")
    let (text, counts) = try desk.give(.trlStepwise)
    #expect(
      text.hasPrefix(#"{"prompt":"2+3?","completions":["a","b"],"labels":[true,false],"erratum":{"#)
    )
    #expect(counts.lost == [:])
    #expect(desk.library.list().first?.title == "2+3?")
  }

  @Test func `bad lines are told by number and skipped, or stop the work`() throws {
    let desk = try Desk()
    let good = stepwise + "\n"
    let file = try desk.file(
      "set.jsonl",
      good + "{broken\n" + "\n" + #"{"prompt":"p","completions":["a"],"labels":[NaN]}"# + "\n"
        + #"{"prompt":"q","completions":["a"],"labels":[true]}"#)
    let outcome = try desk.take(file)
    #expect(outcome.badRecords == 2 && outcome.chains == 2)
    #expect(desk.complaints.count == 2)
    #expect(desk.complaints[0].contains("line 2: this is not JSON"))
    #expect(desk.complaints[1].contains("line 4: \"labels\" holds null"))
    let strict = try Desk()
    #expect(strict.refusal(file, strict: true).contains("line 2: this is not JSON"))
    // What came before is whole.
    #expect(strict.library.list().count == 1)
  }

  @Test func `one id with two chains is one too many`() throws {
    let desk = try Desk()
    let line = #"{"id":"x","problem":"p","steps":["a"],"label":-1}"#
    let file = try desk.file(
      "set.jsonl", line + "\n" + line + "\n" + line.replacingOccurrences(of: "\"a\"", with: "\"b\"")
    )
    let outcome = try desk.take(file)
    #expect(outcome.counts.newChains == 1 && outcome.counts.alreadyThere == 1)
    #expect(desk.complaints.count == 1)
    #expect(desk.complaints[0].contains("line 3: the id \"x\" stands on line 1 already"))
  }

  @Test func `what is no data is refused in one sentence`() throws {
    let desk = try Desk()
    func refused(_ file: String, _ words: String, format: String = "auto", fields: String? = nil) {
      let sentence = desk.refusal(file, format: format, fields: fields)
      #expect(sentence.contains(words), "\(sentence)")
    }
    refused(desk.folder.url.path, "is a folder; name the files in it")
    refused(desk.folder.url.path + "/none", "There is no file")
    refused(try desk.file("empty.jsonl", ""), "is empty")
    refused(try desk.file("blank.jsonl", " \n\n"), "is empty")
    refused(try desk.file("binary.jsonl", Data([1, 0, 2])), "a binary file")
    refused(try desk.file("a.zip", Data([0x50, 0x4B, 3, 4, 1])), "a ZIP archive")
    refused(
      try desk.file("log.eval", Data([0x50, 0x4B, 3, 4, 1])),
      "cannot unpack; run `inspect log convert")
    refused(try desk.file("a.gz", Data([0x1F, 0x8B, 8])), "unpack it first")
    refused(
      try desk.file("p.jsonl", "version https://git-lfs.github.com/spec/v1\n"), "git lfs pull")
    let both = try desk.file(
      "both.jsonl", #"{"problem":"p","solution":"s","steps":["a"],"label":-1}"#)
    refused(both, "could be processbench or math; say which with --format.")
    let plain = try desk.file("plain.jsonl", #"{"q":"p","chain":["a"]}"#)
    refused(plain, "its records have q, chain")
    refused(plain, "name them, such as --fields", format: "jsonl")
    refused(plain, "None of the 1 records", format: "math")
    refused(plain, "did you mean \"processbench\"?", format: "procesbench")
    refused(plain, "use one of: auto, prm800k", format: "zzzzzzzzzz")
    refused(plain, "knows no \"chain\"", fields: "problem=q,chain=steps")
    refused(
      try desk.file("cut.json", "[{\"problem\":\"p\",\"solution\":\"s\"},{\"pro"), "in the middle")
    refused(try desk.file("words.bin", "hello"), "no format that is known by sight")
  }

  @Test func `lists, documents, logs and texts are read too`() throws {
    let desk = try Desk()
    let list = try desk.file(
      "set.json",
      "[\n  \(stepwise),\n  \(stepwise.replacingOccurrences(of: "2+3", with: "[2]+\\\"3"))\n]\n")
    #expect(try desk.take(list).counts.newChains == 2)
    let document = try desk.file(
      "1.json", "{\n  \"problem\": \"p\",\n  \"solution\": \"So \\\\boxed{5}.\"\n}\n")
    #expect(try desk.take(document).formats == ["math"])
    let log = try desk.file(
      "log.json",
      #"{"version":2,"status":"success","eval":{"task":"t"},"results":{"score":NaN},"samples":[{"id":1,"epoch":1,"input":"q","target":"5","output":{"model":"m","choices":[{"message":{"content":"It is\n5"}}]},"scores":{"s":{"value":NaN}}}]}"#
    )
    let outcome = try desk.take(log)
    #expect(outcome.formats == ["inspect"] && outcome.counts.newChains == 1)
    let text = try desk.file("chain.txt", "What is 2+3?\n\nAdd.\nIt is 5.\n---\nAgain?\n\nYes.")
    #expect(try desk.take(text).counts.newChains == 2)
    let mapped = try desk.file("m.jsonl", #"{"q":"p?","s":"one\ntwo"}"#)
    #expect(try desk.take(mapped, fields: "problem=q,steps=s").counts.newChains == 1)
  }

  @Test func `stopping leaves whole sessions only`() throws {
    let desk = try Desk()
    let lines = (0..<50).map { #"{"prompt":"p\#($0)","completions":["a"],"labels":[true]}"# }
    let file = try desk.file("set.jsonl", lines.joined(separator: "\n"))
    var job = try desk.job()
    var asked = 0
    job.isStopped = {
      asked += 1
      return asked > 20
    }
    let outcome = try job.run([file])
    #expect(outcome.isInterrupted)
    #expect(outcome.counts.newChains == 20)
    let names = try FileManager.default.contentsOfDirectory(atPath: desk.library.root.path)
    #expect(names.count { !$0.hasPrefix("index") } == 20)
    #expect(desk.library.list().allSatisfy { $0.damage == nil })
    #expect(try desk.take(file).counts.newChains == 30)
  }

  @Test func `an export says whose ratings, what policy and what is lost`() throws {
    let desk = try Desk()
    let file = try desk.file(
      "m.jsonl", #"{"q":"p?","s":["one","two"],"r":[1,0],"why":["","because"]}"#)
    try desk.take(file, fields: "problem=q,steps=s,ratings=r,reasons=why")
    #expect(throws: FormatError.neutralNeeded(format: "trl-stepwise")) {
      try desk.give(.trlStepwise)
    }
    let (text, counts) = try desk.give(.trlStepwise, neutral: .bad)
    #expect(text.contains(#""labels":[true,false]"#) && text.contains(#""neutral":"bad""#))
    #expect(counts.lost == [.reasons: 1, .neutralRatings: 1])
    #expect(counts.sentence == "1 reason, 1 neutral rating")
    #expect(throws: FormatError.noSuchAnnotator(name: "bob", names: ["jsonl"])) {
      try desk.give(.prm800k, by: "bob")
    }
    var settings = try desk.job("jsonl", fields: "problem=q,steps=s,ratings=r").settings
    settings.annotator = "ada"
    let options = try desk.job("jsonl", fields: "problem=q,steps=s,ratings=r").options
    _ = try ImportJob(options: options, settings: settings).run([file])
    #expect(throws: FormatError.self) { try desk.give(.prm800k) }
    #expect(try desk.give(.prm800k, by: "ada").text.contains(#""labeler":"ada""#))
    #expect(throws: FormatError.self) { try desk.give(.corrections, by: "ada") }
    #expect(
      throws: FormatError.noSuchFormat(
        name: "markdwn", allowed: ExportFormat.allCases.map(\.rawValue), nearest: "markdown")
    ) { try ExportCommand.format("markdwn") }
    #expect(throws: FormatError.neutralNotNeeded(format: "prm800k")) {
      try ExportCommand.policy("bad", for: .prm800k)
    }
  }

  @Test func `pages show a session and let nothing foreign through`() throws {
    let desk = try Desk()
    let file = try desk.file(
      "m.jsonl",
      #"{"q":"<script>alert(1)</script> ```","s":["one \u001b[31m & \"two\"","```\n# no"],"r":[1,-1]}"#
    )
    try desk.take(file, fields: "problem=q,steps=s,ratings=r")
    let html = try desk.give(.html).text
    #expect(!html.contains("<script>") && html.contains("&lt;script&gt;"))
    #expect(!html.contains("\u{1B}") && html.contains("incorrect"))
    #expect(!html.contains("http://") && !html.contains("https://"))
    let markdown = try desk.give(.markdown).text
    #expect(markdown.contains("````text\n```\n# no\n````") && !markdown.contains("\u{1B}"))
    let cast = try desk.give(.asciicast).text.split(separator: "\n")
    #expect(cast[0].hasPrefix(#"{"version":2,"width":100,"height":30"#))
    #expect(cast.count > 3 && cast.dropFirst().allSatisfy { $0.hasPrefix("[0.000,\"o\",\"") })
    #expect(!cast.joined().contains("\u{1B}"))
  }

  @Test func `an output that is there is not written over, and a broken one is not left`() throws {
    let desk = try Desk()
    let path = try desk.file("there.jsonl", "mine")
    #expect(throws: FormatError.outputExists(path: path)) {
      try ExportOutput(path: path, isDiscarding: false)
    }
    let new = desk.folder.url.path + "/new.jsonl"
    let output = try ExportOutput(path: new, isDiscarding: false)
    try output.write(Array("x".utf8))
    output.discard()
    let names = try FileManager.default.contentsOfDirectory(atPath: desk.folder.url.path)
    #expect(names == ["there.jsonl"])
  }

  @Test func `every format stands on its page and in the help`() throws {
    let page = try #require(try TextFile.read(checkout + "/docs/formats.md", atMost: 1 << 20))
    for format in ImportFormat.allCases { #expect(page.contains("| `\(format.rawValue)` |")) }
    for format in ExportFormat.allCases { #expect(page.contains("| `\(format.rawValue)` |")) }
    for field in FieldMap.Field.allCases { #expect(page.contains("`\(field.rawValue)`")) }
    let help = Erratum.helpMessage(for: ImportCommand.self)
    for format in ImportFormat.allCases { #expect(help.contains(format.rawValue)) }
  }
}

/// Real material; the tests pass without it, and say so.
@Suite struct RealFormatTests {
  private static let folder =
    ProcessInfo.processInfo.environment["ERRATUM_DATA"] ?? ""
  private static let isThere = FileManager.default.fileExists(
    atPath: folder + "/prm800k-sample.jsonl")

  @Test(.enabled(if: isThere, "no real data here; set ERRATUM_DATA to its folder"))
  func `real files come in whole and go out again`() throws {
    for (file, chains, twin) in [
      ("gsm8k-model-solutions", 1600, nil), ("gsm8k-test-200", 200, nil),
      ("math-shepherd-sample", 7, ExportFormat.mathShepherd), ("prm800k-sample", 6, .prm800k),
      ("prmbench-150", 140, nil),
    ] as [(String, Int, ExportFormat?)] {
      let desk = try Desk()
      let outcome = try desk.take("\(Self.folder)/\(file).jsonl")
      #expect(outcome.chains >= chains, "\(file): \(desk.complaints)")
      #expect(try desk.take("\(Self.folder)/\(file).jsonl").counts.newChains == 0)
      guard let twin else { continue }
      let (text, counts) = try desk.give(twin)
      #expect(counts.lost == [:], "\(file)")
      let second = try Desk()
      #expect(try second.take(try second.file("\(file).jsonl", text)).chains == chains)
      #expect(try second.give(twin).text == text, "\(file)")
    }
  }
}
