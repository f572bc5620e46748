from __future__ import annotations

import pytest

from worker.errors import MissingExtra
from worker.reading.engines.matcher.engine import EmbeddedEngine


def test_an_engine_that_was_closed_keeps_the_runtime_it_was_made_with() -> None:
    engine = EmbeddedEngine(ocr_runtime="nowhere")
    engine.close()
    with pytest.raises(MissingExtra, match="nowhere"):
        engine.warm_up()
