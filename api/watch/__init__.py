"""Inboxes, of a folder and of the bucket: what is dropped there is read, the result put into the outbox."""
