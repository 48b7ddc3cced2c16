import Engine
import Sessions

/// A stream read from memory, by the same readers as one from a server: to measure them with.
package struct RecordedStream {
  private var reading: StreamReading

  /// - Parameter dialect: `llama.cpp`, or anything else for OpenAI's chat.
  package init(dialect name: String) {
    let chat = OpenAIChat(habits: Habits(.openai))
    let dialect: any Dialect = name == "llama.cpp" ? LlamaCpp() : chat
    let ask = Ask(
      model: "", messages: [], continuation: .quoted, parameters: SamplingParameters(),
      wantsLogProbabilities: true, alternatives: 20)
    reading = StreamReading(dialect, ask, WireRequest(url: "", body: [:]), endpoint: "")
  }

  /// Takes in a piece of the stream; answers how many tokens it completed.
  package mutating func feed(_ bytes: [UInt8]) throws -> Int {
    try reading.feed(bytes)
    return reading.take().count
  }
}
