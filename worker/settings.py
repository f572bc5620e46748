"""Settings: the only place that reads the environment.

Every value can be set as `PAGEMILL_<NAME>`; `.env.example` lists them all.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 2**20


class Settings(BaseSettings):
    """What a machine allows and prefers. Read once, passed on as an argument."""

    model_config = SettingsConfigDict(env_prefix="PAGEMILL_", env_file=".env", frozen=True, extra="ignore")

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
    review_below: float = Field(
        0.5, ge=0, le=1, description="A value less sure than this sends the record to review."
    )
