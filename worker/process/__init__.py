"""A worker process: it claims jobs, keeps their leases, holds the engines."""
