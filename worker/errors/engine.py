"""The document was opened, but not read."""

from __future__ import annotations

from worker.errors.base import PagemillError


class EngineError(PagemillError):
    """The engine could not read the document."""

    code = "engine_error"
    http = 503


class ModelUnavailable(EngineError):
    """The model cannot be loaded: {detail}."""

    code = "model_unavailable"
    retryable = True


class ModelUnusable(ModelUnavailable):
    """No model can be read with: {detail}."""

    code = "model_unusable"
    retryable = False


class ModelChanged(ModelUnusable):
    """The file {file} of the model is not the one that was pulled; run: pagemill pull {model}."""

    code = "model_changed"


class OutOfMemory(EngineError):
    """The engine ran out of memory on a page; use a smaller model or a lower resolution."""

    code = "out_of_memory"
    retryable = True


class DeviceLost(EngineError):
    """The GPU cannot be used any more by this process ({detail}); the worker is started again."""

    code = "device_lost"
    retryable = True


class OutputTruncated(EngineError):
    """The engine's answer was cut off before it was complete; raise PAGEMILL_MAX_NEW_TOKENS."""

    code = "output_truncated"
    retryable = True


class OutputInvalid(EngineError):
    """The engine's answer is not data of the schema: {detail}."""

    code = "output_invalid"
    retryable = True


class UnsupportedByEngine(EngineError):
    """This engine cannot read what was asked for: {detail}."""

    code = "unsupported_by_engine"
    http = 422
