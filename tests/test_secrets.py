"""No secret lies in the repository, in the forms that those who issue them document.

Of the scanners on PyPI none is both small and kept (the most used, detect-secrets, was last released in May
2024; others fetch a program of another language), and guesses by entropy cry at every hash of a lock file.
Forms with a prefix are few, certain, and ask for no network.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_FORMS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}",
    "AWS": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "GitHub": r"\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_\w{60})",
    "GitLab": r"\bglpat-[\w-]{20}",
    "Google": r"\bAIza[\w-]{35}\b",
    "Hugging Face": r"\bhf_[A-Za-z0-9]{34}\b",
    "npm, PyPI": r"\b(?:npm_[A-Za-z0-9]{36}\b|pypi-AgE[\w-]{50})",
    "OpenAI, Anthropic, Stripe": r"\b(?:sk-[\w-]{20,}[A-Za-z0-9]|[rs]k_live_[A-Za-z0-9]{20})",
    "Slack": r"\bxox[abeoprs]-[\w-]{10,}",
    "Pagemill": r"\bpm_[0-9a-f]{12}_[\w-]{43}",
    "password in a URL": r"\b[a-z][a-z0-9+]*://[^/\s:@'\"<>{}$]+:(?!password@|secret@|test@)[^/\s:@'\"<>{}$]{8,}@",
}
_ANY = re.compile("|".join(f"(?:{form})" for form in _FORMS.values()))


def test_no_file_of_the_repository_holds_a_secret() -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=False).stdout
    if not names:
        pytest.skip("no repository: nothing says which files are its own")
    found = {
        name: match[0][:12]
        for name in names.decode().split("\0")
        if name and (path := _ROOT / name).is_file()
        for match in [_ANY.search(path.read_bytes().decode("utf-8", "replace"))]
        if match
    }
    assert not found


def test_each_form_is_seen() -> None:
    letters, digits = "aB3" * 20, "0a1b2c3d4e5f"
    issued = {
        "private key": "-----BEGIN EC " + "PRIVATE KEY-----\n" + letters + "abcd",
        "AWS": "AKIA" + "A2B3" * 4,
        "GitHub": "ghp_" + letters[:36],
        "GitLab": "glpat-" + letters[:20],
        "Google": "AIza" + letters[:35],
        "Hugging Face": "hf_" + letters[:34],
        "npm, PyPI": "npm_" + letters[:36],
        "OpenAI, Anthropic, Stripe": "sk-proj-" + letters[:30],
        "Slack": "xoxb-" + letters[:20],
        "Pagemill": f"pm_{digits}_{letters[:43]}",
        "password in a URL": "postgresql://me:" + letters[:12] + "@host/db",
    }
    assert [name for name, form in _FORMS.items() if not re.search(form, f"x = '{issued[name]}'")] == []
