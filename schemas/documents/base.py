"""What every kind of document shares: frozen data, two languages per field, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from schemas.record import Issue


class Part(BaseModel):
    """A piece of a document: an item, a party, a room."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(Part):
    """A kind of document. Subclasses say what they are `called` and set the class variables.

    `keys` are top-level fields of which a document of this kind has at least one, `always` those of which it
    has every one: where such a value was not found, a person looks.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    keys: ClassVar[tuple[str, ...]] = ()
    always: ClassVar[tuple[str, ...]] = ()
    rules: ClassVar[tuple[Callable[[Mapping[str, Any]], Iterable[Issue]], ...]] = ()


def called(title: str, title_zh: str, description_zh: str) -> ConfigDict:
    """What a kind is called in English and Chinese, and its docstring in Chinese."""
    extra: dict[str, JsonValue] = {"x-title-zh": title_zh, "x-description-zh": description_zh}
    return ConfigDict(title=title, json_schema_extra=extra)


def described(title: str, title_zh: str, description: str, description_zh: str, **more: Any) -> Any:
    """A field with its names and meaning in English and Chinese; null unless `default` is given.

    `concept` names the entry of the concept library that says how such a value looks; the rest
    goes to pydantic's `Field`.
    """
    concept = more.pop("concept", None)
    extra: dict[str, JsonValue] = {"x-title-zh": title_zh, "x-description-zh": description_zh}
    if concept:
        extra["x-concept"] = concept
    if "default_factory" not in more:
        more.setdefault("default", None)
    return Field(title=title, description=description, json_schema_extra=extra, **more)
