"""SAIL-VL2, written natively: no code of the checkpoint runs.

After SAIL-VL2 (Douyin SAIL team, arXiv 2509.14033), AIMv2 (arXiv 2411.14402) for the vision tower and
InternVL 1.5 (arXiv 2404.16821) for tiles and pixel shuffle, on Qwen3 as transformers has it. The
original code could not be read: tensor names and sizes follow a third party's port (sail-vl2-api by
tonyliu312) and what the authors published. **That the answers are those of the original is not
proven**; where the weights are, `pagemill doctor --parity FOLDER` compares.
"""

UNPROVEN = (
    "this SAIL-VL2 was written without the original code and was not compared with it; "
    "`pagemill doctor --parity FOLDER` does so"
)
