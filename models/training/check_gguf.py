"""Compares greedy text of a GGUF file in llama.cpp (pip install xllamacpp) with the checkpoint it was made from.

    python check_gguf.py CHECKPOINT FILE.gguf [--count 40] [--port 18230]
"""

import argparse
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import torch

import tasks
from data import HERE
from evaluate import load_rows, problem_of
from sample import generate
from tokenizer import Tokenizer
from train import load_model

SERVE = """
import sys, time, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.port, p.n_ctx, p.n_parallel = sys.argv[1], int(sys.argv[2]), 1024, 1
p.hostnames = ["127.0.0.1"]
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.fit_params, p.use_jinja, p.prefill_assistant, p.ui, p.verbosity = False, True, True, False, -1
server = xllamacpp.Server(p)
print("ready", flush=True)
time.sleep(3600)
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--port", type=int, default=18230)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = load_model(options.checkpoint), Tokenizer.load(HERE / "tokenizer.json")
    rows = load_rows(HERE / "heldout.jsonl", options.count // 4)
    contents = [r["problem"] for r in rows]
    contents += [tasks.critique_content(problem_of(r), tasks.right_draft(problem_of(r)).text) for r in rows]
    ours = [tokenizer.decode(r.ids) for r in generate(
        model, [tokenizer.encode(tasks.chat(c)) for c in contents], tokenizer.stop)]
    server = subprocess.Popen([sys.executable, "-c", SERVE, options.file, str(options.port)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if b"ready" not in server.stdout.readline():
            sys.exit("llama.cpp could not open the file")
        same = 0
        for content, text in zip(contents, ours):
            body = dict(messages=[dict(role="user", content=content)], temperature=0, max_tokens=260)
            request = urllib.request.Request(f"http://127.0.0.1:{options.port}/v1/chat/completions",
                                             json.dumps(body).encode(), {"Content-Type": "application/json"})
            theirs = json.load(urllib.request.urlopen(request, timeout=60))["choices"][0]["message"]["content"]
            same += theirs.strip() == text.strip()
            if theirs.strip() != text.strip() and same < 3:
                print("differs:", repr(content), repr(text), repr(theirs), sep="\n")
        print(f"{options.file}: {same} of {len(contents)} greedy replies identical")
    finally:
        server.kill()


if __name__ == "__main__":
    main()
