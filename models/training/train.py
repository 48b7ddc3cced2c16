"""Trains the pieces of PLAN one after the other; every one resumes from the last checkpoint.

    python train.py --work build            all pieces (about 90 minutes on one core)
    python train.py --work build --piece a  only this one
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch

from data import HERE, LENGTHS
from model import Model, Shape, optimisers

BATCH_TOKENS = 6144
SHARD_TOKENS = 2_500_000
MATRIX_RATE, OTHER_RATE = 0.02, 0.003


@dataclass
class Piece:
    name: str
    minutes: float
    mixes: tuple  # (until this fraction of the piece, mix)
    first: float  # factor on the learning rates at the start
    last: float  # and at the end, linearly
    own: float = 0.0  # share of batches from the model's own drafts


PLAN = [
    Piece("a", 38, ((0.35, "start"), (1.0, "full")), 1.0, 0.06),
    Piece("b", 31, ((1.0, "full"),), 0.6, 0.12),
    Piece("c", 23, ((1.0, "last"),), 0.28, 0.0, own=0.35),
    Piece("d", 10.5, ((1.0, "judge"),), 0.28, 0.0, own=0.3),
]


def batches(path, rng):
    """Padded (tokens, weights) batches of similar length from a shard, in random order."""
    held = numpy.load(path)
    ids, weights, lengths = held["ids"].astype(numpy.int64), held["weights"], held["lengths"]
    starts = numpy.concatenate(([0], numpy.cumsum(lengths)[:-1]))
    groups = {length: [] for length in LENGTHS}
    for index, length in enumerate(lengths):
        groups[next(l for l in LENGTHS if length <= l + 1)].append(index)
    plans = []
    for length, members in groups.items():
        rng.shuffle(members)
        rows = max(1, BATCH_TOKENS // length)
        plans += [(length, members[i:i + rows]) for i in range(0, len(members) - rows + 1, rows)]
    rng.shuffle(plans)
    for length, members in plans:
        tokens = numpy.full((len(members), length + 1), 0, numpy.int64)
        loss = numpy.zeros((len(members), length + 1), numpy.float32)
        for row, index in enumerate(members):
            here = slice(starts[index], starts[index] + lengths[index])
            tokens[row, :lengths[index]] = ids[here]
            loss[row, :lengths[index]] = weights[here] / 50
        yield torch.from_numpy(tokens), torch.from_numpy(loss), int(lengths[members].sum())


class Feed:
    """Fresh shards as they are needed, mixed with batches of the model's own drafts."""

    def __init__(self, work, piece, rng, state):
        self.work, self.piece, self.rng, self.state = work, piece, rng, state
        self.fresh = self.own = iter(())

    def make_shard(self, fraction):
        mix = next(m for until, m in self.piece.mixes if fraction <= until)
        path = self.work / "shard.npz"
        seed = 1000 + self.state["shards"]
        self.state["shards"] += 1
        subprocess.run([sys.executable, HERE / "data.py", "shard", "--out", path, "--seed", str(seed),
                        "--tokens", str(SHARD_TOKENS), "--mix", mix], check=True, stdout=subprocess.DEVNULL)
        return path

    def next(self, fraction):
        if self.rng.random() < self.piece.own:
            batch = next(self.own, None)
            if batch is None:
                self.own = batches(self.work / "own.npz", self.rng)
                batch = next(self.own)
            return batch
        batch = next(self.fresh, None)
        if batch is None:
            self.fresh = batches(self.make_shard(fraction), self.rng)
            batch = next(self.fresh)
        return batch


def save(path, model, opts, state):
    partial = path.with_suffix(".partial")
    torch.save(dict(shape=model.shape.as_dict(), model=model.state_dict(),
                    optimisers=[o.state_dict() for o in opts], state=state), partial)
    os.replace(partial, path)


def load_model(path):
    held = torch.load(path, weights_only=False)
    model = Model(Shape(**held["shape"]))
    model.load_state_dict(held["model"])
    return model


def run(piece, work):
    checkpoint, log = work / "checkpoint.pt", open(work / "loss.jsonl", "a")
    torch.manual_seed(0)
    model = Model(Shape())
    opts = optimisers(model, MATRIX_RATE, OTHER_RATE)
    rates = [group["lr"] for o in opts for group in o.param_groups]
    state = dict(steps=0, tokens=0, padded=0, shards=0, seconds={}, done=[])
    if checkpoint.exists():
        held = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(held["model"])
        for o, s in zip(opts, held["optimisers"]):
            o.load_state_dict(s)
        state = held["state"]
    if piece.name in state["done"]:
        return
    rng = random.Random(f"{piece.name}{state['steps']}")
    feed = Feed(work, piece, rng, state)
    torch._dynamo.config.recompile_limit = 64
    for block in model.blocks:
        block.compile(dynamic=False)
    model.head_loss = torch.compile(model.head_loss, dynamic=False)
    begun = time.time() - state["seconds"].get(piece.name, 0.0)
    saved = shown = time.time()
    total, count = 0.0, 0
    while (elapsed := time.time() - begun) < piece.minutes * 60:
        fraction = elapsed / (piece.minutes * 60)
        factor = piece.first + (piece.last - piece.first) * fraction
        factor *= min(1.0, (state["steps"] + 1) / 100)
        for rate, group in zip(rates, [g for o in opts for g in o.param_groups]):
            group["lr"] = rate * factor
        tokens, weights, real = feed.next(fraction)
        with torch.autocast("cpu", torch.bfloat16):
            loss = model.loss(tokens, weights) / weights.sum()
        loss.backward()
        for o in opts:
            o.step()
            o.zero_grad(set_to_none=True)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise SystemExit(f"loss {value} at step {state['steps']}")
        total, count = total + value, count + 1
        state["steps"] += 1
        state["tokens"] += real
        state["padded"] += tokens.numel()
        if state["steps"] % 50 == 0:
            now = time.time()
            line = dict(piece=piece.name, step=state["steps"], tokens=state["tokens"], loss=round(total / count, 4),
                        factor=round(factor, 3), minutes=round(elapsed / 60, 2), seconds=round((now - shown) / 50, 3))
            print(json.dumps(line), flush=True)
            print(json.dumps(line), file=log, flush=True)
            total, count, shown = 0.0, 0, now
        if time.time() - saved > 240:
            state["seconds"][piece.name] = time.time() - begun
            save(checkpoint, model, opts, state)
            saved = time.time()
    state["seconds"][piece.name] = time.time() - begun
    state["done"].append(piece.name)
    save(checkpoint, model, opts, state)
    save(work / f"piece-{piece.name}.pt", model, opts, state)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path("build/model"))
    parser.add_argument("--piece", choices=[p.name for p in PLAN])
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for piece in PLAN:
        if options.piece in (None, piece.name):
            run(piece, options.work)


if __name__ == "__main__":
    main()
