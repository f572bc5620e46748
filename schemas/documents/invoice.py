"""Invoices, Chinese VAT invoices (增值税发票) among them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from schemas.documents.base import Document, Part, called, described
from schemas.documents.rules import CENT, amount, in_order, items_multiply, items_sum_to, sums_to, warning
from schemas.record import Issue


def tax_follows_rates(data: Mapping[str, Any]) -> Iterator[Issue]:
    """The lines' amounts times their rates give the tax; a cent per line may be lost in rounding.

    Rates are in percent. Line amounts may be net or gross, so either reading may fit.
    """
    printed = amount(data.get("tax_total"))
    pairs = [(amount(line.get("amount")), amount(line.get("tax_rate"))) for line in data.get("lines") or ()]
    known = [(base, rate) for base, rate in pairs if base is not None and rate is not None]
    if printed is None or not known or len(known) < len(pairs):
        return
    net = sum((base * rate / 100 for base, rate in known), Decimal(0))
    gross = sum((base * rate / (100 + rate) for base, rate in known), Decimal(0))
    if min(abs(net - printed), abs(gross - printed)) > CENT * max(2, len(known)):
        message = f"the lines carry {net.quantize(CENT)} of tax, but tax_total is {printed}"
        yield warning("tax_mismatch", "/tax_total", message)


class Party(Part):
    """Seller or buyer."""

    name: str | None = described(
        "Name", "名称", "Company or person.", "公司或个人名称。", concept="party.name"
    )
    address: str | None = described(
        "Address", "地址", "Postal address, its lines joined.", "地址，各行相连。", concept="party.address"
    )
    tax_ids: tuple[str, ...] = described(
        "Tax numbers",
        "纳税人识别号",
        "VAT, GST and tax numbers.",
        "税号、纳税人识别号。",
        concept="party.tax_ids",
        default_factory=tuple,
    )


class InvoiceLine(Part):
    """A position."""

    description: str | None = described(
        "Description",
        "货物或应税劳务名称",
        "What was delivered.",
        "货物、服务名称。",
        concept="item.description",
    )
    quantity: float | None = described("Quantity", "数量", "How many.", "数量。", concept="item.quantity")
    unit: str | None = described("Unit", "单位", "Unit of the quantity.", "计量单位。", concept="item.unit")
    unit_price: float | None = described(
        "Unit price", "单价", "Price of one unit.", "单价。", concept="item.unit_price"
    )
    tax_rate: float | None = described(
        "Tax rate", "税率", "In percent.", "税率，百分数。", concept="item.tax_rate"
    )
    amount: float | None = described(
        "Amount", "金额", "Amount of the line as printed.", "该行金额。", concept="item.amount"
    )


class Invoice(Document):
    """An invoice (发票)."""

    model_config = called("Invoice", "发票", "发票，包括增值税发票。")
    kind: ClassVar[str] = "invoice"
    keys = ("invoice_number", "total")
    always = ("invoice_number", "issue_date", "seller", "total")
    rules = (
        items_multiply("lines", "quantity", "unit_price", "amount", code="item_mismatch"),
        items_sum_to(
            "lines", "amount", ("subtotal", "total"), code="items_mismatch", beside=((1, "tax_total"),)
        ),
        sums_to("total", ((1, "subtotal"), (1, "tax_total")), code="total_mismatch", needed="subtotal"),
        tax_follows_rates,
        in_order("issue_date", "due_date", code="date_order"),
    )

    invoice_number: str | None = described(
        "Invoice number", "发票号码", "Number of the invoice.", "发票号码。", concept="invoice.number"
    )
    invoice_code: str | None = described(
        "Invoice code",
        "发票代码",
        "Code of a Chinese VAT invoice.",
        "增值税发票代码。",
        concept="invoice.code",
    )
    issue_date: dt.date | None = described(
        "Invoice date", "开票日期", "Date of issue.", "开票日期。", concept="invoice.date"
    )
    due_date: dt.date | None = described(
        "Due date", "付款期限", "Date by which to pay.", "应付款日期。", concept="invoice.due_date"
    )
    currency: str | None = described(
        "Currency", "币种", "ISO 4217 code.", "ISO 4217 货币代码。", concept="currency"
    )
    seller: Party = described(
        "Seller",
        "销售方",
        "Who issues the invoice.",
        "开票方。",
        concept="party.seller",
        default_factory=Party,
    )
    buyer: Party = described(
        "Buyer", "购买方", "Who is to pay.", "付款方。", concept="party.buyer", default_factory=Party
    )
    lines: tuple[InvoiceLine, ...] = described(
        "Lines",
        "明细",
        "The positions, in order.",
        "发票明细，按票面顺序。",
        concept="items",
        default_factory=tuple,
    )
    subtotal: float | None = described(
        "Subtotal", "合计金额", "Sum without tax.", "不含税金额合计。", concept="money.net_total"
    )
    tax_total: float | None = described(
        "Tax total", "合计税额", "Sum of the taxes.", "税额合计。", concept="money.tax"
    )
    total: float | None = described(
        "Total", "价税合计", "Sum with tax.", "含税总额。", concept="money.grand_total"
    )
    total_in_words: str | None = described(
        "Total in words",
        "价税合计（大写）",
        "The sum written out.",
        "大写金额。",
        concept="money.total_in_words",
    )
