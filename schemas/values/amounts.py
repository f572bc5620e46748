"""Numbers and amounts of money as they are printed around the world."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from schemas.values.folding import plain

_NUMBER = re.compile(r"[-+]?\d[\d.,' ]*\d|[-+]?\d")
_BRACKETED = re.compile(r"^\W*(?:[A-Z]{2,3}|[$€£¥])?\s?\([^%()]*\d[^%()]*\)\W*$")
_MINUS_BEFORE = re.compile(r"(?<![^\W\d])-\s?(?:[A-Z]{2,3}|[$€£¥])?\s?$")
_GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?")
_BARE_FRACTION = re.compile(r"^(-?)\.(?=\d+$)")


def number(text: str, *, decimal_comma: bool | None = None, cents: bool = False) -> Decimal | None:
    """The one number in a text, or None when there is none or more than one.

    `decimal_comma` says how the document writes fractions; None decides by the text alone, where
    a comma before exactly three digits groups thousands and a dot does not. With `cents` fractions
    have two digits, so that three always are a group. Brackets around it and a minus or CR behind it
    make it negative, as bookkeepers print it.
    """
    text = _BARE_FRACTION.sub(r"\g<1>0.", plain(text).strip())
    found = _NUMBER.findall(text)
    if len(found) != 1:
        return None
    value = _decimal(found[0].strip(), decimal_comma, cents=cents)
    if value is None:
        return None
    before = text[: text.find(found[0])]
    if _BRACKETED.search(text) or re.search(r"\d\s?(?:-|CR)$", text) or _MINUS_BEFORE.search(before):
        value = -abs(value)
    return value


def _decimal(digits: str, decimal_comma: bool | None, *, cents: bool) -> Decimal | None:
    sign, body = ("-", digits[1:]) if digits[0] == "-" else ("", digits.lstrip("+"))
    if " " in body and not _GROUPED.fullmatch(body):
        body = re.sub(r"\s*([.,])\s*", r"\1", body)  # OCR puts blanks beside the point
        if " " in body and not _GROUPED.fullmatch(body):
            return None
    body = re.sub(r"[' ]", "", body)
    try:
        return Decimal(sign + _with_point(body, decimal_comma, cents=cents))
    except InvalidOperation:
        return None


def _with_point(body: str, decimal_comma: bool | None, *, cents: bool) -> str:
    """Digits with at most one separator, a dot before the fraction; raises InvalidOperation."""
    comma, dot = body.rfind(","), body.rfind(".")
    if comma < 0 and dot < 0:
        return body
    mark = "," if comma > dot else "."
    if (comma < 0 or dot < 0) and _is_grouping(body, mark, decimal_comma, cents=cents):
        return body.replace(mark, "")
    whole, _, fraction = body.rpartition(mark)
    groups = re.split(r"[.,]", whole)[1:]
    if groups and (len(groups[-1]) != 3 or any(len(group) not in {2, 3} for group in groups)):
        raise InvalidOperation  # 12.03.2018 or 192.168.10.1: no amount is grouped like this
    return re.sub(r"[.,]", "", whole) + "." + fraction


def _is_grouping(body: str, mark: str, decimal_comma: bool | None, *, cents: bool) -> bool:
    """Whether the marks of one kind in a number group its thousands."""
    first, *later = body.split(mark)
    if any(len(group) != 3 for group in later):
        return False
    if len(later) > 1:
        return True
    if not 1 <= len(first) <= 3 or first == "0":
        return False
    if cents and later:
        return True
    return mark == "," if decimal_comma is None else (mark == ",") != decimal_comma
