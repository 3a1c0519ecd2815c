"""How records stand in a file: plain, in gzip members or in zstd frames, and past any damage.

A source gives the bytes of one file record by record, with the positions that let a record be found
again; `walk` reads a whole file through one and goes on after damage. What a record looks like is
the format's to say: WARC and ARC each bring a `Mark`.

Source: RFC 1952 for gzip members; RFC 8878 for zstd frames; the WARC-Zstandard proposal of the IIPC
for dictionaries (a skippable frame at the start of the file).
"""

import io
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar, cast

import zstandard
from isal import igzip_lib, isal_zlib

from archiver.records import Problem

__all__ = [
    "GZIP_MAGIC",
    "NOT_DEFLATE",
    "ZSTD_DICTIONARY",
    "ZSTD_MAGIC",
    "CutShort",
    "Damage",
    "Mark",
    "Source",
    "is_zstd",
    "open_source",
    "walk",
]

T = TypeVar("T")

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"

_FIRST_READ = 1 << 14  # bytes asked of the disk at a new place, and doubled up to ...
_READ_STEP = 1 << 20  # ... this much at once
_FEED_STEP = 1 << 14  # bytes given to the inflater at once; a mean member is 7 to 9 kB
_HEADER_LIMIT = 1 << 18  # a record header is shorter than this
_LONG_HEADER = 1 << 14  # and hardly ever longer than this
_RECORD_END = b"\r\n\r\n"  # what stands behind a WARC record
_PROBE = 1 << 12  # stored bytes looked at to tell whether a record begins at a place
_OPENING = 64  # bytes they give that are looked at
_PROBLEMS = 10_000  # problems of one file told one by one; the others are counted
NOT_DEFLATE = cast(type[Exception], igzip_lib.IsalError)
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MEMBER_START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_FRAME_START = re.compile(re.escape(ZSTD_MAGIC))
_MEMBER_OVERLAP = 8  # bytes; no match of these two is longer
_ZEROS = bytes(_READ_STEP)
_BOMB_SIZE = 1 << 32  # a gzip member that holds more than this, ...
_ZSTD_BOMB_SIZE = 1 << 30  # ... or a zstd frame, which can grow a hundred times faster, ...
_BOMB_RATIO = 200  # ... and is this much smaller than what it holds, is there to do harm
_DICTIONARY_LIMIT = 1 << 24
_WINDOW_LIMIT = 1 << 27  # bytes a zstd frame may ask to be kept in memory
_BLOCK_LIMIT = 1 << 17  # RFC 8878, clause 3.1.1.2.4


@dataclass(frozen=True, slots=True)
class Mark:
    """How a record of one format begins.

    Attributes:
        format: the format's name, for messages.
        begins: matches what every record begins with.
        probe: bytes after which `begins` can tell.
        sought: the same, strict enough to be looked for among damaged bytes.
        overlap: no match of `sought` is longer than this, in bytes.
        header_ends: what ends a record's header; it is not part of the header.
    """

    format: str
    begins: re.Pattern[bytes]
    probe: int
    sought: re.Pattern[bytes]
    overlap: int
    header_ends: tuple[bytes, ...]


class Damage(Exception):  # noqa: N818 - it travels between a source and its reader only
    """A stretch of bytes that is not a sound record."""

    def __init__(self, code: str, message: str, offset: int, passed: int = 1) -> None:
        self.code = code
        self.message = message
        self.offset = offset
        self.passed = passed  # bytes from there on in which no other record can begin


class CutShort(Damage):
    """A block that ends before its length says, with nothing wrong in the bytes that are there."""


def walk(
    path: Path,
    mark: Mark,
    read: Callable[["Source"], T | None],
    name: str,
    *,
    start: int = 0,
    end: int | None = None,
) -> Iterator[T | Problem]:
    """Read every record of a file in order, in constant memory, going on after damage.

    Args:
        path: a regular file, plain, gzip or zstd (told by its first bytes, not by its name).
        mark: how its records begin.
        read: reads one record and gives its value, None at the end of the file; it raises `Damage`.
        name: what to call the file in problems.
        start: the offset to begin at; a record begins there.
        end: the offset to stop at, where one ends; None for the end of the file.

    Yields:
        What `read` gives, and a `Problem` for each stretch of bytes that is no record. After damage
        the next record that begins well is looked for, so that damage costs the record it stands
        in. Of a file that is mostly damage the first `_PROBLEMS` problems are given, then their
        number.
    """
    told = untold = 0
    with path.open("rb") as file:
        source = open_source(file, mark, start)
        while end is None or source.stored_position < end:
            before = source.stored_position
            try:
                record = read(source)
            except Damage as damage:
                # A record whose second member is damaged is lost from its beginning.
                began = source.record_offset if source.record_offset >= before else damage.offset
                lost = min(began, damage.offset)
                resumed = source.resume(damage.offset + damage.passed)
                beyond = source.size if resumed is None else resumed
                place = (name, lost, beyond - lost)
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
                length = source.stored_position - source.record_offset
                yield Problem("wrong-length", message, name, source.record_offset, length)
    if untold:
        yield Problem("more-damage", f"{untold} more damaged places are not told one by one", name)


