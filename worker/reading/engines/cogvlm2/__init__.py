"""CogVLM2, written natively: no code of the checkpoint runs, and none of its kernels is needed.

After CogVLM2 (Hong et al., arXiv 2408.16500) and CogVLM (Wang et al., arXiv 2311.03079): a language
model whose layers have a second set of weights, the vision expert, for the tokens of the picture.
Tensor names are those of the published checkpoints; what comes out was compared with the original
implementation, see `bench/golden.py`.
"""
