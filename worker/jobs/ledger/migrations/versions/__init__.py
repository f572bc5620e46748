"""A file per revision, in order; `revisions.REVISIONS` lists them."""
