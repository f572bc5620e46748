"""The memory a model needs, computed from its architecture. Nothing here was measured on a GPU.

Weights are counted exactly but for norms, biases and convolutions over time, which are under 0.3 %. What
a batch takes on top is an estimate: the cache of keys and values, the widest moment of one forward
pass, and a fixed amount for the GPU's own context.
"""

from __future__ import annotations

from dataclasses import dataclass

from worker.reading.models.registry import (
    Architecture,
    LinearAttention,
    Profile,
    Quantisation,
    TextDecoder,
    VisionTowerFacts,
)

PROMPT_TOKENS = 1024
"""Assumed length of a schema with its instructions."""
ANSWER_TOKENS = 2048
"""Assumed length of an answer: the default of the setting max_new_tokens."""

_BF16 = 2.0
_BYTES = {"none": _BF16, "int8": 1.0, "nf4": 0.5 + 4 / 64}
# int8 has one float32 scale for a whole row, which is left out. nf4 has one for 64 weights: bitsandbytes'
# block size, scales not quantised themselves.
_PATCHES_PER_TOKEN = 4  # every tower here merges 2 × 2 patches
_CONTEXT = 1_000_000_000  # CUDA context, kernels and what the allocator cannot reuse; recalled


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many weights a model has, by what may be done to them.

    `decoder` are linear layers that Pagemill quantises; `page_lines` those of vision tower and projector,
    which it leaves alone; `kept` are embeddings, positions and the output layer.
    """

    decoder: int
    page_lines: int
    kept: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.decoder + self.page_lines + self.kept


def weights(profile: Profile, quantisation: Quantisation) -> int | None:
    """Bytes of the weights; None where the architecture is not known or this form does not exist."""
    if profile.architecture is None or quantisation not in profile.quantisations:
        return None
    count = parameters(profile.architecture)
    width = _BYTES[quantisation]
    page_lines = width if profile.stored != "none" else _BF16  # files quantised by others leave nothing out
    return round(count.decoder * width + count.page_lines * page_lines + count.kept * _BF16)


def needed(profile: Profile, quantisation: Quantisation, pages: int) -> int | None:
    """Bytes that reading `pages` A4 pages of 200 dpi in one batch takes at the most, weights included."""
    held = weights(profile, quantisation)
    if held is None or profile.architecture is None:
        return None
    tokens = profile.image.tokens + PROMPT_TOKENS
    cache = (tokens + ANSWER_TOKENS) * cache_per_token(profile.architecture.text)
    state = _state(profile.architecture.text)
    passing = pages * _passing(profile.architecture, tokens, profile.image.tokens)
    unpacked = 0 if quantisation == "none" else _widest(profile.architecture.text)
    return round(held + pages * (cache + state) + passing + unpacked + _CONTEXT)


def parameters(architecture: Architecture) -> Parameters:
    """The weights of an architecture."""
    text, vision = architecture.text, architecture.vision
    embeddings = text.vocab * text.hidden * (1 if text.tied else 2)
    patches = vision.patch**2 * 3 * vision.frames * vision.hidden
    return Parameters(
        decoder=_decoder(text),
        page_lines=_tower(vision) + sum(width * height for width, height in architecture.projector),
        kept=embeddings + patches + vision.positions * vision.hidden,
    )


def cache_per_token(text: TextDecoder) -> int:
    """Bytes of keys and values of one token at bf16."""
    growing = text.layers - (text.linear.layers if text.linear else 0)
    return round(growing * 2 * text.kv_heads * text.head_dim * _BF16)


def _decoder(text: TextDecoder) -> int:
    linear = text.linear.layers * _linear(text.linear, text.hidden) if text.linear else 0
    full = text.layers - (text.linear.layers if text.linear else 0)
    queries = text.heads * text.head_dim * (3 if text.gated_attention else 2)  # queries, gate, output
    attention = text.hidden * (queries + 2 * text.kv_heads * text.head_dim)
    mlp = 3 * text.hidden * text.intermediate
    return linear + text.experts * (full * attention + text.layers * mlp)


def _linear(linear: LinearAttention, hidden: int) -> int:
    keys, values = linear.key_heads * linear.head_dim, linear.value_heads * linear.head_dim
    return hidden * (2 * keys + 3 * values + 2 * linear.value_heads)  # values, gate, output; decay, beta


def _tower(vision: VisionTowerFacts) -> int:
    attention = 4 * vision.hidden**2
    mlp = (3 if vision.gated else 2) * vision.hidden * vision.intermediate
    return vision.layers * (attention + mlp)


def _state(text: TextDecoder) -> float:
    """Bytes a row holds in layers without a growing cache, float32."""
    if text.linear is None:
        return 0
    return text.linear.layers * text.linear.value_heads * text.linear.head_dim**2 * 4


def _passing(architecture: Architecture, tokens: int, image_tokens: int) -> float:
    """Bytes of the widest moment of a page's forward pass: tower or decoder, they follow one another.

    A layer holds its input, its residual, a norm's copy and its output, and two or three times the
    width of the MLP; attention works in tiles and holds no table of scores. The logits are of the last
    token only, in float32, once raw and once masked.
    """
    text, vision = architecture.text, architecture.vision
    patches = image_tokens * _PATCHES_PER_TOKEN
    tower = patches * (4 * vision.hidden + (3 if vision.gated else 2) * vision.intermediate)
    decoder = tokens * (4 * text.hidden + 3 * text.intermediate)
    return max(tower, decoder) * _BF16 + 2 * text.vocab * 4


def _widest(text: TextDecoder) -> float:
    """Bytes of the largest matrix once it is unpacked: quantised layers are, one by one."""
    return text.hidden * text.intermediate * _BF16
