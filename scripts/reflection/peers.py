"""Times SRGen's correction in our kernels beside PyTorch and NumPy, turn by turn on the same machine.

usage: peers.py [--runs N] [--threads N] [--only small|half-billion]

PyTorch is the algorithm as published (arXiv 2510.02919): logits of the whole prefix from its hidden
states in each step, gradients by autograd, torch.optim.AdamW. NumPy is the same with the gradient
written out. "PyTorch, logits kept" is told what we know: that the vector moves all logits by one
bias, so that those of the prefix need not be computed again. All three start from the hidden states
of a prefix that is made up, in single precision; so do we in "from hidden states", while in "rows
kept" the rows are there, as they are where every token of the answer was noted when it was drawn.

Prints lines of Markdown. On one thread times are the processor's, on more the clock's. A ratio is the
median of those of neighbouring runs, so that a machine that slows down half-way slows all. Nothing
else should be running. Ends with 1 if the vectors of any two
are further apart than rounding explains.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time
from statistics import median

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = os.environ.get("ERRATUM_PROBE", str(ROOT / ".build/release/probe-model"))
STEPS, RATE, ENTROPY_WEIGHT, TEMPERATURE, EPSILON, DECAY = 3, 0.01, 0.05, 1.0, 1e-5, 1e-8
# Vocabulary, width, positions of the prefix, activations in a turn.
SHAPES = {
    "small": [(1024, 256, positions, 20) for positions in (64, 128, 256)],
    "half-billion": [(151_936, 896, 512, 1)],
}
# Of the length of the vector: halves are right to 2.4e-4, which Adam's division enlarges.
FARTHEST = 5e-3
HEADING = """\
| V, d, prefix | Threads | Ours, rows kept | from hidden states | PyTorch | PyTorch, logits kept | NumPy \
| Times PyTorch: rows kept, from hidden states | Times PyTorch, logits kept | n | Spread of ours \
| Apart | Memory of rows |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


