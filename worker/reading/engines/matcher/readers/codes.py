"""Numbers of documents, and the means of payment."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schemas import languages
from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span

_HEADING = re.compile(languages.pieces("bill"), re.IGNORECASE)
_METHODS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bvisa\b", "Visa"),
        (r"\bmaster ?card\b", "Mastercard"),
        (r"\b(?:american express|amex)\b", "American Express"),
        (languages.pieces("paid_unionpay"), "UnionPay"),
        (languages.pieces("paid_alipay"), "支付宝"),
        (languages.pieces("paid_wechat"), "微信支付"),
        (languages.pieces("paid_credit_card"), "Credit card"),
        (languages.pieces("paid_debit_card"), "Debit card"),
        (languages.pieces("paid_cash_as_printed"), ""),
        (languages.pieces("paid_cash"), "Cash"),
    )
)
"""What tells each means of payment, and its name in records: a company's as it calls itself, none for what is called as printed."""


def read(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """Candidates, best first: behind their label, best in the heading and on the first page."""
    found = []
    for candidate in labelled.read(concept, sheet):
        span = candidate.spans[0]
        score = candidate.score - 0.004 * span.cell.row
        before = span.cell.text[: span.start]
        if before.count("(") > before.count(")"):
            score -= 0.5
        if _HEADING.search(before) and span.cell.height > 1.15 * sheet.layout.text_height:
            score += 0.4
        if len(str(candidate.value)) < 3:
            score -= 0.3
        if candidate.strength > 0.25:
            found.append(Candidate(candidate.value, score, candidate.spans, candidate.strength))
    return best_first(found)


def read_payment(concept: Concept, sheet: Sheet) -> list[Candidate]:
    """The means of payment named on the page, in one wording per means."""
    found = []
    for cell in sheet.layout.cells:
        for rank, (pattern, name) in enumerate(_METHODS):
            match = pattern.search(cell.text)
            if match:
                amount = bool(sheet.layout.right_of(cell)) or bool(re.search(r"\d", cell.text))
                score = 1.0 - 0.05 * rank + 0.3 * amount
                strength = 0.7 if amount else 0.4
                found.append(Candidate(name or match.group(), score, (Span(cell, *match.span()),), strength))
    return best_first(found)
