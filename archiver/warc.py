"""WARC records: scan a file past its damage, open one record at an offset, write WARC/1.1.

Reading is by our own hand, because an archive needs three things at once that readers at hand give
singly: exact offsets and lengths, heads left as they are, and going on after damage while telling
what was lost. Of writing, the header is warcio's; the block is written as it is.

Source: ISO 28500:2017 (WARC/1.1).
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders

from archiver.digests import read_digest, write_digest
from archiver.errors import WarcError
from archiver.framing import GZIP_MAGIC, NOT_DEFLATE, Damage, Mark, Source, open_source, walk
from archiver.headers import Headers
from archiver.http import parse_head
from archiver.payload import (
    PAYLOAD_KINDS,
    BlockFacts,
    BlockReading,
    Digests,
    parts_of,
    read_whole,
)
from archiver.records import Problem

__all__ = [
    "Listed",
    "NewRecord",
    "NotAsListedError",
    "OpenRecord",
    "ScannedRecord",
    "as_written",
    "open_record",
    "record_id",
    "reframe",
    "scan",
    "scan_one",
    "starts_before",
    "write_record",
]

_BEGINNING = 1 << 11  # stored bytes that hold the header and HTTP head of nearly any record
_HEADER_END = b"\r\n\r\n"
_RECORD_END = b"\r\n\r\n"
_AT_ONCE = 1 << 16  # bytes of a block deflated together
_SMALL = 1 << 14  # bytes of a block that isal deflates: in a quarter of the time, to a tenth more
_QUICK = 3  # its best level
_MEMORY = 7  # 128 KiB for a member; more makes none of them smaller
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
class Listed:
    """What an index says of a record: bytes it occupies as stored, and its payload's digest."""

    length: int
    digest: bytes


class NotAsListedError(Exception):
    """A file is not as an index says; the text says where and why."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be written; its block is written byte for byte.

    Attributes:
        type: WARC record type.
        fields: WARC header fields besides type, id, date, target, content type and length.
        date: the moment of capture, as `WARC-Date`.
        block: bytes, or a file open for reading that is taken from its start to its end.
        block_digest: its SHA-1, where that is known already.
    """

    type: str
    id: str
    date: datetime
    target: str | None
    content_type: str
    block: bytes | BinaryIO
    payload_digest: bytes | None = None
    fields: tuple[tuple[str, str], ...] = ()
    block_digest: bytes | None = None


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
    listed: Mapping[int, Listed] | None = None,
) -> Iterator[ScannedRecord | Problem]:
    """Read every record of a WARC file in order, whatever its size, in constant memory.

    Args:
        path: a regular file, plain or gzip (told by its first bytes, not by its name).
        name: what to call it in problems; its path when not given.
        start: the offset to begin at; a record begins there.
        end: the offset to stop at, where one ends; None for the end of the file.
        wanted: the digests to compute.
        listed: records that an index knows, by offset. Of those only the beginning is read, and no
            digest computed. What it leaves out is scanned as ever.

    Raises:
        NotAsListedError: when the file is not as listed; what was given so far is void.

    Yields:
        A `ScannedRecord` for each sound record and a `Problem` for each stretch of bytes that is
        not one. After damage the next record that begins well is looked for, so that damage costs
        the record it stands in. A record cut short by the end of the file is a problem as well. Of
        a file that is mostly damage the first `_PROBLEMS` problems are given, then their number.
    """
    read = _ListedScan(listed) if listed else partial(_scan_record, wanted=wanted)
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


def starts_before(path: Path, offset: int, within: int) -> list[int]:
    """Find where records seem to begin in the stored bytes before an offset.

    Args:
        path: a WARC file.
        offset: where one of its records begins.
        within: bytes before it that are looked at.

    Returns:
        The offsets found, the last first. Content may look like the beginning of a record, so that
        one is to be believed only where the record there ends at `offset`, or at one believed.

    Raises:
        FileNotFoundError: when the file is gone.
    """
    starts: list[int] = []
    with path.open("rb") as file:
        source = open_source(file, _MARK)  # by the file's first bytes
        at = source.resume(max(offset - within, 0))
        while at is not None and at < offset:
            starts.append(at)
            at = source.resume(at + 1)
    return starts[::-1]


def write_record(out: BinaryIO, record: NewRecord) -> tuple[int, int]:
    """Append one record to a WARC file as a gzip member of its own.

    Returns:
        The offset of the member and its length in bytes.
    """
    block_digest, length = record.block_digest, _length(record.block)
    if block_digest is None:
        digest = hashlib.sha1(usedforsecurity=False)
        for part in parts_of(record.block):
            digest.update(part)
        block_digest = digest.digest()
    fields = [
        ("WARC-Type", record.type),
        ("WARC-Record-ID", record.id),
        ("WARC-Date", _written_date(record.date)),
    ]
    if record.target is not None:
        fields.append(("WARC-Target-URI", _one_line(record.target)))
    fields.append(("WARC-Block-Digest", write_digest(block_digest)))
    if record.payload_digest is not None:
        fields.append(("WARC-Payload-Digest", write_digest(record.payload_digest)))
    fields += [(name, _one_line(value)) for name, value in record.fields]
    fields += [("Content-Type", _one_line(record.content_type)), ("Content-Length", str(length))]
    # Its header is warcio's; not so its writer, which adds to some types and leaves out of others.
    header = StatusAndHeaders("", fields, protocol="WARC/1.1").to_bytes(encoding="utf-8")
    start = written = out.tell()
    for part in _deflated(header, record.block, length):
        written += out.write(part)
    return start, written - start