class Problem:
    """An output matrix that Q8_0 holds exactly, hidden states, and tokens drawn from their logits."""

    def __init__(self, vocabulary: int, width: int, positions: int):
        random = np.random.default_rng(vocabulary + positions)
        self.shape = (vocabulary, width, positions)
        levels = random.integers(-127, 128, (vocabulary, width // 32, 32), dtype=np.int8)
        scales = random.uniform(0.5, 1.5, (vocabulary, width // 32, 1)).astype(np.float16)
        # Entries of about one by the root of the width: logits of about the size of hidden states.
        scales = (scales * np.float16(1 / 73 / width**0.5)).astype(np.float16)
        self.blocks = np.concatenate([scales.view(np.int8), levels], axis=2)
        self.weights = (levels * scales.astype(np.float32)).reshape(vocabulary, width)
        self.hidden = (2.5 * random.standard_normal((positions + 1, width))).astype(np.float32)
        self.next = np.empty(positions, np.int32)
        for position in range(positions):
            logits = self.weights @ self.hidden[position]
            self.next[position] = np.argmax(logits + random.gumbel(size=vocabulary))

    def write(self, path: pathlib.Path) -> None:
        with path.open("wb") as file:
            file.write(np.array([*self.shape, STEPS], np.int64).tobytes())
            for part in (self.blocks, self.hidden, self.next):
                file.write(part.tobytes())


class Ours:
    """`probe-model correct`, which does as it is told on its standard input."""

    def __init__(self, problem: Problem, threads: int):
        path = ROOT / ".build" / "reflection.bin"
        problem.write(path)
        self.process = subprocess.Popen(
            [PROBE, "correct", str(path), "--threads", str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.ask("bytes")
        path.unlink()

    def ask(self, command: str) -> str:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"probe-model ended at: {command}")
        return answer.strip()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def torch_correction(problem: Problem):
    weights, hidden = torch.from_numpy(problem.weights), torch.from_numpy(problem.hidden)
    tokens = torch.from_numpy(problem.next).long()

    def fit() -> np.ndarray:
        vector = torch.zeros(hidden.shape[1], requires_grad=True)
        adam = torch.optim.AdamW([vector], lr=RATE, eps=EPSILON, weight_decay=DECAY)
        for _ in range(STEPS):
            adam.zero_grad()
            loss((hidden + vector) @ weights.T, tokens).backward()
            adam.step()
        return vector.detach().numpy()

    return fit


def torch_with_logits_kept(problem: Problem):
    weights, hidden = torch.from_numpy(problem.weights), torch.from_numpy(problem.hidden)
    tokens = torch.from_numpy(problem.next).long()
    logits = hidden @ weights.T

    def fit() -> np.ndarray:
        vector = torch.zeros(hidden.shape[1], requires_grad=True)
        adam = torch.optim.AdamW([vector], lr=RATE, eps=EPSILON, weight_decay=DECAY)
        for _ in range(STEPS):
            adam.zero_grad()
            loss(logits + weights @ vector, tokens).backward()
            adam.step()
        return vector.detach().numpy()

    return fit


def loss(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    prefix = torch.nn.functional.cross_entropy(logits[:-1], tokens)
    log = torch.log_softmax(logits[-1] / TEMPERATURE, 0)
    return (1 - ENTROPY_WEIGHT) * prefix - ENTROPY_WEIGHT * (log.exp() * log).sum()


def numpy_correction(problem: Problem):
    weights, hidden, tokens = problem.weights, problem.hidden, problem.next
    count = len(tokens)

    def fit() -> np.ndarray:
        vector = np.zeros(hidden.shape[1], np.float32)
        first, second = np.zeros_like(vector), np.zeros_like(vector)
        for step in range(1, STEPS + 1):
            logits = (hidden + vector) @ weights.T
            likely = np.exp(logits[:-1] - logits[:-1].max(1, keepdims=True))
            likely /= likely.sum(1, keepdims=True)
            by_bias = (1 - ENTROPY_WEIGHT) * likely.mean(0)
            np.subtract.at(by_bias, tokens, np.float32((1 - ENTROPY_WEIGHT) / count))
            log = logits[-1] / TEMPERATURE
            log -= log.max()
            log -= np.log(np.exp(log).sum())
            q = np.exp(log)
            by_bias -= ENTROPY_WEIGHT / TEMPERATURE * q * (log - (q * log).sum())
            gradient = by_bias @ weights
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            deviation = np.sqrt(second / (1 - 0.999**step)) + EPSILON
            vector = vector * np.float32(1 - RATE * DECAY)
            vector = vector - RATE * first / (1 - 0.9**step) / deviation
        return vector

    return fit


def timed(fit, count: int, threads: int) -> float:
    clock = time.process_time if threads == 1 else time.perf_counter
    times = []
    for _ in range(count):
        start = clock()
        fit()
        times.append(clock() - start)
    return median(times)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def shown(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def measure(shape: tuple, runs: int, threads: int) -> bool:
    vocabulary, width, positions, count = shape
    problem = Problem(vocabulary, width, positions)
    ours = Ours(problem, threads)
    peers = [make(problem) for make in (torch_correction, torch_with_logits_kept, numpy_correction)]
    vectors = [np.array(ours.ask("vector").split(), np.float32), *(peer() for peer in peers)]
    apart = max(distance(vector, vectors[1]) for vector in vectors)
    ours.ask("all 1")
    kept, whole, others = [], [], []
    for _ in range(runs):
        kept.append(float(ours.ask(f"fit {count}")))
        whole.append(float(ours.ask(f"all {count}")))
        others.append([timed(peer, count, threads) for peer in peers])
    megabytes = int(ours.ask("bytes")) / 1e6
    ours.close()
    published, with_logits, plain = zip(*others)

    def times(ours: list, theirs: tuple) -> str:
        return f"{median(b / a for a, b in zip(ours, theirs)):.3g}x"

    print(
        f"| {vocabulary:,}, {width}, {positions} | {threads} | {shown(median(kept))} "
        f"| {shown(median(whole))} | {shown(median(published))} | {shown(median(with_logits))} "
        f"| {shown(median(plain))} | {times(kept, published)}, {times(whole, published)} "
        f"| {times(kept, with_logits)} | {runs} | {shown(min(kept))} to {shown(max(kept))} "
        f"| {apart:.1e} | {megabytes:.1f} MB |",
        flush=True,
    )
    return apart < FARTHEST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(SHAPES))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(HEADING)
    agree = True
    for name, shapes in SHAPES.items():
        if options.only in (None, name):
            for shape in shapes:
                agree &= measure(shape, options.runs, options.threads)
    print("\nLoad average over 1, 5 and 15 minutes: {:.2f}, {:.2f}, {:.2f}".format(*os.getloadavg()))
    if not agree:
        sys.exit(f"Vectors are further apart than {FARTHEST}.")


if __name__ == "__main__":
    main()
