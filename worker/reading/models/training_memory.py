"""The memory that learning an adapter takes, computed from a model's architecture; not measured on a GPU."""

from __future__ import annotations

from worker.reading.models import memory_estimate
from worker.reading.models.registry import Architecture, Profile, Quantisation

_OF_ADAPTER = 16  # bytes of a weight: itself, its gradient and two moments of Adam, all in float32
_BF16 = 2
_COPIES = 20  # tensors as wide as a token that the backward pass of one layer holds, beside the MLP's
_MLP_COPIES = 6
_CONTEXT = 1_000_000_000  # as when reading


def needed(profile: Profile, quantisation: Quantisation, rank: int) -> int | None:
    """Bytes at the most for a row at a time, activations computed again layer by layer; None: not known."""
    held = memory_estimate.weights(profile, quantisation)
    if held is None or profile.architecture is None:
        return None
    text = profile.architecture.text
    tokens = profile.image.tokens + memory_estimate.PROMPT_TOKENS + memory_estimate.ANSWER_TOKENS
    kept = text.layers * tokens * text.hidden * _BF16
    layer = tokens * (_COPIES * text.hidden + _MLP_COPIES * text.intermediate) * _BF16
    logits = 2 * tokens * text.vocab * _BF16 + 3 * memory_estimate.ANSWER_TOKENS * text.vocab * 4
    learned = adapter_weights(profile.architecture, rank) * _OF_ADAPTER
    return round(held + learned + kept + layer + logits + _CONTEXT)


def adapter_weights(architecture: Architecture, rank: int) -> int:
    """Weights beside the linear layers of the decoder: `rank` times inputs and outputs of each."""
    text = architecture.text
    queries, keys = text.heads * text.head_dim, text.kv_heads * text.head_dim
    attention = 2 * (text.hidden + queries) + 2 * (text.hidden + keys)
    mlp = 3 * (text.hidden + text.intermediate)
    return text.layers * rank * (attention + mlp)
