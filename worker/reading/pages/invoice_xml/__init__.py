"""Invoices that PDFs carry as XML: Factur-X, ZUGFeRD and XRechnung of any profile, in CII and UBL.

Runs in the child process of `sandbox`. What it yields has the shape of the kind `invoice`.
"""
