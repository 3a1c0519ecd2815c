"""What was asked for a capture: the request beside it in its WARC file, found by what it sent.

The index lists answers by address alone; of one address there may be as many answers as questions
were posted to it. What was posted is in the request record, which stands a few records behind the
response (ours do, and Heritrix's) or before it (wget's). Either of the two may name the other;
where neither does, they are told by address, and of two by date. Source: ISO 28500:2017, clauses
6.5 (request) and 5.8 (WARC-Concurrent-To).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archiver.errors import WarcError
from archiver.headers import Headers
from archiver.records import Capture
from archiver.warc import open_record, scan_one, starts_before, target_uri
from snapshots.archive import Archive

__all__ = ["Question", "answer_to", "question_of"]

_CONCURRENT = "WARC-Concurrent-To"
_MOST_BYTES = 1 << 20  # of a request
_MOST_CAPTURES = 200  # of an address whose requests are read
_MOST_BESIDE = 4  # records between a capture and its request, and the request
_NEAR = (1 << 14, _MOST_BYTES + (1 << 16))  # stored bytes before a capture: as a rule, at most
_BESIDE = ("request", "metadata")  # what belongs to an answer; all else ends the search


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the method, in capitals, and the body as it was sent."""

    method: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    headers: Headers
    question: Question | None


def question_of(archive: Archive, capture: Capture) -> Question | None:
    """Read the request that a capture answers; None where none is kept beside it.

    Reads a few small records on either side of the capture, of which no more than a mebibyte is
    searched for them.
    """
    path = archive.locate(capture.file)
    try:
        with open_record(path, capture.offset) as record:
            answer = record.headers
    except (WarcError, OSError):
        return None
    unnamed: list[_Request] = []
    for side in (_behind(path, capture.offset + capture.length), _before(path, capture.offset)):
        found = [one for one in side if target_uri(one.headers) == capture.url]
        for one in found:
            if _names(one.headers, answer) or _names(answer, one.headers):
                return one.question
        unnamed += [one for one in found if not one.headers.get_all(_CONCURRENT)][:1]
    if answer.get_all(_CONCURRENT):
        return None
    dated = [one for one in unnamed if one.headers.get("WARC-Date") == answer.get("WARC-Date")]
    return next((one.question for one in dated + unnamed), None)


def answer_to(archive: Archive, captures: Iterable[Capture], question: Question) -> Capture | None:
    """Choose the capture that answers a question: same method, same body.

    Args:
        archive: the archive.
        captures: of the address, the best first; no more than 200 are looked at.
        question: what is asked now.

    Returns:
        The first that answers it; where none is known to, the first whose question is not known.
        None where all are known to answer something else.
    """
    unknown: Capture | None = None
    for number, capture in enumerate(captures):
        if number == _MOST_CAPTURES:
            break
        asked = question_of(archive, capture)
        if asked == question:
            return capture
        if asked is None and unknown is None:
            unknown = capture
    return unknown


def _names(one: Headers, other: Headers) -> bool:
    return other.get("WARC-Record-ID") in one.get_all(_CONCURRENT)


def _behind(path: Path, offset: int) -> Iterator[_Request]:
    # The requests among what belongs to the capture that ends at an offset.
    for _ in range(_MOST_BESIDE):
        request = _beside(path, offset)
        if request is None:
            return
        if request.question:
            yield request
        record = scan_one(path, offset)
        if record is None:
            return
        offset += record.length


def _before(path: Path, offset: int) -> Iterator[_Request]:
    # The same of the capture that begins there, the nearest first.
    try:
        starts = next((found for near in _NEAR if (found := starts_before(path, offset, near))), [])
    except OSError:
        return
    end = offset
    for start in starts[:_MOST_BESIDE]:
        request = _beside(path, start)
        record = scan_one(path, start) if request else None
        if request is None or record is None or start + record.length != end:
            return
        if request.question:
            yield request
        end = start


def _beside(path: Path, offset: int) -> _Request | None:
    # What may belong to an answer; only a request holds a question.
    try:
        with open_record(path, offset) as record:
            kind = (record.headers.get("WARC-Type") or "").lower()
            if kind not in _BESIDE:
                return None
            block = record.block.read(_MOST_BYTES) if kind == "request" else b""
    except (WarcError, OSError):  # nothing stands there, or nothing sound
        return None
    return _Request(record.headers, _question(block))


def _question(block: bytes) -> Question | None:
    head, _, body = block.partition(b"\r\n\r\n")
    method = head.split(b" ", 1)[0]
    return Question(method.decode("ascii").upper(), body) if method.isalpha() else None
