"""A small byte-level tokenizer that knows a little Chinese and English, trained on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
CHAT = (PAD, START, END)
TEXTS = (
    "Invoice No: INV-2026-0042 Date: 2026-11-22 Total: 1,234.50 EUR",
    '{"invoice_number": "INV-1", "total": 12.5, "items": [{"name": "x", "quantity": null}]}',
    "发票号码 12345678 开票日期 2026年11月22日 合计金额 1,234.50 名称 上海某某有限公司",
    "Read the page in the picture and answer with one JSON object.",
)
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}PICTURE"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make(special: Sequence[str], texts: Sequence[str] = TEXTS, **facts: Any) -> PreTrainedTokenizerFast:
    """The tokenizer, trained on texts, with these control tokens beside those of chats."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=440 if texts is TEXTS else 2000,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts] * 4, trainer)
    tokenizer.add_special_tokens([*CHAT, *special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, padding_side="left", **facts
    )


def save(
    tokenizer: PreTrainedTokenizerFast, folder: Path, *, picture: str, template: str = _TEMPLATE
) -> None:
    """Write it with a chat template that puts `picture` where the picture belongs, at its PICTURE."""
    tokenizer.chat_template = template.replace("PICTURE", picture)
    tokenizer.save_pretrained(folder)
