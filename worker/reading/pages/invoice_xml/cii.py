"""UN/CEFACT Cross Industry Invoice, as in Factur-X, XRechnung and ZUGFeRD from 1.0 on."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from worker.reading.pages.invoice_xml.nodes import children, day, find, joined, name_of, number, text, words

_DEAL = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_PAYMENT = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUMS = "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
_LINE = "IncludedSupplyChainTradeLineItem"
_LINE_DEAL = "SpecifiedLineTradeAgreement|SpecifiedSupplyChainTradeAgreement"
_LINE_DELIVERY = "SpecifiedLineTradeDelivery|SpecifiedSupplyChainTradeDelivery"
_LINE_PAYMENT = "SpecifiedLineTradeSettlement|SpecifiedSupplyChainTradeSettlement"
_LINE_SUMS = "SpecifiedTradeSettlementLineMonetarySummation|SpecifiedTradeSettlementMonetarySummation"


def is_invoice(root: Element) -> bool:
    """Whether a document is one of these."""
    return name_of(root) in {"CrossIndustryInvoice", "CrossIndustryDocument"}


def invoice(root: Element, *, most_lines: int) -> dict[str, Any]:
    """Its values in the shape of the kind `invoice`."""
    document = find(root, "ExchangedDocument|HeaderExchangedDocument")
    trade = find(root, "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction")
    deal, payment = find(trade, _DEAL), find(trade, _PAYMENT)
    sums = find(payment, _SUMS)
    currency = text(payment, "InvoiceCurrencyCode")
    due = "SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString|DateTime"
    lines = [line for line in children(trade, _LINE) if _is_position(line)]
    return {
        "invoice_number": text(document, "ID"),
        "issue_date": day(document, "IssueDateTime", "DateTimeString|DateTime"),
        "due_date": day(payment, *due),
        "currency": currency,
        "seller": _party(find(deal, "SellerTradeParty")),
        "buyer": _party(find(deal, "BuyerTradeParty")),
        "lines": [_line(line) for line in lines[:most_lines]],
        "subtotal": number(sums, "TaxBasisTotalAmount"),
        "tax_total": _in(sums, "TaxTotalAmount", currency),
        "total": number(sums, "GrandTotalAmount"),
    }


def _is_position(line: Element) -> bool:
    """A line with a sum: ZUGFeRD 1.0 also has lines that only hold a note."""
    return number(line, _LINE_PAYMENT, _LINE_SUMS, "LineTotalAmount") is not None


def _line(line: Element) -> dict[str, Any]:
    delivered = find(line, _LINE_DELIVERY, "BilledQuantity")
    price = find(line, _LINE_DEAL, "NetPriceProductTradePrice")
    tax = "RateApplicablePercent|ApplicablePercent"
    return {
        "description": text(line, "SpecifiedTradeProduct", "Name"),
        "quantity": number(delivered),
        "unit_price": number(price, "ChargeAmount"),
        "tax_rate": number(line, _LINE_PAYMENT, "ApplicableTradeTax", tax),
        "amount": number(line, _LINE_PAYMENT, _LINE_SUMS, "LineTotalAmount"),
    }


def _party(party: Element | None) -> dict[str, Any]:
    at = find(party, "PostalTradeAddress")
    street = (text(at, line) for line in ("LineOne", "LineTwo", "LineThree"))
    town = words(text(at, "PostcodeCode"), text(at, "CityName"))
    taxes = (text(one, "ID") for one in children(party, "SpecifiedTaxRegistration"))
    return {
        "name": text(party, "Name"),
        "address": joined(*street, town),
        "tax_ids": [number for number in taxes if number],
    }


def _in(sums: Element | None, name: str, currency: str | None) -> float | None:
    """An amount that is told in several currencies, in that of the invoice."""
    told = list(children(sums, name))
    own = [amount for amount in told if amount.get("currencyID") in {None, currency}]
    return number(next(iter([*own, *told]), None))
