"""Folders that are not what they are taken for: said in words, before anything is built or a document is read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from api.cli.main import main
from tests import tiny as made
from worker.errors import DeviceLost, ModelUnusable, OutOfMemory
from worker.reading.engines import registry
from worker.settings import Settings

Tiny = Callable[[str], Path]
FAMILIES = {"transformers": "qwen3_vl", "cogvlm2": "cogvlm2", "sail_vl2": "sail_vl2"}


@pytest.mark.parametrize("family", FAMILIES.values())
@pytest.mark.parametrize("engine", FAMILIES)
def test_an_engine_takes_its_own_family_and_names_the_engine_of_others(
    engine: str, family: str, tiny: Tiny
) -> None:
    settings = Settings(_env_file=None, model=str(tiny(family)))
    if made.engine_of(family) == engine:
        registry.check(engine, settings)
        return
    started = time.monotonic()
    with pytest.raises(ModelUnusable, match=f"engine {made.engine_of(family)}"):
        registry.create(engine, settings).warm_up()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("family", ["qwen3_vl", "internvl"])
def test_a_missing_weight_is_not_made_up(family: str, tiny: Tiny, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for file in tiny(family).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    weights.pop(next(name for name in weights if "up_proj" in name))
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnusable, match="misses tensors"):
        made.generator(family, tmp_path)


def test_a_folder_without_a_tokenizer_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    for file in tiny("qwen3_vl").iterdir():
        if not file.name.startswith("tokenizer"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelUnusable):
        made.generator("qwen3_vl", tmp_path)


@pytest.mark.parametrize("family", FAMILIES.values())
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("CUDA out of memory. Tried to allocate 2.00 GiB", OutOfMemory),
        ("CUDA error: device-side assert", DeviceLost),
        ("size mismatch", ModelUnusable),
    ],
)
def test_a_gpu_without_room_is_no_damaged_file(
    message: str, expected: type[Exception], family: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(PreTrainedModel, "from_pretrained", fails)
    with pytest.raises(expected) as caught:
        made.generator(family, tiny(family))
    assert type(caught.value) is expected


def test_a_checkpoint_that_nobody_can_speak_to_is_refused(
    tiny: Tiny, tmp_path: Path, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in tiny("qwen3_vl").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "chat_template.jinja").unlink(missing_ok=True)
    for name in ("tokenizer_config.json", "processor_config.json"):
        settings = json.loads((tmp_path / name).read_text())
        settings.pop("chat_template", None)
        (tmp_path / name).write_text(json.dumps(settings))
    kept = tmp_path / "yesterday.jsonl"
    kept.write_text("records\n")
    document = str(samples / "receipt_0_clean.jpg")
    reading = ["--kind", "receipt", "--engine", "transformers", "--model", str(tmp_path), "-o", str(kept)]
    assert main(["extract", document, *reading]) == 2
    assert "no chat template" in capsys.readouterr().err
    assert kept.read_text() == "records\n"


@pytest.mark.parametrize(
    ("engine", "model", "said"),
    [
        ("transformers", "sail-vl2-2b", "is run by the engine sail_vl2, not transformers"),
        ("sail_vl2", "sail-vl2-2b", "pagemill pull sail-vl2-2b"),
        ("transformers", "Qwen/Qwen3-VL-2B-Instruct", "goes by the name of its profile, qwen3-vl-2b"),
    ],
)
def test_a_model_is_looked_for_by_what_people_call_it(
    engine: str, model: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnusable, match=said):
        registry.check(engine, Settings(_env_file=None, model=model, models_dir=tmp_path))


def test_files_that_nobody_pinned_have_a_version_of_their_own(tiny: Tiny) -> None:
    one, other = (
        made.generator("qwen3_vl", tiny("qwen3_vl")),
        made.generator("qwen2_5_vl", tiny("qwen2_5_vl")),
    )
    engine = registry.create("transformers", made.settings("qwen3_vl", tiny("qwen3_vl")))
    engine.warm_up()
    assert str(engine.revision).startswith("unpinned-")
    assert one.revision is None  # these are opened by tests, without a look at their files
    assert other.revision is None
    engine.close()


def test_a_model_without_its_engine_is_wrong_usage(
    tiny: Tiny, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = str(samples / "receipt_0_clean.jpg")
    assert main(["extract", document, "--kind", "receipt", "--model", str(tiny("qwen3_vl"))]) == 2
    assert "--engine cogvlm2 or openai or sail_vl2 or transformers" in capsys.readouterr().err
    assert main(["extract", document, "--kind", "receipt", "--model", "glm-ocr"]) == 2
    assert "--engine transformers\n" in capsys.readouterr().err.replace(".", "").replace("; see", "\n")


def test_quantised_answers_are_another_job_and_say_so(tiny: Tiny) -> None:
    plain = Settings(_env_file=None, model="m")
    assert plain.model_copy(update={"quantisation": "nf4"}).model_key != plain.model_key
    pinned = plain.model_copy(update={"model_revision": "0123abcd", "quantisation": "nf4"})
    assert pinned.model_key == "m@0123abcd [nf4]"
    assert pinned.with_model("n").model_key == "n [nf4]"  # the revision was that of the other model
    engine = registry.create("cogvlm2", made.settings("cogvlm2", tiny("cogvlm2"), quantisation="nf4"))
    assert "weights in nf4" in engine._generator.caveats  # type: ignore[attr-defined]


def test_a_config_that_is_no_json_is_named(tiny: Tiny, tmp_path: Path) -> None:
    for file in tiny("sail_vl2").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps([1]))
    with pytest.raises(ModelUnusable):
        registry.check("sail_vl2", Settings(_env_file=None, model=str(tmp_path)))
