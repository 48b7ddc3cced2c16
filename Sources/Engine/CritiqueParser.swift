import Sessions

/// Reads a critic's verdicts while its text streams in.
///
/// Three ways of saying them are known, and may be mixed:
/// - JSON objects `{"step": 2, "verdict": "incorrect", ...}`: alone on lines, in an array, within
///   another object, inside or outside fences. Each counts once its closing brace has come.
/// - Lines `Step 2: incorrect - 17 + 18 is 35` or `Step 2: 17 + 18 = 35, wrong`, and
///   `First error: step 2`.
/// - Prose that ends in `\boxed{2}`, the first wrong step, numbered as our prompts number, from 1;
///   `\boxed{-1}` and `\boxed{0}` say that there is none.
///
/// What fits none is not guessed at. Steps are bound by the number the critic was shown; numbers
/// outside it, and a second verdict on the same step, are left out.
package struct CritiqueParser: Sendable {
  package struct Judgement: Equatable, Sendable {
    /// Attempt-wide step index.
    package var step: Int
    package var verdict: Verdict
    package var errorType: String?
    package var reason: String?
    package var repair: String?
  }

  /// Longer lines and objects are not verdicts.
  static let longestPiece = 65_536

  private let critique: CritiqueID
  private let steps: [Int]
  private var given: Set<Int> = []
  private var objects = ObjectScanner()
  private var line: [UInt8] = []
  private var boxed = BoxedScanner()
  private var said: CritiqueFinished.FirstError?
  private var formats: Set<String> = []
  private var sawObjectInLine = false

  /// `steps` are the attempt-wide indices in the order the critic numbers them from 1.
  package init(critique: CritiqueID, steps: [Int]) {
    self.critique = critique
    self.steps = steps
  }

  /// Takes more of the critic's text; returns the verdicts it completed.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [VerdictGiven] {
    var verdicts: [VerdictGiven] = []
    for byte in bytes {
      boxed.take(byte)
      if let object = objects.take(byte) {
        if read(object, &verdicts) { sawObjectInLine = true }
      }
      if byte == ASCII.newline {
        endLine(&verdicts)
      } else if line.count < Self.longestPiece {
        line.append(byte)
      }
    }
    return verdicts
  }

  /// Ends the text; returns the verdicts that only its end decided.
  package mutating func finish() -> [VerdictGiven] {
    var verdicts: [VerdictGiven] = []
    endLine(&verdicts)
    if formats.isEmpty, let number = boxed.number {
      if number == -1 || number == 0 {
        formats.insert("boxed")
        said = CritiqueFinished.FirstError.none
      } else if let step = step(number) {
        formats.insert("boxed")
        said = .step(step)
        give(Judgement(step: step, verdict: .incorrect), &verdicts)
      }
    }
    return verdicts
  }

  /// What was said about the first wrong step; after ``finish()``.
  package var firstError: CritiqueFinished.FirstError {
    said ?? .notSaid
  }

  /// `json`, `lines`, `boxed`, or `text` when nothing could be read.
  package var format: String {
    ["json", "lines", "boxed"].first(where: formats.contains) ?? "text"
  }

  private func step(_ number: Int) -> Int? {
    steps.indices.contains(number - 1) ? steps[number - 1] : nil
  }

  private mutating func give(_ judgement: Judgement, _ verdicts: inout [VerdictGiven]) {
    guard given.insert(judgement.step).inserted else { return }
    verdicts.append(
      VerdictGiven(
        critique: critique, step: judgement.step, verdict: judgement.verdict,
        errorType: judgement.errorType, reason: judgement.reason, repair: judgement.repair))
  }

  /// Whether the object was a verdict or told the first error.
  private mutating func read(_ object: VerdictObject, _ verdicts: inout [VerdictGiven]) -> Bool {
    if let first = object.firstError {
      formats.insert("json")
      switch first {
      case .none: said = CritiqueFinished.FirstError.none
      case .number(let number): if let step = step(number) { said = .step(step) }
      }
    }
    guard let number = object.step, let verdict = object.verdict, let step = step(number) else {
      return object.firstError != nil
    }
    formats.insert("json")
    give(
      Judgement(
        step: step, verdict: verdict, errorType: object.errorType, reason: object.reason,
        repair: object.repair), &verdicts)
    return true
  }

  private mutating func endLine(_ verdicts: inout [VerdictGiven]) {
    defer {
      line.removeAll(keepingCapacity: true)
      sawObjectInLine = false
    }
    // A line inside an object that is still open is the object's.
    guard !sawObjectInLine, !objects.isInside, !line.isEmpty else { return }
    switch CritiqueLine(String(decoding: line, as: UTF8.self)) {
    case .verdict(let number, let verdict, let reason):
      guard let step = step(number) else { return }
      formats.insert("lines")
      give(Judgement(step: step, verdict: verdict, reason: reason), &verdicts)
    case .firstError(let number):
      guard let step = step(number) else { return }
      formats.insert("lines")
      said = .step(step)
    case .noError:
      formats.insert("lines")
      said = CritiqueFinished.FirstError.none
    case .other: break
    }
  }
}
