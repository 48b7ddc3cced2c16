"""Batched generation with a key/value cache."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from model import norm


@dataclass
class Reply:
    ids: list = field(default_factory=list)
    log_probabilities: list = field(default_factory=list)  # at temperature 1
    entropies: list = field(default_factory=list)  # at the sampling temperature (0.7 when greedy)
    ended: bool = False


class Cache:
    """Keys and values of every block, (batch, head, time, width), written at `place`."""

    def __init__(self, shape, rows, length):
        size = (rows, shape.key_heads, length, shape.head_width)
        self.keys = [torch.zeros(size) for _ in range(shape.layers)]
        self.values = [torch.zeros(size) for _ in range(shape.layers)]
        self.place = self.block = 0

    def __call__(self, _, k, v):
        end = self.place + k.shape[2]
        keys, values = self.keys[self.block], self.values[self.block]
        keys[:, :, self.place:end] = k
        values[:, :, self.place:end] = v
        self.block += 1
        return keys[:, :, :end], values[:, :, :end]

    def keep(self, rows):
        self.keys = [k[rows] for k in self.keys]
        self.values = [v[rows] for v in self.values]


def forward(model, tokens, positions, mask, cache):
    cosine, sine = model.cosine[positions][:, None], model.sine[positions][:, None]
    x = F.embedding(tokens, model.embedding)
    cache.block = 0
    for block in model.blocks:
        x = block(x, cosine, sine, mask, cache)
    cache.place += tokens.shape[1]
    return F.linear(norm(x[:, -1], model.final_norm, model.shape.epsilon), model.embedding)


@torch.no_grad()
def generate_batch(model, prompts, stop, longest, temperature, generator):
    rows, width = len(prompts), max(map(len, prompts))
    total = min(model.shape.context, width + longest)
    pads = torch.tensor([width - len(p) for p in prompts])
    tokens = torch.tensor([[0] * (width - len(p)) + p for p in prompts])
    column = torch.arange(total)
    hidden = torch.where(column[None] < pads[:, None], -1e9, 0.0)  # (rows, total): the padding is not seen
    causal = torch.full((width, width), -1e9).triu(1)
    cache = Cache(model.shape, rows, total)
    positions = (column[None, :width] - pads[:, None]).clamp(min=0)
    logits = forward(model, tokens, positions, causal[None, None] + hidden[:, None, None, :width], cache)
    replies = [Reply() for _ in prompts]
    alive = list(range(rows))
    for place in range(width, total + 1):
        scaled = torch.log_softmax(logits / (temperature or 0.7), -1)
        plain = torch.log_softmax(logits, -1)
        entropy = -(scaled.exp() * scaled).sum(-1)
        if temperature:
            chosen = torch.multinomial(scaled.exp(), 1, generator=generator)[:, 0]
        else:
            chosen = logits.argmax(-1)
        of_chosen = plain.gather(1, chosen[:, None])[:, 0]
        staying = []
        for slot, (row, token, p, e) in enumerate(zip(alive, chosen.tolist(), of_chosen.tolist(), entropy.tolist())):
            reply = replies[row]
            reply.log_probabilities.append(p)
            reply.entropies.append(e)
            if token == stop:
                reply.ended = True
            else:
                reply.ids.append(token)
                staying.append(slot)
        if not staying or place == total:
            break
        if len(staying) < len(alive):
            keep = torch.tensor(staying)
            alive = [alive[s] for s in staying]
            chosen, pads, hidden = chosen[keep], pads[keep], hidden[keep]
            cache.keep(keep)
        logits = forward(model, chosen[:, None], (place - pads)[:, None], hidden[:, None, None, :place + 1], cache)
    return replies


def generate(model, prompts, stop, longest=260, temperature=0.0, seed=1, rows=96):
    """A reply to every prompt (token ids), in order; prompts of similar length go together."""
    generator = torch.Generator().manual_seed(seed)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    replies = [None] * len(prompts)
    for start in range(0, len(order), rows):
        members = order[start:start + rows]
        for index, reply in zip(members, generate_batch(
                model, [prompts[i] for i in members], stop, longest, temperature, generator)):
            replies[index] = reply
    return replies
