"""The body of a memento as it was captured: told apart from what was done to it on the way.

A server between us and an archive may compress what it sends, an archive may undo the coding it
stored. Both name their work in the same field. A digest or a length that is known settles it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from archiver.digests import ALGORITHMS, read_digest
from archiver.fetch.client import Answer
from archiver.http import CodingError, decode_content
from archiver.ingest.converted import spooled
from archiver.remote.heads import original_codings, original_length

__all__ = ["Body", "content_of", "parts_of", "settled_body"]

_STEP = 1 << 16
_DECODED_LIMIT = 1 << 30  # bytes; only a trap is longer when decoded


@dataclass(frozen=True, slots=True)
class Body:
    """The body as the original's server sent it, as far as can be told.

    Attributes:
        file: the answer's own, or another; at its start.
        length: its bytes.
        coding: the content coding it is in, as Content-Encoding has it; empty for none.
        proved: whether it has the digest that was listed; None when none was.
        left: what is in doubt about it, in words.
    """

    file: BinaryIO
    length: int
    coding: str
    proved: bool | None
    left: tuple[str, ...] = ()


def content_of(answer: Answer, limit: int) -> bytes:
    """Give the content of an answer, codings undone.

    Raises:
        CodingError: when it is longer than `limit`, or not in the coding it names.
    """
    return b"".join(decode_content(parts_of(answer.body), answer.headers.content_codings, limit))


def parts_of(file: BinaryIO) -> Iterator[bytes]:
    """Read a file from its start, part by part."""
    file.seek(0)
    while part := file.read(_STEP):
        yield part


def settled_body(answer: Answer, listed_digest: str) -> Body:
    """Tell which of the codings of an answer are the original's.

    Args:
        answer: what an archive sent for a raw memento.
        listed_digest: the payload digest on the archive's list; empty for none.
    """
    wanted = read_digest(listed_digest) or b""
    sent, stated = answer.headers.content_codings, original_codings(answer.headers)
    left: list[str] = []
    file, length, coding = answer.body, answer.length, sent
    if stated and not sent:
        # Sent as it was stored and not said so, or undone; the bytes themselves tell.
        if _decodes(answer, stated):
            coding = stated
        else:
            left.append(f"the archive had undone the content coding {', '.join(stated)}")
    elif sent and sent != stated:
        plain = _decoded(answer, sent)
        added = plain is not None and _was_added(answer, plain, wanted)
        if plain is None:
            left.append(f"the body is not in the content coding it names, {', '.join(sent)}")
        elif added is None:
            left.append(f"who applied the content coding {', '.join(sent)} is not told")
        if plain is not None and added:
            file, length, coding = plain, _size(plain), ()
        elif plain is not None:
            plain.close()
    proved = _digest(file, wanted) == wanted if wanted else None
    if proved is False:
        left.append(f"the body does not have the digest the archive lists, {listed_digest}")
    return Body(file, length, ", ".join(coding), proved, tuple(left))


def _was_added(answer: Answer, plain: BinaryIO, wanted: bytes) -> bool | None:
    # Whether a coding was put on after the memento left the archive; None when nothing tells.
    if wanted:
        if _digest(answer.body, wanted) == wanted:
            return False
        if _digest(plain, wanted) == wanted:
            return True
    length = original_length(answer.headers)
    if length == answer.length:
        return False
    return True if length is not None and length == _size(plain) else None


def _decoded(answer: Answer, codings: tuple[str, ...]) -> BinaryIO | None:
    try:
        return spooled(decode_content(parts_of(answer.body), codings, _DECODED_LIMIT))
    except CodingError:
        return None


def _decodes(answer: Answer, codings: tuple[str, ...]) -> bool:
    try:
        for _ in decode_content(parts_of(answer.body), codings, _DECODED_LIMIT):
            pass
    except CodingError:
        return False
    return True


def _digest(file: BinaryIO, like: bytes) -> bytes:
    # In the algorithm of another digest.
    digest = hashlib.new(ALGORITHMS[len(like)], usedforsecurity=False)
    for part in parts_of(file):
        digest.update(part)
    return digest.digest()


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)
