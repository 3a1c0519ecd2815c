"""HTTP/1.x messages as recorded: heads, transfer codings, content codings.

Recorded bytes are read as well-meaning readers do: bare line feeds, folded lines, missing reasons
and chunked framing that is announced but absent are all understood, and nothing is written anew.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import BinaryIO, cast

import brotli
import zstandard

from archiver.errors import MarshamError
from archiver.headers import Headers

__all__ = [
    "CODINGS",
    "PAGE_TYPES",
    "CodingError",
    "Dechunker",
    "Head",
    "decode_content",
    "media_type",
    "parse_head",
    "reason_phrase",
]

CODINGS = "gzip, deflate, br, zstd"  # the content codings that can be undone, as a request tells
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
"""The media types of web pages."""

_CODING_STEP = 1 << 18  # bytes of output a decoder may give before its limit is looked at
_MOST_CODINGS = 8  # more than this is no page but a trap
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
_CHUNK_LINE_LIMIT = 4200
_NO_LAST_CHUNK = "the last chunk is missing"
_NOT_CHUNKED = "announced as chunked, but is not"
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_STATUS = re.compile(
    r"(HTTP/\d(?:\.\d)?)[ \t]+(\d{3})(?:[ \t]+([^\r\n]*))?[ \t\v\f]*(?:\r\n|\r|\n|\Z)"
)
_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    403: "Forbidden",
    404: "Not Found",
    410: "Gone",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class CodingError(MarshamError, ValueError):
    """A content coding is unknown, does not hold what it says, or grows past the limit."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a recorded HTTP response."""

    protocol: str
    status: int
    reason: str
    headers: Headers

    @property
    def chunked(self) -> bool:
        """Whether the body is announced as chunked (RFC 9112, clause 7.1)."""
        codings = ",".join(self.headers.get_all("Transfer-Encoding")).lower().split(",")
        return codings[-1].strip() == "chunked"

    @property
    def content_codings(self) -> tuple[str, ...]:
        """See `Headers.content_codings`."""
        return self.headers.content_codings


def parse_head(block: bytes) -> tuple[Head, int] | None:
    r"""Read the response head at the start of a record's block.

    Args:
        block: the block from its first byte; only the head has to be there.

    Returns:
        The head and the offset of the body's first byte, or None when this is no HTTP response.
        A head that is not closed by an empty line ends where the block ends. Values are Latin-1, as
        RFC 9110 (clause 5.5) has it for bytes whose encoding is unknown.

    >>> parse_head(b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nGone")[1]
    37
    """
    end, body = _head_end(block)
    text = block[:end].decode("latin-1")
    match = _STATUS.match(text)
    if match is None:
        return None
    reason = (match[3] or "").rstrip()
    return Head(match[1], int(match[2]), reason, Headers(text[match.end() :])), body


@lru_cache(maxsize=1024)
def media_type(content_type: str | None) -> tuple[str, str | None]:
    """Split a Content-Type into its lower-case type and its charset, if it names one.

    >>> media_type("Text/HTML; charset='utf-8'")
    ('text/html', 'utf-8')
    """
    if not content_type:
        return "", None
    match = _CHARSET.search(content_type)
    kind = content_type.partition(";")[0].replace("\0", "").strip().lower()
    return kind, match[1] if match else None


def reason_phrase(status: int) -> str:
    """Give the usual reason phrase of a status; empty for an unusual one."""
    return _REASONS.get(status, "")


class Dechunker:
    """Takes chunked framing off a body that arrives in parts.

    Feed it parts in order; each call gives the content bytes now known. Framing that breaks, or was
    never there, is not an error: from that point bytes pass as they are, and `fault` says so.
    Trailer fields are dropped. Source: RFC 9112, clause 7.1.

    Attributes:
        fault: what is wrong with the framing; None as long as nothing is.
        finished: whether the last chunk, which is empty, was seen.
        rest: what stood behind it in the part that it came with: trailer fields, an empty line,
            and anything that is no more of this body.
    """

    def __init__(self) -> None:
        self.fault: str | None = None
        self.finished = False
        self.rest = b""
        self._left = 0  # content bytes still due in this chunk
        self._after_data = False
        self._pending = b""
        self._seen_chunk = False

    def feed(self, part: bytes) -> bytes:
        """Take the next part of the body and give the content it holds."""
        if self.fault:
            return part
        data = self._pending + part if self._pending else part
        self._pending = b""
        out: list[bytes] = []
        at = 0
        while at < len(data) and not self.finished:
            if self._left:
                piece = data[at : at + self._left]
                out.append(piece)
                at += len(piece)
                self._left -= len(piece)
                self._after_data = not self._left
                continue
            size = self._size_line(data, at)
            if size is None:
                break
            self._left, at = size
            if not self._left:
                self.finished, self.rest = True, data[at:]
        if self.fault:
            out.append(data[at:])
        elif not self.finished:
            self._pending = data[at:]
        return b"".join(out)

    def close(self) -> bytes:
        """End the body: give bytes held back, and note a body that stopped inside its framing."""
        if not (self.finished or self.fault):
            self.fault = _NO_LAST_CHUNK if self._seen_chunk else _NOT_CHUNKED
        rest, self._pending = self._pending, b""
        return b"" if self._seen_chunk else rest

    def _size_line(self, data: bytes, at: int) -> tuple[int, int] | None:
        start = at
        if self._after_data:
            start += 2 if data[at : at + 2] == b"\r\n" else 1 if data[at : at + 1] == b"\n" else 0
        match = _CHUNK_SIZE.match(data, start)
        if match:
            self._after_data = False
            self._seen_chunk = True
            return int(match[1], 16), match.end()
        if (
            b"\n" in data[start : start + _CHUNK_LINE_LIMIT]
            or len(data) - start > _CHUNK_LINE_LIMIT
        ):
            self.fault = "a chunk size is not a number" if self._seen_chunk else _NOT_CHUNKED
        return None


