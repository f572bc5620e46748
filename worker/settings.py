"""Settings: the only place that reads the environment.

Every value can be set as `PAGEMILL_<NAME>`, a few under the names people have for them already;
`.env.example` lists them all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from worker.errors import SettingsInvalid

MIB = 2**20
ADAPTER_MANIFEST = "pagemill.json"
"""What `pagemill train` says of an adapter, in its folder."""
UP_ENV = "up.env"
"""Where a running `pagemill up` writes how its parts are reached, in the data folder."""


def _known_as(name: str, field: str) -> AliasChoices:
    """A name of the environment that other programs use, too."""
    return AliasChoices(field, name, f"PAGEMILL_{field.upper()}")


class Settings(BaseSettings):
    """What a machine allows and prefers. Read once, passed on as an argument."""

    model_config = SettingsConfigDict(
        env_prefix="PAGEMILL_",
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    # Reading
    engine: str = Field("embedded", description="Engine that reads when none is named.")
    pdf_backend: Literal["auto", "pymupdf", "pdfium"] = Field(
        "auto", description="auto takes PyMuPDF where it is installed, else pdfium."
    )
    ocr_runtime: Literal["auto", "openvino", "onnxruntime"] = Field(
        "auto", description="auto takes OpenVINO where it is installed, else onnxruntime."
    )
    dpi: int = Field(200, ge=36, le=600, description="Resolution at which PDF pages are drawn.")
    max_bytes: int = Field(512 * MIB, gt=0, description="Largest file that is opened.")
    max_pages: int = Field(2000, gt=0, description="Most pages a document may have.")
    max_pixels: int = Field(
        16_000_000, gt=0, description="Pixels a page is scaled down to before it is read."
    )
    max_source_pixels: int = Field(
        200_000_000, gt=0, description="Pixels an image may have; larger ones are refused."
    )
    max_memory: int = Field(
        2048 * MIB, gt=0, description="Address space in bytes of the process that opens a file."
    )
    page_seconds: float = Field(30.0, gt=0, description="Wall and CPU time for opening or a page.")
    document_seconds: float = Field(
        14_400.0, gt=0, description="Time for a document as a whole; its other pages are left out."
    )
    max_words: int = Field(
        10_000, gt=0, description="Words a page may have, and a hundredth of those of a document."
    )
    embedded_data: bool = Field(
        default=True, description="Whether what the file itself says counts: XML, codes, form fields."
    )
    review_below: float = Field(
        0.5, ge=0, le=1, description="A value less sure than this sends the record to review."
    )

    # Vision-language models
    model: str = Field("", description="Profile, folder or name on a server of the model that reads.")
    model_revision: str = Field("", description="Revision the model must be of, as records name it; or any.")
    adapter: str = Field(
        "", description="Folders of adapters that `pagemill train` made, by commas; one for a kind."
    )
    models_dir: Path = Field(Path("models"), description="Folder that `pagemill pull` fills.")
    model_pixels: int = Field(
        2_200_000, ge=50_000, description="Pixels a page is scaled down to for a model: A4 at 150 dpi."
    )
    dialect: Literal["auto", "json", "nuextract", "glm-ocr", "paddleocr-vl", "transcript"] = Field(
        "auto", description="How the model is asked; auto: as its profile says, else json."
    )
    model_text: bool = Field(default=False, description="Tell the model what a recogniser reads.")
    text_model: str = Field("", description="Text model that fills schemas: a folder, or a server's.")
    text_base_url: str | None = Field(None, description="Server of that text model; none: OPENAI_BASE_URL.")
    second_looks: int = Field(
        8, ge=0, le=100, description="Doubtful values of a page that the model is asked for again; 0: none."
    )
    device: Literal["auto", "cuda", "mps", "cpu"] = Field(
        "auto", description="auto takes CUDA, then MPS, then the CPU."
    )
    quantisation: Literal["none", "int8", "nf4"] = Field("none", description="Weights as bitsandbytes' …")
    compile_step: Literal["none", "inductor", "cudagraphs", "aot_eager", "eager"] = Field(
        "none", description="Backend of torch.compile for decode steps; dropped where it does not hold."
    )
    batch_rows: int | None = Field(
        None, ge=1, le=256, description="Most pages that a model reads together; empty: what fits."
    )
    batch_tokens: int | None = Field(
        None, ge=1024, description="Most tokens of a batch, answers included; empty: what fits."
    )
    batch_wait: float = Field(0.03, ge=0, description="Seconds a page waits for others to be read with.")
    max_new_tokens: int = Field(2048, ge=64, description="Tokens of an answer before it is asked for anew.")
    thinking_tokens: int = Field(1024, ge=0, description="Tokens that models which think may think.")
    grounding: Literal["ocr", "text_layer"] = Field(
        "ocr", description="Where the places of a model's values are looked up."
    )
    openai_base_url: str | None = Field(
        None, validation_alias=_known_as("OPENAI_BASE_URL", "openai_base_url")
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=_known_as("OPENAI_API_KEY", "openai_api_key")
    )
    openai_seconds: float = Field(300.0, gt=0, description="Time for one answer of the server, retries too.")
    openai_concurrency: int = Field(8, ge=1, le=256, description="Requests the server gets at a time.")

    fake_seconds: float = Field(0.0, ge=0, description="What the fake engine takes for a page.")

    # Where things are
    store: str = Field(
        "auto", description="auto: s3 where S3_ENDPOINT_URL is set, else local; or one that a package adds."
    )
    data_dir: Path = Field(Path("data"), description="Folder of the ledger, and of objects without S3.")
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0",
        pattern=r"^(redis|rediss|unix)://",
        validation_alias=_known_as("REDIS_URL", "redis_url"),
    )
    database_url: str | None = Field(None, validation_alias=_known_as("DATABASE_URL", "database_url"))
    s3_endpoint_url: str | None = Field(
        None, validation_alias=_known_as("S3_ENDPOINT_URL", "s3_endpoint_url")
    )
    s3_public_url: str | None = Field(None, description="Address of the store for upload URLs, if another.")
    s3_access_key: str | None = Field(None, validation_alias=_known_as("AWS_ACCESS_KEY_ID", "s3_access_key"))
    s3_secret_key: SecretStr | None = Field(
        None, validation_alias=_known_as("AWS_SECRET_ACCESS_KEY", "s3_secret_key")
    )
    s3_bucket: str = Field("pagemill", description="Bucket that holds sources and records.")
    s3_region: str = Field("us-east-1", description="Region of the bucket.")

    # The worker
    queues: str = Field(
        "cpu", pattern=r"^(cpu|gpu)(,(cpu|gpu))*$", description="Queues a worker serves, by commas."
    )
    threads: int = Field(2, ge=1, le=64, description="Documents a worker has in hand at a time.")
    warm_up: bool = Field(default=False, description="Load the engine at start, not with the first document.")
    attempts: int = Field(3, ge=1, description="Times a document is tried before it is given up.")
    lease_seconds: float = Field(15.0, gt=0, description="A worker silent for so long has lost its jobs.")
    sweep_seconds: float = Field(5.0, gt=0, description="Pause between looks for lost jobs.")
    stall_seconds: float = Field(300.0, gt=0, description="A page that takes longer ends the worker.")
    load_seconds: float = Field(1800.0, gt=0, description="A model that takes longer to load ends it, too.")
    silent_seconds: float = Field(
        60.0, gt=0, description="A worker without a sign of life for so long is ended from outside."
    )
    worker_port: int = Field(0, ge=0, description="Port of a worker's /metrics; 0 for none.")

    # The service
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the API.")
    auth: Literal["keys", "off"] = Field("keys", description="off only on a loopback address.")
    session_hours: float = Field(12.0, gt=0, description="How long one stays signed in to the page.")
    max_upload: int = Field(512 * MIB, gt=0, description="Bytes of one upload request.")
    direct_above: int = Field(32 * MIB, gt=0, description="Above so many bytes the page sends to the store.")
    presign_seconds: int = Field(3600, gt=0, le=604800, description="How long an upload URL holds.")
    metrics_token: SecretStr | None = Field(
        None, description="Lets /metrics and all of /readyz be read from other machines."
    )
    webhook_secret: SecretStr | None = Field(None, description="Signs webhooks; without it there are none.")
    webhook_private: bool = Field(default=False, description="Allow webhooks to private addresses.")
    url: str = Field("http://127.0.0.1:8000", description="Service that submit, status … talk to.")
    key: SecretStr | None = Field(None, description="API key they use.")
    retention_days: float | None = Field(None, gt=0, description="Age at which jobs are erased; none: never.")
    audit_days: float | None = Field(
        None, gt=0, description="Age at which entries of the audit log are forgotten; empty: never."
    )
    watch_seconds: float = Field(2.0, gt=0, description="Pause between looks into the inbox.")
    bucket_seconds: float = Field(60.0, gt=0, description="Pause between looks into the bucket's inbox.")
    settle_seconds: float = Field(2.0, ge=0, description="How long a file must stand still.")
    tracing: bool = Field(default=False, description="Send traces by OpenTelemetry.")
    log_format: Literal["json", "text"] = Field("json", description="Form of the log on stderr.")
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        BeforeValidator(lambda text: str(text).upper()),
    ] = Field("INFO", validation_alias=_known_as("LOG_LEVEL", "log_level"))

    @property
    def model_key(self) -> str:
        """The model, its revision and how it is run, as far as answers depend on it: part of a job's key."""
        return self._key_of(f"{self.model}@{self.model_revision}" if self.model_revision else self.model)

    @property
    def model_keys_served(self) -> frozenset[str]:
        """The keys of jobs that a worker set so may read: its own, and that which asks for any revision."""
        return frozenset({self.model_key, self._key_of(self.model)})

    def _key_of(self, model: str) -> str:
        quantised = self.quantisation if self.quantisation != "none" else ""
        dialect = self.dialect if self.dialect != "auto" else ""
        text = "with text" if self.model_text else ""
        filled = f"filled by {self.text_model}" if self.text_model else ""
        run = ", ".join(filter(None, (quantised, dialect, text, filled, *map(_adapter_key, self.adapters))))
        return f"{model} [{run}]" if run else model

    def with_model(self, model: str, **others: object) -> Settings:
        """The same with this model; a revision that is set is that of the model that is set."""
        revision = self.model_revision if model == self.model else ""
        return self.model_copy(update={"model": model, "model_revision": revision, **others})

    @property
    def adapters(self) -> tuple[Path, ...]:
        """The folders of the adapters."""
        return tuple(Path(name.strip()) for name in self.adapter.split(",") if name.strip())

    @property
    def ledger_url(self) -> str:
        """Where the ledger is, as SQLAlchemy writes it."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'ledger.sqlite'}"
        scheme, rest = self.database_url.split("://", 1) if "://" in self.database_url else ("", "")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else self.database_url


@cache
def _adapter_key(folder: Path) -> str:
    """The kind of an adapter and the hash of its weights, as its manifest says; raises SettingsInvalid."""
    try:
        told = json.loads((folder / ADAPTER_MANIFEST).read_text(encoding="utf-8"))
        return f"{told['kind']}-{told['sha256'][:12]}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        detail = f"PAGEMILL_ADAPTER: {folder / ADAPTER_MANIFEST} cannot be read; every part needs its hash"
        raise SettingsInvalid(detail=detail) from error


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process: this one's, and more."""
    return {**os.environ, **more}  # noqa: TID251 (this is the module that may)


