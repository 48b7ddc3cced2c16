/// The name of one thing within a session; the parameter keeps names of different things apart.
///
/// `a1`, `c1`, `r1` ... for what is made here; imported attempts are named by a hash of their
/// content, so that two people's imports of one chain agree.
package struct Name<Thing>: Hashable, Sendable, Codable, CustomStringConvertible {
  package var description: String
  package init(_ name: String) { description = name }
  package init(from decoder: any Decoder) throws {
    description = try decoder.singleValueContainer().decode(String.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

package typealias AttemptID = Name<Attempt>
package typealias CritiqueID = Name<Critique>
package typealias RoundID = Name<Round>

/// One step of one attempt; `index` counts from 0 over both channels, in the order they closed.
package struct StepID: Hashable, Sendable, Codable {
  package var attempt: AttemptID
  package var index: Int
  package init(attempt: AttemptID, index: Int) {
    self.attempt = attempt
    self.index = index
  }
}

/// Which of a model's two voices a token belongs to.
///
/// Each has bytes and steps of its own; offsets of one mean nothing in the other.
package enum Channel: String, Codable, Sendable, CaseIterable {
  case thinking, answer
}
