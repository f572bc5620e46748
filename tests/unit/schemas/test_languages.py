"""A page language has one place: a folder of data is all it takes, and no word of a page is in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from schemas import languages

ROOT = Path(__file__).parents[3]


SIGNS = {
    "schemas/documents": "kinds say in English and Chinese what they ask for",
    "schemas/values/currencies.py": "signs of currencies",
    "schemas/values/folding.py": "which letters are Han",
    "worker/reading/engines/matcher/typed_spans.py": "signs of currencies, and which letters are Han",
    "worker/reading/engines/matcher/readers/codes.py": "companies as they call themselves",
    "worker/reading/engines/matcher/blocks/markers.py": "numerals of lists",
    "worker/reading/marks/letters.py": "letters with the shape of a box",
    "worker/reading/engines/sail_vl2/prompting.py": "the sentence that a model was taught with",
    "worker/reading/engines/vision/dialects.py": "the sentence that a model was taught with",
    "worker/reading/engines/parity/pages.py": "drawn pages",
}
"""Where letters of other scripts than Latin may stand in the code, and what they are."""
_FOREIGN = re.compile(r"[Ѐ-ԯא-ۿก-๛ぁ-ヺ㐀-鿿가-힣]")


def _sources() -> list[str]:
    found = (
        path.relative_to(ROOT) for package in ("schemas", "worker") for path in (ROOT / package).rglob("*.py")
    )
    return sorted(str(path) for path in found if not any(str(path).startswith(place) for place in SIGNS))


@pytest.mark.parametrize("path", _sources())
def test_no_word_of_a_page_stands_in_the_code(path: str) -> None:
    code = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(code if _FOREIGN.search(code) else "")
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]
    assert not [text for text in texts if _FOREIGN.search(text)]


@pytest.mark.parametrize("name", ["words", "pieces"])
def test_what_no_language_has_is_not_looked_for(name: str) -> None:
    with pytest.raises(KeyError, match="no language"):
        getattr(languages, name)("nothing of the kind")
