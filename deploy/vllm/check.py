"""Compares the plugin, in vLLM on a CPU, with the original code's answers: `python check.py FOLDER`.

The folder is one of those that `bench.golden` takes. vLLM's own processor makes ids and pixels, vLLM's own
loader fills its modules, vLLM's own AIMv2 sees: ids must be equal, pixels and features nearer than 1e-5,
and no parameter empty. The language model is not run, for its attention has no kernel for CPUs in vLLM's
wheel. Run it where vLLM and this plugin are installed; a GPU is not needed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file

_SENTENCE = "You read papers and answer briefly."  # of the folder's template, which is not the published one
_TEMPLATE = (Path(__file__).parent / "pagemill_vllm/sail_vl2.jinja").read_text(encoding="utf-8")
_CLOSE = 1e-5


def main(folder: Path) -> int:
    """Compare all cases; the exit status."""
    from vllm import platforms
    from vllm.platforms.cpu import CpuPlatform
    from vllm.plugins import load_general_plugins

    load_general_plugins()
    platforms._current_platform = CpuPlatform()  # noqa: SLF001 (the wheel is built for GPUs, and finds none)
    from vllm.config import ModelConfig

    asked = ModelConfig(model=str(folder), dtype="float32", max_model_len=8192, enforce_eager=True)
    expected = load_file(folder / "expected.safetensors")
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))["cases"]
    model, whole = _model(asked, load_file(folder / "model.safetensors"))
    print(f"parameters {'all loaded' if whole else 'NOT ALL LOADED'}")
    good = [whole]
    for number, case in enumerate(cases):
        ids, pixels, tiles = _encoded(asked, case, folder)
        [seen] = model.embed_multimodal(
            pixel_values_flat=pixels, image_num_patches=tiles, image_token_id=torch.tensor(0)
        )
        same = ids == expected[f"case{number}.input_ids"].flatten().tolist()
        gaps = (
            float((pixels[:, :, 3::14, 5::14] - expected[f"case{number}.pixels_sparse"]).abs().max()),
            float((seen[::29] - expected[f"case{number}.features_sparse"]).abs().max()),
        )
        good.append(same and max(gaps) <= _CLOSE)
        told = f"ids {'equal' if same else 'DIFFER'}  pixels {gaps[0]:.1e}  features {gaps[1]:.1e}"
        print(f"{case['name']:12}  {told}")
    return 0 if all(good) else 1


def _encoded(asked: Any, case: dict[str, Any], folder: Path) -> tuple[list[int], torch.Tensor, torch.Tensor]:
    """A case as vLLM makes it of a chat request: ids, pixels, and the number of tiles."""
    from vllm.multimodal import MULTIMODAL_REGISTRY

    processor = MULTIMODAL_REGISTRY.create_processor(asked)
    said = [said for turn in case["history"] for said in zip(("user", "assistant"), turn, strict=True)]
    turns = [("system", _SENTENCE), *said, ("user", case["question"])]
    messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns]
    messages[1]["content"].insert(0, {"type": "image"})  # type: ignore[attr-defined]
    text = processor.info.get_tokenizer().apply_chat_template(
        messages, chat_template=_TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    picture = Image.open(folder / case["pictures"][0]).convert("RGB")
    made = processor(text, mm_items=processor.info.parse_mm_data({"image": [picture]}), mm_uuid_items=None)
    found = made["mm_kwargs"].get_data()
    return made["prompt_token_ids"], found["pixel_values_flat"], found["image_num_patches"]


def _model(asked: Any, weights: dict[str, torch.Tensor]) -> tuple[Any, bool]:
    """The plugin's model with these weights; whether each of its parameters was among them."""
    from vllm.config import DeviceConfig, VllmConfig, set_current_vllm_config
    from vllm.distributed import init_distributed_environment, initialize_model_parallel

    config = VllmConfig(model_config=asked, device_config=DeviceConfig(device="cpu"))
    with set_current_vllm_config(config):
        init_distributed_environment(1, 0, "tcp://127.0.0.1:0", 0, backend="gloo")
        initialize_model_parallel(1, 1)
        from pagemill_vllm.serving import SailVl2ForConditionalGeneration

        model = SailVl2ForConditionalGeneration(vllm_config=config).eval()
        loaded = model.load_weights(iter(weights.items()))
        for module in model.modules():
            if hasattr(method := getattr(module, "quant_method", None), "process_weights_after_loading"):
                method.process_weights_after_loading(module)
    return model, loaded == set(dict(model.named_parameters()))


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    sys.exit(main(Path(sys.argv[1])))
