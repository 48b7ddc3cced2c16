"""Measures a checkpoint on the held-out problems.

    python evaluate.py CHECKPOINT --out FOLDER [--limit N] [--problems FILE]

Writes FOLDER/figures.json, FOLDER/steps.jsonl (the confidence and the correctness of every sampled step) and
FOLDER/entropies.json. `--problems` takes another file of problems ("problem", "answer", "steps"); their side is the
part of the identifier before the first hyphen.
"""

import argparse
import collections
import json
import math
import random
import re
import time
from pathlib import Path

import numpy
import torch

import tasks
from data import HERE
from judge import answer_of, equation_of, first_error, read_steps, said_error
from sample import generate
from story import Problem, Step
from tokenizer import Tokenizer
from train import load_model

SAMPLES = 5


def problem_of(row):
    """A held-out row as a problem: an operand that is an earlier result refers to the latest such step."""
    steps, results = [], []
    for line in row["steps"]:
        text = line.partition(": ")[2]
        equation = equation_of(text)
        if not equation:
            steps.append(Step(before=text, after="", statement=text.rstrip(".")))
            results.append(None)
            continue
        left, operator, right, result = equation
        core = f"{left} {operator} {right} = {result}"
        before, _, after = text.partition(core)
        references = [("step", max(i for i, r in enumerate(results) if r == n)) if n in results else ("number", n)
                      for n in (left, right)]
        steps.append(Step(before, after, operator, *references))
        results.append(result)
    answer = str(row["answer"])
    last = next((i for i in reversed(range(len(results))) if str(results[i]) == answer), None)
    numbers = [int(n) for n in re.findall(r"\d+", row["problem"])]
    return Problem(row.get("family", ""), row["problem"], steps, answer, (), last, [], numbers)


def wilson(hits, count):
    if not count:
        return (0.0, 0.0, 0.0)
    p, z = hits / count, 1.96
    centre = (p + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / 4 / count / count)
    return p, centre - half, centre + half


def share(flags):
    flags = list(flags)
    p, low, high = wilson(sum(flags), len(flags))
    return dict(value=round(100 * p, 1), low=round(100 * low, 1), high=round(100 * high, 1), n=len(flags))


def auroc(scores, labels):
    """The chance that a right one scores above a wrong one."""
    order = numpy.argsort(scores)
    ranks = numpy.empty(len(scores))
    ranks[order] = numpy.arange(1, len(scores) + 1)
    scores, labels = numpy.array(scores), numpy.array(labels, bool)
    for value in numpy.unique(scores):  # ties share their mean rank
        same = scores == value
        if same.sum() > 1:
            ranks[same] = ranks[same].mean()
    right, wrong = labels.sum(), (~labels).sum()
    if not right or not wrong:
        return None
    return float((ranks[labels].sum() - right * (right + 1) / 2) / (right * wrong))


def auroc_figure(scores, labels, rng):
    value = auroc(scores, labels)
    if value is None:
        return None
    q1, q2 = value / (2 - value), 2 * value * value / (1 + value)
    right, wrong = sum(labels), len(labels) - sum(labels)
    error = math.sqrt((value * (1 - value) + (right - 1) * (q1 - value ** 2) + (wrong - 1) * (q2 - value ** 2))
                      / right / wrong)
    return dict(value=round(value, 3), low=round(value - 1.96 * error, 3), high=round(min(1, value + 1.96 * error), 3),
                right=int(right), wrong=int(wrong))


def f1(found, accepted, rng):
    """Harmonic mean of the two shares with a bootstrap interval."""
    def mean(a, b):
        a, b = sum(a) / max(1, len(a)), sum(b) / max(1, len(b))
        return 100 * 2 * a * b / (a + b) if a + b else 0.0

    again = sorted(mean(rng.choices(found, k=len(found)), rng.choices(accepted, k=len(accepted)))
                   for _ in range(500)) if found and accepted else [0.0]
    return dict(value=round(mean(found, accepted), 1), low=round(again[int(0.025 * len(again))], 1),
                high=round(again[int(0.975 * len(again))], 1), found=share(found), accepted=share(accepted))


