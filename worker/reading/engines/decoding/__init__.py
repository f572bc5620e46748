"""Making a transformers model answer in JSON of a schema, and noting how sure it was.

`grammar` turns a schema into a grammar, `constraint` keeps a running batch to it, `stopping` ends rows
that should not go on, `row_transcript` tells which token wrote which characters.
"""
