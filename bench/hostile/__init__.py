"""Files, schemas and messages made to break readers: each must end in an outcome that can be told."""