class Evaluator:
    def __init__(self, model, tokenizer, rows, samples=SAMPLES):
        self.model, self.tokenizer, self.rows, self.count = model, tokenizer, rows, samples
        self.rng = random.Random(7)
        self.sides = sorted({r["side"] for r in rows}, reverse=True)
        self.figures = {side: {} for side in self.sides}

    def ask(self, contents, **options):
        prompts = [self.tokenizer.encode(tasks.chat(c)) for c in contents]
        return generate(self.model, prompts, self.tokenizer.stop, **options)

    def texts(self, contents, **options):
        return [self.tokenizer.decode(r.ids) for r in self.ask(contents, **options)]

    def note(self, name, values):
        """Files one figure a side; `values` gives (row, flag) pairs."""
        for side in self.sides:
            self.figures[side][name] = share(f for row, f in values if row["side"] == side)

    def solve(self):
        rows = self.rows
        greedy = self.texts([r["problem"] for r in rows])
        for row, text in zip(rows, greedy):
            row["greedy"] = text
        self.note("greedy", [(r, answer_of(r["greedy"]) == r["answer"]) for r in rows])
        for row in rows:
            row["samples"] = []
        for seed in range(self.count):
            for row, reply in zip(rows, self.ask([r["problem"] for r in rows], temperature=0.7, seed=seed)):
                row["samples"].append((self.tokenizer.decode(reply.ids), reply))
        def answers(row):
            return [answer_of(t) for t, _ in row["samples"]]
        self.note("sampled", [(r, a == r["answer"]) for r in rows for a in answers(r)])
        self.note("majority of 5", [(r, collections.Counter(answers(r)).most_common(1)[0][0] == r["answer"])
                                    for r in rows])
        self.note("any of 5", [(r, r["answer"] in answers(r)) for r in rows])
        self.note("wait in greedy", [(r, "Wait" in r["greedy"]) for r in rows])
        self.note("wait in sampled", [(r, "Wait" in t) for r in rows for t, _ in r["samples"]])
        self.note("right after wait", [(r, answer_of(t) == r["answer"]) for r in rows for t, _ in r["samples"]
                                       if "Wait" in t])
        for side in self.sides:
            families = collections.defaultdict(list)
            for r in rows:
                if r["side"] == side:
                    families[r.get("family", "")].append(answer_of(r["greedy"]) == r["answer"])
            self.figures[side]["by family"] = {f: share(v) for f, v in sorted(families.items())}
            lengths = collections.defaultdict(list)
            for r in rows:
                if r["side"] == side:
                    lengths[len(r["steps"])].append(answer_of(r["greedy"]) == r["answer"])
            self.figures[side]["by steps"] = {str(n): share(v) for n, v in sorted(lengths.items())}

    def steps(self, folder):
        """Confidence of the sampled steps, up to and including the first wrong one."""
        entropies, out, sequences = collections.defaultdict(list), [], []
        for row in self.rng.sample(self.rows, len(self.rows)):
            for text, reply in row["samples"]:
                entropies[row["side"]] += reply.entropies
                if len(sequences) < 1000:
                    sequences.append([round(e, 5) for e in reply.entropies])
                error = first_error(text, row["equations"], row["answer"])
                if error is None or "Wait" in text:
                    continue
                offsets, place = [], 0
                for token in reply.ids:
                    offsets.append(place)
                    place += len(self.tokenizer.bytes[token])
                for step in read_steps(text):
                    if error and step.number > error:
                        break
                    inside = [p for o, p in zip(offsets, reply.log_probabilities) if step.start <= o < step.end]
                    out.append(dict(problem=row["id"], family=row.get("family", ""), split=row["side"],
                                    step=step.number, meanLogProbability=round(sum(inside) / len(inside), 6),
                                    minProbability=round(math.exp(min(inside)), 6), correct=step.number != error))
        with open(folder / "steps.jsonl", "w") as file:
            for line in out:
                file.write(json.dumps(line) + "\n")
        summary = {}
        for side in self.sides:
            e = numpy.array(entropies[side])
            quantiles = {f"p{q}": round(float(numpy.percentile(e, q)), 5)
                         for q in (5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5)}
            summary[side] = dict(tokens=len(e), mean=round(float(e.mean()), 4), **quantiles,
                                 **{f"share>{t}": round(float((e > t).mean()), 4) for t in (0.1, 0.5, 1.0)})
            here = [s for s in out if s["split"] == side]
            for name in ("meanLogProbability", "minProbability"):
                self.figures[side][f"step AUROC {name}"] = auroc_figure(
                    [s[name] for s in here], [s["correct"] for s in here], self.rng)
            self.figures[side]["entropy"] = summary[side]
        with open(folder / "entropies.json", "w") as file:
            json.dump(dict(temperature=0.7, unit="nats", **summary, sequences=sequences), file)

    def critique_injected(self):
        cases = []
        for row in self.rows:
            problem = problem_of(row)
            cases.append((row, tasks.right_draft(problem)))
            wrong = tasks.wrong_draft(self.rng, problem)
            if wrong:
                cases.append((row, wrong))
        said = self.texts([tasks.critique_content(problem_of(r), d.text) for r, d in cases])
        kinds = collections.defaultdict(list)
        for side in self.sides:
            found, accepted = [], []
            for (row, draft), text in zip(cases, said):
                if row["side"] == side:
                    right = said_error(text) == (draft.first_error or 0)
                    (found if draft.first_error else accepted).append(right)
                    if draft.first_error:
                        kinds[side, draft.kind].append(right)
            self.figures[side]["first error, injected"] = f1(found, accepted, self.rng)
            self.figures[side]["found by kind"] = {k: share(v) for (s, k), v in sorted(kinds.items()) if s == side}

    def critique_own(self):
        cases = []
        for row in self.rows:
            text = row["samples"][0][0]
            error = first_error(text, row["equations"], row["answer"])
            if error is not None and "Wait" not in text:
                cases.append((row, text, error))
        critiques = self.texts([tasks.critique_content(problem_of(r), t) for r, t, _ in cases])
        contents = [tasks.check_content(r["problem"], t, c) for (r, t, _), c in zip(cases, critiques)]
        yes = self.tokenizer.encode("yes")[0]
        no = self.tokenizer.encode("no")[0]
        chances = []
        with torch.no_grad():
            for content in contents:
                logits = self.model(torch.tensor([self.tokenizer.encode(tasks.chat(content))]))[0, -1]
                chances.append(float(logits[yes] - logits[no]))
        for side in self.sides:
            found, accepted, scores, labels = [], [], [], []
            for (row, text, error), said, chance in zip(cases, critiques, chances):
                if row["side"] == side:
                    (found if error else accepted).append(said_error(said) == error)
                    scores.append(chance)
                    labels.append(error == 0)
            figures = self.figures[side]
            figures["first error, own drafts"] = f1(found, accepted, self.rng)
            figures["is it right, accuracy"] = share((s > 0) == l for s, l in zip(scores, labels))
            figures["is it right, always yes"] = share(labels)
            figures["is it right, AUROC"] = auroc_figure(scores, labels, self.rng)

    def rounds(self, start):
        """Critique and revise twice; a draft that its critique accepts stays."""
        rows = self.rows
        drafts = [r["greedy"] if start == "greedy" else r["samples"][0][0] for r in rows]
        right = [[answer_of(d) == r["answer"] for d, r in zip(drafts, rows)]]
        open_ = list(range(len(rows)))
        for _ in range(2):
            critiques = self.texts([tasks.critique_content(problem_of(rows[i]), drafts[i]) for i in open_])
            open_ = [(i, c) for i, c in zip(open_, critiques) if said_error(c) not in (0, None)]
            revised = self.texts([f"{rows[i]['problem']}\n\nDraft:\n{drafts[i]}\n\nCritique:\n{c}\n\nRevise the draft."
                                  for i, c in open_])
            for (i, _), text in zip(open_, revised):
                drafts[i] = text
            open_ = [i for i, _ in open_]
            right.append([answer_of(d) == r["answer"] for d, r in zip(drafts, rows)])
        for side in self.sides:
            here = [i for i, r in enumerate(rows) if r["side"] == side]
            self.figures[side][f"rounds from {start}"] = dict(
                right=[share(flags[i] for i in here) for flags in right],
                fixed=sum(right[2][i] and not right[0][i] for i in here),
                broken=sum(right[0][i] and not right[2][i] for i in here))

    def revise_true(self):
        """Revising wrong drafts with the true critique."""
        cases = []
        for row in self.rows:
            problem = problem_of(row)
            wrong = tasks.wrong_draft(self.rng, problem)
            if wrong:
                said = tasks.critique_text(problem, wrong.first_error)
                cases.append((row, f"{row['problem']}\n\nDraft:\n{wrong.text}\n\nCritique:\n{said}\n\n"
                                   "Revise the draft."))
        texts = self.texts([c for _, c in cases])
        self.note("revise, true critique", [(r, answer_of(t) == r["answer"]) for (r, _), t in zip(cases, texts)])


