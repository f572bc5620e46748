"""What other packages add: engines, stores and kinds, by the entry points of what is installed.

A package that brings one names it in its `pyproject.toml`; the shipped engines and stores do the same:

    [project.entry-points."pagemill.engines"]
    mine = "my_package.engine:SPEC"
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

Group = Literal["engines", "stores", "kinds"]


class ExtensionBroken(LookupError):
    """An installed package names something that cannot be imported; the message says which and why."""


@cache
def _found(group: Group) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"pagemill.{group}")}


def names(group: Group) -> tuple[str, ...]:
    """The names there are of a group, in the order of the alphabet."""
    return tuple(sorted(_found(group)))


@cache
def load(group: Group, name: str) -> Any:
    """What a name of a group stands for; raises KeyError for a name nobody brings, ExtensionBroken."""
    point = _found(group)[name]
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        brought = point.dist.name if point.dist else point.value
        raise ExtensionBroken(f"{name!r} of the package {brought} does not load: {error}") from error
