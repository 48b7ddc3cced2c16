"""Packs float32 rows into the block formats of GGUF.

The gguf package unpacks every format but packs no K-quants. These packers are plain: a block's scale
comes from its extremes, with no search for a better one, so a file is a little worse than one from
llama.cpp and decodes to the same numbers everywhere. Run this file to check each of them.
"""

import gguf
import numpy as np

Type = gguf.GGMLQuantizationType
SUPER = 256  # weights in a K-quant's super-block


def pack(weights: np.ndarray, kind: Type) -> np.ndarray:
    """The bytes of `weights`, last axis packed; plain floats keep their own type."""
    weights = np.ascontiguousarray(weights, dtype=np.float32)
    if kind in K_QUANTS:
        if weights.shape[-1] % SUPER:
            raise ValueError(f"{kind.name} needs rows of a multiple of {SUPER}, not {weights.shape}")
        blocks = K_QUANTS[kind](weights.reshape(-1, SUPER))
        return blocks.reshape(*weights.shape[:-1], -1)
    return gguf.quants.quantize(weights, kind)


def _half(values: np.ndarray) -> np.ndarray:
    return values.astype("<f2").view(np.uint8).reshape(len(values), -1)


def _quotient(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rounded `values / scale`, and 0 where the scale is."""
    return np.rint(np.divide(values, scale, out=np.zeros_like(values), where=scale != 0))


def _with_minima(blocks: np.ndarray, levels: int):
    """Quants of 8 runs of 32, as `d * scale * q - dmin * minimum`, and the head of the block.

    Head: d, dmin, then eight 6-bit scales and minima in 12 bytes. The first four of each stand in the
    low six bits of bytes 0-3 and 4-7; of the last four, the low nibbles are bytes 8-11 and the two
    high bits top the bytes before.
    """
    runs = blocks.reshape(-1, 8, 32)
    low = np.minimum(runs.min(axis=2), 0)
    step = (runs.max(axis=2).clip(0) - low) / levels
    d = (step.max(axis=1) / 63).astype(np.float16)
    dmin = (-low.min(axis=1) / 63).astype(np.float16)
    scales = _quotient(step, np.broadcast_to(d[:, None].astype(np.float32), step.shape)).clip(0, 63)
    minima = _quotient(-low, np.broadcast_to(dmin[:, None].astype(np.float32), low.shape)).clip(0, 63)
    true_step = (d[:, None].astype(np.float32) * scales)[:, :, None]
    true_low = (dmin[:, None].astype(np.float32) * minima)[:, :, None]
    quants = _quotient(runs + true_low, np.broadcast_to(true_step, runs.shape)).clip(0, levels)

    s, m = scales.astype(np.uint8), minima.astype(np.uint8)
    packed = np.concatenate(
        [
            s[:, :4] | s[:, 4:] >> 4 << 6,
            m[:, :4] | m[:, 4:] >> 4 << 6,
            s[:, 4:] & 15 | (m[:, 4:] & 15) << 4,
        ],
        axis=1,
    )
    return quants.astype(np.uint8), np.concatenate([_half(d), _half(dmin), packed], axis=1)


def _nibbles(quants: np.ndarray) -> np.ndarray:
    """Two runs of 32 share 32 bytes: the first of them has the low nibbles."""
    pairs = (quants & 15).reshape(len(quants), 4, 2, 32)
    return (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(len(quants), 128)


def q4_k(blocks: np.ndarray) -> np.ndarray:
    quants, head = _with_minima(blocks, 15)
    return np.concatenate([head, _nibbles(quants)], axis=1)


def q5_k(blocks: np.ndarray) -> np.ndarray:
    """As Q4_K; the fifth bit of run r is bit r of the byte at the weight's place in its run."""
    quants, head = _with_minima(blocks, 31)
    fifth = np.bitwise_or.reduce(
        quants >> 4 << np.arange(8, dtype=np.uint8)[None, :, None], axis=1
    )
    return np.concatenate([head, fifth, _nibbles(quants)], axis=1)


def q6_k(blocks: np.ndarray) -> np.ndarray:
    """16 runs of 16 with a signed 8-bit scale each; weights are `d * scale * (q - 32)`."""
    runs = blocks.reshape(-1, 16, 16)
    step = np.abs(runs).max(axis=2) / 31
    d = (step.max(axis=1) / 127).astype(np.float16)
    scales = _quotient(step, np.broadcast_to(d[:, None].astype(np.float32), step.shape)).clip(0, 127)
    true_step = (d[:, None].astype(np.float32) * scales)[:, :, None]
    quants = _quotient(runs, np.broadcast_to(true_step, runs.shape)).clip(-32, 31) + 32
    # Each half of the block is four quarters of 32, which share bytes.
    q = quants.astype(np.uint8).reshape(-1, 2, 4, 32)
    nibbles = np.concatenate(
        [q[:, :, 0] & 15 | (q[:, :, 2] & 15) << 4, q[:, :, 1] & 15 | (q[:, :, 3] & 15) << 4], axis=2
    )
    high = np.bitwise_or.reduce(
        q >> 4 << (2 * np.arange(4, dtype=np.uint8))[None, None, :, None], axis=2
    )
    parts = [nibbles, high, scales.astype(np.int8).view(np.uint8), _half(d)]
    return np.concatenate([part.reshape(len(blocks), -1) for part in parts], axis=1)


K_QUANTS = {Type.Q4_K: q4_k, Type.Q5_K: q5_k, Type.Q6_K: q6_k}


def check() -> None:
    """Every format unpacks to what was packed, to within the widest step of its block."""
    random = np.random.default_rng(1)
    weights = random.normal(size=(64, 1024)).astype(np.float32)
    weights *= np.exp(random.normal(size=(64, 1)))
    weights[3] = 0
    weights[4] = np.abs(weights[4])
    weights[5, 256:512] = -0.01
    span = np.abs(weights).reshape(64, 4, SUPER).max(axis=2).repeat(SUPER, axis=1) * 1.0001
    # Half a step where the range is halved or has its own minimum; plus the rounding of the scales,
    # which have six bits in K-quants with minima.
    limits = {
        Type.F16: span * 2**-11, Type.BF16: span * 2**-8, Type.Q8_0: span / 127 * 0.57,
        Type.Q4_0: span / 8 * 1.02, Type.Q5_0: span / 16 * 1.02, Type.Q5_1: 2 * span / 31 * 0.6,
        Type.Q4_K: 2 * span * (0.5 / 15 + 1.5 / 63),
        Type.Q5_K: 2 * span * (0.5 / 31 + 1.5 / 63), Type.Q6_K: span / 31 * 0.75,
    }  # fmt: skip
    for kind, limit in limits.items():
        packed = pack(weights, kind)
        error = np.abs(gguf.quants.dequantize(packed, kind) - weights)
        rms = np.sqrt((error**2).mean() / (weights**2).mean())
        print(f"{kind.name:5} {packed.nbytes * 8 / weights.size:5.2f} bits, error {rms:.5f}")
        assert (error <= limit).all(), f"{kind.name} is off by {(error - limit).max()}"


if __name__ == "__main__":
    check()
