"""Readers: each finds the values of one kind of field on a sheet. `choose` knows which."""
