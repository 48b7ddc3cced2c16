"""Small vocabularies, trained on text at hand, written as GGUF files.

A byte-level one and a SentencePiece one. They are trained across word boundaries on purpose: a
pre-tokenizer that cuts in the wrong place then shows in the ids at once, because a merge that
reaches over the boundary is always there to be made.
"""

import collections
import functools
import pathlib

import gguf
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH = 32

SAMPLES = """
I'm sure they'll say it's what we'd've done; don't you? THEY'LL SAY IT'S NOT. You're I've he'd.
def f(x):\n    return x ** 2  # squared\n\n\nclass A:\n\tpass\n\n\t\tif (a && b) { c[i] += 1; }\r\n
Die Straße ist naß; déjà vu, naïve café, Ελληνικά, Привет, мир! Как дела? שלום עולם
你好,世界。これは日本語のテストです。한국어 문장입니다. ภาษาไทย हिन्दी भाषा العربية لغة جميلة ٣٤٥
1234567890 3.14159 2024-06-01 100,000 x² + y³ = ½ ⅷ 12 123 1234 12345 000 111 222 333
😀😃👍🏽👩‍💻👨‍👩‍👧‍👦🏳️‍🌈 ❤️ → ⇒ ∀x∈ℝ “quoted” ‘single’ — dash… ©®™
   three   spaces\t\ttabs \n \n  mixed \r\n\r\n    \n\n\n\n        eight        
""" + "".join(chr(c) for c in (0xA0, 0x3000, 0x2003, 0x2028, 0x85, 0xAD, 0x200B, 0xFEFF, 0x7F, 0x1F))


def training_text():
    files = [ROOT / "README.md", ROOT / "docs" / "configuration.md", ROOT / "docs" / "journal.md"]
    text = "".join(path.read_text(encoding="utf-8")[:6000] for path in files)
    return text + SAMPLES.replace("\\n", "\n").replace("\\t", "\t") * 12


def trained(symbols, count, joins):
    """The first `count` merges of a byte-pair encoding of `symbols`, most frequent pair first."""
    merges = []
    while len(merges) < count:
        pairs = collections.Counter(zip(symbols, symbols[1:]))
        pairs = [(n, pair) for pair, n in pairs.items() if joins(*pair)]
        best = max(pairs, key=lambda entry: (entry[0], entry[1]))[1]
        merges.append(best)
        merged, place = [], 0
        while place < len(symbols):
            if tuple(symbols[place:place + 2]) == best:
                merged.append(symbols[place] + symbols[place + 1])
                place += 2
            else:
                merged.append(symbols[place])
                place += 1
        symbols = merged
    return merges


def byte_letters():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters, extra = {}, 0
    for byte in range(256):
        letters[byte] = chr(byte) if byte in plain else chr(0x100 + extra)
        extra += byte not in plain
    return letters


# Of every family, so that each chat template finds its marks in the one vocabulary.
CONTROLS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<start_of_turn>", "<end_of_turn>",
]
# `<thin` and `ink>` overlap `<think>`: the longest must win.
USER_DEFINED = ["<think>", "</think>", "<thin", "ink>", "     "]


@functools.cache
def byte_level(merges=800):
    letters = byte_letters()
    text = [letters[byte] for byte in training_text().encode("utf-8")]
    learned = trained(text, merges, lambda left, right: len(left) + len(right) <= 12)
    tokens = [letters[byte] for byte in range(256)]
    tokens += list(dict.fromkeys(left + right for left, right in learned))
    kinds = [1] * len(tokens) + [3] * len(CONTROLS) + [4] * len(USER_DEFINED)
    tokens += CONTROLS + USER_DEFINED
    return tokens, kinds, [f"{left} {right}" for left, right in learned]


@functools.cache
def sentence_pieces(merges=700):
    text = list(training_text().replace(" ", "\u2581"))
    learned = trained(text, merges, lambda left, right: len(left) + len(right) <= 10)
    pieces = list(dict.fromkeys(left + right for left, right in learned))
    counts = collections.Counter(text)
    singles = [letter for letter, n in counts.most_common() if n >= 12]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    scores = [0.0] * len(tokens)
    # Some equal scores: then the leftmost pair must win.
    scores += [-float(rank // 2) for rank in range(len(pieces))]
    tokens += pieces
    scores += [-1e4 - rank for rank in range(len(singles))]
    tokens += singles
    kinds += [1] * (len(tokens) - len(kinds))
    extra = ["[INST]", "[/INST]", "<start_of_turn>", "<end_of_turn>"]
    tokens += extra + ["<tool>"]
    kinds += [3] * len(extra) + [4]
    scores += [0.0] * 5
    return tokens, kinds, scores


def write(path, vocabulary, *, pre=None, template=None, prefix=None, bos=None, tensors=True):
    """A file with this vocabulary and, for llama.cpp, one layer of noise to load."""
    tokens, kinds, third = vocabulary
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // 2)
    if pre:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_merges(third)
        end, beginning = "<|im_end|>", "<|endoftext|>"
        if pre == "llama-bpe":
            end, beginning = "<|eot_id|>", "<|begin_of_text|>"
    else:
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_scores(third)
        writer.add_unk_token_id(0)
        end, beginning = "</s>", "<s>"
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_eos_token_id(tokens.index(end))
    writer.add_bos_token_id(tokens.index(beginning))
    if prefix is not None:
        writer.add_add_space_prefix(prefix)
    if bos is not None:
        writer.add_add_bos_token(bos)
    if template:
        writer.add_chat_template(template)
    if tensors:
        random = np.random.default_rng(7)
        names = {"token_embd.weight": (len(tokens), WIDTH), "output_norm.weight": (WIDTH,)}
        for name in ("attn_norm", "ffn_norm"):
            names[f"blk.0.{name}.weight"] = (WIDTH,)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            names[f"blk.0.{name}.weight"] = (WIDTH, WIDTH)
        for name, shape in names.items():
            writer.add_tensor(name, random.standard_normal(shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
