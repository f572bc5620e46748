"""Tiny checkpoints with random weights, one per model family, in the form in which real ones come.

    from bench.tiny import families
    families.build("qwen2_5_vl", folder)

They read nothing: they are there to run the real loading, batching and constraining on any machine.
"""
