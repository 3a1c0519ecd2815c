"""What a page's markup holds beside its text: hidden parts, comments, scripts, places of adverts.

None of it is shown to a reader, so none of it is a change; it is counted, so that a reader can be
told that something differs there.
"""

import re
from dataclasses import dataclass

from lxml import etree

from extract.compare.wording import plain

__all__ = ["Unseen", "unseen_parts"]

_COMMENT = re.compile(rb"<!--(.{0,20000}?)-->", re.DOTALL)
_SCRIPT = re.compile(rb"<script\b[^>]{0,2000}>(.{0,200000}?)</script", re.DOTALL | re.IGNORECASE)
_FIELD = re.compile(rb"<(?:input|meta)\b([^<>]{1,20000})>", re.IGNORECASE)
_HIDING = re.compile(rb"\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ADVERTS = re.compile(
    rb"""\b(?:class|id)\s*=\s*["']?[^"'<>]{0,200}\b(?:ads?|advert\w{0,10}|sponsor\w{0,6}|promo)\b""",
    re.IGNORECASE,
)
_AD_NAME = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert(?:s|ising|isement|isements)?|sponsor(?:s|ed)?|promo)(?:$|[\s_-]|\d)",
    re.IGNORECASE,
)
_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST = 2000  # of each kind; the rest is not told apart
_LONGEST = 300  # characters told of each
_MOST_TEXT = 20_000  # characters of one hidden part that are read


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a page holds unseen, each list in the order of the page.

    Attributes:
        hidden: texts of parts that are not shown.
        comments: comments of the markup.
        scripts: scripts, and values of hidden fields and metadata.
        adverts: texts that stand in something called an advert.
    """

    hidden: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    adverts: frozenset[str] = frozenset()


def unseen_parts(payload: bytes) -> Unseen:
    """Read what a page holds unseen; never fails."""
    hidden: list[str] = []
    adverts: set[str] = set()
    hides, advertises = _HIDING.search(payload), _ADVERTS.search(payload)
    if hides or advertises:
        root = _parsed(payload)
        for element in [] if root is None else root.iter(etree.Element):
            attributes = element.attrib
            if not attributes or element.tag in ("html", "body", "input"):
                continue
            if hides and (
                "hidden" in attributes or _STYLE.search(str(attributes.get("style", "")))
            ):
                text = _text(element)
                if text and len(hidden) < _MOST:
                    hidden.append(text)
            names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
            if advertises and len(names) > 1 and _AD_NAME.search(names[:500]):
                for part in element.iter(etree.Element):
                    if len(adverts) < _MOST and (text := _text(part)):
                        adverts.add(text)
    return Unseen(
        tuple(hidden),
        _found(_COMMENT, payload),
        (*_found(_SCRIPT, payload), *_found(_FIELD, payload)),
        frozenset(adverts),
    )


def _parsed(payload: bytes) -> etree._Element | None:
    try:
        parser = etree.HTMLParser(recover=True, huge_tree=False, remove_comments=True)
        return etree.fromstring(payload, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _text(element: etree._Element) -> str:
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        parts.append(str(part))
        size += len(parts[-1])
        if size > _MOST_TEXT:
            break
    return plain(" ".join(parts))


def _found(pattern: re.Pattern[bytes], payload: bytes) -> tuple[str, ...]:
    found = []
    for match in pattern.finditer(payload):
        text = match.group(1)[:_LONGEST].decode("utf-8", "replace").strip()
        if text:
            found.append(plain(text))
        if len(found) >= _MOST:
            break
    return tuple(found)
