"""What is counted of a record: values right, how sure, how the record ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from schemas import pointer
from schemas.record import Record, State
from schemas.values import amounts
from schemas.values.folding import letters_and_digits
from worker.reading.score.compare import equal
from worker.reading.score.metrics import auroc, calibration_error

_ALIKE_KEY = 60.0  # percent: labels of forms are written in the labeller's words


@dataclass(frozen=True, slots=True)
class Leaf:
    """A labelled value and what was read for it; `confidence` is None where nothing was."""

    at: str
    expected: Any
    read: Any
    in_list: bool
    confidence: float | None

    @property
    def right(self) -> bool:
        """Whether it was read as labelled."""
        return equal(self.expected, self.read)


@dataclass(frozen=True, slots=True)
class Judged:
    """A record against its labels. `rows` are items of lists: how many there are and how many fully right."""

    record: Record
    leaves: tuple[Leaf, ...]
    rows: tuple[int, int]
    extra: int
    """Items of lists that were read and are not labelled, counted in values."""

    @property
    def score(self) -> float:
        """Right values over those labelled and those read too many, as DocuBench counts: 0 to 1."""
        wanted = [leaf for leaf in self.leaves if leaf.expected is not None]
        invented = sum(leaf.expected is None and leaf.read is not None for leaf in self.leaves)
        right = sum(leaf.right for leaf in wanted)
        return right / max(1, len(wanted) + invented + self.extra / 2)


def judge(record: Record, expected: Mapping[str, Any]) -> Judged:
    """Compare a record with its labels, items of lists with those that resemble them most."""
    if record.kind == "form":
        return _judged_form(record, expected)
    confidence = {at: evidence.confidence for at, evidence in record.fields.items()}
    counts = [0, 0, 0]
    leaves = tuple(_leaves(expected, record.data or {}, confidence, counts, at="", in_list=False))
    return Judged(record, leaves, (counts[0], counts[1]), counts[2])


def _leaves(
    expected: Any, read: Any, confidence: Mapping[str, float], counts: list[int], *, at: str, in_list: bool
) -> Iterator[Leaf]:
    if isinstance(expected, Mapping):
        for name, value in expected.items():
            inner = read.get(name) if isinstance(read, Mapping) else None
            yield from _leaves(value, inner, confidence, counts, at=at + pointer.join(name), in_list=in_list)
    elif isinstance(expected, list):
        yield from _items(expected, read if isinstance(read, list) else [], confidence, counts, at=at)
    else:
        yield Leaf(at, expected, read, in_list, confidence.get(at) if read is not None else None)


def _items(
    expected: Sequence[Any],
    read: Sequence[Any],
    confidence: Mapping[str, float],
    counts: list[int],
    *,
    at: str,
) -> Iterator[Leaf]:
    left = dict(enumerate(read))
    for item in expected:
        found = {
            index: _leaf_list(item, other, confidence, at=at + pointer.join(index))
            for index, other in left.items()
        }
        best = max(found, key=lambda index: sum(leaf.right for leaf in found[index]), default=None)
        leaves = found[best] if best is not None else _leaf_list(item, None, confidence, at=at)
        if best is not None and any(leaf.right and leaf.expected is not None for leaf in leaves):
            del left[best]
        else:
            leaves = _leaf_list(item, None, confidence, at=at)
        counts[0] += 1
        counts[1] += all(leaf.right for leaf in leaves)
        yield from leaves
    counts[2] += sum(1 for item in left.values() for _, leaf in pointer.leaves(item) if leaf is not None)


def _leaf_list(item: Any, other: Any, confidence: Mapping[str, float], *, at: str) -> list[Leaf]:
    return list(_leaves(item, other, confidence, [0, 0, 0], at=at, in_list=True))


def _judged_form(record: Record, expected: Mapping[str, Any]) -> Judged:
    """A form's entries by their keys: an entry is right whose value is, under a key that is alike."""
    entries = [entry for entry in (record.data or {}).get("entries", ()) if entry.get("value") is not None]
    leaves = []
    for at, value in pointer.leaves(dict(expected)):
        names = [part for part in pointer.split(at) if not part.isdigit()]
        if value is None:
            continue
        wanted = names[-1].replace("_", " ")
        hits = [
            entry
            for entry in entries
            if equal(str(value), entry["value"]) or equal(value, _typed(entry["value"], value))
        ]
        alike = [entry for entry in hits if _alike(wanted, str(entry.get("key")))]
        index = entries.index(alike[0]) if alike else None
        sure = record.fields.get(f"/entries/{index}/value")
        confidence = sure.confidence if sure and alike else None
        leaves.append(Leaf(at, value, value if alike else None, in_list=False, confidence=confidence))
    return Judged(record, tuple(leaves), (0, 0), 0)


def _typed(printed: str, labelled: Any) -> Any:
    """What is printed as a number where the label is one: `16,640.00` is 16640."""
    is_number = isinstance(labelled, int | float) and not isinstance(labelled, bool)
    return amounts.number(printed) if is_number else printed


def _alike(wanted: str, key: str) -> bool:
    return fuzz.partial_ratio(letters_and_digits(wanted), letters_and_digits(key)) >= _ALIKE_KEY


def summary(judged: Sequence[Judged]) -> dict[str, float | None]:
    """The figures of some records."""
    leaves = [leaf for one in judged for leaf in one.leaves]
    scalars = [leaf.right for leaf in leaves if not leaf.in_list]
    listed = [leaf.right for leaf in leaves if leaf.in_list]
    done = [one for one in judged if one.record.state is State.DONE]
    silent = [all(leaf.right for leaf in one.leaves) for one in done]
    rated = [leaf for leaf in leaves if leaf.confidence is not None]
    surely, right = [leaf.confidence or 0.0 for leaf in rated], [leaf.right for leaf in rated]
    rows = [one.rows for one in judged]
    return {
        "n": len(judged),
        "scalars": _mean(scalars),
        "listed": _mean(listed),
        "rows": sum(r for _, r in rows) / total if (total := sum(n for n, _ in rows)) else None,
        "score": _mean([one.score for one in judged]),
        "done": len(done) / len(judged) if judged else None,
        "done right": _mean(silent),
        "AUROC": auroc(surely, right),
        "ECE": calibration_error(surely, right),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
