"""The documents a page offers, as the page tells of them, as they were served and as they are kept.

A page says "PDF, 45 KB"; the server said another type or length; and what the archive holds may be
an error page, a login, or nothing. All three are told, and nothing is decided between them.
"""

from dataclasses import dataclass

from archiver.errors import MarshamError, NoCaptureError, WithdrawnError
from archiver.http import CodingError, decode_content, media_type
from archiver.timestamps import parse_timestamp
from extract.asof import PageAsOf
from extract.facts.records import Attachment
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_at

__all__ = ["Attached", "attached_to", "kept_format"]

_LOOK = 1024  # bytes by which a format is told
_COUNTED = 1 << 32  # bytes of a document that are counted where no head tells how many there are
# How files begin. Sources: the MIME Sniffing Standard, clause 6; PDF 1.7, clause 7.5.2; [MS-CFB]
# 2.2; OpenDocument 1.2 part 3, clause 3.3.
_STARTS = (
    (b"{\\rtf", "rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc, xls or ppt"),
    (b"\x1f\x8b", "gzip"),
    (b"GIF8", "gif"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)
_PACKED = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body")


@dataclass(frozen=True, slots=True)
class Attached:
    """One document of a page.

    Attributes:
        claimed: what the page says of it.
        state: ``captured``, ``error`` (its capture holds one), ``never captured`` or ``withdrawn``,
            or in words why it cannot be read.
        timestamp: of the capture closest to the page's; empty where there is none.
        digest: of its payload as it was served.
        status: the HTTP status it was served with.
        type_served: the media type the server named.
        size_served: the length the server named, in bytes.
        format_kept: what its first bytes are; empty where they tell nothing.
        size_kept: how many bytes the archive holds, content coding undone.
    """

    claimed: Attachment
    state: str
    timestamp: str = ""
    digest: str = ""
    status: int | None = None
    type_served: str = ""
    size_served: int | None = None
    format_kept: str = ""
    size_kept: int | None = None


def attached_to(archive: Archive, page: PageAsOf) -> tuple[Attached, ...]:
    """Look up every document a page offers, in its capture closest in time to the page's.

    Costs a look at the beginning of each document; those that are chunked or coded are read whole.
    """
    return tuple(_attached(archive, page, claimed) for claimed in page.facts.attachments)


def _attached(archive: Archive, page: PageAsOf, claimed: Attachment) -> Attached:
    try:
        memento = memento_at(archive, claimed.url, parse_timestamp(page.capture.timestamp))
        return _told(memento, claimed)
    except NoCaptureError:
        return Attached(claimed, "never captured")
    except WithdrawnError:
        return Attached(claimed, "withdrawn")
    except MarshamError as error:  # an erased or a damaged record
        return Attached(claimed, str(error))


def _told(memento: Memento, claimed: Attachment) -> Attached:
    capture, head = memento.capture, memento.head
    status = head.status if head else None
    length = head.headers.get("Content-Length") if head else None
    return Attached(
        claimed,
        "captured" if status is None or status < 300 else "error",
        capture.timestamp,
        capture.digest,
        status,
        media_type(memento.content_type)[0],
        int(length) if length and length.isascii() and length.isdigit() else None,
        kept_format(memento.beginning(_LOOK)),
        _size(memento),
    )


def _size(memento: Memento) -> int | None:
    codings = memento.content_codings
    if not codings and (length := memento.entity_length()) is not None:
        return length
    try:
        return sum(map(len, decode_content(memento.entity(), codings, _COUNTED)))
    except CodingError:
        return None


def kept_format(start: bytes) -> str:
    """Tell a document's format by how it begins; empty where that tells nothing.

    >>> kept_format(b"%PDF-1.4"), kept_format(b"<!DOCTYPE html><title>Sign in</title>")
    ('pdf', 'html')
    """
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        if start[30:].startswith(b"mimetypeapplication/vnd.oasis.opendocument"):
            return "odt, ods or odp"
        return next((name for part, name in _PACKED if part in start), "zip")
    if start.lstrip().lower().startswith(_MARKUP):
        return "html"
    return next((name for begins, name in _STARTS if start.startswith(begins)), "")
