"""Numbers that carry their own check."""

from __future__ import annotations

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def chinese_id_is_valid(number: str) -> bool | None:
    """Whether an 18-character resident number ends in its check digit (GB 11643-1999).

    None when it cannot be told: masked, or of another length.
    """
    number = number.strip().upper()
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == number[17]
