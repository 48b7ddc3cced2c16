import Engine
import JSONReader
import Sessions
import Testing

@testable import ModelHTTP

/// Streams in the shapes real servers were recorded to send.
struct DialectTests {
  private let openAI = OpenAIChat(habits: Habits(.openai))

  @Test func `llama.cpp's events give ids, true bytes and the end`() throws {
    let entry =
      #"{"id":11751,"token":" Paris","bytes":[32,80,97,114,105,115],"logprob":-0.2,"#
      + #""top_logprobs":[{"id":11751,"token":" Paris","#
      + #""bytes":[32,80,97,114,105,115],"logprob":-0.2},"#
      + #"{"id":9,"token":"\ufffd","bytes":[159],"logprob":-3.4028234663852886e38}]}"#
    let stream =
      #"data: {"index":0,"content":" Paris","tokens":[11751],"stop":false,"id_slot":0,"#
      + #""completion_probabilities":[\#(entry)]}"# + "\n\n:\n\n"
      + #"data: {"content":"","tokens":[],"stop":true,"stop_type":"limit","tokens_predicted":1,"#
      + #""tokens_evaluated":6}"# + "\n\n"
    let (tokens, notes, reading) = try readStream(LlamaCpp(), stream, chunk: 7)
    #expect(tokens.count == 1)
    #expect(tokens.first?.id == 11751)
    #expect(tokens.first?.alternatives.last?.bytes == [159])
    #expect(tokens.first?.alternatives.last?.logProbability == -.infinity)
    #expect(tokens.text() == " Paris")
    #expect(reading.ended && reading.stop == .length)
    #expect(reading.usage == Usage(promptTokens: 6, completionTokens: 1))
    #expect(notes.isEmpty)
  }

  /// Recorded from a real server made to write `a😀b`, one byte of the emoji a token.
  @Test func `a real stream with a merged character claims nothing about it`() throws {
    func event(_ text: String, _ id: Int, _ count: Int, _ value: Double) -> String {
      let bytes = text.utf8.map(String.init).joined(separator: ",")
      return #"data: {"index":0,"content":"\#(text)","tokens":[\#(id)],"stop":false,"#
        + #""tokens_predicted":\#(count),"completion_probabilities":["#
        + #"{"id":\#(id),"token":"\#(text)","#
        + #""bytes":[\#(bytes)],"logprob":\#(value),"top_logprobs":[{"id":13,"token":".","#
        + #""bytes":[46],"logprob":-1.1658432483673096}]}]}"# + "\n\n"
    }
    let stream =
      event("a", 64, 1, -22.88) + event("😀", 222, 5, -13.13) + event("b", 65, 6, -13.2)
      + event("", 1003, 7, -13.01)
      + #"data: {"content":"","tokens":[],"stop":true,"stop_type":"eos","tokens_predicted":7,"#
      + #""tokens_evaluated":18}"# + "\n\n"
    let (tokens, notes, _) = try readStream(LlamaCpp(), stream)
    #expect(tokens.text() == "a😀b")
    #expect(tokens.map { $0.logProbability != nil } == [true, false, true])
    #expect(tokens.map(\.id) == [64, nil, 65])
    #expect(notes == [.tokensMissing])
  }

  @Test func `a template that opens the thinking starts the stream inside it`() throws {
    let stream =
      "data: {\"content\":\"hm\\n</think>\\n\\nYes\",\"stop\":false}\n\n"
      + "data: {\"content\":\"\",\"stop\":true}\n\n"
    let (tokens, _, _) = try readStream(LlamaCpp(), stream, startsInThinking: true)
    #expect(tokens.text(.thinking) == "hm\n")
    #expect(tokens.text() == "\n\nYes")
    #expect(opensThinking("<|im_start|>assistant\n<think>\n"))
    #expect(!opensThinking("<think></think>\n"))
  }

  @Test func `vLLM's columns and ids are read, and the best comes first`() throws {
    let stream =
      #"data: {"choices":[{"index":0,"text":" 4","logprobs":{"text_offset":[0],"#
      + #""token_logprobs":[-0.9],"tokens":[" 4"],"top_logprobs":[{" 4":-0.9," 5":-0.5}]},"#
      + #""finish_reason":null,"token_ids":[220]}]}"# + "\n\n"
      + #"data: {"choices":[{"index":0,"text":"","logprobs":{"tokens":["</s>"],"#
      + #""token_logprobs":[-9999.0],"top_logprobs":[{"</s>":-9999.0}]},"finish_reason":"stop","#
      + #""token_ids":[2]}]}"# + "\n\n"
      + #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#
      + "\n\ndata: [DONE]\n\n"
    let (tokens, notes, reading) = try readStream(VLLM(), stream, chunk: 11)
    #expect(tokens.map(\.bytes) == [[0x20, 0x34]])
    #expect(tokens.map(\.id) == [220])
    #expect(tokens.first?.alternatives.map(\.logProbability) == [-0.5, -0.9])
    #expect(notes.isEmpty)
    #expect(reading.stop == .stop && reading.ended)
  }

