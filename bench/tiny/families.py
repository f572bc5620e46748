"""The families that transformers itself knows, each small enough to build in a tenth of a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from transformers import PreTrainedTokenizerFast

from bench.tiny import tokenizer as words

_TEXT = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 16_384,
    "tie_word_embeddings": False,
}
_ROTARY = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}
_VISION = {"hidden_size": 64, "intermediate_size": 128}
_SEEDS = {"qwen2_5_vl": 7, "qwen3_vl": 7, "idefics3": 6, "internvl": 6, "glm_ocr": 1, "paddleocr_vl": 4}
"""Of eight seeds each, those with which answers were shortest and not empty."""
_QWEN = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")

IDEFICS3_TOKENS = (
    *("<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>"),
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a folder is made of; `picture` is what the chat template writes for one."""

    config: Any
    model: type[Any]
    image_processor: Mapping[str, Any]
    tokenizer: PreTrainedTokenizerFast
    picture: str
    processor: Mapping[str, Any]


def build(family: str, folder: Path, *, texts: Sequence[str] = words.TEXTS, seed: int | None = None) -> Path:
    """Write a checkpoint of that family into a new folder, and return the folder."""
    parts = FAMILIES[family](texts)
    torch.manual_seed(_SEEDS[family] if seed is None else seed)
    model = parts.model(parts.config)
    model.save_pretrained(folder)
    words.save(parts.tokenizer, folder, picture=parts.picture)
    (folder / "preprocessor_config.json").write_text(json.dumps(dict(parts.image_processor)))
    (folder / "processor_config.json").write_text(json.dumps(dict(parts.processor)))
    return folder


def _text(tokenizer: PreTrainedTokenizerFast, **more: Any) -> dict[str, Any]:
    ids = {
        name: tokenizer.convert_tokens_to_ids(token)
        for name, token in (
            ("bos_token_id", words.PAD),
            ("eos_token_id", words.END),
            ("pad_token_id", words.PAD),
        )
    }
    return {**_TEXT, **ids, "vocab_size": len(tokenizer), **more}


def _qwen2_5_vl(texts: Sequence[str]) -> _Parts:
    tokenizer = words.make(_QWEN, texts)
    ids = _qwen_ids(tokenizer)
    config = hf.Qwen2_5_VLConfig(
        text_config=_text(tokenizer, rope_parameters=_ROTARY),
        tie_word_embeddings=False,
        **ids,
        vision_config={
            **_VISION,
            "depth": 2,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 14,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
    )
    return _Parts(
        config,
        hf.Qwen2_5_VLForConditionalGeneration,
        _qwen_pictures(14),
        tokenizer,
        "<|vision_start|><|image_pad|><|vision_end|>",
        {"processor_class": "Qwen2_5_VLProcessor"},
    )


def _qwen3_vl(texts: Sequence[str]) -> _Parts:
    tokenizer = words.make(_QWEN, texts)
    rotary = {**_ROTARY, "mrope_interleaved": True}
    config = hf.Qwen3VLConfig(
        text_config=_text(tokenizer, head_dim=16, rope_parameters=rotary),
        tie_word_embeddings=False,
        **_qwen_ids(tokenizer),
        vision_config={
            **_VISION,
            "depth": 3,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 16,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 1],
        },
    )
    return _Parts(
        config,
        hf.Qwen3VLForConditionalGeneration,
        _qwen_pictures(16),
        tokenizer,
        "<|vision_start|><|image_pad|><|vision_end|>",
        {"processor_class": "Qwen3VLProcessor"},
    )


def _qwen_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    return dict(zip(names, tokenizer.convert_tokens_to_ids(list(_QWEN)), strict=True))


def _qwen_pictures(patch: int) -> dict[str, Any]:
    return {
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": patch,
        "merge_size": 2,
        "size": {"shortest_edge": 4 * patch**2 * 4, "longest_edge": 4 * patch**2 * 64},
    }


