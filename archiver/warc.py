"""WARC records: scan a file past its damage, open one record at an offset, write WARC/1.1.

Reading is by our own hand, because an archive needs three things at once that readers at hand give
singly: exact offsets and lengths, heads left as they are, and going on after damage while telling
what was lost. Writing is warcio's, given a block whose bytes it does not look into.

Source: ISO 28500:2017 (WARC/1.1).
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archiver.digests import write_digest
from archiver.errors import WarcError
from archiver.framing import Damage, Mark, Source, open_source, walk
from archiver.headers import Headers
from archiver.payload import PAYLOAD_KINDS, BlockFacts, BlockReading, Digests, parts_of
from archiver.records import Problem

__all__ = [
    "NewRecord",
    "OpenRecord",
    "ScannedRecord",
    "as_written",
    "open_record",
    "record_id",
    "reframe",
    "scan",
    "scan_one",
    "write_record",
]

_HEADER_END = b"\r\n\r\n"
_LINE_END = re.compile(r"[\r\n\0]+")
_USUAL_FIRST_LINE = re.compile(rb"WARC/(?:1\.[01]|0\.1[78])\r\n")
_FIRST_LINE = re.compile(rb"WARC/(?:1\.1|1\.0|0\.18|0\.17)[ \t\v\f]*(?:\r\n|\r|\n|\Z)")
_MARK = Mark(
    format="WARC",
    begins=re.compile(rb"WARC/"),
    probe=len(b"WARC/"),
    sought=re.compile(
        rb"WARC/(?:1\.[01]|0\.1[78])[ \t]{0,8}\r?\n[A-Za-z][A-Za-z-]{0,40}[ \t]{0,4}:"
    ),
    overlap=80,
    header_ends=(b"\r\n\r\n", b"\n\n"),
)


@dataclass(slots=True)
class ScannedRecord:
    """What a scan learns of one sound record, its block read through and let go.

    Attributes:
        kind: the record's type in lower case; empty when it has none.
        offset: where its gzip member, or the record itself in a plain file, begins.
        length: bytes it occupies as stored.
        shared: whether its gzip member holds other records too, so that it cannot be opened alone.
        headers: the WARC header fields.
        facts: what its block tells.
    """

    kind: str
    offset: int
    length: int
    shared: bool
    headers: Headers
    facts: BlockFacts

    @property
    def target(self) -> str:
        """The target URI; see `target_uri`."""
        return target_uri(self.headers)


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be written; its block is written byte for byte.

    Attributes:
        type: WARC record type.
        fields: WARC header fields besides type, id, date, target, content type and length.
        date: the moment of capture, as `WARC-Date`.
        block: bytes, or a file open for reading that is taken from its start to its end.
    """

    type: str
    id: str
    date: datetime
    target: str | None
    content_type: str
    block: bytes | BinaryIO
    payload_digest: bytes | None = None
    fields: tuple[tuple[str, str], ...] = ()


class OpenRecord:
    """One record opened at its offset: headers at hand, block as a stream read on demand.

    A context manager; the stream is good until it is closed. Reading past damage raises
    `WarcError`.
    """

    def __init__(self, headers: Headers, block: BinaryIO) -> None:
        self.headers = headers
        self.block = block

    def __enter__(self) -> "OpenRecord":
        return self

    def __exit__(self, *_: object) -> None:
        self.block.close()


def target_uri(headers: Headers) -> str:
    """Give a record's target URI without the angle brackets some writers put round it.

    A NUL, which no database keeps in a text, is given as ``%00``.
    """
    uri = (headers.get("WARC-Target-URI") or "").replace("\0", "%00")
    return uri[1:-1] if uri.startswith("<") and uri.endswith(">") else uri


def record_id() -> str:
    """Make a new record id."""
    return f"<urn:uuid:{uuid4()}>"


