"""What the API's answers hold, as OpenAPI says it, for the types of the page.

usage: python -m bench.openapi | npm --prefix api/web run -s types
"""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from api import app as api_app
from worker.jobs.app import App


def schemas() -> dict[str, Any]:
    """The document of `/openapi.json` without its paths; no part of a service is asked for it."""
    return api_app.create(cast("App", None)).openapi() | {"paths": {}}


if __name__ == "__main__":
    json.dump(schemas(), sys.stdout)
