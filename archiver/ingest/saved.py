"""Pages that people saved: single files, and folders with a ``pages.csv``.

Each saved file becomes one capture: the original address, the date chosen among those stated, the
body with another archive's additions taken out, and the provenance that says how it came about.
"""

import csv
import hashlib
import io
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from archiver.errors import FormatError, InputError, TimestampError
from archiver.http import PAGE_TYPES, media_type
from archiver.ingest.converted import RESPONSE, Converted, message, status_line
from archiver.ingest.listing import ADVICE, column_names, parted_by
from archiver.ingest.names import LISTING, shown
from archiver.provenance import NoDateError, Provenance
from archiver.records import DateSource, Grade, Problem, StatedDate
from archiver.timestamps import format_timestamp, parse_date
from archiver.unreplay import recover_page
from archiver.urls import check_url, join_url, parse_replay_address

__all__ = [
    "KEPT_ONLY",
    "Known",
    "Saved",
    "SavedCapture",
    "SavedFile",
    "as_record",
    "doubts",
    "files_below",
    "kind_of",
    "left_over",
    "name_in",
    "read_file",
    "read_known",
    "read_listing",
    "stated_address",
]

KEPT_ONLY = "kept as an original, but not as a capture: "
_COLUMNS = ("url", "timestamp", "status", "file", "content_type", "location")
_NO_DATE, _REPEATED = "no-date", "repeated-line"  # codes of problems
_FILE_LIMIT = 1 << 28  # bytes of one saved file
_STATUSES = range(100, 600)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d{1,6}\)(\S{1,4000})\s*-->", re.IGNORECASE)
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
class Known:
    """What is known of a saved file before it is read.

    Attributes:
        address: its address, possibly one in another archive.
        grade: the best grade it can have, where that is known; None for what reading it shows.
        left: what is known to be amiss, in words.
    """

    name: str
    address: str
    stated: tuple[StatedDate, ...] = ()
    status: int | None = 200
    content_type: str = ""
    location: str = ""
    listed: tuple[tuple[str, str], ...] = ()
    grade: Grade | None = None
    left: tuple[str, ...] = ()


Saved = SavedCapture | SavedFile | Problem

_URL_SAFE = "!#$%&'()*+,-./:;=?@[]_~"


def as_record(saved: SavedCapture) -> Converted:
    """Make the record that is written for a saved capture.

    Its head holds nothing that was not stated: status, type, where it led, how long the body is. A
    rendering, which no server sent, becomes a resource record.
    """
    if saved.status is None:
        kind, content_type = "resource", saved.content_type or "application/octet-stream"
        block = saved.body
    else:
        kind, content_type = "response", RESPONSE
        fields = [("Content-Type", saved.content_type)] if saved.content_type else []
        if saved.location:
            fields.append(("Location", quote(saved.location, safe=_URL_SAFE)))
        fields.append(("Content-Length", str(len(saved.body))))
        fields = [(name, " ".join(value.split())) for name, value in fields]
        block = message(status_line(saved.status), fields, saved.body)
    return Converted(
        type=kind,
        target=saved.url,
        timestamp=saved.timestamp,
        content_type=content_type,
        block=block,
        counted=str(saved.status or "rendering"),
        provenance=saved.provenance,
        problems=saved.problems,
    )


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
    saved = _load(path, shown(path.name))
    if isinstance(saved, Problem):
        raise FormatError(str(path), saved.message)
    stated = (_listed_date(captured),) if captured else ()
    kind = kind_of(path.name, saved.data)
    address = check_url(url) if url else stated_address(saved.data, kind)
    if not address:
        raise FormatError(str(path), "does not say which address it had; give it with --url")
    line = Known(shown(path), address, stated, None if kind == "text/plain" else 200)
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
    name = shown(f"{folder.name}/{LISTING}")
    data = (folder / LISTING).read_bytes()
    yield SavedFile(name, data, hashlib.sha256(data).hexdigest())
    used = {folder / LISTING}
    lines = _Lines(name)
    for number, row in _rows(folder / LISTING, data):
        file = row.get("file", "")
        path = _inside(folder, file)
        line = _line(row, shown(f"{folder.name}/{file}") if file else name, name, number)
        again = lines.note(number, row)
        if again:
            yield again
        if again and again.code == _REPEATED:
            pass
        elif isinstance(line, Problem):
            yield line
        elif file and path is None:
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
            for found in read_known(line, path):
                if isinstance(found, Problem) and found.code == _NO_DATE:
                    found = replace(found, message=f"line {number}: {found.message}", file=name)
                yield found
        if path:
            used.add(path)
    for path in files_below(folder):
        if path not in used:
            yield from left_over(folder, path, f"no line of {LISTING} names it")


