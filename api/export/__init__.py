"""Records of a batch in the forms people open: JSON Lines, CSV, Parquet."""
