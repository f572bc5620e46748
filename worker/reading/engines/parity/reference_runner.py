"""Measures a checkpoint with the code that comes with it: the only place where such code runs.

    python -I reference_runner.py MODEL_DIR CASES_DIR OUTPUT_DIR --dtype float32 --device cpu

A program of its own, for the Python of another environment: it needs torch, transformers, pillow,
safetensors and what the checkpoint's code imports, and nothing of this project. It writes
`reference.safetensors` (for each case `input_ids`, `token_type_ids`, `pixel_values`, `features`,
`logits`, `greedy`) and `reference.json`, which names what could not be measured, and why. The caller
sees to it that nothing is fetched.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What code that nobody here knows may raise: it is written down, and the rest is measured."""
_CLASSES = ("AutoModel", "AutoModelForCausalLM")
_PARTS = ("vision_config", "llm_config", "text_config")
_CONTEXT = "<IMG_CONTEXT>"


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases; returns the exit status."""
    options = _options(arguments)
    if options.device == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    model = _model(options)
    family = _CogVlm2 if hasattr(model, "build_conversation_input_ids") else _SailVl2
    measuring = _Measuring(model, family(model, options.folder), options)
    plan = json.loads((options.cases / "cases.json").read_text(encoding="utf-8"))
    with _as_in_training(), torch.inference_mode():
        for case in plan["cases"]:
            measuring.case(case, plan)
    save_file(measuring.tensors, options.output / "reference.safetensors")
    facts = {
        "class": type(model).__name__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "missing": measuring.missing,
    }
    (options.output / "reference.json").write_text(json.dumps(facts), encoding="utf-8")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("folder", "cases", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args(arguments)


def _model(options: argparse.Namespace) -> Any:
    """The model, by the class that its config.json names, with attention as plain as there is."""
    folder = str(options.folder)
    config: Any = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)
    # The defaults of SAIL-VL2's configuration are refused by itself, and are made to print a difference.
    type(config).has_no_defaults_at_init = True
    for part in (config, *(getattr(config, name, None) for name in _PARTS)):
        _plain_attention(part)
    name = next(name for name in _CLASSES if name in config.auto_map)
    dtype = "dtype" if int(transformers.__version__.partition(".")[0]) >= 5 else "torch_dtype"
    model = getattr(transformers, name).from_pretrained(
        folder,
        config=config,
        trust_remote_code=True,
        attn_implementation="eager",
        **{dtype: getattr(torch, options.dtype)},
    )
    return model.to(options.device).eval()


@contextmanager
def _as_in_training() -> Iterator[None]:
    """What SAIL-VL2's code takes for granted: a process group, whose rank it asks for, and a GPU.

    Where there is no GPU, tensors that are sent to one stay where they are.
    """
    to_gpu = torch.Tensor.cuda
    if not torch.cuda.is_available():
        torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # type: ignore[method-assign]
    alone = torch.distributed.is_available() and not torch.distributed.is_initialized()
    if alone:
        store = torch.distributed.HashStore()  # type: ignore[attr-defined]
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield
    finally:
        torch.Tensor.cuda = to_gpu  # type: ignore[method-assign]
        if alone:
            torch.distributed.destroy_process_group()


def _plain_attention(part: Any) -> None:
    """Published files ask for flash attention, in several spellings, and for a kernel that is not here."""
    if part is None or isinstance(part, dict):
        return
    part._attn_implementation = "eager"  # noqa: SLF001 (there is no public name for it)
    for name, value in (("attn_implementation", "eager"), ("use_flash_attn", False)):
        if hasattr(part, name):
            setattr(part, name, value)


class _SailVl2:
    """How the model card speaks to SAIL-VL2."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._model = model
        self._processor: Any = transformers.AutoProcessor.from_pretrained(str(folder), trust_remote_code=True)
        self._tokenizer = getattr(self._processor, "tokenizer", self._processor)
        if getattr(model, "img_context_token_id", 0) is None:
            model.img_context_token_id = self._tokenizer.convert_tokens_to_ids(_CONTEXT)

    def inputs(self, page: Image.Image, text: str) -> dict[str, Any]:
        """What `generate` takes. Without `truncation`, which would cut places of the picture."""
        content = [{"type": "image", "image": "page"}, {"type": "text", "text": text}]
        turns = [{"role": "user", "content": content}]
        speaker = self._processor if getattr(self._processor, "chat_template", None) else self._tokenizer
        words = speaker.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return dict(self._processor(images=page, text=words, return_tensors="pt", padding=True))

    def pixels(self, inputs: dict[str, Any]) -> torch.Tensor:
        """The tiles [n, 3, size, size]."""
        pixels: torch.Tensor = inputs["pixel_values"]
        return pixels.flatten(0, -4)

    def features(self, inputs: dict[str, Any]) -> torch.Tensor:
        """What the language model sees of the picture."""
        seen: torch.Tensor = self._model.extract_feature(self.pixels(inputs))
        return seen

    def logits(self, inputs: dict[str, Any]) -> torch.Tensor:
        """Logits of the prompt. InternVL's forward wants to be told that every tile is a picture."""
        known = inspect.signature(self._model.forward).parameters
        free = any(one.kind is one.VAR_KEYWORD for one in known.values())
        given = {name: value for name, value in inputs.items() if free or name in known}
        if "image_flags" in known:
            given["image_flags"] = torch.ones(len(self.pixels(inputs)), 1, dtype=torch.long)
        logits: torch.Tensor = self._model(**given).logits
        return logits


