"""How documents are read: bytes to pages, pages to text, text to values, values to a record.

`worker.reading.pipeline.extract` is the whole flow; every other module is one step of it or one
swappable part (`raster`, `engines`).
"""
