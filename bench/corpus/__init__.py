"""Documents written by hand as strangers would send them, each with a schema and what stands on it.

Their writers had seen neither the program nor its data: every document differs in trade, country, layout and
wording. All people, firms and numbers are invented.
"""
