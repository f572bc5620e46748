"""deploy/kubernetes against what it starts: settings, ports, images, arguments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from worker.settings import Settings

_ROOT = Path(__file__).parent.parent.parent
_FOLDER = _ROOT / "deploy" / "kubernetes"


def documents() -> Iterator[dict[str, Any]]:
    for resource in yaml.safe_load((_FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]:
        yield from yaml.safe_load_all((_FOLDER / resource).read_text(encoding="utf-8"))


def settings() -> dict[str, str]:
    [made] = yaml.safe_load((_FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))[
        "configMapGenerator"
    ]
    return dict(line.split("=", 1) for line in made["literals"])


PODS = {
    one["metadata"]["name"]: one["spec"]["template"] for one in documents() if one["kind"] == "Deployment"
}
SERVICES = {one["metadata"]["name"]: one["spec"] for one in documents() if one["kind"] == "Service"}


def container(name: str) -> dict[str, Any]:
    [found] = PODS[name]["spec"]["containers"]
    return dict(found)


def test_its_settings_are_ours_and_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    aliases = (field.validation_alias for field in Settings.model_fields.values())
    known = {f"PAGEMILL_{name.upper()}" for name in Settings.model_fields}
    known |= {str(name) for alias in aliases if isinstance(alias, AliasChoices) for name in alias.choices}
    assert set(settings()) <= known
    for name, value in settings().items():
        monkeypatch.setenv(name, value)
    used = Settings(_env_file=None)
    assert (used.engine, used.openai_base_url) == ("openai", "http://vllm:8000/v1")


def test_workers_ask_vllm_for_the_model_that_it_serves() -> None:
    arguments = container("vllm")["args"]
    assert arguments[arguments.index("--served-model-name") + 1] == settings()["PAGEMILL_MODEL"]
    assert SERVICES["vllm"]["ports"][0]["port"] == 8000
    template = Path(arguments[arguments.index("--chat-template") + 1])
    assert (_ROOT / "deploy" / "vllm" / template.relative_to("/opt/pagemill-vllm")).is_file()


@pytest.mark.parametrize("name", ["api", "vllm"])
def test_a_service_reaches_its_pods(name: str) -> None:
    service = SERVICES[name]
    assert service["selector"].items() <= PODS[name]["metadata"]["labels"].items()
    assert service["ports"][0]["targetPort"] in {port["name"] for port in container(name)["ports"]}


def test_images_are_those_of_compose() -> None:
    compose = yaml.safe_load((_ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for ours, theirs in (("api", "api"), ("worker", "worker-cpu"), ("vllm", "vllm")):
        assert container(ours)["image"] == compose[theirs]["image"]


def test_no_pod_is_told_the_addresses_of_others_as_settings() -> None:
    """A service named vllm sets VLLM_PORT to an address, which vLLM takes for its port."""
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in PODS.values())


@pytest.mark.parametrize("name", ["api", "worker"])
def test_our_pods_may_do_little(name: str) -> None:
    assert PODS[name]["spec"]["securityContext"]["runAsNonRoot"]
    for one in (container(name), *PODS[name]["spec"].get("initContainers", ())):
        assert one["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