def is_zstd(path: Path) -> bool:
    """Tell whether a file of records is in zstd, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(ZSTD_MAGIC)) in (ZSTD_MAGIC, ZSTD_DICTIONARY)


def open_source(file: BinaryIO, mark: Mark, offset: int = 0) -> "Source":
    """Make the source that suits what stands in a file at an offset."""
    file.seek(offset)
    magic = file.read(4)
    if magic.startswith(GZIP_MAGIC[:2]):
        return _GzipSource(file, mark, offset)
    if magic in (ZSTD_MAGIC, ZSTD_DICTIONARY):
        return _ZstdSource(file, mark, offset)
    return Source(file, mark, offset)


class Source:
    """The bytes of a plain file of records, with the positions a record needs to be found again."""

    def __init__(self, file: BinaryIO, mark: Mark, offset: int = 0) -> None:
        self.mark = mark
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
        self.header_end = b""  # what ended the last header

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

    @property
    def no_record(self) -> str:
        """Say that no record begins where one should."""
        return f"no {self.mark.format} record begins here"

    def _begins(self) -> bool:
        return self.mark.begins.match(self._data, self._at) is not None

    def _surely_begins(self) -> bool:
        while len(self._data) - self._at < self.mark.overlap and self._more():
            pass
        return self.mark.sought.match(self._data, self._at) is not None

    def take_header(self) -> bytes:
        """Take a record's header, and what ends it, which is kept in `header_end`."""
        searched = self._at
        while True:
            limit = self._at + _HEADER_LIMIT
            ends = [
                (self._data.find(mark, searched, limit), mark) for mark in self.mark.header_ends
            ]
            if found := [(end, mark) for end, mark in ends if end != -1]:
                end, mark = min(found)  # the block may hold the other kind
                header = self._data[self._at : end]
                self._at = end + len(mark)
                self.header_end = mark
                return header
            held = len(self._data) - self._at
            if held >= _HEADER_LIMIT:
                raise Damage(
                    "endless-header",
                    "the record's header has no end",
                    self.record_offset,
                    self._without_header(_HEADER_LIMIT - _LONG_HEADER),  # no more was searched
                )
            if held >= self.mark.probe and not self._begins():
                raise Damage("not-a-record", self.no_record, self.record_offset)
            searched = max(self._at, len(self._data) - 3) - self._at
            if not self._more():
                raise Damage(
                    "truncated-record",
                    "the file ends inside a record's header",
                    self.record_offset,
                    self._without_header(held),
                )
            searched += self._at

    def _without_header(self, length: int) -> int:
        # Where no header ends, none begins; to look for one at every place would take for ever.
        return length

    def take(self, most: int) -> bytes:
        """Take at least one byte of the record and no more than `most`; none at the end."""
        if self._at >= len(self._data) and not self._more():
            return b""
        part = self._data[self._at : self._at + most]
        self._at += len(part)
        return part

    def whole_member(self) -> bytes | None:
        """Give all that the next gzip member holds, where that is at hand and not much.

        Nothing is taken by that: `pass_member` does it, and everything else reads on from the
        member's beginning. None in a file of another kind, and for a member that is long or damaged
        or does not follow at once.
        """
        return None

    def pass_member(self) -> None:
        """Take the member that `whole_member` gave as one record."""

    @property
    def between_records(self) -> bool:
        """Whether `stored_position` is where the next record begins, or what stands before it."""
        return True

    def stored(self, most: int) -> bytes:
        """Give the next stored bytes, no more than `most`, without taking them."""
        while len(self._data) - self._at < most and self._more():
            pass
        return self._data[self._at : self._at + most]

    def pass_stored(self, length: int) -> None:
        """Go on behind the next stored bytes, without reading them."""
        if self._at + length <= len(self._data):
            self._at += length
        else:
            self._move(self.stored_position + length)
        self.excess = 0

    def block(self, length: int, start: int) -> Iterator[bytes]:
        """Give the block of the record that began at `start`, part by part.

        Raises:
            CutShort: when the file, or its member, ends before the block does.
            Damage: when the member is damaged.
        """
        left = length
        while left:
            part = self.take(left)
            if not part:
                message = f"the record ends {left} bytes before its length of {length}"
                raise CutShort("truncated-record", message, start)
            left -= len(part)
            yield part

    def another_after(self, start: int) -> bool:
        """Tell whether another record begins between `start` and here."""
        end = self.stored_position
        inner = self._find(start + 1, self.mark.sought, self.mark.overlap)
        self._move(end)
        return inner is not None and inner < end

    def end_record(self, start: int) -> bool:
        """Pass the two line ends behind a block; tell whether the record can be opened alone."""
        while len(self._data) - self._at < len(_RECORD_END) + self.mark.probe and self._more():
            pass
        tail = self._data[self._at : self._at + len(_RECORD_END)]
        self._at += len(tail) - len(tail.lstrip(b"\r\n"))
        behind = self._data[self._at : self._at + 1]
        # A single line end may be one of the block that a wrong length ran into.
        if tail != _RECORD_END and behind not in (b"", b"\r", b"\n") and not self._surely_begins():
            end = self.stored_position
            inner = self._find(start + 1, self.mark.sought, self.mark.overlap)
            if inner is not None and inner < end:
                raise Damage(
                    "wrong-length", "the record's length reaches into the next record", start
                )
            self._move(end)
        return True

    def check_end(self) -> None:
        """Check what can be checked of a record once its block has been read."""

    def resume(self, at: int) -> int | None:
        """Go to the first place from `at` on where a record may begin; None without one."""
        place = self._find(at, self.mark.sought, self.mark.overlap)
        if place is not None:
            self._move(place)
        return place

    def _find(self, at: int, sought: re.Pattern[bytes], overlap: int) -> int | None:
        # The byte before may be one that a pattern looks back to.
        self._file.seek(max(at - 1, 0))
        keep, step = self._file.read(min(at, 1)), _FIRST_READ
        first = len(keep)
        while chunk := self._file.read(step):
            if chunk == _ZEROS[: len(chunk)]:  # much faster than to search them
                keep, first, step = b"\0", 1, _READ_STEP
                at = _next_data(self._file, at + len(chunk))
                continue
            window = keep + chunk
            if found := sought.search(window, first):
                return at - len(keep) + found.start()
            at += len(chunk)
            keep, first, step = window[-overlap:], 0, min(2 * step, _READ_STEP)
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


