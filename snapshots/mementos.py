"""Mementos: captures with their content at hand, revisits followed to the record that holds it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from sqlalchemy import Connection

from archiver.digests import read_digest
from archiver.errors import NoCaptureError, NoPayloadError, WarcError
from archiver.headers import Headers
from archiver.http import CodingError, Dechunker, Head, decode_content, parse_head
from archiver.records import Capture, Kind
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.urls import url_key
from archiver.warc import OpenRecord, open_record, target_uri
from snapshots import index
from snapshots.archive import Archive
from snapshots.erasure.register import check_not_erased
from snapshots.reach import check_in_view

__all__ = ["CONTENT_LIMIT", "Memento", "capture_at", "memento_at", "memento_of"]

CONTENT_LIMIT = 1 << 28  # bytes of decoded content that are held at once
_HEAD_LIMIT = 1 << 18
_STEP = 1 << 16
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Memento:
    """A capture with head and content.

    Attributes:
        archive: where it is kept.
        capture: what was asked for; its timestamp is the memento's date.
        holder: the capture whose record holds the payload; for a revisit the earlier one.
        record: the WARC header of the capture's own record.
        head: the HTTP response head: the capture's own, or the holder's where the record has none
            or only says "not modified"; None for records that hold a resource as it is.
        held: the body as recorded, where it is so short that reading `head` brought all of it:
            then nothing has to be read again. None of any other, and of most revisits.
    """

    archive: Archive
    capture: Capture
    holder: Capture
    record: Headers
    head: Head | None
    held: bytes | None = field(default=None, repr=False, compare=False)

    def block(self) -> Iterator[bytes]:
        """Give the block of the capture's own record in parts, exactly as recorded."""
        with _open(self.archive, self.capture) as opened:
            yield from _parts(opened)

    def entity(self) -> Iterator[bytes]:
        """Give the payload in parts: transfer coding undone, content coding left on.

        Constant memory, whatever its size.
        """
        if self.held is not None:
            yield from _dechunked(self.head, [self.held] if self.held else [])
            return
        with _open(self.archive, self.holder) as opened:
            head, start, _ = _read_head(opened)
            yield from _dechunked(head, chain([start] if start else [], _parts(opened)))

    def entity_length(self) -> int | None:
        """Give how many bytes `entity` gives, where the record tells; None for a chunked body.

        Of a record that is cut short it is what there should be.
        """
        if self.held is not None:
            return None if self.head and self.head.chunked else len(self.held)
        with _open(self.archive, self.holder) as opened:
            head, _, body = _read_head(opened)
            length = int(opened.headers.get("Content-Length") or 0)
        return None if head and head.chunked else max(length - body, 0)

    def content(self, limit: int = CONTENT_LIMIT) -> bytes:
        """Give the payload with content codings undone.

        A body that is not in the coding its head names is given as it is, as readers of such pages
        have always had to do.

        Raises:
            CodingError: when it passes `limit` bytes.
        """
        if self.held is None and self.holder is not self.capture:
            return memento_of(self.archive, self.holder).content(limit)
        codings = self.content_codings
        if codings:
            try:
                return b"".join(decode_content(self.entity(), codings, limit))
            except CodingError as error:
                if "limit" in str(error):
                    raise
        return b"".join(decode_content(self.entity(), (), limit))

    def beginning(self, limit: int) -> bytes:
        """Give at most so many bytes of the content from its first, as far as it can be decoded."""
        codings = self.content_codings
        begun = self._beginning(codings, limit)
        return self._beginning((), limit) if codings and not begun else begun

    def _beginning(self, codings: tuple[str, ...], limit: int) -> bytes:
        begun = bytearray()
        with suppress(CodingError):
            for part in decode_content(self.entity(), codings, max(limit, CONTENT_LIMIT)):
                begun += part
                if len(begun) >= limit:
                    break
        return bytes(begun[:limit])

    @property
    def content_codings(self) -> tuple[str, ...]:
        """The codings of the payload, as the head of the record that holds it says."""
        if self.holder is self.capture or self.held is not None:
            return self.head.content_codings if self.head else ()
        with _open(self.archive, self.holder) as opened:
            head, _, _ = _read_head(opened)
        return head.content_codings if head else ()

    @property
    def content_type(self) -> str:
        """The Content-Type as declared; empty when there is none."""
        return (self.head.headers if self.head else self.record).get("Content-Type") or ""


def memento_at(archive: Archive, url: str, moment: datetime) -> Memento:
    """Give the memento of a URL closest in time to `moment`.

    Raises:
        NoCaptureError: when the URL was never captured.
        WithdrawnError, ErasedError: see `capture_at`.
        NoPayloadError: see `memento_of`.
    """
    with archive.catalogue.read() as connection:
        capture = capture_at(connection, url, moment)
    return memento_of(archive, capture)


