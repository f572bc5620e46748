"""Page to lines, upright: by text layer or by OCR."""