def decode_content(parts: Iterable[bytes], codings: tuple[str, ...], limit: int) -> Iterator[bytes]:
    """Undo content codings step by step.

    Args:
        parts: the coded body.
        codings: in the order in which they were applied; see `Head.content_codings`.
        limit: most bytes to give before stopping.

    Raises:
        CodingError: for an unknown coding, for bytes that are not in it, and past the limit, which
            holds for each coding. What was decoded before has been given by then.
    """
    if len(codings) > _MOST_CODINGS:
        raise CodingError(f"{len(codings)} content codings, one in the other")
    for coding in reversed(codings):
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise CodingError(f"unknown content coding {coding!r}")
        parts = _within(limit, decoder(parts))
    yield from _within(limit, parts)


def _within(limit: int, parts: Iterable[bytes]) -> Iterator[bytes]:
    given = 0
    for part in parts:
        given += len(part)
        if given > limit:
            raise CodingError(f"decoded content passes the limit of {limit} bytes")
        yield part


def _head_end(block: bytes) -> tuple[int, int]:
    # An empty line, however its ends are written; the earliest counts.
    best = (len(block), len(block))
    for mark in (b"\r\n\r\n", b"\n\n", b"\n\r\n"):
        at = block.find(mark, 0, best[0] + len(mark))
        if at != -1 and at < best[0]:
            best = (at, at + len(mark))
    return best


def _inflate(parts: Iterable[bytes], window: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(window)
    try:
        for part in parts:
            data = part
            while data and not inflater.eof:  # behind the end zlib would give back the same bytes
                yield inflater.decompress(data, _CODING_STEP)
                data = inflater.unconsumed_tail
            if inflater.eof:
                break  # browsers stop at the end of the first member
        if not inflater.eof:
            yield inflater.flush()
    except zlib.error as error:
        raise CodingError(f"not in the coding it names: {error}") from error


def _gunzip(parts: Iterable[bytes]) -> Iterator[bytes]:
    return _inflate(parts, 16 + zlib.MAX_WBITS)


def _undeflate(parts: Iterable[bytes]) -> Iterator[bytes]:
    # "deflate" means zlib (RFC 9110, clause 8.4.1.2), but many servers sent bare deflate.
    rest = iter(parts)
    first = b""
    for part in rest:
        first += part
        if len(first) >= 2:
            break
    zlib_head = len(first) >= 2 and first[0] & 15 == 8 and (first[0] << 8 | first[1]) % 31 == 0
    return _inflate(chain([first], rest), zlib.MAX_WBITS if zlib_head else -zlib.MAX_WBITS)


def _unbrotli(parts: Iterable[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        for part in parts:
            data = part
            while True:
                given = decoder.process(data, output_buffer_limit=_CODING_STEP)
                yield given
                data = b""
                if decoder.is_finished():
                    return
                if not given and decoder.can_accept_more_data():  # which it says too soon
                    break
    except brotli.error as error:
        raise CodingError(f"not in the coding it names: {error}") from error


def _unzstd(parts: Iterable[bytes]) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    try:
        stream = cast(BinaryIO, _Reading(parts))
        with decoder.stream_reader(stream, read_across_frames=False) as reader:
            data = reader.read(_CODING_STEP)
            while len(data) == _CODING_STEP:
                yield data
                data = reader.read(_CODING_STEP)
            yield data  # a short step is the end of the frame
    except zstandard.ZstdError as error:
        raise CodingError(f"not in the coding it names: {error}") from error


class _Reading:
    """Parts as a stream to be read from; as much is given at once as a part holds."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)

    def read(self, _size: int = -1) -> bytes:
        return next((part for part in self._parts if part), b"")


_DECODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
