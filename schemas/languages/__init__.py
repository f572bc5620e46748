"""What depends on a language, one folder per language.

`words.toml` has wordings on documents by meaning, `terms.toml` single words by idea, `concepts.toml` those of
single concepts, `patterns.toml` words that are looked for, `kinds.toml` those that speak for a kind;
`prompt.toml` and the Markdown files how a model is asked; `asking.toml` how people ask. A new language is a
new folder, of which each file may be left out. `related.toml` says which ideas stand for one another.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

ASKED_IN = "en"
"""The language in which a model is asked where no other is seen."""


@dataclass(frozen=True, slots=True)
class Era:
    """How years are counted: from the year `before` the first, with as few and as many `digits`."""

    before: int
    digits: tuple[int, int]


@cache
def labels() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Printed wordings by language and meaning; a meaning is one or more ideas joined by blanks."""
    return {language: _texts(raw.get("labels", {})) for language, raw in _files("words.toml").items()}


@cache
def terms() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Single words by language and idea, which are told in labels that are no wording as a whole."""
    return {language: _texts(raw.get("labels", {})) for language, raw in _files("terms.toml").items()}


@cache
def related() -> Mapping[str, frozenset[str]]:
    """By idea, those that documents use for it in some context; the same in every language."""
    groups = tomllib.loads((files(__name__) / "related.toml").read_text(encoding="utf-8"))["groups"]
    found: dict[str, set[str]] = {}
    for group in groups:
        for idea in group:
            found.setdefault(idea, set()).update(group)
    return {idea: frozenset(others - {idea}) for idea, others in found.items()}


@cache
def marks(name: str) -> tuple[str, ...]:
    """Words by which a text shows what it is (`legal_form`, `street`), of all languages."""
    return tuple(word for raw in _files("words.toml").values() for word in raw.get("marks", {}).get(name, ()))


@cache
def asking(name: str) -> tuple[str, ...]:
    """Phrases by which people ask (`describe`, `extract`, …), of all languages, the longest first."""
    phrases = {phrase for raw in _files("asking.toml").values() for phrase in raw[name]}
    return tuple(sorted(phrases, key=lambda one: (-len(one), one)))


@cache
def concepts() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What is known of the things that documents say, of all languages together.

    By the name of the concept, then by what it is: `field`, `strong`, `labels`, `weak`, `pattern`, `page`.
    """
    merged: dict[str, dict[str, tuple[str, ...]]] = {}
    for raw in _files("concepts.toml").values():
        for name, told in raw.items():
            known = merged.setdefault(name, {})
            for key, words in told.items():
                known[key] = (*known.get(key, ()), *([words] if isinstance(words, str) else words))
    return merged


@cache
def words(name: str, *, any_case: bool = True) -> re.Pattern[str]:
    """Any of the words that are looked for as `name`, of all languages: whole ones in scripts with blanks."""
    listed = _patterns("words", name)
    spaced = "|".join(one for one in listed if has_blanks(one))
    unspaced = [one for one in listed if not has_blanks(one)]
    found = [rf"\b(?:{spaced})\b"] if spaced else []
    return re.compile("|".join([*found, *unspaced]), re.IGNORECASE if any_case else 0)


@cache
def pieces(name: str) -> str:
    """Any of the words that are looked for as `name`, of all languages, as part of a regular expression."""
    return f"(?:{'|'.join(_patterns('pieces', name))})"


@cache
def of_kinds() -> Mapping[str, Mapping[str, int]]:
    """Words of all languages that speak for a shipped kind where they are printed, with their weights."""
    found: dict[str, dict[str, int]] = {}
    for raw in _files("kinds.toml").values():
        for kind, said in raw.items():
            weak, strong = (
                dict.fromkeys(said.get(key, ()), weight) for key, weight in (("weak", 1), ("strong", 2))
            )
            found.setdefault(kind, {}).update(weak | strong)
    return found


@cache
def currencies() -> Mapping[str, str]:
    """What names a currency, of all languages, as one regular expression by its ISO 4217 code."""
    named: dict[str, list[str]] = {}
    for raw in _files("patterns.toml").values():
        for code, listed in raw.get("currencies", {}).items():
            named.setdefault(code, []).extend(listed)
    return {code: f"(?:{'|'.join(listed)})" for code, listed in named.items()}


@cache
def eras() -> Mapping[str, Era]:
    """The eras by which years are counted, by their names, of all languages."""
    listed = (raw.get("eras", {}) for raw in _files("words.toml").values())
    return {
        name.lower(): Era(told["before"], tuple(told["digits"]))
        for eras in listed
        for name, told in eras.items()
    }


@cache
def months() -> Mapping[str, int]:
    """The names of months and what they are shortened to, of all languages, with their numbers."""
    named = (raw.get("months", {}) for raw in _files("words.toml").values())
    return {name: int(number) for months in named for number, names in months.items() for name in names}


def written_in(text: str) -> str:
    """The language of a text, of those in which models are asked; `ASKED_IN` where it shows no other."""
    for language, told in _files("prompt.toml").items():
        if "letters" in told and re.search(told["letters"], text):
            return language
    return ASKED_IN


@cache
def prompt(task: str, language: str) -> str:
    """The text by which a model is asked to `extract` or `correct`, with places to be filled in."""
    return (files(__package__) / language / f"{task}.md").read_text(encoding="utf-8").strip()


@cache
def prompt_words(language: str) -> Mapping[str, str]:
    """What prompts call the types of fields and the rules about them."""
    return tomllib.loads((files(__package__) / language / "prompt.toml").read_text(encoding="utf-8"))


def has_blanks(word: str) -> bool:
    """Whether a word is of a script that has blanks between words."""
    return all(char < "⺀" for char in word)


def _patterns(table: str, name: str) -> Sequence[str]:
    """The regular expressions of a name, by language; raises KeyError where no language has any."""
    found = [one for raw in _files("patterns.toml").values() for one in raw.get(table, {}).get(name, ())]
    if not found:
        raise KeyError(f"no language has {table} of {name}")
    return found


@cache
def _files(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A file's tables by language, of those that have it."""
    folders = sorted(files(__package__).iterdir(), key=lambda entry: entry.name)
    tables = {folder.name: folder / name for folder in folders if (folder / name).is_file()}
    return {language: tomllib.loads(table.read_text(encoding="utf-8")) for language, table in tables.items()}


def _texts(table: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(texts) for name, texts in table.items()}
