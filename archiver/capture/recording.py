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
from archiver.payload import BlockFacts, read_block
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
_LONGEST = 4096  # characters of one value
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
        """SHA-1 of the payload, raw."""
        return self.facts.payload_digest

    @property
    def comparable(self) -> bool:
        """Whether another answer may be said to have the same payload."""
        return self.sound and self.digest != _EMPTY


def measure(exchange: Exchange, algorithm: str = "sha1") -> Measured:
    """Read an answer through, in constant memory.

    Args:
        exchange: one whose answer has a head.
        algorithm: in which its digests will be declared.
    """
    facts = read_block(
        "response", exchange.response, algorithm=None if algorithm == "sha1" else algorithm
    )
    return Measured(facts, exchange.cut is None and not facts.fault)


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
    facts = measured.facts
    payload = facts.others.payload if facts.others else facts.payload_digest
    fields = list(_connection(exchange))
    declared = payload if measured.sound else None
    block: bytes | BinaryIO = exchange.response
    if same_as is None:
        kind = "response"
        fields += _truncated(exchange)
    else:
        kind, declared = "revisit", same_as.digest
        exchange.response.seek(0)
        block = exchange.response.read(exchange.body_start)
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
    )


def _connection(exchange: Exchange) -> Iterator[tuple[str, str]]:
    yield "WARC-IP-Address", exchange.address
    yield "WARC-Protocol", "http/1.1"
    if exchange.tls:
        version, cipher = exchange.tls
        yield "WARC-Protocol", version.lower().replace("tlsv", "tls/")
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
    lines += (("outlink", f"{one.url} {one.hop} {one.where}") for one in outlinks[:_MOST_OUTLINKS])
    if len(outlinks) > _MOST_OUTLINKS:
        lines.append(("outlinksLeftOut", len(outlinks) - _MOST_OUTLINKS))
    return "".join(f"{name}: {_line(value)}\r\n" for name, value in lines).encode()


def _line(value: object) -> str:
    text = str(value)
    if not text.isascii() or not text.isprintable():
        text = text.encode("ascii", "backslashreplace").decode()
        text = "".join(char if " " <= char <= "~" else f"\\x{ord(char):02x}" for char in text)
    return text[:_LONGEST]
