"""What is asked about a problem, and with which loss: solving, criticising, revising, checking, practising."""

import copy
from dataclasses import dataclass

from families import draw
from story import LARGEST, Impossible, Step, compute, cores, render


@dataclass
class Draft:
    lines: list
    answer: str
    first_error: int | None  # 1-based; None: correct
    kind: str = ""

    @property
    def text(self):
        return "\n".join(self.lines + [f"Answer: {self.answer}"])


def right_draft(problem):
    return Draft(problem.lines(), problem.answer, None)


ERRORS = ("slip", "slip", "slip", "operation", "quantity", "quantity", "digit", "missed", "missed", "extra")


def slip(rng, step, value):
    """A plausible wrong result."""
    choices = [1, -1, 1, -1, 2, -2, 10, -10, 10]
    if step.operator == "*" and step.right[0] == "number":
        choices += [step.right[1], -step.right[1]]
    wrong = value + rng.choice(choices)
    if value >= 12 and rng.random() < 0.15:
        digits = list(str(value))
        digits[0], digits[1] = digits[1], digits[0]
        wrong = int("".join(digits))
    if wrong == value or not 1 <= wrong <= LARGEST:
        raise Impossible
    return wrong


def wrong_digit(rng, value):
    digits = list(str(value))
    at = rng.randrange(len(digits))
    digits[at] = rng.choice("0123456789" if at else "123456789")
    if len(digits) == 2 and rng.random() < 0.3:
        digits.reverse()
    wrong = int("".join(digits))
    if wrong == value or wrong < 1:
        raise Impossible
    return wrong


def compute_with(steps, forced):
    """The values when some results are replaced by slips."""
    done = []
    for index, step in enumerate(steps):
        left, right = (v if kind == "number" else done[v] for kind, v in (step.left, step.right))
        probe = Step("", "", step.operator, ("number", left), ("number", right))
        value = compute([probe])[0]
        done.append(forced.get(index, value))
    return done


def inject(rng, problem):
    """A draft whose first error is known; Impossible when the dice give none."""
    if not problem.steps[0].operator or problem.answer_step is None:
        if not problem.variants:
            raise Impossible
        at, steps, answer = rng.choice(problem.variants)
        return Draft(render(steps, [None] * len(steps)), answer, at, "statement")
    steps = [copy.copy(s) for s in problem.steps]
    values = problem.values()
    count = len(steps)
    at = rng.randrange(count + 1)
    kind = rng.choice(ERRORS)
    if at == count:
        if rng.random() < 0.6:
            raise Impossible
        kind = "extra"
    forced, target = {}, problem.answer_step
    step = steps[at] if at < count else None
    if kind == "slip":
        forced[at] = slip(rng, step, values[at])
    elif kind == "operation":
        step.operator = rng.choice([o for o in "+-*/" if o != step.operator])
    elif kind in ("quantity", "digit"):
        side = rng.choice(("left", "right"))
        reference = getattr(step, side)
        value = reference[1] if reference[0] == "number" else values[reference[1]]
        if kind == "digit":
            wrong = ("number", wrong_digit(rng, value))
        else:
            known = [("number", n) for n in problem.numbers] + [("step", i) for i in range(at)]
            known = [k for k in known if (k[1] if k[0] == "number" else values[k[1]]) != value]
            if not known:
                raise Impossible
            wrong = rng.choice(known)
        setattr(step, side, wrong)
    elif kind == "missed":
        if at >= count - 1:
            raise Impossible
        # Whoever needed the missing result takes one of its operands instead.
        instead = step.left if rng.random() < 0.7 else step.right

        def without(reference):
            if reference == ("step", at):
                return without(instead)
            return ("step", reference[1] - 1) if reference[0] == "step" and reference[1] > at else reference

        steps.pop(at)
        for later in steps:
            later.left, later.right = without(later.left), without(later.right)
        target = without(("step", target))
        if target[0] != "step":
            raise Impossible
        target = target[1]
    else:
        base = ("step", at - 1) if at else ("number", rng.choice(problem.numbers))
        donor = rng.choice(problem.steps)
        number = ("number", rng.choice(problem.numbers + [2, 3, 10]))
        extra = Step(donor.before, donor.after, rng.choice("+-*/+-"), base, number)

        def after(reference):
            if reference[0] == "number":
                return reference
            if at and reference[1] == at - 1:
                return ("step", at)
            return ("step", reference[1] + 1) if reference[1] >= at else reference

        for later in steps[at:]:
            later.left, later.right = after(later.left), after(later.right)
        target = at if target == at - 1 else target + 1 if target >= at else target
        steps.insert(at, extra)
    drafted = compute_with(steps, forced)
    if str(drafted[target]) == problem.answer:
        raise Impossible
    lines, expected = render(steps, drafted), problem.equations()
    if at < count and at < len(steps) and cores(steps, drafted)[at] == expected[at]:
        raise Impossible
    if kind not in ("missed", "extra") and target != count - 1:
        raise Impossible
    return Draft(lines, str(drafted[target]), at + 1, kind)


