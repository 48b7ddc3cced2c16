"""A byte-level BPE with the `qwen2` way of splitting text: every digit stands alone."""

import collections
import json
import re

# The qwen2 pattern, restricted to what the ASCII problem language needs.
SPLIT = re.compile(
    r"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\nA-Za-z0-9]?[A-Za-z]+|[0-9]"
    r"| ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SPECIAL_SPLIT = re.compile("(" + "|".join(re.escape(s) for s in SPECIAL) + ")")


def byte_letters():
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters, extra = {}, 0
    for byte in range(256):
        if byte in plain:
            letters[byte] = chr(byte)
        else:
            letters[byte] = chr(256 + extra)
            extra += 1
    return letters


LETTERS = byte_letters()


def letters_of(text):
    return "".join(LETTERS[b] for b in text.encode())


def train(texts, size):
    """The merges, most frequent pair first."""
    words = collections.Counter()
    for text in texts:
        words.update(m.group() for m in SPLIT.finditer(text))
    parts = {w: list(letters_of(w)) for w in words}
    merges = []
    while 256 + len(merges) + len(SPECIAL) < size:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in zip(parts[word], parts[word][1:]):
                pairs[pair] += count
        pair = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(pair)
        for word, part in parts.items():
            if len(part) > 1:
                parts[word] = merge(part, pair)
    return merges


def merge(part, pair):
    joined, index = [], 0
    while index < len(part):
        if index + 1 < len(part) and (part[index], part[index + 1]) == pair:
            joined.append(part[index] + part[index + 1])
            index += 2
        else:
            joined.append(part[index])
            index += 1
    return joined


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.tokens = list(LETTERS.values()) + [a + b for a, b in self.merges] + SPECIAL
        self.ids = {t: i for i, t in enumerate(self.tokens)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.cache = {}
        back = {letter: byte for byte, letter in LETTERS.items()}
        self.bytes = [bytes(back[c] for c in t) if t not in SPECIAL else b"" for t in self.tokens]
        self.end, self.start, self.stop = (self.ids[s] for s in SPECIAL)

    @classmethod
    def load(cls, path):
        with open(path) as file:
            return cls(json.load(file))

    def save(self, path):
        with open(path, "w") as file:
            json.dump(self.merges, file)

    def word(self, word):
        """The tokens of a split word and their lengths in characters (the text is ASCII)."""
        if word not in self.cache:
            part = list(letters_of(word))
            while len(part) > 1:
                best = min(zip(part, part[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if best not in self.rank:
                    break
                part = merge(part, best)
            self.cache[word] = ([self.ids[p] for p in part], [len(p) for p in part])
        return self.cache[word]

    def encode_offsets(self, text):
        """Token ids and the character offset at which each starts; no special tokens."""
        ids, offsets = [], []
        for match in SPLIT.finditer(text):
            place = match.start()
            for token, length in zip(*self.word(match.group())):
                ids.append(token)
                offsets.append(place)
                place += length
        return ids, offsets

    def encode(self, text):
        """Token ids of a text that may hold special tokens."""
        ids = []
        for piece in SPECIAL_SPLIT.split(text):
            if piece in SPECIAL:
                ids.append(self.ids[piece])
            else:
                ids += self.encode_offsets(piece)[0]
        return ids

    def decode(self, ids):
        return b"".join(self.bytes[i] for i in ids).decode(errors="replace")
