"""Numbers of documents, and the means of payment."""

from __future__ import annotations

import re

from worker.reading.engines.matcher.concepts import Concept
from worker.reading.engines.matcher.readers import labelled
from worker.reading.engines.matcher.sheet import Candidate, Sheet, best_first
from worker.reading.engines.matcher.typed_spans import Span

_HEADING = re.compile(r"rechnung|invoice|facture|factura|gutschrift|receipt|发票|bill", re.IGNORECASE)
_METHODS: tuple[tuple[str, str], ...] = (
    (r"\b(visa)\b", "Visa"),
    (r"\b(master ?card)\b", "Mastercard"),
    (r"\b(american express|amex)\b", "American Express"),
    (r"\b(union ?pay)\b|银联", "UnionPay"),
    (r"支付宝|\balipay\b", "支付宝"),
    (r"微信(?:支付)?|\bwechat ?pay\b", "微信支付"),
    (r"\b(credit ?card|kreditkarte)\b", "Credit card"),
    (r"\b(debit ?card|ec.?karte|girocard)\b", "Debit card"),
    (r"现金", "现金"),
    (r"\b(cash|bar|tunai|espèces)\b(?! ?(?:bill|sales?|memo|receipt|refund|&|and carry))", "Cash"),
)


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
            match = re.search(pattern, cell.text, re.IGNORECASE)
            if match:
                amount = bool(sheet.layout.right_of(cell)) or bool(re.search(r"\d", cell.text))
                score = 1.0 - 0.05 * rank + 0.3 * amount
                strength = 0.7 if amount else 0.4
                found.append(Candidate(name, score, (Span(cell, *match.span()),), strength))
    return best_first(found)
