"""Amounts of bytes and of time as people write them: ``500 MB``, ``2 GiB``, ``90``, ``1h 30m``."""

import math
import re

from archiver.errors import InputError

__all__ = ["read_seconds", "read_size", "write_seconds", "write_size"]

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?i?)b?", re.IGNORECASE | re.ASCII)
_POWERS = "kmgt"
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)
_SPAN = re.compile(
    r"(\d{1,9}(?:\.\d{1,6})?)\s*(d|h|m|s)(?:ays?|ours?|ins?|inutes?|ecs?|econds?)?(?![a-z])\s*",
    re.IGNORECASE | re.ASCII,
)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WRITTEN = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def read_size(text: str) -> int:
    """Read an amount of bytes; a unit with ``i`` counts by 1,024, one without by 1,000.

    >>> read_size("1.5 GB"), read_size("2KiB"), read_size("800")
    (1500000000, 2048, 800)

    Raises:
        InputError: when it is none.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].lower() == "i":
        raise InputError(f"not an amount of bytes: {text[:100]!r}; write it as 500 MB or 2 GiB")
    number, unit = found[1], found[2].lower()
    power = _POWERS.index(unit[0]) + 1 if unit else 0
    step = 1024 if unit.endswith("i") else 1000
    return round(float(number) * math.pow(step, power))


def read_seconds(text: str) -> float:
    """Read a length of time in days, hours, minutes and seconds; a bare number is of seconds.

    >>> read_seconds("1h 30m"), read_seconds("2 days"), read_seconds("0.5")
    (5400.0, 172800.0, 0.5)

    Raises:
        InputError: when it is none.
    """
    rest, seconds = text.strip(), 0.0
    if _NUMBER.fullmatch(rest):
        return float(rest)
    while found := _SPAN.match(rest):
        seconds += float(found[1]) * _SECONDS[found[2].lower()]
        rest = rest[found.end() :]
        if not rest:
            return seconds
    raise InputError(f"not a length of time: {text[:100]!r}; write it as 90s, 20m, 6h or 2d")


def write_size(size: int) -> str:
    """Write an amount of bytes for people, to two or three digits.

    >>> write_size(999), write_size(56_789_012)
    ('999 bytes', '56.8 MB')
    """
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def write_seconds(seconds: float) -> str:
    """Write a length of time for people, in its two largest units.

    >>> write_seconds(5400), write_seconds(0.4), write_seconds(90_061)
    ('1 h 30 min', '0.4 s', '1 d 1 h')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    rest, parts = round(seconds), []
    for length, unit in _WRITTEN:
        number, rest = divmod(rest, length)
        if number:
            parts.append(f"{number} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
