"""The audit log as everyone writes to it."""

from __future__ import annotations

from worker.jobs.app import App


def note(app: App, *, project: str, actor: str, action: str, subject: str) -> None:
    """Write down who did what to what in a project; raises LedgerUnavailable."""
    app.ledger.access.note(project=project, actor=actor, action=action, subject=subject, now=app.clock())
