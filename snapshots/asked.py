"""What was asked for a capture: the request beside it in its WARC file, found by what it sent.

The index lists answers by address alone; of one address there may be as many answers as questions
were posted to it. What was posted is in the request record, which most writers put behind the
response: ours do, and Heritrix, warcio and those built on it. Source: ISO 28500:2017, clauses 6.5
(request) and 5.8 (WARC-Concurrent-To).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from archiver.errors import WarcError
from archiver.records import Capture
from archiver.warc import open_record, target_uri
from snapshots.archive import Archive

__all__ = ["Question", "answer_to", "question_of"]

_MOST_BYTES = 1 << 20  # of a request
_MOST_CAPTURES = 200  # of an address whose requests are read


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the method, in capitals, and the body as it was sent."""

    method: str
    body: bytes


def question_of(archive: Archive, capture: Capture) -> Question | None:
    """Read the request that a capture answers; None where none is kept behind it."""
    try:
        with open_record(archive.locate(capture.file), capture.offset + capture.length) as record:
            kind = (record.headers.get("WARC-Type") or "").lower()
            if kind == "request" and target_uri(record.headers) == capture.url:
                return _question(record.block.read(_MOST_BYTES))
    except (WarcError, OSError):  # nothing follows, or nothing sound
        pass
    return None


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


def _question(block: bytes) -> Question | None:
    head, _, body = block.partition(b"\r\n\r\n")
    method = head.split(b" ", 1)[0]
    return Question(method.decode("ascii").upper(), body) if method.isalpha() else None
