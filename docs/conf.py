"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import generate

project = "Pagemill"
author = "The Pagemill authors"
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Pagemill"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 3
copybutton_prompt_text = "$ "
suppress_warnings = ["myst.xref_missing"]  # links to files of the repository, beside this folder


def setup(app: Any) -> None:
    """Write the reference pages from the code before they are read."""
    app.connect("builder-inited", lambda _app: generate.write(Path(__file__).parent / "reference"))
