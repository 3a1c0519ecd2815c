"""WARC records: scan a file past its damage, open one record at an offset, write WARC/1.1.

Reading is by our own hand, because an archive needs three things at once that readers at hand give
singly: exact offsets and lengths, heads left as they are, and going on after damage while telling
what was lost. Writing is warcio's, given a block whose bytes it does not look into.

Source: ISO 28500:2017 (WARC/1.1); RFC 1952 for gzip members.
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

from archiver.digests import ALGORITHMS, read_digest, sha1, write_digest
from archiver.errors import WarcError
from archiver.http import Dechunker, Head, Headers, parse_head, parse_headers
from archiver.records import Problem

__all__ = [
    "Declared",
    "NewRecord",
    "OpenRecord",
    "ScannedRecord",
    "open_record",
    "record_id",
    "scan",
    "write_record",
]

_FIRST_READ = 1 << 14  # bytes asked of the disk at a new place, and doubled up to ...
_READ_STEP = 1 << 20  # ... this much at once
_FEED_STEP = 1 << 14  # bytes given to the inflater at once; a mean member is 7 to 9 kB
_INFLATE_STEP = 1 << 18  # bytes the inflater may give at once
_HEADER_LIMIT = 1 << 18  # a record header, or an HTTP head we look for, is shorter than this
_PROBE = 1 << 12  # bytes looked at to tell whether a record begins at a place
_PROBLEMS = 10_000  # problems of one file told one by one; the others are counted
_GZIP_MAGIC = b"\x1f\x8b\x08"
_MEMBER_START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_RECORD_START = re.compile(
    rb"WARC/(?:1\.[01]|0\.1[78])[ \t]{0,8}\r?\n[A-Za-z][A-Za-z-]{0,40}[ \t]{0,4}:"
)
_OVERLAP = 80  # bytes; no match of these two is longer
_HEADER_ENDS = (b"\r\n\r\n", b"\n\n")
_LINE_END = re.compile(r"[\r\n\0]+")
_VERSIONS = (b"WARC/1.1", b"WARC/1.0", b"WARC/0.18", b"WARC/0.17")


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
    declared: "Declared | None" = None

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
    """

    type: str
    id: str
    date: datetime
    target: str | None
    content_type: str
    block: bytes
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


class _Damage(Exception):  # noqa: N818 - it travels within this module only
    def __init__(self, code: str, message: str, offset: int) -> None:
        self.code = code
        self.message = message
        self.offset = offset


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
    name = name or str(path)
    told = untold = 0
    with path.open("rb") as file:
        source = _open_source(file, start)
        while end is None or source.stored_position < end:
            try:
                record = _scan_record(source)
            except _Damage as damage:
                resumed = source.resume(damage.offset + 1)
                beyond = source.size if resumed is None else resumed
                place = (name, damage.offset, beyond - damage.offset)
                if told < _PROBLEMS:
                    yield Problem(damage.code, damage.message, *place)
                    told += 1
                else:
                    untold += 1
                if resumed is None:
                    break
                continue
            if record is None:
                break
            yield record
            if source.excess:
                message = f"{source.excess} bytes stand between the record's end and its member's"
                yield Problem("wrong-length", message, name, record.offset, record.length)
    if untold:
        yield Problem("more-damage", f"{untold} more damaged places are not told one by one", name)


def open_record(path: Path, offset: int) -> OpenRecord:
    """Open the record that begins at an offset of a WARC file.

    Raises:
        WarcError: when no record begins there.
        FileNotFoundError: when the file is gone.
    """
    file = path.open("rb")
    try:
        source = _open_source(file, offset)
        if not source.skip_blank() or source.record_offset != offset:
            raise _Damage("not-a-record", "no WARC record begins here", offset)
        _, headers = _read_header(source)
        length = _content_length(headers, source.record_offset)
    except _Damage as damage:
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
    fields.append(("WARC-Block-Digest", write_digest(sha1(record.block))))
    if record.payload_digest is not None:
        fields.append(("WARC-Payload-Digest", write_digest(record.payload_digest)))
    fields.extend(record.fields)
    fields = [(name, _one_line(value)) for name, value in fields]
    headers = StatusAndHeaders("", fields, protocol="WARC/1.1")
    start = out.tell()
    WARCWriter(out, gzip=True, warc_version="1.1").write_record(
        ArcWarcRecord(
            "warc",
            record.type,
            headers,
            io.BytesIO(record.block),
            None,  # no HTTP head to parse: warcio would write it anew
            _one_line(record.content_type),
            len(record.block),
        )
    )
    return start, out.tell() - start


def _one_line(value: str) -> str:
    # What came from an input must not begin a header field of its own.
    return _LINE_END.sub(" ", value)


def _scan_record(source: "_Source") -> ScannedRecord | None:
    if not source.skip_blank():
        return None
    start = source.record_offset
    first_in_member = source.at_member_start
    _, headers = _read_header(source)
    length = _content_length(headers, start)
    reading = _BlockReading(headers)
    left = length
    while left:
        part = source.take(left)
        if not part:
            raise _Damage(
                "truncated-record",
                f"the record ends {left} bytes before its length of {length}",
                start,
            )
        left -= len(part)
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


