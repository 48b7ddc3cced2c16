#!/usr/bin/env python3
"""Writes small sound files to begin from, into Corpus/reader (needs `pip install gguf`)."""

import pathlib

import gguf
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "Corpus" / "reader"
WORDS = ["a", "b", "ab", "\u0120", "\u0120a", "1", "12", "\u010a", "<|im_start|>", "<|im_end|>"]
PIECES = ["<unk>", "<s>", "</s>", "<0x0A>", "<0x41>", "\u2581", "a", "b", "ab", "\u2581a"]


def begin(name, architecture):
    writer = gguf.GGUFWriter(FOLDER / name, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(4)
    writer.add_feed_forward_length(6)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    return writer


def add_words(writer, pre):
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(WORDS)
    writer.add_token_types([1] * 8 + [3, 4])
    writer.add_token_merges(["a b", "\u0120 a"])
    writer.add_eos_token_id(9)
    writer.add_chat_template("{{ '<|im_start|>' + role + '\\n' }}<|im_end|>")


def add_pieces(writer):
    writer.add_tokenizer_model("llama")
    writer.add_token_list(PIECES)
    writer.add_token_types([2, 3, 3, 6, 6, 1, 1, 1, 1, 1])
    writer.add_token_scores([0.0] * 5 + [-5.0, -6.0, -7.0, -1.0, -2.0])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(True)


def add_tensors(writer, head, extra=(), kind=np.float32):
    shapes = {
        "token_embd": (10, 4), "output_norm": (4,), "blk.0.attn_norm": (4,),
        "blk.0.ffn_norm": (4,), "blk.0.attn_q": (2 * head, 4), "blk.0.attn_k": (head, 4),
        "blk.0.attn_v": (head, 4), "blk.0.attn_output": (4, 2 * head), "blk.0.ffn_gate": (6, 4),
        "blk.0.ffn_up": (6, 4), "blk.0.ffn_down": (4, 6), **dict(extra),
    }
    for name, shape in shapes.items():
        whole = name if "." in name.replace("blk.0.", "") else f"{name}.weight"
        data = np.zeros(shape, dtype=kind if len(shape) > 1 else np.float32)
        writer.add_tensor(whole, data)


def end(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    writer = begin("llama-words", "llama")
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(2.0)
    add_words(writer, "llama-bpe")
    add_tensors(writer, 2, {"output": (10, 4), "rope_freqs": (1,)}.items())
    end(writer)

    writer = begin("llama-pieces", "llama")
    add_pieces(writer)
    add_tensors(writer, 2, kind=np.float16)
    end(writer)

    writer = begin("qwen2", "qwen2")
    add_words(writer, "qwen2")
    biases = {"blk.0.attn_q.bias": (4,), "blk.0.attn_k.bias": (2,), "blk.0.attn_v.bias": (2,)}
    add_tensors(writer, 2, biases.items())
    end(writer)

    writer = begin("qwen3", "qwen3")
    writer.add_key_length(4)
    writer.add_value_length(4)
    add_words(writer, "smollm")
    add_tensors(writer, 4, {"blk.0.attn_q_norm": (4,), "blk.0.attn_k_norm": (4,)}.items())
    end(writer)


if __name__ == "__main__":
    main()
