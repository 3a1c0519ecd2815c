"""What one reading of a record's block tells: its HTTP head, its digests, defects of its framing.

Source: ISO 28500, clauses 5.8 and 5.9, for the digests; the payload is the entity with its transfer
coding undone, in the reading the field has settled on.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import BinaryIO, Protocol

from archiver.digests import ALGORITHMS, read_digest, sha1
from archiver.headers import Headers
from archiver.http import Dechunker, Head, parse_head
from archiver.records import Kind

__all__ = [
    "PAYLOAD_KINDS",
    "BlockFacts",
    "BlockReading",
    "Digests",
    "Others",
    "parts_of",
    "read_block",
    "read_whole",
]

PAYLOAD_KINDS = frozenset(kind.value for kind in Kind)  # records that have a payload
_HEAD_LIMIT = 1 << 18  # an HTTP head we look for is shorter than this
_ANSWERS = ("response", "revisit")  # records whose block begins with an HTTP head
_COPY_STEP = 1 << 16
_SHA1_SIZE = 20


class Digests(Enum):
    """Which digests of a block to compute."""

    ALL = auto()
    UNDECLARED = auto()  # only that of a payload whose record declares none


@dataclass(frozen=True, slots=True)
class Others:
    """Digests of a block in an algorithm that its record declares and that is not SHA-1."""

    block: bytes
    payload: bytes
    framed: bytes | None


@dataclass(slots=True)
class BlockFacts:
    """What one reading of a block tells.

    Attributes:
        http: the HTTP response head at the start of the block, where there is one.
        block_digest: SHA-1 of the block; empty where it was not wanted, as the others.
        payload_digest: SHA-1 of the payload, transfer coding undone; that of the block when there
            is no HTTP head.
        framed_digest: SHA-1 of the payload with its chunked framing, which some writers declare;
            None when the body is not chunked.
        length: bytes in the block.
        fault: a defect of the HTTP body's framing, None when it has none.
        stated_block: the digest that the record declares of its block, in any algorithm we know.
        stated_payload: and of its payload.
        others: the same three digests in another algorithm, where the record declares one.
    """

    http: Head | None
    block_digest: bytes
    payload_digest: bytes
    framed_digest: bytes | None
    length: int
    fault: str | None
    stated_block: bytes | None = None
    stated_payload: bytes | None = None
    others: Others | None = None


def read_block(kind: str, block: bytes | BinaryIO, *, algorithm: str | None = None) -> BlockFacts:
    """Read a block through as that of a record of a type, in constant memory.

    Args:
        kind: the type, in lower case.
        block: bytes, or a file that is read from its start.
        algorithm: another algorithm to give the digests in, besides SHA-1.
    """
    reading = BlockReading(kind, algorithm=algorithm)
    for part in parts_of(block):
        reading.feed(part)
    return reading.close()


def parts_of(block: bytes | BinaryIO, start: int = 0) -> Iterator[bytes]:
    """Give a block from a place on, part by part: bytes at once, a file in steps."""
    if isinstance(block, bytes):
        yield block[start:]
        return
    block.seek(start)
    while part := block.read(_COPY_STEP):
        yield part


def read_whole(kind: str, headers: Headers, block: bytes, wanted: Digests) -> BlockFacts:
    """Tell of a block that is all at hand what a `BlockReading` of it would.

    The usual case, a small record without chunks that declares SHA-1, costs two hashes and hardly
    anything else.

    Args:
        kind: the record's type, in lower case.
        headers: the record's header fields.
        block: the block.
        wanted: the digests to compute.
    """
    stated_block = read_digest(headers.get("WARC-Block-Digest") or "")
    stated_payload = read_digest(headers.get("WARC-Payload-Digest") or "")
    answers = kind in _ANSWERS
    found = parse_head(block[:_HEAD_LIMIT]) if answers else None
    chunked = found is not None and kind == "response" and found[0].chunked
    if chunked or _other_algorithm(stated_payload, stated_block):
        reading = BlockReading(kind, headers, wanted)
        reading.feed(block)
        return reading.close()
    head = found and found[0]
    payload = memoryview(block)[found[1] :] if found else block
    block_digest = payload_digest = b""
    if wanted is Digests.ALL:
        block_digest = sha1(block)
        payload_digest = sha1(payload) if found else block_digest
    elif _lacks_digest(kind, stated_payload):
        payload_digest = sha1(payload)
        block_digest = b"" if answers else payload_digest
    return BlockFacts(
        *(head, block_digest, payload_digest, None, len(block), None, stated_block, stated_payload)
    )


class BlockReading:
    """One reading of a block: feed it part by part, then close it for what it told.

    Args:
        kind: the record's type, in lower case.
        headers: the record's header fields, for the digests it declares.
        wanted: the digests to compute.
        algorithm: another algorithm to give the digests in, besides SHA-1.
    """

    def __init__(
        self,
        kind: str,
        headers: Headers | None = None,
        wanted: Digests = Digests.ALL,
        *,
        algorithm: str | None = None,
    ) -> None:
        self._stated_block = self._stated_payload = None
        self._other = algorithm
        if headers:
            self._stated_block = read_digest(headers.get("WARC-Block-Digest") or "")
            self._stated_payload = read_digest(headers.get("WARC-Payload-Digest") or "")
            self._other = _other_algorithm(self._stated_payload, self._stated_block)
        self._http: Head | None = None
        self._length = 0
        self._start = b"" if kind in _ANSWERS else None
        self._has_body = kind == "response"
        self._block: _Hash | None = None
        self._payload: _Hash | None = None
        self._framed: _Hash | None = None
        self._dechunker: Dechunker | None = None
        self._pays = wanted is Digests.ALL or _lacks_digest(kind, self._stated_payload)
        if wanted is Digests.ALL or (self._pays and self._start is None):
            self._block = self._hash()

    def feed(self, part: bytes) -> None:
        """Take the next part."""
        self._length += len(part)
        if self._block:
            self._block.update(part)
        if self._start is None:
            self._feed_payload(part)
            return
        self._start = self._start + part if self._start else part
        if len(self._start) >= _HEAD_LIMIT or b"\r\n\r\n" in self._start:
            self._end_head()

    def close(self) -> BlockFacts:
        """Give what the block told; it was fed whole."""
        if self._start is not None:
            self._end_head()
        if self._dechunker and self._payload:
            self._payload.update(self._dechunker.close())
        payload = self._payload or self._block
        return BlockFacts(
            self._http,
            self._block.digest() if self._block else b"",
            payload.digest() if payload else b"",
            self._framed.digest() if self._framed else None,
            self._length,
            self._dechunker.fault if self._dechunker else None,
            self._stated_block,
            self._stated_payload,
            self._others() if self._other else None,
        )

    def _others(self) -> Others | None:
        block, payload = self._block, self._payload or self._block
        if not (isinstance(block, _TwoHashes) and isinstance(payload, _TwoHashes)):
            return None
        framed = self._framed.other() if isinstance(self._framed, _TwoHashes) else None
        return Others(block.other(), payload.other(), framed)

    def _hash(self) -> "_Hash":
        first = hashlib.sha1(usedforsecurity=False)
        if self._other is None:
            return first
        return _TwoHashes(first, hashlib.new(self._other, usedforsecurity=False))

    def _end_head(self) -> None:
        start, self._start = self._start or b"", None
        found = parse_head(start[:_HEAD_LIMIT])  # no more, in however large parts it came
        if found is None:
            if self._pays and self._block is None:
                self._payload = self._hash()
                self._payload.update(start)
            return
        self._http, body = found
        if not self._pays:
            return
        self._payload = self._hash()
        if self._http.chunked and self._has_body:
            self._dechunker = Dechunker()
            self._framed = self._hash()
        self._feed_payload(memoryview(start)[body:] if not self._dechunker else start[body:])

    def _feed_payload(self, part: bytes | memoryview) -> None:
        if self._payload is None:
            return
        if self._dechunker and self._framed:
            self._framed.update(part)
            part = self._dechunker.feed(bytes(part))
        self._payload.update(part)


def _lacks_digest(kind: str, stated: bytes | None) -> bool:
    # Whether a payload is in the record, and its digest nowhere: a revisit's is elsewhere.
    return not stated and kind in PAYLOAD_KINDS and kind != Kind.REVISIT


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _TwoHashes:
    """SHA-1 and another algorithm in one reading."""

    def __init__(self, first: _Hash, other: _Hash) -> None:
        self._first = first
        self._other = other
        self.digest = first.digest
        self.other = other.digest

    def update(self, data: bytes | memoryview, /) -> None:
        self._first.update(data)
        self._other.update(data)


def _other_algorithm(*stated: bytes | None) -> str | None:
    # Of two others, which no writer is known to mix, the first is the one that is checked.
    for digest in stated:
        if digest and len(digest) != _SHA1_SIZE:
            return ALGORITHMS[len(digest)]
    return None
