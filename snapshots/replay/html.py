"""Rewriting an archived page so that everything in it leads into the archive, and nothing else.

The page is not parsed into a tree and written again: its bytes are copied, mistakes included, and
only what this module names is replaced. What it changes:

- every address of http or https (`archiver.markup` knows where they stand) becomes a replay
  address: of the *page* for what a reader follows, of the bare resource for the rest;
- ``target``: what leads to a page opens in the window, for the archived page itself stands in a
  frame below the banner;
- `DROPPED` attributes are taken out, and `NEUTRALISED` meta declarations renamed;
- ``base`` is heeded in resolving and itself rewritten;
- search boxes search the archive, forms that would be posted lead to a page that explains, and
  links to other sites are marked (`snapshots.replay.forms`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from archiver.markup import (
    Attribute,
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
from snapshots.replay.addresses import AddressMap, reach
from snapshots.replay.forms import leading_edits
from snapshots.replay.pieces import in_pieces
from snapshots.replay.remembered import Reach, Remembered

__all__ = ["DROPPED", "NEUTRALISED", "RENAMED_PREFIX", "rewrite_html"]

DROPPED = frozenset(("integrity", "nonce", "ping", "crossorigin"))
"""Attributes that are no longer true of rewritten files, or that report to somebody."""

NEUTRALISED = frozenset(
    (
        "content-security-policy",
        "content-security-policy-report-only",
        "x-content-security-policy",
        "x-webkit-csp",
        "set-cookie",
        "clear-site-data",
    )
)
"""Declarations in ``<meta http-equiv>`` that would bind the archive instead of the old server."""

RENAMED_PREFIX = "X-Archive-Orig-"

_TARGETS = {
    "a": "target",
    "area": "target",
    "form": "target",
    "button": "formtarget",
    "input": "formtarget",
}
_OPENS_PAGE = frozenset((Use.LINK, Use.FORM))
_SUSPECT = re.compile("integrity|nonce|ping|crossorigin|http-equiv|srcdoc", re.IGNORECASE)
_BASE = re.compile("<base", re.IGNORECASE)
_DEEPEST = 8  # pages within pages (srcdoc)
_SPACE = " \t\n\f\r"
_SITE = re.compile(r"[^:/]+://[^/?#]*")
_SOME_TIME = "00010101000000"  # stands for the page's own in pieces that are remembered
_remembered = Remembered()


def rewrite_html(
    body: bytes,
    url: str,
    addresses: AddressMap,
    *,
    charset: str | None = None,
    xml: bool = False,
) -> bytes:
    """Rewrite a page for replay.

    Args:
        body: the page without content coding.
        url: its original URL, from which relative addresses start.
        addresses: where the archive shows things.
        charset: as declared with it; it matters for UTF-16 only, and is never added to the page.
        xml: the page is XHTML or SVG.

    Never raises; time is linear in the length of the page.
    """
    source = read_source(body, charset)
    text = source.text
    base = _base(text, url, xml=xml)
    if not xml and source.encoding == "latin-1" and _SOME_TIME not in text:
        undated = replace(addresses, timestamp=_SOME_TIME)

        def rewrite(piece: str) -> tuple[str, Reach]:
            seen: list[str] = []
            edits = _edits(piece, url, base, undated, seen=seen)
            return apply_edits(piece, edits), min(map(reach, seen), default=Reach.SITE)

        site = _SITE.match(base)
        remember, known = _remembered.within(
            (undated, site and site.group()), (undated, base.rpartition("/")[0]), rewrite
        )
        if (whole := in_pieces(text, remember, known)) is not None:
            return source.encode(whole.replace(_SOME_TIME, addresses.timestamp))
    return source.encode(apply_edits(text, _edits(text, url, base, addresses, xml=xml)))


def _edits(
    text: str,
    url: str,
    base: str,
    addresses: AddressMap,
    *,
    xml: bool = False,
    depth: int = 0,
    seen: list[str] | None = None,
) -> Iterator[Edit]:
    # What is to be changed in a page or a piece of one; `seen` is told what it refers to.
    seen = [] if seen is None else seen
    for token in tokens(text, xml=xml):
        if isinstance(token, Tag):
            start, end = token.attributes_at
            if not token.closing and end - start > 3:
                yield from leading_edits(token, url, base, addresses, seen)
                yield from _tag_edits(token, url if token.name == "base" else base, addresses, seen)
                if _SUSPECT.search(text, start, end):
                    yield from _suspect_edits(token, base, addresses, depth, seen)
        elif isinstance(token, Raw) and token.name == "style":
            for address in style_addresses(text, token.start, token.end):
                seen.append(address.url)
                new = addresses.replay(address.url, base, address.use)
                if new is not None:
                    yield address.edit(new)


def _base(text: str, url: str, *, xml: bool) -> str:
    if _BASE.search(text):
        for token in tokens(text, xml=xml, inside=False):
            if isinstance(token, Tag) and token.name == "base" and (href := token.get("href")):
                return join_url(url, href) or url
    return url


def _tag_edits(tag: Tag, base: str, addresses: AddressMap, seen: list[str]) -> Iterator[Edit]:
    opens_page = False
    for address in tag_addresses(tag, inside=False):
        if address.use is Use.PING:
            continue
        seen.append("" if address.use is Use.BASE else address.url)
        new = addresses.replay(address.url, base, address.use)
        if new is not None:
            yield address.edit(new)
            opens_page |= address.use in _OPENS_PAGE
    if opens_page and tag.name in _TARGETS:
        yield _target_edit(tag, _TARGETS[tag.name])


def _target_edit(tag: Tag, name: str) -> Edit:
    for attribute in tag.attributes:
        if attribute.name == name:
            return Edit(*attribute.whole, f'{name}="_top"')
    place = tag.start + 1 + len(tag.name)
    return Edit(place, place, f' {name}="_top"')


def _suspect_edits(
    tag: Tag, base: str, addresses: AddressMap, depth: int, seen: list[str]
) -> Iterator[Edit]:
    for attribute in tag.attributes:
        name = attribute.name
        if name in DROPPED:
            start, end = attribute.whole
            yield Edit(start - (tag.text[start - 1] in _SPACE), end, "")
        elif name == "http-equiv" and tag.name == "meta":
            if attribute.value.strip(_SPACE).lower() in NEUTRALISED:
                yield Edit(attribute.start, attribute.start, RENAMED_PREFIX)
        elif name == "srcdoc" and tag.name == "iframe" and depth < _DEEPEST:
            yield from _inner_page_edits(attribute, base, addresses, depth, seen)


def _inner_page_edits(
    attribute: Attribute, base: str, addresses: AddressMap, depth: int, seen: list[str]
) -> Iterator[Edit]:
    seen.append("")  # a page of its own, perhaps with a base of its own

    def edits(text: str) -> Iterable[Edit]:
        inner = _base(text, base, xml=False)
        return _edits(text, base, inner, addresses, depth=depth + 1)

    return edits_inside(attribute, edits)
