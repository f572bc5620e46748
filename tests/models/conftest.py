"""What tests of models share: torch on one thread."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """More wait for each other, at the size of these models, than they work."""
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)
