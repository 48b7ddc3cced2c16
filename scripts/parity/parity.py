"""Compares our runtime with llama.cpp on every family and tensor type; exit code 1 past a limit.

usage: parity.py [--model FILE] [--quick]

Files are made in .build/parity: small ones of random weights, and the shipped model in every type.
`--quick` takes the shipped file alone, as it is, with a tenth of the problems.
"""

import argparse
import os
import pathlib
import sys
import time

import greedy
import logits
import make_models
import packers
from ours import PROBE, ROOT

FOLDER = ROOT / ".build/parity"
SHIPPED = pathlib.Path(os.environ.get("ERRATUM_MODEL", ROOT / "models/erratum-small-q8_0.gguf"))
HELD_OUT = ROOT / "models/training/heldout.jsonl"
HEADING = """\
| File | KL, mean | most | limit | same likeliest | same text | widest gap | |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


def check(model: pathlib.Path, problems: list[dict], texts: list[dict]) -> bool:
    """Prints a line of the table; texts are compared where there are problems to write about."""
    agreement = logits.compare(model, problems)["ours"]
    limit = logits.limit(model)
    passes = agreement.mean < limit
    same = widest = ""
    details = []
    if texts:
        written = greedy.compare(model, texts)
        passes &= written.passes
        same, widest = f"{written.same:.1%} of {written.count}", f"{written.widest:.4f}"
        details = written.complaints
    print(
        f"| {model.stem} | {agreement.mean:.1e} | {agreement.divergences.max():.1e} | {limit:.0e} "
        f"| {agreement.top:.0%} | {same} | {widest} | {'' if passes else '**past the limit**'} |",
        flush=True,
    )
    for line in details:
        print(line, file=sys.stderr)
    return passes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, default=SHIPPED)
    parser.add_argument("--problems", type=pathlib.Path, default=HELD_OUT)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for needed in (PROBE, options.model, options.problems):
        if not needed.exists():
            sys.exit(f"There is no {needed}.")
    started = time.monotonic()
    problems = logits.read_problems(options.problems, 50)
    print(HEADING)
    if options.quick:
        results = [check(options.model, problems, problems[:20])]
    else:
        packers.check()
        texts = logits.read_problems(options.problems, 200)
        random = make_models.write_random(
            FOLDER / "random", make_models.FAMILIES, make_models.RECIPES
        )
        results = [check(model, [], []) for model in random]
        shipped = [options.model, *make_models.requantise(options.model, FOLDER / "shipped")]
        results += [check(model, problems, texts) for model in shipped]
    print(f"\n{results.count(False)} past a limit, {time.monotonic() - started:.0f} s")
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