def read_known(line: Known, path: Path | None) -> Iterator[Saved]:
    """Read one saved file, or make the capture of a line that names none."""
    saved = _load(path, line.name) if path else None
    if isinstance(saved, Problem):
        yield saved
        return
    if saved:
        yield saved
    try:
        yield _capture(line, saved, path)
    except NoDateError as error:
        yield Problem(_NO_DATE, f"{error}; left out", line.name, url=line.address)


def _capture(line: Known, saved: SavedFile | None, path: Path | None) -> SavedCapture:
    data = saved.data if saved else b""
    kind, charset = media_type(line.content_type)
    kind = kind or (kind_of(line.name, data) if saved else "")
    recovered = recover_page(data, media_type=kind, charset=charset, address=line.address)
    stated = list(line.stated)
    if path and not stated and not recovered.stated:
        stated.append(_file_time(path))
    provenance = Provenance.of(
        recovered,
        source_file=line.name,
        source_sha256=saved.sha256 if saved else "",
        stated=stated,
        listed=line.listed,
    )
    chosen = provenance.chosen
    if chosen is None:
        raise NoDateError
    found = tuple(doubts(line.name, recovered.url, provenance))
    if line.grade and line.grade > provenance.grade:  # their letters sort from best to worst
        provenance = provenance.graded(line.grade, line.left)
    location = parse_replay_address(line.location)
    return SavedCapture(
        url=recovered.url or line.address,
        timestamp=chosen.timestamp,
        status=line.status,
        content_type=line.content_type or _content_type(kind, recovered.body, line.status),
        body=recovered.body,
        location=location.url if location else line.location,
        provenance=provenance,
        problems=found,
    )


def doubts(name: str, url: str | None, provenance: Provenance) -> Iterator[Problem]:
    """Tell what is doubtful of a recovered page: dates that differ, and what could not be undone.

    Args:
        name: the file or address it was read from.
        url: its original URL, where that is known.
        provenance: what is known of it.
    """
    chosen = provenance.chosen
    if chosen and chosen.conflict:
        message = f"{chosen.conflict}; {chosen.timestamp[:8]} was taken. {chosen.reason}"
        yield Problem("date-conflict", message, name, url=url)
    for left in provenance.left:
        yield Problem("not-undone", left, name, url=url)


