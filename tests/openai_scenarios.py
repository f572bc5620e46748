"""What the OpenAI server of the tests may do, by the name of the model that it is asked for."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from email.utils import formatdate
from typing import Any


def error_of(message: str) -> Body:
    return {"error": {"message": message, "type": "invalid_request_error"}}


Body = dict[str, Any]


Made = tuple[int, Any, dict[str, str]]  # status, JSON or bytes, headers


_PROSE = "Sure! Here is the data:\n```json\n{}\n```\nI hope this helps."


_TOO_LONG = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."


def schema_of(body: Body) -> Body | None:
    """The schema that a request enforces."""
    named = body.get("response_format", {}).get("json_schema", {})
    found = named.get("schema") or body.get("structured_outputs", {}).get("json")
    return found if isinstance(found, dict) else None


def told_schema(body: Body) -> Body | None:
    """The schema at the end of the last message."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    _, found, schema = text.rpartition("JSON Schema:\n")
    return json.loads(schema) if found else None


def example(schema: Any, root: Any = None) -> Any:
    """The least data that a schema allows, null where it may be."""
    root = schema if root is None else root
    if not isinstance(schema, dict):
        return None
    if "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return example(found, root)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if "anyOf" in schema or "oneOf" in schema:
        return example((schema.get("anyOf") or schema["oneOf"])[0], root)
    kinds = schema.get("type", "object" if "properties" in schema else "null")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return _of_kind("null" if "null" in kinds else kinds[0], schema, root)


