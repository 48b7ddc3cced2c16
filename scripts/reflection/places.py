#!/usr/bin/env python3
"""Where SRGen stopped, and what its vector changed: reads the sessions of one or more libraries.

    python3 scripts/reflection/places.py LIBRARY...

Needs nothing but Python. Distributions are recorded with their ten likeliest tokens, which hold nearly all of
the mass of the model that ships.
"""

import collections
import json
import math
import statistics
import sys
from pathlib import Path


def text_of(alternative):
    word = alternative[0]
    return word if isinstance(word, str) else "\ufffd"


def kind_of(token):
    bare = token.strip()
    if not bare:
        return "space"
    if bare.isdigit():
        return "digit"
    if bare in "+-*/=%":
        return "operator"
    if bare in ("Step", "Answer", "Wait"):
        return "what the next line is"
    if all(not c.isalnum() for c in bare):
        return "punctuation"
    return "word, first of a step" if bare[0].isupper() else "word"


def reflections(folder):
    """Pairs of triggered and finished, of every attempt in every session."""
    for journal in sorted(Path(folder).glob("*/journal.jsonl")):
        open_ones = {}
        for line in journal.open(encoding="utf-8"):
            if '"reflectionTriggered"' not in line and '"reflectionFinished"' not in line:
                continue
            event = json.loads(line)
            key = event.get("attempt"), event.get("reflection")
            if event["kind"] == "reflectionTriggered":
                open_ones[key] = event
            elif event["kind"] == "reflectionFinished" and key in open_ones:
                yield open_ones.pop(key), event


def divergence(before, after):
    """KL in nats, over the tokens that both lists have."""
    later = {text_of(a): a[1] for a in after if a[1] is not None}
    return sum(
        math.exp(b[1]) * (b[1] - later[text_of(b)]) for b in before if b[1] is not None and text_of(b) in later)


def main(folders):
    pairs = [pair for folder in folders for pair in reflections(folder)]
    if not pairs:
        sys.exit("No reflections there: run scripts/reflection/study first, or name another library.")
    kinds = collections.Counter(kind_of(text_of(t["alternatives"][0])) for t, _ in pairs)
    total = len(pairs)
    print(f"{total} reflections")
    print("the likeliest token there is: " + ", ".join(f"{k} {100 * n / total:.1f}%" for k, n in kinds.most_common()))
    words = collections.Counter(text_of(t["alternatives"][0]) for t, _ in pairs)
    print("most often: " + ", ".join(f"{json.dumps(w)} {n}" for w, n in words.most_common(15)))

    flips = sum(text_of(t["alternatives"][0]) != text_of(f["alternatives"][0]) for t, f in pairs)
    print(f"another token became the likeliest: {flips} ({100 * flips / total:.1f}%)")
    before = [t["value"]["lower"] for t, _ in pairs]
    after = [f["entropy"]["lower"] for _, f in pairs if "entropy" in f]
    print(f"entropy, nats: {statistics.mean(before):.4f} -> {statistics.mean(after):.4f} (means)")
    norms = [f["norm"] for _, f in pairs if "norm" in f]
    print(f"length of the vector: median {statistics.median(norms):.4f}")
    losses = [(f["losses"][0], f["losses"][-1]) for _, f in pairs if f.get("losses")]
    print(f"loss, first and last step: {statistics.mean(a for a, _ in losses):.4f} -> "
          f"{statistics.mean(b for _, b in losses):.4f} (means)")
    moved = [divergence(t["alternatives"], f["alternatives"]) for t, f in pairs]
    print(f"KL of the plain distribution from the changed one, nats: median {statistics.median(moved):.5f}, "
          f"90th percentile {sorted(moved)[int(0.9 * len(moved))]:.5f}")
    top = [math.exp(t["alternatives"][0][1]) for t, _ in pairs]
    gain = [math.exp(dict((text_of(a), a[1]) for a in f["alternatives"]).get(text_of(t["alternatives"][0]), -99))
            - math.exp(t["alternatives"][0][1]) for t, f in pairs]
    print(f"probability of the likeliest token: {statistics.mean(top):.4f}, changed by {statistics.mean(gain):+.4f} (means)")
    best = sum(text_of(f["chosen"][0]) == text_of(t["alternatives"][0]) for t, f in pairs if f["chosen"])
    print(f"the token written was the one likeliest before: {100 * best / total:.1f}%")
    times = [f["milliseconds"] for _, f in pairs]
    print(f"milliseconds: median {statistics.median(times):.2f}")


if __name__ == "__main__":
    main(sys.argv[1:]) if len(sys.argv) > 1 else sys.exit(__doc__)
