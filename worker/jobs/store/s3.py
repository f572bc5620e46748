"""Objects in a bucket of any S3 endpoint, through the minio SDK.

The SDK cannot send If-None-Match, so objects are created by PUT to a presigned URL, where the
header counts: of several writers exactly one gets 200, the others 412.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import PostPolicy
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from worker.errors import ObjectMissing, StorageUnavailable
from worker.jobs.store.base import CHUNK, Stat, UploadForm, spool

_FOREIGN = (MinioException, InvalidResponseError, S3Error, ServerError, urllib3.exceptions.HTTPError, OSError)
_PRESIGNED_FOR = timedelta(hours=1)
_CHECK_SECONDS = 3.0  # who asks whether it is there does not wait longer
_OK = 200
_EXISTS = 412
_RACE = 409  # another writer is at it at this moment, and may yet fail


class S3Store:
    """One bucket."""

    def __init__(
        self,
        endpoint_url: str,
        *,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str,
        public_url: str | None = None,
        seconds: float = 30.0,
        retries: int = 4,
    ) -> None:
        self._bucket = bucket
        self._http = _pool(seconds, retries)

        def at(url: str, http: urllib3.PoolManager | None) -> Minio:
            parts = urlsplit(url)
            return Minio(
                parts.netloc,
                access_key=access_key,
                secret_key=secret_key,
                region=region,
                secure=parts.scheme == "https",
                http_client=http,
            )

        self._client = at(endpoint_url, self._http)
        self._quick = at(endpoint_url, _pool(_CHECK_SECONDS, 0))
        self._public_url = (public_url or endpoint_url).rstrip("/")
        self._public = at(self._public_url, None)  # a signature holds for one host only

    def create(self, key: str, data: bytes | BinaryIO, *, size: int | None = None) -> bool:
        """PUT with If-None-Match."""
        length = len(data) if isinstance(data, bytes) else size
        assert length is not None, "a stream needs its size"
        with _translated(key):
            url = self._client.presigned_put_object(self._bucket, key, expires=_PRESIGNED_FOR)
            headers = {"If-None-Match": "*", "Content-Length": str(length)}
            answer = self._http.request("PUT", url, body=data, headers=headers)
        if answer.status == _EXISTS or (answer.status == _RACE and self.stat(key) is not None):
            return False
        if answer.status != _OK:
            raise StorageUnavailable(detail=_reason(answer.data))
        return True

    def write(self, key: str, data: bytes) -> None:
        """Put an object."""
        with _translated(key):
            self._client.put_object(self._bucket, key, io.BytesIO(data), len(data))

    def read(self, key: str) -> bytes:
        """Get an object."""
        with self.open(key) as pieces:
            return b"".join(pieces)

    @contextmanager
    def open(self, key: str) -> Iterator[Iterator[bytes]]:
        """Get an object in pieces."""
        with _translated(key):
            answer = self._client.get_object(self._bucket, key)
            try:
                yield answer.stream(CHUNK)
            finally:
                answer.close()
                answer.release_conn()

    def fetch(self, key: str, path: Path) -> None:
        """Get an object as a file."""
        with self.open(key) as pieces:
            spool(pieces, path)

    def stat(self, key: str) -> Stat | None:
        """Size and ETag."""
        try:
            with _translated(key):
                found = self._client.stat_object(self._bucket, key)
        except ObjectMissing:
            return None
        return Stat(key, found.size or 0, found.etag or "")

    def list(self, prefix: str) -> Iterator[Stat]:
        """Keys that begin with `prefix`."""
        with _translated(prefix):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                if found.object_name and not found.is_dir:
                    yield Stat(found.object_name, found.size or 0, found.etag or "")

    def copy(self, key: str, to: str) -> None:
        """Copy inside the store."""
        with _translated(key):
            self._client.copy_object(self._bucket, to, CopySource(self._bucket, key))

    def delete(self, key: str) -> None:
        """Remove an object."""
        with _translated(key):
            self._client.remove_object(self._bucket, key)

    def presign_upload(self, key: str, *, until: float, most: int) -> UploadForm:
        """A POST policy, for the URL of a PUT would take an object of any size."""
        policy = PostPolicy(self._bucket, datetime.fromtimestamp(until, UTC))
        policy.add_equals_condition("key", key)
        policy.add_content_length_range_condition(1, most)
        with _translated(key):
            fields = self._public.presigned_post_policy(policy)
        return UploadForm(f"{self._public_url}/{self._bucket}", {"key": key, **fields})

    def check(self) -> None:
        """The bucket is there, and these credentials may use it."""
        with _translated(""):
            if not self._quick.bucket_exists(self._bucket):
                raise StorageUnavailable(detail=f"there is no bucket {self._bucket!r}; create it")

    def prepare(self) -> None:
        """Make the bucket."""
        with _translated(""):
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)

    def close(self) -> None:
        """Let go of connections."""
        self._http.clear()


def _pool(seconds: float, retries: int) -> urllib3.PoolManager:
    """Connections that try again, with growing pauses, what may be tried again."""
    retry = urllib3.Retry(
        total=retries,
        connect=retries,
        read=retries,
        backoff_factor=0.2,
        backoff_jitter=0.2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
    )
    timeout = urllib3.Timeout(connect=5.0, read=seconds)
    return urllib3.PoolManager(maxsize=32, retries=retry, timeout=timeout)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in {"NoSuchKey", "NoSuchObject"}:
            raise ObjectMissing(key=key) from error
        raise StorageUnavailable(detail=error.code or "refused") from error
    except _FOREIGN as error:
        raise StorageUnavailable(detail=type(error).__name__) from error


def _reason(body: bytes) -> str:
    """The code in an S3 error document, for the rest may name what should stay unnamed."""
    start, end = body.find(b"<Code>"), body.find(b"</Code>")
    return body[start + 6 : end].decode("ascii", "replace") if 0 <= start < end else "refused"
