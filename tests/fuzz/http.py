"""HTTP messages as servers never should have sent them: heads, chunked framing, content codings."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import brotli
import zstandard

from archiver.http import CodingError, Dechunker, decode_content, media_type, parse_head
from tests import builders
from tests.fuzz.cases import Case, Target, either, spoil, spoil_lines

__all__ = ["TARGET"]

_LIMIT = 1 << 21
_CODERS = {
    "gzip": gzip.compress,
    "deflate": lambda data: builders.deflate(data, 15),
    "x-gzip": lambda data: builders.deflate(data, 31),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.compress,
}
_TOKENS = (
    b"0\r\n\r\n",
    b"5\r\n",
    b"\r\n",
    b";x=y\r\n",
    b"\x1f\x8b\x08",
    b"\n\n",
    b"fffffffffffffff\r\n",
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """How a body is coded, where it is cut in parts, and what it is if nothing was done to it."""

    codings: tuple[str, ...]
    step: int
    body: bytes | None


def _make(random: Random) -> Case:
    body = b"<p>Crime %d</p>" % random.randrange(100) * random.choice((0, 1, 100, 30_000, 60_000))
    codings = tuple(random.choices(list(_CODERS), k=random.choice((0, 1, 1, 1, 2, 3))))
    data = body
    for coding in codings:
        data = _CODERS[coding](data)
    step = random.choice((1, 7, 1000, 1 << 14, 1 << 18, 1 << 24))
    if len(data) > 1 << 16:
        step = max(step, 1000)
    if either(random, 0.1):
        return Case(data, _Facts(codings, step, body))
    if not codings:
        data = builders.http_response(builders.chunked(data[:3000], random.choice((1, 10, 999))))
    for _ in range(random.choice((1, 1, 2, 4))):
        odd = spoil_lines if not codings and data and either(random, 0.3) else _spoil
        data = odd(random, data)
    return Case(data, _Facts(codings, step, None))


def _spoil(random: Random, data: bytes) -> bytes:
    return spoil(random, data, _TOKENS)


def _check(case: Case, folder: Path) -> None:
    facts = case.facts
    assert isinstance(facts, _Facts)
    given, error = _decoded(case.data, facts.codings, facts.step)
    whole, same = _decoded(case.data, facts.codings, len(case.data) or 1)
    # Of bytes that are not in the coding, those that come later may not be looked at; of a zstd
    # frame that never ends the last block may not be given.
    if not error and not same and "zstd" not in facts.codings:
        assert given == whole, "what a body holds depends on the parts"
    if facts.body is not None:
        assert (given, error) == (facts.body, "")
    assert _dechunked(case.data, facts.step) == _dechunked(case.data, len(case.data) or 1)
    found = parse_head(case.data)
    if found:
        head, body = found
        assert 0 < body <= len(case.data)
        assert 0 <= head.status <= 999
        for name, value in head.headers.fields:
            assert not set("\r\n") & set(name + value)
        media_type(head.headers.get("Content-Type"))
        assert isinstance(head.chunked, bool)
        _dechunked(case.data[body:], facts.step)


def _parts(data: bytes, step: int) -> Iterator[bytes]:
    return (data[at : at + step] for at in range(0, len(data), step))


def _decoded(data: bytes, codings: tuple[str, ...], step: int) -> tuple[bytes, str]:
    out = bytearray()
    empty = 0
    try:
        for part in decode_content(_parts(data, step), codings, _LIMIT):
            empty = 0 if part else empty + 1
            assert empty < 3 * len(data) + 1000, "nothing is given, without end"
            out += part
    except CodingError:
        return b"", "refused"
    assert len(out) <= _LIMIT
    return bytes(out), ""


def _dechunked(data: bytes, step: int) -> tuple[bytes, str | None]:
    dechunker = Dechunker()
    out = b"".join(dechunker.feed(part) for part in _parts(data, step)) + dechunker.close()
    assert len(out) <= len(data)
    return out, dechunker.fault


TARGET = Target("http", _make, _check)
