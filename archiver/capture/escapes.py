"""Percent-escapes: which spellings of a path and query say the same (RFC 3986, clause 6.2.2)."""

import re
from urllib.parse import quote

__all__ = ["one_spelling"]

_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What stands in an address for itself, besides the unreserved; all else is escaped.
_KEPT = "%!$&'()*+,/:;=?@[]#"


def one_spelling(text: str) -> str:
    """Write a path with its query in the one way that all its spellings share.

    >>> one_spelling("/%7eJones/caf%c3%a9 café")
    '/~Jones/caf%C3%A9%20caf%C3%A9'

    An escape of a letter, a digit or one of ``-._~`` is undone, another is written in capitals;
    what cannot stand in an address is escaped as UTF-8, and surrogates that stand for single bytes
    as those. ``%2F`` and ``/`` stay apart, as do all characters that may separate something.
    """
    text = _ESCAPE.sub(_spelt, text)
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair
        raw = text.encode("utf-8", "surrogatepass")
    return quote(raw, safe=_KEPT)


def _spelt(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
