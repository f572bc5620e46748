"""What goes over the wire: a prompt as the body of a request, the body of a response as an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.errors import ModelUnavailable, OutputInvalid
from worker.reading.engines.openai_http.spelling import Piece, clipped, spelled
from worker.reading.engines.vision.base import Answer, Finish, Message, Prompt

_FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH}
_OTHER_ENDS = frozenset({"content_filter", "tool_calls", "function_call", "abort", "error"})
_MOST_NAMED = 20
_NOTHING = Piece(b"", 0.0)
_TAGGED = re.compile(r"\s*<think>(.*?)(?:</think>\s*|\Z)", re.DOTALL)
_HALF_TAGGED = re.compile(r"(?!\s*[{\[\"])(.*?)</think>\s*", re.DOTALL)
_FENCE = re.compile(r"[^{\[]*?```[a-zA-Z]*[ \t]*\r?\n")
_CONTROL = re.compile(
    r"<[|｜][^|｜<>\s]{1,40}[|｜]>|</?(s|bos|eos|pad|image|img|video|think|(start|end)_of_(turn|image))>|\[/?(INST|IMG)\]",
    re.IGNORECASE,
)
_LEAST, _ROUNDED = -1e9, 0.001  # a logarithm a server may tell; a probability a little over 1 is rounding


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a server lists, and whether it takes pictures; None where the server does not say."""

    name: str
    revision: str | None
    pictures: bool | None = None


def request(prompt: Prompt, picture: str | None, *, model: str, more: Mapping[str, Any]) -> bytes:
    """The body that asks a prompt; `picture` is its picture as a `data:` URI, where it has one."""
    assert picture is None or picture.startswith("data:")
    body = {
        "model": model,
        "messages": _messages(prompt.messages, picture),
        "max_tokens": prompt.max_tokens + max(prompt.thinking, 0),
        "temperature": prompt.temperature,
        "stream": False,
        **more,
    }
    return json.dumps(body).encode("ascii")


def models(body: bytes) -> Sequence[Model]:
    """The models of a list."""
    listed = _object(body, "a list of models").get("data")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [
        Model(entry["id"], _short(entry.get("revision")), _takes_pictures(entry))
        for entry in entries
        if isinstance(entry.get("id"), str) and entry["id"]
    ]


def chosen(listed: Sequence[Model], wanted: str) -> Model:
    """The model wanted, or the only one there is; raises ModelUnavailable with the names there are."""
    if not wanted and len(listed) == 1:
        return listed[0]
    for model in listed:
        if wanted and model.name in {wanted, f"{wanted}:latest"}:  # Ollama lists the tag, too
            return replace(model, name=wanted)
    names = ", ".join(model.name[:100] for model in listed[:_MOST_NAMED]) or "none"
    problem = f"the server has no model {wanted!r}" if wanted else "PAGEMILL_MODEL is not set"
    raise ModelUnavailable(detail=f"{problem}; the server lists: {names}")


