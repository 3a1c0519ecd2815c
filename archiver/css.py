r"""Web addresses in style sheets: ``url()``, ``@import`` and ``image-set()``, found and replaced.

The text around an address is copied as it stands, mistakes included. Source: CSS Syntax Level 3,
clause 4 (tokens); CSS Images Level 4 for ``image-set()``. Text is whatever the bytes were decoded
as, latin-1 included: everything that matters here is ASCII.

>>> rewrite_css("a { background: URL( 'x.png' ) }", lambda url: "/im/" + url)
"a { background: URL( '/im/x.png' ) }"
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "CssAddress",
    "Unescaped",
    "common_ending",
    "css_addresses",
    "css_edit",
    "rewrite_css",
    "unescape",
    "write_css",
]

# One alternative for each thing that can hide or hold an address. No alternative can fail after
# its first character has matched, so the whole never steps back and time is linear. A string ends
# at its quote, at the end of the line (it is then a bad one), or at the end of the text.
_ESCAPE = r"\\(?:[0-9a-fA-F]{1,6}(?:\r\n|[ \t\r\n\f])?|[^0-9a-fA-F\r\n\f])"
_LETTER = r"[-_a-zA-Z0-9\x80-\U0010ffff]"
_TOKEN = re.compile(
    rf"""
    (?P<comment> /\* )
  | "(?P<double> [^"\\\r\n\f]* (?: \\(?:\r\n|[\s\S]|\Z) [^"\\\r\n\f]* )*+ ) "?
  | '(?P<single> [^'\\\r\n\f]* (?: \\(?:\r\n|[\s\S]|\Z) [^'\\\r\n\f]* )*+ ) '?
  | (?P<word> @? (?: {_LETTER} | {_ESCAPE} ) {_LETTER}* (?: {_ESCAPE} {_LETTER}* )*+ )
    (?P<call> \( )?
  | (?P<mark> [()\[\]{{}};] )
    """,
    re.VERBOSE,
)
_PLAIN = r"""[^"'()\\\x00-\x20\x7f]*"""
_BARE = re.compile(rf"[ \t\r\n\f]*({_PLAIN}(?:{_ESCAPE}{_PLAIN})*+)[ \t\r\n\f]*")
_STRING_AHEAD = re.compile(r"""[ \t\r\n\f]*(?=["'])""")
_BAD_ADDRESS = re.compile(r"[^)\\]*(?:\\(?:[\s\S]|\Z)[^)\\]*)*+\)?")
_UNESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\s\S])|\Z)")
_SPECIAL = {
    '"': re.compile(r'[\\"\x00-\x1f\x7f]'),
    "'": re.compile(r"[\\'\x00-\x1f\x7f]"),
    "": re.compile(r"""[\\"'()\x00-\x20\x7f]"""),
}
_IMAGE_SETS = ("image-set", "-webkit-image-set")


class CssAddress(NamedTuple):
    """One address in a style sheet.

    Attributes:
        start: where the address begins in the text, inside its quotes if it has any.
        end: where it ends, before the closing quote.
        url: the address with escapes undone.
        quote: ``"``, ``'``, or empty for a bare ``url(...)``.
        imported: whether it names another style sheet (``@import``).
    """

    start: int
    end: int
    url: str
    quote: str
    imported: bool


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A text with its escapes undone that still knows where each character came from."""

    text: str
    _breaks: tuple[tuple[int, int], ...]  # after each escape: place in text, place in the source

    def source_index(self, index: int) -> int:
        """Give the place in the source of the character at `index`."""
        if not self._breaks:
            return index
        at = bisect_right(self._breaks, index, key=lambda pair: pair[0])
        if not at:
            return index
        text_at, source_at = self._breaks[at - 1]
        return source_at + index - text_at


def unescape(
    source: str, escape: re.Pattern[str], undo: Callable[[re.Match[str]], str]
) -> Unescaped:
    """Undo every `escape` in a source, and remember the places."""
    parts: list[str] = []
    breaks: list[tuple[int, int]] = []
    at = length = 0
    for match in escape.finditer(source):
        plain, undone = source[at : match.start()], undo(match)
        parts += (plain, undone)
        at = match.end()
        length += len(plain) + len(undone)
        breaks.append((length, at))
    return Unescaped("".join((*parts, source[at:])), tuple(breaks))


def css_addresses(text: str, start: int = 0, end: int | None = None) -> Iterator[CssAddress]:
    """Find every address a style sheet, or a style attribute, makes a browser fetch.

    Addresses of ``@namespace`` are names and not fetched: they are passed over. Never raises;
    time is linear in the length of the text.
    """
    end = len(text) if end is None else end
    at = start
    depth = 0
    image_sets: list[int] = []  # the depths at which a plain string is an address
    statement = ""  # the at-rule whose prelude we are in
    while match := _TOKEN.search(text, at, end):
        at = match.end()
        kind = match.lastgroup
        if kind == "word":
            if text[match.start()] == "@":
                statement = _unescape(match["word"][1:]).lower()
        elif kind == "mark":
            mark = match["mark"]
            if mark == "(":
                depth += 1
            elif mark == ")":
                if image_sets and image_sets[-1] == depth:
                    image_sets.pop()
                depth -= 1
            elif mark in ";{}":
                statement, depth = "", 0
                image_sets.clear()
        elif kind == "call":
            name = _unescape(match["word"]).lower()
            if name == "url":
                address, at = _address(text, at, end, statement == "import")
                if address is None:
                    continue
                depth += bool(address.quote)  # the closing bracket is still to come
                if statement != "namespace":
                    yield address
            else:
                depth += 1
                if name in _IMAGE_SETS:
                    image_sets.append(depth)
        elif kind == "comment":
            at = text.find("*/", at, end) + 2
            if at == 1:
                return
        elif statement == "import":
            yield _quoted(match, imported=True)
            statement = "imported"
        elif image_sets and image_sets[-1] == depth:
            yield _quoted(match, imported=False)


def rewrite_css(text: str, change: Callable[[str], str]) -> str:
    """Replace every address by what `change` makes of it; the rest of the text is copied."""
    parts: list[str] = []
    at = 0
    for address in css_addresses(text):
        new = change(address.url)
        if new != address.url:
            start, end, written = css_edit(text, address, new)
            parts += (text[at:start], written)
            at = end
    parts.append(text[at:])
    return "".join(parts)


def css_edit(text: str, address: CssAddress, new: str) -> tuple[int, int, str]:
    """Say how to put `new` in the place of an address: from where, to where, by what.

    Only what differs is replaced, so that an ending both have in common keeps the way it was
    written, escapes and all.
    """
    source = text[address.start : address.end]
    common = common_ending(address.url, new)
    kept = unescape(source, _UNESCAPE, _undo).source_index(len(address.url) - common)
    written = write_css(new[: len(new) - common], address.quote)
    return address.start, address.start + kept, written


def common_ending(one: str, other: str) -> int:
    """Count the characters that two texts have in common at their ends.

    >>> common_ending("/a/page.htm", "page.htm")
    8
    """
    if one.endswith(other):
        return len(other)
    if other.endswith(one):
        return len(one)
    length = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        length += 1
    return length


def write_css(url: str, quote: str) -> str:
    r"""Write an address so that it can stand between `quote`, or bare in ``url(...)`` if empty.

    >>> print(write_css("a(1).png", ""))
    a\(1\).png
    """
    return _SPECIAL[quote].sub(_escaped, url)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    return f"\\{ord(character):x} " if character <= " " or character == "\x7f" else "\\" + character


def _quoted(match: re.Match[str], *, imported: bool) -> CssAddress:
    group = "single" if match["double"] is None else "double"
    quote = "'" if group == "single" else '"'
    return CssAddress(*match.span(group), _unescape(match[group]), quote, imported)


def _address(text: str, at: int, end: int, imported: bool) -> tuple[CssAddress | None, int]:
    # What stands after url(: a string, or a bare address up to the bracket, or something malformed.
    string = _STRING_AHEAD.match(text, at, end)
    if string and (quoted := _TOKEN.match(text, string.end(), end)):
        return _quoted(quoted, imported=imported), quoted.end()
    bare = _BARE.match(text, at, end)
    after = bare.end() if bare else at
    if bare and (after >= end or text[after] == ")"):
        return CssAddress(*bare.span(1), _unescape(bare[1]), "", imported), after + 1
    bad = _BAD_ADDRESS.match(text, after, end)
    return None, bad.end() if bad else end


def _unescape(text: str) -> str:
    return _UNESCAPE.sub(_undo, text) if "\\" in text else text


def _undo(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return "\ufffd" if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000 else chr(number)
    character: str = match[2] or ""
    return "" if character in ("\n", "\r\n", "\r", "\f") else character
