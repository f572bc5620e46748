"""Object storage: the truth about sources and outcomes."""
