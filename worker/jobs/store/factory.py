"""Which store the settings mean: the only module that names those that are shipped."""

from __future__ import annotations

from schemas import extensions
from worker.errors import MissingExtra, SettingsInvalid
from worker.jobs.store.base import Store
from worker.jobs.store.local import LocalStore
from worker.settings import Settings


def create(settings: Settings, *, retries: int = 4) -> Store:
    """The store of PAGEMILL_STORE: of those shipped, or of the entry-point group `pagemill.stores`.

    An entry point is called as those here are. Raises SettingsInvalid, MissingExtra.
    """
    name = settings.store
    if name == "auto":
        name = "local" if settings.s3_endpoint_url is None else "s3"
    try:
        made: Store = extensions.load("stores", name)(settings, retries=retries)
    except KeyError:
        known = ", ".join(extensions.names("stores"))
        raise SettingsInvalid(detail=f"no store is called {name!r}; there are: auto, {known}") from None
    except extensions.ExtensionBroken as error:
        raise SettingsInvalid(detail=str(error)) from error
    return made


def local(settings: Settings, *, retries: int) -> Store:  # noqa: ARG001 (what every store is called with)
    """The folder `objects` under the data folder."""
    return LocalStore(settings.data_dir / "objects")


def s3(settings: Settings, *, retries: int) -> Store:
    """The bucket at S3_ENDPOINT_URL; raises SettingsInvalid, MissingExtra."""
    if settings.s3_endpoint_url is None:
        raise SettingsInvalid(detail="PAGEMILL_STORE=s3 needs S3_ENDPOINT_URL")
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
