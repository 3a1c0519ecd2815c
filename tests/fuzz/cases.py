"""What a fuzzing target is, and the ways to spoil bytes that suit any format.

A case is made from a seed alone: the target's name and the seed are enough to make it again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

__all__ = [
    "Case",
    "Target",
    "change_number",
    "either",
    "spoil",
    "spoil_lines",
    "spoil_numbers",
]

_NUMBER = re.compile(rb"\d{1,20}")
_HEX_LINE = re.compile(rb"(?m)^[0-9A-Fa-f]{1,8}(?=\r?$)")
_ODD_NUMBERS = (
    *(b"", b"0", b"-1", b"+5", b"00", b" 7 ", b"1e3", b"0x10", b"5, 5", b"5;5", b"999999"),
    *(b"2147483648", b"4294967295", b"9223372036854775807", b"9" * 15, b"9" * 16, b"9" * 400),
    "٣".encode(),  # a digit, but not one of ASCII's
)
_LINE = re.compile(rb"[^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Case:
    """One input, and what its maker knows of it that must hold whatever was done to it."""

    data: bytes
    facts: object = None


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads untrusted input.

    Attributes:
        make: makes a case; the same for a `Random` in the same state.
        check: reads the case's input in an empty folder of its own, and raises `AssertionError`
            when a promise is broken; whatever else it raises is a finding too.
    """

    name: str
    make: Callable[[Random], Case]
    check: Callable[[Case, Path], None]


def either(random: Random, chance: float) -> bool:
    """Tell true as often as `chance` says, from 0 to 1."""
    return random.random() < chance


def change_number(random: Random, number: bytes) -> bytes:
    """Give another number in place of one: near it, far off, or none at all."""
    if either(random, 0.4) and len(number) < 19:
        value = int(number) if number.isdigit() else 0
        return b"%d" % max(value + random.choice((-100, -10, -4, -2, -1, 1, 2, 4, 10, 100)), 0)
    if either(random, 0.3):
        return b"%d" % random.randrange(1 << random.choice((4, 8, 12, 16, 20, 31, 40)))
    return random.choice(_ODD_NUMBERS)


def spoil_numbers(random: Random, data: bytes) -> bytes:
    """Change one number, written as digits or as a chunk's size."""
    pattern = _HEX_LINE if either(random, 0.3) else _NUMBER
    found = list(pattern.finditer(data))[:2000]
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start()] + change_number(random, match.group()) + data[match.end() :]


def spoil_lines(random: Random, data: bytes) -> bytes:
    """Drop, double, move, fold, join or change one of the first lines."""
    lines = _LINE.findall(data[: 1 << 14])
    rest = data[1 << 14 :]
    at = random.randrange(min(len(lines), 40))
    line = lines[at]
    match random.randrange(9):
        case 0:
            lines[at] = b""
        case 1:
            lines[at] = 2 * line
        case 2:
            other = random.randrange(min(len(lines), 40))
            lines[at], lines[other] = lines[other], line
        case 3:
            lines[at] = random.choice((b" ", b"\t")) + line
        case 4:
            lines[at] = line.rstrip(b"\r\n") + random.choice((b"", b"\n", b"\r", b"\n\r", b"\0"))
        case 5:
            lines[at] = line.swapcase()
        case 6:
            lines[at] = line.replace(b":", random.choice((b"", b" :", b"::", b":\t", b"=")), 1)
        case 7:
            lines[at] = random.choice((b"\r\n", b"\n", b"\n\r\n", b"x\r\n", b":\r\n")) + line
        case _:
            ends = random.choice((b"\n", b"\r", b"\r\r\n"))
            lines = [each.replace(b"\r\n", ends) for each in lines]
    return b"".join(lines) + rest


def spoil(random: Random, data: bytes, tokens: Sequence[bytes] = (b"\0",)) -> bytes:
    """Do one thing to bytes; `tokens` are what means something in their format."""
    if not data:
        return random.choice(tokens)
    at = random.randrange(len(data))
    size = random.randrange(1, 1 + min(len(data), 1 << random.choice((1, 2, 4, 7, 10, 14))))
    match random.randrange(12):
        case 0:
            return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + random.randbytes(1) + data[at + 1 :]
        case 2:
            return data[:at]
        case 3:
            return data[:at] + data[at + size :]
        case 4:
            return data[: at + size] + data[at:]
        case 5:
            return data[:at] + random.randbytes(size) + data[at:]
        case 6:
            return data[:at] + random.randbytes(size) + data[at + size :]
        case 7:
            return data[:at] + random.choice(tokens) + data[at:]
        case 8:
            token = random.choice(tokens)
            return data[:at] + token + data[at + len(token) :]
        case 9:
            other = random.randrange(len(data))
            return data[:at] + data[other : other + size] + data[at:]
        case 10:
            return data[:at] + bytes(size) + data[at:]
        case _:
            return spoil_numbers(random, data)
