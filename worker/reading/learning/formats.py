"""Examples in the forms that tools for training read.

    jsonl         a line each: id, page, prompt, answer, image
    swift         ms-swift's messages, `<image>` where the picture is (docs "Custom dataset")
    llamafactory  LLaMA-Factory's sharegpt with OpenAI's tags, and the dataset_info.json that names them
    trl           TRL's conversations for vision-language models: content in parts, pictures in `images`

Paths of pictures are relative to the folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from worker.reading.learning.examples import Example

Row = Mapping[str, Any]
_PAGES = "pages"
_INFO = {
    "pagemill": {
        "file_name": "llamafactory.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "images": "images"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
        },
    }
}


def write(examples: Iterable[Example], folder: Path, form: str) -> int:
    """Write examples and their pictures into a folder, in that form; how many there were."""
    (folder / _PAGES).mkdir(parents=True, exist_ok=True)
    partial, count = folder / f"{form}.jsonl.part", 0
    with partial.open("w", encoding="utf-8") as rows:
        for example in examples:
            name = f"{_PAGES}/{example.document}-{example.page:04}.png"
            if not (folder / name).exists():
                Image.fromarray(example.prompt.picture).save(folder / name)
            rows.write(json.dumps(FORMS[form](example, name), ensure_ascii=False) + "\n")
            count += 1
    partial.replace(folder / f"{form}.jsonl")
    if form == "llamafactory":
        (folder / "dataset_info.json").write_text(json.dumps(_INFO, indent=2), encoding="utf-8")
    return count


def _plain(example: Example, picture: str) -> Row:
    return {
        "id": example.document,
        "page": example.page,
        "prompt": example.prompt.messages[-1].text,
        "answer": example.answer,
        "image": picture,
    }


def _tagged(example: Example, picture: str) -> Row:
    asked = f"<image>{example.prompt.messages[-1].text.replace('<image>', '< image>')}"
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": example.answer.replace("<image>", "< image>")},
        ],
        "images": [picture],
    }


def _in_parts(example: Example, picture: str) -> Row:
    asked = [{"type": "image"}, {"type": "text", "text": example.prompt.messages[-1].text}]
    answered = [{"type": "text", "text": example.answer}]
    return {
        "messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}],
        "images": [picture],
    }


FORMS: Mapping[str, Callable[[Example, str], Row]] = MappingProxyType(
    {"jsonl": _plain, "swift": _tagged, "llamafactory": _tagged, "trl": _in_parts}
)
"""The forms there are, by the names of the tools."""
