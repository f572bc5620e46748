"""POST /v1/hooks/s3: the store says that something came. It is a hint only: the sweep finds what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Body
from pydantic import BaseModel

from api.auth import AppDep, Submitter
from api.problems import responses
from worker.jobs import object_keys

router = APIRouter(prefix="/v1/hooks", tags=["documents in"])
_EXAMPLE = {"EventName": "s3:ObjectCreated:Put", "Key": "pagemill/inbox/receipt/bill.pdf"}


class Announced(BaseModel):
    """What was understood."""

    keys: list[str]


@router.post("/s3", status_code=202, responses=responses())
def s3_event(
    event: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])], app: AppDep, _principal: Submitter
) -> Announced:
    """Take a notification of MinIO, its forks, Amazon S3 or SeaweedFS, and look into the inbox."""
    bucket = app.settings.s3_bucket
    keys = [key for key in _keys(event, bucket) if key.startswith(object_keys.INBOX)]
    if keys:
        app.broker.announce_drop()
    return Announced(keys=keys[:1000])


def _keys(event: dict[str, Any], bucket: str) -> Iterator[str]:
    """The keys of an event, relative to the bucket."""
    records = event.get("Records")
    for record in records if isinstance(records, list) else []:
        found = _dig(record, "s3", "object", "key")
        if isinstance(found, str) and _dig(record, "s3", "bucket", "name") in (bucket, None):
            yield unquote_plus(found)
    named = event.get("Key", event.get("key"))
    if isinstance(named, str) and not isinstance(records, list):
        path = named.removeprefix("/buckets/").lstrip("/")
        yield path.removeprefix(f"{bucket}/")


def _dig(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
