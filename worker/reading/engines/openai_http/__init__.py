"""Reading with the model of an OpenAI-compatible server: vLLM, SGLang, LMDeploy, llama.cpp, Ollama.

`generator` is the model as the rest sees it. `server` makes the requests and `retry` repeats them,
`faults` says which error a refusal is, `ladder` how the schema is put to the server, `wire` what
requests and answers look like, with `pictures` and `spelling` for their two harder parts.
"""
