"""Where a model runs and in what numbers: device, dtype, quantisation, and what that leaves alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from worker.errors import MissingExtra, ModelUnavailable
from worker.reading.models import footprint

Quantisation = Literal["none", "int8", "nf4"]


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and the numbers that fit it.

    `spread` lays its layers over all GPUs, of which one works at a time: for a model that does not fit one.
    """

    device: str
    dtype: torch.dtype
    quantisation: Quantisation = "none"
    spread: bool = False

    def arguments(self, kept: Sequence[str]) -> dict[str, Any]:
        """Arguments of `from_pretrained`; modules named in `kept` are not quantised."""
        placed: dict[str, Any] = {
            "dtype": self.dtype,
            "attn_implementation": "sdpa",
            "trust_remote_code": False,
            "local_files_only": True,
            "device_map": "auto" if self.spread else {"": self.device},
        }
        if self.quantisation != "none":
            placed["quantization_config"] = self.quantised(kept)
        return placed

    def quantised(self, kept: Sequence[str]) -> Any:
        """What bitsandbytes is told; raises MissingExtra."""
        try:
            import bitsandbytes  # noqa: F401 (transformers finds it by itself, and says less when it does not)
            from transformers import BitsAndBytesConfig
        except ImportError as error:
            raise MissingExtra(feature="Quantised weights", extra="vlm") from error
        logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # a line a layer a step
        if self.quantisation == "int8":
            return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=list(kept))
        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=self.dtype,
            llm_int8_skip_modules=list(kept),
        )


def choose(device: str, quantisation: Quantisation, *, weights: int = 0) -> Placement:
    """CUDA, then MPS, then the CPU, or the one that was asked for; raises ModelUnavailable.

    `weights` are the bytes that the model will take up.
    """
    found = _found() if device == "auto" else device
    if (found == "cuda" and not torch.cuda.is_available()) or (
        found == "mps" and not torch.backends.mps.is_available()
    ):
        raise ModelUnavailable(detail=f"there is no {found} device; set PAGEMILL_DEVICE=auto")
    several = found == "cuda" and torch.cuda.device_count() > 1
    spread = several and not footprint.fits(weights, torch.cuda.mem_get_info()[0])
    return Placement(found, _dtype(found), quantisation, spread)


def _found() -> str:
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def _dtype(device: str) -> torch.dtype:
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.float16 if device == "mps" else torch.float32


def kept_out(model: torch.nn.Module) -> list[str]:
    """Names of the modules that stay as they are when the language model is quantised.

    Reading needs the sharp eye more than the memory: vision tower, projector and `lm_head` are kept.
    bitsandbytes matches whole names from the beginning, so that a bare `visual` would keep nothing;
    the names are read off the model itself, which may lie on the meta device.
    """
    language = _language_model(model)
    linears = [name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    kept = {_branch(name, language) for name in linears if not name.startswith(f"{language}.")}
    return sorted(kept | {"lm_head"})


def kept_of(made: Callable[[Any], torch.nn.Module], config: Any, placement: Placement) -> list[str]:
    """Those of the model that a configuration makes; none where nothing is quantised."""
    if placement.quantisation == "none":
        return []
    with torch.device("meta"):
        return kept_out(made(config))


def _language_model(model: torch.nn.Module) -> str:
    """The name of the part that speaks."""
    decoder = model.get_decoder()  # type: ignore[operator]
    found: list[str] = [name for name, part in model.named_modules() if part is decoder]
    if not found or not found[0]:
        raise ModelUnavailable(detail=f"{type(model).__name__} does not say which part is its language model")
    return found[0]


def _branch(name: str, language: str) -> str:
    """The shortest beginning of a name that is not one of the language model's, too."""
    parts = name.split(".")
    for length in range(1, len(parts)):
        branch = ".".join(parts[:length])
        if language != branch and not language.startswith(f"{branch}."):
            return branch
    return name
