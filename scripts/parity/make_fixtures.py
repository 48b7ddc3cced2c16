"""Writes the tiny models under Tests/ModelLocalTests/Fixtures/Models, and what llama.cpp says of them.

usage: make_fixtures.py FOLDER

`expected.json` has, for every file, prompts and the log-probability of each token after them, so that
the tests compare with llama.cpp without Python. Run it again only to change the models.
"""

import json
import pathlib
import sys
from dataclasses import replace

import numpy as np

from llama import Llama
from make_models import FAMILIES, Shape, write_random

SMALL = {"width": 32, "heads": 4, "kv_heads": 2, "head": 8, "hidden": 32, "vocabulary": 64}
# Rows of 256 where they cost least, behind the heads and in the middle of the feed-forward part;
# all other matrices of such a file are in blocks of 32: Q5_0, Q5_1 and Q8_0.
WIDE = Shape(
    "llama", width=32, layers=1, heads=8, kv_heads=1, head=32, hidden=256, vocabulary=64
)
LENGTHS = [1, 2, 7, 40]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    small = {name: replace(shape, **SMALL) for name, shape in FAMILIES.items()}
    small["qwen3"] = replace(small["qwen3"], head=16)
    files = write_random(folder, small, ["F32"])
    files += write_random(folder, {"llama": small["llama"]}, ["F16", "BF16", "Q8_0", "Q4_0"])
    files += write_random(folder, {"wide": WIDE}, ["Q4_K", "Q5_K", "Q6_K"])
    random = np.random.default_rng(0)
    expected = []
    for file in files:
        with Llama(file, strict=True) as llama:
            for length in LENGTHS:
                tokens = random.integers(64, size=length).tolist()
                values = llama.log_probabilities(tokens, 64)
                expected.append({
                    "model": file.name, "tokens": tokens,
                    "logProbabilities": [round(value, 6) for value in values],
                })  # fmt: skip
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in expected)
    (folder / "expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
