"""The tensors of a checkpoint that vLLM's modules have no place for.

All other names are those of vLLM's modules as they stand: its AIMv2 has the names of SAILViT, its InternVL
keeps tower, projector and language model under SAIL-VL2's names, and its Qwen3 joins what it joins itself.
"""

from __future__ import annotations

import re

_BLOCK = "vision_model.trunk.blocks."
_NORM = "vision_model.trunk.post_trunk_norm."


def unused(layers: int, *, normed: bool) -> re.Pattern[str]:
    """What matches the names of tensors behind the `layers` blocks that are looked at.

    `normed` says whether the tower's last norm is used; a pattern that matches nothing is fine.
    """
    behind = rf"{re.escape(_BLOCK)}(?!(?:{'|'.join(map(str, range(layers)))})\.)"
    return re.compile(f"^(?:{behind}{'' if normed else '|' + re.escape(_NORM)})")
