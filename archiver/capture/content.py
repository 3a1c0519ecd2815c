"""What an exchange brought: its payload with transfer and content coding undone, as far as it goes.

For digests of block and payload, read an exchange's response with `archiver.payload.read_block`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from archiver.capture.exchange import Exchange
from archiver.http import CodingError, Dechunker, decode_content
from archiver.payload import parts_of

__all__ = ["Content", "content", "entity"]

_SLACK = 1 << 18  # bytes by which decoding may pass a limit, so that what is within it is given


class Content(NamedTuple):
    """A payload, and what is wrong with it in words; empty when nothing is."""

    payload: bytes
    fault: str


def entity(exchange: Exchange) -> Iterator[bytes]:
    """Give the body in parts: transfer coding undone, content coding left on.

    Constant memory, whatever its size. Chunked framing that breaks passes as it is from there.
    """
    parts = parts_of(exchange.response, exchange.body_start)
    if exchange.head is None or not exchange.head.chunked:
        yield from parts
        return
    dechunker = Dechunker()
    for part in parts:
        yield dechunker.feed(part)
    yield dechunker.close()


def content(exchange: Exchange, limit: int) -> Content:
    """Give the payload, or as much of it as can be decoded.

    A body of which nothing is in the coding that its head names is given as it is.

    Args:
        exchange: its response is read anew.
        limit: most bytes to give; of a longer payload these are the first.
    """
    codings = exchange.head.content_codings if exchange.head else ()
    if not codings:
        return _decoded(exchange, (), limit)
    found = _decoded(exchange, codings, limit)
    if found.fault and not found.payload:
        return Content(_decoded(exchange, (), limit).payload, found.fault)
    return found


def _decoded(exchange: Exchange, codings: tuple[str, ...], limit: int) -> Content:
    payload = bytearray()
    try:
        for part in decode_content(entity(exchange), codings, limit + _SLACK):
            payload += part
            if len(payload) > limit:
                del payload[limit:]
                return Content(bytes(payload), f"it passes the limit of {limit} bytes")
    except CodingError as error:
        return Content(bytes(payload), str(error))
    return Content(bytes(payload), "")
