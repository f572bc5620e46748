"""The engine for any machine: OCR on the CPU and a matcher that fills a schema from what was read.

    page ──ocr / text layer──► lines ──layout──► rows, blocks ──readers──► values with evidence

No model hub, no GPU, no server: the weights (PP-OCRv6 small, Apache-2.0) come inside a wheel.
What it cannot do, such as describing a picture or measuring a chart, it says per field.
"""
