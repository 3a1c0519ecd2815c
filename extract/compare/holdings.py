"""Where the captures of a site come from: the archive as of a date, or a folder of files."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from archiver.errors import FormatError
from archiver.records import Capture
from archiver.timestamps import Span, parse_timestamp
from archiver.urls import join_url
from extract.compare.pages import Version
from extract.compare.sites import Held
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_of

__all__ = [
    "COMPARED_TYPES",
    "archived_pages",
    "folder_pages",
    "leads_to",
    "version_in_file",
    "version_of",
    "version_of_memento",
]

COMPARED_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "text/plain"}
)
"""The media types that are compared."""

_PAGE_LIMIT = 1 << 26  # bytes
_START = parse_timestamp("0001")
_SAYS_NOTHING = range(500, 600)  # errors that pass
_COLUMNS = ("url", "file")


def archived_pages(connection: Connection, prefix: str, moment: datetime) -> Iterator[Held]:
    """Give the newest captures up to a moment of every page below a prefix.

    Args:
        connection: a connection of the catalogue.
        prefix: a URL prefix; see `snapshots.index.prefix`.
        moment: an aware datetime.

    A capture of an error that passes says nothing, and the one before it counts. What is withdrawn
    is as if it were not there. Files other than pages (pictures, styles, documents) are left out.
    """
    newest: dict[str, Capture] = {}
    for capture in index.prefix(connection, prefix, Span(_START, moment)):
        is_page = capture.media_type in COMPARED_TYPES or (capture.status or 200) >= 300
        if not is_page or (capture.status or 200) in _SAYS_NOTHING:
            continue
        newest[capture.url] = capture
    for capture in newest.values():
        yield Held(capture.url, capture.timestamp, capture.status, capture.digest, capture)


def folder_pages(folder: Path) -> list[Held]:
    """Read the list of a folder of saved pages: ``pages.csv`` with url, timestamp, status and file.

    Timestamp and status may be left out; a row without a file is a capture without a payload.

    Raises:
        FormatError: when there is no such list, or a row of it cannot be.
    """
    listed = folder / "pages.csv"
    try:
        with listed.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise FormatError(str(listed), f"has no column {missing[0]}")
            return [_held(folder, listed, row) for row in rows if row.get("url")]
    except OSError as error:
        raise FormatError(str(listed), f"cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(str(listed), f"is not a CSV file in UTF-8: {error}") from error


def _held(folder: Path, listed: Path, row: dict[str, str]) -> Held:
    name, status = (row.get("file") or "").strip(), (row.get("status") or "").strip()
    place = folder / name if name else None
    if place is not None and folder.resolve() not in place.resolve().parents:
        raise FormatError(str(listed), f"names a file outside the folder: {name}")
    return Held(
        row["url"].strip(),
        (row.get("timestamp") or "").strip(),
        int(status) if status.isdecimal() else None,
        place=place,
    )


def version_of(held: Held, archive: Archive | None = None) -> Version:
    """Read a capture, to be compared.

    Args:
        held: a capture that has a place.
        archive: where captures of an archive are read.

    Raises:
        FormatError: when its file cannot be read.
        MarshamError: when its record cannot be.
    """
    if isinstance(held.place, Capture) and archive is not None:
        return version_of_memento(memento_of(archive, held.place))
    version = version_in_file(Path(str(held.place)))
    return replace(version, url=held.url, timestamp=held.timestamp, status=held.status)


def version_of_memento(memento: Memento) -> Version:
    """Read a memento, to be compared.

    Raises:
        MarshamError: when its record cannot be read.
    """
    capture = memento.capture
    return Version(
        memento.content(_PAGE_LIMIT),
        url=capture.url,
        timestamp=capture.timestamp,
        content_type=memento.content_type,
        status=capture.status,
        replayed=False,
    )


def version_in_file(path: Path) -> Version:
    """Read a page saved in a file, to be compared.

    Raises:
        FormatError: when the file cannot be read, or is larger than any page for people.
    """
    try:
        with path.open("rb") as file:
            payload = file.read(_PAGE_LIMIT + 1)
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    if len(payload) > _PAGE_LIMIT:
        raise FormatError(str(path), f"is larger than {_PAGE_LIMIT} bytes, no page for people")
    return Version(payload)


def leads_to(archive: Archive, redirect: Capture) -> str:
    """Where a captured redirect leads; empty when its head does not say.

    Raises:
        MarshamError: when its record cannot be read.
    """
    head = memento_of(archive, redirect).head
    location = head.headers.get("Location") if head else None
    return (join_url(redirect.url, location) or "") if location else ""
