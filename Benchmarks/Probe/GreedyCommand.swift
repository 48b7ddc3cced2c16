import ArgumentParser
import Foundation
import ModelLocal
import Sessions

struct GreedyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greedy",
    abstract: "Continue each prompt with the likeliest tokens.",
    discussion: """
      Reads {"messages":[{"role":"user","content":"..."}]} or {"prompt_tokens":[1,2,3]}, one a \
      line. Writes for each the prompt's tokens, those written (the one that ends the turn, too), \
      the nats each was ahead of the second, and the text.
      """)

  @OptionGroup var arguments: ModelArguments
  @Option(help: "Tokens to write at most.")
  var maxTokens = 192

  private struct Prompt: Decodable {
    struct Message: Decodable {
      var role: ChatMessage.Author
      var content: String
    }
    var messages: [Message]?
    var promptTokens: [Int32]?
  }

  private struct Written: Encodable {
    var promptTokens: [Int32]
    var tokens: [Int32] = []
    var gaps: [Float] = []
    var text = ""
  }

  func run() throws {
    let decoder = try arguments.decoder()
    for prompt in try linesOfInput(as: Prompt.self) {
      try printJSON(write(after: try tokens(prompt, decoder.weights), decoder))
    }
  }

  private func tokens(_ prompt: Prompt, _ weights: Weights) throws -> [Int32] {
    guard let messages = prompt.messages else { return prompt.promptTokens ?? [] }
    return try ChatTemplate.recognised(in: weights.file).tokens(
      for: messages.map { ChatMessage($0.role, $0.content) }, with: weights.tokenizer)
  }

  private func write(after prompt: [Int32], _ decoder: Decoder) -> Written {
    var written = Written(promptTokens: prompt)
    decoder.truncate(to: 0)
    decoder.feed(prompt)
    while let (id, gap) = decoder.likeliest {
      written.tokens.append(id)
      written.gaps.append(gap)
      if decoder.weights.tokenizer.isEndOfTurn(id) || written.tokens.count == maxTokens { break }
      decoder.feed([id])
    }
    written.text = String(
      decoding: decoder.weights.tokenizer.decode(written.tokens), as: UTF8.self)
    return written
  }
}
