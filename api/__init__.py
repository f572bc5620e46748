"""How people reach Pagemill. Today: the command line (`api.cli`)."""
