"""The ledger: an index of jobs over the truth in the store, and what only it knows (keys, audit)."""
