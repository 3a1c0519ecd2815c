"""Records made from inputs of other formats, on their way to being written as WARC.

Every reader of a format that is not WARC gives `Converted` values; whatever the format, they are
written and listed in one way. A capture has a `Provenance`; records that go with it, such as the
request, do not.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import BinaryIO, cast

from archiver.http import reason_phrase
from archiver.provenance import Provenance
from archiver.records import Problem

__all__ = [
    "REQUEST",
    "RESPONSE",
    "Converted",
    "address_field",
    "message",
    "spooled",
    "status_line",
    "token",
]

RESPONSE = "application/http;msgtype=response"
REQUEST = "application/http;msgtype=request"
_IN_MEMORY = 1 << 21  # bytes of a block that are held in memory; a longer one goes to disk
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")  # RFC 9110, clause 5.6.2
_LINE_ENDS = re.compile(r"[\r\n\0]+")


@dataclass(frozen=True, slots=True)
class Converted:
    """A record to be written.

    Attributes:
        type: WARC record type.
        target: the original URL; None for a warcinfo record.
        timestamp: 14 digits.
        content_type: of the WARC record, not of the payload of an HTTP message.
        block: bytes, or a file that is good until the reader goes on to its next value.
        counted: under which name the report counts it.
        fields: further WARC header fields.
        provenance: for a capture, where it came from; None for a record that is no capture.
        beside: records that belong to this one, such as its request.
        problems: what is doubtful about it.
    """

    type: str
    target: str | None
    timestamp: str
    content_type: str
    block: bytes | BinaryIO
    counted: str
    fields: tuple[tuple[str, str], ...] = ()
    provenance: Provenance | None = None
    beside: tuple["Converted", ...] = ()
    problems: tuple[Problem, ...] = ()


def message(start: str, fields: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Write an HTTP message; no value can begin a line of its own."""
    lines = [start, *(f"{name}: {value}" for name, value in fields)]
    head = "\r\n".join(_LINE_ENDS.sub(" ", line).strip() for line in lines)
    try:
        raw = head.encode("latin-1")
    except UnicodeEncodeError:
        raw = head.encode("utf-8", "replace")
    return raw + b"\r\n\r\n" + body


def status_line(status: int, reason: str | None = None) -> str:
    """Write a status line, with the usual reason where none is given."""
    said = reason_phrase(status) if reason is None else reason
    return f"HTTP/1.1 {status} {said}".rstrip()


def token(name: str) -> bool:
    """Tell whether a text can be the name of a header field."""
    return _TOKEN.fullmatch(name) is not None


def address_field(address: str) -> tuple[tuple[str, str], ...]:
    """Give the WARC field for a server's address; nothing when the text is none."""
    try:
        ip = ip_address(address.strip("[]"))
    except ValueError:
        return ()
    return () if ip.is_unspecified else (("WARC-IP-Address", str(ip)),)


def spooled(parts: Iterator[bytes]) -> BinaryIO:
    """Put bytes into a temporary file, in memory as long as they are few."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        for part in parts:
            file.write(part)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast(BinaryIO, file)
