"""A model behind an OpenAI-compatible server, as a `Generator`.

Each call of `generate` runs an event loop of its own with a connection of its own. That makes it
safe from several threads without a lock, and it is what lets a request be given up at any moment:
httpx cannot interrupt a thread that waits for a server, nor go on after a short read timeout, but
cancelling a task closes its connection at once, at which servers stop to generate. Streaming would
only allow to look between two tokens, and nothing comes while a page is taken in. A connection per
page costs little next to the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import SecretStr

from worker.errors import ModelUnavailable, ModelUnusable, OutOfMemory, OutputInvalid, UnsupportedByEngine
from worker.reading.engines.openai_http import faults, ladder, pictures, wire
from worker.reading.engines.openai_http.faults import ServerRefusal
from worker.reading.engines.openai_http.ladder import Ladder, Mode
from worker.reading.engines.openai_http.retry import Pace
from worker.reading.engines.openai_http.server import Server
from worker.reading.engines.vision.base import Answer, Cancelled, Finish, Prompt
from worker.reading.engines.vision.resize import halved

_POLL = 0.1  # seconds between two looks whether anybody still wants the answer
_LOAD_SECONDS = 10.0
_PROBE_THINKING = 1024
_LOGPROBS: tuple[Mapping[str, Any], ...] = ({"logprobs": True}, {"logprobs": True, "top_logprobs": 1}, {})
"""How to ask for probabilities, the plainest way first; the last one asks for none."""
_UNTOLD = "the server tells no probabilities of tokens; confidence is by the page alone"


class OpenAiGenerator:
    """Asks a server. `warm_up` finds out what it can do; without that, it is found out page by page."""

    name = "openai"
    max_rows = 1
    revision: str | None = None
    caveats: tuple[str, ...] = ()
    sees = True

    def __init__(
        self,
        base_url: str | None,
        model: str,
        *,
        api_key: SecretStr | None,
        seconds: float,
        concurrency: int,
        pace: Pace | None = None,
    ) -> None:
        self.model = model
        self.concurrency = concurrency
        self.thinks = False
        self._pace = pace or Pace()
        self._server = Server(base_url, api_key, pace=self._pace)
        self._seconds = seconds
        self._ladder = Ladder()
        self._extras: Mapping[str, Any] = {}

    def load(self) -> None:
        """See that the server is there and has the model, and that this takes pictures.

        Raises ModelUnavailable, ModelUnusable.
        """
        seconds = min(_LOAD_SECONDS, self._seconds)
        reply = asyncio.run(self._server.call("GET", "models", seconds=seconds))
        try:
            faults.require_success(reply)
            listed = wire.models(reply.body)
        except (ServerRefusal, OutputInvalid) as error:
            raise ModelUnavailable(
                detail=f"the server lists no models at /models ({error}); OPENAI_BASE_URL mostly ends in /v1"
            ) from error
        found = wire.chosen(listed, self.model)
        if self.sees and found.pictures is False:
            raise ModelUnusable(
                detail=f"{found.name!r} on the server takes no pictures, as its list of models says; "
                "serve a vision-language model (llama.cpp: with --mmproj)"
            )
        self.model, self.revision = found.name, found.revision

    def warm_up(self) -> None:
        """Probe how the server can be held to a schema, and whether it tells probabilities.

        Raises ModelUnavailable, and UnsupportedByEngine when it takes no pictures.
        """
        try:
            asyncio.run(self._probe())
        except (OutputInvalid, OutOfMemory) as error:
            raise ModelUnavailable(
                detail=f"the server has no usable answer to a first small question ({error})"
            ) from error

    def count_tokens(self, prompt: Prompt) -> int:
        """An estimate: a token per 28 x 28 pixels and per three characters. Only the server could count."""
        return pictures.tokens(prompt.picture) + sum(len(message.text) for message in prompt.messages) // 3

    def generate(self, batch: Sequence[Prompt], cancelled: Cancelled) -> Sequence[Answer]:
        """Answer the prompts one after the other; raises EngineError for the first that fails."""
        return [
            asyncio.run(_unless(partial(cancelled, row), self._answer(prompt)))
            for row, prompt in enumerate(batch)
        ]

    def smaller(self, prompt: Prompt) -> Prompt | None:
        """The prompt with half the pixels, down to a long side of 512."""
        picture = halved(prompt.picture)
        return None if picture is None else replace(prompt, picture=picture)

    def close(self) -> None:
        """Nothing is held between two answers."""

    async def _answer(self, prompt: Prompt) -> Answer:
        """The answer in the strictest way that the server takes this schema."""
        picture = pictures.data_uri(prompt.picture)
        until = self._pace.clock() + self._seconds
        last: ServerRefusal | None = None
        for mode in self._ladder.rungs(prompt.schema):
            put = prompt if mode is Mode.JSON_SCHEMA else ladder.with_schema(prompt)
            try:
                answer = await self._asked(put, picture, mode=mode, seconds=until - self._pace.clock())
            except ServerRefusal as error:
                last = error
                continue
            self._ladder.remember(prompt.schema, mode)
            return answer
        assert last is not None
        raise self._unusable(last) from last

    async def _asked(
        self,
        prompt: Prompt,
        picture: str | None,
        *,
        mode: Mode,
        seconds: float,
        extras: Mapping[str, Any] | None = None,
        probing: bool = False,
    ) -> Answer:
        """One request; raises ServerRefusal when it would have to be put in another way."""
        more = {**ladder.fields(mode, prompt.schema), **(self._extras if extras is None else extras)}
        body = wire.request(prompt, picture, model=self.model, more=more)
        final = faults.refusing() if probing else faults.is_final
        reply = await self._server.call("POST", "chat/completions", seconds=seconds, body=body, final=final)
        faults.require_success(reply, probing=probing)
        answer = wire.answer(reply.body, structured=prompt.schema is not None)
        return replace(answer, notes=(*ladder.notes(mode, prompt.schema), *answer.notes))

    def _unusable(self, error: ServerRefusal) -> ModelUnavailable | UnsupportedByEngine:
        if error.status == 404:
            return ModelUnavailable(detail=f"the server has no chat with {self.model!r} ({error.said})")
        return UnsupportedByEngine(detail=f"the server refuses the request ({error})")

    async def _probe(self) -> None:
        self._ladder.start = await self._probe_modes()
        self._extras = await self._probe_logprobs(self._ladder.start)
        self.caveats = () if self._extras else (_UNTOLD,)

    async def _probe_modes(self) -> Mode:
        """The strictest way of holding the server to a schema that it keeps to."""
        last: ServerRefusal | OutputInvalid | None = None
        for mode in Mode:
            try:
                answer = await self._probed(mode, {})
            except ServerRefusal as error:
                if error.about_images:
                    raise UnsupportedByEngine(
                        detail=f"{self.model!r} on the server takes no pictures ({error})"
                    ) from error
                last = error
                continue
            except OutputInvalid as error:
                last = error
                continue
            if mode is Mode.PROMPT or ladder.keeps(answer):
                return mode
        assert last is not None
        raise (self._unusable(last) if isinstance(last, ServerRefusal) else last) from last

    async def _probe_logprobs(self, mode: Mode) -> Mapping[str, Any]:
        """The fields that make the server tell probabilities that spell its answer."""
        for extras in _LOGPROBS[:-1]:
            try:
                answer = await self._probed(mode, extras)
            except (ServerRefusal, OutputInvalid):
                continue
            if answer.tokens:
                return extras
        return _LOGPROBS[-1]

    async def _probed(self, mode: Mode, extras: Mapping[str, Any]) -> Answer:
        """The answer to a small question. A model that thinks needs room to come to its answer."""
        thinking = _PROBE_THINKING if self.thinks else 0
        prompt = ladder.probe(mode, thinking=thinking, sees=self.sees)
        picture = pictures.data_uri(prompt.picture)
        # The whole time of an answer: some servers load the model with its first request.
        answer = await self._asked(
            prompt, picture, mode=mode, seconds=self._seconds, extras=extras, probing=True
        )
        if answer.thinking and not self.thinks:
            self.thinks = True
            return await self._probed(mode, extras)
        return answer


class OpenAiTextGenerator(OpenAiGenerator):
    """Asks a model on a server that need not take pictures: its prompts have none."""

    sees = False


async def _unless(cancelled: Callable[[], bool], work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work gives, or a cancelled answer as soon as nobody wants it any more."""
    task = asyncio.create_task(work)
    try:
        while not cancelled():
            done, _ = await asyncio.wait({task}, timeout=_POLL)
            if done:
                return task.result()
        return Answer("", Finish.CANCELLED)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