def load_rows(path, limit):
    rows = [json.loads(line) for line in open(path)]
    counts, kept = collections.Counter(), []
    for row in rows:
        row["side"] = row["id"].rsplit("-", 1)[0]
        row["answer"] = str(row["answer"])
        row.setdefault("equations", None)
        if row["equations"] is None:
            row["equations"] = problem_of(row).equations()
        counts[row["side"]] += 1
        if not limit or counts[row["side"]] <= limit:
            kept.append(row)
    return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/model/evaluation"))
    parser.add_argument("--problems", type=Path, default=HERE / "heldout.jsonl")
    parser.add_argument("--limit", type=int, default=0, help="problems of each side")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--parts", nargs="*", help="solve steps injected own sampled_rounds greedy_rounds revise")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.time()
    run = Evaluator(load_model(options.checkpoint), Tokenizer.load(HERE / "tokenizer.json"),
                    load_rows(options.problems, options.limit), options.samples)
    parts = dict(solve=run.solve, steps=lambda: run.steps(options.out), injected=run.critique_injected,
                 own=run.critique_own, sampled_rounds=lambda: run.rounds("sampled"),
                 greedy_rounds=lambda: run.rounds("greedy"), revise=run.revise_true)
    for name in options.parts or parts:
        parts[name]()
        with open(options.out / "figures.json", "w") as file:
            json.dump(run.figures, file, indent=1)
        print(f"{time.time() - began:.0f} s", flush=True)
    with open(options.out / "greedy.jsonl", "w") as file:
        for row in run.rows:
            file.write(json.dumps(dict(id=row["id"], problem=row["problem"], answer=row["answer"],
                                       steps=row["steps"], greedy=row["greedy"],
                                       samples=[t for t, _ in row["samples"]])) + "\n")
    brief(run.figures)


def brief(figures):
    for side, table in figures.items():
        print(f"== {side}")
        for name, figure in table.items():
            if isinstance(figure, dict) and "value" in figure:
                print(f"{name:40} {figure['value']:7} [{figure.get('low')}, {figure.get('high')}] {figure.get('n', '')}")
            elif name.startswith("rounds"):
                print(f"{name:40} {[r['value'] for r in figure['right']]} fixed {figure['fixed']} broken {figure['broken']}")


if __name__ == "__main__":
    main()
