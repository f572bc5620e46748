"""LoRA on tiny models: loss falls, answers change as taught and are the same after loading."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from api.cli.main import main
from schemas import registry
from tests import tiny
from worker.errors import ModelUnusable
from worker.reading.engines.transformers import adapters
from worker.reading.engines.transformers.adapters import AdapterManifest
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Quantisation
from worker.reading.engines.transformers.slots import Slots
from worker.reading.engines.vision.base import Prompt
from worker.reading.learning import training
from worker.reading.learning.examples import Example
from worker.settings import ADAPTER_MANIFEST

SCHEMA = registry.from_json_schema(
    {"type": "object", "properties": {"total": {"type": "number"}}}, name="bill"
)
OPTIONS = training.TrainingOptions(rank=4, epochs=12, learning_rate=2e-2, update=2)


def example(seed: int, total: float = 42.5) -> Example:
    return Example(f"d{seed}", 1, tiny.prompt(SCHEMA, seed=seed), json.dumps({"total": total}))


def surer(folder: Path) -> None:
    """Let a checkpoint's files be of a model that can be sure of something, as `opened` does in memory."""
    weights = load_file(folder / "model.safetensors")
    for name in weights:
        if "lm_head" in name:
            weights[name] = weights[name] * 20
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def opened(family: str, folder: Path, quantisation: Quantisation = "none") -> Any:
    """A model that can be sure of something: random weights of the usual size leave all tokens alike."""
    generator = tiny.generator(family, folder, quantisation=quantisation)
    with torch.no_grad():
        generator._loaded().model.get_output_embeddings().weight.mul_(20)
    return generator


def lay(generator: Any, *folders: Path) -> None:
    """Lay adapters beside the weights of a model that is open."""
    generator._checkpoint = adapters.laid(generator._loaded(), folders)


def answer(generator: Any, prompt: Prompt) -> str:
    [answered] = generator.generate([replace(prompt, max_tokens=60)], lambda _row: False)
    return str(answered.text)


def taught(
    folder: Path,
    adapter: Path,
    family: str,
    total: float = 42.5,
    *,
    kind: str = "bill",
    quantisation: Quantisation = "none",
) -> list[float]:
    generator = opened(family, folder, quantisation)
    losses: list[float] = []
    rows = [example(seed, total) for seed in range(2)]
    training.train(
        generator._loaded(),
        rows,
        adapter,
        options=OPTIONS,
        progress=lambda _n, _all, loss: losses.append(loss),
    )
    sha = adapters.hash_of(adapter / adapters.WEIGHTS)
    manifest = AdapterManifest(
        kind=kind, model=family, revision=None, schema_sha256="", data_sha256="", documents=2, sha256=sha
    )
    (adapter / ADAPTER_MANIFEST).write_text(manifest.model_dump_json())
    return losses


@pytest.mark.parametrize(
    ("family", "quantisation"), [("qwen2_5_vl", "none"), ("cogvlm2", "nf4"), ("sail_vl2", "none")]
)
def test_loss_falls_answers_change_as_taught_and_are_the_same_after_loading(
    family: str, quantisation: Quantisation, tmp_path: Path
) -> None:
    folder = tiny.BUILDERS[family](tmp_path / "model")
    asked = example(7).prompt
    plain = answer(opened(family, folder, quantisation), asked)
    losses = taught(folder, tmp_path / "adapter", family, quantisation=quantisation)
    assert losses[-1] < 0.3 * losses[0]
    told = []
    for _ in range(2):
        generator = opened(family, folder, quantisation)
        lay(generator, tmp_path / "adapter")
        assert answer(generator, asked) == plain  # none is chosen
        told.append(answer(generator, replace(asked, adapter="bill")))
        assert answer(generator, replace(asked, adapter="receipt")) == plain
    assert told[0] == told[1] != plain
    assert told[0].startswith('{"total": 42')