def wrong_draft(rng, problem, patience=30):
    for _ in range(patience):
        try:
            return inject(rng, problem)
        except Impossible:
            continue
    return None


def critique(problem, first_error):
    """The lines of the true critique as (text, is it the error's) pairs."""
    expected, lines = problem.equations(), []
    last = len(expected) if first_error is None else first_error
    for index in range(1, last + 1):
        core = expected[index - 1] if index <= len(expected) else "not needed"
        verdict = "wrong" if index == first_error else "correct"
        lines.append((f"Step {index}: {core}, {verdict}", index == first_error))
    lines.append((f"First error: {first_error or 'none'}", first_error is not None))
    return lines


def critique_text(problem, first_error):
    return "\n".join(text for text, _ in critique(problem, first_error))


# -- samples: (user content, [(reply text, loss weight)], loss weight of the content)

def solution_pieces(problem, weight=1.0):
    """A solution, with more weight on the equations than on the words around them."""
    pieces, values = [], problem.values()
    for index, (step, core) in enumerate(zip(problem.steps, cores(problem.steps, values)), 1):
        pieces.append((f"Step {index}: ", 0.5 * weight))
        if step.operator:
            pieces += [(step.before, 0.8 * weight), (core, 1.3 * weight), (step.after, 0.6 * weight)]
        else:
            pieces.append((step.before, weight))
        pieces.append(("\n", 0.6 * weight))
    return pieces + [(f"Answer: {problem.answer}", 0.7 * weight)]


def hint(rng, problem, at=None):
    """What a person may say about step `at`, a wrong step where known."""
    expected = problem.equations()
    index = at if at and at <= len(expected) else rng.randint(1, len(expected))
    core = expected[index - 1]
    return rng.choice((
        f"Check step {index}.", f"Check step {index}.", f"Step {index} is wrong.", f"Look at step {index} again.",
        f"Be careful with step {index}.", f"Step {index} is wrong: {core}.", f"Step {index} is wrong: {core}.",
        f"Step {index} should be {core}.", f"Step {index}: {core}.", f"Use {core}.", f"{core}.",
        f"Step {index}: {core}, wrong", "Read the problem again.", "Check the calculation.",
        f"The answer is not {int(problem.answer) + rng.choice((-2, -1, 1, 2, 10))}."
        if problem.answer.isdigit() else "Think again."))


def solve(rng, problem):
    return problem.text, solution_pieces(problem), 0.1


def solve_with_hint(rng, problem):
    return f"{problem.text}\n\n{hint(rng, problem)}", solution_pieces(problem), 0.02


def self_correction(rng, problem):
    """A wrong line, masked from the loss, then the correction and the step again."""
    draft = wrong_draft(rng, problem)
    if not draft or draft.kind in ("missed", "extra", "statement"):
        return solve(rng, problem)
    values, lines, at = problem.values(), problem.lines(), draft.first_error
    wrong = draft.lines[at - 1]
    said = wrong.split(" = ")[1].split()[0].rstrip(".")
    left, right = problem.equations()[at - 1].split(" = ")
    if said == right:
        return solve(rng, problem)
    del values
    pieces = [("\n".join(lines[:at - 1]) + ("\n" if at > 1 else ""), 0.6), (wrong + "\n", 0.0),
              (f"Wait, {left} is {right}, not {said}.\n", 1.5),
              ("\n".join(lines[at - 1:]) + f"\nAnswer: {problem.answer}", 1.0)]
    return problem.text, pieces, 0.05


