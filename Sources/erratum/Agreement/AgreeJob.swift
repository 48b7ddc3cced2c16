import Engine
import Foundation
import Sessions
import Workbench

/// From names on the command line to agreement.
struct AgreeJob {
  let library: Library
  var bootstrap: Bootstrap
  var which = LabelGathering.Which.blind
  var isOrdinal = false
  /// Told in one sentence of everything that is left out.
  var complain: (String) -> Void = { warn($0) }

  struct Outcome {
    var agreement: AnnotatorAgreement
    var gathering: LabelGathering
    var choice: AgreeChoice
  }

  init(library: Library, bootstrap: Bootstrap) {
    self.library = library
    self.bootstrap = bootstrap
  }

  func run(_ names: [String], as people: String? = nil, gold: String? = nil) throws -> Outcome {
    let places = try LabelPlaces(names, in: library)
    var gathering = LabelGathering(which)
    try gathering.take(places.places, in: library, complain: complain)
    let choice = try AgreeChoice(as: people, gold: gold, among: gathering.names, places: names)
    let agreement = AnnotatorAgreement(
      gathering.chains, annotators: choice.people, gold: choice.gold, isOrdinal: isOrdinal,
      bootstrap: bootstrap)
    return Outcome(agreement: agreement, gathering: gathering, choice: choice)
  }
}

/// Who is compared with whom.
struct AgreeChoice: Equatable {
  var people: [String]
  var gold: String?
  /// Ratings that came with the data, or a consensus, that nobody asked for.
  var leftOut: [String]

  /// - Parameter typed: names with commas.
  init(as typed: String?, gold: String?, among names: Set<String>, places: [String]) throws {
    guard !names.isEmpty else { throw AgreeError.noLabels(places: places) }
    if let gold { try Self.check(gold, names) }
    self.gold = gold
    guard let typed else {
      let imported = names.filter { Self.isNobody($0) && $0 != gold }
      people = names.filter { !imported.contains($0) && $0 != gold }.sorted()
      leftOut = imported.sorted()
      if people.isEmpty { throw AgreeError.onlyImported(names: names.sorted().map(\.visible)) }
      return
    }
    leftOut = []
    people = []
    let parts = typed.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    for name in parts where !name.isEmpty {
      try Self.check(name, names)
      if name == gold { throw AgreeError.goldIsCompared(name: name.visible) }
      if !people.contains(name) { people.append(name) }
    }
    if people.isEmpty {
      throw InputError.badSetting(
        name: "as", value: typed.visible, allowed: "names with commas between them")
    }
  }

  private static func check(_ name: String, _ names: Set<String>) throws {
    guard !names.contains(name) else { return }
    throw AgreeError.noSuchAnnotator(
      name: name.visible, names: names.sorted().map(\.visible),
      nearest: nearest(to: name, in: names)?.visible)
  }

  /// Ratings that came with the data are named for its format, settled ones `consensus`.
  static func isNobody(_ name: String) -> Bool {
    name == "consensus" || ImportFormat(rawValue: name) != nil
  }

  /// What one could do when only one person can be compared.
  var advice: String? {
    guard people.count == 1, gold == nil, let only = people.first else { return nil }
    let other =
      leftOut.first.map { "hold the labels against those of the data with --gold \($0)" }
      ?? "name the folder of another person's labels too, or gold labels with --gold"
    return "only \(only.visible) labelled these chains, so agreement is undefined; \(other)."
  }
}

/// What `--json` prints.
struct AgreeOutput: Encodable {
  var labels: LabelGathering.Which
  var sessions: Int
  var unreadableSessions: Int
  /// Files of annotators, or lines of them, that could not be read.
  var damage: Int
  /// Labels that lost their step, by annotator.
  var orphans: [String: Int]
  /// People with labels on these chains who were not asked for.
  var leftOut: [String]
  var agreement: AnnotatorAgreement

  init(_ outcome: AgreeJob.Outcome) {
    labels = outcome.gathering.which
    sessions = outcome.gathering.sessions
    unreadableSessions = outcome.gathering.unreadable
    damage = outcome.gathering.damage
    orphans = outcome.gathering.orphans
    leftOut = outcome.choice.leftOut
    agreement = outcome.agreement
  }
}