def _deflated(header: bytes, block: bytes | BinaryIO, length: int) -> Iterator[bytes]:
    # The gzip member; of a small record in one piece, for every call beyond makes a thread wait.
    if length <= _SMALL:
        yield isal_zlib.compress(
            b"".join([header, *parts_of(block), _RECORD_END]), _QUICK, 16 + zlib.MAX_WBITS
        )
        return
    member = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, _MEMORY)
    held, size = [header], 0
    for part in parts_of(block):
        held.append(part)
        size += len(part)
        if size > _AT_ONCE:
            yield member.compress(b"".join(held))
            held, size = [], 0
    held.append(_RECORD_END)
    yield member.compress(b"".join(held)) + member.flush()


@lru_cache(maxsize=16)  # the records of one exchange have the same
def _written_date(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _length(block: bytes | BinaryIO) -> int:
    if isinstance(block, bytes):
        return len(block)
    block.seek(0, io.SEEK_END)
    return block.tell()


def as_written(value: str) -> str:
    """Give a field's value as it is read again once it was written."""
    return _one_line(value).strip()


def _one_line(value: str) -> str:
    # What came from an input must not begin a header field of its own.
    return value if value.isprintable() else _LINE_END.sub(" ", value)


class _ListedScan:
    """Reads records one by one, of those that an index lists no more than the beginning."""

    def __init__(self, listed: Mapping[int, Listed]) -> None:
        self._listed = listed
        self._skipped = ""  # the record whose length was believed just before

    def __call__(self, source: Source) -> ScannedRecord | None:
        offset = source.stored_position
        listed = self._listed.get(offset) if source.between_records else None
        if listed and offset + listed.length > source.size:
            raise NotAsListedError(f"the file ends before the record listed at byte {offset}")
        if listed and (record := _scan_beginning(source, offset, listed)):
            self._skipped = f"no sound record follows that listed at byte {offset}"
            source.pass_stored(listed.length)
            return record
        try:
            found = _scan_record(source, Digests.UNDECLARED)
        except Damage:
            if self._skipped:
                raise NotAsListedError(self._skipped) from None
            raise
        self._skipped = ""
        return found


def _scan_beginning(source: Source, offset: int, listed: Listed) -> ScannedRecord | None:
    # None when its header and HTTP head are not all there, or its length cannot be right.
    start = source.stored(min(listed.length, _BEGINNING))
    gzipped = start.startswith(GZIP_MAGIC)
    if gzipped:
        try:
            start = isal_zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, 2 * _BEGINNING)
        except NOT_DEFLATE:
            return None
    end = start.find(_HEADER_END)
    headers = _parse_header(start[:end]) if end >= 0 else None
    size = (headers and headers.get("Content-Length")) or ""
    if headers is None or not (size.isascii() and size.isdigit()):
        return None
    if not gzipped and listed.length - end - 4 - int(size) not in range(5):  # the line ends
        return None
    kind = (headers.get("WARC-Type") or "").lower()
    head = start[end + 4 : end + 4 + int(size)]
    found = parse_head(head) if kind in ("response", "revisit") else None
    if found and found[1] >= len(head) and len(head) < int(size):
        return None  # the HTTP head goes on
    stated = read_digest(headers.get("WARC-Payload-Digest") or "")
    facts = BlockFacts(found and found[0], b"", listed.digest, None, int(size), None, None, stated)
    return ScannedRecord(kind, offset, listed.length, False, headers, facts)


def _scan_record(source: Source, wanted: Digests) -> ScannedRecord | None:
    member = source.whole_member()
    if member is not None and (record := _scan_whole(source, member, wanted)) is not None:
        return record
    return _scan_parts(source, wanted)


def _scan_whole(source: Source, member: bytes, wanted: Digests) -> ScannedRecord | None:
    # A member that holds one sound record and nothing else, as nearly all do; None for another.
    first = _USUAL_FIRST_LINE.match(member)
    end = member.find(_HEADER_END)
    if first is None or not member.endswith(_HEADER_END):
        return None
    if member.find(b"\n\n", 0, end) >= 0 or member.find(b"WARC/", first.end(), end) >= 0:
        return None  # the header may end sooner than it seems
    headers = _headers(member[first.end() : end])
    length = len(member) - end - 8
    if headers.get("Content-Length") != str(length):
        return None
    source.pass_member()
    kind = (headers.get("WARC-Type") or "").lower()
    if wanted is Digests.ALL or kind in PAYLOAD_KINDS:
        facts = read_whole(kind, headers, member[end + 4 : -4], wanted)
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
    if _MARK.sought.search(header + source.header_end, 1):
        message = "another record begins inside the record's header"
        raise Damage("truncated-record", message, start)
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
