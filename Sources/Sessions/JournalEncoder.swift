import Foundation

/// Turns records into journal lines; `docs/journal.md` specifies each kind.
///
/// The envelope and the token columns are written by hand, because tokens come by the thousand a
/// second and the columns' head must stand first (see ``JournalPreview``); all else is
/// Foundation's encoder with sorted keys, so the same events always make the same bytes.
package struct JournalEncoder {
  private let json = JSONEncoder()

  package init() {
    json.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    json.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  /// The first line of a journal, with its line feed.
  package func line(_ header: Header) -> [UInt8] {
    var out = Array(#"{"erratum":"journal""#.utf8)
    appendPayload(header, to: &out)
    return out
  }

  /// The first line of an annotator's file, with its line feed.
  package func line(_ header: AnnotationHeader) -> [UInt8] {
    var out = Array(#"{"erratum":"annotations""#.utf8)
    appendPayload(header, to: &out)
    return out
  }

  package func line(_ record: Record) -> [UInt8] {
    var out: [UInt8] = []
    append(record, to: &out)
    return out
  }

  /// Appends one line, with its line feed.
  package func append(_ record: Record, to out: inout [UInt8]) {
    func write(_ kind: String, _ payload: some Encodable) {
      appendEnvelope(record, kind, to: &out)
      appendPayload(payload, to: &out)
    }
    switch record.event {
    case .opened(let event): write("opened", event)
    case .settingChanged(let event): write("settingChanged", event)
    case .modelConnected(let event): write("modelConnected", event)
    case .attemptStarted(let event): write("attemptStarted", event)
    case .prompted(let event): write("prompted", event)
    case .tokens(let arrived):
      appendEnvelope(record, "tokens", to: &out)
      arrived.appendMembers(to: &out)
    case .stepClosed(let event):
      guard event.measures == StepMeasures() else { return write("stepClosed", event) }
      appendEnvelope(record, "stepClosed", to: &out)
      event.appendMembers(to: &out)
    case .rewound(let attempt, let serial):
      write("rewound", RewoundLine(attempt: attempt, toSerial: serial))
    case .reflectionTriggered(let event): write("reflectionTriggered", event)
    case .trialWritten(let trial):
      appendEnvelope(record, "trialWritten", to: &out)
      trial.appendMembers(to: &out)
    case .trialChosen(let event): write("trialChosen", event)
    case .reflectionFinished(let event): write("reflectionFinished", event)
    case .reflectionTuned(let event): write("reflectionTuned", event)
    case .controlsCompared(let event): write("controlsCompared", event)
    case .noted(let event): write("noted", NotedLine(event))
    case .retryScheduled(let event): write("retryScheduled", event)
    case .attemptFinished(let event): write("attemptFinished", event)
    case .answerExtracted(let event): write("answerExtracted", event)
    case .chainImported(let event): write("chainImported", event)
    case .critiqueStarted(let event): write("critiqueStarted", event)
    case .critiqueText(let critique, let bytes):
      appendEnvelope(record, "critiqueText", to: &out)
      out += #","critique":"#.utf8
      out.appendJSON(text: Array(critique.description.utf8)[...])
      out += #","text":"#.utf8
      out.appendJSON(text: bytes[...])
      out += "}\n".utf8
    case .verdict(let event): write("verdict", event)
    case .critiqueFinished(let event): write("critiqueFinished", event)
    case .roundStarted(let event): write("roundStarted", event)
    case .marked(let event):
      appendEnvelope(record, "marked", to: &out)
      event.appendMembers(to: &out)
    case .labelDetailed(let event): write("labelDetailed", event)
    case .labelled(let event): write("labelled", event)
    case .revealed(let event): write("revealed", event)
    case .chainJudged(let event): write("chainJudged", event)
    case .alternativesWritten(let event): write("alternativesWritten", event)
    case .failed(let event): write("failed", event)
    case .unknown(_, let line):
      out += line
      out.append(UInt8(ascii: "\n"))
    }
  }

  private func appendEnvelope(_ record: Record, _ kind: StaticString, to out: inout [UInt8]) {
    appendEnvelope(record, kind.description, to: &out)
  }

  private func appendEnvelope(_ record: Record, _ kind: String, to out: inout [UInt8]) {
    let time = record.t.isFinite ? record.t : 0
    out += "{\"n\":\(record.n),\"t\":\(time),\"kind\":\"\(kind)\"".utf8
  }

  /// Appends the members of `payload` after those already there, and closes the line.
  private func appendPayload(_ payload: some Encodable, to out: inout [UInt8]) {
    // Nothing in the vocabulary refuses to be encoded: every float has a form.
    let body = (try? json.encode(payload)) ?? Data("{}".utf8)
    if body.count > 2 { out.append(UInt8(ascii: ",")) }
    out += body.dropFirst()
    out.append(UInt8(ascii: "\n"))
  }
}

/// The two kinds that imports write by the million, as Foundation's encoder would: keys sorted,
/// whole numbers without a point.
extension StepClosed {
  /// Appends the members of a step of which nothing was measured, and closes the line.
  fileprivate func appendMembers(to out: inout [UInt8]) {
    out += #","attempt":"#.utf8
    out.appendJSON(text: Array(attempt.description.utf8)[...])
    out += ",\"channel\":\"\(channel.rawValue)\",\"end\":\(end),\"index\":\(index)".utf8
    out += #","measures":{"measured":0,"tokens":0}"#.utf8
    out += ",\"segmenter\":\(segmenter),\"start\":\(start)}\n".utf8
  }
}

extension Marked {
  /// Appends the members of a mark, and closes the line.
  fileprivate func appendMembers(to out: inout [UInt8]) {
    out += #","annotator":"#.utf8
    out.appendJSON(text: Array(annotator.utf8)[...])
    out += ",\"channel\":\"\(channel.rawValue)\",\"end\":\(end),\"start\":\(start)".utf8
    out += #","step":{"attempt":"#.utf8
    out.appendJSON(text: Array(step.attempt.description.utf8)[...])
    out += ",\"index\":\(step.index)}".utf8
    if let verdict { out += ",\"verdict\":\"\(verdict.rawValue)\"".utf8 }
    let whole = Int(exactly: wall)
    out += ",\"wall\":\(whole.map(String.init) ?? (wall.isFinite ? "\(wall)" : "0"))}\n".utf8
  }
}

extension [UInt8] {
  /// Appends a JSON string, or `{"b":"<base64>"}` for bytes that are no UTF-8.
  mutating func appendJSON(text: ArraySlice<UInt8>) {
    guard text.isUTF8 else {
      self += "{\"b\":\"\(Data(text).base64EncodedString())\"}".utf8
      return
    }
    append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0x0A: self += #"\n"#.utf8
      case 0x09: self += #"\t"#.utf8
      case 0x0D: self += #"\r"#.utf8
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        self += #"\u00"#.utf8
        append(digits[Int(byte >> 4)])
        append(digits[Int(byte & 15)])
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends the shortest decimal that reads back as the same value; `null` if not finite.
  mutating func appendJSON(_ number: Float?) {
    guard let number, number.isFinite else {
      self += "null".utf8
      return
    }
    self += number.description.utf8
  }
}

extension ArraySlice<UInt8> {
  fileprivate var isUTF8: Bool {
    if allSatisfy({ $0 < 0x80 }) { return true }
    return String(decoding: self, as: UTF8.self).utf8.elementsEqual(self)
  }
}