def answer(body: bytes, *, structured: bool) -> Answer:
    """The answer in a response; raises OutputInvalid. Of one that is data, a fence around it is taken off."""
    whole = _object(body, "an answer")
    choice = _first(whole.get("choices"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise OutputInvalid(detail="the server's answer has no message")
    finish = _finish(choice.get("finish_reason"))
    content = _text(message.get("content"))
    thinking = _text(message.get("reasoning_content")) or _text(message.get("reasoning"))
    found, start, end = _core(content, structured=structured)
    pieces = _pieces(choice.get("logprobs"))
    tokens = spelled(content, pieces, preceded=bool(thinking))
    lost = ("logprobs dropped: they do not spell the answer",) if pieces and content and not tokens else ()
    usage = whole.get("usage")
    return Answer(
        content[start:end],
        finish,
        clipped(tokens, start, end),
        thinking or found,
        notes=lost,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def _messages(messages: Sequence[Message], picture: str | None) -> list[dict[str, Any]]:
    first = next(index for index, message in enumerate(messages) if message.role == "user")
    image = {"type": "image_url", "image_url": {"url": picture}}
    return [
        {
            "role": message.role,
            "content": [image, {"type": "text", "text": _tame(message.text)}]
            if index == first and picture is not None
            else _tame(message.text),
        }
        for index, message in enumerate(messages)
    ]


def _tame(text: str) -> str:
    """The text with a blank in all that may be a control token: the server's vocabulary is not known."""
    return _CONTROL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(body, strict=False)
    except (ValueError, RecursionError) as error:
        raise OutputInvalid(detail=f"the server sent no JSON but {what} was expected") from error
    if not isinstance(found, dict):
        raise OutputInvalid(detail=f"the server sent JSON that is not {what}")
    return found


def _first(choices: object) -> dict[str, Any]:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    raise OutputInvalid(detail="the server's answer has no choices")


def _finish(reason: object) -> Finish:
    if isinstance(reason, str) and reason in _FINISHES:
        return _FINISHES[reason]
    told = reason if isinstance(reason, str) and reason in _OTHER_ENDS else "unknown"
    raise OutputInvalid(detail=f"the server ended the answer for another reason ({told})")


def _text(content: object) -> str:
    """A text, given as one or in parts; without halves of characters, which nothing could write down."""
    if isinstance(content, list):
        content = "".join(
            str(part["text"])
            for part in content
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if content is None:
        return ""
    if not isinstance(content, str):
        raise OutputInvalid(detail="the server's answer is not a text")
    return content.encode("utf-8", "replace").decode("utf-8")


def _core(content: str, *, structured: bool) -> tuple[str, int, int]:
    """What was thought in the text itself, and where the answer begins and ends in it.

    Some models open the thinking in their template, so that only its end is to be seen; data does
    not begin like that.
    """
    thought = _TAGGED.match(content) or _HALF_TAGGED.match(content)
    thinking, start = (thought[1].strip(), thought.end()) if thought else ("", 0)
    fence = _FENCE.match(content, start) if structured else None
    return thinking, *(_fenced(content, fence.end()) if fence else (start, len(content)))


def _fenced(content: str, start: int) -> tuple[int, int]:
    """What a fence holds. It ends at the next one that begins a line: no string of JSON has lines."""
    end = content.find("\n```", start)
    if end >= 0:
        return start, end
    stripped = content.rstrip()
    return start, len(stripped.removesuffix("```")) if len(stripped) >= start + 3 else len(content)


def _pieces(logprobs: object) -> Sequence[Piece]:
    """The tokens told. When one of them cannot be what it says, they spell nothing any more."""
    told = logprobs.get("content") if isinstance(logprobs, dict) else None
    pieces = [_piece(entry) for entry in told] if isinstance(told, list) else []
    known = [piece for piece in pieces if piece is not None]
    return known if len(known) == len(pieces) else [_NOTHING]


def _piece(entry: object) -> Piece | None:
    if not isinstance(entry, dict):
        return None
    token, raw, logprob = entry.get("token"), entry.get("bytes"), entry.get("logprob")
    if not isinstance(logprob, (int, float)) or not _LEAST < logprob <= _ROUNDED:
        return None
    try:
        spelt = bytes(raw) if isinstance(raw, list) else str(token).encode("utf-8", "replace")
    except (ValueError, TypeError):
        return None
    return Piece(spelt, min(float(logprob), 0.0))


def _count(usage: object, name: str) -> int:
    """A number of the usage, which is the server's word only."""
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**31 else 0


def _takes_pictures(entry: Mapping[str, Any]) -> bool | None:
    """What llama.cpp and others list as `input_modalities`, in an `architecture` or beside the name."""
    told = entry.get("architecture")
    for place in (told, entry):
        listed = place.get("input_modalities") if isinstance(place, dict) else None
        if isinstance(listed, list) and listed:
            return "image" in listed
    return None


def _short(revision: object) -> str | None:
    return revision if isinstance(revision, str) and 0 < len(revision) <= 100 else None
