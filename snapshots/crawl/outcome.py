"""What a crawl found of an address, against what the archive held of it before."""

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Before", "Outcome", "outcome_of"]

_GONE = (404, 410)
_MOVED = (301, 302, 303, 307, 308)
_NOT_MODIFIED = 304
_TOO_MANY = 429


class Outcome(IntEnum):
    """How an address did, as the catalogue keeps it."""

    NEW = 1  # the archive held no capture of it
    CHANGED = 2
    UNCHANGED = 3  # the very same content
    GONE = 4  # not there, and was
    MOVED = 5  # leads elsewhere, and was there
    FAILED = 6  # no answer, half an answer, or the server's own trouble
    PROBE = 7  # an address made up, to see how the server answers such


@dataclass(frozen=True, slots=True)
class Before:
    """The newest earlier capture of an address.

    Attributes:
        status: HTTP status; None for records without one. "Not modified" stands for 200.
        digest: payload digest, raw; empty when unknown.
    """

    status: int | None
    digest: bytes

    @property
    def there(self) -> bool:
        """Whether the address had content of its own."""
        return self.status in (None, 200, _NOT_MODIFIED)


def outcome_of(
    status: int | None, digest: bytes, before: Before | None, *, whole: bool = True
) -> Outcome:
    """Compare an answer with the newest earlier capture of its address.

    Args:
        status: of the answer; None when there was none.
        digest: of its payload, raw; for "not modified" that of what was not modified.
        before: the capture; None when there is none.
        whole: whether all of the answer came.

    >>> outcome_of(410, b"x", Before(200, b"y")).name
    'GONE'
    """
    if status is None or not whole or status >= 500 or status == _TOO_MANY:
        return Outcome.FAILED
    if before is None:
        return Outcome.NEW
    if before.there and status in _GONE:
        return Outcome.GONE
    if before.there and status in _MOVED:
        return Outcome.MOVED
    if status == _NOT_MODIFIED:
        return Outcome.UNCHANGED
    same = before.status in (None, status, _NOT_MODIFIED) and digest == before.digest
    return Outcome.UNCHANGED if same else Outcome.CHANGED
