"""Digests as WARC fields and CDX lines write them: the algorithm's name, a colon, base32."""

import hashlib
import re
from base64 import b32encode

__all__ = ["ALGORITHMS", "read_digest", "sha1", "write_digest"]

ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256"}  # told apart by their length in bytes

_BASE32 = re.compile("([A-Z2-7]{26}|[A-Z2-7]{32}|[A-Z2-7]{52})=*")
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")


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
    value = text.rpartition(":")[2].strip()
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        match = _BASE32.fullmatch(value.upper())
        if match is None:
            return None
        number, bits = int(match[1].translate(_DIGITS), 32), 5 * len(match[1])
        return (number >> bits % 8).to_bytes(bits // 8, "big")
    return raw if len(raw) in ALGORITHMS else None
