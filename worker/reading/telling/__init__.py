"""Which kind a document is, told from the words on its first page."""
