"""When a server may be asked again: the pause between two questions, and what Retry-After says.

Between two questions to one authority lies at least the pause that was asked for, or as long as
the server took to answer if that is longer. A server that says it is busy is left alone for as
long as it asks.

Source: RFC 9110, clause 10.2.3 (Retry-After); RFC 6585, clause 4 (429).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from archiver.headers import Headers

__all__ = ["BUSY", "Pace", "retry_after"]

BUSY = frozenset({429, 502, 503, 504})  # the server, or one before it, has too much to do


@dataclass(frozen=True, slots=True)
class Pace:
    """How a visitor behaves; all times in seconds.

    Attributes:
        delay: the least pause between two questions to one authority.
        slowest: the longest pause that a slow answer may bring about.
        tries: how often one question is asked in all.
        backoff: the pause before the second try where the server names none; it doubles.
        patience: the longest pause a server may ask for; beyond it the visitor gives up.
    """

    delay: float = 1.0
    slowest: float = 30.0
    tries: int = 5
    backoff: float = 2.0
    patience: float = 3600.0

    def pause(self, took: float) -> float:
        """Give the pause after an answer that took so many seconds."""
        return max(self.delay, min(took, self.slowest))


def retry_after(headers: Headers, now: datetime) -> float | None:
    """Read how many seconds a server asks to wait, from a number or a date; None when it does not.

    A date that is past means no time at all; what is neither is as if it were not there.
    """
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one of a day beyond all numbers
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)
