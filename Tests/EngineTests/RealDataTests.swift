import Foundation
import Testing

@testable import Engine

/// Chains that real models wrote, when the checkout has them; `ERRATUM_DATA` names their folder.
private let folder = ProcessInfo.processInfo.environment["ERRATUM_DATA"] ?? ""
private let chains = folder + "/gsm8k-model-solutions.jsonl"

private struct Record: Decodable {
  struct Chain: Decodable {
    var isCorrect: Bool
    var solution: String
    enum CodingKeys: String, CodingKey {
      case isCorrect = "is_correct"
      case solution
    }
  }
  var reference: String
  var chains: [Chain]

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    reference = try fields.decode(String.self, forKey: Key("ground_truth"))
    chains = try fields.allKeys.filter { !["question", "ground_truth"].contains($0.stringValue) }
      .map { try fields.decode(Chain.self, forKey: $0) }
  }

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

@Suite(.enabled(if: FileManager.default.fileExists(atPath: chains)))
struct RealDataTests {
  @Test func `answers of real chains are judged as their graders did`() throws {
    let text = try String(contentsOfFile: chains, encoding: .utf8)
    var count = 0
    var disagreements: [String] = []
    var lineSteps = 0
    var cut = 0
    for line in text.split(separator: "\n") {
      let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
      let reference = try #require(Answers.extract(from: record.reference)).answer
      for chain in record.chains {
        count += 1
        let answer = Answers.extract(from: chain.solution)?.answer ?? ""
        if Answers.isEquivalent(answer, reference) != chain.isCorrect {
          disagreements.append("\(answer) | \(reference) | \(chain.isCorrect)")
        }
        lineSteps += chain.solution.split(separator: "\n").count
        cut += steps(chain.solution).count
      }
    }
    #expect(Double(disagreements.count) < 0.01 * Double(count), "\(disagreements.prefix(20))")
    #expect(abs(Double(cut) / Double(lineSteps) - 1) < 0.05)
  }
}
