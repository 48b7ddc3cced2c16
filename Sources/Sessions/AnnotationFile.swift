import Foundation

/// The first line of an annotator's file.
package struct AnnotationHeader: Codable, Equatable, Sendable {
  package var format: Header.Version
  package var program: String
  package var session: String
  package var annotator: String
  /// Seconds since 1970.
  package var created: Double
  package init(
    format: Header.Version = Header.currentFormat, program: String, session: String,
    annotator: String, created: Double
  ) {
    self.format = format
    self.program = program
    self.session = session
    self.annotator = annotator
    self.created = created
  }
}
