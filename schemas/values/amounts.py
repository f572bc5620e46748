"""Numbers and amounts of money as they are printed around the world."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from schemas.values.folding import plain

_NUMBER = re.compile(r"[-+]?\d[\d.,' ]*\d|[-+]?\d")
_GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?")


def number(text: str, *, decimal_comma: bool | None = None) -> Decimal | None:
    """The one number in a text, or None when there is none or more than one.

    `decimal_comma` says how the document writes fractions; None decides by the text alone, where
    a comma before exactly three digits groups thousands and a dot does not. Brackets around it
    and a minus behind it make it negative, as bookkeepers print it.
    """
    text = plain(text).strip()
    found = _NUMBER.findall(text)
    if len(found) != 1:
        return None
    value = _decimal(found[0].strip(), decimal_comma)
    if value is None:
        return None
    negative = bool(re.search(r"\(\D*\d[^()]*\)", text)) or bool(re.search(r"\d\s?-$", text))
    before = text[: text.find(found[0])].rstrip()
    if negative or re.search(r"-\W{0,4}[^\W\d]{0,3}\W{0,2}$", before):
        value = -abs(value)
    return value


def _decimal(digits: str, decimal_comma: bool | None) -> Decimal | None:
    sign, body = ("-", digits[1:]) if digits[0] == "-" else ("", digits.lstrip("+"))
    if " " in body and not _GROUPED.fullmatch(body):
        body = re.sub(r"\s*([.,])\s*", r"\1", body)  # OCR puts blanks beside the point
        if " " in body and not _GROUPED.fullmatch(body):
            return None
    body = re.sub(r"[' ]", "", body)
    try:
        return Decimal(sign + _with_point(body, decimal_comma))
    except InvalidOperation:
        return None


def _with_point(body: str, decimal_comma: bool | None) -> str:
    """Digits with at most one separator, a dot before the fraction."""
    comma, dot = body.rfind(","), body.rfind(".")
    if comma >= 0 and dot >= 0:
        mark = "," if comma > dot else "."
    elif comma < 0 and dot < 0:
        return body
    else:
        mark = "," if comma >= 0 else "."
        if _is_grouping(body, mark, decimal_comma):
            return body.replace(mark, "")
    whole, _, fraction = body.rpartition(mark)
    return re.sub(r"[.,]", "", whole) + "." + fraction


def _is_grouping(body: str, mark: str, decimal_comma: bool | None) -> bool:
    parts = body.split(mark)
    if len(parts) > 2:
        return True
    if len(parts[1]) != 3 or not 1 <= len(parts[0]) <= 3 or parts[0] == "0":
        return False
    if decimal_comma is None:
        return mark == ","
    return (mark == ",") != decimal_comma