class _GzipSource(Source):
    """The same of a file of gzip members, one record in each as a rule."""

    _member_start = _MEMBER_START
    _probe = _PROBE
    _bomb_size = _BOMB_SIZE

    def __init__(self, file: BinaryIO, mark: Mark, offset: int = 0) -> None:
        super().__init__(file, mark, offset)
        self._raw = b""  # compressed bytes at hand
        self._raw_at = 0
        self._raw_base = offset
        self._member: isal_zlib.Decompress | None = None
        self._member_offset = offset
        self._taken_in_member = 0
        self._given = 0  # bytes the member has given

    def _without_header(self, length: int) -> int:
        return 1  # these bytes are not the file's own

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

    def whole_member(self) -> bytes | None:
        if self._member is not None or self._at < len(self._data):
            return None
        if len(self._raw) - self._raw_at < _FEED_STEP:
            self._raw_has(_FEED_STEP)
        if not self._raw.startswith(GZIP_MAGIC, self._raw_at):
            return None
        feed = memoryview(self._raw)[self._raw_at : self._raw_at + _FEED_STEP]
        member = isal_zlib.decompressobj(_GZIP_WINDOW)
        try:
            given = member.decompress(feed)
        except NOT_DEFLATE:
            return None  # to be met, and told, by whoever reads on
        self._member_offset = self._raw_base + self._raw_at
        self._taken_in_member = self._given = 0
        self._raw_at += len(feed) - len(member.unused_data)
        if member.eof:
            self._data, self._at = given, 0
            return given
        self._member = member
        self._give(given)
        return None

    def pass_member(self) -> None:
        self.record_offset = self._member_offset
        self._at = len(self._data)
        self.excess = 0

    @property
    def between_records(self) -> bool:
        return self._member is None and self._at >= len(self._data)

    def stored(self, most: int) -> bytes:
        self._raw_has(most)
        return self._raw[self._raw_at : self._raw_at + most]

    def pass_stored(self, length: int) -> None:
        if self._raw_at + length <= len(self._raw):
            self._raw_at += length
        else:
            self._move(self.stored_position + length)
        self.excess = 0

    def take(self, most: int) -> bytes:
        if self._at >= len(self._data) and not self._more() and not self._body_goes_on():
            return b""
        return super().take(most)

    def end_record(self, start: int) -> bool:
        # The member has to be read to its end: only then are its checksum and length known.
        self.excess = 0
        self._pass_line_ends()
        while len(self._data) - self._at < self.mark.probe and self._more():
            self._pass_line_ends()
        if self._begins():
            return False
        while self._at < len(self._data) or self._more():
            self.excess += len(self._data) - self._at
            self._at = len(self._data)
        return True

    def check_end(self) -> None:
        self.end_record(self.record_offset)  # the checksum of its member

    def resume(self, at: int) -> int | None:
        while (place := self._find(at, self._member_start, _MEMBER_OVERLAP)) is not None:
            self._file.seek(place)
            start = self._opening(self._file.read(self._probe)).lstrip(b"\r\n")
            if self.mark.begins.match(start):
                self._move(place)
                return place
            at = place + 1
        return None

    def _opening(self, stored: bytes) -> bytes:
        # The first bytes of a member; none when it is damaged.
        try:
            return isal_zlib.decompressobj(_GZIP_WINDOW).decompress(stored, _OPENING)
        except NOT_DEFLATE:
            return b""

    def _move(self, offset: int) -> None:
        super()._move(offset)
        self._raw, self._raw_at, self._raw_base = b"", 0, offset
        self._member = None

    def _next_member(self) -> bool:
        self._pass_padding()
        if not self._raw_has(1):
            return False
        self._member_offset = self.stored_position
        self._taken_in_member = 0
        self._begin_member()
        return True

    def _begin_member(self) -> None:
        self._raw_has(3)
        if not self._raw.startswith(GZIP_MAGIC, self._raw_at):
            raise Damage("not-gzip", "no gzip member begins here", self._member_offset)
        self._member = isal_zlib.decompressobj(_GZIP_WINDOW)
        self._given = 0

    def _pass_padding(self) -> None:
        # Zeros, as tape and some file systems leave them.
        while self._raw_has(1) and self._raw[self._raw_at] == 0:
            self._raw_at = len(self._raw) - len(self._raw[self._raw_at :].lstrip(b"\0"))
            if self._raw_at == len(self._raw):
                self._raw, self._raw_at = b"", 0
                self._raw_base = _next_data(self._file, self._file.tell())
                self._file.seek(self._raw_base)

    def _body_goes_on(self) -> bool:
        # Some writers closed a member between a record's head and its body.
        try:
            while self._next_member():
                while len(self._data) - self._at < self.mark.probe and self._more():
                    pass
                if self._at < len(self._data):
                    self._taken_in_member = 1
                    return not self._begins()
        except Damage:
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
                raise Damage(
                    "truncated-record", "the file ends inside a gzip member", self._member_offset
                )
            feed = self._raw[self._raw_at : self._raw_at + _FEED_STEP]
            try:
                given = member.decompress(feed)  # a thousand times as much at most
            except NOT_DEFLATE as error:
                raise Damage(
                    "damaged-member", f"the gzip member is damaged: {error}", self._member_offset
                ) from None
            self._raw_at += len(feed) - len(member.unused_data)
            if member.eof:
                self._member = member = None
            if given:
                self._give(given)
                return True
        return False

    def _give(self, given: bytes) -> None:
        self._given += len(given)
        stored = self.stored_position - self._member_offset
        if self._given > self._bomb_size and self._given > _BOMB_RATIO * stored:
            message = f"{stored} bytes hold more than {self._bomb_size}; they are there to do harm"
            raise Damage("bomb", message, self._member_offset)
        self._data, self._at = self._data[self._at :] + given, 0


