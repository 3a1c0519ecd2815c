"""ARC files, versions 1 and 2, read record by record and past damage; each becomes a WARC record.

ARC came before WARC: a header line (address, server, time, type, length), then what the server
sent, byte for byte. So nothing has to be made up, and captures are of grade A.

Source: the Internet Archive's "Arc File Format", versions 1.0 and 2.0.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archiver.errors import TimestampError
from archiver.framing import CutShort, Damage, Mark, Source, walk
from archiver.http import Head, parse_head
from archiver.ingest.converted import RESPONSE, Converted, address_field, spooled
from archiver.payload import read_block
from archiver.provenance import Provenance
from archiver.records import DateSource, Grade, Problem, StatedDate
from archiver.timestamps import format_timestamp, parse_timestamp

__all__ = ["ARC_START", "read_arc"]

ARC_START = re.compile(rb"filedesc:/{0,3}[^\s]")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}:[^\s]")
_IP = re.compile(rb"[0-9A-Fa-f.:]{1,45}|-")
_DATE = re.compile(rb"\d{4,20}")
_MARK = Mark(
    format="ARC",
    begins=_SCHEME,
    probe=24,
    sought=re.compile(
        rb"(?<=[\n\0])[A-Za-z][A-Za-z0-9+.-]{1,20}:[^\r\n]{1,4000}? (?:[0-9A-Fa-f.:]{1,45}|-) "
        rb"\d{8,20} [^\r\n]{1,500} [^\s]{1,20}\r?\n"
    ),
    overlap=5000,
    header_ends=(b"\n",),
)
_VERSION_2 = ("result", "checksum", "location", "offset", "filename")
_HEAD_LIMIT = 1 << 18
_YEARS = range(1990, 2101)  # as for WARC: a clock set wrong is not history


@dataclass(frozen=True, slots=True)
class _Arc:
    """One sound record."""

    offset: int
    length: int
    url: str
    ip: str
    date: str
    listed: tuple[tuple[str, str], ...]
    media_type: str
    block: BinaryIO
    cut: Damage | None  # what is wrong with a block that ends too soon


def read_arc(path: Path, name: str, sha256: str) -> Iterator[Converted | Problem]:
    """Read every record of an ARC file, plain or compressed in any way, in constant memory.

    Args:
        path: the file.
        name: what the operator calls it.
        sha256: its digest, for the provenance.

    A block that is cut short but has its HTTP head is kept, marked as truncated.

    Yields:
        A response record for each HTTP message, a resource record for anything else, a warcinfo
        record for the file's own first record, and a problem for what is damaged. A block is good
        until the next value is asked for.
    """
    for found in walk(path, _MARK, _read, name):
        if isinstance(found, Problem):
            yield found
            continue
        with found.block:
            yield _convert(found, name, sha256)


def _read(source: Source) -> _Arc | None:
    if not source.skip_blank():
        return None
    start = source.record_offset
    header = _header(source.take_header())
    if header is None:
        raise Damage("not-a-record", source.no_record, start)
    url, ip, date, rest, text = header
    if not (text.isdigit() and len(text) < 16):
        said = text.decode("latin-1")[:40]
        raise Damage("bad-length", f"the record's length is not a number: {said!r}", start)
    cut: list[CutShort] = []
    block = spooled(_until_cut(source.block(int(text), start), cut))
    try:
        if cut and (_head(block) is None or source.another_after(start)):
            raise cut[0]
        source.end_record(start)
    except BaseException:
        block.close()
        raise
    media_type, listed = _rest(rest.decode("latin-1").replace("\0", ""))
    return _Arc(
        offset=start,
        length=source.stored_position - start,
        url=_text(url),
        ip=ip.decode(),
        date=date.decode(),
        listed=listed,
        media_type=media_type,
        block=block,
        cut=cut[0] if cut else None,
    )


def _header(line: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes] | None:
    # An address may hold blanks, a type as well: what stands between them is told by its shape.
    words = line.rstrip(b"\r").split(b" ")
    if not _SCHEME.match(line):
        return None
    for at in range(1, len(words) - 2):
        if _IP.fullmatch(words[at]) and _DATE.fullmatch(words[at + 1]):
            url, rest = b" ".join(words[:at]), b" ".join(words[at + 2 : -1])
            return url, words[at], words[at + 1], rest, words[-1]
    return None


def _until_cut(parts: Iterator[bytes], cut: list[CutShort]) -> Iterator[bytes]:
    # A record with its head and the beginning of its body is worth having.
    try:
        yield from parts
    except CutShort as damage:
        cut.append(damage)


def _text(raw: bytes) -> str:
    # An address with a NUL in it is one that no database keeps.
    try:
        return raw.decode().replace("\0", "%00")
    except UnicodeDecodeError:
        return raw.decode("latin-1").replace("\0", "%00")


def _rest(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    # Version 1 has only the type here; version 2 five fields more, none of which holds a blank.
    words = text.split(" ")
    more = words[-len(_VERSION_2) :]
    if len(words) <= len(_VERSION_2) or not (more[0].isdigit() and more[3].isdigit()):
        return text, (("arc-type", text),)
    kind = " ".join(words[: -len(_VERSION_2)])
    facts = [(f"arc-{name}", value) for name, value in zip(_VERSION_2, more, strict=True)]
    return kind, (("arc-type", kind), *facts)


def _convert(arc: _Arc, name: str, sha256: str) -> Converted | Problem:
    place = (name, arc.offset, arc.length)
    date = arc.date[:14] if len(arc.date) >= 14 else arc.date
    timestamp = _timestamp(date)
    if timestamp is None:
        return Problem("bad-date", f"no usable date ({arc.date!r}); left out", *place, arc.url)
    if arc.url.startswith("filedesc:"):
        return Converted(
            type="warcinfo",
            target=None,
            timestamp=timestamp,
            content_type=arc.media_type or "text/plain",
            block=arc.block,
            counted="filedesc",
            fields=(("WARC-Filename", arc.url.removeprefix("filedesc:").lstrip("/")),),
        )
    http = _head(arc.block)
    kind = "response" if http else "resource"
    problems: list[Problem] = []
    if http is None and arc.url.lower().startswith("http"):
        message = "holds no HTTP response head; kept as a resource, just as it is"
        problems.append(Problem("no-http-head", message, *place, arc.url))
    fields = address_field(arc.ip)
    if arc.cut:
        fields += (("WARC-Truncated", "unspecified"),)
        problems.append(
            Problem(arc.cut.code, f"{arc.cut.message}; what there is was kept", *place, arc.url)
        )
    fault = read_block(kind, arc.block).fault
    if fault and not fault.startswith("announced"):
        message = f"the body's framing: {fault}"
        problems.append(Problem("broken-chunking", message, *place, arc.url))
    return Converted(
        type=kind,
        target=arc.url,
        timestamp=timestamp,
        content_type=RESPONSE if http else arc.media_type or "application/octet-stream",
        block=arc.block,
        counted=kind,
        fields=fields,
        provenance=Provenance.stated_by(
            [StatedDate(DateSource.RECORD, date, arc.date)],
            source_file=name,
            source_sha256=sha256,
            grade=Grade.SENT,
            listed=[*arc.listed, ("arc-offset", str(arc.offset))],
        ),
        problems=tuple(problems),
    )


def _head(block: BinaryIO) -> Head | None:
    block.seek(0)
    found = parse_head(block.read(_HEAD_LIMIT))
    return found[0] if found else None


def _timestamp(date: str) -> str | None:
    try:
        moment = parse_timestamp(date)
    except TimestampError:
        return None
    return format_timestamp(moment) if moment.year in _YEARS else None
