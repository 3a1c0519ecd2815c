"""The limits a crawl of the trap site is to run with; all waiting there is scaled down to them."""

from dataclasses import dataclass

__all__ = ["LIMITS", "CrawlLimits"]


@dataclass(frozen=True, slots=True)
class CrawlLimits:
    """What a crawler has to be told, so that the manifest's figures hold.

    Attributes:
        body: bytes of an answer's body; the largest sound one has 200,000.
        head: bytes of an answer's head; the largest sound one has about 12,000.
        seconds: for a whole answer; the slowest sound one takes about 1.2.
        silence: seconds without a byte; the longest of a sound answer is 0.2.
        delay: seconds between requests, where robots.txt does not ask for more.
        tries: how often an address may be asked for when answers fail.
        hops: redirects that are followed in a row.
        back_off: the longest pause after a failed answer that names none; anything shorter is well.
    """

    body: int = 256 * 1024
    head: int = 64 * 1024
    seconds: float = 2.5
    silence: float = 0.6
    delay: float = 0.0
    tries: int = 3
    hops: int = 20
    back_off: float = 0.2


LIMITS = CrawlLimits()