  @Test func `token ids in the place of tokens still give the id and the text`() throws {
    let stream =
      #"data: {"choices":[{"index":0,"text":" 4","logprobs":{"text_offset":[0],"#
      + #""token_logprobs":[-0.02],"tokens":["token_id:220"],"#
      + #""top_logprobs":[{"token_id:220":-0.02}]},"#
      + #""finish_reason":null}]}"# + "\n\ndata: [DONE]\n\n"
    let (tokens, notes, _) = try readStream(VLLM(), stream)
    #expect(tokens.map(\.bytes) == [[0x20, 0x34]])
    #expect(tokens.map(\.id) == [220])
    #expect(tokens.first?.alternatives.map(\.id) == [220])
    #expect(notes.isEmpty)
  }

  @Test func `Ollama's lines carry text, thinking and numbers`() throws {
    let stream =
      #"{"model":"m","message":{"role":"assistant","content":"","thinking":"so"},"done":false}"#
      + "\n"
      + #"{"model":"m","message":{"role":"assistant","content":" 4"},"done":false,"#
      + #""logprobs":[{"token":" 4","logprob":-0.02,"bytes":[32,52],"top_logprobs":[]}]}"# + "\n"
      + #"{"model":"m","message":{"role":"assistant","content":""},"done":true,"#
      + #""done_reason":"stop","prompt_eval_count":7,"eval_count":1}"# + "\n"
    let (tokens, _, reading) = try readStream(Ollama(), stream, alternatives: 0, chunk: 5)
    #expect(tokens.text(.thinking) == "so")
    #expect(tokens.text() == " 4")
    #expect(tokens.last?.logProbability == -0.02)
    #expect(reading.ended && reading.usage == Usage(promptTokens: 7, completionTokens: 1))
  }

  @Test func `an error line of Ollama is an error`() {
    #expect(throws: ServerFailure(message: "an error was encountered")) {
      _ = try readStream(Ollama(), #"{"error":"an error was encountered"}"# + "\n")
    }
  }

  @Test func `Anthropic's blocks give thinking and text, and no numbers`() throws {
    let events = [
      #"{"type":"message_start","message":{"usage":{"input_tokens":12,"output_tokens":1}}}"#,
      #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking"}}"#,
      #"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
      #"{"type":"ping"}"#,
      #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" 4"}}"#,
      #"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":9}}"#,
      #"{"type":"message_stop"}"#,
    ]
    let stream = events.map { "event: e\ndata: \($0)\n\n" }.joined()
    let (tokens, notes, reading) = try readStream(Anthropic(), stream, chunk: 13)
    #expect(tokens.text(.thinking) == "hm")
    #expect(tokens.text() == " 4")
    #expect(tokens.allSatisfy { $0.logProbability == nil })
    #expect(reading.stop == .length && reading.ended)
    #expect(reading.usage == Usage(promptTokens: 12, completionTokens: 9))
    #expect(notes.isEmpty)
  }

