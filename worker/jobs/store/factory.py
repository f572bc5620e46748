"""Which store the settings mean: the only module that names them."""

from __future__ import annotations

from worker.errors import MissingExtra, SettingsInvalid
from worker.jobs.store.base import Store
from worker.jobs.store.local import LocalStore
from worker.settings import Settings


def create(settings: Settings, *, retries: int = 4) -> Store:
    """The bucket at S3_ENDPOINT_URL, or else the folder `objects` under the data folder."""
    if settings.s3_endpoint_url is None:
        return LocalStore(settings.data_dir / "objects")
    if settings.s3_access_key is None or settings.s3_secret_key is None:
        raise SettingsInvalid(detail="S3_ENDPOINT_URL needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    try:
        from worker.jobs.store.s3 import S3Store
    except ModuleNotFoundError as error:
        raise MissingExtra(feature="S3 storage", extra="service") from error
    return S3Store(
        settings.s3_endpoint_url,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        public_url=settings.s3_public_url,
        retries=retries,
    )
