from __future__ import annotations

from pathlib import Path

from api.up import logs


def test_a_log_that_is_written_to_is_kept_within_its_size(tmp_path: Path) -> None:
    log = tmp_path / "servers.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(10):
            writer.write(f"{number}".encode() * 100)
            logs.rotate((log, tmp_path / "other.log"), most_bytes=150)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "servers.log",
        "servers.log.1",
        "servers.log.2",
        "servers.log.3",
    ]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * 200
    assert log.with_name("servers.log.1").read_bytes().endswith(b"9" * 100)
