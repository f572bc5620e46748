"""The models there are profiles for: what is known of each, the memory it needs, and its files.

Facts and their sources are in `profiles.toml`. Nothing here loads a model.
"""
