import Foundation
import JSONReader
import Testing

@testable import Sessions

private func read(
  _ format: ImportFormat, _ source: String, fields: String? = nil
) throws -> [AnnotatedChain] {
  let reader = try ChainReader(format, fields: fields.map { try FieldMap($0) })
  return try JSONReader().read(Array(source.utf8)) { try reader.chains($0) }
}

private func only(
  _ format: ImportFormat, _ source: String, fields: String? = nil
) throws -> AnnotatedChain {
  let all = try read(format, source, fields: fields)
  #expect(all.count == 1)
  return try #require(all.first)
}

private func verdicts(_ chain: AnnotatedChain) -> [Verdict?] { chain.steps.map(\.rating?.verdict) }

/// Why a record is refused.
private func complaint(
  _ format: ImportFormat, _ source: String, fields: String? = nil
) -> String? {
  do {
    _ = try read(format, source, fields: fields)
    return nil
  } catch {
    return (error as? BadRecord)?.reason ?? "\(error)"
  }
}

@Suite struct FormatReadingTests {
  @Test func `SHA-256 agrees with the examples of the standard`() {
    var hash = SHA256()
    hash.update("abc")
    #expect(
      hash.hexDigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    var empty = SHA256()
    #expect(
      empty.hexDigest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    var long = SHA256()
    long.update(String(repeating: "a", count: 1_000_000))
    #expect(
      long.hexDigest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `PRM800K phase 1 keeps the alternatives and what a person wrote`() throws {
    let chain = try only(
      .prm800k,
      #"""
      {"labeler":"ada","timestamp":"t","generation":null,"question":{"problem":"2+3?","ground_truth_answer":"5"},
       "label":{"steps":[{"completions":[{"text":"Add.","rating":1,"flagged":false}],"human_completion":null,"chosen_completion":0},
       {"completions":[{"text":"6","rating":-1,"flagged":null},{"text":"7","rating":-1,"flagged":true}],"human_completion":{"text":"So 5.\n\n# Answer\n\n5","rating":null},"chosen_completion":null}],
       "total_time":12,"finish_reason":"solution"}}
      """#)
    #expect(chain.steps.map(\.text) == ["Add.", "So 5.\n\n# Answer\n\n5"])
    #expect(verdicts(chain) == [.correct, nil])
    #expect(chain.steps[1].candidates.map(\.text) == ["6", "7", "So 5.\n\n# Answer\n\n5"])
    #expect(chain.steps[1].chosen == 2)
    #expect(chain.answer == "5" && chain.isCorrect == true)
    #expect(chain.origin.metadata["label.finish_reason"] == "\"solution\"")
    #expect(chain.origin.metadata["labeler"] == "\"ada\"")
    let text = try only(
      .prm800k,
      #"{"question":{"problem":"p"},"label":{"steps":[{"completions":null,"human_completion":"mine","chosen_completion":null}]}}"#
    )
    #expect(text.steps.map(\.text) == ["mine"])
  }

  @Test func `PRM800K phase 2 stops at the error and the rest is there unrated`() throws {
    let source =
      #"{"generation":9,"question":{"problem":"p","ground_truth_answer":"5","pre_generated_steps":["a","b","c"],"pre_generated_answer":"6"},"label":{"steps":[{"completions":[{"text":"a","rating":0}],"human_completion":null,"chosen_completion":0},{"completions":[{"text":"x","rating":1},{"text":"b","rating":-1}],"human_completion":null,"chosen_completion":null}],"finish_reason":"found_error"}}"#
    let chain = try only(.prm800k, source)
    #expect(chain.steps.map(\.text) == ["a", "b", "c"])
    #expect(verdicts(chain) == [.neutral, .incorrect, nil])
    #expect(chain.isCorrect == false)
    var writer = ChainWriter(.prm800k, neutral: nil, program: "1")
    let line = try writer.lines(
      of: [chain], attempts: [AttemptID("a")],
      in: Session(
        header: Header(program: "1", session: "s", created: 0, problem: chain.problem)))
    let again = try only(.prm800k, String(decoding: line, as: UTF8.self))
    #expect(again == chain)
    #expect(writer.counts.lost == [:])
  }

  @Test func `ProcessBench tells the first error`() throws {
    func chain(_ label: Int) throws -> AnnotatedChain {
      try only(
        .processbench,
        #"{"id":"gsm8k-0","generator":"q","problem":"p","steps":["a","b","c"],"final_answer_correct":true,"label":\#(label)}"#
      )
    }
    #expect(verdicts(try chain(1)) == [.correct, .incorrect, nil])
    #expect(verdicts(try chain(-1)) == [.correct, .correct, .correct])
    #expect(try chain(1).origin.id == "gsm8k-0")
    #expect(try chain(1).model == "q")
    #expect(try chain(1).isCorrect == true)
  }

  @Test func `Math-Shepherd is aligned by its tags, whatever signs the text has`() throws {
    let chain = try only(
      .mathShepherd,
      #"{"input":"2-3+4? Step 1: 2-3 = -1 ки\nStep 2: -1+4 = 3. The answer is: 3 ки","label":"2-3+4? Step 1: 2-3 = -1 +\nStep 2: -1+4 = 3. The answer is: 3 -","task":"GSM8K"}"#
    )
    #expect(chain.problem.text == "2-3+4?")
    #expect(chain.problem.kind == "GSM8K")
    #expect(chain.steps.map(\.text) == ["Step 1: 2-3 = -1", "Step 2: -1+4 = 3. The answer is: 3"])
    #expect(verdicts(chain) == [.correct, .incorrect])
    #expect(chain.answer == "3")
  }

  @Test func `PRMBench counts wrong steps from 1`() throws {
    let chain = try only(
      .prmbench,
      #"{"idx":"7","question":"q","modified_question":"m","original_process":["a"],"modified_process":["a","b","c"],"error_steps":[2,3],"reason":"because","classification":"circular"}"#
    )
    #expect(verdicts(chain) == [.correct, .incorrect, .incorrect])
    #expect(chain.steps.map(\.rating?.reason) == [nil, "because", nil])
    #expect(chain.steps[2].rating?.errorType == "circular")
    #expect(chain.problem.text == "m")
    #expect(chain.origin.id == "7 circular")
  }

  @Test func `solutions become lines, and their answers are found`() throws {
    let gsm8k = try only(
      .gsm8k, #"{"question":"q","answer":"9 + 9 = <<9+9=18>>18\n\nSo 1,018.\n#### 1,018"}"#)
    #expect(gsm8k.steps.map(\.text) == ["9 + 9 = 18", "So 1,018.", "#### 1,018"])
    #expect(gsm8k.text == "9 + 9 = 18\n\nSo 1,018.\n#### 1,018")
    #expect(gsm8k.problem.answer == "1018")
    let models = try read(
      .gsm8kSolutions,
      #"{"question":"q","ground_truth":"x\nA: 3","small":{"is_correct":false,"solution":"y\nA: 4"},"big":{"is_correct":true,"solution":"A: 3"}}"#
    )
    #expect(models.map(\.model) == ["small", "big"])
    #expect(models.map(\.isCorrect) == [false, true])
    #expect(models.map(\.answer) == ["4", "3"])
    let math = try only(
      .math,
      #"{"problem":"p","level":"Level 5","type":"Algebra","solution":"First \\boxed{1}.\nThen \\boxed{\\frac{1}{2}}."}"#
    )
    #expect(math.answer == "\\frac{1}{2}")
    #expect(math.problem.kind == "Algebra")
    #expect(math.origin.metadata == ["level": "\"Level 5\""])
  }

  @Test func `TRL's types are read, conversations too`() throws {
    let stepwise = try only(
      .trlStepwise, #"{"prompt":"p","completions":["a","b"],"labels":[true,false]}"#)
    #expect(verdicts(stepwise) == [.correct, .incorrect])
    let talk = try read(
      .trlPreference,
      #"{"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}"#
    )
    #expect(talk.map(\.text) == ["a", "b"])
    #expect(talk[0].problem.text == "q")
    let unpaired = try only(
      .trlUnpaired,
      #"{"prompt":[{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":[{"type":"text","text":"a\nb"}]}],"label":false}"#
    )
    #expect(unpaired.isCorrect == false)
    #expect(unpaired.steps.map(\.text) == ["a", "b"])
    #expect(try only(.trlPromptCompletion, #"{"prompt":"p","completion":"c"}"#).isCorrect == nil)
  }

  @Test func `logs of evaluations are read, one chain an answer`() throws {
    let samples = try read(
      .lmEval,
      #"{"doc_id":4,"doc":{"question":"q"},"target":"x #### 18","resps":[["a\n#### 18","b"]],"filtered_resps":["18"],"filter":"strict","metrics":["exact_match"],"exact_match":1.0}"#
    )
    #expect(samples.map(\.text) == ["a\n#### 18", "b"])
    #expect(samples[0].problem.answer == "18")
    #expect(samples[0].origin.id == "4")
    let sample = try only(
      .inspect,
      #"{"id":3,"epoch":2,"input":"attachment://h","target":"5","attachments":{"h":"2+3?"},"output":{"model":"m","choices":[{"message":{"role":"assistant","content":[{"type":"reasoning","reasoning":"hm"},{"type":"text","text":"5"}]}}]},"scores":{"match":{"value":"C","answer":"5"}}}"#
    )
    #expect(sample.problem.text == "2+3?")
    #expect(sample.text == "hm\n5")
    #expect(sample.isCorrect == true && sample.answer == "5" && sample.model == "m")
    #expect(sample.origin.id == "3 epoch 2")
  }

  @Test func `plain JSONL goes by the person's map`() throws {
    let chain = try only(
      .jsonl,
      #"{"in":{"q":"p"},"a":5,"chain":["x","y","z","w"],"r":[1,"unsure",null,false],"n":"k","extra":[1]}"#,
      fields: "problem=in.q,answer=a,steps=chain,ratings=r,id=n")
    #expect(chain.problem.text == "p" && chain.problem.answer == "5")
    #expect(verdicts(chain) == [.correct, .unsure, nil, .incorrect])
    #expect(chain.origin.id == "k")
    #expect(chain.origin.metadata["extra"] == "[1]")
  }

  @Test func `a bad record says what is wrong and what to do`() {
    func refused(_ format: ImportFormat, _ source: String, _ words: String, fields: String? = nil) {
      let reason = complaint(format, source, fields: fields) ?? "(taken)"
      #expect(reason.contains(words), "\(reason)")
    }
    refused(.processbench, #"{"problem":"p","steps":["a"],"label":1}"#, "1 of 1 steps")
    refused(.processbench, #"{"problem":"p","steps":["a"],"label":null}"#, "not null")
    refused(.processbench, #"{"problem":"p","steps":[],"label":-1}"#, "no steps")
    refused(.processbench, #"{"problem":"p","steps":["a",3],"label":-1}"#, "a number at place 2")
    refused(.processbench, #"{"problem":7,"steps":["a"],"label":-1}"#, "not a number")
    refused(.processbench, #"{"steps":["a"],"label":-1}"#, "\"problem\" is missing")
    refused(.processbench, #"{"problem":" ","steps":["a"],"label":-1}"#, "problem is empty")
    refused(.processbench, "[1]", "a list, where an object belongs")
    refused(.mathShepherd, #"{"input":"q Step 1: a ки","label":"q Step 1: b +"}"#, "character 11")
    refused(.mathShepherd, #"{"input":"q Step 1: a","label":"q Step 1: a"}"#, "no step ends")
    refused(
      .prmbench, #"{"question":"q","modified_process":["a"],"error_steps":[2]}"#, "none of its 1")
    refused(.gsm8k, #"{"question":"q","answer":"18"}"#, "####")
    refused(.trlStepwise, #"{"prompt":"p","completions":["a"],"labels":[]}"#, "1 completions and 0")
    refused(.trlStepwise, #"{"prompt":"p","completions":["a"],"labels":[null]}"#, "null")
    refused(.trlUnpaired, #"{"prompt":"p","completion":"c","label":"yes"}"#, "a string")
    refused(.trlPreference, #"{"chosen":"a","rejected":"b"}"#, "list of messages")
    refused(.lmEval, #"{"doc":{"question":"q"},"resps":[["-1.23","False"]]}"#, "scores of given")
    for rating in ["2", "-1.5"] {
      refused(
        .prm800k,
        #"{"question":{"problem":"p"},"label":{"steps":[{"completions":[{"text":"a","rating":\#(rating)}],"chosen_completion":0}]}}"#,
        "outside -1 to 1")
    }
    refused(
      .prm800k,
      #"{"question":{"problem":"p"},"label":{"steps":[{"completions":[{"text":"a","rating":"1"}],"chosen_completion":0}]}}"#,
      "not a string")
    refused(
      .prm800k,
      #"{"question":{"problem":"p"},"label":{"steps":[{"completions":[{"text":"a","rating":1}],"chosen_completion":4}]}}"#,
      "no place among its 1")
    refused(
      .jsonl, #"{"q":"p","s":["a"],"r":[0.5]}"#, "round it", fields: "problem=q,steps=s,ratings=r")
    refused(
      .jsonl, #"{"q":"p","s":["a"],"r":[1,1]}"#, "1 steps and 2",
      fields: "problem=q,steps=s,ratings=r")
    refused(
      .jsonl, #"{"q":"p","s":["a"],"r":["good"]}"#, "use correct",
      fields: "problem=q,steps=s,ratings=r")
  }

  @Test func `a field map says where it goes wrong`() {
    for (map, words) in [
      ("problem", "a pair belongs"), ("problm=q", "knows no \"problm\""),
      ("problem=a,problem=b,steps=c", "twice"), ("steps=c", "no problem"),
      ("problem=q", "no steps"),
    ] {
      do {
        _ = try FieldMap(map)
        Issue.record("\(map) was taken")
      } catch {
        #expect(error.sentence.contains(words), "\(error.sentence)")
      }
    }
  }
}
