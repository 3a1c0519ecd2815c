"""An exchange as WARC records: what was asked, what was answered, and how it came about.

The answer's record comes first, then the request and the metadata, both saying which answer they
belong to; all of one exchange have the same date, that of the asking. Source: ISO 28500:2017
(WARC/1.1), clauses 5 and 6; WARC-Protocol and WARC-Cipher-Suite as the field writes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from archiver.capture.exchange import Cut, Exchange
from archiver.capture.link import Link
from archiver.digests import sha1
from archiver.headers import Headers
from archiver.payload import BlockFacts, Digests, read_block, read_whole
from archiver.warc import NewRecord, record_id

__all__ = [
    "IDENTICAL",
    "NOT_MODIFIED",
    "Circumstances",
    "Earlier",
    "Measured",
    "measure",
    "records",
]

IDENTICAL: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_REQUEST = "application/http;msgtype=request"
_RESPONSE = "application/http;msgtype=response"
_FIELDS = "application/warc-fields"
_MOST_OUTLINKS = 10_000  # of one page that its metadata lists
_MOST_BYTES = 1 << 20  # of a metadata record
_LONGEST = 4096  # characters of one value
_AT_HAND = 1 << 20  # bytes of an answer that is measured in one piece
_NO_FIELDS = Headers()
_EMPTY = sha1(b"")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A capture whose payload an answer has again: a complete response of the same archive.

    Attributes:
        url: its address.
        timestamp: 14 digits.
        digest: of its payload, raw, as its record declares it.
    """

    url: str
    timestamp: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How an address came to be asked for, and what was learnt of the answer.

    Attributes:
        via: where it was found; empty for a seed.
        path: its hop path.
        charset: in which the answer was read; empty when it was not.
        outlinks: what it leads to.
        remarks: what is amiss with it, or else to be said of it, in a few words each.
    """

    via: str = ""
    path: str = ""
    charset: str = ""
    outlinks: tuple[Link, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading an answer through tells of it.

    Attributes:
        facts: its digests and head.
        sound: whether its payload is known: the answer came whole, and its framing holds.
    """

    facts: BlockFacts
    sound: bool

    @property
    def digest(self) -> bytes:
        """The payload's digest, raw, as an index has it: as declared, SHA-1 where none is."""
        facts = self.facts
        return facts.others.payload if self.sound and facts.others else facts.payload_digest

    @property
    def comparable(self) -> bool:
        """Whether another answer may be said to have the same payload."""
        return self.sound and self.facts.payload_digest != _EMPTY


def measure(exchange: Exchange, algorithm: str = "sha1") -> Measured:
    """Read an answer through, in constant memory.

    Args:
        exchange: one whose answer has a head.
        algorithm: in which its digests will be declared.
    """
    if algorithm == "sha1" and exchange.length <= _AT_HAND:
        exchange.response.seek(0)
        block, head = exchange.response.read(), exchange.head
        if head is None or head.chunked:
            facts = read_whole("response", _NO_FIELDS, block, Digests.ALL)
        else:  # nearly always; all else is known already
            payload = sha1(memoryview(block)[exchange.body_start :])
            facts = BlockFacts(head, sha1(block), payload, None, len(block), None)
    else:
        other = None if algorithm == "sha1" else algorithm
        facts = read_block("response", exchange.response, algorithm=other)
    # Some announce chunks with an answer that has no body, such as "not modified".
    framed = not facts.fault or exchange.length <= exchange.body_start
    return Measured(facts, exchange.cut is None and not exchange.fault and framed)


def records(
    exchange: Exchange,
    about: Circumstances,
    measured: Measured | None,
    *,
    same_as: Earlier | None = None,
    profile: str = IDENTICAL,
) -> Iterator[NewRecord]:
    """Give the records of an exchange in the order in which they are to be written.

    Args:
        exchange: the exchange.
        about: its circumstances.
        measured: the answer; None when nothing came that is one. What came instead is kept in a
            metadata record of its own.
        same_as: the capture that has the payload; the answer is then a revisit, of which only the
            head is kept.
        profile: of the revisit.

    An answer that is not whole says so in WARC-Truncated, and declares no payload digest; so does
    one whose chunks are broken, for no two readers agree on its payload.
    """
    date = exchange.asked_at
    identity = record_id()
    belongs = (("WARC-Concurrent-To", identity),)
    url = exchange.url
    if measured is not None:
        yield _answer(exchange, measured, identity, same_as, profile)
    request_id = record_id() if measured is not None else identity
    yield NewRecord(
        "request",
        request_id,
        date,
        url,
        _REQUEST,
        exchange.request,
        fields=(*(belongs if measured is not None else ()), *_connection(exchange)),
    )
    if measured is None and exchange.length:
        yield NewRecord(
            "metadata",
            record_id(),
            date,
            url,
            "application/octet-stream",
            exchange.response,
            fields=(*belongs, *_truncated(exchange)),
        )
    yield NewRecord(
        "metadata", record_id(), date, url, _FIELDS, _metadata(exchange, about), fields=belongs
    )


