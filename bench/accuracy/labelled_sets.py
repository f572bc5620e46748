"""The labelled documents of the data folder as cases: a file, a schema, what is to be read.

The folder's own names of fields are brought to those of the shipped kinds by `_NAMES`. From every label a
schema of names alone is made as well, as a user would write one who knows nothing of this project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import registry
from schemas.registry import Schema

_NAMES: Mapping[str, Mapping[str, str]] = {
    "receipt": {
        "company": "company",
        "address": "address",
        "date_iso": "date",
        "total_value": "total",
        "phone": "phone",
        "subtotal": "subtotal",
        "cash": "paid",
        "change": "change",
    },
    "invoice": {
        "invoice_number": "invoice_number",
        "issue_date": "issue_date",
        "date": "issue_date",
        "seller_name": "seller.name",
        "partner_name": "seller.name",
        "buyer_name": "buyer.name",
        "net_total": "subtotal",
        "amount_untaxed": "subtotal",
        "tax_total": "tax_total",
        "grand_total": "total",
        "amount": "total",
        "invoice_code": "invoice_code",
        "currency": "currency",
    },
}
_ITEMS = {
    "name": "description",
    "quantity": "quantity",
    "qty": "quantity",
    "line_total": "amount",
    "price_subtotal": "amount",
    "amount": "amount",
}
_CONSTANT = frozenset({"issuer", "desc", "narration", "note", "country_code", "type_code", "lines", "approx"})
"""Labels that are not printed, or not as such."""
_CLEAN = ("_clean", "_value", "_iso", "_raw")


@dataclass(frozen=True, slots=True)
class Case:
    """A document of a set, the schema to read it by, and what stands on it. `half` is 0 to choose by, 1 to report."""

    id: str
    path: Path
    schema: Schema
    expected: Mapping[str, Any]
    half: int


def all_sets(data: Path) -> Iterator[tuple[str, list[Case]]]:
    """Every set by its name."""
    receipts = _rows(data, "receipts_sroie")
    yield "receipts", [_kind(row, "receipt", _of_names(row, "receipt")) for row in receipts]
    others = [row for row in _rows(data, "receipts_other") if "schema" not in row]
    yield "receipts_other", [_kind(row, "receipt", _of_names(row, "receipt")) for row in others]
    invoices = [row for row in _rows(data, "invoices") if "schema" not in row]
    printed = [row for row in invoices if row["id"].startswith("inv_zf_")]
    yield "invoices_zugferd", [_kind(row, "invoice", _of_names(row, "invoice")) for row in printed]
    rest = [row for row in invoices if row not in printed]
    yield "invoices_other", [_kind(row, "invoice", _of_names(row, "invoice")) for row in rest]
    yield "line_items", [_kind(row, "invoice", items) for row in invoices if (items := _items(row))["lines"]]
    tickets = _rows(data, "train_tickets")
    yield "train_tickets", [_kind(row, "train_ticket", _known(row, "train_ticket")) for row in tickets]
    plans = _rows(data, "floor_plans")
    yield "floor_plans", [_kind(row, "floor_plan", {"rooms": row["expected"]["rooms"]}) for row in plans]
    charts = [row for row in _rows(data, "charts") if "series" in row["expected"]]
    yield "charts", [_kind(row, "chart", _chart(row)) for row in charts]
    forms = [row for row in _rows(data, "forms") if "schema" not in row]
    yield "forms", [_kind(row, "form", row["expected"]) for row in forms]
    for name in ("documents", "forms", "invoices", "receipts_other"):
        yield f"own_schema_{name}", [_own(row) for row in _rows(data, name) if "schema" in row]
    plain = [*receipts[:40], *others, *invoices, *forms, *tickets, *charts]
    yield "names_only", [_named(row) for row in plain]


def _rows(data: Path, folder: str) -> list[dict[str, Any]]:
    lines = (data / folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) | {"folder": data / folder} for line in lines if line.strip()]


def _case(row: Mapping[str, Any], schema: Schema, expected: Mapping[str, Any]) -> Case:
    half = hashlib.sha256(row["id"].encode()).digest()[0] % 2
    return Case(row["id"], row["folder"] / row["files"][0], schema, expected, half)


def _kind(row: Mapping[str, Any], kind: str, expected: Mapping[str, Any]) -> Case:
    return _case(row, registry.kind(kind), expected)


def _own(row: Mapping[str, Any]) -> Case:
    return _case(row, registry.from_json_schema(row["schema"], name=row["id"]), row["expected"])


def _of_names(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The labels that the kind has a field for; what the label says is not printed is left out."""
    expected: dict[str, Any] = {}
    visible = row.get("field_visible", {})
    for theirs, ours in _NAMES[kind].items():
        if row["expected"].get(theirs) is None or not visible.get(theirs, True):
            continue
        outer, _, inner = ours.partition(".")
        if inner:
            expected[outer] = {inner: row["expected"][theirs]}
        else:
            expected[outer] = row["expected"][theirs]
    return expected


def _items(row: Mapping[str, Any]) -> dict[str, Any]:
    listed = row["expected"].get("line_items") or row["expected"].get("lines") or []
    visible = row.get("field_visible", {}).get("line_items", True)
    lines = [{_ITEMS[key]: value for key, value in item.items() if key in _ITEMS} for item in listed]
    return {
        "lines": [line for line in lines if "description" in line and "amount" in line] if visible else []
    }


def _known(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    names = {field.name for field in registry.kind(kind).root.properties}
    readable = {name: None if "█" in str(value) else value for name, value in row["expected"].items()}
    return {name: value for name, value in readable.items() if name in names}


def _chart(row: Mapping[str, Any]) -> dict[str, Any]:
    points = [{"x": point["label"], "y": point["value"]} for point in row["expected"]["series"]]
    return {"title": row["expected"]["title"], "series": [{"points": points}]}


def _named(row: Mapping[str, Any]) -> Case:
    expected = {
        name: value
        for name, value in row["expected"].items()
        if name not in _CONSTANT
        and not name.endswith(_CLEAN)
        and value not in (None, [], {})
        and "█" not in str(value)
    }
    plain = {"date_iso": "date", "total_value": "total"}
    expected |= {ours: row["expected"][theirs] for theirs, ours in plain.items() if theirs in row["expected"]}
    expected = _without(expected)
    return _case(row, registry.from_json_schema(_schema_of(expected), name=f"names_{row['id']}"), expected)


def _without(value: Any) -> Any:
    """The labels without what labellers added for themselves."""
    if isinstance(value, dict):
        return {
            key: _without(inner)
            for key, inner in value.items()
            if not key.endswith(_CLEAN) and inner is not None
        }
    return [_without(item) for item in value] if isinstance(value, list) else value


def _schema_of(value: Any) -> dict[str, Any]:
    """The schema of a label: names and types, nothing described."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {key: _schema_of(inner) for key, inner in value.items()}}
    if isinstance(value, list):
        merged: dict[str, Any] = {}
        for item in value:
            merged |= item if isinstance(item, dict) else {}
        return {"type": "array", "items": _schema_of(merged) if merged else {"type": "string"}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    return {"type": "number"} if isinstance(value, int | float) else {"type": "string"}
