"""Writes the profile of a model: how sure its bars may be, and which tokens are worth a second decision.

  python profile.py --steps steps.jsonl --entropies entropies.json --out ../erratum-small.toml
  python profile.py --try        works on made-up data and checks what comes out

`steps.jsonl` has a line a step: {"problem", "family", "split", "step", "meanLogProbability", "minProbability",
"correct"}. The share of right steps is fitted to the signal by isotonic regression over groups of steps; every figure
that is printed or written was measured on problems that the fit had not seen. `entropies.json` has the quantiles of
the entropy of sampled tokens (`p50`, `p99` ...), in total or by split; with `"sequences"`, lists of entropies in the
order of their tokens, the threshold is run over them and its share is counted instead of read off.
"""

import argparse
import hashlib
import json
import math
import pathlib
import sys

import numpy

SIGNALS = ("meanLogProbability", "minProbability")
FOLDS = 10


# Isotonic regression


def groups(values, correct, least):
    """Steps in the order of their value, in groups of at least `least`; equal values stay together."""
    order = numpy.argsort(values, kind="stable")
    x, y = values[order], correct[order]
    starts, last = [0], 0
    for i in range(1, len(x)):
        if i - last >= least and x[i] != x[i - 1] and len(x) - i >= least:
            starts.append(i)
            last = i
    ends = starts[1:] + [len(x)]
    return [(float(x[a:b].mean()), int(y[a:b].sum()), b - a) for a, b in zip(starts, ends)]


def pool(points):
    """Pool adjacent violators: the non-decreasing rates nearest to those of (x, rate, weight)."""
    blocks = []
    for x, rate, weight in points:
        blocks.append([x * weight, rate * weight, weight])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            above = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], above)]
    return [(x / w, r / w) for x, r, w in blocks]


def fit(values, correct, least):
    """Knots (signal value, share of right steps), both rising.

    Half a right and half a wrong step are added to each group: nothing is certain after twenty steps.
    """
    points = [(x, (right + 0.5) / (n + 1), n) for x, right, n in groups(values, correct, least)]
    knots = []
    for x, rate in pool(points):
        x, rate = round(x, 5), round(rate, 4)
        if not knots or x > knots[-1][0]:
            knots.append((x, max(rate, knots[-1][1] if knots else 0)))
    return knots


def apply(knots, values):
    """As the program reads them: linear between knots, constant beyond."""
    return numpy.interp(values, [x for x, _ in knots], [p for _, p in knots])


# Figures


def brier(p, y):
    return float(((p - y) ** 2).mean())