def _idefics3(texts: Sequence[str]) -> _Parts:
    tokenizer = words.make(IDEFICS3_TOKENS, texts)
    config = hf.Idefics3Config(
        text_config=_text(tokenizer, model_type="llama"),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        tie_word_embeddings=False,
        vision_config={
            **_VISION,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 56,
            "patch_size": 14,
        },
    )
    pictures = {
        "image_processor_type": "Idefics3ImageProcessor",
        "size": {"longest_edge": 112},
        "max_image_size": {"longest_edge": 56},
    }
    return _Parts(
        config,
        hf.Idefics3ForConditionalGeneration,
        pictures,
        tokenizer,
        "<image>",
        {"processor_class": "Idefics3Processor", "image_seq_len": 4},
    )


def _internvl(texts: Sequence[str]) -> _Parts:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer = words.make(tuple(named.values()), texts, model_specific_special_tokens=named)
    config = hf.InternVLConfig(
        text_config=_text(tokenizer, model_type="qwen2"),
        image_seq_length=4,
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        tie_word_embeddings=False,
        vision_config={
            **_VISION,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": [56, 56],
            "patch_size": [14, 14],
        },
    )
    pictures = {
        "image_processor_type": "GotOcr2ImageProcessor",
        "size": {"height": 56, "width": 56},
        "crop_to_patches": True,
        "min_patches": 1,
        "max_patches": 6,
    }
    return _Parts(
        config,
        hf.InternVLForConditionalGeneration,
        pictures,
        tokenizer,
        "<IMG_CONTEXT>",
        {"processor_class": "InternVLProcessor", "image_seq_length": 4},
    )


_GLM_TOKENS = {
    "image_start": "<|begin_of_image|>",
    "image_end": "<|end_of_image|>",
    "image": "<|image|>",
    "video": "<|video|>",
    "video_start": "<|begin_of_video|>",
    "video_end": "<|end_of_video|>",
}


def _glm_ocr(texts: Sequence[str]) -> _Parts:
    names = {f"{part}_token_id": token for part, token in _GLM_TOKENS.items()}
    tokenizer = words.make(tuple(names.values()), texts)
    config = hf.GlmOcrConfig(
        text_config=_text(tokenizer, rope_parameters=_ROTARY),
        tie_word_embeddings=False,
        **{name: tokenizer.convert_tokens_to_ids(token) for name, token in names.items()},
        vision_config={
            **_VISION,
            "depth": 2,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 14,
            "image_size": 56,
        },
    )
    pictures = {
        "image_processor_type": "Glm46VImageProcessor",
        "size": {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 64 * 2},
    }
    return _Parts(
        config,
        hf.GlmOcrForConditionalGeneration,
        pictures,
        tokenizer,
        "<|begin_of_image|><|image|><|end_of_image|>",
        {"processor_class": "Glm46VProcessor"},
    )


def _paddleocr_vl(texts: Sequence[str]) -> _Parts:
    special = ("<|IMAGE_START|>", "<|IMAGE_END|>", "<|IMAGE_PLACEHOLDER|>", "<|video_pad|>")
    tokenizer = words.make(
        special, texts, model_specific_special_tokens={"image_token": "<|IMAGE_PLACEHOLDER|>"}
    )
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    config = hf.PaddleOCRVLConfig(
        text_config=_text(tokenizer, head_dim=16, rope_parameters=_ROTARY),
        tie_word_embeddings=False,
        **dict(zip(names, tokenizer.convert_tokens_to_ids(list(special)), strict=True)),
        vision_config={
            **_VISION,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 56,
            "patch_size": 14,
            "spatial_merge_size": 2,
        },
    )
    pictures = {
        "image_processor_type": "PaddleOCRVLImageProcessor",
        "size": {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 64},
    }
    return _Parts(
        config,
        hf.PaddleOCRVLForConditionalGeneration,
        pictures,
        tokenizer,
        "<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>",
        {"processor_class": "PaddleOCRVLProcessor"},
    )


FAMILIES: Mapping[str, Callable[[Sequence[str]], _Parts]] = {
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "idefics3": _idefics3,
    "internvl": _internvl,
    "glm_ocr": _glm_ocr,
    "paddleocr_vl": _paddleocr_vl,
}
