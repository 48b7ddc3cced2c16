"""The split and the training shards.

    python data.py split   [--out heldout.jsonl]       the held-out problems, committed before training
    python data.py shard   --out FILE --seed N ...     a shard of training samples

A problem belongs to the held-out side when the hash of (family, parameters) is 0 modulo 20. Problems in
`excluded.txt` (hashes of an earlier model's test problems, by text and by their numbers) are in neither side.
"""

import argparse
import hashlib
import json
import random
import re
import time
from pathlib import Path

import numpy

import tasks
from families import HELD_OUT, TRAINED, Impossible, attempt, draw
from tokenizer import Tokenizer, train

HERE = Path(__file__).parent
LENGTHS = (80, 96, 112, 128, 144, 160, 192, 224, 256, 320, 416)  # of padded rows

# Shares of samples, not of tokens.
MIXES = {
    "start": dict(solve=46, practice=22, criticise=16, revise=4, self_correction=4, continuation=4,
                  solve_with_hint=2, check=2),
    "full": dict(solve=36, practice=6, criticise=36, revise=8, self_correction=4, continuation=4,
                 solve_with_hint=3, check=3),
    "last": dict(solve=36, practice=3, criticise=32, revise=12, self_correction=5, continuation=5,
                 solve_with_hint=4, check=5),
    "judge": dict(solve=26, practice=2, criticise=52, revise=8, self_correction=3, continuation=3,
                  solve_with_hint=2, check=4),
}


def digest(value):
    return hashlib.sha1(repr(value).encode()).hexdigest()[:16]


def is_held_out(problem):
    return int(digest((problem.family, problem.parameters)), 16) % 20 == 0


def marks(text):
    """What identifies a foreign test problem: its text and, where they say enough, its numbers."""
    numbers = tuple(int(n) for n in re.findall(r"\d+", text))
    return [digest(text)] + ([digest(numbers)] if len(numbers) >= 3 else [])


def excluded():
    path = HERE / "excluded.txt"
    return set(path.read_text().split()) if path.exists() else set()


def split(path, seed=20, count=500):
    rng, barred, rows = random.Random(seed), excluded(), []
    for side, families in (("trained", TRAINED), ("held-out", HELD_OUT)):
        seen, index = set(), 0
        while index < count:
            family = families[index % len(families)] if side == "held-out" else None
            try:
                problem = attempt(rng, family) if family else draw(rng)
            except Impossible:
                continue
            if problem.text in seen or barred.intersection(marks(problem.text)):
                continue
            if side == "trained" and not is_held_out(problem):
                continue
            seen.add(problem.text)
            index += 1
            rows.append(dict(id=f"{side}-{index:03}", family=problem.family, problem=problem.text,
                             answer=problem.answer, steps=problem.lines(), equations=problem.equations()))
    with open(path, "w") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def problems(rng, barred, held_out_texts):
    """An endless stream of problems that may be trained on."""
    while True:
        problem = draw(rng)
        if is_held_out(problem) or problem.text in held_out_texts:
            continue
        if barred and barred.intersection(marks(problem.text)):
            continue
        yield problem


def write_shard(path, samples):
    """Concatenated ids and weights (in fiftieths) with the length of each sample."""
    ids = numpy.concatenate([numpy.array(i, numpy.uint16) for i, _ in samples])
    weights = numpy.concatenate([numpy.array(w, numpy.float32) for _, w in samples])
    lengths = numpy.array([len(i) for i, _ in samples], numpy.int32)
    numpy.savez(path, ids=ids, weights=(weights * 50).round().clip(0, 255).astype(numpy.uint8), lengths=lengths)


def shard(path, seed, count, mix, tokenizer_path):
    rng, tokenizer = random.Random(seed), Tokenizer.load(tokenizer_path)
    held = {json.loads(line)["problem"] for line in open(HERE / "heldout.jsonl")}
    stream = problems(rng, excluded(), held)
    names, shares = list(MIXES[mix]), list(MIXES[mix].values())
    samples, total = [], 0
    while total < count:
        name = rng.choices(names, shares)[0]
        sample = tasks.tokens(tokenizer, tasks.TASKS[name](rng, next(stream)))
        if len(sample[0]) <= LENGTHS[-1] + 1:
            samples.append(sample)
            total += len(sample[0])
    write_shard(path, samples)


def make_tokenizer(path, size=1024, seed=1):
    rng, texts = random.Random(seed), []
    held = set()
    stream = problems(rng, excluded(), held)
    for index in range(12000):
        content, pieces, _ = rng.choice([tasks.solve, tasks.criticise, tasks.revise, tasks.solve_with_hint,
                                         tasks.check, tasks.self_correction])(rng, next(stream))
        texts.append(tasks.chat(content).replace("<|im_start|>", "").replace("<|im_end|>", ""))
        texts.append("".join(p for p, _ in pieces))
    Tokenizer(train(texts, size)).save(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("split", "tokenizer", "shard"))
    parser.add_argument("--out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=4_000_000)
    parser.add_argument("--mix", default="full")
    parser.add_argument("--tokenizer", default=str(HERE / "tokenizer.json"))
    options = parser.parse_args()
    began = time.time()
    if options.what == "split":
        split(options.out or HERE / "heldout.jsonl")
    elif options.what == "tokenizer":
        make_tokenizer(options.tokenizer)
    else:
        shard(options.out, options.seed, options.tokens, options.mix, options.tokenizer)
    print(f"{options.what} {options.out or ''} in {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
