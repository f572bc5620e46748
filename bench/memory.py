"""What the models take up, computed from their architectures, as a Markdown table.

    python -m bench.memory

Weights are those of the forms Pagemill loads: in int8 and nf4 the vision tower, the projector, the
embeddings and the output layer stay bf16. Nothing in the table was measured on a GPU.
"""

from __future__ import annotations

from worker.reading.models import memory_estimate
from worker.reading.models.registry import QUANTISATIONS, Profile, Quantisation, profiles

HEADINGS = (
    "profile",
    "parameters",
    "weights bf16 / int8 / nf4",
    "1 page bf16 / int8 / nf4",
    "8 pages bf16 / int8 / nf4",
    "cache a token",
    "published",
)


def main() -> None:
    print(f"| {' | '.join(HEADINGS)} |")
    print(f"|---|{'--:|' * (len(HEADINGS) - 2)}---|")
    for profile in profiles().values():
        print(f"| {' | '.join(_row(profile))} |")
    print(f"\n{_NOTE}")


_NOTE = (
    "GB (10⁹ bytes), computed, never measured on a GPU; ? is not known, - does not exist. A page is A4 at "
    f"200 dpi with {memory_estimate.PROMPT_TOKENS} tokens of prompt and an answer of {memory_estimate.ANSWER_TOKENS}. int8 and "
    "nf4 are of the decoder's linear layers; vision tower, projector, embeddings and output layer stay bf16 "
    "(the int4 files of CogVLM2: only embeddings and output layer). nf4 has a float32 scale for 64 weights."
)


def _row(profile: Profile) -> tuple[str, ...]:
    if profile.architecture is None:
        return (f"`{profile.name}`", "?", "?", "?", "?", "?", profile.published_memory)
    return (
        f"`{profile.name}`",
        f"{memory_estimate.parameters(profile.architecture).total / 1e9:.2f} B",
        _forms(profile, pages=0),
        _forms(profile, pages=1),
        _forms(profile, pages=8),
        f"{memory_estimate.cache_per_token(profile.architecture.text) / 1024:.0f} KiB",
        profile.published_memory,
    )


def _forms(profile: Profile, *, pages: int) -> str:
    return " / ".join(_form(profile, quantisation, pages) for quantisation in QUANTISATIONS)


def _form(profile: Profile, quantisation: Quantisation, pages: int) -> str:
    held = memory_estimate.weights(profile, quantisation)
    size = memory_estimate.needed(profile, quantisation, pages) if pages else held
    return "-" if size is None else f"{size / 1e9:.1f}"


if __name__ == "__main__":
    main()
