"""A checkpoint's processor for pictures alone.

Processors that also take videos refuse to load without torchvision, which reading pages does not
need. Here they get a video part that only refuses; pictures go through Pillow on every machine, with
torchvision or without, because the two scale a little differently and answers should not depend on
what else is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import transformers
from transformers import AutoImageProcessor, AutoTokenizer, ImageProcessingMixin, ProcessorMixin
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

from worker.errors import ModelUnavailable


class _NoVideo(ImageProcessingMixin):  # type: ignore[misc]
    """Stands where a processor wants its video part."""

    model_input_names: ClassVar[list[str]] = []
    merge_size = 2

    def __call__(self, *_: object, **__: object) -> None:
        raise TypeError("videos are not read")


class _PicturesOnly(ProcessorMixin):  # type: ignore[misc]
    """Comes before a processor's own class, to load its parts without the one for videos."""

    @classmethod
    def _get_arguments_from_pretrained(cls, folder: str, *_: object, **__: object) -> list[Any]:
        parts = {"image_processor": _image_processor, "tokenizer": _tokenizer}
        wanted = [name for name in cls.get_attributes() if name in parts or "video" in name]
        return [_NoVideo() if "video" in name else parts[name](folder) for name in wanted]

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        """As the library does, but for the video part."""
        if isinstance(argument, _NoVideo):
            return _NoVideo
        return super().check_argument_for_proper_class(argument_name, argument)


def open_processor(folder: Path, model_type: str) -> Any:
    """The processor of a checkpoint, padding to the left; raises ModelUnavailable."""
    name = _class_name(folder) or PROCESSOR_MAPPING_NAMES.get(model_type, "")
    own = getattr(transformers, name, None)
    if not (isinstance(own, type) and issubclass(own, ProcessorMixin)):
        raise ModelUnavailable(detail=f"transformers has no processor {name!r} for {model_type!r} models")
    pictures_only: Any = type(own.__name__, (_PicturesOnly, own), {})
    return pictures_only.from_pretrained(str(folder), local_files_only=True)


def _class_name(folder: Path) -> str:
    """The class that the folder names; not every model type has one of its own."""
    for file in ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
        if (folder / file).is_file():
            named = json.loads((folder / file).read_text(encoding="utf-8")).get("processor_class")
            if named:
                return str(named)
    return ""


def _image_processor(folder: str) -> Any:
    return AutoImageProcessor.from_pretrained(
        folder, backend="pil", trust_remote_code=False, local_files_only=True
    )


def _tokenizer(folder: str) -> Any:
    return AutoTokenizer.from_pretrained(
        folder, trust_remote_code=False, local_files_only=True, padding_side="left"
    )
