"""Bytes to text: which charset a page claims, which one it is really in.

The order is that of trust: a byte order mark, strict UTF-8 (bytes that happen to be valid UTF-8
practically never are anything else), the charset of the HTTP head, the one in the page, and
Windows-1252, in which every byte means something. Labels are those that `archiver.charsets` knows.
"""

import re
from dataclasses import dataclass

from bs4.dammit import UnicodeDammit

from archiver.charsets import (
    WINDOWS_1252,
    charset_of_label,
    decode_as,
    labels_in_page,
    marked_charset,
    wide_charset,
    xml_label,
)

__all__ = ["Decoded", "declared_charset", "decode"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the charset it declared (as written), the one used and any repair made."""

    text: str
    declared: str | None
    used: str
    problems: tuple[str, ...] = ()


_WHATWG_NAMES = {"cp1252": "windows-1252", "cp1251": "windows-1251", "cp1250": "windows-1250"}
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]{1,40})", re.IGNORECASE)
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_ASCII = bytes(range(0x80))


def declared_charset(payload: bytes, content_type: str | None) -> str | None:
    """Read the charset label that the HTTP head states, else the one in the page's first bytes."""
    if content_type and (match := _HTTP_CHARSET.search(content_type)):
        return match.group(1)
    return _label_in_page(payload)


def decode(payload: bytes, content_type: str | None = None) -> Decoded:
    """Turn a page's bytes into text; never fails.

    Args:
        payload: the body with every transfer and content coding already taken off.
        content_type: the Content-Type header, if there was one.
    """
    declared = declared_charset(payload, content_type)
    if marked := marked_charset(payload):
        charset, length = marked
        return Decoded(decode_as(payload[length:], charset), declared, _name(charset.codec))
    if wide := wide_charset(payload):
        return Decoded(decode_as(payload, wide), declared, wide.codec)
    if declared and _codec(declared) == "iso2022-jp" and b"\x1b" in payload:
        return Decoded(payload.decode("iso2022-jp", "replace"), declared, "iso2022-jp")
    try:
        return Decoded(payload.decode("utf-8"), declared, "utf-8")
    except UnicodeDecodeError:
        return _decode_otherwise(payload, declared, content_type)


def _decode_otherwise(payload: bytes, declared: str | None, content_type: str | None) -> Decoded:
    """Decode bytes that are not UTF-8 throughout."""
    if _mostly_utf8(payload):
        mended = UnicodeDammit.detwingle(payload).decode("utf-8", "replace")
        problem = "UTF-8 with stray Windows-1252 bytes; they were mended one by one"
        return Decoded(mended, declared, "utf-8", (problem,))
    labels = [declared, _label_in_page(payload) if content_type else None]
    for codec in filter(None, (_codec(label) for label in labels if label)):
        if codec in {"utf-8", "cp1252"} or codec.startswith("utf-16"):
            continue
        try:
            return Decoded(payload.decode(codec), declared, _name(codec))
        except UnicodeDecodeError:
            continue
    text = decode_as(payload, WINDOWS_1252)
    claimed = _codec(declared) if declared else None
    problems = () if claimed in {None, "cp1252"} else (f"the page is not in {declared}",)
    return Decoded(text, declared, "windows-1252", problems)


def _label_in_page(payload: bytes) -> str | None:
    return xml_label(payload) or next(labels_in_page(payload), None)


def _codec(label: str) -> str | None:
    charset = charset_of_label(label)
    return charset.codec if charset else None


def _mostly_utf8(payload: bytes) -> bool:
    """Tell whether more of the high bytes form UTF-8 sequences than stray from them."""
    sequences = _MULTIBYTE.findall(payload)
    if not sequences:
        return False
    high = len(payload.translate(None, _ASCII))
    inside = sum(map(len, sequences))
    return inside > high - inside


def _name(codec: str) -> str:
    return _WHATWG_NAMES.get(codec, codec)
