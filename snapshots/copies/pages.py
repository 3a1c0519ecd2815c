"""Archived pages as files of a copy: links to its files, no scripts, the banner in the page itself.

What is changed besides addresses, and why:

- the first element of the head is the page's charset, where its server declared one: a plain host
  declares none; behind it the policy that lets nothing be asked for outside the copy;
- the banner is the first thing in the body;
- ``noscript`` tags are cut, so that what they hold is shown: the policy stops scripts, but a
  browser that could run them would not show it;
- ``http-equiv`` is renamed wherever it is not an attribute of a tag of ours or a refresh led into
  the copy: no policy stops a page that is read in another way from leaving;
- XHTML is written as HTML: elements that end themselves get an end tag, since few hosts send an
  XHTML page as what it is, and one mistake in it would show none of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from archiver.charsets import (
    UTF_8,
    charset_of_label,
    labels_in_page,
    marked_charset,
    xml_label,
)
from archiver.http import media_type
from archiver.markup import (
    SPACE,
    Attribute,
    Comment,
    Declaration,
    Edit,
    Raw,
    Tag,
    Use,
    apply_edits,
    edits_inside,
    read_source,
    style_addresses,
    tag_addresses,
    tokens,
)
from archiver.urls import join_url
from snapshots.copies.links import LinkMap
from snapshots.replay.html import DROPPED, NEUTRALISED, RENAMED_PREFIX

__all__ = ["POLICY", "Made", "make_page", "make_picture", "make_style", "policy_tag"]

POLICY = (
    "default-src 'none'; img-src 'self' file: data:; media-src 'self' file: data:; "
    "font-src 'self' file: data:; style-src 'self' file: 'unsafe-inline'; "
    "frame-src 'self' file:; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""What a page of a copy may ask for. `file:` is heeded only in a copy opened from a disk."""

