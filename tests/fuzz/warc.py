"""Damaged WARC files, in every framing, and what must hold of reading any of them.

A file is put together from pieces, each a record as it is stored. Some are spoilt, and what was not
is remembered: it has to be found again. Only public functions are used.
"""

import contextlib
import hashlib
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import zstandard

from archiver.digests import sha1
from archiver.errors import FormatError
from archiver.ingest.sniff import sniff
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.warc import open_record, reframe, scan_one
from tests import builders
from tests.fuzz.cases import Case, Target, change_number, either, spoil, spoil_lines
from tests.fuzz.records import Seen, scanned, seen

__all__ = ["TARGET", "padding", "unframed"]

_FRAMINGS = {
    "plain": "plain",
    "gzip": "gzip",
    "whole": "gzip",  # all records in one member
    "groups": "gzip",  # in two
    "split": "gzip",  # each record in two members of its own
    "zstd": "zstd",
    "dictionary": "zstd",
}
_FORMS = (*_FRAMINGS, "plain", "gzip", "gzip")
_KINDS = ("response", "revisit", "resource")
_TOKENS = (
    b"WARC/1.0\r\n",
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\n",
    b"WARC/1.1\nA: b\n\n",
    b"WARC/",
    b"\r\n\r\n",
    b"\n\n",
    b"\n\r\n",
    b"\r\n",
    b"\0" * 10,
    b"\x1f\x8b\x08",
    b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
    b"\x28\xb5\x2f\xfd",
    b"\x50*M\x18\x03\0\0\0abc",
    b"\x5d*M\x18\x03\0\0\0abc",
    b"\x5d*M\x18\xff\xff\xff\xff",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"0\r\n\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    builders.member(b""),
    builders.member(b"\r\n\r\n"),
    builders.member(b"not a record"),
    zstandard.compress(b""),
    zstandard.compress(b"not a record"),
)
_LENGTH = re.compile(rb"(Content-Length: *)(\d+)")
_HEADER_END = re.compile(rb"\r\n\r\n|\n\n")
_EDGES = (1 << 14, 1 << 16, 1 << 18, 1 << 20)  # sizes at which a reader's buffers end
_MEMBER_LIMIT = 1 << 26
_TOLD = 10_001


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some records as they are stored; `blocks` only when nothing was done to them."""

    stored: bytes
    blocks: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file.

    Attributes:
        form: how its records are framed.
        intact: offset, length and SHA-1 of the block of each record nothing was done to, in a
            piece of its own.
        pristine: whether nothing at all was done, and the blocks then.
    """

    form: str
    intact: tuple[tuple[int, int, bytes], ...]
    pristine: tuple[bytes, ...] | None


# Making


def _make(random: Random) -> Case:
    form = random.choice(_FORMS)
    shared = zstandard.ZstdCompressionDict(
        b"WARC/1.0\r\nWARC-Type: response\r\nHTTP/1.1 200 OK\r\n"
    )
    dictionary = shared if form == "dictionary" else None
    edge = either(random, 0.1)
    records = [_record(random, edge) for _ in range(random.randrange(1, 7))]
    pieces = _pieces(random, records, form, dictionary)
    pristine = either(random, 0.05)
    before = b""
    if dictionary is not None:
        before = b"\x5d*M\x18" + len(dictionary.as_bytes()).to_bytes(4, "little")
        before += dictionary.as_bytes()
        if either(random, 0.1) and not pristine:
            before, pieces = (
                spoil(random, before, _TOKENS),
                [replace(p, blocks=None) for p in pieces],
            )
    if not pristine:
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            _spoil_one(random, pieces, form, dictionary)
    return _put_together(random, before, pieces, form, pristine=pristine)


