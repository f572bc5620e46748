"""Schemas as users write them: names in any case, flat or nested, described or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.sheets.blocks import Pair, wording
from bench.sheets.meanings import value
from bench.sheets.values import Locale, Printed
from schemas import languages

_ENGLISH = Locale("en", "%Y-%m-%d", comma=False, group="", sign="", sign_first=True)


@dataclass(frozen=True)
class DrawnSchema:
    """A JSON Schema and the data that a document holds under it."""

    raw: dict[str, Any]
    expected: dict[str, Any]


def schema_of(
    pairs: Sequence[Pair],
    absent: Sequence[str],
    table: tuple[Sequence[str], Sequence[dict[str, Any]]],
    here: Locale,
    rng: Random,
) -> DrawnSchema:
    """A schema that asks for some pairs, some things that are not there, and a table."""
    style = rng.choice(["snake", "snake", "camel", "camel", "pascal", "kebab", "title"])
    local = here.lang not in {"zh", "ja"} and rng.random() < 0.1
    words = here if local or (here.lang in {"zh", "ja"} and rng.random() < 0.2) else _ENGLISH
    described, nested = rng.random() < 0.45, rng.random() < 0.5
    properties: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for pair in [*pairs, *_fillers(pairs, absent, here, rng)]:
        within, data = properties, expected
        if nested and pair.parent:
            parent = _name(_label(pair.parent, words, rng, known=None), style)
            within, data = _inner(pair.parent, parent, properties, expected)
        meaning = pair.meaning.removeprefix(f"{pair.parent} ") if within is not properties else _full(pair)
        label = _label(meaning, words, rng, known=pair.label or None)
        name = _name(label, style)
        if name and name not in within:
            within[name] = _node(pair, label, here, rng, described=described)
            data[name] = pair.printed.meant
    _add_table(properties, expected, table, (words, style, rng))
    return DrawnSchema({"type": "object", "properties": properties}, expected)


def _fillers(pairs: Sequence[Pair], absent: Sequence[str], here: Locale, rng: Random) -> list[Pair]:
    """Fields that are asked for in vain."""
    present = {pair.meaning for pair in pairs}
    missing = [meaning for meaning in absent if meaning not in present]
    return [Pair(meaning, "", Printed((), None, value(meaning, here, rng).type)) for meaning in missing]


def _inner(
    parent: str, name: str, properties: dict[str, Any], expected: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The object of a party in the schema and in the data, made when there is none."""
    known = next((other for other in properties if properties[other].get("x-of") == parent), name)
    outer = properties.setdefault(known, {"type": "object", "properties": {}, "x-of": parent})
    if "properties" not in outer:  # a scalar has the name already
        return {}, {}
    return outer["properties"], expected.setdefault(known, {})


def _full(pair: Pair) -> str:
    """The meaning of a party's part in a flat schema."""
    return (
        f"{pair.parent}+{pair.meaning}"
        if pair.parent and not pair.meaning.startswith(pair.parent)
        else pair.meaning
    )


def _label(meaning: str, words: Locale, rng: Random, *, known: str | None) -> str:
    """What a user calls a meaning; an invented label is known only by itself."""
    listed = languages.labels()[words.lang]
    meaning = _shorter(meaning, rng)
    if known is not None and (meaning not in listed or not _is_listed(known) or rng.random() < 0.12):
        return known
    found = []
    for part in meaning.split("+"):
        if part in listed:
            found.append(rng.choice(listed[part][: rng.choice([1, 3, 6])]))
        else:
            found.extend(rng.choice(listed.get(word, (word,))[:3]) for word in part.split())
    return " ".join(found)


def _shorter(meaning: str, rng: Random) -> str:
    """Users leave out what goes without saying: the date, the company, the total."""
    if meaning.endswith((" name", " address")) and rng.random() < 0.4:
        return meaning.removesuffix(" name") if meaning.endswith(" name") else "address"
    if meaning.startswith("date ") and rng.random() < 0.25:
        return "date"
    if meaning == "total due" and rng.random() < 0.45:
        return "total"
    if meaning == "store" and rng.random() < 0.5:
        return "company"
    return meaning


def _is_listed(label: str) -> bool:
    plain = re.sub(r"\s", "", label.split(" / ", maxsplit=1)[0]).lower()
    return any(
        plain == re.sub(r"\s", "", wording).lower()
        for meanings in languages.labels().values()
        for wordings in meanings.values()
        for wording in wordings
    )


def _name(label: str, style: str) -> str:
    words = re.findall(r"\w+", label.replace("#", " number ").replace("%", " rate "))
    if not words:
        return ""
    if style == "snake":
        return "_".join(words).lower()
    if style == "kebab":
        return "-".join(words).lower()
    if style == "title":
        return " ".join(words).title()
    joined = "".join(word[:1].upper() + word[1:].lower() for word in words)
    return joined if style == "pascal" else joined[:1].lower() + joined[1:]


def _node(pair: Pair, label: str, here: Locale, rng: Random, *, described: bool) -> dict[str, Any]:
    node: dict[str, Any] = {"type": pair.printed.type}
    if pair.printed.format and rng.random() < 0.6:
        node["format"] = pair.printed.format
    if pair.printed.type == "integer" and rng.random() < 0.4:
        node["type"] = "number"
    if described and rng.random() < 0.8:
        words = label.lower()
        node["description"] = rng.choice(
            [
                f"The {words}",
                f"the {words} as printed"
                if node["type"] == "string" and pair.printed.format is None
                else f"the {words}",
                f"{words} ({pair.label or wording(pair.meaning, here, rng)})",
                f"{words} printed on the document",
                f"{words} of this document, labelled '{pair.label or words}'",
                f"{words}, e.g. '{'; '.join(value(pair.meaning, here, rng).lines)}'",
            ]
        )
    if rng.random() < 0.1:
        node["title"] = label.title()
    return node


def _column_names(wanted: Sequence[str], how: tuple[Locale, str, Random]) -> dict[str, str]:
    """What the fields of an item are called, by meaning."""
    words, style, rng = how
    names: dict[str, str] = {}
    for meaning in wanted:
        name = _name(_label(meaning, words, rng, known=None), style)
        if name and name not in names.values():
            names[meaning] = name
    return names


def _add_table(
    properties: dict[str, Any],
    expected: dict[str, Any],
    table: tuple[Sequence[str], Sequence[dict[str, Any]]],
    how: tuple[Locale, str, Random],
) -> None:
    columns, rows = table
    _, style, rng = how
    wanted = [meaning for meaning in columns if meaning != "line number" and rng.random() < 0.85]
    if not rows or len(wanted) < 2 or rng.random() < 0.1:
        return
    names = _column_names(wanted, how)
    outer = _name(
        rng.choice(
            [
                "line items",
                "items",
                "lines",
                "entries",
                "positions",
                "transactions",
                "rows",
                "details",
                "products",
            ]
        ),
        style,
    )
    kinds = {
        meaning: next((type(row[meaning]) for row in rows if row.get(meaning) is not None), str)
        for meaning in names
    }
    types = {meaning: "number" if kind in {int, float} else "string" for meaning, kind in kinds.items()}
    inner = {name: {"type": types[meaning]} for meaning, name in names.items()}
    if outer not in properties:
        properties[outer] = {"type": "array", "items": {"type": "object", "properties": inner}}
        expected[outer] = [{name: row.get(meaning) for meaning, name in names.items()} for row in rows]
