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
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archiver.digests import ALGORITHMS, read_digest, write_digest
from archiver.errors import WarcError
from archiver.framing import Damage, Mark, Source, open_source, walk
from archiver.http import Dechunker, Head, Headers, parse_head, parse_headers
from archiver.records import Problem

__all__ = [
    "BlockFacts",
    "Declared",
    "NewRecord",
    "OpenRecord",
    "ScannedRecord",
    "as_written",
    "open_record",
    "read_block",
    "record_id",
    "reframe",
    "scan",
    "scan_one",
    "write_record",
]

_HEADER_LIMIT = 1 << 18  # an HTTP head we look for is shorter than this
_COPY_STEP = 1 << 16
_LINE_END = re.compile(r"[\r\n\0]+")
_VERSIONS = (b"WARC/1.1", b"WARC/1.0", b"WARC/0.18", b"WARC/0.17")
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


@dataclass(frozen=True, slots=True)
class Declared:
    """Digests of a record in an algorithm that it declares and that is not SHA-1."""

    block: bytes
    payload: bytes
    framed: bytes | None


@dataclass(frozen=True, slots=True)
class ScannedRecord:
    """What a scan learns of one sound record, its block read through and let go.

    Attributes:
        offset: where its gzip member, or the record itself in a plain file, begins.
        length: bytes it occupies as stored.
        shared: whether its gzip member holds other records too, so that it cannot be opened alone.
        headers: the WARC header fields.
        http: the HTTP response head at the start of the block, where there is one.
        block_digest: SHA-1 of the block.
        payload_digest: SHA-1 of the payload, transfer coding undone (ISO 28500, clause 5.9, in the
            reading the field has settled on); that of the block when there is no HTTP head.
        framed_digest: SHA-1 of the payload with its chunked framing, which some writers declare;
            None when the body is not chunked.
        block_length: bytes in the block.
        fault: a defect of the HTTP body's framing, None when it has none.
        declared: the same three digests in another algorithm, where the record declares one.
    """

    offset: int
    length: int
    shared: bool
    headers: Headers
    http: Head | None
    block_digest: bytes
    payload_digest: bytes
    framed_digest: bytes | None
    block_length: int
    fault: str | None
    declared: Declared | None = None

    @property
    def type(self) -> str:
        """The record's type in lower case; empty when it has none."""
        return (self.headers.get("WARC-Type") or "").lower()

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


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """What one reading of a block tells; see `ScannedRecord` for the digests."""

    http: Head | None
    block_digest: bytes
    payload_digest: bytes
    length: int
    fault: str | None
    declared: Declared | None = None


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
    path: Path, *, name: str | None = None, start: int = 0, end: int | None = None
) -> Iterator[ScannedRecord | Problem]:
    """Read every record of a WARC file in order, whatever its size, in constant memory.

    Args:
        path: a regular file, plain or gzip (told by its first bytes, not by its name).
        name: what to call it in problems; its path when not given.
        start: the offset to begin at; a record begins there.
        end: the offset to stop at, where one ends; None for the end of the file.

    Yields:
        A `ScannedRecord` for each sound record and a `Problem` for each stretch of bytes that is
        not one. After damage the next record that begins well is looked for, so that damage costs
        the record it stands in. A record cut short by the end of the file is a problem as well. Of
        a file that is mostly damage the first `_PROBLEMS` problems are given, then their number.
    """
    yield from walk(path, _MARK, _scan_record, name or str(path), start=start, end=end)


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
            record = _scan_record(open_source(file, _MARK, offset))
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


def read_block(kind: str, block: bytes | BinaryIO, *, algorithm: str | None = None) -> BlockFacts:
    """Read a block through as that of a record of a type, in constant memory.

    Args:
        kind: the type, in lower case.
        block: bytes, or a file that is read from its start.
        algorithm: another algorithm to give the digests in, besides SHA-1.
    """
    reading = _BlockReading(kind, algorithm)
    length = 0
    for part in _parts(block):
        reading.feed(part)
        length += len(part)
    reading.close()
    return BlockFacts(
        http=reading.http,
        block_digest=reading.block.digest(),
        payload_digest=(reading.payload or reading.block).digest(),
        length=length,
        fault=reading.dechunker.fault if reading.dechunker else None,
        declared=reading.declared(),
    )


