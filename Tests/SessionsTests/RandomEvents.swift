@testable import Sessions

/// Random events of every kind, unkind bytes and numbers included.
struct RandomEvents {
  var random: SeededGenerator
  static let kindCount = 32

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance() -> Bool { Bool.random(using: &random) }

  mutating func maybe<Value>(_ value: (inout RandomEvents) -> Value) -> Value? {
    chance() ? value(&self) : nil
  }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0..<values.count)] }

  mutating func string() -> String {
    let parts = [
      "a", " the", "\"", "\\", "\n", "\r\n", "\t", "\u{1B}]52;c;", "\u{0}", "é", "漢字", "👩‍👩‍👧", "/",
      "\u{202E}", "\u{2028}", "{\"n\":0}", "",
    ]
    return (0..<number(0..<6)).map { _ in pick(parts) }.joined()
  }

  mutating func bytes() -> [UInt8] {
    chance() ? Array(string().utf8) : (0..<number(0..<6)).map { _ in UInt8(number(0..<256)) }
  }

  mutating func float() -> Float {
    switch number(0..<8) {
    case 0: 0
    case 1: -.infinity
    case 2: -9999
    case 3: -.leastNonzeroMagnitude
    case 4: -.greatestFiniteMagnitude
    default: -Float.random(in: 0..<20, using: &random)
    }
  }

  mutating func bounds() -> EntropyBounds {
    let lower = Float.random(in: 0..<5, using: &random)
    return EntropyBounds(
      lower: lower, upper: pick([lower, lower + 1, .infinity]))
  }

  mutating func table() -> TokenTable {
    var table = TokenTable()
    let columns = (chance(), chance(), chance(), chance())
    for _ in 0..<number(0..<12) {
      table.append(
        Token(
          bytes: bytes(),
          id: columns.0 ? maybe { Int32($0.number(0..<200_000)) } : nil,
          logProbability: columns.1 ? maybe { $0.float() } : nil,
          entropy: columns.2 ? maybe { $0.bounds() } : nil,
          temperedEntropy: columns.2 ? maybe { $0.bounds().lower } : nil,
          alternatives: columns.3
            ? (0..<number(0..<5)).map { _ in
              Alternative(
                bytes: bytes(), id: maybe { Int32($0.number(0..<99)) }, logProbability: float())
            } : []))
    }
    return table
  }

  mutating func attempt() -> AttemptID { AttemptID(pick(["a1", "a2", "sha256:0f", string()])) }
  mutating func critique() -> CritiqueID { CritiqueID(pick(["c1", "c2"])) }
  mutating func target() -> CallTarget {
    chance() ? .attempt(attempt()) : .critique(critique())
  }
  mutating func reason() -> StopReason {
    pick([.stop, .length, .tool, .filtered, .error, .truncated])
  }

  mutating func model() -> ModelDescription {
    ModelDescription(
      model: string(), dialect: "vllm", endpoint: maybe { $0.string() },
      capabilities: Capabilities(
        streaming: chance(), logProbabilities: chance(), alternatives: number(0..<21),
        continuation: pick([.exact, .template, .quoted]), thinking: chance(), trueBytes: chance(),
        tokenIDs: chance(), vocabularySize: maybe { $0.number(1..<200_000) }, scoring: chance(),
        slots: maybe { $0.number(1..<9) }, hiddenStates: chance()),
      fallbacks: (0..<number(0..<3)).map { _ in string() }, profile: maybe { $0.profile() })
  }

  mutating func profile() -> ModelProfile {
    ModelProfile(
      name: string(), prompts: maybe { $0.string() },
      calibration: maybe {
        Calibration(
          signal: "margin", steps: $0.number(1..<999), problems: $0.number(1..<99),
          knots: [[-0.5, 0.25], [Double($0.number(0..<9)), 0.75]])
      },
      reflection: maybe {
        ReflectionThresholds(
          window: $0.number(2..<99), k: 4.5, minimumDeviation: 0.125, floor: 0.5, coldStart: 1,
          share: 1 / Double($0.number(1..<99)))
      })
  }

  mutating func call() -> Call {
    Call(
      model: model(),
      messages: (0..<number(0..<3)).map { _ in
        ChatMessage(pick([.system, .user, .assistant]), string())
      },
      prefix: maybe { $0.string() }, continuation: maybe { $0.pick([.exact, .quoted]) },
      parameters: SamplingParameters(
        temperature: Double.random(in: 0..<2, using: &random),
        topP: maybe { Double.random(in: 0..<1, using: &$0.random) },
        topK: maybe { $0.number(1..<1000) }, minP: maybe { Double($0.number(0..<9)) / 16 },
        repetitionPenalty: maybe { Double($0.number(1..<9)) / 4 }, maxTokens: number(1..<9999),
        seed: maybe { $0.number(0..<Int.max) }, stop: maybe { [$0.string()] } ?? [],
        alternatives: number(0..<21)))
  }

  mutating func measures() -> StepMeasures {
    StepMeasures(
      tokens: number(0..<99), measured: number(0..<99), meanLogProbability: maybe { $0.float() },
      minLogProbability: maybe { $0.float() }, meanEntropy: maybe { $0.bounds() },
      maxEntropy: maybe { $0.bounds() }, lowestWindow: maybe { $0.float() },
      meanMargin: maybe { $0.float() })
  }

  mutating func reflection() -> ReflectionID { ReflectionID(pick(["f1", "f2", string()])) }

  mutating func rule() -> TriggerRule {
    pick([
      .adaptive(.published), .fixed(FixedThreshold(entropy: 0.5)),
      .quadrant(VarentropyQuadrant(entropy: 1, varentropy: 2)),
      .lowestWindow(LowestWindow(length: 16, logProbability: -0.5)),
      .momentum(StepMomentum(decay: 0.9, ratio: 0.9)),
      .places(RandomPlaces(positions: [1, 2], share: 0.02, seed: 3)),
      .growing(GrowingBudgets(first: 64, factor: 2)), .period(StepPeriod(steps: 2)),
    ])
  }

  mutating func reflectionSettings() -> ReflectionSettings {
    var settings = ReflectionSettings(method: pick(ReflectionMethod.allCases), rule: rule())
    settings.ambiguity = pick(AmbiguityPolicy.allCases)
    settings.maximum = number(0..<99)
    settings.learningRate = Double(number(0..<9)) / 4
    settings.doubtText = string()
    return settings
  }

  mutating func alternatives() -> [Alternative] {
    (0..<number(0..<4)).map { _ in
      Alternative(bytes: bytes(), id: maybe { Int32($0.number(0..<99)) }, logProbability: float())
    }
  }

  mutating func tally() -> ReflectionTally {
    var tally = ReflectionTally()
    tally.tested = number(0..<999)
    tally.ambiguous = number(0..<99)
    tally.milliseconds = Double(number(0..<99)) / 8
    tally.isExhausted = chance()
    return tally
  }

  mutating func reflectionFinished() -> ReflectionFinished {
    ReflectionFinished(
      attempt: attempt(), reflection: reflection(),
      outcome: pick([.decided, .kept, .cancelled, .failed]), chosen: alternatives(),
      alternatives: alternatives(), entropy: maybe { $0.bounds() },
      losses: maybe { random in (0..<random.number(0..<4)).map { _ in random.float() } },
      norm: maybe { $0.float() }, positions: maybe { $0.number(0..<99) },
      positionsLeftOut: maybe { $0.number(0..<99) }, milliseconds: Double(number(0..<99)) / 8,
      discardedTokens: number(0..<99), forwards: number(0..<99), message: maybe { $0.string() })
  }

  private mutating func label() -> Label {
    var label = Label(maybe { $0.pick(Verdict.allCases) })
    label.isFirstError = maybe { $0.chance() }
    label.isFilled = maybe { $0.chance() }
    label.errorType = maybe { $0.string() }
    label.span = maybe { LabelSpan(start: $0.number(0..<9), end: $0.number(9..<20)) }
    label.reason = maybe { $0.string() }
    label.correction = maybe { $0.string() }
    label.isFlagged = maybe { $0.chance() }
    label.candidates = maybe { [StepCandidate($0.string(), verdict: $0.pick(Verdict.allCases))] }
    label.chosen = maybe { $0.number(0..<9) }
    label.explanations = maybe { [StepCandidate($0.string(), isHuman: $0.chance())] }
    return label
  }

  mutating func event(kind: Int) -> Event {
    switch kind {
    case 0: .opened(Opened(wall: 1.5e9 + 0.1, program: string()))
    case 1: .settingChanged(SettingChanged(name: string(), value: string()))
    case 2: .modelConnected(ModelConnected(role: pick([.solver, .critic]), description: model()))
    case 3:
      .attemptStarted(
        AttemptStarted(
          attempt: attempt(), parent: maybe { $0.attempt() }, round: maybe { _ in RoundID("r1") },
          sample: maybe { $0.number(0..<64) }, keptBytes: number(0..<1000),
          branch: maybe {
            TokenBranch(replaced: $0.number(0..<9999), taken: $0.pick([.alternative, .typed]))
          }, segmenter: 1, call: call(), reflection: maybe { $0.reflectionSettings() }))
    case 4: .prompted(Prompted(target: target(), request: string()))
    case 5:
      .tokens(
        TokensArrived(
          attempt: attempt(), channel: pick([.thinking, .answer]), firstSerial: number(0..<9999),
          table: table()))
    case 6:
      .stepClosed(
        StepClosed(
          attempt: attempt(), index: number(0..<99), channel: pick([.thinking, .answer]),
          start: number(0..<50), end: number(50..<99), segmenter: 1, measures: measures()))
    case 7: .rewound(attempt: attempt(), toSerial: number(0..<999))
    case 8:
      .noted(
        Noted(
          target: target(), kind: pick([.bytesMismatch, .speculative, .other]),
          byte: maybe { $0.number(0..<99) }, text: string()))
    case 9:
      .retryScheduled(
        RetryScheduled(target: target(), delay: 0.25, number: number(1..<9), reason: string()))
    case 10:
      .attemptFinished(
        AttemptFinished(
          attempt: attempt(), reason: reason(),
          usage: maybe { Usage(promptTokens: $0.number(0..<9), completionTokens: nil) },
          message: maybe { $0.string() }, reflection: maybe { $0.tally() }))
    case 11:
      .answerExtracted(
        AnswerExtracted(
          attempt: attempt(), answer: string(), method: pick([.boxed, .answerLine, .choice]),
          isCorrect: maybe { $0.chance() }))
    case 12:
      .critiqueStarted(
        CritiqueStarted(
          critique: critique(), attempt: attempt(), steps: [0, number(1..<9)], call: call()))
    case 13: .critiqueText(critique: critique(), bytes: bytes())
    case 14:
      .verdict(
        VerdictGiven(
          critique: critique(), step: number(0..<99), verdict: pick(Verdict.allCases),
          errorType: maybe { $0.string() }, reason: maybe { $0.string() },
          repair: maybe { $0.string() }))
    case 15:
      .critiqueFinished(
        CritiqueFinished(
          critique: critique(), reason: reason(), firstError: pick([.none, .notSaid, .step(3)]),
          format: "json", message: maybe { $0.string() }))
    case 16:
      .roundStarted(
        RoundStarted(
          round: RoundID("r1"), parent: attempt(), strategy: pick([.fromScratch, .fromStep]),
          trigger: pick([.critique, .marks, .hint, .asked]), critique: maybe { $0.critique() },
          fromStep: maybe { $0.number(0..<9) }, hint: maybe { $0.string() },
          editedStep: maybe { $0.string() }))
    case 17:
      .marked(
        Marked(
          step: StepID(attempt: attempt(), index: number(0..<99)),
          verdict: maybe { $0.pick(Verdict.allCases) }, annotator: string(), wall: 1.5e9,
          channel: pick([.thinking, .answer]), start: 0, end: number(0..<99)))
    case 18: .failed(Failed(target: maybe { $0.target() }, message: string()))
    case 19:
      .reflectionTriggered(
        ReflectionTriggered(
          attempt: attempt(), reflection: reflection(), channel: pick([.thinking, .answer]),
          position: number(0..<999), byte: number(0..<999), method: pick(ReflectionMethod.allCases),
          rule: rule(), value: maybe { $0.bounds() }, threshold: maybe { Double($0.number(0..<9)) },
          temperature: 0.5, window: (0..<number(0..<4)).map { _ in bounds().lower },
          isAmbiguous: chance(), alternatives: alternatives()))
    case 20:
      .trialWritten(
        TrialWritten(
          attempt: attempt(), reflection: reflection(), trial: number(0..<9), table: table(),
          score: maybe { -Double($0.number(0..<99)) / 8 }))
    case 21:
      .trialChosen(
        TrialChosen(attempt: attempt(), reflection: reflection(), trial: number(0..<9)))
    case 22: .reflectionFinished(reflectionFinished())
    case 23:
      .reflectionTuned(
        ReflectionTuned(
          attempt: attempt(), position: number(0..<999), settings: reflectionSettings()))
    case 24:
      .controlsCompared(
        ControlsCompared(
          attempt: attempt(), reflection: reflection(),
          choices: (0..<number(0..<3)).map { _ in
            ControlsCompared.Choice(
              method: maybe { $0.pick(ReflectionMethod.allCases) }, chosen: alternatives(),
              alternatives: alternatives(), entropy: maybe { $0.bounds() })
          }))
    case 25:
      .chainImported(
        ChainImported(
          attempt: attempt(), format: string(), file: maybe { $0.string() },
          id: maybe { $0.string() }, model: maybe { $0.string() }, isCorrect: maybe { $0.chance() },
          gap: maybe { $0.string() }, metadata: chance() ? [:] : [string(): string()]))
    case 26:
      .labelDetailed(
        LabelDetailed(
          step: StepID(attempt: attempt(), index: number(0..<99)), annotator: string(), wall: 1.5e9,
          errorType: maybe { $0.string() }, reason: maybe { $0.string() },
          correction: maybe { $0.string() }, isFlagged: maybe { $0.chance() },
          candidates: maybe {
            [StepCandidate($0.string(), verdict: $0.pick(Verdict.allCases), isHuman: $0.chance())]
          }, chosen: maybe { $0.number(0..<9) }))
    case 27:
      .labelled(
        Labelled(
          step: StepID(attempt: attempt(), index: number(0..<99)), digest: string(),
          annotator: string(), wall: 1.5e9, pass: maybe { $0.number(1..<4) },
          seconds: maybe { Double($0.number(0..<999)) / 8 }, label: label(),
          sources: maybe {
            [
              LabelSource(
                annotator: $0.string(), verdict: $0.pick(Verdict.allCases),
                errorType: $0.maybe { $0.string() })
            ]
          }))
    case 28:
      .revealed(
        Revealed(
          attempt: attempt(), step: maybe { $0.number(0..<99) }, annotator: string(), wall: 1.5e9,
          pass: maybe { $0.number(1..<4) }))
    case 29:
      .chainJudged(
        ChainJudged(
          attempt: attempt(), annotator: string(), wall: 1.5e9,
          answer: maybe { $0.pick(Verdict.allCases) },
          reach: maybe { $0.pick(ChainJudged.Reach.allCases) },
          exit: maybe { $0.pick(ChainJudged.Exit.allCases) }, reason: maybe { $0.string() },
          seconds: maybe { Double($0.number(0..<999)) / 8 }))
    case 30:
      .alternativesWritten(
        AlternativesWritten(
          step: StepID(attempt: attempt(), index: number(0..<99)), call: .sample,
          texts: (0..<number(0..<4)).map { _ in string() }))
    default:
      .unknown(
        kind: "stepJudged",
        line: Array(#"{"kind":"stepJudged", "t":1.0,"n":7,"x":[1,{"y":"\u00e9"}]}"#.utf8))
    }
  }
}
