"""Whether data keep to their schema and to the rules of their kind."""
