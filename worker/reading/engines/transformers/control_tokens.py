"""Control tokens in text that is not ours, made plain text.

A title in a schema, or a value that was read and is shown to the model again, may hold `<|im_end|>` or
an image token, by accident or to take over. The library can neutralise them while it tokenises, but
not for every processor; writing them with a blank inside works for all.
"""

from __future__ import annotations

from collections.abc import Iterable


def escape_control_tokens(text: str, control: Iterable[str]) -> str:
    """The text without any control token; unchanged where there was none."""
    present = sorted((token for token in control if token.strip() and token in text), key=len, reverse=True)
    for token in present:
        text = text.replace(token, f"{token[0]} {token[1:]}" if len(token) > 1 else " ")
    return text
