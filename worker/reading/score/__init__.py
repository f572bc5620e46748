"""How near a record comes to its labels. Pure functions, used by `pagemill eval` and `bench/`."""