def _of_kind(kind: str, schema: Body, root: Any) -> Any:
    if kind == "object":
        return {name: example(part, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        dates = {"date": "2024-01-31", "date-time": "2024-01-31T00:00:00Z"}
        return dates.get(schema.get("format", ""), "发票 Nr. 1".ljust(schema.get("minLength", 0), "x"))
    return {"boolean": True, "integer": schema.get("minimum", 0), "number": schema.get("minimum", 0)}.get(
        kind
    )


def chat(text: str, *, finish: str | None = "stop", body: Body, **more: Any) -> Made:
    """An answer as servers give it."""
    message = {"role": "assistant", "content": text, **more}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": finish,
        "logprobs": {"content": pieces(text)} if body.get("logprobs") else None,
    }
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return 200, {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}, {}


def pieces(text: str) -> list[dict[str, Any]]:
    """Tokens of two bytes each, which split Chinese characters, and one that ends the answer."""
    raw = text.encode()
    cut = [raw[at : at + 2] for at in range(0, len(raw), 2)] + [b"<|end|>"]
    return [
        {"token": part.decode("utf-8", "replace"), "bytes": list(part), "logprob": -0.25, "top_logprobs": []}
        for part in cut
    ]


def answer(body: Body) -> str:
    """Data of the schema when it is enforced or told, else a word."""
    if body.get("response_format", {}).get("type") == "json_object":
        return json.dumps(example(told_schema(body) or {}), ensure_ascii=False)
    schema = schema_of(body) or told_schema(body)
    return "Yes" if schema is None else json.dumps(example(schema), ensure_ascii=False)


def _ok(body: Body, _number: int) -> Made:
    return chat(answer(body), body=body)


def _says(text: str, finish: str | None = "stop", **more: Any) -> Callable[[Body, int], Made]:
    return lambda body, _number: chat(text, finish=finish, body=body, **more)


def _fails(status: int, message: str, *, times: int = 10**9, **headers: str) -> Callable[[Body, int], Made]:
    """That status for the first requests, then honest answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def made(body: Body, number: int) -> Made:
        return (status, error_of(message), named) if number <= times else _ok(body, number)

    return made


def _raw(content: Any, **headers: str) -> Callable[[Body, int], Made]:
    return lambda _body, _number: (
        200,
        content,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def _only(*known: str, ignores: bool = False, status: int = 400) -> Callable[[Body, int], Made]:
    """A server that knows these ways of being held to a schema, and refuses or ignores the others."""

    def made(body: Body, number: int) -> Made:
        form = body.get("response_format", {}).get("type")
        used = form or ("structured_outputs" if "structured_outputs" in body else None)
        if used is None or used in known:
            return _ok(body, number)
        if not ignores:
            return status, error_of(f"{used} is not known here"), {}
        plain = {
            name: value
            for name, value in body.items()
            if name not in {"response_format", "structured_outputs"}
        }
        return _ok(plain, number)

    return made


def _after_probe(then: Callable[[Body, int], Made]) -> Callable[[Body, int], Made]:
    """A server that answers small questions and fails at documents."""

    def made(body: Body, number: int) -> Made:
        return _ok(body, number) if "white" in json.dumps(schema_of(body)) else then(body, number)

    return made


def _no_pattern(body: Body, number: int) -> Made:
    """Like servers whose grammar does not know every keyword."""
    if "pattern" in json.dumps(schema_of(body)):
        return (
            400,
            error_of("'pattern' and 'maximum' are not supported; failed to compile the image of the schema"),
            {},
        )
    return _ok(body, number)


def _thinks(body: Body, _number: int) -> Made:
    """Thirty tokens of thought before everything."""
    if body["max_tokens"] < 100:
        return chat("", finish="length", body=body, reasoning_content="Let me see")
    status, made, headers = chat(answer(body), body=body, reasoning_content="Let me see. It is.")
    if body.get("logprobs"):
        made["choices"][0]["logprobs"]["content"] = pieces("Let me see. It is.</think>" + answer(body))
    return status, made, headers


def _think_tags(body: Body, _number: int) -> Made:
    return chat(f"<think>\nIt is white.\n</think>\n\n{answer(body)}", body=body)


def _lying_usage(body: Body, number: int) -> Made:
    status, made, headers = _ok(body, number)
    made["usage"] = {"prompt_tokens": -5, "completion_tokens": "many"}
    return status, made, headers


def _bad_logprobs(body: Body, number: int) -> Made:
    status, made, headers = _ok(body, number)
    made["choices"][0]["logprobs"] = {"content": pieces("something else")}
    return status, made, headers


def _no_logprobs(body: Body, number: int) -> Made:
    return (400, error_of("logprobs are not available"), {}) if "logprobs" in body else _ok(body, number)


def _needs_top_logprobs(body: Body, number: int) -> Made:
    return _ok({**body, "logprobs": body.get("logprobs") if "top_logprobs" in body else None}, number)


def _picture(body: Body) -> Any:
    """The picture of a request, as Pillow opens it."""
    from PIL import Image

    url = body["messages"][0]["content"][0]["image_url"]["url"]
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))


def _too_long(body: Body, number: int) -> Made:
    """No picture of more than 700 pixels fits."""
    return (400, error_of(_TOO_LONG), {}) if max(_picture(body).size) > 700 else _ok(body, number)


def _rows(body: Body, number: int) -> Made:
    """Reads the rows of a list, whose first number and count are the first two pixels of its page."""
    if "rows" not in (schema_of(body) or {}).get("properties", {}):
        return _ok(body, number)
    first, count = (
        high * 256 + low for high, low, _ in map(_picture(body).convert("RGB").getpixel, [(0, 0), (1, 0)])
    )
    return chat(json.dumps({"rows": [{"name": f"row {first + at}"} for at in range(count)]}), body=body)


def _unsure(body: Body, number: int) -> Made:
    """Sure of a field that it is asked for alone, and of none of several."""
    status, made, headers = _ok(body, number)
    told = made["choices"][0]["logprobs"]
    for piece in told["content"] if told else ():
        piece["logprob"] = -0.01 if len((schema_of(body) or {}).get("properties", {})) == 1 else -1.2
    return status, made, headers


SCENARIOS: dict[str, Callable[[Body, int], Made]] = {
    "ok": _ok,
    "slow": _ok,
    "hangs": _ok,
    "drops": _ok,
    "echoes_key": _ok,
    "no_schema": _only("json_object"),
    "structured_outputs_only": _only("structured_outputs"),
    "prompt_only": _only(),
    "stumbles": _only(status=500),
    "ignores_all": _only(ignores=True),
    "ignores_schema": _only("json_object", ignores=True),
    "no_pattern": _no_pattern,
    "refuses_all": _fails(400, "no"),
    "rate_limited": _fails(429, "slow down", times=1, Retry_After="1"),
    "rate_limited_date": _fails(429, "slow down", times=1, Retry_After=formatdate(0, usegmt=True)),
    "rate_limited_long": _fails(429, "slow down", Retry_After="3600"),
    "flaky": _fails(500, "oops", times=2),
    "dead": _fails(503, "no worker is left"),
    "lying_usage": _lying_usage,
    "lying_json": _says(_PROSE),
    "broken_json": _says("{'total': "),
    "runs_on": _after_probe(_says('{"shop": "', "length")),
    "leaves": _after_probe(_fails(503, "no worker is left")),
    "truncated": _says('{"total": "12', "length"),
    "filtered": _says("", "content_filter"),
    "unended": _says("{}", None),
    "html": _raw(b"<html>502 Bad Gateway</html>", Content_Type="text/html"),
    "huge": _raw(b" " * (17 * 2**20)),
    "gzip": _raw(b"\x1f\x8b\x08", Content_Encoding="gzip"),
    "no_choices": _raw({"choices": []}),
    "no_message": _raw({"choices": [{"finish_reason": "stop"}]}),
    "a_list": _raw([1]),
    "odd_content": _raw({"choices": [{"message": {"content": 5}, "finish_reason": "stop"}]}),
    "bad_logprobs": _bad_logprobs,
    "no_logprobs": _no_logprobs,
    "needs_top_logprobs": _needs_top_logprobs,
    "no_images": _fails(400, "no_images is not a multimodal model"),
    "no_mmproj": _fails(500, "image input is not supported - hint: you may need to provide the mmproj"),
    "odd_images": _fails(400, "cannot read the part image"),
    "thinking": _thinks,
    "think_tags": _think_tags,
    "too_long": _too_long,
    "rows": _rows,
    "unsure": _unsure,
    "too_large": _fails(413, "too large"),
    "moved": lambda _body, _number: (302, b"", {"Location": "/v1/chat/completions"}),
}
