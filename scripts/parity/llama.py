"""llama.cpp as an independent peer, from its Python wheel (pip install xllamacpp).

usage: llama.py MODEL PORT [--threads N] [--strict]    serve a file on loopback until killed

One thread unless told: more of them spin at barriers, and crawl as soon as anything else has a core.
`--strict` keeps keys and values in float32, attention in its plain form and weights as they lie in
the file, for comparisons where every rounding counts.
"""

import argparse
import contextlib
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import time

import numpy as np

CONTEXT = 2048


def serve(model: str, port: int, threads: int, strict: bool) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.fit_params = False
    params.use_jinja = True
    params.prefill_assistant = True
    params.ui = False
    params.verbosity = -1
    if strict:
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.no_extra_bufts = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(3600)


def free_port() -> int:
    """A port of loopback on which nobody listens just now."""
    for port in range(18100, 18200):
        with contextlib.suppress(OSError), socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port between 18100 and 18199 is free")


class Llama:
    """A server of its own for one file; use it in a `with`."""

    def __init__(self, model: pathlib.Path, threads: int = 1, strict: bool = False):
        self.port = free_port()
        command = [sys.executable, __file__, model, str(self.port), "--threads", str(threads)]
        command += ["--strict"] * strict
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not self.process.stdout.readline():
            raise RuntimeError(f"llama.cpp could not open {model}")
        self.plain_token = self.tokens("A")[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def post(self, path: str, body: dict) -> dict:
        # A connection of its own for each: the server closes idle ones after some seconds.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"llama.cpp answered {answer.status} to {path}: {text[:200]}")
        return json.loads(text)

    def tokens(self, text: str) -> list[int]:
        body = {"content": text, "add_special": False, "parse_special": True}
        return self.post("/tokenize", body)["tokens"]

    def prompt(self, problem: str) -> str:
        """The text a model is asked with: its file's chat template around one message."""
        messages = [{"role": "user", "content": problem}]
        return self.post("/apply-template", {"messages": messages})["prompt"]

    def complete(self, tokens: list[int], count: int, alternatives: int = 0, **more) -> dict:
        """Greedy. Probabilities are those of the model, before any sampler touches them."""
        return self.post("/completion", {
            "prompt": tokens, "n_predict": count, "n_probs": alternatives, "temperature": 0,
            "samplers": ["temperature"], "post_sampling_probs": False, "cache_prompt": False,
            "return_tokens": True, **more,
        })  # fmt: skip

    def log_probabilities(self, tokens: list[int], vocabulary: int) -> np.ndarray:
        """Of every token, after `tokens`."""
        # A token that ends the text or is half a character comes without probabilities, so a plain
        # one is forced. That is the sampler's affair: the reported ones are from before it.
        forced = [[self.plain_token, 10_000]]
        answer = self.complete(tokens, 1, alternatives=vocabulary, logit_bias=forced)
        entries = answer["completion_probabilities"][0]["top_logprobs"]
        values = np.full(vocabulary, np.nan)
        values[[entry["id"] for entry in entries]] = [entry["logprob"] for entry in entries]
        return normalised(values)


def normalised(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities in float64 that sum to one: float32 sums are off by 1e-6."""
    logits = logits.astype(np.float64)
    top = logits.max()
    return logits - top - np.log(np.exp(logits - top).sum())


def divergence(ours: np.ndarray, theirs: np.ndarray) -> float:
    """KL(theirs || ours) in nats, of two distributions as log-probabilities."""
    return float((np.exp(theirs) * (theirs - ours)).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("port", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--strict", action="store_true")
    serve(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
