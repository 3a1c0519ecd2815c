"""Digests as WARC fields and CDX lines write them: the algorithm's name, a colon, base32."""

import hashlib
from base64 import b32decode, b32encode
from collections.abc import Iterator

__all__ = ["ALGORITHMS", "read_digest", "sha1", "write_digest"]

ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256"}  # told apart by their length in bytes

_SHA1_SIZE = 20
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32: RFC 4648, clause 6
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"  # as Python reads a number to base 32
_OTHERS = bytes(set(range(256)) - set(_LETTERS + _LETTERS.lower()))
_LETTER_OF = _LETTERS.ljust(256)
_DIGIT_OF = bytes.maketrans(
    _LETTERS + _LETTERS[:26].lower() + _OTHERS, _DIGITS + _DIGITS[:26] + b"!" * len(_OTHERS)
)


def _halvings() -> Iterator[tuple[int, int, int]]:
    # How the 32 groups of 5 bits of a SHA-1 get a byte each: the upper half moves up, then the
    # upper half of either half, and so on; which bits stay, which move, and how far.
    for size in (16, 8, 4, 2, 1):
        stay = sum(((1 << 5 * size) - 1) << at for at in range(0, 256, 16 * size))
        yield stay, stay << 5 * size, 3 * size


_HALVINGS = tuple(_halvings())


def sha1(data: bytes | memoryview) -> bytes:
    """Hash for identity of content, as the field does; not for security."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def write_digest(raw: bytes) -> str:
    """Write a digest of one of `ALGORITHMS`; empty for none.

    >>> write_digest(sha1(b""))
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    if len(raw) == _SHA1_SIZE:  # nearly all are; whole lists of captures are made of them
        number = int.from_bytes(raw)
        for stay, move, far in _HALVINGS:
            number = number & stay | (number & move) << far
        return "sha1:" + number.to_bytes(32).translate(_LETTER_OF).decode()
    return f"{ALGORITHMS[len(raw)]}:{b32encode(raw).decode().rstrip('=')}" if raw else ""


def read_digest(text: str) -> bytes | None:
    """Read a digest in base32 or hex, with or without the name of its algorithm.

    >>> read_digest("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ") == sha1(b"")
    True

    Returns:
        The raw bytes, or None when the text is no digest of one of `ALGORITHMS`.
    """
    if len(text) == 37 and text.startswith("sha1:"):  # written as above
        try:
            return int(text[5:].encode().translate(_DIGIT_OF), 32).to_bytes(_SHA1_SIZE)
        except (ValueError, OverflowError):
            pass
    value = text.rpartition(":")[2].strip()
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        try:
            raw = b32decode(value.upper() + "=" * (-len(value) % 8))
        except ValueError:
            return None
    return raw if len(raw) in ALGORITHMS else None
