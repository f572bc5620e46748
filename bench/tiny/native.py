"""The families that are written in this project: CogVLM2 and SAIL-VL2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3MoeConfig

from bench.tiny import tokenizer as words
from worker.reading.engines.cogvlm2.config import CogVLMConfig
from worker.reading.engines.cogvlm2.model import CogVLMForCausalLM
from worker.reading.engines.sail_vl2.config import SailVl2Config
from worker.reading.engines.sail_vl2.model import SailVl2ForCausalLM

_LLM = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 16_384,
    "tie_word_embeddings": False,
}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
_SAIL_TEMPLATE = (  # as the published one: right for one question, and with no token before an old answer
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou read pages.<|im_end|>{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_assistant|>' if message['role'] == 'assistant' else '<|im_start|>' + message['role'] + '\n' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}PICTURE"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TRAINED_WITH = 12
"""Most tiles in config.json, which reading does not look at."""


def cogvlm2(folder: Path, *, seed: int = 6) -> Path:
    """A CogVLM2 of 112 x 112 pixels and two layers."""
    tokenizer = words.make(())
    begin, end, pad = (
        tokenizer.convert_tokens_to_ids(token) for token in (words.START, words.END, words.PAD)
    )
    config = CogVLMConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_multi_query_heads=2,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=pad,
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_heads": 4,
            "image_size": 112,
            "num_positions": 65,
        },
    )
    torch.manual_seed(seed)
    model = CogVLMForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def sail_vl2(
    folder: Path,
    *,
    experts: bool = False,
    seed: int = 1,
    tile: int = 56,
    layers: int = 2,
    most: int = 6,
    **facts: Any,
) -> Path:
    """A SAIL-VL2 of square tiles of some pixels and at most so many of them, dense or with experts.

    `layers` are those of the tower; `facts` are what else config.json says.
    """
    tokenizer = words.make(("<img>", "</img>", "<IMG_CONTEXT>"))
    ids = {"bos_token_id": words.PAD, "eos_token_id": words.END, "pad_token_id": words.PAD}
    shared: dict[str, Any] = {key: tokenizer.convert_tokens_to_ids(token) for key, token in ids.items()}
    shared |= {**_LLM, "vocab_size": len(tokenizer)}
    llm = Qwen3MoeConfig(**shared, **_EXPERTS) if experts else Qwen3Config(**shared)
    vision = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "image_size": tile,
    }
    published = {"select_layer": -1, "ps_version": "v2", "max_dynamic_patch": _TRAINED_WITH}
    config = SailVl2Config(llm_config=llm, vision_config=vision, **{**published, **facts})
    torch.manual_seed(seed)
    model = SailVl2ForCausalLM(config)
    torch.nn.init.normal_(model.vision_model.preprocessor.pos_embed, std=0.02)
    model.generation_config.eos_token_id = shared["eos_token_id"]
    model.save_pretrained(folder)
    words.save(tokenizer, folder, picture="<image>\n", template=_SAIL_TEMPLATE)
    preprocessor = {"max_dynamic_patch": most, "image_size": tile, "use_msac": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder
