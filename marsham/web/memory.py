"""Answers remembered: an exact memento is made once and handed out again while nothing changes.

What a memento's address answers depends on the archive alone, so that the bytes of one answer serve
every later reader. They are forgotten with the next change of the catalogue, and after a second in
any case: a withdrawal may have a moment at which it begins or ends.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Memory"]

_LATE = 5.0  # seconds for which making an answer anew may keep the one before it
_SECONDS = 1.0  # how long an answer is good at most
_TOTAL = 1 << 26  # bytes of all answers
_LARGEST = 1 << 21  # bytes of one
_LASTING = re.compile(
    rb"/web/(?:\d{14}(?:-\d{1,6})?(?:~\d{4,14})?(?:[a-z]{2,4}_)?|timemap/[a-z]+)/"
)
_HEADER = 200  # bytes a name and value take beside their own
# A request that says any of these wants an answer of its own.
_OWN = frozenset(
    (
        b"accept-datetime",
        b"authorization",
        b"cookie",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"origin",
        b"range",
        b"service-worker",
    )
)

_Key = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    messages: tuple[Message, ...]
    size: int
    revision: int
    until: float


class Memory:
    """An application that hands out what another one answered before.

    Args:
        app: makes the answers.
        revision: gives a number that changes with the catalogue, or None where none is known;
            then nothing is remembered.
        clock: seconds that only grow.

    Only whole answers of status 200 to a plain GET are remembered, each for the headers its own
    ``Vary`` names (RFC 9110, clause 12.5.5), and none whose ``Cache-Control`` says ``no-store``.
    """

    def __init__(
        self,
        app: ASGIApp,
        revision: Callable[[], int | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._revision = revision
        self._clock = clock
        self._answers: dict[_Key, _Answer] = {}  # the oldest first
        self._varying: dict[_Key, tuple[bytes, ...]] = {}
        self._size = 0
        self._renewed: set[_Key] = set()  # those being made anew

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = _plain_question(scope)
        revision = self._revision() if asked is not None else None
        if asked is None or revision is None:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        place: _Key = (asked, scope["query_string"], headers.get(b"host", b""))
        names = self._varying.get(place, ())
        key = (*place, *(headers.get(name, b"") for name in names))
        known = self._answers.get(key)
        now = self._clock()
        if known is not None and known.revision == revision:
            # While one makes it anew the others are given what there is, or all would make it.
            late = _LATE if key in self._renewed else 0.0
            if known.until + late > now:
                for message in known.messages:
                    await send(message)
                return
            self._renewed.add(key)
        try:
            await self._make(scope, receive, send, place, revision, now)
        finally:
            self._renewed.discard(key)

    async def _make(
        self, scope: Scope, receive: Receive, send: Send, place: _Key, revision: int, now: float
    ) -> None:
        messages: list[Message] = []
        size = 0

        async def watch(message: Message) -> None:
            nonlocal size
            size += len(message.get("body", b""))
            if size <= _LARGEST:
                messages.append(message)
            else:
                messages.clear()
            await send(message)

        await self._app(scope, receive, watch)
        if messages and not messages[-1].get("more_body"):
            headers = dict(scope["headers"])
            self._keep(place, headers, _Answer(tuple(messages), size, revision, now + _SECONDS))

    def _keep(self, place: _Key, asked: dict[bytes, bytes], answer: _Answer) -> None:
        start = answer.messages[0]
        if start["type"] != "http.response.start" or start["status"] != 200:
            return
        fields = [(name.lower(), value.lower()) for name, value in start["headers"]]
        if any(b"no-store" in value for name, value in fields if name == b"cache-control"):
            return
        varying = b",".join(value for name, value in fields if name == b"vary")
        names = tuple(sorted({name.strip() for name in varying.split(b",") if name.strip()}))
        if b"*" in names:
            return
        self._varying.pop(place, None)
        self._varying[place] = names
        key = (*place, *(asked.get(name, b"") for name in names))
        size = answer.size + sum(len(part) for part in key) + _HEADER * (len(fields) + 1)
        before = self._answers.pop(key, None)
        if before is not None:
            self._size -= before.size
        self._answers[key] = _Answer(answer.messages, size, answer.revision, answer.until)
        self._size += size
        while self._size > _TOTAL:
            self._size -= self._answers.pop(next(iter(self._answers))).size
        while len(self._varying) > 2 * len(self._answers):
            del self._varying[next(iter(self._varying))]


def _plain_question(scope: Scope) -> bytes | None:
    # The path of a request whose answer lasts; None for any other.
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: bytes = scope["raw_path"]
    if not _LASTING.match(path) or not _OWN.isdisjoint(name for name, _ in scope["headers"]):
        return None
    return path
