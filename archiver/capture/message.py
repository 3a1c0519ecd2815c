"""One HTTP/1.x answer as it comes off a connection: its head, its framing, and where it ends.

Nothing is written anew and nothing is refused. What servers send is read as browsers do: bare line
feeds, folded lines, bytes of any encoding, hundreds of fields. What is no HTTP is kept as it is.

Source: RFC 9112, clause 6.3 for where a message ends, clause 9.3 for whether its connection may be
used again; RFC 9110, clause 15.2 for interim answers.
"""

import re
from enum import Enum, auto

from archiver.http import Dechunker, Head, parse_head

__all__ = ["HEAD_LIMIT", "AnswerReader", "Framing"]

HEAD_LIMIT = 1 << 18  # bytes; what reads records looks for no longer head either

_HTTP = b"HTTP/"
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(r"[0-9]{1,1000}")
_KEEPING = re.compile(r"HTTP/1\.[1-9]")
_SWITCHING, _NO_BODY = 101, (204, 304)


class Framing(Enum):
    """What ends the body of an answer."""

    NONE = auto()  # there is none, by the status
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()  # the end of the connection


class AnswerReader:
    """Reads one final answer to a GET, and the interim answers before it, in constant memory.

    It is fed what comes, in parts of any size, and gives those bytes back that belong to the final
    answer, head and body, framing and trailer fields included. How the bytes were cut into parts
    makes no difference to anything it tells.

    Args:
        head_limit: most bytes of the heads, those of interim answers included, and of the trailer.

    Attributes:
        interim: the heads of the 1xx answers that came first.
        head: that of the final answer; None until it is there, and when there is none.
        body_start: where in the answer the body begins.
        framing: what ends the body; None until the head is there.
        length: how many bytes of the answer were given.
        surplus: how many bytes came behind its end.
        finished: whether nothing that comes can belong to it any more.
        overlong: whether it is finished because its head or trailer passes the limit.
        fault: what is wrong with it, in words; empty as long as nothing is.
    """

    def __init__(self, head_limit: int = HEAD_LIMIT) -> None:
        self.interim: tuple[bytes, ...] = ()
        self.head: Head | None = None
        self.body_start = 0
        self.framing: Framing | None = None
        self.length = 0
        self.surplus = 0
        self.finished = False
        self.overlong = False
        self.fault = ""
        self._head_limit = head_limit
        self._pending = bytearray()  # of a head, or of a trailer with the line end before it
        self._searched = 0  # no empty line begins before this place in them
        self._due = 0  # bytes of the body, as its length has it
        self._left = 0  # how many of them are still to come
        self._dechunker: Dechunker | None = None
        self._in_trailer = False
        self._closed = False

    def feed(self, part: bytes) -> bytes:
        """Take what came next; give the bytes of the answer that are now known to belong to it."""
        given = b""
        if self.finished:
            self.surplus += 0 if self.overlong else len(part)
        elif self.framing is None:
            given = self._feed_head(part)
        else:
            given = self._feed_body(part)
        self.length += len(given)
        return given

    def close(self) -> bytes:
        """Be told that no more will come; give the bytes of the answer that were held back.

        A head that is not all there is read as far as it goes. `fault` then says what is missing,
        as `whole` did before.
        """
        given = b""
        if self.framing is None and not self.finished:
            given = self._end_in_head()
        elif not self.whole and not self.overlong:
            self._note(self._missing())
        self.finished = self._closed = True
        self.length += len(given)
        return given

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, if the connection ends now.

        Where only the connection's end can tell, or chunked framing broke, nothing is known to be.
        Trailer fields may be missing (RFC 9112, clause 8).
        """
        if self.framing is None or self.overlong:
            return False
        if self._dechunker:
            return self._dechunker.finished or self._dechunker.fault is not None
        return self.framing is not Framing.LENGTH or not self._left

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on the connection."""
        head = self.head
        if head is None or self.framing is Framing.CLOSE or not self.finished or self._closed:
            return False
        if self.overlong or self.surplus or self.fault:
            return False
        if self._dechunker and head.headers.get("Content-Length") is not None:
            return False  # somebody on the way may have gone by the other (RFC 9112, clause 6.3)
        options = ",".join(head.headers.get_all("Connection")).lower().split(",")
        wishes = {option.strip() for option in options}
        if _KEEPING.fullmatch(head.protocol):
            return "close" not in wishes
        return head.protocol == "HTTP/1.0" and "keep-alive" in wishes and self._dechunker is None

    # The head

    def _feed_head(self, part: bytes) -> bytes:
        pending = self._pending
        pending += part
        while pending:
            if not _HTTP.startswith(pending[: min(len(_HTTP), self._head_limit)]):
                return self._take_as_it_is()
            found = _EMPTY_LINE.search(pending, self._searched)
            if found is None or found.end() > self._head_limit:
                self._searched = max(len(pending) - 2, 0)
                return self._give_head_up() if len(pending) > self._head_limit else b""
            end = found.end()
            parsed = parse_head(bytes(pending[:end]))
            if parsed is None:
                return self._take_as_it_is()
            head = parsed[0]
            if head.status // 100 != 1 or head.status == _SWITCHING:
                return self._begin(head, end)
            self.interim += (bytes(pending[:end]),)
            self._head_limit -= end
            self._searched = 0
            del pending[:end]
        return b""

    def _begin(self, head: Head, end: int) -> bytes:
        start, rest = bytes(self._pending[:end]), bytes(self._pending[end:])
        self._pending.clear()
        self._searched = 0
        self.head, self.body_start = head, end
        self.framing, self._due, fault = _framing(head)
        self._left = self._due
        self._note(fault)
        if self.framing is Framing.CHUNKED:
            self._dechunker = Dechunker()
        return start + self._feed_body(rest)

    def _take_as_it_is(self) -> bytes:
        self.framing = Framing.CLOSE
        self._note("what came is not an answer of HTTP")
        given = bytes(self._pending)
        self._pending.clear()
        return given

    def _give_head_up(self) -> bytes:
        given = bytes(self._pending[: self._head_limit])
        self._pending.clear()
        self.finished = self.overlong = True
        self.head, self.body_start = parse_head(given) or (None, 0)
        self._note("the head passes the limit")
        return given

    def _end_in_head(self) -> bytes:
        given = bytes(self._pending)
        self._pending.clear()
        parsed = parse_head(given)
        if parsed and parsed[0].status // 100 == 1 and parsed[0].status != _SWITCHING:
            self.interim += (given,)
            given = b""
        if not given:
            self._note("an interim answer came and no other" if self.interim else "nothing came")
            return b""
        if parsed:
            self.head, self.body_start = parsed
        self._note("the answer broke off within its head")
        return given

    # The body

    def _feed_body(self, part: bytes) -> bytes:
        if self._dechunker:
            return self._feed_chunks(self._dechunker, part)
        if self.framing is Framing.CLOSE:
            return part
        given = part[: self._left]
        self._left -= len(given)
        if not self._left:
            self._end(len(part) - len(given))
        return given

    def _feed_chunks(self, dechunker: Dechunker, part: bytes) -> bytes:
        if dechunker.fault:
            return part
        tail = part
        if not self._in_trailer:
            dechunker.feed(part)
            if dechunker.fault:
                self._note(dechunker.fault)
            if not dechunker.finished:
                return part
            self._in_trailer = True
            self._pending += b"\n"
            tail = dechunker.rest
        return part[: len(part) - len(tail)] + self._feed_trailer(tail)

    def _feed_trailer(self, tail: bytes) -> bytes:
        pending = self._pending
        before = len(pending)
        pending += tail
        found = _EMPTY_LINE.search(pending, self._searched)
        self._searched = max(len(pending) - 2, 0)
        end = found.end() if found else len(pending)
        if end - 1 > self._head_limit:
            self.finished = self.overlong = True
            self._note("the trailer passes the limit")
            return tail[: self._head_limit + 1 - before]
        if found is None:
            return tail
        self._end(len(pending) - end)
        return tail[: end - before]

    def _missing(self) -> str:
        if self._dechunker:
            return "the answer broke off before its last chunk"
        return f"the answer broke off after {self._due - self._left} of {self._due} bytes"

    def _end(self, surplus: int) -> None:
        self.finished = True
        self.surplus = surplus

    def _note(self, fault: str) -> None:
        if fault:
            self.fault = f"{self.fault}; {fault}" if self.fault else fault


def _framing(head: Head) -> tuple[Framing, int, str]:
    # What ends the body, how long it is if that tells, and what is wrong about the fields.
    if head.status == _SWITCHING:
        return Framing.NONE, 0, "the server switched to another protocol, which nobody asked for"
    if head.status in _NO_BODY:
        return Framing.NONE, 0, ""
    if head.chunked:
        return Framing.CHUNKED, 0, ""
    codings = _listed(head, "Transfer-Encoding")
    if codings - {"", "identity"}:
        return Framing.CLOSE, 0, ""
    lengths = _listed(head, "Content-Length")
    if not lengths:
        return Framing.CLOSE, 0, ""
    if not all(_LENGTH.fullmatch(length) for length in lengths):
        return Framing.CLOSE, 0, "Content-Length is not a number"
    numbers = {int(length) for length in lengths}
    if len(numbers) > 1:
        return Framing.CLOSE, 0, "Content-Length says several lengths"
    return Framing.LENGTH, numbers.pop(), ""


def _listed(head: Head, name: str) -> set[str]:
    values = head.headers.get_all(name)
    return {item.strip().lower() for value in values for item in value.split(",")}
