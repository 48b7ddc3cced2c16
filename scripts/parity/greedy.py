"""Compares what our runtime and llama.cpp write greedily from the same file, problem by problem.

usage: greedy.py MODEL... --problems FILE [--count N] [--tokens N]

Files of plain floats must give the same text for every problem. Quantised ones may differ where both
likeliest tokens were as good as equal, since the two runtimes round in different orders.
"""

import argparse
import pathlib
import sys
from dataclasses import dataclass

import numpy as np

import ours
from llama import Llama
from logits import EXACT_LIMIT, limit, read_problems

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
    def gap(self) -> float:
        return min(self.our_gap, self.their_gap)

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
        if self.tokenised_differently or self.widest > WIDEST_GAP:
            return False
        # Of a few problems one may differ.
        most = 0 if self.must_be_same else max(1, int(self.count * (1 - LEAST_SAME) + 1e-6))
        return len(self.partings) <= most

    @property
    def widest(self) -> float:
        return max((each.gap for each in self.partings), default=0)

    @property
    def complaints(self) -> list[str]:
        """Every difference, one a line."""
        lines = [f"  problem {at} is tokenised differently" for at in self.tokenised_differently]
        return lines + [str(each) for each in self.partings]


def compare(model: pathlib.Path, problems: list[dict], count: int = 192) -> Greedy:
    mine = ours.greedy(model, [problem["problem"] for problem in problems], count)
    partings, tokenised_differently = [], []
    with Llama(model, strict=True) as llama:
        for index, (problem, our) in enumerate(zip(problems, mine)):
            prompt = llama.tokens(llama.prompt(problem["problem"]))
            if prompt != our["prompt_tokens"]:
                tokenised_differently.append(index)
                continue
            # The gap is that of the pass that wrote the token: read at once, a prompt that long
            # would be rounded in another order.
            their = llama.complete(prompt, count, alternatives=2)
            if our["text"] == their["content"]:
                continue
            pairs = enumerate(zip(our["tokens"], their["tokens"]))
            place = next((at for at, (a, b) in pairs if a != b), None)
            if place is None:
                partings.append(Parting(index, len(their["tokens"]), np.inf, np.inf))
                continue
            partings.append(Parting(index, place, our["gaps"][place], _gap(their, place)))
    return Greedy(len(problems), partings, tokenised_differently, limit(model) == EXACT_LIMIT)


def _gap(answer: dict, place: int) -> float:
    """Nats between the two likeliest of llama.cpp's; halves of characters come without any."""
    if len(answer["completion_probabilities"]) != len(answer["tokens"]):
        return np.inf
    first, second = answer["completion_probabilities"][place]["top_logprobs"][:2]
    return first["logprob"] - second["logprob"]


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
            f"widest gap {greedy.widest:.4f}",
            flush=True,
        )
        for complaint in greedy.complaints:
            print(complaint, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
