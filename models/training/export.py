"""Writes a checkpoint as GGUF, architecture `llama`.

    python export.py CHECKPOINT NAME   ->  NAME-f16.gguf and NAME-q8_0.gguf
"""

import sys
from pathlib import Path

import gguf
import numpy

from data import HERE
from tokenizer import SPECIAL, Tokenizer
from train import load_model

TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
            "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
            "{% endif %}")


def interleaved(matrix, heads):
    """Rows of each head from (first half, second half) to the alternating order llama.cpp rotates."""
    rows, width = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def tensors(model):
    s = model.shape
    yield "token_embd.weight", model.embedding
    yield "output_norm.weight", model.final_norm
    for index, block in enumerate(model.blocks):
        name = f"blk.{index}."
        yield name + "attn_norm.weight", block.attention_norm
        yield name + "attn_q.weight", interleaved(block.query.detach().numpy(), s.heads)
        yield name + "attn_k.weight", interleaved(block.key.detach().numpy(), s.key_heads)
        yield name + "attn_v.weight", block.value
        yield name + "attn_output.weight", block.output
        yield name + "ffn_norm.weight", block.mlp_norm
        yield name + "ffn_gate.weight", block.gate
        yield name + "ffn_up.weight", block.up
        yield name + "ffn_down.weight", block.down


def write(model, tokenizer, path, kind):
    s = model.shape
    out = gguf.GGUFWriter(path, "llama")
    out.add_name("Erratum small")
    out.add_license("MIT")
    out.add_description("A small model of short arithmetic and logic problems: solves, criticises and revises.")
    out.add_context_length(s.context)
    out.add_embedding_length(s.width)
    out.add_block_count(s.layers)
    out.add_feed_forward_length(s.hidden)
    out.add_head_count(s.heads)
    out.add_head_count_kv(s.key_heads)
    out.add_rope_dimension_count(s.head_width)
    out.add_rope_freq_base(s.rope_base)
    out.add_layer_norm_rms_eps(s.epsilon)
    out.add_vocab_size(s.vocabulary)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if kind == "q8_0" else gguf.LlamaFileType.MOSTLY_F16)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("qwen2")
    out.add_token_list(tokenizer.tokens)
    out.add_token_types([gguf.TokenType.CONTROL if t in SPECIAL else gguf.TokenType.NORMAL for t in tokenizer.tokens])
    out.add_token_merges([" ".join(m) for m in tokenizer.merges])
    out.add_bos_token_id(tokenizer.end)
    out.add_eos_token_id(tokenizer.stop)
    out.add_pad_token_id(tokenizer.end)
    out.add_add_bos_token(False)
    out.add_add_eos_token(False)
    out.add_chat_template(TEMPLATE)
    for name, tensor in tensors(model):
        array = tensor if isinstance(tensor, numpy.ndarray) else tensor.detach().numpy()
        array = numpy.ascontiguousarray(array, numpy.float32)
        if array.ndim == 1:
            out.add_tensor(name, array)
        elif kind == "q8_0":
            packed = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
            out.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            out.add_tensor(name, array.astype(numpy.float16))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    checkpoint, name = Path(sys.argv[1]), sys.argv[2]
    model, tokenizer = load_model(checkpoint), Tokenizer.load(HERE / "tokenizer.json")
    for kind in ("f16", "q8_0"):
        write(model, tokenizer, f"{name}-{kind}.gguf", kind)


if __name__ == "__main__":
    main()