class _ZstdSource(_GzipSource):
    """The same of a file of zstd frames, with a dictionary at its start or without.

    A frame is taken block by block, so that no step gives more than a block may hold.
    """

    _member_start = _FRAME_START
    _bomb_size = _ZSTD_BOMB_SIZE
    _probe = 2 * _BLOCK_LIMIT  # a block gives nothing until it is whole

    def __init__(self, file: BinaryIO, mark: Mark, offset: int = 0) -> None:
        super().__init__(file, mark, offset)
        self._dictionary: zstandard.ZstdCompressionDict | None = None
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._checksum = False
        self._first = True

    def whole_member(self) -> bytes | None:
        return None

    def _move(self, offset: int) -> None:
        super()._move(offset)
        self._frame = None

    def _next_member(self) -> bool:
        self._pass_padding()
        while self._raw_has(4) and self._raw[self._raw_at + 1 : self._raw_at + 4] == b"*M\x18":
            self._member_offset = self.stored_position
            if self._raw[self._raw_at] & 0xF0 != 0x50:
                break
            self._pass_skippable()
        return super()._next_member()

    def _pass_skippable(self) -> None:
        # Source: RFC 8878, clause 3.1.2.
        head = self._stored(8)
        length = int.from_bytes(head[4:], "little")
        first, self._first = self._first, False
        if first and head.startswith(ZSTD_DICTIONARY) and length <= _DICTIONARY_LIMIT:
            self._dictionary = self._read_dictionary(self._stored(length))
            return
        after = self.stored_position + length
        if after > self.size:
            self._end_too_soon()
        self._file.seek(after)
        self._raw, self._raw_at, self._raw_base = b"", 0, after

    def _read_dictionary(self, data: bytes) -> zstandard.ZstdCompressionDict:
        try:
            if data.startswith(ZSTD_MAGIC):
                reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW_LIMIT)
                data = reader.decompressobj().decompress(data)[:_DICTIONARY_LIMIT]
            return zstandard.ZstdCompressionDict(data)
        except zstandard.ZstdError as error:
            message = f"the zstd dictionary is damaged: {error}"
            raise Damage("damaged-member", message, self._member_offset) from None

    def _begin_member(self) -> None:
        # Source: RFC 8878, clause 3.1.1.1.
        self._first = False
        self._raw_has(4)
        if not self._raw.startswith(ZSTD_MAGIC, self._raw_at):
            raise Damage("not-zstd", "no zstd frame begins here", self._member_offset)
        head = self._stored(5)
        descriptor = head[4]
        single = descriptor >> 5 & 1
        window = 0 if single else 1
        size = (single, 2, 4, 8)[descriptor >> 6]
        self._checksum = bool(descriptor >> 2 & 1)
        head += self._stored(window + (0, 1, 2, 4)[descriptor & 3] + size)
        decompressor = zstandard.ZstdDecompressor(
            dict_data=self._dictionary, max_window_size=_WINDOW_LIMIT
        )
        self._frame = decompressor.decompressobj()
        self._given = 0
        self._decode(head)

    def _more(self) -> bool:
        while self._frame is not None:
            head = self._stored(3)
            fields = int.from_bytes(head, "little")
            last, kind, size = fields & 1, fields >> 1 & 3, fields >> 3
            if kind == 3 or size > _BLOCK_LIMIT:
                self._damaged("a block is of no known kind, or too long")
            # Kind 1 is one byte, repeated.
            data = head + self._stored(1 if kind == 1 else size)
            if last and self._checksum:
                data += self._stored(4)
            given = self._decode(data)
            if last:
                self._frame = None
            if given:
                self._give(given)
                return True
        return False

    def _decode(self, data: bytes) -> bytes:
        assert self._frame is not None  # noqa: S101 - called only inside a frame
        try:
            return self._frame.decompress(data)
        except zstandard.ZstdError as error:
            self._damaged(str(error))

    def _damaged(self, why: str) -> NoReturn:
        message = f"the zstd frame is damaged: {why}"
        raise Damage("damaged-member", message, self._member_offset) from None

    def _end_too_soon(self) -> NoReturn:
        message = "the file ends inside a zstd frame"
        raise Damage("truncated-record", message, self._member_offset)

    def _stored(self, count: int) -> bytes:
        if not self._raw_has(count):
            self._end_too_soon()
        part = self._raw[self._raw_at : self._raw_at + count]
        self._raw_at += count
        return part

    def _opening(self, stored: bytes) -> bytes:
        decompressor = zstandard.ZstdDecompressor(
            dict_data=self._dictionary, max_window_size=_WINDOW_LIMIT
        )
        try:
            with decompressor.stream_reader(stored, read_across_frames=False) as reader:
                return reader.read(_OPENING)
        except zstandard.ZstdError:
            return b""


def _next_data(file: BinaryIO, at: int) -> int:
    # The first place from `at` on that is not in a hole of a sparse file.
    place = _sought(file, at, os.SEEK_DATA)
    if place is None:  # nothing but a hole to the end, or a file system that cannot tell
        in_hole = _sought(file, at, os.SEEK_HOLE) == at
        place = file.seek(0, io.SEEK_END) if in_hole else at
    file.seek(place)
    return place


def _sought(file: BinaryIO, at: int, whence: int) -> int | None:
    # The file's own position stays: what is buffered of it counts on that.
    before = os.lseek(file.fileno(), 0, io.SEEK_CUR)
    try:
        return os.lseek(file.fileno(), at, whence)
    except OSError:
        return None
    finally:
        os.lseek(file.fileno(), before, io.SEEK_SET)
