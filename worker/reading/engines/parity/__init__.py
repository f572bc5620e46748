"""Compares this project's SAIL-VL2 and CogVLM2 with the code that comes with a checkpoint.

The checkpoint's code runs in `reference_runner`, which is a program of its own under the Python of another
environment; everything else here never runs it.
"""