def _read_header(source: "_Source") -> tuple[bytes, Headers]:
    start = source.record_offset
    header = source.take_header()
    lines = header.splitlines()
    version = lines[0].rstrip() if lines else b""
    if version not in _VERSIONS:
        raise _Damage("not-a-record", "no WARC record begins here", start)
    try:
        texts = [line.decode() for line in lines[1:]]
    except UnicodeDecodeError:
        texts = [line.decode("latin-1") for line in lines[1:]]
    return version, parse_headers(texts)


def _content_length(headers: Headers, offset: int) -> int:
    text = headers.get("Content-Length") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise _Damage("bad-length", f"the record's length is not a number: {text[:40]!r}", offset)
    return int(text)


class _BlockReading:
    """Hashes a block part by part, finding the HTTP head and undoing chunks on the way."""

    def __init__(self, headers: Headers) -> None:
        self.http: Head | None = None
        self._other = _other_algorithm(headers)
        self.block = self._hash()
        self.payload: _Hash | None = None
        self.framed: _Hash | None = None
        self.dechunker: Dechunker | None = None
        kind = (headers.get("WARC-Type") or "").lower()
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
        found = parse_head(start)
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


class _Source:
    """The bytes of a plain WARC file, with the positions a record needs to be found again."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        file.seek(offset)
        self._step = _FIRST_READ
        self._data = b""  # uncompressed bytes at hand
        self._at = 0
        self._base = offset  # position in the file of the first byte at hand
        self.record_offset = offset
        self.at_member_start = True
        self.excess = 0  # bytes passed behind the last record that belong to no record

    @property
    def stored_position(self) -> int:
        """Where the next unread byte stands in the file."""
        return self._base + self._at

    def skip_blank(self) -> bool:
        """Pass empty lines; tell whether a record may follow, and note where it begins."""
        while True:
            self._pass_line_ends()
            if self._at < len(self._data):
                self.record_offset = self.stored_position
                return True
            if not self._more():
                return False

    def _pass_line_ends(self) -> None:
        if self._data[self._at : self._at + 1] in (b"\r", b"\n"):
            self._at = len(self._data) - len(self._data[self._at :].lstrip(b"\r\n"))

    def take_header(self) -> bytes:
        """Take the bytes up to the first empty line, and that line."""
        searched = self._at
        while True:
            limit = self._at + _HEADER_LIMIT
            ends = [(self._data.find(mark, searched, limit), mark) for mark in _HEADER_ENDS]
            if found := [(end, mark) for end, mark in ends if end != -1]:
                end, mark = min(found)  # the block may hold the other kind
                header = self._data[self._at : end]
                self._at = end + len(mark)
                return header
            held = len(self._data) - self._at
            if held >= _HEADER_LIMIT:
                raise _Damage(
                    "endless-header", "the record's header has no end", self.record_offset
                )
            if held >= 5 and not self._data.startswith(b"WARC/", self._at):
                raise _Damage("not-a-record", "no WARC record begins here", self.record_offset)
            searched = max(self._at, len(self._data) - 3) - self._at
            if not self._more():
                raise _Damage(
                    "truncated-record", "the file ends inside a record's header", self.record_offset
                )
            searched += self._at

    def take(self, most: int) -> bytes:
        """Take at least one byte of the record and no more than `most`; none at the end."""
        if self._at >= len(self._data) and not self._more():
            return b""
        part = self._data[self._at : self._at + most]
        self._at += len(part)
        return part

    def end_record(self, start: int) -> bool:
        """Pass the two line ends behind a block; tell whether the record can be opened alone."""
        while len(self._data) - self._at < 5 and self._more():
            pass
        tail = self._data[self._at : self._at + 4]
        self._at += len(tail) - len(tail.lstrip(b"\r\n"))
        if tail and tail[0] not in b"\r\n" and not self._data.startswith(b"WARC/", self._at):
            end = self.stored_position
            inner = self._find(start + 1, _RECORD_START)
            if inner is not None and inner < end:
                raise _Damage(
                    "wrong-length", "the record's length reaches into the next record", start
                )
            self._move(end)
        return True

    def check_end(self) -> None:
        """Check what can be checked of a record once its block has been read."""

    def resume(self, at: int) -> int | None:
        """Go to the first place from `at` on where a record may begin; None without one."""
        place = self._find(at, _RECORD_START)
        if place is not None:
            self._move(place)
        return place

    def _find(self, at: int, mark: re.Pattern[bytes]) -> int | None:
        keep, step = b"", _FIRST_READ
        self._file.seek(at)
        while chunk := self._file.read(step):
            window = keep + chunk
            if found := mark.search(window):
                return at - len(keep) + found.start()
            at += len(chunk)
            keep, step = window[-_OVERLAP:], min(2 * step, _READ_STEP)
        return None

    def _move(self, offset: int) -> None:
        self._file.seek(offset)
        self._step = _FIRST_READ
        self._data, self._at, self._base = b"", 0, offset
        self.record_offset = offset

    def _read(self) -> bytes:
        chunk = self._file.read(self._step)
        self._step = min(2 * self._step, _READ_STEP)
        return chunk

    def _more(self) -> bool:
        chunk = self._read()
        self._base += self._at
        self._data, self._at = self._data[self._at :] + chunk, 0
        return bool(chunk)


class _GzipSource(_Source):
    """The same of a file of gzip members, one record in each as a rule."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        super().__init__(file, offset)
        self._raw = b""  # compressed bytes at hand
        self._raw_at = 0
        self._raw_base = offset
        self._member: zlib._Decompress | None = None
        self._member_offset = offset
        self._taken_in_member = 0

    @property
    def stored_position(self) -> int:
        return self._raw_base + self._raw_at

    def skip_blank(self) -> bool:
        while True:
            self._pass_line_ends()
            if self._at < len(self._data):
                self.record_offset = self._member_offset
                self.at_member_start = not self._taken_in_member
                self._taken_in_member += 1
                return True
            if not self._more() and not self._next_member():
                return False

    def take(self, most: int) -> bytes:
        if self._at >= len(self._data) and not self._more() and not self._body_goes_on():
            return b""
        return super().take(most)

    def end_record(self, start: int) -> bool:
        # The member has to be read to its end: only then are its checksum and length known.
        self.excess = 0
        self._pass_line_ends()
        while len(self._data) - self._at < len(b"WARC/") and self._more():
            self._pass_line_ends()
        if self._data.startswith(b"WARC/", self._at):
            return False
        while self._at < len(self._data) or self._more():
            self.excess += len(self._data) - self._at
            self._at = len(self._data)
        return True

    def check_end(self) -> None:
        self.end_record(self.record_offset)  # the checksum of its member

    def resume(self, at: int) -> int | None:
        while (place := self._find(at, _MEMBER_START)) is not None:
            self._file.seek(place)
            try:
                start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(
                    self._file.read(_PROBE), 64
                )
            except zlib.error:
                start = b""
            if start.lstrip(b"\r\n").startswith(b"WARC/"):
                self._move(place)
                return place
            at = place + 1
        return None

    def _move(self, offset: int) -> None:
        super()._move(offset)
        self._raw, self._raw_at, self._raw_base = b"", 0, offset
        self._member = None

    def _next_member(self) -> bool:
        while self._raw_has(1) and self._raw[self._raw_at] == 0:
            # Zero padding, as tape and some file systems leave it.
            self._raw_at = len(self._raw) - len(self._raw[self._raw_at :].lstrip(b"\0"))
        if not self._raw_has(1):
            return False
        self._member_offset = self.stored_position
        self._taken_in_member = 0
        self._raw_has(3)
        if not self._raw.startswith(_GZIP_MAGIC, self._raw_at):
            raise _Damage("not-gzip", "no gzip member begins here", self._member_offset)
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return True

    def _body_goes_on(self) -> bool:
        # Some writers closed a member between a record's head and its body.
        try:
            while self._next_member():
                while len(self._data) - self._at < len(b"WARC/") and self._more():
                    pass
                if self._at < len(self._data):
                    self._taken_in_member = 1
                    return not self._data.startswith(b"WARC/", self._at)
        except _Damage:
            pass  # the record is cut short; what is wrong behind it is met again there
        return False

    def _raw_has(self, count: int) -> bool:
        while len(self._raw) - self._raw_at < count:
            chunk = self._read()
            if not chunk:
                return False
            self._raw_base += self._raw_at
            self._raw, self._raw_at = self._raw[self._raw_at :] + chunk, 0
        return True

    def _more(self) -> bool:
        member = self._member
        while member is not None:
            if not self._raw_has(1):
                raise _Damage(
                    "truncated-record", "the file ends inside a gzip member", self._member_offset
                )
            feed = self._raw[self._raw_at : self._raw_at + _FEED_STEP]
            try:
                given = member.decompress(feed, _INFLATE_STEP)
            except zlib.error as error:
                raise _Damage(
                    "damaged-member", f"the gzip member is damaged: {error}", self._member_offset
                ) from None
            self._raw_at += len(feed) - len(member.unused_data) - len(member.unconsumed_tail)
            if member.eof:
                self._member = member = None
            if given:
                self._data, self._at = self._data[self._at :] + given, 0
                return True
        return False


class _BlockStream(io.RawIOBase):
    """A record's block as a stream; damage shows as `WarcError` where it is met."""

    def __init__(self, path: Path, file: BinaryIO, source: _Source, length: int) -> None:
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
        except _Damage as damage:
            raise WarcError(str(self._path), damage.offset, damage.message) from None
        if not part:
            raise WarcError(str(self._path), self._source.record_offset, "the record is cut short")
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _open_source(file: BinaryIO, offset: int = 0) -> _Source:
    file.seek(offset)
    magic = file.read(2)
    return (_GzipSource if magic == _GZIP_MAGIC[:2] else _Source)(file, offset)
