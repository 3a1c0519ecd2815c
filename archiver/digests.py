"""Digests as WARC fields and CDX lines write them: the algorithm's name, a colon, base32."""

import hashlib
from base64 import b32decode, b32encode

__all__ = ["ALGORITHMS", "read_digest", "sha1", "write_digest"]

# Base32 (RFC 4648, clause 6) as the digits by which Python reads a number; the rest as no digit.
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnop"
_OTHERS = bytes(set(range(256)) - set(_LETTERS))
_AS_NUMBER = bytes.maketrans(_LETTERS + _OTHERS, _DIGITS + b"!" * len(_OTHERS))

ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256"}  # told apart by their length in bytes


def sha1(data: bytes) -> bytes:
    """Hash for identity of content, as the field does; not for security."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def write_digest(raw: bytes) -> str:
    """Write a digest of one of `ALGORITHMS`; empty for none.

    >>> write_digest(sha1(b""))
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return f"{ALGORITHMS[len(raw)]}:{b32encode(raw).decode().rstrip('=')}" if raw else ""


def read_digest(text: str) -> bytes | None:
    """Read a digest in base32 or hex, with or without the name of its algorithm.

    >>> read_digest("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ") == sha1(b"")
    True

    Returns:
        The raw bytes, or None when the text is no digest of one of `ALGORITHMS`.
    """
    if len(text) == 37 and text.startswith("sha1:"):  # as nearly all are, millions of times
        try:
            return int(text[5:].encode().translate(_AS_NUMBER), 32).to_bytes(20)
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
