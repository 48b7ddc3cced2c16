"""Training samples from the model's own drafts: criticising, revising and judging them.

    python own.py CHECKPOINT --out own.npz [--drafts 8000]

Drafts are sampled at temperatures 0.7 and 1 for fresh problems of the trained side. All wrong ones are used, and a
like number of right ones. The judge (judge.py) knows the first wrong step.
"""

import argparse
import json
import random
import time
from pathlib import Path

import torch

import tasks
from data import HERE, LENGTHS, excluded, problems, write_shard
from judge import answer_of, first_error, read_steps
from sample import generate
from tokenizer import Tokenizer
from train import load_model


def drafts(ask, stream, count, seed):
    """(problem, draft, first error or 0), right and wrong."""
    drawn = [next(stream) for _ in range(count)]
    right, wrong = [], []
    for part, temperature in ((drawn[::2], 0.7), (drawn[1::2], 1.0)):
        replies = ask([p.text for p in part], temperature=temperature, seed=seed, longest=150)
        for problem, text in zip(part, replies):
            error = first_error(text, problem.equations(), problem.answer)
            if error is None or "Wait" in text:
                continue
            if error:
                wrong.append((problem, text, error))
            elif len(read_steps(text)) == len(problem.steps):
                right.append((problem, text, 0))
    return right, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--drafts", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=500)
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.time()
    rng = random.Random(options.seed)
    model, tokenizer = load_model(options.checkpoint), Tokenizer.load(HERE / "tokenizer.json")
    held = {json.loads(line)["problem"] for line in open(HERE / "heldout.jsonl")}

    def ask(contents, **choices):
        prompts = [tokenizer.encode(tasks.chat(c)) for c in contents]
        with torch.autocast("cpu", torch.bfloat16):
            replies = generate(model, prompts, tokenizer.stop, rows=256, **choices)
        return [tokenizer.decode(r.ids) for r in replies]

    right, wrong = drafts(ask, problems(rng, excluded(), held), options.drafts, options.seed)
    rng.shuffle(right)
    print(f"{len(right)} right and {len(wrong)} wrong drafts after {time.time() - began:.0f} s", flush=True)
    cases = wrong + right[:int(0.8 * len(wrong))]
    rng.shuffle(cases)
    contents = [tasks.critique_content(p, t) for p, t, _ in cases]
    # Its own critiques, of half of the drafts: enough for judging and for revising by them.
    own_critiques = ask(contents[::2], temperature=0.0, longest=130)
    print(f"own critiques after {time.time() - began:.0f} s", flush=True)
    samples = []
    for index, ((problem, text, error), content) in enumerate(zip(cases, contents)):
        own = own_critiques[index // 2] if index % 2 == 0 else None
        said = tasks.critique_text(problem, error or None)
        samples.append((content, tasks.critique_pieces(problem, error or None), 0.02))
        if own:
            verdict = "yes" if answer_of(text) == problem.answer else "no"
            samples.append((tasks.check_content(problem.text, text, own), [(verdict, 3.0)], 0.0))
        if error or rng.random() < 0.4:
            samples.append((f"{problem.text}\n\nDraft:\n{text}\n\nCritique:\n{own or said}\n\nRevise the draft.",
                            tasks.solution_pieces(problem), 0.0))
    rng.shuffle(samples)
    encoded = [tasks.tokens(tokenizer, s) for s in samples]
    encoded = [e for e in encoded if len(e[0]) <= LENGTHS[-1] + 1]
    write_shard(options.out, encoded)
    print(f"{len(encoded)} samples, {sum(len(i) for i, _ in encoded)} tokens, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
