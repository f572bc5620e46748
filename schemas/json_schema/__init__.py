"""Any JSON Schema, made plain once: no references, no combinations, nullable said in one way."""
