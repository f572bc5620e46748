"""The process in which files are opened: `python -m worker.reading.pages.child [FOLDER]`.

It is confined to reading the documents of that folder before anything that decodes is imported, then
serves requests until stdin ends. With `--confinement` it says as JSON what of that holds here, and ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from worker.reading.pages import confinement


def main(argument: str) -> None:
    """Confine this process, then serve."""
    if argument == "--confinement":
        json.dump(dict(confinement.confine(None)), sys.stdout)
        return
    confinement.confine(Path(argument))
    from worker.reading.pages import serving  # numpy starts threads

    serving.serve()


if __name__ == "__main__":
    main(sys.argv[1])
