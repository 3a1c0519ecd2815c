"""XML read element by element, whole or broken, without a tree and without entities of its own.

A parser would refuse a feed for one stray ``&``; a crawl reads what is there. Entities a document
declares are not known, so none can grow, and nothing is ever loaded.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from archiver.capture.addresses import fetch_url
from archiver.capture.collecting import Collector
from archiver.markup import SPACE, Tag, attribute_text, tokens

__all__ = ["Element", "elements", "local_name", "stylesheet_references"]

_DEEPEST = 64  # what is nested deeper is read as if it stood there
_MOST = 1_000_000  # elements of one document
_LONGEST = 1_000_000  # characters of the text of one
_SECTION = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_INSTRUCTION = re.compile(r"<\?xml-stylesheet[ \t\r\n]((?:[^?]|\?(?!>)){0,2000})\?>")
_HREF = re.compile(r"""(?:\A|[ \t\r\n])href[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')""")
_PROLOG = 1 << 13  # characters in which style sheets are named


class Element(NamedTuple):
    """An element.

    Attributes:
        name: in lower case, with its prefix as written.
        parent: the same of the element it stands in; empty for the outermost.
        text: what it says up to the next tag, references and CDATA sections undone, trimmed; empty
            where it is longer than a million characters.
        tag: its start tag.
        base: what its references are relative to.
    """

    name: str
    parent: str
    text: str
    tag: Tag
    base: str


def elements(text: str, found: Collector) -> Iterator[Element]:
    """Read the elements of a document in the order in which they begin, up to a million.

    Args:
        text: the document.
        found: has its address, to which ``xml:base`` attributes are relative, and is told when the
            document is not read to its end.

    Never raises; time is linear in the length of the text.
    """
    count = 0
    based = "xml:base" in text
    open_ones: list[tuple[str, str]] = [("", found.url)]  # name and base
    last: tuple[Tag, str, str] | None = None  # begun and not given yet: tag, parent, base
    for token in tokens(text, xml=True, inside=False):
        if not isinstance(token, Tag):
            continue
        if last is not None:
            yield _element(text, *last, token.start)
            last = None
        if token.closing:
            for above in range(len(open_ones) - 1, 0, -1):
                if open_ones[above][0] == token.name:
                    del open_ones[above:]
                    break
            continue
        count += 1
        if count > _MOST:
            found.fault(f"more than {_MOST} elements; the rest was not read")
            return
        parent, base = open_ones[-1]
        if based and (own := token.get("xml:base")):
            base = fetch_url(own, base) or base
        if token.self_closing:
            yield Element(token.name, parent, "", token, base)
            continue
        last = token, parent, base
        if len(open_ones) < _DEEPEST:
            open_ones.append((token.name, base))
    if last is not None:
        yield _element(text, *last, len(text))


def local_name(name: str) -> str:
    """Give an element's name without its prefix."""
    return name.rpartition(":")[2]


def stylesheet_references(text: str) -> Iterator[str]:
    """Find the style sheets that processing instructions name (xml-stylesheet, clause 3)."""
    for instruction in _INSTRUCTION.findall(text[:_PROLOG]):
        if href := _HREF.search(instruction):
            yield attribute_text(href[1] or href[2] or "")


def _element(text: str, tag: Tag, parent: str, base: str, end: int) -> Element:
    said = ""
    if end - tag.end <= _LONGEST:
        said = _said(text[tag.end : end]).strip(SPACE)
    return Element(tag.name, parent, said, tag, base)


def _said(raw: str) -> str:
    if "<" not in raw:
        return attribute_text(raw)
    parts: list[str] = []
    at = 0
    for section in _SECTION.finditer(raw):
        parts += (attribute_text(raw[at : section.start()]), section[1] or "")
        at = section.end()
    parts.append(attribute_text(raw[at:]))
    return "".join(parts)