def scan(
    path: Path,
    *,
    name: str | None = None,
    start: int = 0,
    end: int | None = None,
    wanted: Digests = Digests.ALL,
) -> Iterator[ScannedRecord | Problem]:
    """Read every record of a WARC file in order, whatever its size, in constant memory.

    Args:
        path: a regular file, plain or gzip (told by its first bytes, not by its name).
        name: what to call it in problems; its path when not given.
        start: the offset to begin at; a record begins there.
        end: the offset to stop at, where one ends; None for the end of the file.
        wanted: the digests to compute; without them a scan takes about half the time.

    Yields:
        A `ScannedRecord` for each sound record and a `Problem` for each stretch of bytes that is
        not one. After damage the next record that begins well is looked for, so that damage costs
        the record it stands in. A record cut short by the end of the file is a problem as well. Of
        a file that is mostly damage the first `_PROBLEMS` problems are given, then their number.
    """
    read = partial(_scan_record, wanted=wanted)
    yield from walk(path, _MARK, read, name or str(path), start=start, end=end)


def reframe(path: Path, out: BinaryIO, *, name: str | None = None) -> Iterator[Problem]:
    """Write every sound record of a WARC file anew, each as a gzip member of its own.

    For files whose records cannot be opened singly: several in one gzip member, or zstd. Header and
    block stay as they are, byte for byte; only the framing changes. Constant memory.

    Args:
        path: the file.
        out: where to write; a file that can be cut, so that no half record stays in it.
        name: what to call the file in problems.

    Yields:
        A `Problem` for each stretch of bytes that is not a sound record; see `scan`.
    """

    def copy(source: Source) -> bool | None:
        end = out.tell()
        try:
            return _copy_record(source, out)
        except Damage:
            out.seek(end)
            out.truncate()
            raise

    for found in walk(path, _MARK, copy, name or str(path)):
        if isinstance(found, Problem):
            yield found


def _copy_record(source: Source, out: BinaryIO) -> bool | None:
    if not source.skip_blank():
        return None
    start = source.record_offset
    header, headers = _read_header(source)
    length = _content_length(headers, start)
    member = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    out.write(member.compress(header + source.header_end))
    for part in source.block(length, start):
        out.write(member.compress(part))
    source.end_record(start)
    out.write(member.compress(b"\r\n\r\n"))
    out.write(member.flush())
    return True


def scan_one(path: Path, offset: int) -> ScannedRecord | None:
    """Read the one record that begins at an offset, as `scan` does; None when none sound does."""
    with path.open("rb") as file:
        try:
            record = _scan_record(open_source(file, _MARK, offset), Digests.ALL)
        except Damage:
            return None
    return record if record and record.offset == offset else None


def open_record(path: Path, offset: int) -> OpenRecord:
    """Open the record that begins at an offset of a WARC file.

    Raises:
        WarcError: when no record begins there.
        FileNotFoundError: when the file is gone.
    """
    file = path.open("rb")
    try:
        source = open_source(file, _MARK, offset)
        if not source.skip_blank() or source.record_offset != offset:
            raise Damage("not-a-record", source.no_record, offset)
        _, headers = _read_header(source)
        length = _content_length(headers, source.record_offset)
    except Damage as damage:
        file.close()
        raise WarcError(str(path), offset, damage.message) from None
    except BaseException:
        file.close()
        raise
    return OpenRecord(headers, io.BufferedReader(_BlockStream(path, file, source, length), 1 << 16))


