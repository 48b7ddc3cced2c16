"""Compares whole next-token distributions of our runtime and llama.cpp on the same file.

usage: logits.py MODEL... [--problems FILE] [--count N] [--reference]

Prompts are problems with a part of their solution where a file of problems is given, else random
tokens. `--reference` adds what both are off from the plain forward pass in float64, which tells whose
error a difference is.
"""

import argparse
import json
import pathlib
import sys
from dataclasses import dataclass

import gguf
import numpy as np

import ours
from llama import Llama, divergence, normalised
from reference import Reference

# Mean KL divergence in nats. Quantised files round activations too, each runtime in its own order.
EXACT_LIMIT, QUANTISED_LIMIT = 1e-5, 1e-3


@dataclass
class Agreement:
    """How far two distributions are apart over many prompts."""

    divergences: np.ndarray
    top: float  # share of prompts whose likeliest token is the same

    @staticmethod
    def of(first: np.ndarray, second: np.ndarray) -> "Agreement":
        """Rows are log-probabilities; `second` is taken for the truth."""
        return Agreement(
            np.array([divergence(a, b) for a, b in zip(first, second)]),
            float((first.argmax(1) == second.argmax(1)).mean()),
        )

    @property
    def mean(self) -> float:
        return float(self.divergences.mean())

    def __str__(self) -> str:
        return f"{self.mean:8.1e} {self.divergences.max():8.1e} {self.top:6.0%}"


def limit(model: pathlib.Path) -> float:
    """By the least exact matrix in the file."""
    exact = {gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16}
    kinds = {tensor.tensor_type for tensor in gguf.GGUFReader(model).tensors}
    return EXACT_LIMIT if kinds <= exact else QUANTISED_LIMIT


def vocabulary_size(model: pathlib.Path) -> int:
    embedding = next(t for t in gguf.GGUFReader(model).tensors if t.name == "token_embd.weight")
    return int(embedding.shape[1])


def read_problems(path: pathlib.Path, count: int) -> list[dict]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[:: max(1, len(lines) // count)]][:count]


def prompts_for(llama: Llama, problems: list[dict], count: int, vocabulary: int) -> list[list[int]]:
    random = np.random.default_rng(1)
    if not problems:
        lengths = random.integers(1, 65, size=count)
        return [random.integers(vocabulary, size=length).tolist() for length in lengths]
    prompts = []
    for problem in problems:
        solution = llama.tokens("\n".join(problem.get("steps", [])))
        start = llama.tokens(llama.prompt(problem["problem"]))
        prompts.append(start + solution[: random.integers(len(solution) + 1)])
    return prompts


def compare(
    model: pathlib.Path, problems: list[dict], count: int = 50, reference: bool = False
) -> dict[str, Agreement]:
    vocabulary = vocabulary_size(model)
    with Llama(model, strict=True) as llama:
        prompts = prompts_for(llama, problems, count, vocabulary)
        theirs = np.array([llama.log_probabilities(prompt, vocabulary) for prompt in prompts])
    mine = np.array([normalised(row) for row in ours.logits(model, prompts)])
    found = {"ours": Agreement.of(mine, theirs)}
    if reference:
        plain = Reference(model)
        truth = np.array([normalised(plain.logits(prompt)) for prompt in prompts])
        found |= {
            "ours to the reference": Agreement.of(mine, truth),
            "llama.cpp to the reference": Agreement.of(theirs, truth),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--problems", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--reference", action="store_true")
    options = parser.parse_args()
    problems = read_problems(options.problems, options.count) if options.problems else []
    failed = False
    print(f"{'file':32} {'KL mean':>8} {'max':>8} {'same 1':>6}  limit")
    for model in options.models:
        for who, agreement in compare(model, problems, options.count, options.reference).items():
            if who == "ours":
                failed |= not agreement.mean < limit(model)
                print(f"{model.stem:32} {agreement}  {limit(model):.0e}", flush=True)
            else:
                print(f"  {who:30} {agreement}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
