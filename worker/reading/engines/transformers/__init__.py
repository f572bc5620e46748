"""Models that run in this process on torch and transformers.

`generator` runs a checkpoint, `auto` opens any that transformers knows; `cogvlm2` and `sail_vl2`
beside this folder open theirs. Nothing here runs code that comes with a checkpoint.
"""