@pytest.mark.parametrize(("family", "quantisation"), [("sail_vl2", "none"), ("cogvlm2", "nf4")])
def test_rows_of_one_batch_are_answered_each_with_its_own_adapter(
    family: str, quantisation: Quantisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.BUILDERS[family](tmp_path / "model")
    taught(folder, tmp_path / "bills", family, 42.5, kind="bill", quantisation=quantisation)
    taught(folder, tmp_path / "slips", family, 77.25, kind="slip", quantisation=quantisation)
    plain = opened(family, folder, quantisation)
    generator = opened(family, folder, quantisation)
    lay(generator, tmp_path / "bills", tmp_path / "slips")
    kinds = ("bill", "slip", "", "bill", "other")
    asked = [replace(example(7 + row).prompt, adapter=kind, max_tokens=60) for row, kind in enumerate(kinds)]
    alone = [
        answer(plain if kind in ("", "other") else generator, one)
        for kind, one in zip(kinds, asked, strict=True)
    ]
    assert [said[:12] for said in alone[:2]] == ['{"total": 42', '{"total": 77']
    together: list[int] = []
    step = Slots.step

    def watched(slots: Slots, tokens: Any) -> torch.Tensor:
        together.append(len(slots))
        return step(slots, tokens)

    monkeypatch.setattr(Slots, "step", watched)
    for rows in (2, 5):
        generator.max_rows = rows
        generator._kept.clear()
        told = generator.generate(asked, lambda _row: False)
        assert [one.text for one in told] == alone
        assert max(together) == rows


def test_a_page_that_another_adapter_read_is_looked_at_again(tmp_path: Path) -> None:
    folder = tiny.BUILDERS["sail_vl2"](tmp_path / "model")
    taught(folder, tmp_path / "bills", "sail_vl2", 42.5, kind="bill")
    taught(folder, tmp_path / "slips", "sail_vl2", 77.25, kind="slip")
    generator = opened("sail_vl2", folder)
    lay(generator, tmp_path / "bills", tmp_path / "slips")
    asked = example(7).prompt
    said = {kind: answer(generator, replace(asked, adapter=kind)) for kind in ("bill", "slip", "", "bill")}
    assert said["bill"].startswith('{"total": 42')
    assert said["slip"].startswith('{"total": 77')
    assert said[""] == answer(opened("sail_vl2", folder), asked)


def test_an_adapter_of_another_model_or_with_other_weights_is_refused(tmp_path: Path) -> None:
    folder = tiny.BUILDERS["sail_vl2"](tmp_path / "model")
    taught(folder, tmp_path / "adapter", "sail_vl2")
    here = Location(folder, "sail_vl2")
    named = adapters.require([tmp_path / "adapter"], here).revision
    assert named is not None
    assert "bill-" in named
    for other in (Location(folder, "sail_vl2", "r2"), Location(folder, "cogvlm2")):
        with pytest.raises(ModelUnusable, match="made for sail_vl2"):
            adapters.require([tmp_path / "adapter"], other)
    with pytest.raises(ModelUnusable, match="same kind"):
        adapters.require([tmp_path / "adapter"] * 2, here)
    cog = opened("cogvlm2", tiny.BUILDERS["cogvlm2"](tmp_path / "cog"))
    with pytest.raises(ModelUnusable, match="does not fit"):
        lay(cog, tmp_path / "adapter")
    with (tmp_path / "adapter" / adapters.WEIGHTS).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelUnusable, match="not those that were trained"):
        adapters.read(tmp_path / "adapter")
    with pytest.raises(ModelUnusable, match="no adapter"):
        adapters.read(tmp_path)


def test_a_training_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.BUILDERS["sail_vl2"](tmp_path / "model")
    whole = taught(folder, tmp_path / "whole", "sail_vl2")
    monkeypatch.setattr(training, "_SAVE_EVERY", 5)

    def stop(number: int, _all: int, _loss: float) -> None:
        if number == 7:
            raise KeyboardInterrupt

    rows = [example(seed) for seed in range(2)]
    checkpoint = opened("sail_vl2", folder)._loaded()
    with pytest.raises(KeyboardInterrupt):
        training.train(checkpoint, rows, tmp_path / "adapter", options=OPTIONS, progress=stop)
    rest = taught(folder, tmp_path / "adapter", "sail_vl2")
    assert len(rest) == len(whole) - 5
    assert rest == pytest.approx(whole[5:], rel=1e-4)
    assert adapters.read(tmp_path / "adapter").sha256
    assert not (tmp_path / "adapter" / "training.pt").exists()


def settled(folder: Path, count: int, total: float) -> Path:
    """What an export of so many corrected documents looks like."""
    (folder / "sources").mkdir(parents=True)
    rows = []
    for number in range(count):
        Image.fromarray(tiny.speckled(60, 40, seed=number)).save(folder / "sources" / f"{number}.png")
        row = {
            "id": f"{number:04}",
            "kind": "bill",
            "schema": SCHEMA.json_schema,
            "expected": {"total": total},
        }
        rows.append(json.dumps(row | {"file": f"sources/{number}.png", "read": {"data": {}, "fields": {}}}))
    (folder / "manifest.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_an_adapter_is_learned_from_corrections_and_kept_because_it_reads_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny.BUILDERS["sail_vl2"](tmp_path / "model")
    surer(model)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEMILL_GROUNDING", "text_layer")
    train = ["train", "bill", "--model", str(model), "--engine", "sail_vl2", "-o", "made"]
    assert main([*train, "--corrections", str(settled(tmp_path / "few", 49, 1.0))]) == 2
    assert "there are 49 settled documents" in capsys.readouterr().err
    monkeypatch.setattr("api.cli.train.LEAST", 10)
    folder = settled(tmp_path / "settled", 10, 42.0)
    quickly = ["--learning-rate", "0.02", "--epochs", "20"]
    assert main([*train, *quickly, "--corrections", str(folder)]) == 0
    told = capsys.readouterr()
    assert "fields right without the adapter 0.000, with it 1.000" in told.out
    assert "8 documents to learn from, 2 held out" in told.err
    manifest = adapters.read(Path("made"))
    assert (manifest.kind, manifest.documents, manifest.score_after) == ("bill", 10, 1.0)
    settings = tiny.settings("sail_vl2", model, adapter="made")
    assert f"bill-{manifest.sha256[:12]}" in settings.model_key


def test_an_adapter_that_reads_no_better_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny.BUILDERS["sail_vl2"](tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEMILL_GROUNDING", "text_layer")
    monkeypatch.setattr("api.cli.train.LEAST", 5)
    folder = settled(tmp_path / "settled", 5, 42.0)
    options = ["--engine", "sail_vl2", "--epochs", "1", "--learning-rate", "0", "--corrections", str(folder)]
    assert main(["train", "bill", "--model", str(model), "-o", "made", *options]) == 1
    assert "with it 0.000" in capsys.readouterr().out
    with pytest.raises(ModelUnusable):
        adapters.read(Path("made"))
