"""Places for values that an engine gives without them: one assignment per document.

data ─claims─► values ─┐
lines ─print─► places ─┴─rows, columns, labels─► scores ─assign─► citations ─► evidence
"""

from __future__ import annotations

from worker.reading.engines.vision.grounding.locate import locate

__all__ = ["locate"]
