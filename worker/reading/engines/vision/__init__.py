"""Reading documents with a vision-language model: what all of these models share.

`base` is the contract of a model, `engine` makes documents of its answers. The models themselves
are beside this folder: `transformers`, `cogvlm2`, `sail_vl2`, `openai_http`.
"""
