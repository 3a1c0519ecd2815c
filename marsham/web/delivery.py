"""How the content of a memento is delivered: entity tags, caching, ranges, codings (RFC 9110).

The content of an exact address never changes, but it can be withdrawn, and our rewriting gets
better. So a browser keeps it for an hour and a shared cache for a minute; then they ask again with
its entity tag, which costs a few hundred bytes, and are answered 304, or 451 once it is withdrawn.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from itertools import islice
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from archiver.http import CodingError, decode_content
from archiver.ranges import (
    ByteRange,
    ContentRange,
    UnsatisfiableRangeError,
    read_content_range,
    read_range,
)
from snapshots.mementos import Memento

__all__ = ["CACHED", "deliver", "deliver_stored", "entity_tag", "settled"]

CACHED = "public, max-age=3600, s-maxage=60, must-revalidate"
_OK, _PARTIAL, _NOT_MODIFIED, _FAILED, _UNSATISFIABLE = 200, 206, 304, 412, 416
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_ACCEPTED = re.compile(r"([a-z0-9*-]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]{0,3})?))?", re.IGNORECASE)
_ALIKE = {"x-gzip": "gzip"}
_LOOKED_AT = 1  # parts of a coded body that must be in their coding
_DECODED_LIMIT = 1 << 32  # bytes a client is given that does not take the coding itself
_SIZES_KEPT = 1024
_SENT_AT_ONCE = 1 << 18  # bytes

_Parts = Callable[[], Iterator[bytes]]


def entity_tag(memento: Memento, *form: str) -> str:
    """Give the strong entity tag of a memento in one form.

    Args:
        memento: its payload digest, and where its payload is, are in the tag.
        form: all else on which the bytes depend.
    """
    holder = memento.holder
    parts = (memento.capture.digest, holder.file, str(holder.offset), *form)
    digest = sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    return f'"{digest[:32]}"'


def settled(request: Request, status: int, tag: str) -> Response | None:
    """Answer from the conditions of a request alone, where they spare making the content.

    Source: RFC 9110, clause 13.2: they count only where the answer would have been 200.
    """
    if status != _OK:
        return None
    match = request.headers.get("If-Match")
    if match is not None and not _among(tag, match, weak=False):
        return Response(status_code=_FAILED)
    none = request.headers.get("If-None-Match")
    if none is not None and _among(tag, none, weak=True):
        return _told(Response(status_code=_NOT_MODIFIED), tag)
    return None


def deliver(request: Request, status: int, tag: str, body: bytes) -> Response:
    """Deliver content that was made for the answer: whole, or the part asked for."""
    if "Range" not in request.headers:
        whole = Response(body, status)  # whose length is told on HEAD as well
        if status == _OK:
            whole.headers["Accept-Ranges"] = "bytes"
        return _told(whole, tag)
    return _delivery(request, status, tag, lambda: iter((body,)), len(body))


def deliver_stored(request: Request, memento: Memento, status: int) -> Response:
    """Deliver a payload as it is stored, in memory that does not grow with it.

    A content coding is left on where the client takes it, and undone where it does not, or where
    the payload is not in it. An archived part of a body (status 206) is given as the part it was.
    """
    codings = memento.content_codings
    if codings and not _is_in(memento, codings):
        codings = ()
    undone = codings and not _takes(request, codings)
    tag = entity_tag(memento, "stored", *codings, "undone" if undone else "")
    answer = settled(request, status, tag)
    part = None if codings else _archived_part(memento)
    if answer is None and part is not None:
        answer = _part_of_part(request, memento, tag, part)
    elif answer is None:
        name, parts = "", memento.entity
        if undone:
            name, parts = ",".join(codings), partial(_undone, memento, codings)
        answer = _measured(request, memento, status, tag, name, parts)
        if codings and not undone:
            answer.headers["Content-Encoding"] = ", ".join(codings)
    if codings:
        answer.headers["Vary"] = "Accept-Encoding"
    return answer


def _measured(
    request: Request, memento: Memento, status: int, tag: str, coding: str, parts: _Parts
) -> Response:
    size = None if coding else memento.entity_length()
    if size is None and status == _OK and "Range" in request.headers:
        size = _SIZES.of(memento, coding, parts)
    return _delivery(request, status, tag, parts, size)


def _delivery(request: Request, status: int, tag: str, parts: _Parts, size: int | None) -> Response:
    asked = request.headers.get("Range")
    wanted = None
    if status == _OK and size is not None and asked and _may_be_part(request, tag):
        try:
            wanted = read_range(asked, size)
        except UnsatisfiableRangeError:
            return _unsatisfiable(tag, size)
    if wanted is None:
        answer = _answer(request, status, parts, size)
    else:
        answer = _answer(request, _PARTIAL, lambda: _cut(parts(), wanted), len(wanted))
        answer.headers["Content-Range"] = f"bytes {wanted.first}-{wanted.last}/{size}"
    if status == _OK and size is not None:
        answer.headers["Accept-Ranges"] = "bytes"
    return _told(answer, tag)


def _part_of_part(request: Request, memento: Memento, tag: str, held: ContentRange) -> Response:
    # What is archived is a part of a body. What lies in it can be given, and nothing else.
    asked = request.headers.get("Range")
    size, wanted = held.size, held.range
    if asked and _may_be_part(request, tag):
        try:
            found = read_range(asked, held.range.last + 1 if size is None else size)
        except UnsatisfiableRangeError:
            return _unsatisfiable(tag, size)
        if found is not None:
            if not held.range.first <= found.first <= held.range.last:
                return _unsatisfiable(tag, size)
            wanted = ByteRange(found.first, min(found.last, held.range.last))
    start = held.range.first
    inside = ByteRange(wanted.first - start, wanted.last - start)
    answer = _answer(request, _PARTIAL, lambda: _cut(memento.entity(), inside), len(inside))
    shown = "*" if size is None else size
    answer.headers["Content-Range"] = f"bytes {wanted.first}-{wanted.last}/{shown}"
    answer.headers["Accept-Ranges"] = "bytes"
    return _told(answer, tag)


def _archived_part(memento: Memento) -> ContentRange | None:
    head = memento.head
    if head is None or head.status != _PARTIAL:
        return None
    held = read_content_range(head.headers.get("Content-Range") or "")
    if held is None or held.whole or memento.entity_length() != len(held.range):
        return None
    return held


def _answer(request: Request, status: int, parts: _Parts, size: int | None) -> Response:
    if request.method == "HEAD":
        answer = Response(status_code=status)
    else:
        answer = StreamingResponse(_gathered(parts()), status)
    if size is not None:
        answer.headers["Content-Length"] = str(size)
    elif "Content-Length" in answer.headers:
        del answer.headers["Content-Length"]
    return answer


def _unsatisfiable(tag: str, size: int | None) -> Response:
    answer = Response(status_code=_UNSATISFIABLE)
    if size is not None:
        answer.headers["Content-Range"] = f"bytes */{size}"
    return _told(answer, tag)


def _told(answer: Response, tag: str) -> Response:
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = CACHED
    return answer


def _may_be_part(request: Request, tag: str) -> bool:
    # A client that has a part of something else gets the whole (RFC 9110, clause 13.1.5).
    if request.method != "GET":
        return False
    condition = request.headers.get("If-Range")
    return condition is None or condition.strip() == tag


def _among(tag: str, listed: str, *, weak: bool) -> bool:
    if listed.strip() == "*":
        return True
    found = _TAG.finditer(listed)
    return any(one[1] == tag and (weak or one[0] == one[1]) for one in found)


def _takes(request: Request, codings: tuple[str, ...]) -> bool:
    # Whether a client says it takes all of some codings; without a word it may take none.
    accepted = {
        found[1].lower(): float(found[2] or 1)
        for found in _ACCEPTED.finditer(request.headers.get("Accept-Encoding", ""))
    }
    rest = accepted.get("*", 0.0)
    return all(
        accepted.get(coding, accepted.get(_ALIKE.get(coding, coding), rest)) > 0
        for coding in codings
    )


def _is_in(memento: Memento, codings: tuple[str, ...]) -> bool:
    # Whether a payload begins in the codings its head names; many never were.
    try:
        beginning = islice(filter(None, memento.entity()), _LOOKED_AT)
        for _ in decode_content(beginning, codings, _DECODED_LIMIT):
            break
    except CodingError:
        return False
    return True


def _undone(memento: Memento, codings: tuple[str, ...]) -> Iterator[bytes]:
    # A body that breaks off is given as far as it goes, as browsers do.
    with suppress(CodingError):
        yield from filter(None, decode_content(memento.entity(), codings, _DECODED_LIMIT))


def _gathered(parts: Iterator[bytes]) -> Iterator[bytes]:
    # Each part costs a change of threads.
    waiting, size = [], 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= _SENT_AT_ONCE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _cut(parts: Iterator[bytes], wanted: ByteRange) -> Iterator[bytes]:
    at = 0
    for part in parts:
        if at + len(part) > wanted.first:
            yield part[max(wanted.first - at, 0) : wanted.last + 1 - at]
        at += len(part)
        if at > wanted.last:
            return


class _Sizes:
    """Sizes of bodies that only reading them tells; a player asks for many parts of one body."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], int] = OrderedDict()
        self._lock = Lock()

    def of(self, memento: Memento, coding: str, parts: _Parts) -> int:
        holder = memento.holder
        key = (str(memento.archive.path), holder.file, str(holder.offset), holder.digest, coding)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        size = sum(map(len, parts()))
        with self._lock:
            self._known[key] = size
            while len(self._known) > _SIZES_KEPT:
                self._known.popitem(last=False)
        return size


_SIZES = _Sizes()
