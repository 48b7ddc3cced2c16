import Engine
import Sessions
import Workbench

/// How far everybody is with some chains.
struct AnnotationStatus: Encodable, Equatable {
  struct Person: Encodable, Equatable {
    var name: String
    /// Their part, such as 2/5: the one that at least four fifths of what they labelled alone
    /// fall into.
    var part: String?
    /// Chains that are theirs.
    var chains = 0
    var done = 0
    var begun = 0
    /// Chains done a second time.
    var repeated = 0
    /// Steps with a standing verdict.
    var steps = 0
    /// Mean over the steps that were timed, idle time excluded; `nil` where none was.
    var secondsPerStep: Double?
  }

  var title: String
  var chains: Int
  var steps: Int
  var annotators: [Person]

  /// - Parameter me: stands there even without a label.
  init(_ named: NamedChains, plan: QueuePlan, me: String, signal: Signal, gold: String?) {
    title = named.title
    chains = named.attempts.count
    steps = named.attempts.reduce(0) { $0 + $1.steps.count }
    let formats = Set(named.attempts.compactMap { $0.imported?.format })
    let names = Set(named.annotators).union([me]).sorted()
    annotators = names.map { name in
      let all = named.candidates(for: name, gold: gold, signal: signal)
      var plan = plan
      // Imported ratings answer no question about the whole.
      if formats.contains(name) { plan.asksAboutChain = false }
      return Person(name, all, plan: plan, isMe: name == me)
    }
  }

  /// Lines for a person.
  var lines: [String] {
    let width = annotators.map(\.name.count).max() ?? 0
    let head = "\(title): \(Self.count(chains, "chain")), \(Self.count(steps, "step"))"
    return [head]
      + annotators.map { person in
        var parts = [
          "\(person.done) of \(person.chains) done", "\(person.begun) begun",
          "\(Self.count(person.steps, "step")) rated",
        ]
        if let seconds = person.secondsPerStep {
          parts.append("\((seconds * 10).rounded() / 10) s a step")
        }
        if person.repeated > 0 { parts.append("\(person.repeated) done again") }
        if let part = person.part { parts.append("part \(part)") }
        let padding = String(repeating: " ", count: width - person.name.count)
        return "  \(person.name)\(padding)  \(parts.joined(separator: ", "))"
      }
  }

  static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}

extension AnnotationStatus.Person {
  fileprivate init(_ name: String, _ all: [LabelCandidate], plan: QueuePlan, isMe: Bool) {
    self.name = name
    var plan = plan
    if let part = plan.part, !isMe {
      let alone = all.filter { $0.progress.isBegun && !plan.isCommon($0) }
      let counts = Dictionary(grouping: alone) { plan.owner(of: $0, among: part.count) }
        .mapValues(\.count)
      // Whoever labelled all over the place has no part.
      let most = counts.first { $0.value * 5 >= alone.count * 4 }?.key
      plan.part = most.map { QueuePlan.Part(number: $0, count: part.count) }
    }
    part = plan.part.map { "\($0.number)/\($0.count)" }
    let share = plan.share(of: all)
    chains = share.count
    var (seconds, timed) = (0.0, 0)
    for chain in share {
      if chain.progress.isComplete(asksAboutChain: plan.asksAboutChain) {
        done += 1
      } else if chain.progress.isBegun {
        begun += 1
      }
      if chain.again.isBegun, chain.again.isComplete(asksAboutChain: plan.asksAboutChain) {
        repeated += 1
      }
      for progress in [chain.progress, chain.again] {
        seconds += progress.seconds
        timed += progress.timedSteps
      }
      steps += chain.progress.rated
    }
    secondsPerStep = timed == 0 ? nil : seconds / Double(timed)
  }
}

/// What was done between two looks at the same chains, as told when the screen is left.
struct AnnotationSummary: Equatable {
  var done = 0
  var steps = 0
  var seconds = 0.0
  var timedSteps = 0
  var left = 0
  var total = 0

  init(before: [LabelCandidate], after: [LabelCandidate], plan: QueuePlan) {
    let asks = plan.asksAboutChain
    for (old, new) in zip(plan.share(of: before), plan.share(of: after)) {
      for (old, new) in [(old.progress, new.progress), (old.again, new.again)] {
        if new.isComplete(asksAboutChain: asks), !old.isComplete(asksAboutChain: asks) { done += 1 }
        steps += max(0, new.rated - old.rated)
        seconds += max(0, new.seconds - old.seconds)
        timedSteps += max(0, new.timedSteps - old.timedSteps)
      }
    }
    let queue = plan.queue(of: after)
    total = queue.items.count
    left = queue.items.count { !$0.isDone }
  }

  var line: String {
    var parts = ["\(AnnotationStatus.count(done, "chain")) done this time"]
    parts.append("\(AnnotationStatus.count(steps, "step")) rated")
    if timedSteps > 0 {
      parts.append("\((seconds / Double(timedSteps) * 10).rounded() / 10) s a step")
    }
    return parts.joined(separator: ", ")
      + (left == 0
        ? "; all \(total) are done, see `erratum annotate ... --status`."
        : "; \(left) of \(total) left, the same command goes on where you stopped.")
  }
}
