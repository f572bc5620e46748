"""The document, or the schema it should be read by, cannot be used."""

from __future__ import annotations

from worker.errors.base import PagemillError


class SourceError(PagemillError):
    """The document cannot be read."""

    code = "source_error"
    http = 422


class UnsupportedType(SourceError):
    """This is not a file that can be read ({found}); convert it to PDF."""

    code = "unsupported_type"
    http = 415


class CorruptFile(SourceError):
    """The {kind} file is damaged and cannot be opened ({detail}); export or scan it again."""

    code = "corrupt_file"


class PasswordRequired(SourceError):
    """The PDF is protected by a password; remove the protection and send it again."""

    code = "password_required"


class KindUnclear(SourceError):
    """The kind of this document cannot be told from its words; send it again with one of: {kinds}."""

    code = "kind_unclear"


class EmptyDocument(SourceError):
    """The file has no content; check that the upload was complete."""

    code = "empty_document"


class TooLarge(SourceError):
    """The file has {size} bytes, more than the {limit} allowed; raise PAGEMILL_MAX_BYTES or split it."""

    code = "too_large"
    http = 413


class TooManyPages(SourceError):
    """The document has {pages} pages, more than the {limit} allowed; raise PAGEMILL_MAX_PAGES or split it."""

    code = "too_many_pages"
    http = 413


class PageTooLarge(SourceError):
    """A page has {pixels} pixels, more than the {limit} allowed; raise PAGEMILL_MAX_SOURCE_PIXELS or scale it down."""

    code = "page_too_large"
    http = 413


class TooManyPixels(SourceError):
    """The image has {pixels} pixels, more than the {limit} allowed; raise PAGEMILL_MAX_SOURCE_PIXELS or scale it down."""

    code = "too_large"
    http = 413


class SourceTimeout(SourceError):
    """Opening the document took longer than {seconds} s; raise PAGEMILL_PAGE_SECONDS or simplify it."""

    code = "source_timeout"


class SourceMemory(SourceError):
    """Opening the document took more than {limit} bytes of memory; raise PAGEMILL_MAX_MEMORY or simplify it."""

    code = "too_large"
    http = 413


class PageMissing(SourceError):
    """The document has no page {number}."""

    code = "page_missing"
    http = 404


class OpenerKilled(SourceError):
    """The program that opened the document was killed from outside; see whether the machine is short of memory."""

    code = "opener_killed"
    retryable = True


class SchemaInvalid(PagemillError):
    """The schema cannot be used: {detail}."""

    code = "schema_invalid"
    http = 422


class SchemaTooLarge(SchemaInvalid):
    """The schema has {found} {what}, more than the {limit} allowed; leave out what is not read, or split it."""

    code = "schema_too_large"


class PageTooDense(SourceError):
    """A page has more than the {limit} words allowed; raise PAGEMILL_MAX_WORDS or split it."""

    code = "page_too_dense"


class DocumentTimeout(SourceError):
    """The document took longer than {seconds} s in all; raise PAGEMILL_DOCUMENT_SECONDS or split it."""

    code = "document_timeout"


class DocumentTooDense(SourceError):
    """The document has more than {limit} words in all; split it."""

    code = "document_too_dense"


class PageTooThin(SourceError):
    """A page of {width} x {height} pixels is longer than {limit} times its width; cut it into pieces."""

    code = "page_too_thin"
