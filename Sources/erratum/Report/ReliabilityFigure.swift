import Engine
import Workbench

/// Reliability diagrams and risk-coverage curves as SVG, one row of three panels a source.
struct ReliabilityFigure {
  private static let panel = (width: 340.0, height: 300.0)
  private static let margin = (left: 60.0, top: 44.0, right: 20.0, bottom: 44.0)

  /// Rows of the sources that were measured.
  let sections: [CalibrationReport.Section]

  init(_ report: CalibrationReport) {
    sections = (report.signals + report.critics).filter { $0.measures != nil }
  }

  init(_ section: CalibrationReport.Section) {
    sections = section.measures == nil ? [] : [section]
  }

  private var height: Double { Self.panel.height * Double(max(sections.count, 1)) }

  /// A file of its own: it brings its colours.
  var file: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg(style: Self.style) + "\n"
  }

  /// Part of a page that has the colours.
  var inline: String { svg(style: nil) }

  private func svg(style: String?) -> String {
    let width = 3 * Self.panel.width
    let names = sections.map(\.name).joined(separator: ", ")
    var out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(width)) "
      + "\(Self.number(height))\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" "
      + "role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
    out += "<title>\(Self.text("Reliability and risk-coverage of \(names)"))</title>\n"
    out += "<desc>\(Self.text(sections.map(Self.description).joined(separator: " ")))</desc>\n"
    if let style {
      out += "<style>\(style)</style>\n"
      out += "<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    }
    for (row, section) in sections.enumerated() {
      guard let found = section.measures else { continue }
      out +=
        "<g transform=\"translate(0 \(Self.number(Double(row) * Self.panel.height)))\">"
        + Self.reliability(found.equalWidthBins, of: found.count, "\(section.name), equal width")
        + Self.moved(
          1, Self.reliability(found.equalMassBins, of: found.count, "equal mass"))
        + Self.moved(2, Self.risk(found)) + "</g>\n"
    }
    return out + "</svg>"
  }

  /// The figure in words, for who cannot see it.
  static func description(_ section: CalibrationReport.Section) -> String {
    guard let found = section.measures else { return "" }
    let bins = found.equalMassBins.map { bin in
      "confidence \(bin.confidence.formatted(places: 2)): \(bin.right) of \(bin.count) right"
    }
    return "\(section.name), \(found.count) steps. \(bins.joined(separator: "; "))."
  }

  // MARK: Panels

  private static func moved(_ panels: Double, _ content: String) -> String {
    "<g transform=\"translate(\(number(panels * panel.width)) 0)\">\(content)</g>\n"
  }

  private static func reliability(
    _ bins: [ReliabilityBin], of total: Int, _ name: String
  ) -> String {
    var out = frame(title: name, x: "confidence", y: "share right")
    out += line(from: (0, 0), to: (1, 1), "ideal", "stroke=\"#888888\" stroke-dasharray=\"4 4\"")
    for bin in bins {
      if let interval = bin.interval {
        out += line(
          from: (bin.confidence, interval.lower), to: (bin.confidence, interval.upper), "range",
          "stroke=\"#2a6fbb\" stroke-width=\"1.5\"")
      }
    }
    for bin in bins {
      let share = (Double(bin.count) / Double(max(total, 1))).squareRoot()
      out +=
        "<circle class=\"point\" cx=\"\(x(bin.confidence))\" cy=\"\(y(bin.share))\" "
        + "r=\"\(number(2.5 + 5 * share))\" fill=\"#2a6fbb\"><title>"
        + text(
          "confidence \(bin.confidence.formatted(places: 3)), \(bin.right) of \(bin.count) right")
        + "</title></circle>"
    }
    return out
  }

  private static func risk(_ found: CalibrationMeasures) -> String {
    let top = max(found.riskCoverage.map(\.risk).max() ?? 0, found.baseRate, 0.01)
    let scale = [0.05, 0.1, 0.2, 0.3, 0.5, 1].first { $0 >= top } ?? 1
    var out = frame(
      title: "risk-coverage", x: "coverage, the surest first", y: "share wrong", top: scale)
    out += line(
      from: (0, found.baseRate / scale), to: (1, found.baseRate / scale), "ideal",
      "stroke=\"#888888\" stroke-dasharray=\"4 4\"")
    let points = found.riskCoverage.map { "\(x($0.coverage)),\(y($0.risk / scale))" }
    out +=
      "<polyline class=\"curve\" fill=\"none\" stroke=\"#b5482a\" stroke-width=\"2\" points=\""
      + points.joined(separator: " ") + "\"/>"
    return out
  }

  private static func frame(
    title: String, x xName: String, y yName: String, top: Double = 1
  ) -> String {
    var out =
      "<rect class=\"frame\" x=\"\(x(0))\" y=\"\(y(1))\" width=\"\(number(inner.width))\" "
      + "height=\"\(number(inner.height))\" fill=\"none\" stroke=\"#888888\"/>"
    for quarter in 0...4 {
      let share = Double(quarter) / 4
      out += label(share.formatted(places: 2), at: (x(share), number(y0 + 16)), "middle")
      let tick = share * top
      out += label(
        top < 1 ? (tick * 100).formatted(places: 1) + "%" : tick.formatted(places: 2),
        at: (number(margin.left - 6), number(yOf(share) + 4)), "end")
    }
    out += label(xName, at: (x(0.5), number(y0 + 34)), "middle")
    out +=
      "<text class=\"ink\" fill=\"#222222\" text-anchor=\"middle\" "
      + "transform=\"translate(14 \(y(0.5))) rotate(-90)\">\(text(yName))</text>"
    if !title.isEmpty {
      out +=
        "<text class=\"ink\" fill=\"#222222\" font-size=\"14\" font-weight=\"600\" "
        + "x=\"\(x(0))\" y=\"28\">\(text(String(title.prefix(44))))</text>"
    }
    return out
  }

  private static func label(_ words: String, at place: (String, String), _ anchor: String)
    -> String
  {
    "<text class=\"ink\" fill=\"#222222\" text-anchor=\"\(anchor)\" x=\"\(place.0)\" "
      + "y=\"\(place.1)\">\(text(words))</text>"
  }

  private static func line(
    from: (Double, Double), to: (Double, Double), _ kind: String, _ attributes: String
  ) -> String {
    "<line class=\"\(kind)\" x1=\"\(x(from.0))\" y1=\"\(y(from.1))\" x2=\"\(x(to.0))\" "
      + "y2=\"\(y(to.1))\" \(attributes)/>"
  }

  // MARK: Places

  private static var inner: (width: Double, height: Double) {
    (
      panel.width - margin.left - margin.right, panel.height - margin.top - margin.bottom
    )
  }
  private static var y0: Double { panel.height - margin.bottom }
  private static func yOf(_ share: Double) -> Double {
    y0 - min(max(share, 0), 1) * inner.height
  }
  private static func x(_ share: Double) -> String {
    number(margin.left + min(max(share, 0), 1) * inner.width)
  }
  private static func y(_ share: Double) -> String { number(yOf(share)) }
  private static func number(_ value: Double) -> String { value.formatted(places: 1) }

  static func text(_ words: String) -> String {
    // XML has no place for two noncharacters, marked up or not.
    let scalars = Gate().plain(words).unicodeScalars.filter {
      ![0xFFFE, 0xFFFF].contains($0.value)
    }
    return HTMLPage.escaped(String(String.UnicodeScalarView(scalars)))
  }

  /// Colours by class; attributes have those of light paper for readers without CSS.
  static let style = """
    @media (prefers-color-scheme:dark){.paper{fill:#15181c}.ink{fill:#d8dce2}.frame,.ideal{stroke:#77808c}\
    .range{stroke:#7db4f0}.point{fill:#7db4f0}.curve{stroke:#f0936f}}
    """
}
