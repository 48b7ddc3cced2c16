import Foundation
import JSONReader
import Sessions
import Workbench

/// Reading them from files, one JSON object a line.
extension ProblemSet {
  /// Bytes of a file, and of one problem's text.
  static let largestFile = 64 * 1024 * 1024
  static let largestProblem = 200 * 1024
  /// More complaints than this about one file help nobody.
  private static let mostComplaints = 20

  /// Reads `{"id","problem","answer","kind"}` lines, or GSM8K's `{"question","answer"}`.
  ///
  /// Throws ``FileError`` naming every bad line: the file may come from anywhere.
  static func read(_ file: String) throws -> ProblemSet {
    guard let bytes = try TextFile.bytes(of: file, atMost: largestFile) else {
      throw FileError(
        file: file.visible,
        problems: [FileProblem(message: "there is no such file; check the path.")])
    }
    return try read(bytes, file: file)
  }

  static func read(_ bytes: [UInt8], file: String) throws -> ProblemSet {
    let name = stem(of: file)
    let reader = JSONReader()
    var problems: [Problem] = []
    var complaints: [FileProblem] = []
    var firstLine: [String: Int] = [:]
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.allSatisfy(isSpace) {
      if complaints.count == mostComplaints { break }
      do {
        let problem = try read(line: line, number: index + 1, set: name, reader)
        if let first = firstLine.updateValue(index + 1, forKey: problem.id) {
          firstLine[problem.id] = first
          throw Refusal(
            "the id \"\(shown(problem.id))\" is on line \(first) already; give each its own id.")
        }
        problems.append(problem)
      } catch let refusal as Refusal {
        complaints.append(FileProblem(line: index + 1, message: refusal.message))
      }
    }
    if problems.isEmpty, complaints.isEmpty {
      complaints = [FileProblem(message: "there are no problems in it; write one a line, as JSON.")]
    }
    guard complaints.isEmpty else { throw FileError(file: file.visible, problems: complaints) }
    return ProblemSet(name: name, problems: problems)
  }

  static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".jsonl") ? String(name.dropLast(6)) : name
  }

  private struct Refusal: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

  private static func shown(_ text: String) -> String { String(text.visible.prefix(40)) }

  private static func read(
    line: ArraySlice<UInt8>, number: Int, set: String, _ reader: JSONReader
  ) throws -> Problem {
    // Escapes can be six bytes for one; beyond that no line holds a problem short enough.
    guard line.count <= 8 * largestProblem else { throw Refusal(tooLong) }
    do {
      return try reader.read(line) { json in
        guard json.isObject else {
          throw Refusal("this is not a JSON object; write {\"id\":…,\"problem\":…,\"answer\":…}.")
        }
        return try read(json, number: number, set: set)
      }
    } catch let error as JSONError {
      throw Refusal("this is not JSON (\(error.reason)); correct the line.")
    }
  }

  private static func read(_ json: JSON, number: Int, set: String) throws -> Problem {
    let isGSM8K = json["problem"] == nil && json["question"] != nil
    let key = isGSM8K ? "question" : "problem"
    guard let text = isGSM8K ? json["question"]?.string : json["problem"]?.string else {
      throw Refusal("\"\(key)\" is missing or is not a string; write the problem's text there.")
    }
    guard text.utf8.count <= largestProblem else { throw Refusal(tooLong) }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw Refusal("\"\(key)\" is empty; write the problem's text there.")
    }
    var answer = try scalar(json["answer"], "answer")
    if isGSM8K, let solution = answer { answer = try finalAnswer(solution) }
    let id = try scalar(json["id"], "id") ?? "\(set)-\(number)"
    guard !id.isEmpty, id.utf8.count <= 128, id == id.visible else {
      throw Refusal("\"id\" must be 1 to 128 bytes of plain text; choose a shorter one.")
    }
    return Problem(
      id: id, text: text, answer: answer, source: set, kind: try scalar(json["kind"], "kind"))
  }

  private static let tooLong = "the problem is over 200 KB; shorten it."

  /// A string, or a number as the file would have quoted it.
  private static func scalar(_ json: JSON?, _ key: String) throws -> String? {
    guard let json, !json.isNull else { return nil }
    if let string = json.string { return string }
    if let int = json.int { return String(int) }
    if let double = json.double { return "\(double)" }
    throw Refusal("\"\(key)\" must be a string or a number; put it in quotes.")
  }

  /// GSM8K's answers are whole solutions that end in `#### 42`, thousands with commas.
  private static func finalAnswer(_ solution: String) throws -> String {
    guard let mark = solution.range(of: "####", options: .backwards) else {
      throw Refusal("\"answer\" has no \"####\" before its final answer; add it.")
    }
    let answer = solution[mark.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
    guard !answer.isEmpty else {
      throw Refusal("nothing stands after \"####\" in \"answer\"; write the final answer there.")
    }
    let isNumber = answer.allSatisfy { $0.isNumber || ",.-$%".contains($0) }
    return isNumber ? answer.replacingOccurrences(of: ",", with: "") : answer
  }
}

/// The sets that ship with the program.
enum ProblemSets {
  /// Name and file of each, sorted by name.
  static func list(in folder: String) -> [(name: String, file: String)] {
    Resources.files(in: folder, ending: ".jsonl").map { (name: ProblemSet.stem(of: $0), file: $0) }
  }

  /// A set by its name in `folder`, else by its path.
  static func find(_ nameOrPath: String, in folder: String?) throws -> ProblemSet {
    let list = folder.map { Self.list(in: $0) } ?? []
    if let file = list.first(where: { $0.name == nameOrPath })?.file {
      return try ProblemSet.read(file)
    }
    guard nameOrPath.contains("/") || nameOrPath.hasSuffix(".jsonl") else {
      throw FileError(
        file: nameOrPath.visible,
        problems: [
          FileProblem(
            message: "there is no such problem set; "
              + allowed(list.map(\.name), insteadOf: nameOrPath))
        ])
    }
    return try ProblemSet.read(nameOrPath)
  }
}
