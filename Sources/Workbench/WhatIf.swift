import Engine
import Sessions

/// What other thresholds would do to the text as it stands; no model is called.
package struct WhatIf: Equatable, Sendable {
  package var parameter: ThresholdSweep.Parameter
  /// The row the cursor is on.
  package var selection: Int
  /// All attempts of the session, not the one on screen alone.
  package var coversAll: Bool
  /// What the rows are compared with: the settings in force.
  package var base: ReflectionSettings
  /// The value of the parameter in force; `nil` where the rule in force has no such number.
  package var present: Double?
  package var rows: [ThresholdSweep.Row] = []
  /// Attempts looked at, those of them without entropies, and those whose steps were judged.
  package var attempts = 0
  package var unmeasured = 0
  package var judged = 0
  /// Measured once, for as long as the panel is open.
  var responses = Kept<[JudgedResponse]>([])

  /// Whether any attempt has entropies to hold against a threshold.
  package var isMeasured: Bool { attempts > unmeasured }
}

/// Keys of the what-if panel.
extension State {
  mutating func openWhatIf() {
    guard let attempt = reading?.attempt else {
      notice = Notice("no attempt to look at yet")
      return
    }
    let base = presentReflection(for: attempt)
    var whatIf = WhatIf(
      parameter: base.usualParameter, selection: 0, coversAll: false, base: base)
    measure(&whatIf)
    panel = .whatIf(whatIf)
  }

  /// The responses it is about, measured, and the rows made of them.
  func measure(_ whatIf: inout WhatIf) {
    guard let reading, let shown = reading.attempt else { return }
    let attempts =
      whatIf.coversAll ? reading.session.attempts.filter { $0.tokenCount > 0 } : [shown]
    let responses = attempts.map { attempt in
      JudgedResponse(
        attempt, in: reading.session, critique: attempt.id == shown.id ? reading.critique : nil)
    }
    whatIf.responses.value = responses
    whatIf.attempts = responses.count
    whatIf.unmeasured = responses.count { !$0.isMeasured }
    whatIf.judged = responses.count(where: \.isJudged)
    sweep(&whatIf)
  }

  /// The rows of the chosen number, the cursor on the value in force.
  func sweep(_ whatIf: inout WhatIf) {
    let thresholds = settings.reflection.thresholds(for: reflectingModel)
    whatIf.present = whatIf.base.value(of: whatIf.parameter)
    let around = whatIf.present ?? whatIf.parameter.usualValue(thresholds)
    let values = ThresholdSweep.values(of: whatIf.parameter, around: around)
    whatIf.rows =
      whatIf.isMeasured
      ? ThresholdSweep.rows(
        over: whatIf.responses.value, base: whatIf.base, parameter: whatIf.parameter,
        values: values, thresholds: thresholds) : []
    whatIf.selection = values.firstIndex(of: around) ?? 0
  }

  mutating func changeWhatIf(parameterBy delta: Int) {
    guard case .whatIf(var whatIf) = panel else { return }
    let all = ThresholdSweep.Parameter.allCases
    let place = all.firstIndex(of: whatIf.parameter) ?? 0
    whatIf.parameter = all[(place + delta + all.count) % all.count]
    sweep(&whatIf)
    panel = .whatIf(whatIf)
  }

  mutating func toggleWhatIfScope() {
    guard case .whatIf(var whatIf) = panel else {
      notice = Notice("all attempts are looked at in the what-if panel")
      return
    }
    let selection = whatIf.selection
    whatIf.coversAll.toggle()
    measure(&whatIf)
    whatIf.selection = selection
    panel = .whatIf(whatIf)
  }

  /// Tokens came, or verdicts: the panel follows.
  mutating func refreshWhatIf() {
    guard case .whatIf(var whatIf) = panel else { return }
    let value =
      whatIf.rows.indices.contains(whatIf.selection)
      ? whatIf.rows[whatIf.selection].value : nil
    measure(&whatIf)
    if let place = whatIf.rows.firstIndex(where: { $0.value == value }) { whatIf.selection = place }
    panel = .whatIf(whatIf)
  }

  /// Takes the value under the cursor over as the setting.
  mutating func takeWhatIf() -> [Effect] {
    guard case .whatIf(let whatIf) = panel, whatIf.rows.indices.contains(whatIf.selection) else {
      panel = nil
      return []
    }
    panel = nil
    let row = whatIf.rows[whatIf.selection]
    let model = reflectingModel
    if reading?.isRetuned != true { settings.reflection.adopt(whatIf.base, for: model) }
    let wanted = whatIf.base.with(
      whatIf.parameter, row.value,
      thresholds: whatIf.base.thresholds ?? settings.reflection.thresholds(for: model))
    let number = whatIf.parameter.number
    var effects: [Effect] = []
    if settings.reflection.watching(for: model).rule.name != wanted.rule.name {
      let name = ReflectionWord.rule.rawValue
      effects += setReflection(.word(.rule), name: name, to: wanted.rule.name.rawValue)
    }
    let value = number.isWhole ? row.value.formatted(places: 0) : String(row.value)
    effects += setReflection(.number(number), name: number.rawValue, to: value)
    effects = merged(effects)
    let was = whatIf.present.map { ", was \(number.words($0))" } ?? ""
    notice = Notice(
      "\(number.title) \(number.words(row.value))\(was): \(count(row.triggers, "trigger"))"
        + (whatIf.coversAll ? " over \(count(row.attempts, "attempt"))" : " here"))
    return effects
  }

  /// What is tuned last holds; settings changed one after the other go on record together.
  private func merged(_ effects: [Effect]) -> [Effect] {
    if let last = effects.last, case .tuneReflection = last { return [last] }
    let events = effects.flatMap { effect -> [Event] in
      if case .record(let events) = effect { events } else { [] }
    }
    return events.isEmpty ? [] : [.record(events)]
  }
}

extension ThresholdSweep.Parameter {
  /// What `:set` calls it.
  var number: ReflectionNumber {
    switch self {
    case .k: .k
    case .window: .window
    case .floor: .floor
    case .entropy: .entropy
    }
  }

  fileprivate func usualValue(_ thresholds: AdaptiveThreshold) -> Double {
    switch self {
    case .k: thresholds.k
    case .window: Double(thresholds.window)
    case .floor, .entropy: thresholds.floor
    }
  }
}

extension ReflectionSettings {
  /// `nil` where the rule has no such number.
  fileprivate func value(of parameter: ThresholdSweep.Parameter) -> Double? {
    rule.numbers.first { $0.0 == parameter.number && rule.looksAtEntropy }?.1
  }

  fileprivate var usualParameter: ThresholdSweep.Parameter {
    switch rule {
    case .fixed, .quadrant: .entropy
    default: .k
    }
  }
}
