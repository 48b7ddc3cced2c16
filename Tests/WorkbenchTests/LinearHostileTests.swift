import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct LinearHostileTests {
  private let escape = "\u{1B}]52;c;aGk=\u{7}\u{9B}31m\n\u{202E}"

  /// Every kind of event in which others choose names.
  private var records: [Record] {
    let attempt = AttemptID("a" + escape)
    let critique = CritiqueID("c" + escape)
    let model = ModelDescription(
      model: escape, dialect: escape, endpoint: escape, capabilities: Capabilities())
    let call = Call(
      model: model, messages: [], prefix: nil, continuation: nil,
      parameters: SamplingParameters())
    let events: [Event] = [
      .settingChanged(SettingChanged(name: escape, value: escape)),
      .modelConnected(ModelConnected(role: .solver, description: model)),
      .attemptStarted(
        AttemptStarted(
          attempt: attempt, parent: attempt, round: nil, sample: 1 << 51, keptBytes: 0,
          segmenter: 1, call: call)),
      .stepClosed(
        StepClosed(
          attempt: attempt, index: 9, channel: .answer, start: 0, end: 1 << 51, segmenter: 1,
          measures: StepMeasures(tokens: 1))),
      .retryScheduled(
        RetryScheduled(target: .attempt(attempt), delay: 1e308, number: 7, reason: escape)),
      .attemptFinished(AttemptFinished(attempt: attempt, reason: .error, message: escape)),
      .answerExtracted(
        AnswerExtracted(attempt: attempt, answer: escape, method: .boxed, isCorrect: nil)),
      .critiqueStarted(
        CritiqueStarted(critique: critique, attempt: attempt, steps: [0], call: call)),
      .verdict(
        VerdictGiven(
          critique: critique, step: 0, verdict: .incorrect, errorType: escape, reason: escape,
          repair: escape)),
      .roundStarted(
        RoundStarted(
          round: RoundID(escape), parent: attempt, strategy: .fromScratch, trigger: .hint,
          critique: nil, fromStep: nil, hint: escape, editedStep: nil)),
      .marked(
        Marked(
          step: StepID(attempt: attempt, index: 0), verdict: .correct, annotator: escape, wall: 0,
          channel: .answer, start: 0, end: 1)),
      .rewound(attempt: attempt, toSerial: 0),
      .failed(Failed(target: nil, message: escape)),
    ]
    return events.enumerated().map { Record(n: $0, t: 0, event: $1) }
  }

  @Test func `no plain line can move a terminal, whoever chose the names in it`() {
    let header = Header(
      program: "1", session: escape, created: 0,
      problem: Problem(id: "x", text: escape, answer: escape, source: "typed"))
    var teller = LinearTeller(header: header, signal: .standard)
    var lines = teller.opening
    for record in records { lines += teller.lines(for: record) }
    #expect(lines.count >= records.count)
    for line in lines {
      let isSafe = line.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0.value != 0x202E
      }
      #expect(isSafe, "\(line.debugDescription)")
    }
  }
}
