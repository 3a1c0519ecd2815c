"""Manners towards an authority: when it may be asked next, what is asked again, when to give up.

An authority is a scheme, a host and a port. How things stand with one is a `Standing`; `Manners`
turns that and what came of a question into the next one. Nothing here waits, and the time is always
told, so that a crawl may be killed and go on from the text of its standings.

Source: RFC 9110, clause 10.2.3 (Retry-After on 503 and redirects); RFC 6585, clause 4 (on 429).
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from archiver.capture.exchange import Cut, Exchange
from archiver.errors import FetchError
from archiver.fetch.pace import BUSY, Pace, retry_after

__all__ = ["Came", "Manners", "Next", "Standing"]

_RETRIED = BUSY | {408, 500}
_RETRIED_CUTS = frozenset({Cut.DISCONNECT, Cut.TIME})
_LONGEST_PAUSE = 366 * 86_400.0  # seconds; what is beyond it is as good as never
_MOST_CHANCE = 60.0  # seconds that chance may add to a pause
_MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one question, as far as manners go.

    Attributes:
        status: of the answer; None when there was none.
        asked: how many seconds the server asks to be left alone; None when it does not.
        seconds: how long the answer took.
        cut: why it is not whole; None when it is.
        passing: where there is no answer, whether there may be one at another try.
    """

    status: int | None = None
    asked: float | None = None
    seconds: float = 0.0
    cut: Cut | None = None
    passing: bool = True

    @classmethod
    def of(cls, exchange: Exchange, now: datetime) -> "Came":
        """Tell what came of an exchange that ended just now."""
        timing = exchange.timing
        seconds = timing.last_byte or timing.first_byte or timing.connected or 0.0
        if exchange.head is None:
            # Something that is no answer will be none at another try, unless it broke off.
            passing = exchange.passing or exchange.length == 0 or exchange.cut in _RETRIED_CUTS
            return cls(None, None, seconds, exchange.cut, passing)
        status = exchange.head.status
        asks = status in BUSY or 300 <= status < 400
        asked = retry_after(exchange.head.headers, now) if asks else None
        return cls(status, asked, seconds, exchange.cut)

    @classmethod
    def nothing(cls, error: FetchError) -> "Came":
        """Tell what came of a question that could not be asked: nobody was there.

        Not for an address that we refuse ourselves to connect to: no server is asked for that.
        """
        return cls(passing=error.passing)

    @property
    def worth_another(self) -> bool:
        """Whether the same question may have another answer a little later."""
        if self.status is None:
            return self.passing
        return self.status in _RETRIED or self.cut in _RETRIED_CUTS

    @property
    def failed(self) -> bool:
        """Whether it speaks of trouble with the whole authority, and not with one address."""
        return self.status is None or self.status in _RETRIED or self.status >= 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one authority.

    Attributes:
        not_before: it may not be asked before that moment; None when it may be at once.
        delay: the pause in force, in seconds, before chance added to it.
        failures: how many questions in a row failed.
        openings: how often the breaker opened since it last answered.
        aside: why it is set aside for longer than a crawl should wait for it; empty when it is not.
            What is still to be asked of it is kept for another day.
        given_up: why it is not asked any more; empty when it is.
    """

    not_before: datetime | None = None
    delay: float = 0.0
    failures: int = 0
    openings: int = 0
    aside: str = ""
    given_up: str = ""

    @property
    def on_trial(self) -> bool:
        """Whether only one question at a time may be under way, to see if it answers again."""
        return self.openings > 0

    def wait(self, now: datetime) -> float:
        """Give the seconds that are left until it may be asked; 0 when it may be now."""
        if self.not_before is None:
            return 0.0
        return max((self.not_before - now).total_seconds(), 0.0)

    def to_text(self) -> str:
        """Write all this as JSON."""
        moment = self.not_before and self.not_before.isoformat()
        return json.dumps(asdict(self) | {"not_before": moment})

    @classmethod
    def from_text(cls, text: str) -> "Standing":
        """Read what `to_text` wrote."""
        kept = json.loads(text)
        moment = kept.pop("not_before")
        return cls(not_before=moment and datetime.fromisoformat(moment), **kept)


@dataclass(frozen=True, slots=True)
class Next:
    """What follows from an answer.

    Attributes:
        standing: how things stand with the authority now.
        again_at: when the same address is to be asked for again; None when what came is the last
            word, and kept whatever it is.
    """

    standing: Standing
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How a crawl behaves; times in seconds.

    Attributes:
        pace: the least pause between two questions, what a slow answer adds to it, how often one
            address is asked for in all, the first pause after a failure, and the longest pause a
            server may ask for before it is set aside.
        jitter: how much chance may add to a pause, as a part of it.
        longest_backoff: where the pause after failures stops to double.
        failures: so many in a row open the breaker: the authority is left alone for a while.
        rest: for how long, until it is tried once.
        openings: how often the breaker may open before the authority is given up.

    With a delay of 0, and none that robots.txt asks for, there is no pause after an answer.
    """

    pace: Pace = field(default_factory=lambda: Pace(tries=3))
    jitter: float = 0.25
    longest_backoff: float = 300.0
    failures: int = 8
    rest: float = 600.0
    openings: int = 3

    def after(
        self,
        standing: Standing,
        came: Came,
        now: datetime,
        dice: Random,
        *,
        tries: int = 1,
        crawl_delay: float | None = None,
    ) -> Next:
        """Tell what follows when a question to an authority has come to its end.

        Args:
            standing: how things stood.
            came: what came of it.
            now: when it ended, an aware datetime.
            dice: gives the chance that is added to pauses.
            tries: how often the address has been asked for by now.
            crawl_delay: what robots.txt asks for; no pause is shorter.
        """
        least = max(self.pace.delay, crawl_delay or 0.0)
        # A slow answer makes for a longer pause only where there is to be any.
        usual = max(least, self.pace.pause(came.seconds)) if least > 0 else 0.0
        waiting = standing.wait(now) > 0  # so this was under way when something else was decided
        aside = standing.aside if waiting else ""
        if (standing.delay, standing.aside) != (usual, aside):
            standing = replace(standing, delay=usual, aside=aside)
        if not came.failed:
            if standing.failures or standing.openings or standing.given_up:
                standing = replace(standing, failures=0, openings=0, given_up="")
            pause = usual
        elif waiting and standing.openings:
            pause = 0.0
        else:
            standing, pause = self._failed(standing, came, usual, tries)
        if came.asked is not None and came.asked > self.pace.patience:
            rule = f"manners: status {came.status} asks to wait {came.asked:.0f} seconds"
            standing = replace(standing, aside=rule)
        pause = min(max(pause, came.asked or 0.0), _LONGEST_PAUSE)
        standing = _paused(standing, now, pause, self.jitter * dice.random())
        if not came.worth_another or tries >= self.pace.tries or standing.given_up:
            return Next(standing)
        again_at = now + timedelta(seconds=self._backoff(tries, came))
        return Next(standing, max(again_at, standing.not_before or again_at))

    def paused(
        self,
        standing: Standing,
        now: datetime,
        dice: Random,
        *,
        crawl_delay: float | None = None,
    ) -> Standing:
        """Put the usual pause behind several questions that had none between them.

        Args:
            standing: how things stand.
            now: when the last of them ended, an aware datetime.
            dice: gives the chance that is added.
            crawl_delay: what robots.txt asks for; no pause is shorter.
        """
        pause = max(self.pace.delay, crawl_delay or 0.0)
        return _paused(standing, now, pause, self.jitter * dice.random())

    def _failed(
        self, standing: Standing, came: Came, usual: float, tries: int
    ) -> tuple[Standing, float]:
        # What will not pass, such as a host nobody knows, is not mended by waiting.
        passing = came.status is not None or came.passing
        # That an address fails once more tells nothing new of the authority.
        failures = standing.failures + (tries == 1 or standing.openings > 0)
        standing = replace(standing, failures=failures)
        if failures < self.failures and not standing.openings:
            return standing, max(usual, self._hold(failures, came) if passing else 0.0)
        if passing and standing.openings < self.openings:
            return replace(standing, openings=standing.openings + 1), self.rest
        rule = f"manners: no answer, {standing.failures} failures in a row"
        return replace(standing, given_up=rule), usual

    def _hold(self, failures: int, came: Came) -> float:
        # One page that has an error of its own, or stays silent, is no reason to leave the rest.
        if came.status in BUSY:
            return self._backoff(max(failures, 1), came)
        return self._backoff(failures - 1, came) if came.status is None and failures > 1 else 0.0

    def _backoff(self, failures: int, came: Came) -> float:
        # What the server says itself is better than any guess.
        if came.asked is not None:
            return min(came.asked, _LONGEST_PAUSE)
        doublings = min(failures - 1, _MOST_DOUBLINGS)
        return min(self.pace.backoff * 2.0**doublings, self.longest_backoff)


def _paused(standing: Standing, now: datetime, seconds: float, chance: float) -> Standing:
    # Chance only adds: no pause is shorter than what was asked for.
    if seconds <= 0:
        return standing
    earliest = now + timedelta(seconds=seconds + min(seconds * chance, _MOST_CHANCE))
    return replace(standing, not_before=max(earliest, standing.not_before or earliest))
