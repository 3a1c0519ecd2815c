"""Pages that people saved: single files, folders, and folders with a ``pages.csv``.

Each saved file becomes one capture: the original address, the date chosen among those stated, the
body with another archive's additions taken out, and the provenance that says how it came about.
"""

import csv
import hashlib
import io
import mimetypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from archiver.errors import FormatError, InputError, TimestampError
from archiver.http import media_type
from archiver.ingest.sniff import LISTING
from archiver.provenance import Provenance, choose_date
from archiver.records import DateSource, Grade, Problem, StatedDate
from archiver.timestamps import format_timestamp, parse_date
from archiver.unreplay import Recovered, recover_page
from archiver.urls import check_url, join_url, parse_replay_address

__all__ = ["SavedCapture", "SavedFile", "read_file", "read_folder", "read_listing"]

_COLUMNS = ("url", "timestamp", "status", "file", "content_type", "location")
_FILE_LIMIT = 1 << 28  # bytes of one saved file
_STATUSES = range(100, 600)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d{1,6}\)(\S{1,4000})\s*-->", re.IGNORECASE)
_PAGE_TYPES = frozenset(["text/html", "application/xhtml+xml"])
_TYPES = {  # what the platform's table of endings lacks or gets wrong
    ".asp": "text/html",
    ".aspx": "text/html",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".jsp": "text/html",
    ".php": "text/html",
    ".shtml": "text/html",
    ".woff": "font/woff",
    ".xhtml": "application/xhtml+xml",
}


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file of the input, to be kept untouched."""

    name: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class SavedCapture:
    """A capture made from a saved file, or from a line that says what was answered.

    Attributes:
        url: the original URL.
        timestamp: 14 digits, chosen among the stated dates.
        status: HTTP status; None for a rendering, which no server sent.
        content_type: what the body is, as far as known; empty when unknown.
        body: the body with other archives' additions taken out.
        location: where a redirect led, original URL; empty for none.
        provenance: all dates stated, what was done, what could not be done.
    """

    url: str
    timestamp: str
    status: int | None
    content_type: str
    body: bytes
    location: str
    provenance: Provenance
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """What is known of a saved file before it is read."""

    name: str
    address: str
    stated: tuple[StatedDate, ...] = ()
    status: int | None = 200
    content_type: str = ""
    location: str = ""
    listed: dict[str, str] = field(default_factory=dict)


Saved = SavedCapture | SavedFile | Problem


def read_file(path: Path, *, url: str | None, captured: str | None) -> Iterator[Saved]:
    """Read one saved page or text rendering.

    Args:
        path: the file.
        url: its address, possibly one in another archive; None when the page states it itself.
        captured: when it was captured, where the operator knows.

    Raises:
        FormatError: when its address is neither given nor stated, or it is too large.
        TimestampError: when `captured` is no date.
    """
    saved = _load(path, path.name)
    if isinstance(saved, Problem):
        raise FormatError(str(path), saved.message)
    stated = (_listed_date(captured),) if captured else ()
    kind = _kind(path.name, saved.data)
    address = check_url(url) if url else _stated_address(saved.data, kind)
    if not address:
        raise FormatError(str(path), "does not say which address it had; give it with --url")
    rendering = kind == "text/plain" and not path.suffix.lower() == ".html"
    line = _Line(str(path), address, stated, None if rendering else 200)
    yield saved
    yield _capture(line, saved, path)


def read_listing(folder: Path) -> Iterator[Saved]:
    """Read a folder of saved pages that has a ``pages.csv``.

    The list's first line names its columns: ``url`` (also an address in another archive),
    ``timestamp``, ``status``, ``file``, ``content_type``, ``location``; only ``url`` is needed.
    Columns of other names are kept with the capture's provenance. A line that cannot be used, and a
    file no line names, is a problem; the other lines are read.

    Raises:
        FormatError: when the list is not CSV or has no column ``url``.
    """
    name = f"{folder.name}/{LISTING}"
    data = (folder / LISTING).read_bytes()
    yield SavedFile(name, data, hashlib.sha256(data).hexdigest())
    used = {folder / LISTING}
    for number, row in _rows(folder / LISTING, data):
        file = row.get("file", "")
        path = _inside(folder, file)
        line = _line(row, f"{folder.name}/{file}" if file else name, number)
        if isinstance(line, Problem):
            yield line
        elif file and (path is None or not path.is_file()):
            yield Problem(
                "missing-file",
                f"line {number} names {file!r}, which is not a file of this folder; left out",
                name,
                url=line.address,
            )
        elif not file and line.status == 200:
            yield Problem(
                "missing-file",
                f"line {number} states a page but names no file; left out",
                name,
                url=line.address,
            )
        else:
            yield from _read_line(line, path)
        if path:
            used.add(path)
    for path in _files(folder):
        if path not in used:
            yield from _left_over(folder, path, f"no line of {LISTING} names it")


def read_folder(folder: Path) -> Iterator[Saved]:
    """Read a folder of saved pages without a list.

    A page's address is the one it states itself (an archive's frame, "saved from", base or canonical
    link). A file that states none gets its address from its place beside those that do. What stays
    without an address is a problem.
    """
    pages: dict[Path, str] = {}
    others: list[Path] = []
    for path in _files(folder):
        start = path.read_bytes()[:_FILE_LIMIT] if path.stat().st_size <= _FILE_LIMIT else b""
        kind = _kind(path.name, start)
        address = _stated_address(start, kind) if kind in _PAGE_TYPES else None
        if address:
            pages[path] = address
        else:
            others.append(path)
    root = _common_root(folder, pages)
    for path in sorted([*pages, *others]):
        address = pages.get(path) or (_address_below(root, path.relative_to(folder)) if root else None)
        if address is None:
            yield from _left_over(folder, path, f"its address is not known; list it in a {LISTING}")
            continue
        yield from _read_line(_Line(f"{folder.name}/{path.relative_to(folder)}", address), path)


def _read_line(line: _Line, path: Path | None) -> Iterator[Saved]:
    saved = _load(path, line.name) if path else None
    if isinstance(saved, Problem):
        yield saved
        return
    if saved:
        yield saved
    try:
        yield _capture(line, saved, path)
    except InputError as error:
        yield Problem("no-date", f"{error}; left out", line.name, url=line.address)


def _capture(line: _Line, saved: SavedFile | None, path: Path | None) -> SavedCapture:
    data = saved.data if saved else b""
    kind = media_type(line.content_type)[0] or (_kind(line.name, data) if saved else "")
    recovered = recover_page(
        data, media_type=kind, charset=media_type(line.content_type)[1], address=line.address
    )
    stated = [*line.stated, *recovered.stated]
    if path and not stated:
        stated.append(_file_time(path))
    if not stated:
        raise InputError(f"no date is stated for {line.address}")
    chosen = choose_date(stated)
    location = parse_replay_address(line.location)
    return SavedCapture(
        url=recovered.url or line.address,
        timestamp=chosen.timestamp,
        status=line.status,
        content_type=line.content_type or _content_type(kind, recovered.body, line.status),
        body=recovered.body,
        location=location.url if location else line.location,
        provenance=Provenance.of(
            source=line.name,
            sha256=saved.sha256 if saved else "",
            recovered=recovered,
            stated=stated,
            chosen=chosen,
            listed=line.listed,
        ),
        problems=tuple(_doubts(line, recovered, chosen)),
    )
