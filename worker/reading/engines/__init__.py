"""What reads pages under a schema. `base` is the contract, `registry` finds them by name."""
