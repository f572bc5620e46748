"""From bytes to upright page pictures with the words of their text layer.

`sandbox.Sandbox` is what the pipeline uses: it opens every file in a child process under limits.
The backends (`pymupdf`, `pdfium`, `image`) run inside that child and nowhere else.
"""