def _parts(block: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(block, bytes):
        yield block
        return
    block.seek(0)
    while part := block.read(_COPY_STEP):
        yield part


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
    for part in _parts(record.block):
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


def _scan_record(source: Source) -> ScannedRecord | None:
    if not source.skip_blank():
        return None
    start = source.record_offset
    first_in_member = source.at_member_start
    _, headers = _read_header(source)
    length = _content_length(headers, start)
    kind = (headers.get("WARC-Type") or "").lower()
    reading = _BlockReading(kind, _other_algorithm(headers))
    for part in source.block(length, start):
        reading.feed(part)
    alone = source.end_record(start)
    reading.close()
    return ScannedRecord(
        offset=start,
        length=source.stored_position - start,
        shared=not (alone and first_in_member),
        headers=headers,
        http=reading.http,
        block_digest=reading.block.digest(),
        payload_digest=(reading.payload or reading.block).digest(),
        framed_digest=reading.framed.digest() if reading.framed else None,
        block_length=length,
        fault=reading.dechunker.fault if reading.dechunker else None,
        declared=reading.declared(),
    )


def _read_header(source: Source) -> tuple[bytes, Headers]:
    # The header as it stands, and its fields.
    start = source.record_offset
    header = source.take_header()
    lines = header.splitlines()
    version = lines[0].rstrip() if lines else b""
    if version not in _VERSIONS:
        raise Damage("not-a-record", source.no_record, start)
    if _MARK.sought.search(header + source.header_end, 1):
        message = "another record begins inside the record's header"
        raise Damage("truncated-record", message, start)
    try:
        texts = [line.decode() for line in lines[1:]]
    except UnicodeDecodeError:
        texts = [line.decode("latin-1") for line in lines[1:]]
    return header, parse_headers(texts)


def _content_length(headers: Headers, offset: int) -> int:
    text = headers.get("Content-Length") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Damage("bad-length", f"the record's length is not a number: {text[:40]!r}", offset)
    return int(text)


class _BlockReading:
    """Hashes a block part by part, finding the HTTP head and undoing chunks on the way."""

    def __init__(self, kind: str, other: str | None) -> None:
        self.http: Head | None = None
        self._other = other
        self.block = self._hash()
        self.payload: _Hash | None = None
        self.framed: _Hash | None = None
        self.dechunker: Dechunker | None = None
        self._start = b"" if kind in ("response", "revisit") else None
        self._has_body = kind == "response"

    def feed(self, part: bytes) -> None:
        self.block.update(part)
        if self._start is None:
            self._feed_payload(part)
            return
        self._start += part
        if len(self._start) >= _HEADER_LIMIT or b"\r\n\r\n" in self._start:
            self._end_head()

    def close(self) -> None:
        if self._start is not None:
            self._end_head()
        if self.dechunker and self.payload:
            self.payload.update(self.dechunker.close())

    def declared(self) -> Declared | None:
        block, payload = self.block, self.payload or self.block
        if not (isinstance(block, _TwoHashes) and isinstance(payload, _TwoHashes)):
            return None
        framed = self.framed.other() if isinstance(self.framed, _TwoHashes) else None
        return Declared(block.other(), payload.other(), framed)

    def _hash(self) -> "_Hash":
        first = hashlib.sha1(usedforsecurity=False)
        if self._other is None:
            return first
        return _TwoHashes(first, hashlib.new(self._other, usedforsecurity=False))

    def _end_head(self) -> None:
        start, self._start = self._start or b"", None
        found = parse_head(start[:_HEADER_LIMIT])  # no more, in however large parts it came
        if found is None:
            return
        self.http, body = found
        self.payload = self._hash()
        if self.http.chunked and self._has_body:
            self.dechunker = Dechunker()
            self.framed = self._hash()
        self._feed_payload(start[body:])

    def _feed_payload(self, part: bytes) -> None:
        if self.payload is None:
            return
        if self.dechunker and self.framed:
            self.framed.update(part)
            part = self.dechunker.feed(part)
        self.payload.update(part)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _TwoHashes:
    """SHA-1 and another algorithm in one reading."""

    def __init__(self, first: _Hash, other: _Hash) -> None:
        self._first = first
        self._other = other
        self.digest = first.digest
        self.other = other.digest

    def update(self, data: bytes, /) -> None:
        self._first.update(data)
        self._other.update(data)


def _other_algorithm(headers: Headers) -> str | None:
    # Of two others, which no writer is known to mix, the payload's is the one that is checked.
    for field in ("WARC-Payload-Digest", "WARC-Block-Digest"):
        name = ALGORITHMS.get(len(read_digest(headers.get(field) or "") or b""))
        if name not in (None, "sha1"):
            return name
    return None


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
