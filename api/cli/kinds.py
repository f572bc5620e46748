"""`pagemill kinds`: the shipped kinds and their schemas."""

from __future__ import annotations

import json
import sys

from schemas import registry


def run(name: str | None) -> int:
    """Print the list, or one kind's JSON Schema."""
    if name is None:
        for kind in registry.kinds():
            schema = registry.kind(kind)
            assert schema.model is not None
            summary = (schema.model.__doc__ or "").strip().splitlines()[0]
            print(f"{kind:<14} v{schema.version}  {summary}")
        return 0
    try:
        schema = registry.kind(name)
    except registry.UnknownKind as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(schema.json_schema, ensure_ascii=False, indent=2))
    return 0
