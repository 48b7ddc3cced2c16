"""Writes the model files that parity and speed are measured on.

usage: make_models.py random FOLDER           small models of random weights, each family, each type
       make_models.py requantise FILE FOLDER  a real model in every type
       make_models.py half-billion FILE       random weights in the shape of a model people run
"""

import pathlib
import sys
from dataclasses import dataclass, replace

import gguf
import numpy as np

from packers import SUPER, Type, pack

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Shape:
    """A decoder's dimensions; `architecture` is GGUF's word for the family."""

    architecture: str
    width: int = 256
    layers: int = 2
    heads: int = 4
    kv_heads: int = 4
    head: int = 64
    hidden: int = 512
    vocabulary: int = 320
    rope_base: float = 10_000
    is_tied: bool = True
    has_rope_factors: bool = False

    @property
    def has_biases(self) -> bool:
        return self.architecture == "qwen2"

    @property
    def has_head_norms(self) -> bool:
        return self.architecture == "qwen3"


FAMILIES = {
    "llama": Shape("llama"),
    "llama3": Shape(
        "llama", kv_heads=2, rope_base=500_000, is_tied=False, has_rope_factors=True
    ),
    "qwen2": Shape("qwen2", kv_heads=1, rope_base=1_000_000),
    # Heads that together are wider than the model, as in the smallest of the family.
    "qwen3": Shape("qwen3", heads=8, kv_heads=2, rope_base=1_000_000),
}

HALF_BILLION = Shape(
    "qwen2", width=896, layers=24, heads=14, kv_heads=2, head=64, hidden=4864,
    vocabulary=151_936, rope_base=1_000_000,
)  # fmt: skip

RECIPES = [
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "Q4_K_M", "Q5_K_M",
]  # fmt: skip
# What llama.cpp takes for rows that do not divide into a K-quant's super-blocks.
IN_BLOCKS_OF_32 = {Type.Q4_K: Type.Q5_0, Type.Q5_K: Type.Q5_1, Type.Q6_K: Type.Q8_0}


def type_for(name: str, row: int, recipe: str, layers: int) -> Type:
    """The type of a matrix under a recipe: one type, or a mix as llama.cpp's `_M` files have it."""
    if recipe.endswith("_M"):
        kind = Type[recipe[:-2]]
        if name in ("output.weight", "token_embd.weight"):
            kind = Type.Q6_K
        elif name.endswith(("attn_v.weight", "ffn_down.weight")):
            layer = int(name.split(".")[1])
            # The first and last eighth of the layers, and every third between.
            if layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2:
                kind = Type.Q6_K
    else:
        kind = Type[recipe]
    return kind if row % SUPER == 0 else IN_BLOCKS_OF_32.get(kind, kind)


