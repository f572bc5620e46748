"""What is read: pages, kinds of document, their fields, and the record of what was found.

Pure: pydantic and the standard library only. Nothing here opens a file, a socket or a model.
"""
