"""A tokenizer with as many tokens as those of real models, for measuring what depends on their number."""

from __future__ import annotations

import random
from itertools import pairwise

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from bench.tiny.tokenizer import CHAT, END, PAD

_LETTERS = "etaoinshrdlucmfwygpbvkxqjzETAOINSHRDLUCMFWYGPBVKXQJZ0123456789Ġ"
_MOST = 9  # letters of a word


def make(tokens: int, special: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """Byte-level, of made-up words and all their beginnings: a trie about as deep as a real one."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges: dict[tuple[str, str], None] = {}
    chance = random.Random(0)
    room = tokens - len(alphabet) - len(CHAT) - len(special)
    known = set(alphabet)
    while len(merges) < room:
        word = "".join(chance.choices(_LETTERS, k=chance.randint(2, _MOST)))
        beginnings = [word[:end] for end in range(1, len(word) + 1)]
        for before, after in pairwise(beginnings):
            if after not in known and len(merges) < room:
                merges[before, after[-1]] = None
                known.add(after)
    vocabulary = {token: index for index, token in enumerate([*alphabet, *(a + b for a, b in merges)])}
    tokenizer = Tokenizer(models.BPE(vocabulary, list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*CHAT, *special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, padding_side="left"
    )
