"""File and schema in, record out; knows no job, no store, no queue."""
