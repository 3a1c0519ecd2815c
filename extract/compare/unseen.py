"""What a page's markup holds beside its text: hidden parts, comments, scripts, names of places.

None of it is shown to a reader, so none of it is a change; it is counted, so that a reader can be
told that something differs there. What an element is called is only a hint.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from lxml import etree

from extract.compare.wording import plain

__all__ = ["Unseen", "place_key", "unseen_parts"]

_COMMENT = re.compile(rb"<!--")
_SCRIPT = re.compile(rb"<script\b[^<>]{0,2000}>")
_FIELD = re.compile(rb"<(?:input|meta)\b")
_HIDING = (b"hidden", b"display")
_NAMED = (b"ad", b"sponsor", b"mpu", b"leader", b"sky", b"side", b"rail", b"relat", b"left",
          b"right", b"second", b"compl")  # fmt: skip
_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_AD = (
    r"(?:ads?|adverts?|advertising|advertisements?|sponsor(?:s|ed)?|adsense|googleads?|mpu|"
    r"ad-?(?:slot|box|unit|space|container|banner|wrapper)|banner-?ads?|leaderboard|skyscraper)"
)
_SIDE = (
    r"(?:side-?(?:bar|box|panel|column|col)?|aside|rail|related(?:-?(?:links|content|items))?|"
    r"(?:left|right)(?:-?hand)?-?(?:col|column|bar|side|panel|rail)?|secondary|complementary)"
)
_NAMES = re.compile(
    rb"""\b(?:class|id)\s*=\s*["']?[^"'<>]{0,200}?(?:\bad|_ad|advert|sponsor|mpu|leaderboard|"""
    rb"""skyscraper|side|rail|related|left|right|secondary|complementary)|<aside""",
    re.IGNORECASE,
)
_AD_NAME = re.compile(rf"(?<![^\s_-]){_AD}(?![^\s_\d-])", re.IGNORECASE)
_SIDE_NAME = re.compile(rf"(?<![^\s_-]){_SIDE}(?![^\s_\d-])", re.IGNORECASE)
_MOST = 2000  # of each kind; the rest is not told apart
_MOST_PLACES = 5000
_MOST_LINKS = 100  # of one part called an advert
_LONGEST = 300  # characters told of each
_KEY = 200  # characters, white space left out, by which a text is known


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a page holds unseen, each list in the order of the page.

    Attributes:
        hidden: texts of parts that are not shown.
        comments: comments of the markup.
        scripts: scripts, and values of hidden fields and metadata.
        adverts: keys of texts that stand in something called an advert; see `place_key`.
        advert_links: what links without words lead to there, as written.
        sides: keys of texts that stand in something called a sidebar.
    """

    hidden: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    adverts: frozenset[str] = frozenset()
    advert_links: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()


def place_key(text: str) -> str:
    """Give the key by which a text is known again in the markup: its beginning without blanks."""
    return "".join(text[: 2 * _KEY].split())[:_KEY]


def unseen_parts(payload: bytes) -> Unseen:
    """Read what a page holds unseen; never fails."""
    hidden: list[str] = []
    adverts: set[str] = set()
    sides: set[str] = set()
    links: set[str] = set()
    lowered = payload.lower()
    hides = any(word in lowered for word in _HIDING)
    names = any(word in lowered for word in _NAMED) and _NAMES.search(lowered)
    root = _parsed(payload) if hides or names else None
    for element in [] if root is None else root.iter(etree.Element):
        attributes = element.attrib
        if element.tag in ("html", "body", "input") or not (attributes or element.tag == "aside"):
            continue
        if hides and ("hidden" in attributes or _STYLE.search(str(attributes.get("style", "")))):
            text = plain(_text(element, _LONGEST))
            if text and len(hidden) < _MOST:
                hidden.append(text)
        if names:
            called = f"{attributes.get('class', '')} {attributes.get('id', '')}"[:500]
            for pattern, keys in ((_AD_NAME, adverts), (_SIDE_NAME, sides)):
                is_side = pattern is _SIDE_NAME and element.tag == "aside"
                if is_side or pattern.search(called):
                    _note(element, keys)
                    if keys is adverts:
                        links.update(_wordless_links(element))
    return Unseen(
        tuple(hidden),
        _found(_COMMENT, b"-->", payload, lowered),
        (*_found(_SCRIPT, b"</script", payload, lowered), *_found(_FIELD, b">", payload, lowered)),
        frozenset(adverts),
        frozenset(links),
        frozenset(sides),
    )


def _note(element: etree._Element, keys: set[str]) -> None:
    """Note the texts of an element and of all inside; once, where such elements are nested."""
    if place_key(_text(element, 2 * _KEY)) in keys:
        return
    for part in element.iter(etree.Element):
        if len(keys) >= _MOST_PLACES:
            return
        if key := place_key(_text(part, 2 * _KEY)):
            keys.add(key)


def _wordless_links(element: etree._Element) -> Iterator[str]:
    for number, link in enumerate(element.iter("a", "area")):
        if number >= _MOST_LINKS:
            return
        if (href := link.get("href")) and not place_key(_text(link, _KEY)):
            yield str(href)


def _parsed(payload: bytes) -> etree._Element | None:
    try:
        parser = etree.HTMLParser(recover=True, huge_tree=False, remove_comments=True)
        return etree.fromstring(payload, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _text(element: etree._Element, most: int) -> str:
    return "".join(_pieces(element, most))


def _pieces(element: etree._Element, most: int) -> Iterator[str]:
    size = 0
    for piece in element.itertext():
        yield str(piece)
        size += len(piece)
        if size > 4 * most:
            return


def _found(
    opening: re.Pattern[bytes], end: bytes, payload: bytes, lowered: bytes
) -> tuple[str, ...]:
    """What stands between openings and the ends that follow them."""
    found: list[str] = []
    at = 0
    while len(found) < _MOST and (match := opening.search(lowered, at)):
        at = lowered.find(end, match.end())
        if at < 0:
            break
        inside = payload[match.end() : at]
        if text := plain(inside[:_LONGEST].decode("utf-8", "replace")):
            # What is too long to be told is told apart by its length and digest.
            more = f" \u2026 {len(inside)} {crc32(inside):08x}" if len(inside) > _LONGEST else ""
            found.append(text + more)
    return tuple(found)
