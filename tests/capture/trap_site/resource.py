"""What the trap site is made of: resources and endless families, and how each answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Answer",
    "End",
    "Endless",
    "Family",
    "Need",
    "Place",
    "Question",
    "Reply",
    "Resource",
    "Wait",
]


class Place(StrEnum):
    """The authorities of the site: hosts and ports of their own."""

    SITE = "site"  # the scope
    OUTSIDE = "outside"  # linked to; nothing there may be asked for
    EMBEDS = "embeds"  # only what pages of the site need may be asked for
    FREE = "free"  # its robots.txt is answered 404: all is allowed
    DOWN = "down"  # its robots.txt is answered 503: nothing is allowed
    DEAD = "dead"  # its robots.txt is never answered: nothing is allowed


class Need(StrEnum):
    """What becomes of a resource in a good crawl."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"
    MUST_NOT = "must-not"


class End(StrEnum):
    """What happens to the connection behind an answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"  # RST instead of FIN


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause of so many seconds within an answer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Endless:
    """A piece that is sent again and again, with pauses; `most` bytes, lest it be for ever."""

    piece: bytes
    pause: float = 0.0
    most: int = 2 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, as it is sent.

    Attributes:
        parts: the bytes, with pauses.
        payload: its body with the transfer coding undone; what a payload digest is taken over.
        before: how many bytes of interim answers come first.
        behind: how many bytes follow that are no part of the answer.
        end: what happens to the connection then.
        good: whether to have it is to have the resource; not so a refusal or a passing fault.
        cut: the words that `WARC-Truncated` may say of it; empty when it can be had whole. With
            ``unspecified`` among them it is a matter of opinion whether anything is missing.
        not_before: POSIX time that Retry-After stands for; None without one.
        leads_to: the target on the site that waits with it; empty for its own.
        stands_for: what a 304 leaves out.
    """

    parts: tuple[bytes | Wait | Endless, ...]
    payload: bytes = b""
    before: int = 0
    behind: int = 0
    end: End = End.KEEP
    good: bool = True
    cut: frozenset[str] = frozenset()
    not_before: float | None = None
    leads_to: str = ""
    stands_for: bytes | None = None

    @property
    def endless(self) -> bool:
        return any(isinstance(part, Endless) for part in self.parts)

    @property
    def message(self) -> bytes:
        """The answer alone, as far as it is written out: no interim answers, no surplus."""
        sent = b"".join(part for part in self.parts if isinstance(part, bytes))
        return sent[self.before : len(sent) - self.behind]


@dataclass(frozen=True, slots=True)
class Question:
    """A request as the server saw it.

    Attributes:
        number: place among all requests, from 0.
        place: the authority that was asked.
        target: the request line's, byte for byte as Latin-1.
        request: head and body as they came.
        fields: names in lower case.
        at: when it had come, on the monotonic clock.
        clock: the same as POSIX time.
        day: 1 or 2.
        count: how often the target was asked for on that day, this time included.
        connection: which connection it came by.
    """

    number: int
    place: Place
    method: str
    target: str
    request: bytes
    fields: tuple[tuple[str, str], ...]
    at: float
    clock: float
    day: int
    count: int
    connection: int

    def get(self, name: str) -> str | None:
        """Give the first field of a name."""
        return next((value for known, value in self.fields if known == name.lower()), None)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came, values as they stand."""
        found = {}
        for value in (value for name, value in self.fields if name == "cookie"):
            for pair in value.split(";"):
                name, equals, text = pair.strip().partition("=")
                if equals:
                    found[name] = text
        return found


Answer = Callable[[Question], Reply]


@dataclass(frozen=True, slots=True)
class Resource:
    """An address of the site.

    Attributes:
        target: as it stands in a request line.
        area: the part of the site it belongs to.
        why: the reason for its being there, in a few words.
        need: what becomes of it in a first crawl, and in the second.
        asks: how often it may be asked for in one crawl.
    """

    place: Place
    target: str
    area: str
    why: str
    need: tuple[Need, Need]
    answer: Answer
    asks: int = 1


@dataclass(frozen=True, slots=True)
class Family:
    """Addresses without end; a crawl may ask for `budget` of them.

    Its pattern is that of a whole target. A resource of the same target goes before it.
    """

    name: str
    pattern: re.Pattern[str]
    budget: int
    answer: Answer
