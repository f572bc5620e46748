"""From printed text to typed values: amounts, dates, currencies, identity numbers.

Readers never raise on odd text; they return None when the text is not of their type.
"""
