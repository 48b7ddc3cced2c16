"""The forward pass in plain numpy and float64, for telling which of two runtimes is off.

Weights are decoded from the file's blocks; nothing else is rounded. Llama, Qwen2 and Qwen3.
"""

import pathlib

import gguf
import numpy as np


class Reference:
    def __init__(self, path: pathlib.Path):
        reader = gguf.GGUFReader(path)
        self.architecture = reader.get_field("general.architecture").contents()
        self.weights = {
            tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
            for tensor in reader.tensors
        }
        self.layers = self._field(reader, "block_count")
        self.heads = self._field(reader, "attention.head_count")
        self.kv_heads = self._field(reader, "attention.head_count_kv", self.heads)
        self.epsilon = self._field(reader, "attention.layer_norm_rms_epsilon")
        self.rope_base = self._field(reader, "rope.freq_base", 10_000)
        self.head = self.weights["blk.0.attn_q.weight"].shape[0] // self.heads

    def _field(self, reader: gguf.GGUFReader, name: str, default=None):
        field = reader.get_field(f"{self.architecture}.{name}")
        return default if field is None else field.contents()

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + self.epsilon) * self.weights[name]

    def _project(self, x: np.ndarray, name: str) -> np.ndarray:
        bias = self.weights.get(f"{name}.bias", 0)
        return x @ self.weights[f"{name}.weight"].T + bias

    def _rotate(self, x: np.ndarray) -> np.ndarray:
        """Rotary positions of (token, head, component): pairs lie side by side in Llama files."""
        frequencies = self.rope_base ** (-np.arange(0, self.head, 2) / self.head)
        frequencies /= self.weights.get("rope_freqs.weight", 1)
        angles = np.arange(len(x))[:, None, None] * frequencies
        turn = np.exp(1j * angles)
        half = self.head // 2
        if self.architecture == "llama":
            turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turn
            return np.stack([turned.real, turned.imag], -1).reshape(x.shape)
        turned = (x[..., :half] + 1j * x[..., half:]) * turn
        return np.concatenate([turned.real, turned.imag], -1)

    def _attend(self, x: np.ndarray, layer: str) -> np.ndarray:
        count = len(x)
        q = self._project(x, f"{layer}.attn_q").reshape(count, self.heads, self.head)
        k = self._project(x, f"{layer}.attn_k").reshape(count, self.kv_heads, self.head)
        v = self._project(x, f"{layer}.attn_v").reshape(count, self.kv_heads, self.head)
        if f"{layer}.attn_q_norm.weight" in self.weights:
            q = self._norm(q, f"{layer}.attn_q_norm.weight")
            k = self._norm(k, f"{layer}.attn_k_norm.weight")
        q, k = self._rotate(q), self._rotate(k)
        k, v = (each.repeat(self.heads // self.kv_heads, axis=1) for each in (k, v))
        scores = np.einsum("qhc,khc->hqk", q, k) / np.sqrt(self.head)
        scores[:, np.triu(np.ones((count, count), bool), 1)] = -np.inf
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,khc->qhc", weights, v).reshape(count, -1)
        return self._project(mixed, f"{layer}.attn_output")

    def logits(self, tokens: list[int]) -> np.ndarray:
        """After the last of `tokens`."""
        x = self.weights["token_embd.weight"][tokens]
        for index in range(self.layers):
            layer = f"blk.{index}"
            x = x + self._attend(self._norm(x, f"{layer}.attn_norm.weight"), layer)
            inner = self._norm(x, f"{layer}.ffn_norm.weight")
            gate = self._project(inner, f"{layer}.ffn_gate")
            gated = gate / (1 + np.exp(-gate)) * self._project(inner, f"{layer}.ffn_up")
            x = x + self._project(gated, f"{layer}.ffn_down")
        last = self._norm(x[-1], "output_norm.weight")
        output = "output" if "output.weight" in self.weights else "token_embd"
        return self._project(last, output)
