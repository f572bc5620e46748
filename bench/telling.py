"""How often kind `auto` tells the kind of a document, asks a person, or says to choose.

usage: python -m bench.telling FOLDER=KIND … [--most N]    (KIND `-` where it is none of those that are told)
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from worker.errors import KindUnclear, PagemillError
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.telling import tell
from worker.settings import Settings

_ENDINGS = {".jpg", ".jpeg", ".png", ".pdf", ".tif", ".tiff", ".webp"}


def told(folder: Path, kind: str, *, most: int) -> Iterator[str]:
    """What came out for each document of a folder."""
    settings = Settings()
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
    with Sandbox(PageLimits.of(settings), pdf_backend=settings.pdf_backend) as sandbox:
        for path in files[:most]:
            document = sandbox.open(path)
            try:
                found = tell.shipped().tell(document)
            except KindUnclear:
                yield "to choose"
            except PagemillError as error:
                yield error.code
            else:
                sure = "asked" if found.issues else "told"
                yield f"{sure}, {'right' if found.schema.name == kind else 'wrong'}"
            finally:
                document.close()


def main() -> None:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="FOLDER=KIND")
    parser.add_argument("--most", type=int, default=1000, help="documents of each folder (default: 1000)")
    options = parser.parse_args()
    for named in options.sets:
        folder, _, kind = named.partition("=")
        counts = Counter(told(Path(folder), kind, most=options.most))
        print(f"{Path(folder).name}: {', '.join(f'{count} {what}' for what, count in counts.most_common())}")


if __name__ == "__main__":
    main()
