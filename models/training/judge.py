"""Reads solutions and critiques, and finds the first wrong step of a solution.

A step is compared with the reference path: it is right when its equation has the reference's operands and operator
(in either order for + and *) and result, or at least the reference's result by a true equation; a statement must be
the reference's. When the answer is right and every equation is true, another order of steps is accepted as well.
"""

import re
from dataclasses import dataclass

STEP = re.compile(r"^Step (\d+): (.*)$")
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
FIRST_ERROR = re.compile(r"^First error: (none|\d+)$", re.M)


@dataclass
class Line:
    number: int
    text: str
    equation: tuple | None  # (left, operator, right, result)
    start: int = 0  # character range in the solution
    end: int = 0


def equation_of(text):
    match = EQUATION.search(text)
    return (int(match[1]), match[2], int(match[3]), int(match[4])) if match else None


def read_steps(text):
    """The steps of a solution; where a step is repeated after a correction, the last one."""
    steps, place = {}, 0
    for line in text.split("\n"):
        match = STEP.match(line)
        if match:
            steps[int(match[1])] = Line(int(match[1]), match[2], equation_of(match[2]), place, place + len(line))
        place += len(line) + 1
    return [steps[n] for n in sorted(steps)]


def answer_of(text):
    match = re.search(r"^Answer: (.+)$", text, re.M)
    return match[1].strip() if match else None


def is_true(equation):
    left, operator, right, result = equation
    if operator == "/":
        return right != 0 and left == right * result
    return result == {"+": left + right, "-": left - right, "*": left * right}[operator]


def matches(line, core):
    expected = equation_of(core)
    if expected is None:
        return line.text.rstrip(".") == core
    if line.equation is None:
        return False
    left, operator, right, result = line.equation
    if result != expected[3] or not is_true(line.equation):
        return False
    return True


def first_error(text, equations, answer):
    """0: correct; n: step n is the first wrong one; None: not to be judged (a lucky or an unfinished solution)."""
    steps, given = read_steps(text), answer_of(text)
    if given is None or not steps or [s.number for s in steps] != list(range(1, len(steps) + 1)):
        return None
    wrong = next((s.number for s, core in zip(steps, equations) if not matches(s, core)), 0)
    if given == answer:
        if not wrong and len(steps) == len(equations):
            return 0
        return 0 if all(s.equation and is_true(s.equation) for s in steps) else None
    if wrong:
        return wrong
    if len(steps) > len(equations):
        return len(equations) + 1
    return None  # a step is missing at the end, or the answer was copied wrongly


def said_error(critique):
    """What a critique says: 0 for none, n for step n, None when it does not say."""
    match = FIRST_ERROR.search(critique)
    return None if not match else 0 if match[1] == "none" else int(match[1])
