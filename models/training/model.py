"""The network: a llama-style decoder, its Muon/AdamW optimiser and a KV-cache sampler."""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Shape:
    vocabulary: int = 1024
    width: int = 256
    hidden: int = 768
    layers: int = 6
    heads: int = 8
    key_heads: int = 4
    head_width: int = 32
    context: int = 1024
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    def as_dict(self):
        return asdict(self)


def rope_tables(shape, length):
    half = shape.head_width // 2
    frequency = shape.rope_base ** (-torch.arange(half).float() / half)
    angle = torch.arange(length).float()[:, None] * frequency[None]
    return angle.cos(), angle.sin()


def rotate(x, cosine, sine):
    """Rotates (batch, head, time, width) in half-split order; export permutes to interleaved order."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), dim=-1)


def norm(x, weight, epsilon):
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def attend(q, k, v, mask):
    """Plain attention: for short rows on a CPU it beats the fused kernel, whose backward is slow."""
    scores = (q.to(v.dtype) * q.shape[-1] ** -0.5) @ k.to(v.dtype).mT
    return (scores.float() + mask).softmax(-1).to(v.dtype) @ v


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        query, key = shape.heads * shape.head_width, shape.key_heads * shape.head_width
        self.attention_norm = nn.Parameter(torch.ones(shape.width))
        self.mlp_norm = nn.Parameter(torch.ones(shape.width))
        self.query = nn.Parameter(torch.empty(query, shape.width))
        self.key = nn.Parameter(torch.empty(key, shape.width))
        self.value = nn.Parameter(torch.empty(key, shape.width))
        self.output = nn.Parameter(torch.empty(shape.width, query))
        self.gate = nn.Parameter(torch.empty(shape.hidden, shape.width))
        self.up = nn.Parameter(torch.empty(shape.hidden, shape.width))
        self.down = nn.Parameter(torch.empty(shape.width, shape.hidden))
        for matrix in (self.query, self.key, self.value, self.gate, self.up):
            nn.init.normal_(matrix, std=shape.width ** -0.5)
        for matrix in (self.output, self.down):
            nn.init.normal_(matrix, std=matrix.shape[1] ** -0.5 / math.sqrt(2 * shape.layers))

    def forward(self, x, cosine, sine, mask, cache=None):
        s = self.shape
        batch, time, _ = x.shape
        h = norm(x, self.attention_norm, s.epsilon)
        qkv = F.linear(h, torch.cat((self.query, self.key, self.value)))
        qkv = qkv.view(batch, time, s.heads + 2 * s.key_heads, s.head_width).transpose(1, 2)
        q, k, v = qkv.split((s.heads, s.key_heads, s.key_heads), dim=1)
        q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        if cache is not None:
            k, v = cache(self, k, v)
        if s.key_heads != s.heads:
            k = k.repeat_interleave(s.heads // s.key_heads, dim=1)
            v = v.repeat_interleave(s.heads // s.key_heads, dim=1)
        a = attend(q, k, v, mask)
        x = x + F.linear(a.transpose(1, 2).reshape(batch, time, -1), self.output)
        h = norm(x, self.mlp_norm, s.epsilon)
        gate, up = F.linear(h, torch.cat((self.gate, self.up))).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, self.down)


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.05)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.final_norm = nn.Parameter(torch.ones(shape.width))
        cosine, sine = rope_tables(shape, shape.context)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        mask = torch.full((shape.context, shape.context), -1e9).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def hidden(self, tokens):
        x = F.embedding(tokens, self.embedding)
        cosine, sine = self.cosine[:tokens.shape[1]], self.sine[:tokens.shape[1]]
        mask = self.mask[:tokens.shape[1], :tokens.shape[1]]
        for block in self.blocks:
            x = block(x, cosine, sine, mask)
        return x

    def forward(self, tokens):
        return F.linear(norm(self.hidden(tokens), self.final_norm, self.shape.epsilon), self.embedding)

    def loss(self, tokens, weights):
        """Weighted cross-entropy sum; `weights[:, t]` belongs to predicting `tokens[:, t]`."""
        return self.head_loss(self.hidden(tokens[:, :-1]), tokens[:, 1:], weights[:, 1:])

    def head_loss(self, x, targets, weights):
        logits = F.linear(norm(x, self.final_norm, self.shape.epsilon), self.embedding).float()
        each = F.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none")
        return (each * weights.reshape(-1)).sum()


def orthogonalise(g):
    """Newton-Schulz iteration towards the nearest semi-orthogonal matrix, on a stack of matrices."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    for _ in range(5):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; equal shapes are stacked so that the products are batched."""

    def __init__(self, parameters, rate=0.02, momentum=0.95, decay=0.0):
        super().__init__(parameters, dict(lr=rate, momentum=momentum, weight_decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(p.shape, []).append(p)
            for shape, parameters in shapes.items():
                updates = []
                for p in parameters:
                    state = self.state[p]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(p)
                    m = state["momentum"]
                    m.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(m, group["momentum"]))
                updates = orthogonalise(torch.stack(updates))
                scale = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                for p, u in zip(parameters, updates):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(u, alpha=-scale)


def optimisers(model, matrix_rate, other_rate):
    matrices = [p for b in model.blocks for p in b.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if not any(p is m for m in matrices)]
    return (Muon(matrices, matrix_rate, decay=0.01),
            torch.optim.AdamW(others, other_rate, betas=(0.9, 0.98), weight_decay=0.0))
