"""Invoices that carry themselves as data, made in code: nobody real sells or buys here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import zxingcpp

from worker.reading.pages.base import Picture

_CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20240305</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{lines}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Ahornwerk GmbH</ram:Name>
<ram:PostalTradeAddress><ram:PostcodeCode>80001</ram:PostcodeCode><ram:LineOne>Talstraße 9</ram:LineOne>
<ram:CityName>Neustadt</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE555987654</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Atelier Brunnen KG</ram:Name></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:ApplicableTradeTax><ram:CalculatedAmount>19.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>
<ram:BasisAmount>100.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>
<ram:RateApplicablePercent>19</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
<udt:DateTimeString format="102">20240404</udt:DateTimeString></ram:DueDateDateTime>
</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>100.00</ram:LineTotalAmount><ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:DuePayableAmount>{total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""

_CII_LINE = """<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>{position}</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>{name}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">{count}</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>{amount}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"""

UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>RE-77</cbc:ID><cbc:IssueDate>2024-03-05</cbc:IssueDate><cbc:DueDate>2024-04-04</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party>
<cac:PostalAddress><cbc:StreetName>Talstraße 9</cbc:StreetName><cbc:CityName>Neustadt</cbc:CityName>
<cbc:PostalZone>80001</cbc:PostalZone></cac:PostalAddress>
<cac:PartyTaxScheme><cbc:CompanyID>DE555987654</cbc:CompanyID></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Ahornwerk GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party>
<cac:PartyName><cbc:Name>Atelier Brunnen KG</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="H87">2</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Sample case</cbc:Name>
<cac:ClassifiedTaxCategory><cbc:Percent>19</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">50.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine></Invoice>"""

POSITIONS = (
    ("Paper A4, 80 g", 1, 5.0, 5.0),
    ("Sample case", 1, 5.0, 5.0),
    ("On-site support", 2, 45.0, 90.0),
)

PRINTED = (
    "Ahornwerk GmbH",
    "Talstraße 9, 80001 Neustadt",
    "VAT ID: DE555987654",
    "Bill to: Atelier Brunnen KG",
    "Invoice No RE-77",
    "Invoice date 05.03.2024   Due date 04.04.2024",
    *(f"{name}   {count}   {price:.2f}   {amount:.2f}" for name, count, price, amount in POSITIONS),
    "Net total 100.00",
    "VAT 19 % 19.00",
    "Total EUR 119.00",
)

EXPECTED: Mapping[str, Any] = {
    "invoice_number": "RE-77",
    "issue_date": "2024-03-05",
    "due_date": "2024-04-04",
    "currency": "EUR",
    "seller": {
        "name": "Ahornwerk GmbH",
        "address": "Talstraße 9, 80001 Neustadt",
        "tax_ids": ["DE555987654"],
    },
    "buyer": {"name": "Atelier Brunnen KG"},
    "subtotal": 100.0,
    "tax_total": 19.0,
    "total": 119.0,
    "lines": [
        {"description": name, "quantity": count, "unit_price": price, "tax_rate": 19.0, "amount": amount}
        for name, count, price, amount in POSITIONS
    ],
}


def cii(*, number: str = "RE-77", total: str = "119.00", positions: bool = True) -> bytes:
    """A Cross Industry Invoice; without positions as the profile BASIC WL has it."""
    lines = "".join(
        _CII_LINE.format(position=at, name=name, count=count, price=price, amount=amount)
        for at, (name, count, price, amount) in enumerate(POSITIONS, start=1)
    )
    return _CII.format(number=number, total=total, lines=lines if positions else "").encode()


def pdf_of(path: Path, printed: Sequence[str], attached: Mapping[str, bytes]) -> Path:
    """A page that says some lines, with files attached."""
    document = pymupdf.open()
    page = document.new_page()
    for number, line in enumerate(printed):
        for column, part in enumerate(line.split("   ")):
            page.insert_text((50 + 150 * column, 80 + 24 * number), part, fontsize=12)
    for name, content in attached.items():
        document.embfile_add(name, content, filename=name)
    document.save(path, deflate=True)
    return path


def code(text: str, symbology: str = "QRCode", *, size: int = 400, gs1: bool = False) -> Picture:
    """A page with a code."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat[symbology], gs1=gs1)
    image = np.asarray(zxingcpp.write_barcode_to_image(drawn, scale=4))
    page = np.full((max(size, image.shape[0] + 80), max(size, image.shape[1] + 80)), 255, dtype=np.uint8)
    page[40 : 40 + image.shape[0], 40 : 40 + image.shape[1]] = image
    return np.repeat(page[..., None], 3, axis=2)