_DEEPEST = 8  # pages within pages (srcdoc)
_BASE = re.compile("<base", re.IGNORECASE)
_DECLARING = re.compile("http-equiv", re.IGNORECASE)
_SUSPECT = re.compile("integrity|nonce|ping|crossorigin|http-equiv|srcdoc", re.IGNORECASE)
_IN_HEAD = frozenset(
    ("html", "head", "title", "meta", "link", "base", "style", "script", "noscript", "basefont")
)
_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input"}
    | {"keygen", "link", "meta", "param", "source", "track", "wbr"}
)
_CDATA = "<![CDATA["
_MARKS = ("\xef\xbb\xbf", "\ufeff")  # a byte order mark, as `read_source` gives it


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it is written.

    Attributes:
        body: its bytes.
        frameset: whether it is made of frames: it has no place for a banner.
    """

    body: bytes
    frameset: bool


def make_page(
    body: bytes,
    url: str,
    links: LinkMap,
    *,
    content_type: str,
    xml: bool = False,
    banner: str = "",
) -> Made:
    """Make a page of a copy.

    Args:
        body: the page without content coding.
        url: its original URL.
        links: of the file it is written to.
        content_type: the header as archived.
        xml: the page is XHTML.
        banner: as HTML; empty for a page that stands in a frame.
    """
    charset = media_type(content_type)[1]
    source = read_source(body, charset)
    text = source.text
    edits = list(_edits(text, url, _base(text, url, xml=xml), links, xml=xml))
    if xml:
        edits += _as_html(text)
    start = policy_tag()
    if source.encoding == "latin-1" and (label := _charset(body, charset, xml=xml)):
        start = f'<meta charset="{label}">' + start
    if source.encoding != "latin-1" and not text.startswith(_MARKS):
        edits.append(Edit(0, 0, "\ufeff"))  # the one way a file by itself can say that it is wide
    at = _after_doctype(text, xml=xml)
    edits.append(Edit(at, at, start))
    place, frameset = _body_start(text, at, xml=xml)
    if banner and not frameset:
        edits.append(Edit(place, place, _ascii(banner)))
    return Made(source.encode(apply_edits(text, edits)), frameset)


def make_style(body: bytes, url: str, links: LinkMap, *, charset: str | None) -> bytes:
    """Make a style sheet of a copy; what its server said of its charset is put into it."""
    source = read_source(body, charset)
    edits = list(_style_edits(source.text, 0, len(source.text), url, links))
    known = charset_of_label(charset) if charset else None
    plain = body.isascii() or body.startswith(b"@charset") or marked_charset(body) is not None
    if known and not plain and source.encoding == "latin-1":
        edits.append(Edit(0, 0, f'@charset "{known.name}";\n'))  # CSS Syntax, clause 3.2
    return source.encode(apply_edits(source.text, edits))


def make_picture(body: bytes, url: str, links: LinkMap) -> bytes:
    """Make a picture in SVG of a copy: its addresses are those of the copy, and no more is done."""
    source = read_source(body)
    return source.encode(apply_edits(source.text, _edits(source.text, url, url, links, xml=True)))


def policy_tag() -> str:
    """Write the policy as markup for the head of a page.

    A page without an icon of its own gets none: the browser would ask the web host for its.
    """
    return (
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=False)}">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
    )


def _edits(
    text: str, url: str, base: str, links: LinkMap, *, xml: bool, depth: int = 0
) -> Iterator[Edit]:
    declared: set[int] = set()  # where `http-equiv` is an attribute that is known
    for token in tokens(text, xml=xml):
        if isinstance(token, Tag):
            if token.name == "noscript":
                yield Edit(token.start, token.end, "")
            elif not token.closing:
                yield from _tag_edits(token, base, links)
                if _SUSPECT.search(text, *token.attributes_at):
                    yield from _suspect_edits(token, base, links, depth, declared)
        elif isinstance(token, Raw) and token.name == "style":
            yield from _style_edits(text, token.start, token.end, base, links)
    for found in _DECLARING.finditer(text):
        if found.start() not in declared:
            yield Edit(found.start(), found.start(), "x-")


def _style_edits(text: str, start: int, end: int, base: str, links: LinkMap) -> Iterator[Edit]:
    for address in style_addresses(text, start, end):
        new = links.replay(address.url, base, address.use)
        if new is not None:
            yield address.edit(new)


def _base(text: str, url: str, *, xml: bool) -> str:
    if _BASE.search(text):
        for token in tokens(text, xml=xml, inside=False):
            if isinstance(token, Tag) and token.name == "base" and (href := token.get("href")):
                return join_url(url, href) or url
    return url


def _tag_edits(tag: Tag, base: str, links: LinkMap) -> Iterator[Edit]:
    for address in tag_addresses(tag, inside=False):
        if address.use is not Use.PING:
            new = links.replay(address.url, base, address.use)
            if new is not None:
                yield address.edit(new)


def _suspect_edits(
    tag: Tag, base: str, links: LinkMap, depth: int, declared: set[int]
) -> Iterator[Edit]:
    for attribute in tag.attributes:
        name = attribute.name
        if name in DROPPED:
            start, end = attribute.whole
            yield Edit(start - (tag.text[start - 1] in SPACE), end, "")
        elif name == "http-equiv" and tag.name == "meta":
            declared.add(attribute.whole[0])
            if attribute.value.strip(SPACE).lower() in NEUTRALISED:
                yield Edit(attribute.start, attribute.start, RENAMED_PREFIX)
        elif name == "srcdoc" and tag.name == "iframe" and depth < _DEEPEST:
            yield from _inner_page_edits(attribute, base, links, depth)


def _inner_page_edits(
    attribute: Attribute, base: str, links: LinkMap, depth: int
) -> Iterator[Edit]:
    def edits(text: str) -> Iterable[Edit]:
        inner = _base(text, base, xml=False)
        return _edits(text, base, inner, links, xml=False, depth=depth + 1)

    return edits_inside(attribute, edits)


def _charset(body: bytes, charset: str | None, *, xml: bool) -> str:
    # What the page is in, in the order in which a browser believes: mark, header, page.
    if marked_charset(body):
        return ""
    known = charset_of_label(charset) if charset else None
    if known is None:
        labels = [label] if xml and (label := xml_label(body)) else labels_in_page(body)
        known = next((found for label in labels if (found := charset_of_label(label))), None)
        known = known or (UTF_8 if xml else None)
    if known is None:
        return ""
    return UTF_8.name if known.name.startswith("utf-16") else known.name


def _after_doctype(text: str, *, xml: bool) -> int:
    # What stands before the doctype would take its effect from it; behind it comes our own.
    at = place = next((len(mark) for mark in _MARKS if text.startswith(mark)), 0)
    for token in tokens(text, at, xml=xml, inside=False):
        if isinstance(token, Tag | Raw) or text[at : token.start].strip(SPACE):
            break
        at = token.end
        if isinstance(token, Declaration) and text[token.start : at][:9].lower() == "<!doctype":
            return at
    return place


def _body_start(text: str, start: int, *, xml: bool) -> tuple[int, bool]:
    # Where the body begins, which a page may leave to the browser; and whether frames are in its
    # place.
    at = start
    within = 0  # templates
    for token in tokens(text, start, xml=xml, inside=False):
        if text[at : token.start].strip(SPACE) and not within:
            return at, False
        at = token.end
        if isinstance(token, Comment | Declaration | Raw):
            continue
        if token.name == "template":
            within += -1 if token.closing else 1
        elif within:
            continue
        elif token.name in ("body", "frameset"):
            return token.end, token.name == "frameset"
        elif token.name not in _IN_HEAD and not token.closing:
            return token.start, False
    return at, False


def _as_html(text: str) -> Iterator[Edit]:
    for token in tokens(text, xml=True, inside=False):
        if isinstance(token, Tag):
            if token.self_closing and not token.closing and token.name not in _VOID:
                yield Edit(token.end - 2, token.end, f"></{token.name}>")
        elif isinstance(token, Declaration) and text.startswith(_CDATA, token.start):
            inner = text[token.start + len(_CDATA) : token.end].removesuffix("]]>")
            yield Edit(token.start, token.end, escape(inner, quote=False))


def _ascii(text: str) -> str:
    # Fit for a page in any charset.
    return text.encode("ascii", "xmlcharrefreplace").decode()
