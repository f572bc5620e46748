"""`pagemill up`: the whole service on this machine, from packages, without Docker."""
