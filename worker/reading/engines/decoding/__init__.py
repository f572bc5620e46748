"""Making a transformers model answer in JSON of a schema, and noting how sure it was.

`grammar` turns a schema into a grammar, `constraint` keeps a running batch to it, `stops` ends rows
that should not go on, `transcript` tells which token wrote which characters.
"""