def _put_together(
    random: Random, before: bytes, pieces: list[_Piece], form: str, *, pristine: bool
) -> Case:
    data = before
    intact = []
    for piece in pieces:
        if piece.blocks and len(piece.blocks) == 1:
            intact.append((len(data), len(piece.stored), sha1(piece.blocks[0])))
        data += piece.stored
    if pristine:
        blocks = tuple(block for piece in pieces for block in piece.blocks or ())
        return Case(data, Facts(form, tuple(intact), blocks))
    if either(random, 0.15):
        data = data[: random.randrange(len(data) + 1)]
        intact = [each for each in intact if each[0] + each[1] <= len(data)]
    if _framing(data) != _FRAMINGS[form]:
        intact = []  # spoilt so that it is taken for a file of another framing
    return Case(data, Facts(form, tuple(intact), None))


def _framing(data: bytes) -> str:
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if data.startswith((b"\x28\xb5\x2f\xfd", b"\x5d*M\x18")) else "plain"


def _record(random: Random, edge: bool) -> bytes:
    body = _body(random, edge)
    url = f"http://www.homeoffice.example/{random.randrange(1000)}/"
    match random.randrange(9):
        case 0:
            return builders.warcinfo(b"x: " + b"y" * random.choice((0, 3, 16000, 16384)) + b"\r\n")
        case 1:
            return builders.request(url)
        case 2:
            return builders.revisit(body, url=url)
        case 3:
            return builders.resource(body, url=url)
        case 4:
            return builders.metadata(body)
        case 5:
            framed = builders.chunked(body[:5000], random.choice((1, 7, 100, 4096)))
            return builders.response(framed, url=url, head=[("Transfer-Encoding", "chunked")])
        case 6:
            declared = "sha256:" + hashlib.sha256(body).hexdigest()
            return builders.response(body, url=url, fields=[("WARC-Payload-Digest", declared)])
        case _:
            block = builders.http_response(body, line_end=random.choice((b"\r\n", b"\r\n", b"\n")))
            ends: tuple[bytes | None, ...] = (None, None, None, b"", b"\r\n", b"\n\n", b"\r\n" * 9)
            return builders.record(
                random.choice(("response", "response", "RESPONSE", "conversion")),
                block,
                url=url,
                line_end=random.choice((b"\r\n", b"\r\n", b"\n")),
                version=random.choice(("WARC/1.0", "WARC/1.1", "WARC/0.18", "WARC/0.17")),
                tail=random.choice(ends),
            )