def _answer(
    exchange: Exchange, measured: Measured, identity: str, same_as: Earlier | None, profile: str
) -> NewRecord:
    fields = list(_connection(exchange))
    declared = measured.digest if measured.sound else None
    block_digest: bytes | None = measured.facts.block_digest
    block: bytes | BinaryIO = exchange.response
    if same_as is None:
        kind = "response"
        fields += _truncated(exchange)
    else:
        kind, declared = "revisit", same_as.digest
        exchange.response.seek(0)
        block, block_digest = exchange.response.read(exchange.body_start), None
        when = same_as.timestamp
        moment = f"{when[:4]}-{when[4:6]}-{when[6:8]}T{when[8:10]}:{when[10:12]}:{when[12:14]}Z"
        fields += [
            ("WARC-Profile", profile),
            ("WARC-Refers-To-Target-URI", same_as.url),
            ("WARC-Refers-To-Date", moment),
        ]
    return NewRecord(
        *(kind, identity, exchange.asked_at, exchange.url, _RESPONSE, block),
        payload_digest=declared,
        fields=tuple(fields),
        block_digest=block_digest,
    )


def _connection(exchange: Exchange) -> Iterator[tuple[str, str]]:
    yield "WARC-IP-Address", exchange.address
    old = exchange.head is not None and exchange.head.protocol == "HTTP/1.0"
    yield "WARC-Protocol", "http/1.0" if old else "http/1.1"
    if exchange.tls:
        version, cipher = exchange.tls
        number = version.removeprefix("TLSv")
        yield "WARC-Protocol", f"tls/{number}" if "." in number else f"tls/{number}.0"
        yield "WARC-Cipher-Suite", cipher


def _truncated(exchange: Exchange) -> list[tuple[str, str]]:
    cut = exchange.cut
    if cut is None and exchange.head is None:
        cut = Cut.UNSPECIFIED
    return [("WARC-Truncated", cut.value)] if cut else []


def _metadata(exchange: Exchange, about: Circumstances) -> bytes:
    lines: list[tuple[str, object]] = []
    if about.via:
        lines.append(("via", about.via))
    if about.path:
        lines.append(("hopsFromSeed", about.path))
    timing = exchange.timing
    for name, seconds in (
        ("connectTimeMs", timing.connected),
        ("firstByteTimeMs", timing.first_byte),
        ("fetchTimeMs", timing.last_byte),
    ):
        if seconds is not None:
            lines.append((name, round(seconds * 1000)))
    if about.charset:
        lines.append(("charsetForLinkExtraction", about.charset))
    for head in exchange.interim:
        lines.append(("interim", head.decode("latin-1").strip()))
    if exchange.surplus:
        lines.append(("surplusBytes", exchange.surplus))
    if exchange.fault:
        lines.append(("fault", exchange.fault))
    lines += (("remark", remark) for remark in about.remarks)
    outlinks = about.outlinks
    lines += [
        ("outlink", f"{one.url} {one.hop.value} {one.where}") for one in outlinks[:_MOST_OUTLINKS]
    ]
    if len(outlinks) > _MOST_OUTLINKS:
        lines.append(("outlinksLeftOut", len(outlinks) - _MOST_OUTLINKS))
    return _bounded(lines)


def _bounded(lines: list[tuple[str, object]]) -> bytes:
    kept, size, left = [], 0, 0
    for name, value in lines:
        text = value if isinstance(value, str) else str(value)
        if not (text.isascii() and text.isprintable()):
            text = _escaped(text)
        line = f"{name}: {text[:_LONGEST]}\r\n"
        if size + len(line) > _MOST_BYTES:
            left += 1
        else:
            size += len(line)
            kept.append(line)
    if left:
        kept.append(f"linesLeftOut: {left}\r\n")
    return "".join(kept).encode()


def _escaped(text: str) -> str:
    text = text.encode("ascii", "backslashreplace").decode()
    return "".join(char if " " <= char <= "~" else f"\\x{ord(char):02x}" for char in text)
