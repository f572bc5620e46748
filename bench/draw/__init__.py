"""Labelled documents drawn in code: no real person, shop or journey is behind any of them.

    python -m bench.draw FOLDER [--count N] [--seed S]

writes documents and the `manifest.jsonl` that `pagemill eval` reads. Fonts come from Debian:
fonts-wqy-zenhei fonts-arphic-gbsn00lp fonts-arphic-gkai00mp fonts-arphic-ukai fonts-lxgw-wenkai fonts-dkg-handwriting
fonts-breip fonts-dancingscript fonts-dejavu-core.
"""
