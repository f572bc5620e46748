"""Prompts from a schema: its titles, descriptions, formats and choices, in a language that has prompts.

Of the document, a model is shown only its own answer and, where that is wished for, what a text recogniser
read (`page_text`). What a schema says is put on one line and without back-quotes: a title cannot become a
heading, nor a rule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from string import Template
from typing import Literal

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.question import MOST_SIGNS, of_schema
from schemas.record import Issue
from schemas.registry import Schema
from worker.reading.engines.vision.page_text import lines_as_text

_LONGEST = 400  # characters that a schema may say about one field
_MOST_CHOICES = 40

PageShown = Literal["page_in_picture", "page_in_lines"]
"""How a model gets the page that is asked about."""


def extract(root: Field, name: str, language: str, page: PageShown = "page_in_picture") -> str:
    """What is asked about a page that is shown so: these fields of the kind `name`."""
    fields = "\n".join(_lines(root.properties, language, depth=0))
    return _template("extract", language).substitute(
        page=_shown(page, language), kind=_plain(name), fields=fields
    )


def ask(root: Field, question: str, language: str, page: PageShown = "page_in_picture") -> str:
    """What somebody asks about a page that is shown so, and the fields of the answer."""
    fields = "\n".join(_lines(root.properties, language, depth=0))
    return _template("ask", language).substitute(
        page=_shown(page, language), question=_plain(question, most=MOST_SIGNS), fields=fields
    )


def join(root: Field, question: str, found: Iterable[str], language: str) -> str:
    """What is asked about all pages together, of which these lines tell what was found page by page."""
    fields = "\n".join(_lines(root.properties, language, depth=0))
    return _template("join", language).substitute(
        question=_plain(question, most=MOST_SIGNS), found=lines_as_text(found), fields=fields
    )


def correct(issues: Iterable[Issue], language: str) -> str:
    """What is said after an answer that a check has complaints about."""
    complaints = "\n".join(f"- `{_plain(issue.path) or '/'}`: {_plain(issue.message)}" for issue in issues)
    return _template("correct", language).substitute(complaints=complaints)


def page_text(lines: Iterable[str], language: str) -> str:
    """What is said of the lines that a text recogniser reads on the page."""
    return _template("page_text", language).substitute(lines=lines_as_text(lines))


def page_lines(lines: Iterable[str], language: str) -> str:
    """The lines of a page for a model that does not see it."""
    return _template("page_lines", language).substitute(lines=lines_as_text(lines))


def transcribe(language: str) -> str:
    """The order to write down all that stands on a page."""
    return _template("transcribe", language).substitute()


def language_of(schema: Schema) -> str:
    """The language of the question that a schema carries, or in which most of its fields are described."""
    asked = of_schema(schema.root)
    if asked is not None:
        told = [asked.text]
    else:
        told = [field.title + field.description or field.name for field in schema.root.walk() if field.path]
    written = Counter(map(languages.written_in, told))
    return next((one for one, times in written.items() if times * 2 > len(told)), languages.ASKED_IN)


def _lines(fields: Iterable[Field], language: str, *, depth: int) -> Iterator[str]:
    for field in fields:
        told = ": " + "; ".join(said) if (said := list(_said(field, language))) else ""
        yield f"{'  ' * depth}- `{_plain(field.name)}` ({_type(field, language)}){told}"
        inner = field.items if field.items is not None else field
        yield from _lines(inner.properties, language, depth=depth + 1)


def _type(field: Field, language: str) -> str:
    words = languages.prompt_words(language)
    if field.is_array and field.items is not None and not field.items.properties:
        return f"{words['array']}: {_type(field.items, language)}"
    if field.format is not None and field.format in words:
        return words[field.format]
    return " / ".join(words[name] for name in field.types)


def _said(field: Field, language: str) -> Iterator[str]:
    """What the schema says about a field, in the order of its use."""
    words = languages.prompt_words(language)
    title, description = _plain(field.title), _plain(field.description)
    if title and title.casefold() != field.name.casefold().replace("_", " "):
        yield title
    if description:
        yield description
    choices = field.enum or (field.items.enum if field.items is not None else None)
    if choices:
        listed = ", ".join(_plain(json.dumps(value, ensure_ascii=False)) for value in choices[:_MOST_CHOICES])
        yield f"{words['choice']} {listed}"
    if field.pattern:
        yield f"{words['pattern']} {_plain(field.pattern)}"


def _plain(text: str, *, most: int = _LONGEST) -> str:
    """One line, no mark-up that ends a quotation, not endless."""
    line = " ".join(text.replace("`", "'").split())
    return line if len(line) <= most else line[:most] + "…"


@cache
def _shown(page: PageShown, language: str) -> str:
    return languages.prompt_words(language)[page]


def _template(task: str, language: str) -> Template:
    return Template(languages.prompt(task, language))