class _CogVlm2:
    """How the model card speaks to CogVLM2."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._model = model
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)

    def inputs(self, page: Image.Image, text: str) -> dict[str, Any]:
        """What `generate` takes: a batch of one."""
        made = self._model.build_conversation_input_ids(
            self._tokenizer, query=text, history=[], images=[page], template_version="chat"
        )
        names = ("input_ids", "token_type_ids", "attention_mask")
        return {**{name: made[name].unsqueeze(0) for name in names}, "images": [list(made["images"])]}

    def pixels(self, inputs: dict[str, Any]) -> torch.Tensor:
        """The picture [1, 3, size, size]."""
        return torch.stack(list(inputs["images"][0]))

    def features(self, inputs: dict[str, Any]) -> torch.Tensor:
        """What the language model sees of the picture."""
        seen: torch.Tensor = self._model.model.encode_images(inputs["images"])
        return seen

    def logits(self, inputs: dict[str, Any]) -> torch.Tensor:
        """Logits of the prompt."""
        logits: torch.Tensor = self._model(**inputs).logits
        return logits


class _Measuring:
    """Collects what can be measured, and why the rest cannot."""

    def __init__(self, model: Any, family: _SailVl2 | _CogVlm2, options: argparse.Namespace) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self.missing: dict[str, str] = {}
        self._model = model
        self._family = family
        self._options = options

    def case(self, case: dict[str, str], plan: dict[str, Any]) -> None:
        """Measure one page."""
        page = Image.open(self._options.cases / case["image"]).convert("RGB")
        try:
            inputs = self._family.inputs(page, case["text"])
        except FOREIGN as error:
            self._missed("input_ids", error)
            return
        for name in ("input_ids", "token_type_ids"):
            if name in inputs:
                self._keep(f"{case['name']}.{name}", inputs[name][0])
        placed = {name: self._placed(value) for name, value in inputs.items()}
        measures: dict[str, Callable[[], torch.Tensor]] = {
            "pixel_values": lambda: self._family.pixels(inputs),
            "features": lambda: self._rows(self._family.features(placed)),
            "logits": lambda: self._family.logits(placed)[0, -plan["last"] :],
            "greedy": lambda: self._greedy(placed, plan["tokens"]),
        }
        for name, measure in measures.items():
            try:
                self._keep(f"{case['name']}.{name}", measure())
            except FOREIGN as error:
                self._missed(name, error)

    def _greedy(self, inputs: dict[str, Any], count: int) -> torch.Tensor:
        """The answer without the prompt, which some implementations return and others do not.

        `use_cache` is not passed on: SAIL-VL2 sets it itself, and fails when it is given twice.
        """
        said = self._model.generate(
            **inputs,
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
        )[0]
        asked = inputs["input_ids"][0]
        answer: torch.Tensor = said[len(asked) :] if torch.equal(said[: len(asked)], asked) else said
        return answer

    def _placed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._placed(one) for one in value]
        if not isinstance(value, torch.Tensor):
            return value
        dtype = getattr(torch, self._options.dtype) if value.is_floating_point() else value.dtype
        return value.to(self._options.device, dtype)

    def _rows(self, seen: torch.Tensor) -> torch.Tensor:
        return seen.reshape(-1, seen.shape[-1])

    def _keep(self, name: str, value: torch.Tensor) -> None:
        kept = value.detach().to("cpu")
        self.tensors[name] = (kept.float() if kept.is_floating_point() else kept).contiguous().clone()

    def _missed(self, name: str, error: BaseException) -> None:
        self.missing[name] = f"{type(error).__name__}: {error}".splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