def continuation(rng, problem):
    """Right steps in somebody else's words, masked, then the rest."""
    if len(problem.steps) < 2 or not problem.steps[0].operator:
        return solve(rng, problem)
    values, pieces = problem.values(), []
    bare = render(problem.steps, values, bare=True)
    full = render(problem.steps, values)
    edited = rng.randint(1, len(full) - 1)
    for index in range(edited):
        text = bare[index] if index == edited - 1 or rng.random() < 0.3 else full[index]
        if rng.random() < 0.3:
            text = text.removesuffix(".")
        pieces.append((text + "\n", 0.0))
    pieces.append(("\n".join(full[edited:]) + f"\nAnswer: {problem.answer}", 1.0))
    content = problem.text
    if rng.random() < 0.25:
        content += "\n\n" + hint(rng, problem, edited + 1)
    return content, pieces, 0.05


def critique_content(problem, draft_text):
    return f"{problem.text}\n\nDraft:\n{draft_text}\n\nCritique the draft."


def critique_pieces(problem, first_error, error_weight=4.0):
    """More weight on the expected equation of the wrong step, which breaks the habit of copying the draft's.

    Not on its verdict: a weight that only `wrong` has is a bias towards it.
    """
    pieces = []
    for text, is_error in critique(problem, first_error):
        label, _, rest = text.partition(": ")
        equation, comma, verdict = rest.rpartition(", ")
        pieces.append((label + ": ", 0.5))
        if comma:
            pieces += [(equation, error_weight if is_error else 1.0), (comma + verdict, 2.0)]
        else:
            pieces.append((rest, 1.0))
        pieces.append(("\n", 0.5))
    pieces.pop()
    return pieces


def criticise(rng, problem, wrong_share=0.5):
    draft = wrong_draft(rng, problem) if rng.random() < wrong_share else None
    draft = draft or right_draft(problem)
    return critique_content(problem, draft.text), critique_pieces(problem, draft.first_error), 0.05


def revise(rng, problem):
    draft = wrong_draft(rng, problem) if rng.random() < 0.85 else None
    draft = draft or right_draft(problem)
    said = critique_text(problem, draft.first_error)
    chance = rng.random()
    if chance < 0.15:
        said += "\n\n" + hint(rng, problem, draft.first_error)
    elif chance < 0.3:
        said = hint(rng, problem, draft.first_error)
    elif chance < 0.4:  # a critique that is mistaken: the problem decides
        other = wrong_draft(rng, problem)
        if other and other.first_error <= len(draft.lines):
            said = critique_text(problem, other.first_error)
            if rng.random() < 0.5:
                said = critique_text(problem, None)
    content = f"{problem.text}\n\nDraft:\n{draft.text}\n\nCritique:\n{said}\n\nRevise the draft."
    return content, solution_pieces(problem), 0.0


def check_content(problem_text, draft_text, critique):
    return f"{problem_text}\n\nDraft:\n{draft_text}\n\nCritique:\n{critique}\n\nIs the answer correct?"


def check(rng, problem):
    draft = wrong_draft(rng, problem) if rng.random() < 0.5 else None
    draft = draft or right_draft(problem)
    said = critique_text(problem, draft.first_error)
    return (check_content(problem.text, draft.text, said),
            [("no" if draft.first_error else "yes", 3.0)], 0.0)


def practice(rng, problem):
    """Bare equations with the operands of real problems; the loss is on the results."""
    pieces = []
    while len(pieces) < 24:
        for core in problem.equations():
            if " = " in core:
                left, right = core.split(" = ")
                pieces += [(left + " =", 0.03), (" " + right, 1.0), ("\n", 0.03)]
        problem = draw(rng)
    pieces.pop()
    return "Practice.", pieces, 0.0


TASKS = {f.__name__: f for f in (solve, solve_with_hint, self_correction, continuation, criticise, revise, check,
                                 practice)}


def chat(content):
    return f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n"


def tokens(tokenizer, sample):
    """Token ids and the loss weight of each."""
    content, pieces, content_weight = sample
    head, _ = tokenizer.encode_offsets("user\n")
    middle, _ = tokenizer.encode_offsets("\n")
    tail, _ = tokenizer.encode_offsets("assistant\n")
    body, _ = tokenizer.encode_offsets(content)
    ids = [tokenizer.start] + head + body + [tokenizer.stop] + middle + [tokenizer.start] + tail
    weights = [0.0] * (1 + len(head)) + [content_weight] * len(body) + [0.0] * (3 + len(middle) - 1 + len(tail))
    text = "".join(p for p, _ in pieces)
    by_character = [w for p, w in pieces for _ in p]
    reply, offsets = tokenizer.encode_offsets(text)
    ids += reply + [tokenizer.stop]
    weights += [by_character[o] for o in offsets] + [0.5]
    weights = weights[:len(ids)]
    assert len(weights) == len(ids)
    return ids, weights
