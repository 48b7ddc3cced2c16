"""The runtime under test, through Benchmarks/Probe (`make parity` builds it)."""

import json
import os
import pathlib
import subprocess
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(os.environ.get("ERRATUM_PROBE", ROOT / ".build/release/probe-model"))


def probe(arguments: list[str], lines: list[dict] = ()) -> bytes:
    """What the tool prints, given JSON lines."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    run = subprocess.run([PROBE, *arguments], input=text.encode(), capture_output=True)
    if run.returncode:
        raise RuntimeError(f"probe-model {arguments}: {run.stderr.decode(errors='replace')}")
    return run.stdout


def logits(model: pathlib.Path, prompts: list[list[int]]) -> np.ndarray:
    """One row a prompt: of every token, after the prompt's last."""
    data = probe(["logits", str(model)], [{"tokens": prompt} for prompt in prompts])
    return np.frombuffer(data, "<f4").reshape(len(prompts), -1)


def greedy(model: pathlib.Path, problems: list[str], count: int) -> list[dict]:
    """`prompt_tokens`, `tokens` and `text` of each problem, asked in the file's own template."""
    asked = [{"messages": [{"role": "user", "content": problem}]} for problem in problems]
    out = probe(["greedy", str(model), "--max-tokens", str(count)], asked)
    return [json.loads(line) for line in out.splitlines()]


def bench(model: pathlib.Path, prompt: int, generate: int, threads: int = 1) -> dict:
    options = {
        "--prompt": prompt, "--generate": generate, "--threads": threads,
        "--started": time.monotonic_ns(),
    }  # fmt: skip
    words = [str(word) for pair in options.items() for word in pair]
    return json.loads(probe(["bench", str(model), *words]))
