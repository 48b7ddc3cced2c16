/// A question to reason about.
package struct Problem: Codable, Equatable, Sendable {
  package var id: String
  package var text: String
  /// The reference answer, when there is one.
  package var answer: String?
  /// Where it came from: a problem set's name, a file, `typed`.
  package var source: String?
  package var kind: String?
  package init(
    id: String, text: String, answer: String? = nil, source: String? = nil, kind: String? = nil
  ) {
    self.id = id
    self.text = text
    self.answer = answer
    self.source = source
    self.kind = kind
  }
}

/// The first line of a journal.
package struct Header: Codable, Equatable, Sendable {
  package struct Version: Codable, Equatable, Sendable {
    package var major: Int
    package var minor: Int
    package init(major: Int, minor: Int) {
      self.major = major
      self.minor = minor
    }
  }
  package var format: Version
  /// The version of the program that began the session.
  package var program: String
  /// The session's id: also the name of its folder.
  package var session: String
  /// Seconds since 1970.
  package var created: Double
  package var problem: Problem
  /// The session and record this one branched from.
  package var branchedFrom: Branch?

  package struct Branch: Codable, Equatable, Sendable {
    package var session: String
    package var n: Int
    package init(session: String, n: Int) {
      self.session = session
      self.n = n
    }
  }

  package static let currentFormat = Version(major: 1, minor: 4)

  package init(
    format: Version = Header.currentFormat, program: String, session: String, created: Double,
    problem: Problem, branchedFrom: Branch? = nil
  ) {
    self.format = format
    self.program = program
    self.session = session
    self.created = created
    self.problem = problem
    self.branchedFrom = branchedFrom
  }
}
