"""A checkpoint's tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerFast


def open_tokenizer(folder: Path) -> Any:
    """The tokenizer of a checkpoint, padding to the left; raises OSError, ValueError.

    Where its `tokenizer.json` lies there, that says everything. Without it, transformers converts
    the older files, for which it has to know the model type.
    """
    ready = (folder / "tokenizer.json").is_file()
    kind = PreTrainedTokenizerFast if ready else AutoTokenizer
    return kind.from_pretrained(
        str(folder), trust_remote_code=False, local_files_only=True, padding_side="left"
    )