def write_record(out: BinaryIO, record: NewRecord) -> tuple[int, int]:
    """Append one record to a WARC file as a gzip member of its own.

    Returns:
        The offset of the member and its length in bytes.
    """
    fields = [
        ("WARC-Type", record.type),
        ("WARC-Record-ID", record.id),
        ("WARC-Date", record.date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    if record.target is not None:
        fields.append(("WARC-Target-URI", record.target))
    digest, length = hashlib.sha1(usedforsecurity=False), 0
    for part in parts_of(record.block):
        digest.update(part)
        length += len(part)
    fields.append(("WARC-Block-Digest", write_digest(digest.digest())))
    if record.payload_digest is not None:
        fields.append(("WARC-Payload-Digest", write_digest(record.payload_digest)))
    fields.extend(record.fields)
    fields = [(name, _one_line(value)) for name, value in fields]
    headers = StatusAndHeaders("", fields, protocol="WARC/1.1")
    if isinstance(record.block, bytes):
        block: BinaryIO = io.BytesIO(record.block)
    else:
        block = record.block
        block.seek(0)
    start = out.tell()
    WARCWriter(out, gzip=True, warc_version="1.1").write_record(
        ArcWarcRecord(
            "warc",
            record.type,
            headers,
            block,
            None,  # no HTTP head to parse: warcio would write it anew
            _one_line(record.content_type),
            length,
        )
    )
    return start, out.tell() - start


def as_written(value: str) -> str:
    """Give a field's value as it is read again once it was written."""
    return _one_line(value).strip()


def _one_line(value: str) -> str:
    # What came from an input must not begin a header field of its own.
    return _LINE_END.sub(" ", value)


def _scan_record(source: Source, wanted: Digests) -> ScannedRecord | None:
    member = source.whole_member()
    if member is not None and (record := _scan_whole(source, member, wanted)) is not None:
        return record
    return _scan_parts(source, wanted)


def _scan_whole(source: Source, member: bytes, wanted: Digests) -> ScannedRecord | None:
    # A member that holds one sound record and nothing else, as nearly all do; None for another.
    first = _USUAL_FIRST_LINE.match(member)
    end = member.find(_HEADER_END)
    if first is None or not member.endswith(_HEADER_END) or member.find(b"\n\n", 0, end) >= 0:
        return None
    headers = _headers(member[first.end() : end])
    length = len(member) - end - 8
    if headers.get("Content-Length") != str(length):
        return None
    source.pass_member()
    kind = (headers.get("WARC-Type") or "").lower()
    if wanted is Digests.ALL or kind in PAYLOAD_KINDS:
        reading = BlockReading(kind, headers, wanted)
        reading.feed(member[end + 4 : -4])
        facts = reading.close()
    else:
        facts = BlockFacts(None, b"", b"", None, length, None)
    start = source.record_offset
    return ScannedRecord(kind, start, source.stored_position - start, False, headers, facts)


def _scan_parts(source: Source, wanted: Digests) -> ScannedRecord | None:
    if not source.skip_blank():
        return None
    start = source.record_offset
    first_in_member = source.at_member_start
    _, headers = _read_header(source)
    length = _content_length(headers, start)
    kind = (headers.get("WARC-Type") or "").lower()
    reading = BlockReading(kind, headers, wanted)
    for part in source.block(length, start):
        reading.feed(part)
    alone = source.end_record(start)
    shared = not (alone and first_in_member)
    length = source.stored_position - start
    return ScannedRecord(kind, start, length, shared, headers, reading.close())


def _read_header(source: Source) -> tuple[bytes, Headers]:
    # The header as it stands, and its fields.
    start = source.record_offset
    header = source.take_header()
    headers = _parse_header(header)
    if headers is None:
        raise Damage("not-a-record", source.no_record, start)
    return header, headers


def _parse_header(header: bytes) -> Headers | None:
    # None for one that does not begin as a record does.
    first = _FIRST_LINE.match(header)
    if first is None:
        return None
    return _headers(header[first.end() :])


def _headers(lines: bytes) -> Headers:
    try:
        return Headers(lines.decode())
    except UnicodeDecodeError:
        return Headers(lines.decode("latin-1"))


def _content_length(headers: Headers, offset: int) -> int:
    text = headers.get("Content-Length") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Damage("bad-length", f"the record's length is not a number: {text[:40]!r}", offset)
    return int(text)


class _BlockStream(io.RawIOBase):
    """A record's block as a stream; damage shows as `WarcError` where it is met."""

    def __init__(self, path: Path, file: BinaryIO, source: Source, length: int) -> None:
        super().__init__()
        self._path = path
        self._file = file
        self._source = source
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            return 0
        try:
            part = self._source.take(min(self._left, len(buffer)))
            self._left -= len(part)
            if not self._left:
                self._source.check_end()
        except Damage as damage:
            raise WarcError(str(self._path), damage.offset, damage.message) from None
        if not part:
            raise WarcError(str(self._path), self._source.record_offset, "the record is cut short")
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
