"""Times our runtime beside llama.cpp: same file, same threads, turn by turn on the same machine.

usage: peers.py [--model FILE] [--runs N] [--threads N]

Prints lines of Markdown. A ratio is the median of those of neighbouring runs, so that a machine that
slows down half-way slows both. Nothing else should be running.
"""

import argparse
import os
import pathlib
from statistics import median

import ours
from llama import Llama
from logits import vocabulary_size
from make_models import write_half_billion
from parity import FOLDER, SHIPPED

PROMPT, BEFORE, GENERATE = 512, 128, 128
# Of llama.cpp's speed: decode, prefill.
REQUIRED = {"shipped": (1.0, 0.8), "half a billion": (0.8, 0.5)}
HEADING = """\
| What | Required | Measured | Ours | llama.cpp | n | Spread of ours |
| --- | --- | --- | --- | --- | --- | --- |"""


def theirs(llama: Llama, vocabulary: int) -> dict:
    """As `probe-model bench`: tokens a second of reading, and of writing after a shorter prompt."""
    tokens = [(index * 7919 + 13) % vocabulary for index in range(PROMPT)]
    writing = llama.complete(tokens[:BEFORE], GENERATE, ignore_eos=True)["timings"]
    reading = llama.complete(tokens, 1)["timings"]
    assert writing["predicted_n"] == GENERATE and reading["prompt_n"] == PROMPT
    return {
        # The first of the tokens comes with the prompt.
        "decode_per_second": (GENERATE - 1) / writing["predicted_ms"] * 1000,
        "prefill_per_second": PROMPT / reading["prompt_ms"] * 1000,
    }


def measure(name: str, model: pathlib.Path, runs: int, threads: int) -> None:
    vocabulary = vocabulary_size(model)
    pairs = []
    with Llama(model, threads=threads) as llama:
        theirs(llama, vocabulary)
        for _ in range(runs):
            pairs.append((ours.bench(model, PROMPT, GENERATE, threads), theirs(llama, vocabulary)))
    kinds = {"decode": "decode_per_second", f"prefill {PROMPT}": "prefill_per_second"}
    for (kind, key), required in zip(kinds.items(), REQUIRED[name]):
        mine, other = [a[key] for a, _ in pairs], [b[key] for _, b in pairs]
        ratio = median(a / b for a, b in zip(mine, other))
        print(
            f"| {kind}, {name} | {required}x | {ratio:.2f}x | {median(mine):,.0f} tokens/s "
            f"| {median(other):,.0f} tokens/s | {runs} | {min(mine):,.0f} to {max(mine):,.0f} |",
            flush=True,
        )
    for what, key, unit, scale in (
        ("process start to first token, prompt of 128", "first_token_seconds", "ms", 1e3),
        ("memory beyond file and keys and values", "rest_bytes", "MB", 1e-6),
    ):
        values = [a[key] * scale for a, _ in pairs]
        print(
            f"| {what}, {name} | | {median(values):.1f} {unit} | | | {runs} "
            f"| {min(values):.1f} to {max(values):.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, default=SHIPPED)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(REQUIRED))
    options = parser.parse_args()
    half_billion = FOLDER / "half-billion-q8_0.gguf"
    if not half_billion.exists():
        write_half_billion(half_billion)
    print(HEADING)
    for name, model in zip(REQUIRED, (options.model, half_billion)):
        if options.only in (None, name):
            measure(name, model, options.runs, options.threads)
    print("\nLoad average over 1, 5 and 15 minutes: {:.2f}, {:.2f}, {:.2f}".format(*os.getloadavg()))


if __name__ == "__main__":
    main()
