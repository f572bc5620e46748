"""A whole service, and what has become of its jobs."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_LEASE = 6.0  # of the stack
