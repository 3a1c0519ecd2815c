"""Asking many questions without being a burden: pauses, patience, and knowing when to stop.

One question at a time, at a pace (`archiver.fetch.pace`). A server that says it is busy or breaks
off is asked again after the time it names in Retry-After, or after a pause that doubles each time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archiver.errors import BusyError, FetchError
from archiver.fetch.client import Answer, Fetcher
from archiver.fetch.pace import BUSY, Pace, retry_after
from archiver.fetch.place import place_of
from archiver.urls import join_url

__all__ = ["Visit", "Visitor"]

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """A question with its answer: `via` are the addresses that redirected, in their order."""

    answer: Answer
    via: tuple[str, ...] = ()


@dataclass(slots=True)
class Visitor:
    """Asks through a fetcher, at a pace.

    Attributes:
        fetcher: asks one question.
        pace: how to behave.
        tell: called with a sentence for people before a pause that is not the usual one.
        sleep: waits a number of seconds.
        clock: tells seconds that never go back.
    """

    fetcher: Fetcher
    pace: Pace = field(default_factory=Pace)
    tell: Callable[[str], object] = lambda _: None
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _next: dict[str, float] = field(default_factory=dict)

    def get(
        self,
        url: str,
        *,
        codings: str = "identity",
        limit: int | None = None,
        final: Callable[[Answer], bool] = lambda _: False,
    ) -> Visit:
        """Ask for an address until there is an answer, following redirects.

        Args:
            url: see `Fetcher.get`, as for `codings` and `limit`.
            codings: the content codings the server may use.
            limit: most bytes of the body.
            final: tells an answer to be taken as it is, though its status says busy or redirect.

        Raises:
            BusyError: when the server stays busy, or asks for more patience than there is.
            RefusedAddressError: when the address, or one it redirects to, must be left alone.
            FetchError: when there is no answer after every try, or redirects do not end.
        """
        via: list[str] = []
        while True:
            answer = self._ask(url, codings, limit, final)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None or final(answer):
                return Visit(answer, tuple(via))
            answer.body.close()
            via.append(url)
            following = join_url(url, location)
            if following is None:
                raise FetchError(url, f"redirects to {location[:200]!r}, which is no address")
            following = following.partition("#")[0]
            if following in via or len(via) > _MOST_HOPS:
                raise FetchError(via[0], "the redirects do not end")
            url = following

    def _ask(
        self, url: str, codings: str, limit: int | None, final: Callable[[Answer], bool]
    ) -> Answer:
        place = place_of(url).authority
        pause = self.pace.backoff
        for tries in range(1, self.pace.tries + 1):
            self._wait(place)
            began = self.clock()
            try:
                answer = self.fetcher.get(url, codings=codings, limit=limit)
            except FetchError as error:
                self._done(place, began)
                if not error.passing or tries == self.pace.tries:
                    raise
                self._pause(place, pause, str(error))
                pause *= 2
                continue
            self._done(place, began)
            if answer.status not in BUSY or final(answer):
                return answer
            answer.body.close()
            asked = retry_after(answer.headers, datetime.now(UTC))
            if tries == self.pace.tries or (asked or 0) > self.pace.patience:
                raise BusyError(url, answer.status, asked)
            self._pause(place, pause if asked is None else asked, f"{url} answers {answer.status}")
            pause *= 2
        raise AssertionError  # the last try returns or raises

    def _wait(self, place: str) -> None:
        left = self._next.get(place, 0.0) - self.clock()
        if left > 0:
            self.sleep(left)

    def _done(self, place: str, began: float) -> None:
        now = self.clock()
        self._next[place] = now + self.pace.pause(now - began)

    def _pause(self, place: str, seconds: float, why: str) -> None:
        seconds = max(seconds, self.pace.delay)
        self.tell(f"{why}; asking again in {seconds:.0f} seconds")
        self._next[place] = self.clock() + seconds