def capture_at(connection: Connection, url: str, moment: datetime, number: int = 0) -> Capture:
    """Give the capture of a URL that is closest in time to `moment`, among those in view.

    Args:
        connection: a connection of the catalogue.
        url: the original URL.
        moment: an aware datetime.
        number: which of several captures of that very second is meant, where it is there.

    Raises:
        NoCaptureError: when the URL was never captured.
        WithdrawnError: when the very capture asked for is withdrawn, or every capture of the URL.
        ErasedError: when it was erased.
    """
    capture = None
    if number:
        capture = index.numbered(connection, index.Place(format_timestamp(moment), url, number))
    if capture is None:
        capture = index.nearest(connection, url, moment)
    if capture is None:
        check_in_view(connection, url)
        check_not_erased(connection, url)
        raise NoCaptureError(url)
    if parse_timestamp(capture.timestamp) != moment.replace(microsecond=0):
        check_in_view(connection, url, moment)
        check_not_erased(connection, url, moment)
    return capture


def memento_of(archive: Archive, capture: Capture) -> Memento:
    """Open a capture: read its head, and find the record that holds its payload.

    Raises:
        NoPayloadError: when it is a revisit of something that is not in the archive.
        ErasedError: when it names what it is a revisit of, and that was erased.
        WarcError: when its record is not where the catalogue says.
    """
    head, held = None, None
    with _open(archive, capture) as opened:
        record = opened.headers
        if capture.kind is not Kind.RESOURCE:
            head, start, body = _read_head(opened)
            if body + len(start) == int(record.get("Content-Length") or 0):
                held = start
    if capture.kind is not Kind.REVISIT:
        return Memento(archive, capture, capture, record, head, held)
    with archive.catalogue.read() as connection:
        holder = _holder(connection, capture, record)
        if holder is None:
            named, moment = _named(capture, record) or (capture.url, None)
            if moment:
                check_not_erased(connection, named, moment)
    if holder is None:
        raise NoPayloadError(capture.url, capture.timestamp)
    if head is None or head.status == _NOT_MODIFIED:
        # What the reader of that day saw is what the cached page's own head said.
        earlier = memento_of(archive, holder)
        return Memento(archive, capture, holder, record, earlier.head, earlier.held)
    return Memento(archive, capture, holder, record, head)


def _holder(connection: Connection, revisit: Capture, record: Headers) -> Capture | None:
    # By digest first: two captures of one digest are one content, whatever the record names. The
    # record's own reference breaks ties, then the same address, then closeness in time.
    digest = read_digest(revisit.digest)
    same = index.with_digest(connection, digest) if digest else []
    named, moment = _named(revisit, record) or (revisit.url, None)
    if same:
        at = parse_timestamp(revisit.timestamp)
        return min(
            same,
            key=lambda found: (
                found.url != named,
                url_key(found.url) != url_key(revisit.url),
                abs((parse_timestamp(found.timestamp) - at).total_seconds()),
            ),
        )
    if moment is None:
        return None
    found = index.nearest(connection, named, moment, withdrawn=True)
    exact = found and found.timestamp == format_timestamp(moment)
    return found if found and exact and found.kind is not Kind.REVISIT else None


def _named(revisit: Capture, record: Headers) -> tuple[str, datetime | None] | None:
    # The address and time its record refers to; None when it refers to neither.
    uri = (record.get("WARC-Refers-To-Target-URI") or "").strip("<>")
    date = record.get("WARC-Refers-To-Date") or ""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return (uri, None) if uri else None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return uri or revisit.url, moment


def _open(archive: Archive, capture: Capture) -> OpenRecord:
    try:
        try:
            opened = open_record(archive.locate(capture.file), capture.offset)
        except FileNotFoundError:  # it may just have been finished, and moved
            opened = open_record(archive.locate(capture.file), capture.offset)
    except FileNotFoundError:
        raise WarcError(
            capture.file,
            capture.offset,
            "the file is missing; restore it from a copy, or take its input in again "
            "(what else is missing is told by: marsham verify)",
        ) from None
    if target_uri(opened.headers) != capture.url:
        opened.block.close()
        raise WarcError(
            capture.file, capture.offset, f"the record there is not that of {capture.url}"
        )
    return opened


def _read_head(opened: OpenRecord) -> tuple[Head | None, bytes, int]:
    # The head, the bytes of the body that were read along with it, and where the body begins.
    if (opened.headers.get("WARC-Type") or "").lower() == Kind.RESOURCE:
        return None, b"", 0
    start = b""
    while len(start) < _HEAD_LIMIT and b"\r\n\r\n" not in start:
        part = opened.block.read(_STEP)
        if not part:
            break
        start += part
    found = parse_head(start)
    return (found[0], start[found[1] :], found[1]) if found else (None, start, 0)


def _dechunked(head: Head | None, parts: Iterable[bytes]) -> Iterator[bytes]:
    if head is None or not head.chunked:
        yield from parts
        return
    dechunker = Dechunker()
    for part in parts:
        yield dechunker.feed(part)
    yield dechunker.close()


def _parts(opened: OpenRecord) -> Iterator[bytes]:
    while part := opened.block.read(_STEP):
        yield part