def shapes_of(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Every tensor, outermost dimension first."""
    queries, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    layer = {
        "attn_norm.weight": (shape.width,),
        "attn_q.weight": (queries, shape.width),
        "attn_k.weight": (keys, shape.width),
        "attn_v.weight": (keys, shape.width),
        "attn_output.weight": (shape.width, queries),
        "ffn_norm.weight": (shape.width,),
        "ffn_gate.weight": (shape.hidden, shape.width),
        "ffn_up.weight": (shape.hidden, shape.width),
        "ffn_down.weight": (shape.width, shape.hidden),
    }
    if shape.has_biases:
        layer |= {"attn_q.bias": (queries,), "attn_k.bias": (keys,), "attn_v.bias": (keys,)}
    if shape.has_head_norms:
        layer |= {"attn_q_norm.weight": (shape.head,), "attn_k_norm.weight": (shape.head,)}
    tensors = {"token_embd.weight": (shape.vocabulary, shape.width)}
    for index in range(shape.layers):
        tensors |= {f"blk.{index}.{name}": size for name, size in layer.items()}
    tensors["output_norm.weight"] = (shape.width,)
    if not shape.is_tied:
        tensors["output.weight"] = (shape.vocabulary, shape.width)
    if shape.has_rope_factors:
        tensors["rope_freqs.weight"] = (shape.head // 2,)
    return tensors


def random_weights(shape: Shape, seed: int) -> dict[str, np.ndarray]:
    """Weights under which a layer keeps the scale of what comes in, and logits spread by about one.

    Wider logits would ask too much: two modes of llama.cpp itself then differ by more than the limit,
    because nothing in random weights damps the rounding of quantised activations.
    """
    random = np.random.default_rng(seed)
    weights = {}
    for name, size in shapes_of(shape).items():
        values = random.normal(size=size)
        if name == "rope_freqs.weight":
            # Long waves are stretched eightfold, with a slope between them and the short ones.
            values = np.geomspace(0.25, 32, num=size[0]).clip(1, 8)
        elif len(size) == 1:
            values = 0.1 * values + (0 if name.endswith("bias") else 1)
        else:
            values /= np.sqrt(size[1])
        weights[name] = values.astype(np.float32)
    return weights


def byte_alphabet() -> list[str]:
    """The character GPT-2's vocabularies write for every byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def vocabulary(size: int) -> tuple[list[str], list[str], list[int]]:
    """Tokens, merges and types: bytes, pairs of them, filler, and ChatML's three specials.

    A vocabulary too small for all bytes has the printable ones, and one merge: llama.cpp opens no
    file without.
    """
    alphabet = sorted(byte_alphabet())[: size - 4]
    merges = [f"{a} {b}" for a in alphabet[32:40] for b in alphabet[32:40]]
    merges = merges[: max(0, size - 3 - len(alphabet))]
    tokens = alphabet + [merge.replace(" ", "") for merge in merges]
    # Letters outside the alphabet of bytes, so that filler never comes up in a text.
    tokens += [f"†{index}" for index in range(size - 3 - len(tokens))]
    tokens += ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return tokens, merges, [1] * (size - 3) + [3] * 3


def write(path: pathlib.Path, shape: Shape, tensors: dict[str, tuple[np.ndarray, Type]]) -> None:
    writer = gguf.GGUFWriter(path, shape.architecture)
    writer.add_name(path.stem)
    writer.add_context_length(2048)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_vocab_size(shape.vocabulary)
    if shape.architecture == "llama":
        writer.add_rope_dimension_count(shape.head)
    tokens, merges, types = vocabulary(shape.vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(shape.vocabulary - 3)
    writer.add_eos_token_id(shape.vocabulary - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)
    for name, (values, kind) in tensors.items():
        writer.add_tensor(name, values, raw_dtype=kind)
    close(writer)


def close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def packed(
    weights: dict[str, np.ndarray], recipe: str, layers: int
) -> dict[str, tuple[np.ndarray, Type]]:
    """Matrices under a recipe; vectors stay F32, as everywhere."""
    tensors = {}
    for name, values in weights.items():
        kind = Type.F32
        if values.ndim > 1:
            kind = type_for(name, values.shape[-1], recipe, layers)
        tensors[name] = (pack(values, kind), kind)
    return tensors


def write_random(
    folder: pathlib.Path, families: dict[str, Shape], recipes: list[str]
) -> list[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for seed, (family, shape) in enumerate(families.items()):
        weights = random_weights(shape, seed)
        for recipe in recipes:
            path = folder / f"{family}-{recipe.lower()}.gguf"
            write(path, shape, packed(weights, recipe, shape.layers))
            paths.append(path)
    return paths


def requantise(
    source: pathlib.Path, folder: pathlib.Path, recipes: list[str] = RECIPES
) -> list[pathlib.Path]:
    """The model of `source` under every recipe, everything but its weights kept as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(source)
    architecture = reader.get_field("general.architecture").contents()
    layers = reader.get_field(f"{architecture}.block_count").contents()
    weights = {
        tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in reader.tensors
    }
    paths = []
    for recipe in recipes:
        path = folder / f"{source.stem}-as-{recipe.lower()}.gguf"
        writer = gguf.GGUFWriter(path, architecture)
        for name, field in reader.fields.items():
            if name.startswith("GGUF.") or name in (
                "general.architecture", "general.file_type", "general.quantization_version",
            ):  # fmt: skip
                continue
            inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)
        for name, (values, kind) in packed(weights, recipe, layers).items():
            writer.add_tensor(name, values, raw_dtype=kind)
        close(writer)
        paths.append(path)
    return paths


def write_half_billion(path: pathlib.Path) -> None:
    """494 million random weights in Q8_0: 530 MB in seconds.

    The matrices are overlapping windows of one stretch of random blocks: arithmetic and memory
    traffic do not ask what the numbers are. Scales keep activations in the range of a real model.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = HALF_BILLION
    random = np.random.default_rng(0)
    most = max(rows * columns for rows, columns in (s for s in shapes_of(shape).values() if len(s) == 2))
    blocks = np.empty((most // 32, 34), np.uint8)
    blocks[:, 2:] = np.frombuffer(random.bytes(most), np.int8).reshape(-1, 32).view(np.uint8)
    vectors = random_weights(replace(shape, vocabulary=4, hidden=2), 0)
    tensors = {}
    for name, size in shapes_of(shape).items():
        if len(size) == 1:
            tensors[name] = (vectors[name], Type.F32)
            continue
        own = blocks[: size[0] * size[1] // 32].copy()
        # Bytes spread by 73.9 about zero.
        scale = np.array([1 / (73.9 * np.sqrt(size[1]))], "<f2")
        own[:, :2] = scale.view(np.uint8)
        tensors[name] = (own.reshape(size[0], -1), Type.Q8_0)
    write(path, shape, tensors)


def main() -> None:
    match sys.argv[1:]:
        case ["random", folder]:
            write_random(pathlib.Path(folder), FAMILIES, RECIPES)
        case ["requantise", source, folder]:
            requantise(pathlib.Path(source), pathlib.Path(folder))
        case ["half-billion", path]:
            write_half_billion(pathlib.Path(path))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
