"""Answers as they come off a connection, from servers that are broken or mean harm."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

from archiver.capture.message import AnswerReader
from archiver.http import parse_head
from archiver.payload import read_block
from tests.archiver.capture.answers import CHUNKED, CUT, EARLY, FAULTY, OK, UNTIL_CLOSE, WHOLE
from tests.fuzz.cases import Case, Target, either, spoil, spoil_lines

__all__ = ["TARGET"]

_SEEDS = (
    *(*WHOLE.values(), *UNTIL_CLOSE.values()),
    *(sent for sent, _ in (*FAULTY.values(), *CUT.values())),
)
_TOKENS = (
    *(
        OK,
        CHUNKED,
        EARLY,
        b"0\r\n\r\n",
        b"0\r\n",
        b"5\r\n",
        b"\r\n",
        b"\n\n",
        b"HTTP/",
        b";x=y\r\n",
    ),
    *(b"Content-Length: 7\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
)
_LIMITS = (30, 300, 1 << 18)


def _make(random: Random) -> Case:
    data = random.choice(_SEEDS)
    while either(random, 0.3) and len(data) < 100_000:
        data = random.choice((EARLY, b"", random.choice(_SEEDS))) + data
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        odd = spoil_lines if data and either(random, 0.4) else _spoil
        data = odd(random, data)
    step = random.choice((1, 2, 7, 1000, 1 << 16))
    return Case(data, (max(step, len(data) // 5000), random.choice(_LIMITS), either(random, 0.7)))


def _spoil(random: Random, data: bytes) -> bytes:
    return spoil(random, data, _TOKENS)


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, tuple)
    step, limit, close = case.facts
    data = case.data
    reader, given = _read([data], limit, close)
    other, same = _read((data[at : at + step] for at in range(0, len(data), step)), limit, close)
    assert (same, _told(other)) == (given, _told(reader)), "what is read depends on the parts"
    assert reader.length == len(given)
    before = b"".join(reader.interim)
    assert data.startswith(before + given)
    if close and not reader.overlong:
        assert len(before) + len(given) + reader.surplus == len(data), "bytes were lost or made"
    if reader.framing or close:
        found = parse_head(given)
        assert (reader.head is None) == (found is None), "what reads records sees another head"
        assert found is None or found[1] == reader.body_start
    read_block("response", given)
    assert not (reader.reusable and (reader.fault or reader.surplus or not reader.whole))


def _read(parts: Iterable[bytes], limit: int, close: bool) -> tuple[AnswerReader, bytes]:
    reader = AnswerReader(limit)
    given = b"".join(map(reader.feed, parts))
    return reader, given + reader.close() if close else given


def _told(reader: AnswerReader) -> tuple[object, ...]:
    return (
        *(reader.interim, reader.head, reader.body_start, reader.framing, reader.surplus),
        *(reader.finished, reader.overlong, reader.fault, reader.whole, reader.reusable),
    )


TARGET = Target("answers", _make, _check)
