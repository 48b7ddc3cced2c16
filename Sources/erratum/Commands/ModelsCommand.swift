import ArgumentParser
import Engine
import Foundation
import ModelLocal
import Sessions
import Workbench

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List models, describe one, check or calibrate one.",
    subcommands: [Describe.self, Check.self, Calibrate.self], defaultSubcommand: Describe.self)
}

extension ModelsCommand {
  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "describe", abstract: "List models and servers found, or describe one model.",
      discussion: """
        Naming a model connects to it, or reads its file, and says what it can do and what is \
        done instead.
        """)
    @Argument(help: "local, local:FILE.gguf#template, a profile, or http://host:port/v1#name.")
    var model: String?
    @OptionGroup var library: LibraryOption

    func run() throws {
      let setup = try library.setup()
      guard let model else { return list(setup) }
      let description = try waitFor { () -> Result<ModelDescription, any Error> in
        do { return .success(try await setup.edges.connect(model) { _ in }.description) } catch {
          return .failure(error)
        }
      }.get()
      guard case .weights(let weights) = try setup.models.source(model) else {
        return ModelFacts.print(ModelFacts(description).rows)
      }
      let summary = try LocalModel.inspect(path: weights.path, options: weights.options)
      ModelFacts.print(ModelFacts(description, weights, summary).rows)
    }

    private func list(_ setup: Setup) {
      if setup.resources?.hasModel == true {
        say("\(Settings.embedded)  \(about(Settings.embedded, setup))")
      }
      for (name, profile) in setup.configuration.models.sorted(by: { $0.key < $1.key }) {
        let place = profile.endpoint ?? profile.file ?? ""
        let model = profile.model.map { "#\($0)" } ?? ""
        let more = profile.file == nil ? "" : "  " + about(name, setup)
        say("\(name)  \(place)\(model)\(more)")
      }
      for server in waitFor({ await setup.edges.discover() }) { say("found  \(server)") }
    }

    /// What the head of the file says, or why it cannot be read.
    private func about(_ spec: String, _ setup: Setup) -> String {
      do {
        guard case .weights(let weights) = try setup.models.source(spec) else { return "" }
        let summary = try LocalModel.inspect(path: weights.path, options: weights.options)
        return ModelFacts.brief(summary, weights.options)
      } catch {
        return Failure.sentence(for: error)
      }
    }
  }
}
