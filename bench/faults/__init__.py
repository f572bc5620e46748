"""Jobs through every door while each part of the service is killed, frozen, emptied, slowed and set wrong.

`python -m bench.faults` says of every job whether it ended exactly once, and how soon work went on.
"""
