"""What people do to records: single changes and decisions, each a revision beside what was read."""
