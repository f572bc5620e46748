"""compose.yaml as `docker compose config` reads it, and the rules it keeps to."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from worker.process import metrics
from worker.settings import environment

_ROOT = Path(__file__).parent.parent.parent
_SECRETS = ("QUEUE_PASSWORD", "POSTGRES_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY", "WEBHOOK_SECRET")
_OURS = {"migrate", "api", "watcher", "worker", "worker-cpu"}


def config(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = Path(sysconfig.get_path("scripts")) / "docker-compose"
    return subprocess.run(
        [
            program,
            "--env-file",
            "/dev/null",
            "-f",
            _ROOT / "compose.yaml",
            "--profile",
            "*",
            "config",
            "--format",
            "json",
        ],
        capture_output=True,
        text=True,
        env=environment(env),
        cwd=_ROOT,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    run = config(dict.fromkeys(_SECRETS, "x" * 16))
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)["services"]
    return found


@pytest.mark.parametrize("missing", _SECRETS)
def test_secrets_are_asked_for_and_never_made_up(missing: str) -> None:
    run = config({name: "x" for name in _SECRETS if name != missing} | {missing: ""})
    assert run.returncode != 0
    assert missing in run.stderr


def test_the_services_of_the_plan(services: dict[str, Any]) -> None:
    assert {"migrate", "api", "watcher", "worker", "queue", "minio", "ledger"} == {
        name for name, service in services.items() if not service.get("profiles")
    }
    assert {p for service in services.values() for p in service.get("profiles", ())} == {
        "cpu",
        "vllm",
        "monitoring",
        "pull",
    }
    [device] = services["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert services["worker"]["stop_grace_period"] == "5m0s"
    assert services["worker"]["init"]


def test_nothing_listens_for_the_network(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for port in service.get("ports", ()):
            assert port["host_ip"] == "127.0.0.1", name


def test_images_are_pinned_and_healths_are_checked(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert re.search(r":[\w.-]*\d", service["image"]), name
        assert not service["image"].endswith("latest")
        dockerfile_checks = name in {"api", "worker", "worker-cpu"}
        runs_once = service.get("restart") == "no"
        assert dockerfile_checks or runs_once or "healthcheck" in service, name


def test_everything_that_is_installed_has_a_hash() -> None:
    for line in (_ROOT / "Dockerfile").read_text().splitlines():
        for install in re.findall(r"pip install ([^&]*)", line):
            by_hash = "--require-hashes --no-deps -r requirements/" in install
            assert by_hash or install.strip() == "--no-deps ." or install.startswith('"torch=='), line
    for part in ("api", "worker", "worker-gpu", "check"):
        entries = (_ROOT / "requirements" / f"{part}.txt").read_text().replace("\\\n", "").splitlines()
        assert all(re.match(r"[\w.-]+==\S+ +--hash=sha256:", entry) for entry in entries), part
        named = {entry.partition("==")[0] for entry in entries}
        assert {"pydantic", "celery", "sqlalchemy"} <= named


def test_our_processes_can_change_nothing_but_their_data(services: dict[str, Any]) -> None:
    dockerfile = (_ROOT / "Dockerfile").read_text()
    for target in ("api", "worker", "worker-gpu"):
        stage = dockerfile.split(f" AS {target}\n")[1].split("\nFROM ")[0]
        assert stage.rindex("USER 10001") > stage.rfind("USER root"), target
    for name in _OURS:
        service = services[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service.get("user", "10001:10001") != "0:0"


def test_everything_has_an_end_and_its_own_network(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["logging"]["options"]["max-size"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        if service.get("restart") != "no":
            assert int(service["mem_limit"]) > 0, name
            assert service["pids_limit"] > 0, name
    reach = {name: set(service["networks"]) for name, service in services.items()}
    for stranger in ("vllm", "prometheus", "grafana"):
        for kept in ("ledger", "queue", "minio"):
            assert not reach[stranger] & reach[kept], (stranger, kept)


def test_alerts_ask_for_metrics_there_are(http: Any) -> None:
    known = generate_latest(REGISTRY).decode() + http.get("/metrics").text
    rules, docs = ((_ROOT / name).read_text() for name in ("deploy/alerts.yml", "docs/scale.md"))
    alerted, watched = (set(re.findall(r"pagemill_\w+", text)) for text in (rules, docs))
    assert len(watched) >= 5
    assert watched <= alerted  # what the documentation says to watch, somebody is told of
    for name in alerted:
        assert f"# TYPE {name.removesuffix('_total')}" in known or f"# TYPE {name} " in known, name


def test_the_dashboard_asks_for_metrics_there_are(http: Any) -> None:
    assert metrics.PAGES.describe()
    known = {
        sample.split("{")[0].split(" ")[0]
        for text in (generate_latest(REGISTRY).decode(), http.get("/metrics").text)
        for family in text_string_to_metric_families(text)
        for sample in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }
    dashboard = json.loads((_ROOT / "deploy/grafana/provisioning/dashboards/pagemill.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"(?:pagemill|process)_[a-z_]+", target["expr"])
    }
    assert len(asked) >= 10
    assert asked <= known