def _rows(path: Path, data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("windows-1252", "replace")  # as Excel saves it in Britain
    first = next(iter(text.splitlines()), "")
    parted = parted_by(first)
    if parted and "url" not in column_names(first):
        raise FormatError(str(path), f"its columns are parted by {parted}; {ADVICE}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    try:
        for cells in reader:
            if names is None:
                names = [cell.strip().lower() for cell in cells]
                if "url" not in names:
                    raise FormatError(str(path), "has no column called url in its first line")
            elif any(cell.strip() for cell in cells):
                row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
                yield reader.line_num, row
    except csv.Error as error:
        raise FormatError(f"{path} line {reader.line_num}", f"is not CSV: {error}") from error


class _Lines:
    """The lines of a list read so far, by what they say."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows: dict[tuple[tuple[str, str], ...], int] = {}
        self._captures: dict[tuple[str, str], int] = {}

    def note(self, number: int, row: dict[str, str]) -> Problem | None:
        """Take note of a line; give a problem when one like it went before."""
        same = self._rows.setdefault(tuple(row.items()), number)
        if same != number:
            message = f"line {number}: repeats line {same}; left out"
            return Problem(_REPEATED, message, self._name, url=row.get("url"))
        capture = (row.get("url", ""), row.get("timestamp", ""))
        same = self._captures.setdefault(capture, number) if all(capture) else number
        if same == number:
            return None
        message = f"line {number}: has the address and date of line {same}; both are kept"
        return Problem("repeated-capture", message, self._name, url=capture[0])


def _line(row: dict[str, str], name: str, listing: str, number: int) -> Known | Problem:
    def problem(code: str, message: str) -> Problem:
        return Problem(code, f"line {number}: {message}; left out", listing, url=row.get("url"))

    try:
        address = check_url(row.get("url", ""))
        stated = (_listed_date(row["timestamp"]),) if row.get("timestamp") else ()
    except TimestampError as error:
        return problem("bad-date", str(error))
    except InputError as error:
        return problem("bad-url", str(error))
    status = row.get("status") or "200"
    if not (status.isascii() and status.isdigit() and int(status) in _STATUSES):
        return problem("bad-status", f"{status!r} is no HTTP status")
    location = row.get("location", "")
    return Known(
        name=name,
        address=address,
        stated=stated,
        status=int(status),
        content_type=row.get("content_type", ""),
        location=(join_url(address, location) or "") if location else "",
        listed=tuple(
            (name, value) for name, value in row.items() if name not in _COLUMNS and value
        ),
    )


def _listed_date(text: str) -> StatedDate:
    first = format_timestamp(parse_date(text).first)
    return StatedDate(DateSource.LIST, text if text.isdigit() else first, text)


def _file_time(path: Path) -> StatedDate:
    at = format_timestamp(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    return StatedDate(DateSource.FILE, at, f"{shown(path.name)} last written {at}")


def name_in(folder: Path, path: Path) -> str:
    """Give what to call a file of a folder: the folder's own name, and its place in it."""
    return shown(f"{folder.name}/{path.relative_to(folder)}")


def files_below(folder: Path) -> Iterator[Path]:
    """Give every regular file of a folder in order.

    Links are not followed: what they lead to may lie outside the folder.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _inside(folder: Path, name: str) -> Path | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts:
        return None
    path = folder.joinpath(*parts)
    try:
        found = path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return None
    return path if found else None


def _load(path: Path, name: str) -> SavedFile | Problem:
    size = path.stat().st_size
    if size > _FILE_LIMIT:
        message = f"is {size} bytes; a saved file may have {_FILE_LIMIT}; left out"
        return Problem("too-large", message, name)
    try:
        data = path.read_bytes()
    except OSError as error:
        return Problem("not-readable", f"cannot be read: {error.strerror}; left out", name)
    return SavedFile(name, data, hashlib.sha256(data).hexdigest())


def left_over(folder: Path, path: Path, why: str) -> Iterator[Saved]:
    """Keep a file of which no capture can be made, and say why."""
    name = name_in(folder, path)
    saved = _load(path, name)
    yield saved
    if isinstance(saved, SavedFile):
        yield Problem("not-listed", KEPT_ONLY + why, name)


def kind_of(name: str, data: bytes) -> str:
    """Give the media type a saved file most likely had: by its ending, else by its first bytes."""
    ending = PurePosixPath(name).suffix.lower()
    kind = _TYPES.get(ending) or mimetypes.types_map.get(ending, "")
    if kind and kind != "text/plain":
        return kind
    start = data[:4096].lower()
    if b"<html" in start or b"<!doctype html" in start:
        return "text/html"
    return "" if b"\0" in start else "text/plain"


def _content_type(kind: str, body: bytes, status: int | None) -> str:
    # A charset is stated only for renderings, whose encoding is ours to tell; a page declares its
    # own, and what its server said is not known.
    if status is not None or kind != "text/plain":
        return kind
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "text/plain; charset=windows-1252"
    return "text/plain; charset=utf-8"


def stated_address(data: bytes, kind: str) -> str | None:
    """Find the address a saved page states itself; that of the archive it was in, if it was."""
    if kind not in PAGE_TYPES:
        return None
    match = _SAVED_FROM.search(data[:4096])
    if match:
        return match[1].decode("utf-8", "replace")
    return recover_page(data, media_type=kind).url
