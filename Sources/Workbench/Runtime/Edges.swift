import Engine
import Sessions

/// Everything outside that the workbench reaches through: networks, files, clocks.
///
/// Handed in by the program, so that the same ``Runtime`` serves the screen, pipes and tests.
package struct Edges: Sendable {
  package var library: Library
  /// Opens a model from a profile's name, a weights file or an endpoint; probes it.
  ///
  /// `progress` is told the share of a weights file that has been read.
  package var connect:
    @Sendable (_ spec: String, _ progress: @escaping @Sendable (Double) -> Void) async throws ->
      any LanguageModel
  /// Servers that answer on this machine or in the environment.
  package var discover: @Sendable () async -> [String]
  package var problemSets: @Sendable () -> [ProblemSet]
  /// A prompt set by name, a person's own files in force.
  package var prompts: @Sendable (_ name: String) throws -> PromptSet
  /// Any error as one sentence that ends with what to do next.
  package var sentence: @Sendable (any Error) -> String
  package var program: String
  /// Seconds since 1970.
  package var wall: @Sendable () -> Double
  /// Seconds that never go back.
  package var clock: @Sendable () -> Double

  package init(
    library: Library,
    connect:
      @escaping @Sendable (String, @escaping @Sendable (Double) -> Void) async throws ->
      any LanguageModel,
    discover: @escaping @Sendable () async -> [String],
    problemSets: @escaping @Sendable () -> [ProblemSet],
    prompts: @escaping @Sendable (String) throws -> PromptSet,
    sentence: @escaping @Sendable (any Error) -> String,
    program: String,
    wall: @escaping @Sendable () -> Double,
    clock: @escaping @Sendable () -> Double
  ) {
    self.library = library
    self.connect = connect
    self.discover = discover
    self.problemSets = problemSets
    self.prompts = prompts
    self.sentence = sentence
    self.program = program
    self.wall = wall
    self.clock = clock
  }
}
