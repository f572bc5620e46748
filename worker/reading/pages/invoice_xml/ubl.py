"""OASIS UBL 2.1 invoices and credit notes, as XRechnung and Peppol have them."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from worker.reading.pages.invoice_xml.nodes import children, day, find, joined, name_of, number, text, words

_TAX = "ClassifiedTaxCategory"


def is_invoice(root: Element) -> bool:
    """Whether a document is one of these."""
    return name_of(root) in {"Invoice", "CreditNote"} and "ubl" in root.tag


def invoice(root: Element, *, most_lines: int) -> dict[str, Any]:
    """Its values in the shape of the kind `invoice`."""
    sums = find(root, "LegalMonetaryTotal")
    lines = list(children(root, "InvoiceLine", "CreditNoteLine"))
    return {
        "invoice_number": text(root, "ID"),
        "issue_date": day(root, "IssueDate"),
        "due_date": day(root, "DueDate") or day(root, "PaymentMeans", "PaymentDueDate"),
        "currency": text(root, "DocumentCurrencyCode"),
        "seller": _party(find(root, "AccountingSupplierParty", "Party")),
        "buyer": _party(find(root, "AccountingCustomerParty", "Party")),
        "lines": [_line(line) for line in lines[:most_lines]],
        "subtotal": number(sums, "TaxExclusiveAmount"),
        "tax_total": number(root, "TaxTotal", "TaxAmount"),
        "total": number(sums, "TaxInclusiveAmount"),
    }


def _line(line: Element) -> dict[str, Any]:
    return {
        "description": text(line, "Item", "Name"),
        "quantity": number(line, "InvoicedQuantity|CreditedQuantity"),
        "unit_price": number(line, "Price", "PriceAmount"),
        "tax_rate": number(line, "Item", _TAX, "Percent"),
        "amount": number(line, "LineExtensionAmount"),
    }


def _party(party: Element | None) -> dict[str, Any]:
    at = find(party, "PostalAddress")
    street = (text(at, "StreetName"), text(at, "AdditionalStreetName"), text(at, "AddressLine", "Line"))
    town = words(text(at, "PostalZone"), text(at, "CityName"))
    taxes = (text(one, "CompanyID") for one in children(party, "PartyTaxScheme"))
    legal = text(party, "PartyLegalEntity", "RegistrationName")
    return {
        "name": legal or text(party, "PartyName", "Name"),
        "address": joined(*street, town),
        "tax_ids": [number for number in taxes if number],
    }
