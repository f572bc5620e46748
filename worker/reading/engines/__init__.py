"""What reads pages under a schema. `base` is the contract, `factory` the only list of engines."""
