"""The yardstick: how well the embedded engine reads labelled documents, set by set.

    python -m bench.evaluate [DATA] [--cache FOLDER]

Pages are read once (text layer, OCR) and their lines kept in the cache folder by the hash of the file,
so that a change of the matcher is measured in seconds.
"""
