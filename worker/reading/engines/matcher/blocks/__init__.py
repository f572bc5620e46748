"""Blocks of a text: its titles, paragraphs, lists, tables, captions, headers and footers.

rows in reading order ─furniture─► headers, footers; ─tables─► rows of cells; ─flow─► titles, lists, paragraphs
                                                                 ─captions─► what stands beside a figure or a table

What a block is, is told by where it stands, by the size and font of its letters beside those of the page, by
signs that begin a line, and by what comes again on other pages. No word of any language counts.
"""
