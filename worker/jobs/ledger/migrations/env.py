"""Alembic's way in: it runs this file to apply revisions to the connection it was handed.

The transaction is the caller's, so that a migration that is killed has changed nothing.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