  @Test func `thinking is found under each of its names`() throws {
    for field in [
      #""reasoning_content":"hm""#, #""reasoning":"hm","reasoning_content":null"#,
      #""thinking":"hm""#, #""reasoning_details":[{"type":"reasoning.text","text":"hm"}]"#,
    ] {
      let stream = chatStream([#""delta":{\#(field)}"#, choice("yes")])
      let (tokens, _, _) = try readStream(openAI, stream)
      #expect(tokens.text(.thinking) == "hm", "\(field)")
      #expect(tokens.text() == "yes", "\(field)")
    }
  }

  @Test func `thinking tags are found however they are cut`() throws {
    let text = "\n<think>a < b</think>\nYes </think> <think>"
    let scalars = Array(text)
    for cut in 0...scalars.count {
      for second in stride(from: cut, through: scalars.count, by: 3) {
        let parts = [scalars[..<cut], scalars[cut..<second], scalars[second...]].map {
          String($0).replacing("\n", with: "\\n")
        }
        let (tokens, _, _) = try readStream(openAI, chatStream(parts.map { choice($0) }))
        #expect(tokens.text(.thinking) == "a < b", "cut at \(cut), \(second)")
        #expect(tokens.text() == "\nYes </think> <think>", "cut at \(cut), \(second)")
      }
    }
  }

  @Test func `a repeated prefix is taken away with its tokens, however it is cut`() throws {
    let reply = "Step 1: 袋 and more"
    let prefix = "Step 1: 袋"
    for size in 1...reply.count {
      var parts: [String] = []
      var rest = reply[...]
      while !rest.isEmpty {
        parts.append(String(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      let stream = chatStream(parts.map { choice($0, [($0, -0.5)]) })
      let (tokens, notes, _) = try readStream(openAI, stream, prefix: prefix)
      #expect(tokens.text() == " and more", "pieces of \(size)")
      #expect(notes.isEmpty)
    }
  }

  @Test func `a reply that goes on is left alone, one that starts over is reported`() throws {
    let prefix = "Step 1: 3 bags of 6 hold 18 marbles."
    let goes = try readStream(openAI, chatStream([choice(" Step 2: so")]), prefix: prefix)
    #expect(goes.tokens.text() == " Step 2: so")
    #expect(goes.notes.isEmpty)
    let over = try readStream(
      openAI, chatStream([choice("Step 1: 3 bags of 7 hold 21.")]), prefix: prefix)
    #expect(over.tokens.text() == "Step 1: 3 bags of 7 hold 21.")
    #expect(over.notes == [.prefixNotHonoured])
  }

  @Test func `an exact continuation may repeat itself`() throws {
    let (tokens, _, _) = try readStream(
      LlamaCpp(), "data: {\"content\":\"aa\",\"stop\":true}\n\n", prefix: "a", continuation: .exact)
    #expect(tokens.text() == "aa")
  }

  @Test func `chunks without choices, roles alone and other choices are no text`() throws {
    let stream =
      "data: {\"choices\":[]}\n\n"
      + chatStream([#""delta":{"role":"assistant","content":null}"#, choice("a")], done: false)
      + "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"zzz\"}}]}\n\n"
      + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n"
    let (tokens, _, reading) = try readStream(openAI, stream)
    #expect(tokens.text() == "a")
    #expect(reading.usage?.completionTokens == 1)
    #expect(!reading.ended && reading.stop == nil)
  }

  @Test func `every shape of error gives its message`() throws {
    let shapes = [
      #"{"error":{"message":"boom","type":"t","param":null,"code":"c"}}"#,
      #"{"object":"error","message":"boom","type":"t","param":null,"code":400}"#,
      #"{"error":"boom"}"#, #"{"error":"boom","error_type":"validation"}"#,
      #"{"type":"error","error":{"type":"overloaded_error","message":"boom"}}"#,
      #"{"error":{"code":400,"message":"boom","status":"INVALID_ARGUMENT"}}"#,
      #"{"detail":"boom"}"#, #"{"detail":[{"loc":["body"],"msg":"boom"}]}"#,
    ]
    for shape in shapes {
      let failure = try JSONReader().read(Array(shape.utf8)) { ServerFailure($0) }
      #expect(failure?.message == "boom", "\(shape)")
    }
    let none = try JSONReader().read(Array(#"{"choices":[]}"#.utf8)) { ServerFailure($0) }
    #expect(none == nil)
  }

  @Test func `a server's message is cleaned and cut before anyone sees it`() {
    let hostile = "a\u{1B}[2Jb\u{202E}c\n\n  d" + String(repeating: "e\u{301}", count: 5000)
    let text = cleaned(hostile)
    #expect(text.hasPrefix("a[2Jbc d"))
    #expect(text.unicodeScalars.count <= 302)
  }

  @Test func `numbers that are no log-probabilities are absent`() throws {
    func value(_ text: String) throws -> Float? {
      try JSONReader().read(Array("{\"v\":\(text)}".utf8)) { logProbability($0["v"]) }
    }
    #expect(try value("-0.5") == -0.5)
    #expect(try value("-9999.0") == -.infinity)
    #expect(try value("-3.4028234663852886e38") == -.infinity)
    #expect(try value("0.00000001") == 0)
    #expect(try value("17.25") == nil)
    #expect(try value("null") == nil)
    #expect(try value("\"x\"") == nil)
  }
}
