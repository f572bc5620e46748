"""Fields that are answered by marking boxes: what was chosen, never an option that was left open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.values.folding import fold
from worker.reading.engines.matcher import members, pairs
from worker.reading.engines.matcher.assign import allows, as_type
from worker.reading.engines.matcher.choices import ChoiceQuestion, Option
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.sense import Senses
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_NAMED = 0.45  # likeness of a question to a field from which it is the field's
_BY_OPTIONS = 0.75  # the same where the listed values are its options
_LABEL = 0.9  # that a box belongs to the text beside it
_SEVERAL = 0.5  # where several options are marked of which one was asked for


def candidates(asked: FieldQuery, evaluation: Evaluation) -> list[Candidate] | None:
    """What the boxes of a page say of a field; None where none of them are about it."""
    if asked.kind == "boolean":
        told = [*_ticks(asked, evaluation), *_answered(asked, evaluation)]
        return sorted(told, key=lambda candidate: -candidate.score) or None
    rated = [
        (_nearness(asked, question, evaluation), question)
        for question in evaluation.graph.sheet.choices.questions
    ]
    near, question = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    if question is None or near < _NAMED:
        return None
    return list(_chosen(asked, question, near, evaluation.graph))


def _ticks(asked: FieldQuery, evaluation: Evaluation) -> Iterator[Candidate]:
    """Whether a box beside a field's label is ticked, or a word behind it says yes or no."""
    for entry in pairs.entries(evaluation.graph):
        said = _said(entry)
        near = evaluation.like(asked, entry.key)
        if said is not None and near > _NAMED and entry.values:
            sure = 0.8 * near * (1.0 if entry.sure > 0.5 else entry.sure)
            yield Candidate(said, sure, entry.values, sure, certainty=sure)


def _answered(asked: FieldQuery, evaluation: Evaluation) -> Iterator[Candidate]:
    """Whether yes or no is marked under a question that is the field, else whether the option is that is it most."""
    for question in evaluation.graph.sheet.choices.questions:
        near = 0.0 if question.label is None else evaluation.like(asked, question.label.text)
        said = {id(option): pairs.yes_or_no(option.label.text.strip(" .,;:")) for option in question.options}
        own = {id(option): evaluation.like(asked, option.label.text) for option in question.options}
        nearest = max(question.options, key=lambda option: own[id(option)])
        answers = [option for option in question.chosen if said[id(option)] is not None]
        if near > _NAMED and len(question.chosen) == len(answers) == 1:
            option, answer, sure = answers[0], said[id(answers[0])], near
        elif own[id(nearest)] > _NAMED and said[id(nearest)] is None:
            option, answer, sure = nearest, nearest.mark.chosen, own[id(nearest)]
        else:
            continue
        sure *= _LABEL * question.sure
        yield Candidate(answer, sure, (Span(option.label, 0, len(option.label.text)),), sure, certainty=sure)


def _said(entry: pairs.Entry) -> bool | None:
    if entry.said is not None:
        return entry.said == "checked"
    return pairs.yes_or_no(entry.values[0].text) if entry.values else None


def _nearness(asked: FieldQuery, question: ChoiceQuestion, evaluation: Evaluation) -> float:
    """How near a question is to a field: by its text, or because its options are the values that are listed."""
    near = 0.0 if question.label is None else evaluation.like(asked, question.label.text)
    if asked.kind != "enum":
        return near if len(question.options) > 1 else 0.0
    listed = {_value(asked, option, evaluation.graph.senses) for option in question.options} - {None}
    if len(listed) > 1:
        return max(near, _BY_OPTIONS) + 0.01 * len(listed)
    return near if listed else 0.0


def _chosen(asked: FieldQuery, question: ChoiceQuestion, near: float, graph: Graph) -> Iterator[Candidate]:
    """The marked options; one under a head that other rows have, too, stands where its box is."""
    listed = asked.field.path.endswith("/*")
    several = 1.0 if listed or len(question.chosen) == 1 else _SEVERAL
    for option in question.chosen:
        value = _value(asked, option, graph.senses)
        if value is not None:
            sure = _LABEL * min(1.0, max(near, 2 * _NAMED)) * several * question.sure
            sure = sure if _spelt(asked, option) is not None else min(sure, members.AT_MOST)
            place = option.box if id(option.label) in graph.sheet.choices.heads else option.label
            yield Candidate(value, sure, (Span(place, 0, len(place.text)),), sure, certainty=sure)


def _value(asked: FieldQuery, option: Option, senses: Senses) -> Any:
    """The text of an option as a value of a field; None when it is none of those that are listed."""
    spelt = _spelt(asked, option)
    if spelt is None and asked.kind == "enum":
        return members.meant(option.label.text.strip(" .,;:"), asked.field, senses)
    return spelt


def _spelt(asked: FieldQuery, option: Option) -> Any:
    """The value that an option's text is as it stands."""
    text = option.label.text.strip(" .,;:")
    if asked.kind == "enum":
        return next((one for one in asked.field.enum or () if _says(text, str(one))), None)
    value = as_type(text, asked.field)
    return value if value is not None and allows(asked.field, value) else None


def _says(text: str, member: str) -> bool:
    """Whether an option's text is a listed value, spelt as on paper or as in code."""
    said, wanted = fold(text), fold(member.replace("_", " "))
    return said == wanted or "".join(said.split()) == "".join(wanted.split())
