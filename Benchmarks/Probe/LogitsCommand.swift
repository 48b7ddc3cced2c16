import ArgumentParser
import Foundation
import ModelLocal

struct LogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Write the logits after each prompt.",
    discussion: """
      Reads {"tokens":[1,2,3]}, one prompt a line. Writes a row of 32-bit floats for each, as many \
      as the vocabulary has tokens, in the machine's byte order and nothing between them.
      """)

  @OptionGroup var arguments: ModelArguments
  @Flag(help: "Feed a token at a time, as while generating, rather than a prompt at once.")
  var singly = false

  private struct Prompt: Decodable {
    var tokens: [Int32]
  }

  func run() throws {
    let decoder = try arguments.decoder()
    for prompt in try linesOfInput(as: Prompt.self) {
      decoder.truncate(to: 0)
      if singly {
        for token in prompt.tokens { decoder.feed([token]) }
      } else {
        decoder.feed(prompt.tokens)
      }
      FileHandle.standardOutput.write(Data(buffer: decoder.logits))
    }
  }
}
