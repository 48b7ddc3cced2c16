#!/usr/bin/env python3
"""Compares tokens and prompts with llama.cpp's, for files made here.

usage: tokenizer.py record              write Tests/ModelLocalTests/Fixtures again
       tokenizer.py compare [SEED]      compare thousands of random texts more, nothing is kept
       tokenizer.py model FILE [SEED]   the same with the tokenizer of a model at hand

Needs `pip install xllamacpp gguf`. Recording starts a llama.cpp server for every kind of tokenizer
and template, asks it for /tokenize and /apply-template, and writes its answers down; the Swift
tests compare with those and need no Python. `compare` does the same with random texts in a
scratch folder and then runs the same Swift tests on them.
"""

import http.client
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

import corpus
import vocabularies

FIXTURES = vocabularies.ROOT / "Tests" / "ModelLocalTests" / "Fixtures"
PRES = ["qwen2", "llama-bpe", "smollm", "gpt-2", "default"]

SERVER = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"] if isinstance(params.hostnames, list) else "127.0.0.1"
params.port = int(sys.argv[2])
params.cpuparams.n_threads = 1
params.n_ctx = 512
params.n_parallel = 1
params.verbosity = -1
params.use_jinja = True
params.prefill_assistant = True
params.ui = False
server = xllamacpp.Server(params)
while True:
    time.sleep(3600)
"""


class LlamaServer:
    """llama.cpp on a model, as long as a `with` block lasts."""

    def __init__(self, path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(path), str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit("llama.cpp refused the file")
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
                self.connection.connect()
                # Headers and body are two writes; without this each request waits 40 ms.
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connection.request("GET", "/health")
                answer = self.connection.getresponse()
                answer.read()
                if answer.status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit("llama.cpp did not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, path, body):
        self.connection.request("POST", path, json.dumps(body))
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"llama.cpp refused {path}: {text[:300]}")
        return json.loads(text)

    def tokens(self, text, special=False, beginning=False):
        body = {"content": text, "add_special": beginning, "parse_special": special}
        return self.ask("/tokenize", body)["tokens"]

    def prompt(self, messages, template):
        prefix = ""
        if template == "qwen3" and messages[-1]["role"] == "assistant":
            # llama.cpp puts an empty thought before an answer left open; here it goes on as it is.
            messages, prefix = messages[:-1], messages[-1]["content"]
        prompt = self.ask("/apply-template", {"messages": messages})["prompt"] + prefix
        # llama.cpp writes today's date where the program would write its own.
        return re.sub(r"(?<=Today Date: )\d\d \w{3} \d{4}", "26 Jul 2024", prompt)


def answers(path, texts):
    """The tokens of every text; both lists where special tokens make a difference."""
    with LlamaServer(path) as server:
        cases = [[server.tokens(text), server.tokens(text, special=True)] for text in texts]
    return [plain if plain == special else [plain, special] for plain, special in cases]


def token_cases(folder, texts):
    """What llama.cpp makes of `texts`, for every kind of tokenizer."""
    bytes_, pieces = vocabularies.byte_level(), vocabularies.sentence_pieces()
    kinds = [("bytes.gguf", bytes_, {"pre": pre}) for pre in PRES]
    kinds += [("pieces.gguf", pieces, {"prefix": prefix}) for prefix in (True, False)]
    tokenizers = []
    for name, vocabulary, options in kinds:
        vocabularies.write(folder / name, vocabulary, **options)
        tokenizers.append({"file": name, **options, "ids": answers(folder / name, texts)})
    return {"texts": texts, "tokenizers": tokenizers}


def template_cases(folder):
    """What llama.cpp makes of some conversations, for every template."""
    bytes_, pieces = vocabularies.byte_level(), vocabularies.sentence_pieces()
    templates = []
    for name, options in corpus.TEMPLATES.items():
        vocabulary = pieces if options["tokenizer"] == "pieces" else bytes_
        path = folder / "template.gguf"
        program = (FIXTURES / "templates" / f"{name}.jinja").read_text(encoding="utf-8")
        kept = {key: value for key, value in options.items() if key in ("pre", "prefix", "bos")}
        vocabularies.write(path, vocabulary, template=program, **kept)
        cases = []
        with LlamaServer(path) as server:
            for messages in corpus.CONVERSATIONS:
                if messages[0]["role"] == "system" and options.get("system") is False:
                    continue
                text = server.prompt(messages, name)
                ids = server.tokens(text, special=True, beginning=True)
                cases.append({"messages": messages, "text": text, "ids": ids})
        templates.append({"template": name, **options, "cases": cases})
    return templates


def record():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        tokens, templates = token_cases(scratch, corpus.TEXTS), template_cases(scratch)
    vocabularies.write(
        FIXTURES / "bytes.gguf", vocabularies.byte_level(), pre="qwen2", tensors=False)
    vocabularies.write(FIXTURES / "pieces.gguf", vocabularies.sentence_pieces(), tensors=False)
    for name, value in (("tokens.json", tokens), ("templates.json", templates)):
        text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        (FIXTURES / name).write_text(text.replace('{"file"', '\n{"file"') + "\n")


def compare(seed, model=None):
    """Runs the Swift tests on random texts, with the tokenizers made here or one model's."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        texts = corpus.random_texts(random.Random(seed), 2000)
        if model:
            texts += corpus.TEXTS
            path = str(pathlib.Path(model).resolve())
            records = {"texts": texts, "tokenizers": [{"file": path, "ids": answers(path, texts)}]}
        else:
            records = token_cases(scratch, texts)
        (scratch / "tokens.json").write_text(json.dumps(records))
        print(f"seed {seed}: {len(texts)} texts for {len(records['tokenizers'])} tokenizers")
        command = ["swift", "test", "--filter", "TokenizerRecords"]
        environment = {**os.environ, "ERRATUM_TOKENS": str(scratch / "tokens.json")}
        return subprocess.run(command, cwd=vocabularies.ROOT, env=environment).returncode


def seed(rest):
    return int(rest[0]) if rest else random.randrange(1 << 31)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record"]:
            record()
        case ["compare", *rest]:
            sys.exit(compare(seed(rest)))
        case ["model", path, *rest]:
            sys.exit(compare(seed(rest), path))
        case _:
            sys.exit(__doc__)