def load(*, beside_up: bool = True) -> Settings:
    """The settings of this process; raises SettingsInvalid with the names of those that are wrong.

    With `beside_up`, what is not set otherwise is what a `pagemill up` running on the data folder
    wrote down.
    """
    try:
        found = Settings()
        beside = found.data_dir / UP_ENV
        return Settings(_env_file=(beside, ".env")) if beside_up and beside.is_file() else found
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(str(item['loc'][0]))}: {item['msg']}" for item in error.errors())
        raise SettingsInvalid(detail=wrong) from error


@cache
def version() -> str:
    """The version of Pagemill that is running."""
    return metadata.version("pagemill")


def origin(settings: Settings) -> str:
    """Which ledger the settings mean, and the file that says so, for people; without a password."""
    url = _without_user(settings.ledger_url)
    given = Path(".env")
    return f"{url}, by {given.resolve()}" if given.is_file() else url


def _without_user(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


def unknown() -> tuple[str, ...]:
    """Names in the environment that look like settings and are none, such as one that is misspelt."""
    known = {f"PAGEMILL_{name.upper()}" for name in Settings.model_fields}
    return tuple(sorted(name for name in os.environ if name.startswith("PAGEMILL_") and name not in known))  # noqa: TID251 (this is the module that may)


def _variable(name: str) -> str:
    """How the environment calls a setting: by the name that other programs use, where there is one."""
    field = Settings.model_fields.get(name)
    alias = field.validation_alias if field else None
    known = alias.choices[1] if isinstance(alias, AliasChoices) else f"PAGEMILL_{name.upper()}"
    return str(known)