def calibration_error(p, y, bins=10):
    """Expected calibration error over bins of equal width."""
    place = numpy.minimum((p * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        here = place == b
        if here.any():
            total += here.mean() * abs(p[here].mean() - y[here].mean())
    return float(total)


def auroc(score, y):
    """Chance that a right step has the higher score; ties count half."""
    order = numpy.argsort(score, kind="stable")
    ranks = numpy.empty(len(score))
    s = score[order]
    i = 0
    while i < len(s):
        j = i
        while j < len(s) and s[j] == s[i]:
            j += 1
        ranks[order[i:j]] = (i + j + 1) / 2
        i = j
    right = int(y.sum())
    wrong = len(y) - right
    if not right or not wrong:
        return float("nan")
    return float((ranks[y == 1].sum() - right * (right + 1) / 2) / (right * wrong))


def fold(problem):
    """The same for all steps of a problem, and from run to run."""
    return int(hashlib.sha256(str(problem).encode()).hexdigest(), 16) % FOLDS


def uncalibrated(signal, values):
    """The bar as it is without a profile."""
    return numpy.exp(values) if signal == "meanLogProbability" else values


def cross_validated(values, correct, problems, least):
    folds = numpy.array([fold(p) for p in problems])
    p = numpy.full(len(values), correct.mean())
    for f in range(FOLDS):
        held, seen = folds == f, folds != f
        if held.any() and seen.any():
            p[held] = apply(fit(values[seen], correct[seen], least), values[held])
    return p


def judge(signal, steps, least):
    """Figures in all and by split, before and after, as (name, sentence), and the numbers in all."""
    values = numpy.array([s[signal] for s in steps], float)
    correct = numpy.array([s["correct"] for s in steps], float)
    before = uncalibrated(signal, values)
    after = cross_validated(values, correct, [s["problem"] for s in steps], least)
    splits = numpy.array([s.get("split", "") for s in steps])
    sentences, whole = [], {}
    for name in ["", *sorted(set(splits) - {""})]:
        here = splits == name if name else numpy.ones(len(steps), bool)
        y = correct[here]
        numbers = dict(
            auroc=auroc(values[here], y), brier=(brier(before[here], y), brier(after[here], y)),
            ece=(calibration_error(before[here], y), calibration_error(after[here], y)))
        whole = whole or numbers
        sentences.append(
            f"{name or 'all'}: {here.sum()} steps, {y.mean():.1%} right, AUROC {numbers['auroc']:.3f}, Brier "
            + " -> ".join(f"{n:.3f}" for n in numbers["brier"]) + ", calibration error "
            + " -> ".join(f"{n:.3f}" for n in numbers["ece"]))
    return dict(sentences=sentences, **whole)


# Thresholds


def triggers(sequence, window, k, deviation, floor, cold):
    """How many tokens of a sequence of entropies are above the threshold in force at their place."""
    count = 0
    for i, entropy in enumerate(sequence):
        threshold = cold
        if i >= window:
            past = sequence[i - window:i]
            threshold = max(float(numpy.mean(past)) + k * max(float(numpy.std(past, ddof=1)), deviation), floor)
        count += entropy > threshold
    return count


def exceeding(summary, entropy):
    """Share of tokens above an entropy, linear between the quantiles given."""
    points = sorted((value, float(name[1:])) for name, value in summary.items()
                    if name[:1] == "p" and name[1:].replace(".", "").isdigit())
    return 1 - numpy.interp(entropy, [v for v, _ in points], [q / 100 for _, q in points])


def quantile(summaries, share):
    """The entropy that `share` of the tokens of all summaries exceed."""
    tokens = sum(s["tokens"] for s in summaries)
    low, high = 0.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        above = sum(s["tokens"] * exceeding(s, middle) for s in summaries) / tokens
        low, high = (middle, high) if above > share else (low, middle)
    return high


def thresholds(entropies, split, share, window=25, k=4.0):
    sequences = entropies.get("sequences")
    if not sequences:
        summaries = {n: s for n, s in entropies.items() if isinstance(s, dict)} or {"": entropies}
        summaries = [summaries[split]] if split in summaries else list(summaries.values())
        floor = round(quantile(summaries, share), 3)
        mean = sum(s["mean"] * s["tokens"] for s in summaries) / sum(s["tokens"] for s in summaries)
        # In a calm stretch the moving threshold meets the floor; in a restless one it rises above it.
        deviation = round(max(floor - mean, 0) / k, 4)
        return dict(window=window, k=k, minimum_deviation=deviation, floor=floor, cold_start=floor, share=share)
    everything = sorted(e for s in sequences for e in s)
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        floor = float(numpy.quantile(everything, 1 - middle))
        deviation = max(floor - float(numpy.mean(everything)), 0) / k
        found = sum(triggers(s, window, k, deviation, floor, floor) for s in sequences) / len(everything)
        low, high = (middle, high) if found < share else (low, middle)
    return dict(window=window, k=k, minimum_deviation=round(deviation, 4), floor=round(floor, 3),
                cold_start=round(floor, 3), share=round(found, 5))


# The file


def toml(name, prompts, signal, figures, steps, knots, reflection, temperature):
    lines = [f"# What was found out about {name} beforehand; models/training/profile.py wrote the numbers.",
             f'name = "{name}"', f'prompts = "{prompts}"']
    if knots:
        problems = len({s["problem"] for s in steps})
        lines += [
            "", f"# Before -> after, on problems the fit had not seen ({FOLDS} folds):",
            *(f"# {sentence}" for sentence in figures["sentences"]),
            "[calibration]", f'signal = "{signal}"', f"steps = {len(steps)}", f"problems = {problems}", "knots = ["]
        lines += [f"  [{x}, {p}]," for x, p in knots]
        lines += ["]"]
    if reflection:
        at = f", measured at temperature {temperature}" if temperature is not None else ""
        lines += ["", f"# Entropies in nats{at}.", "[reflection]"]
        lines += [f"{key} = {value}" for key, value in reflection.items()]
    return "\n".join(lines) + "\n"


def made_up(rng, problems=300):
    """Steps that are right with a chance the signal does not show: the bars are too sure."""
    steps = []
    for problem in range(problems):
        for step in range(rng.integers(2, 6)):
            mean = -float(rng.exponential(0.3))
            correct = rng.random() < 0.98 / (1 + math.exp(-(3 + 5 * mean)))
            steps.append(dict(problem=f"p{problem}", family="f", split="in", step=step + 1, meanLogProbability=mean,
                              minProbability=math.exp(3 * mean), correct=bool(correct)))
    return steps


def try_out():
    rng = numpy.random.default_rng(7)
    assert pool([(0, 0.2, 1), (1, 0.6, 1), (2, 0.4, 1), (3, 0.9, 1)]) == [(0, 0.2), (1.5, 0.5), (3, 0.9)]
    assert auroc(numpy.array([1.0, 2, 3, 4]), numpy.array([0, 0, 1, 1])) == 1
    assert auroc(numpy.array([1.0, 1, 1, 1]), numpy.array([0, 1, 0, 1])) == 0.5
    steps = made_up(rng)
    for signal in SIGNALS:
        figures = judge(signal, steps, 20)
        print(signal, *figures["sentences"], sep="\n  ")
        knots = fit(numpy.array([s[signal] for s in steps]), numpy.array([s["correct"] for s in steps], float), 20)
        assert all(a[0] < b[0] and a[1] <= b[1] for a, b in zip(knots, knots[1:])), knots
        assert all(0 < p < 1 for _, p in knots)
        assert figures["brier"][1] < figures["brier"][0] and figures["ece"][1] < figures["ece"][0], figures
    flat = {"temperature": 0.7, "in": dict(tokens=9, mean=0.04, p50=0.0, p95=0.2, p99=0.8)}
    assert thresholds(flat, None, 0.02)["floor"] == 0.65
    flat["out"] = dict(tokens=9, mean=0.4, p50=0.5, p95=1.5, p99=2.5)
    assert 1.5 < thresholds(flat, None, 0.02)["floor"] < 2.5
    sequences = [list(rng.exponential(0.05, 80)) for _ in range(40)]
    for sequence in sequences:
        sequence[rng.integers(30, 80)] = 2.0
    found = thresholds(dict(sequences=sequences), None, 0.02)
    assert abs(found["share"] - 0.02) < 0.01, found
    print(toml("tried", "plain", SIGNALS[0], figures, steps, knots, found, 0.7))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=pathlib.Path)
    parser.add_argument("--entropies", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, help="the TOML file; printed when left out")
    parser.add_argument("--name", default="erratum-small")
    parser.add_argument("--prompts", default="plain")
    parser.add_argument("--signal", choices=SIGNALS, default=SIGNALS[0],
                        help="the first is what the bars show when nobody says otherwise")
    parser.add_argument("--split", help="only the steps and entropies of this split")
    parser.add_argument("--share", type=float, default=0.02, help="share of tokens that are to trigger")
    parser.add_argument("--least", type=int, default=25, help="steps of a group, at least")
    parser.add_argument("--try", dest="tries", action="store_true")
    given = parser.parse_args()
    if given.tries:
        return try_out()
    if not given.steps and not given.entropies:
        parser.error("give --steps, --entropies or both; --try works on made-up data")
    steps, signal, figures, knots = [], None, None, None
    if given.steps:
        steps = [json.loads(line) for line in given.steps.read_text().splitlines() if line.strip()]
        steps = [s for s in steps if given.split in (None, s.get("split"))]
        if not steps:
            sys.exit(f"{given.steps} has no steps of the split {given.split}.")
        signal = given.signal
        every = {s: judge(s, steps, given.least) for s in SIGNALS}
        for name, figures in every.items():
            print(name, *figures["sentences"], sep="\n  ")
        figures = every[signal]
        knots = fit(numpy.array([s[signal] for s in steps], float),
                    numpy.array([s["correct"] for s in steps], float), given.least)
    reflection = temperature = None
    if given.entropies:
        entropies = json.loads(given.entropies.read_text())
        reflection = thresholds(entropies, given.split, given.share)
        temperature = entropies.get("temperature")
    text = toml(given.name, given.prompts, signal, figures, steps, knots, reflection, temperature)
    if given.out:
        given.out.write_text(text)
        print(f"{given.out}: calibrated on {len(steps)} steps by {signal}")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
