"""Tick boxes and radio buttons: where they stand on a page, and whether somebody marked them.

What a person sees is in the picture, however it came there: vectors, glyphs, form fields, pixels of a
scan. So boxes are looked for in the picture, by their outlines; signs that stand in the text are joined
to them. A package beside `text`, for it reads outlines and no letters; `text` calls it when a page's
lines are known, because a box has a label, and a letter that looks like a box has none.
"""
