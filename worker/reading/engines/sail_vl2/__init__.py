"""SAIL-VL2, written natively: no code of the checkpoint runs.

After SAIL-VL2 (Douyin SAIL team, arXiv 2509.14033), AIMv2 (arXiv 2411.14402) for the vision tower and
InternVL 1.5 (arXiv 2404.16821) for tiles and pixel shuffle, on Qwen3 as transformers has it. Compared
with the published code of the 2B model on a tiny checkpoint, see `bench/golden.py`; all 490 names and
sizes of its weight index are those of this class. The 8B and the thinking models go by the same code.

Models with experts (Qwen3-MoE as the language model) are named in the paper only: there are no
published weights or code, and the code that is published refuses them. Such a config is run here and
its records say so.
"""
