"""What a worker counts, for Prometheus."""

from __future__ import annotations

import sys

from prometheus_client import Counter, Gauge, Histogram

JOBS = Counter("pagemill_jobs_ended", "Jobs this worker has ended.", ["state", "engine"])
FAILURES = Counter("pagemill_failures", "Attempts that failed, by the code of the failure.", ["code"])
PAGES = Counter("pagemill_pages_read", "Pages read.", ["engine"])
TOKENS = Counter("pagemill_tokens", "Tokens a model has read and written.", ["engine", "direction"])
SECONDS = Histogram(
    "pagemill_step_seconds",
    "Seconds per step of a job.",
    ["step"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
IN_HAND = Gauge("pagemill_jobs_in_hand", "Jobs this worker holds a lease on.")
GPU_BYTES = Gauge("pagemill_gpu_bytes", "Memory of the GPU that this worker's model has taken.")


def _gpu_bytes() -> float:
    """Asked at every scrape; torch is not loaded for it."""
    torch = sys.modules.get("torch")
    return float(torch.cuda.memory_allocated()) if torch is not None and torch.cuda.is_available() else 0.0


GPU_BYTES.set_function(_gpu_bytes)
