"""MHTML files: a page and what it shows, saved by a browser as the parts of one message.

A browser writes the page anew when it saves it, so pages and style sheets are renderings (grade D);
pictures and other parts are as they were received (grade B). No server's answer is in the file, so
parts become resource records.

Source: RFC 2557; RFC 2046 for multipart messages.
"""

import email
import re
from collections.abc import Iterator
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin

from archiver.errors import FormatError
from archiver.http import media_type
from archiver.ingest.converted import Converted
from archiver.provenance import NoDateError, Provenance
from archiver.records import DateSource, Grade, Problem, StatedDate
from archiver.timestamps import format_timestamp
from archiver.unreplay import recover_page

__all__ = ["is_mhtml", "read_mhtml"]

_FILE_LIMIT = 1 << 27  # bytes; the whole has to be in memory, several times over
_MOST_PARTS = 20_000
_MOST_MARKS = 100_000  # lines that may begin a part
_HEADER = re.compile(rb"\s{0,80}[A-Za-z][A-Za-z-]{1,60}:[ \t]")
_MIME = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)
_KIND = re.compile(
    rb"^(?:Content-Type:\s*multipart/related|Content-Location:|Snapshot-Content-Location:)",
    re.IGNORECASE | re.MULTILINE,
)
_WRITTEN_ANEW = ("text/html", "application/xhtml+xml", "text/css")
_PAGES = ("text/html", "application/xhtml+xml")
_STEP = 1 << 20
_YEARS = range(1990, 2101)
_CLEAN = re.compile(r"[\s\0]+")


def is_mhtml(start: bytes) -> bool:
    """Tell whether the first bytes of a file are those of a saved message of parts."""
    return bool(_HEADER.match(start) and _MIME.search(start) and _KIND.search(start))


def read_mhtml(path: Path, name: str, sha256: str) -> Iterator[Converted | Problem]:
    """Read the parts of an MHTML file: the page first, then what it shows.

    Args:
        path: the file.
        name: what the operator calls it.
        sha256: its digest, for the provenance.

    Yields:
        A resource record for each part, under its Content-Location or, without one, its
        ``cid:`` address; a problem for each part that has neither.

    Raises:
        FormatError: when it is too large, or not MHTML after all.
    """
    size = path.stat().st_size
    if size > _FILE_LIMIT:
        raise FormatError(name, f"is {size} bytes; an MHTML file may have {_FILE_LIMIT}")
    if _marks(path) > _MOST_MARKS:
        raise FormatError(name, f"is a message that may have more than {_MOST_MARKS} parts")
    try:
        # Bytes as text, as the platform does it, but with every line end as it stands: a part that
        # is not encoded may be a picture.
        with path.open(encoding="ascii", errors="surrogateescape", newline="") as file:
            whole = email.message_from_file(file)
        parts = [part for part in whole.walk() if not part.is_multipart()]
    except RecursionError:
        raise FormatError(name, "is a message nested too deep to be a saved page") from None
    if len(parts) > _MOST_PARTS:
        raise FormatError(name, f"is a message of {len(parts)} parts")
    page = _field(whole, "Snapshot-Content-Location") or _field(whole, "Content-Location")
    saved_at = _date(_field(whole, "Date"))
    root = _root(whole, parts)
    for number, part in enumerate(sorted(parts, key=lambda part: part is not root), 1):
        address = _field(part, "Content-Location")
        if not address and part is root:
            address = page
        if address and page:
            address = _join(page, address)
        if not address and (identity := _field(part, "Content-ID")):
            address = f"cid:{identity.strip('<>')}"
        if not address:
            message = (
                f"part {number} says neither where it came from nor what it is called; left out"
            )
            yield Problem("no-target", message, name)
            continue
        yield _convert(part, address, number, saved_at, name, sha256)


def _convert(
    part: Message,
    address: str,
    number: int,
    saved_at: StatedDate | None,
    name: str,
    sha256: str,
) -> Converted | Problem:
    data = part.get_payload(decode=True)
    body = data if isinstance(data, bytes) else b""
    content_type = _field(part, "Content-Type")
    kind, charset = media_type(content_type)
    listed = [("mhtml-part", str(number))]
    if defects := {type(defect).__name__ for defect in part.defects}:
        listed.append(("mhtml-defects", ", ".join(sorted(defects))))
    left = []
    if kind in _WRITTEN_ANEW:
        left.append("a browser wrote it anew when it saved it")
    stated = [saved_at] if saved_at else []
    url = address
    if kind in _PAGES:
        recovered = recover_page(body, media_type=kind, charset=charset, address=address)
        body, url = recovered.body, recovered.url or address
        # Saved out of an archive, the message's date is only when that was done.
        if recovered.stated and saved_at:
            stated = [StatedDate(DateSource.FILE, saved_at.timestamp, saved_at.raw)]
        provenance = Provenance.of(
            recovered, source_file=name, source_sha256=sha256, stated=stated, listed=listed
        ).graded(Grade.RENDERING, left)
    else:
        grade = Grade.RENDERING if left else Grade.BODY
        provenance = Provenance.stated_by(
            stated, source_file=name, source_sha256=sha256, grade=grade, left=left, listed=listed
        )
    if provenance.chosen is None:
        return Problem("no-date", f"part {number}: {NoDateError()}; left out", name, url=url)
    return Converted(
        type="resource",
        target=url.replace("\0", "%00"),
        timestamp=provenance.chosen.timestamp,
        content_type=content_type or "application/octet-stream",
        block=body,
        counted="resource",
        provenance=provenance,
    )


def _marks(path: Path) -> int:
    count, end = 0, b""
    with path.open("rb") as file:
        while part := file.read(_STEP):
            count += (end + part).count(b"\n--")
            end = part[-2:]
    return count


def _root(whole: Message, parts: list[Message]) -> Message | None:
    # Source: RFC 2387, clause 3.2: the part named by the start parameter, or else the first.
    start = whole.get_param("start")
    if isinstance(start, str):
        for part in parts:
            if _field(part, "Content-ID").strip("<>") == start.strip("<>"):
                return part
    return parts[0] if parts else None


def _field(part: Message, name: str) -> str:
    try:
        value = part.get(name)
    except (ValueError, IndexError, AttributeError):  # a header the platform cannot decode
        return ""
    if value is None:
        return ""
    text = str(value)
    # A long address is folded over lines; no address holds white space.
    return _CLEAN.sub("" if name.endswith("Location") else " ", text).strip()


def _join(page: str, address: str) -> str:
    try:
        return urljoin(page, address)
    except ValueError:
        return address


def _date(text: str) -> StatedDate | None:
    try:
        at = parsedate_to_datetime(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if at.year not in _YEARS:
        return None
    return StatedDate(DateSource.RECORD, format_timestamp(at), text[:200])
