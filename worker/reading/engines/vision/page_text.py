"""What a text recogniser reads on a page, told to a model beside the picture: an option.

Tick boxes stand in the lines as signs, marked or empty. The lines come from the document, so whoever wrote it
could speak to the model by them. They stand behind a mark of their own each, in a block that the prompt says
is no instruction, and without anything that a tokenizer or a template could take for its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST_SIGNS = 300  # of a line
_MOST = 12_000  # of a page
_CONTROL = re.compile(r"<(?=[|/!?A-Za-z_\uff5c])|(?<=\[)(?=/?(?:INST|IMG|gMASK))")


def lines_as_text(lines: Iterable[str]) -> str:
    """The lines in their order, made harmless, none of them longer than what a page of print has."""
    told = "\n".join(f"| {harmless(line)[:_MOST_SIGNS]}" for line in lines)
    return told if len(told) <= _MOST else told[:_MOST] + "…"


def harmless(text: str) -> str:
    """One line without back-quotes or control tokens: `<|im_end|>` becomes `< |im_end|>`."""
    printable = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return _CONTROL.sub(lambda mark: f"{mark.group()} ", printable.replace("`", "'"))
