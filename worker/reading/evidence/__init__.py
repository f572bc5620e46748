"""What the file itself says, joined with what was read on its pages.

XML of invoices ─┐
QR and bar codes ─┼─► values with places ─join─► data, evidence, issues
fields of forms ─┘
"""
