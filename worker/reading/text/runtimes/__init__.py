"""The runtimes that can run the two networks of PP-OCR on the CPU."""
