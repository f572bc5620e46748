"""Shop and restaurant receipts."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from schemas.documents.base import Document, Part, called, described
from schemas.documents.rules import items_multiply, items_sum_to, sums_to


class ReceiptItem(Part):
    """A thing bought."""

    description: str | None = described(
        "Description", "品名", "Name of the item as printed.", "商品名称。", concept="item.description"
    )
    quantity: float | None = described("Quantity", "数量", "How many.", "数量。", concept="item.quantity")
    unit_price: float | None = described(
        "Unit price", "单价", "Price of one.", "单价。", concept="item.unit_price"
    )
    amount: float | None = described(
        "Amount", "金额", "Price of the line.", "该行金额。", concept="item.amount"
    )


class Receipt(Document):
    """A receipt (收据、小票)."""

    model_config = called("Receipt", "收据", "商店、餐馆等的收据或小票。")
    kind: ClassVar[str] = "receipt"
    keys = ("total",)
    always = ("company", "date", "total")
    rules = (
        items_multiply("items", "quantity", "unit_price", "amount", code="item_mismatch"),
        items_sum_to(
            "items",
            "amount",
            ("subtotal", "total"),
            code="items_mismatch",
            beside=((1, "tax"), (-1, "discount"), (1, "rounding")),
        ),
        sums_to(
            "total",
            ((1, "subtotal"), (1, "tax"), (-1, "discount"), (1, "rounding")),
            code="total_mismatch",
            needed="subtotal",
        ),
        sums_to("total", ((1, "paid"), (-1, "change")), code="paid_mismatch", needed="paid"),
    )

    company: str | None = described(
        "Company",
        "商家",
        "Name of the shop or company that issued the receipt.",
        "开具收据的商家名称。",
        concept="merchant.name",
    )
    address: str | None = described(
        "Address",
        "地址",
        "Address of the shop, its lines joined.",
        "商家地址，各行相连。",
        concept="merchant.address",
    )
    phone: str | None = described(
        "Phone", "电话", "Telephone of the shop as printed.", "商家电话。", concept="phone"
    )
    date: dt.date | None = described(
        "Date", "日期", "Date of the sale.", "消费日期。", concept="document.date"
    )
    time: str | None = described(
        "Time",
        "时间",
        "Time of the sale, HH:MM or HH:MM:SS.",
        "消费时间。",
        concept="document.time",
        pattern=r"^\d{2}:\d{2}(:\d{2})?$",
    )
    receipt_number: str | None = described(
        "Receipt number",
        "单号",
        "Number of the receipt, bill or invoice.",
        "收据或小票编号。",
        concept="receipt.number",
    )
    currency: str | None = described(
        "Currency", "币种", "ISO 4217 code.", "ISO 4217 货币代码。", concept="currency"
    )
    items: tuple[ReceiptItem, ...] = described(
        "Items",
        "明细",
        "The things bought, in order.",
        "商品明细，按票面顺序。",
        concept="items",
        default_factory=tuple,
    )
    subtotal: float | None = described(
        "Subtotal",
        "小计",
        "Sum before tax, discount and rounding.",
        "税、折扣和抹零之前的合计。",
        concept="money.subtotal",
    )
    tax: float | None = described("Tax", "税额", "Amount of tax.", "税额。", concept="money.tax")
    discount: float | None = described(
        "Discount", "折扣", "Amount taken off.", "折扣金额。", concept="money.discount"
    )
    rounding: float | None = described(
        "Rounding",
        "抹零",
        "Rounding adjustment with its sign.",
        "抹零调整，带正负号。",
        concept="money.rounding",
    )
    total: float | None = described(
        "Total", "合计", "Amount due after tax, discount and rounding.", "应付总额。", concept="money.total"
    )
    paid: float | None = described("Paid", "实付", "Amount handed over.", "实收金额。", concept="money.paid")
    change: float | None = described(
        "Change", "找零", "Amount given back.", "找零金额。", concept="money.change"
    )
    payment_method: str | None = described(
        "Payment method",
        "支付方式",
        "Cash, card brand or service.",
        "现金、银行卡或支付平台。",
        concept="payment.method",
    )
