"""Compares what our runtime and llama.cpp write greedily from the same file, problem by problem.

usage: greedy.py MODEL... --problems FILE [--count N] [--tokens N]

Files of plain floats must give the same text for every problem. Quantised ones may differ where both
likeliest tokens were as good as equal, since the two runtimes round in different orders.
"""

import argparse
import pathlib
import sys
from dataclasses import dataclass

import ours
from llama import Llama, normalised
from logits import EXACT_LIMIT, limit, read_problems, vocabulary_size

LEAST_SAME = 0.97  # of quantised files
WIDEST_GAP = 0.03  # nats between the two likeliest tokens where texts part


@dataclass
class Parting:
    """Where two texts part, and how far the two likeliest tokens were apart for each runtime."""

    problem: int
    token: int
    our_gap: float
    their_gap: float

    @property
    def is_tie(self) -> bool:
        return min(self.our_gap, self.their_gap) <= WIDEST_GAP

    def __str__(self) -> str:
        return (
            f"  problem {self.problem}, token {self.token}: the likeliest two were "
            f"{self.our_gap:.4f} nats apart for us, {self.their_gap:.4f} for llama.cpp"
        )


@dataclass
class Greedy:
    count: int
    partings: list[Parting]
    tokenised_differently: list[int]
    must_be_same: bool

    @property
    def same(self) -> float:
        return 1 - len(self.partings) / self.count

    @property
    def passes(self) -> bool:
        if self.tokenised_differently or not all(each.is_tie for each in self.partings):
            return False
        return not self.partings if self.must_be_same else self.same >= LEAST_SAME

    @property
    def widest(self) -> float:
        return max((min(p.our_gap, p.their_gap) for p in self.partings), default=0)


def compare(model: pathlib.Path, problems: list[dict], count: int = 192) -> Greedy:
    vocabulary = vocabulary_size(model)
    mine = ours.greedy(model, [problem["problem"] for problem in problems], count)
    apart, tokenised_differently = [], []
    with Llama(model, strict=True) as llama:
        for index, (problem, our) in enumerate(zip(problems, mine)):
            prompt = llama.tokens(llama.prompt(problem["problem"]))
            if prompt != our["prompt_tokens"]:
                tokenised_differently.append(index)
                continue
            answer = llama.complete(prompt, count)
            if our["text"] == answer["content"]:
                continue
            pairs = enumerate(zip(our["tokens"], answer["tokens"]))
            shorter = min(len(our["tokens"]), len(answer["tokens"]))
            place = next((at for at, (a, b) in pairs if a != b), shorter)
            before = prompt + our["tokens"][:place]
            apart.append((index, place, before, llama.log_probabilities(before, vocabulary)))
    # In one run: opening a file again for every difference would take longer than all the rest.
    rows = ours.logits(model, [before for _, _, before, _ in apart]) if apart else []
    partings = [
        Parting(index, place, _gap(normalised(row)), _gap(theirs))
        for (index, place, _, theirs), row in zip(apart, rows)
    ]
    return Greedy(len(problems), partings, tokenised_differently, limit(model) == EXACT_LIMIT)


def _gap(values) -> float:
    second, first = sorted(values)[-2:]
    return float(first - second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--problems", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=192)
    options = parser.parse_args()
    problems = read_problems(options.problems, options.count)
    failed = False
    for model in options.models:
        greedy = compare(model, problems, options.tokens)
        failed |= not greedy.passes
        print(
            f"{model.stem:32} {greedy.same:6.1%} of {greedy.count} the same, "
            f"widest gap {greedy.widest:.4f}"
        )
        if greedy.tokenised_differently:
            print(f"  tokenised differently: {greedy.tokenised_differently}")
        print(*greedy.partings, sep="\n", end="\n" if greedy.partings else "")
    sys.exit(failed)


if __name__ == "__main__":
    main()