def _body(random: Random, edge: bool) -> bytes:
    size = random.choice((0, 1, 5, 60, 300, 2000))
    if edge and either(random, 0.4):
        size = max(random.choice(_EDGES) + random.randrange(-700, 700), 0)
    if either(random, 0.3):
        return random.randbytes(size)
    words = b"Crime and policing \r\n<p>%d</p>" % random.randrange(1000)
    return (words * (size // len(words) + 1))[:size]


def _pieces(
    random: Random,
    records: list[bytes],
    form: str,
    dictionary: zstandard.ZstdCompressionDict | None,
) -> list[_Piece]:
    if form == "whole":
        records_of = [records]
    elif form == "groups":
        cut = random.randrange(len(records) + 1)
        records_of = [part for part in (records[:cut], records[cut:]) if part]
    else:
        records_of = [[one] for one in records]
    pieces = []
    for some in records_of:
        blocks = tuple(_block(one) for one in some)
        whole = b"".join(some)
        if form == "split":
            header = _HEADER_END.search(whole)
            least = header.end() if header else 0
            cut = random.randrange(least, len(whole)) if least < len(whole) else least
            # A part that looks like a record of its own is one.
            if not whole[cut:].lstrip(b"\r\n").startswith(b"WARC/") and whole[cut:].strip(b"\r\n"):
                stored = _stored(random, whole[:cut], form) + _stored(random, whole[cut:], form)
                pieces.append(_Piece(stored, blocks))
                continue
        pieces.append(_Piece(_stored(random, whole, form, dictionary), blocks))
    return pieces


def _stored(
    random: Random,
    raw: bytes,
    form: str,
    dictionary: zstandard.ZstdCompressionDict | None = None,
) -> bytes:
    if form == "plain":
        return raw
    if form in ("zstd", "dictionary"):
        packer = zstandard.ZstdCompressor(
            level=random.choice((1, 3)),
            dict_data=dictionary,
            write_checksum=True,  # without it not all damage can be told
            write_content_size=either(random, 0.7),
        )
        return packer.compress(raw)
    packed = zlib.compressobj(random.choice((0, 1, 6, 9)), wbits=31)
    return packed.compress(raw) + packed.flush()


def _block(record: bytes) -> bytes:
    # Of a record that nothing was done to.
    header = _HEADER_END.search(record)
    length = _LENGTH.search(record[: header.start()] if header else b"")
    assert header
    assert length
    return record[header.end() : header.end() + int(length[2])]


def _spoil_one(
    random: Random,
    pieces: list[_Piece],
    form: str,
    dictionary: zstandard.ZstdCompressionDict | None,
) -> None:
    at = random.randrange(len(pieces))
    piece = pieces[at]
    match random.randrange(10):
        case 0 | 1 | 2 | 3:  # what the record says; its framing is sound
            raw = unframed(piece.stored, dictionary)
            for _ in range(random.choice((1, 1, 2, 4))):
                raw = _spoil_record(random, raw)
            pieces[at] = _Piece(_stored(random, raw, form, dictionary), None)
        case 4 | 5:  # its framing
            pieces[at] = _Piece(spoil(random, piece.stored, _TOKENS), None)
        case 6:  # something between two
            junk = random.choice(_TOKENS) * random.choice((1, 1, 2, 50))
            if either(random, 0.3):
                junk = random.randbytes(random.choice((1, 10, 500, 20000)))
            pieces.insert(at, _Piece(junk, None))
        case 7:  # stands twice, the first time cut off
            cut = random.randrange(len(piece.stored) + 1)
            pieces.insert(at, _Piece(piece.stored[:cut], None))
        case 8:  # its beginning is gone, or its end
            cut = random.randrange(len(piece.stored) + 1)
            kept = piece.stored[:cut] if either(random, 0.5) else piece.stored[cut:]
            pieces[at] = _Piece(kept, None)
        case _:  # zeros, as file systems leave them
            zeros = bytes(random.choice((1, 511, 5000, 1 << 14)))
            pieces.insert(at, _Piece(zeros, None))


def _spoil_record(random: Random, raw: bytes) -> bytes:
    match random.randrange(5):
        case 0:
            found = list(_LENGTH.finditer(raw))
            if not found:
                return spoil(random, raw, _TOKENS)
            match = random.choice(found)
            return raw[: match.start(2)] + change_number(random, match[2]) + raw[match.end() :]
        case 1:
            return spoil_lines(random, raw)
        case 2:
            return raw[: random.randrange(len(raw) + 1)]
        case _:
            return spoil(random, raw, _TOKENS)


# Checking


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, Facts)
    path = folder / "file.warc"
    path.write_bytes(case.data)
    found = scanned(path)
    assert found == scanned(path), "a second scan differs"
    records = [each for each in found if isinstance(each, Seen)]
    problems = [each for each in found if isinstance(each, Problem)]
    assert len(problems) <= _TOLD
    _check_cover(case.data, found)
    _check_records(case.data, records, case.facts.form)
    _check_intact(case.data, case.facts, records)
    if case.facts.form != "dictionary":  # its frames cannot be read without the file's beginning
        _check_opening(path, records)
        _check_spans(path, found)
    _check_reframed(path, folder / "new.warc.gz", records, problems)
    _check_reading(path, records, problems)
    _check_sniffing(path)


def _check_cover(data: bytes, found: Sequence[Seen | Problem]) -> None:
    # Every byte is in a record, in a problem, or padding; nothing is told twice.
    end = 0
    loose = 0  # records that share a member have no bytes of their own
    before: Seen | None = None
    for each in found:
        if each.offset is None:  # only so many problems are told with their place
            assert each == found[-1]
            return
        assert each.length is not None
        assert each.length > 0, f"nothing at {each.offset}"
        assert each.offset + each.length <= len(data), "past the end of the file"
        if isinstance(each, Problem) and each.code == "wrong-length" and before is not None:
            about = (before.offset, before.length)
            if (each.offset, each.length) == about:  # more of its member than it says
                continue
        shares = isinstance(each, Seen) and each.shared
        if not shares:
            assert each.offset >= (end if not loose else 0), f"{each.offset} is told twice"
        assert each.offset >= (before.offset if before else 0), "out of order"
        if each.offset > max(end, loose):
            gap = data[max(end, loose) : each.offset]
            assert padding(gap), f"{len(gap)} bytes skipped before {each.offset}: {gap[:40]!r}"
        if shares:
            loose = max(loose, each.offset + each.length)
        else:
            end, loose = each.offset + each.length, 0
        before = each if isinstance(each, Seen) else None
    gap = data[max(end, loose) :]
    assert padding(gap), f"{len(gap)} bytes skipped at the end: {gap[:40]!r}"


def padding(data: bytes) -> bool:
    """Tell whether bytes hold nothing: zeros, line ends, empty members and frames."""
    while data := data.lstrip(b"\0\r\n"):
        if data.startswith(b"\x1f\x8b\x08"):
            member = zlib.decompressobj(31)
            try:
                text = member.decompress(data, _MEMBER_LIMIT)
            except zlib.error:
                return False
            if not member.eof or text.strip(b"\r\n"):
                return False
            data = member.unused_data
        elif data[1:4] == b"*M\x18" and data[0] & 0xF0 == 0x50:
            data = data[8 + int.from_bytes(data[4:8], "little") :]
        elif data.startswith(b"\x28\xb5\x2f\xfd"):
            frame = zstandard.ZstdDecompressor().decompressobj()
            try:
                text = frame.decompress(data)
            except zstandard.ZstdError:
                return False
            if not frame.eof or text.strip(b"\r\n"):
                return False
            data = frame.unused_data
        else:
            return False
    return True


def unframed(stored: bytes, dictionary: zstandard.ZstdCompressionDict | None = None) -> bytes:
    """Give what is held by members or frames one after the other; bytes in none as they are."""
    out = []
    while stored := stored.lstrip(b"\0"):
        if stored.startswith(b"\x1f\x8b"):
            member = zlib.decompressobj(31)
            # RFC 1952 reserves three of the flags; zlib refuses a member that has them set.
            sound = stored[:3] + bytes([stored[3] & 0x1F]) + stored[4:] if stored[3:] else stored
            try:
                out.append(member.decompress(sound) + member.flush())
            except zlib.error:
                break
            stored = member.unused_data
        elif stored.startswith(b"\x28\xb5\x2f\xfd"):
            frame = zstandard.ZstdDecompressor(dict_data=dictionary).decompressobj()
            try:
                out.append(frame.decompress(stored))
            except zstandard.ZstdError:
                break
            stored = frame.unused_data
        else:
            out.append(stored)
            break
    return b"".join(out)


def _check_records(data: bytes, records: Iterable[Seen], form: str) -> None:
    # What is said of a record is so, by another way of reading it.
    for record in records:
        assert len(record.block_digest) == len(record.payload_digest) == 20
        if record.shared or form == "dictionary":
            continue
        raw = unframed(data[record.offset : record.offset + record.length]).lstrip(b"\r\n")
        assert raw.startswith(b"WARC/"), f"no record at {record.offset}"
        header = _HEADER_END.search(raw)
        assert header
        block = raw[header.end() : header.end() + record.block_length]
        assert (len(block), sha1(block)) == (record.block_length, record.block_digest)


def _check_intact(data: bytes, facts: Facts, records: Sequence[Seen]) -> None:
    if facts.pristine is not None:
        blocks = [sha1(block) for block in facts.pristine]
        assert [record.block_digest for record in records] == blocks
    places = {(record.offset, record.block_digest) for record in records}
    for offset, length, digest in facts.intact:
        if (offset, digest) in places:
            continue
        over = [each for each in records if each.offset < offset < each.offset + each.length]
        taken = any(_may_have(data, facts.form, each, offset, length) for each in over)
        assert taken, f"the sound record at {offset} is lost"


def _may_have(data: bytes, form: str, record: Seen, offset: int, length: int) -> bool:
    # Whether a record may rightly reach into another, that begins at `offset`.
    end = record.offset + record.length
    if _FRAMINGS[form] != "plain":  # the last byte of a checksum may be the next one's by chance
        return end - offset <= 4
    if _header_end(data, record.offset) > offset:
        return False
    # The other is part of its block; or by chance, its length leads to an empty line in the other.
    ends_blank = data[record.offset : end].endswith(b"\r\n\r\n")
    return offset + length <= end + 4 or ends_blank or not data[end - 2 : end + 2].strip(b"\r\n")


def _header_end(data: bytes, offset: int) -> int:
    # A header that goes on in that of another record is nobody's.
    found = _HEADER_END.search(data, offset)
    return found.start() if found else len(data)


def _check_opening(path: Path, records: Iterable[Seen]) -> None:
    for record in records:
        if record.shared:
            continue
        digest = hashlib.sha1(usedforsecurity=False)
        with open_record(path, record.offset) as opened:
            assert tuple(opened.headers.fields) == record.fields
            step = 1 + (record.offset + record.block_length) % 3000
            while part := opened.block.read(step):
                digest.update(part)
            assert opened.block.read(10) == b""
        assert digest.digest() == record.block_digest, f"opened at {record.offset}, it differs"
        alone = scan_one(path, record.offset)
        assert alone is not None
        assert seen(alone) == record, f"scanned alone at {record.offset}"


def _check_spans(path: Path, found: Sequence[Seen | Problem]) -> None:
    # A scan may begin at any record, and end behind any.
    places = [n for n, each in enumerate(found) if isinstance(each, Seen)]
    if any(isinstance(each, Seen) and each.shared for each in found):
        return
    for number in {places[0], places[len(places) // 2], places[-1]} if places else ():
        record = found[number]
        assert isinstance(record, Seen)
        start, end = record.offset, record.offset + record.length
        assert scanned(path, start=start) == list(found[number:])
        until = [each for each in found if each.offset is not None and each.offset < end]
        assert scanned(path, end=end) == until
        only = [each for each in until if each.offset is not None and each.offset >= start]
        assert scanned(path, start=start, end=end) == only


def _check_reframed(
    path: Path, new: Path, records: Sequence[Seen], problems: Sequence[Problem]
) -> None:
    with new.open("w+b") as out:
        told = list(reframe(path, out, name="the file"))
    # A damaged member may be told as such, or by what is missing of its record.
    assert [(each.offset, each.length) for each in told] == [
        (each.offset, each.length) for each in problems
    ]
    again = scanned(new)
    kept = [each for each in again if isinstance(each, Seen)]
    assert kept == again, "there are problems in a file framed anew"
    assert [_content(each) for each in kept] == [_content(each) for each in records]
    assert not any(each.shared for each in kept)
    new.unlink()


def _content(record: Seen) -> Seen:
    return record._replace(offset=0, length=0, shared=False)


def _check_reading(path: Path, records: Sequence[Seen], problems: Sequence[Problem]) -> None:
    reading = WarcReading(path, "the file")
    told = list(reading)
    assert reading.counts.total() == len(records)
    assert reading.shared == any(record.shared for record in records)
    assert told == list(WarcReading(path, "the file"))
    assert [each for each in told if each in problems] == list(problems)
    captures = [each for each in told if isinstance(each, Capture)]
    assert all(len(capture.timestamp) == 14 and capture.url for capture in captures)
    assert all("\0" not in capture.url + capture.media_type for capture in captures)
    left_out = {"no-target", "bad-date"}
    lost = [each for each in told if isinstance(each, Problem) and each.code in left_out]
    assert len(captures) + len(lost) >= sum(record.kind in _KINDS for record in records)


def _check_sniffing(path: Path) -> None:
    with contextlib.suppress(FormatError):
        sniff(path)


TARGET = Target("warc", _make, _check)
