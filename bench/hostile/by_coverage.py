"""The same fuzzing guided by what code was reached: atheris, in an environment of its own.

    python -m venv --system-site-packages FUZZ; FUZZ/bin/pip install atheris
    PYTHONPATH=. FUZZ/bin/python -m bench.hostile.by_coverage {bytes,messages,schemas,requests} [--seconds 60]

Bytes go to the reader of a child's messages as they are; the others are built of them by hypothesis, whose
examples any fuzzer may choose. Ends with the first example that raises anything but a told error.
"""

from __future__ import annotations

import argparse
import sys

import atheris  # a module is instrumented while it is imported, so those that are watched come after it

with atheris.instrument_imports(include=["schemas", "worker", "api"]):
    from bench.hostile import fuzz


def main() -> None:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("bytes", "messages", "schemas", "requests"))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    try_one = fuzz.one_of(options.what)
    atheris.Setup([sys.argv[0], f"-max_total_time={options.seconds}", "-max_len=4096"], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
