"""What people corrected, as examples for training a model: `examples`, the formats of other tools, LoRA."""
