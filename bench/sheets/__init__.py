"""Documents drawn as lines with boxes, each with a schema of its own and what is to be read: for training.

No picture is drawn: the lines stand where a reader would find them, with its mistakes. Layouts, wordings, languages,
values and schemas are random; nobody real is behind any of them.
"""
