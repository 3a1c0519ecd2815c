"""Parts of a body as clients ask for them, and as answers name them: RFC 9110, clause 14."""

import re
from dataclasses import dataclass

__all__ = [
    "ByteRange",
    "ContentRange",
    "UnsatisfiableRangeError",
    "read_content_range",
    "read_range",
]

_ONE = re.compile(
    r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.IGNORECASE
)
_STATED = re.compile(r"bytes[ \t]+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)


class UnsatisfiableRangeError(ValueError):
    """A range was asked for of which the body has no byte."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Some bytes of a body, counted from 0, both ends included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class ContentRange:
    """What an answer of status 206 says it holds: the bytes, and of how many (None: not told)."""

    range: ByteRange
    size: int | None

    @property
    def whole(self) -> bool:
        """Whether it is all there is."""
        return self.range.first == 0 and self.size == len(self.range)


def read_range(value: str, size: int) -> ByteRange | None:
    """Read the ``Range`` a client asks for, of a body of so many bytes.

    >>> read_range("bytes=-500", 10_000)
    ByteRange(first=9500, last=9999)

    Returns:
        The bytes; None where the whole body is the answer: for several ranges, which need not be
        answered, for another unit, and for what is no range.

    Raises:
        UnsatisfiableRangeError: when the body has none of the bytes.
    """
    match = _ONE.fullmatch(value)
    if match is None:
        return None
    if match[3] is not None:
        first, last = max(size - int(match[3]), 0), size - 1
        if not int(match[3]):
            raise UnsatisfiableRangeError(value)
    else:
        first = int(match[1])
        last = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < first:
            return None
    if first >= size:
        raise UnsatisfiableRangeError(value)
    return ByteRange(first, last)


def read_content_range(value: str) -> ContentRange | None:
    """Read the ``Content-Range`` of an answer; None for what is none.

    >>> read_content_range("bytes 0-99/100").whole
    True
    """
    match = _STATED.fullmatch(value.strip())
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    size = None if match[3] == "*" else int(match[3])
    if last < first or (size is not None and last >= size):
        return None
    return ContentRange(ByteRange(first, last), size)
