import Sessions

@testable import Workbench

extension Scene {
  private static func labelling(
    _ columns: Int, _ rows: Int, _ blindness: LabelTask.Blindness,
    _ change: (inout State) -> Void = { _ in }
  ) -> State {
    var scene = Scene()
    scene.start("a1")
    scene.step("a1", [("Tom", 0.98), (" has 17 marbles.\n", 0.95)])
    scene.step("a1", [("3 bags with 6 marbles", 0.9), (" hold 3 * 6 = 18.\n", 0.99)])
    scene.step("a1", [("17 + 18 = 36", 0.4), (" marbles in all.\n", 0.9)])
    scene.step("a1", [("36 - 9 = 27\n", 0.9)])
    scene.step("a1", [("Answer: 27", 0.97)])
    scene.finish("a1", answer: "27")
    scene.critique(
      "c1", of: "a1", steps: [0, 1, 2, 3, 4],
      [
        VerdictGiven(critique: CritiqueID("c1"), step: 0, verdict: .correct),
        VerdictGiven(
          critique: CritiqueID("c1"), step: 2, verdict: .incorrect, errorType: "arithmetic",
          reason: "17 + 18 is 35, not 36.", repair: "17 + 18 = 35 marbles."),
      ], finished: .step(2))
    var state = scene.state(columns, rows)
    state.settings.annotator = "ada"
    state.beginLabelling(AttemptID("a1"), pass: 0, blindness: blindness)
    state.work = LabelQueue(
      items: (0..<40).map {
        LabelItem(session: "/s\($0)", attempt: AttemptID("a1"), isDone: $0 < 11)
      }, position: 11, title: "marbles")
    state.work?.finished = 11
    state.work?.steps = 60
    state.work?.seconds = 250
    change(&state)
    return state
  }

  private static let wrong: Label = {
    var label = Label(.incorrect)
    label.isFirstError = true
    label.errorType = "arithmetic"
    label.span = LabelSpan(start: 0, end: 12)
    label.reason = "17 + 18 is 35; one too many is carried on from here."
    label.correction = "17 + 18 = 35 marbles in all."
    label.isFlagged = true
    return label
  }()

  private static let filled: Label = {
    var label = Label(.correct)
    label.isFilled = true
    return label
  }()

  private static func say(_ label: Label, of step: Int, by name: String, in state: inout State) {
    let act = LabelAct.label(
      StepID(attempt: AttemptID("a1"), index: step), label, pass: 0, seconds: nil)
    guard let session = state.reading?.session else { return }
    for event in LabelAct.events([act], in: session, by: name, wall: 1) {
      state.reading?.take(label: event, by: name, isOwn: false)
    }
  }

  static var labels: [(String, State)] {
    [
      (
        "label-blind",
        labelling(120, 30, .chain) { state in
          state.label(0, Label(.correct))
          state.reading?.item = 1
        }
      ),
      (
        "label-first-error",
        labelling(100, 30, .chain) { state in
          state.label(0, Label(.correct))
          state.label(1, filled)
          state.label(2, wrong)
          state.reading?.item = 2
        }
      ),
      (
        "label-others",
        labelling(120, 30, .open) { state in
          say(Label(.neutral), of: 2, by: "bob", in: &state)
          state.label(2, wrong)
          state.reading?.item = 2
        }
      ),
      (
        "label-narrow",
        labelling(80, 24, .chain) { state in
          state.label(2, wrong)
          state.reading?.item = 2
        }
      ),
      (
        "label-type",
        labelling(80, 24, .chain) { state in
          _ = state.press([.character("t"), .character("u"), .character("n"), .down])
        }
      ),
      (
        "label-span",
        labelling(80, 24, .chain) { state in
          state.reading?.item = 1
          _ = state.press([.character("v"), .right, .character("v"), .right, .right])
        }
      ),
      (
        "label-question",
        labelling(80, 24, .chain) { state in
          for step in 0..<5 { state.label(step, Label(.correct)) }
          _ = state.press([.enter])
        }
      ),
      (
        "label-reach",
        labelling(80, 24, .chain) { $0.panel = .judging(.reach) }
      ),
      (
        "label-texts",
        labelling(100, 30, .chain) { state in
          state.reading?.item = 2
          state.listCandidates(["17 + 18 = 35 marbles.", "He has 17 + 18 = 35 marbles in all."])
          state.panel = .rating(.candidates, selection: 1)
          _ = state.press([.character("3")])
        }
      ),
      (
        "label-guidelines",
        labelling(80, 24, .chain) { state in
          state.settings.labelling.guidelines =
            "# Steps\n\nA step is *correct* when it holds and follows.\n\n## Neutral\n- it says nothing new"
          _ = state.press([.character("i")])
        }
      ), ("label-leave", labelling(80, 24, .chain) { _ = $0.press([.character("U")]) }),
      ("settle", settling(120, 30)),
      (
        "settle-names",
        settling(100, 30) { state in
          _ = state.press([.character("V"), .character("]")])
          state.label(1, Label(.correct))
        }
      ), ("settle-narrow", settling(80, 24)),
    ]
  }

  /// Three people who differ on two steps.
  private static func settling(
    _ columns: Int, _ rows: Int, _ change: (inout State) -> Void = { _ in }
  ) -> State {
    labelling(columns, rows, .chain) { state in
      var other = Label(.neutral)
      other.reason = "it says nothing that is new"
      for (name, step, label) in [
        ("ada", 0, filled), ("bob", 0, Label(.correct)), ("eve", 0, Label(.correct)),
        ("ada", 1, filled), ("bob", 1, other), ("eve", 1, Label(.correct)),
        ("ada", 2, wrong), ("bob", 2, Label(.correct)), ("eve", 2, Label(.unsure)),
      ] {
        say(label, of: step, by: name, in: &state)
      }
      state.settings.annotator = "consensus"
      state.settings.labelling.asksAboutChain = false
      state.settings.labelling.adjudication = Adjudication(names: ["ada", "bob", "eve"])
      for index in state.work?.items.indices ?? 0..<0 {
        state.work?.items[index].disputes = 2
        state.work?.items[index].settled = index < 11 ? 2 : 0
      }
      state.beginLabelling(AttemptID("a1"), pass: 0, blindness: .chain)
      state.reading?.follows = false
      _ = state.press([.enter])
      change(&state)
    }
  }
}
