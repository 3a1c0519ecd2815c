"""Rewriting an archived page so that everything in it leads into the archive, and nothing else.

The page is not parsed into a tree and written again: its bytes are copied, mistakes included, and
only what this module names is replaced. What it changes:

- every address of http or https (`archiver.markup` knows where they stand) becomes a replay
  address: of the *page* for what a reader follows, of the bare resource for the rest;
- ``target``: the archived page stands in a frame below the banner. Where scripts are off, what
  leads to a page opens in the window, banner and all. Where they run, it opens in the frame, and
  our own script tells the page above;
- the addresses by which scripts import scripts, in modules, import maps and ``import()``;
- `DROPPED` attributes are taken out, and `NEUTRALISED` meta declarations renamed, as is what a
  page says of its Referer: by that the archive knows whose an address is that a script made;
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
from snapshots.replay.modules import rewrite_import_map, script_edits
from snapshots.replay.pieces import in_pieces
from snapshots.replay.remembered import Reach, Remembered

__all__ = ["DROPPED", "NEUTRALISED", "RENAMED_PREFIX", "rewrite_html"]

DROPPED = frozenset(("integrity", "nonce", "ping", "crossorigin", "referrerpolicy"))
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
_SUSPECT = re.compile("integrity|nonce|ping|crossorigin|referrer|http-equiv|srcdoc", re.IGNORECASE)
_BASE = re.compile("<base", re.IGNORECASE)
_OUTWARD = frozenset(("_blank", "_new", "_parent", "_top"))  # out of the frame below the banner
_OUTWARD_TARGET = re.compile("target *= *[\"']?_(?:blank|new|parent|top)", re.IGNORECASE)
_JAVASCRIPT = (
    *("text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"),
    *("application/ecmascript", "text/jscript", "text/x-javascript"),
)
_SCRIPT_TYPES = frozenset(("", "module", *_JAVASCRIPT))
_IMPORTS = re.compile("import|export")
_DEEPEST = 8  # pages within pages (srcdoc)
_SPACE = " \t\n\f\r"
_SITE = re.compile(r"[^:/]+://[^/?#]*")
_PLAIN_SITE = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?")
# The commonest tags by far of those that hold addresses: links to other pages of the site that need
# no care. How they come out is known without reading them further.
_NO_ADDRESS = r'(?:[ ](?:class|id|rel|title)="[^"]*+")*+'
_SEGMENT = r"[\w~%=,+@-][\w.~%=,+@-]*+"
_PLAIN_FOLDER = re.compile(rf"https?://[a-z0-9.-]++(?::[0-9]++)?(?:/{_SEGMENT})*+/", re.ASCII)
_PLAIN_LINK = re.compile(
    rf"""<a(?P<before>{_NO_ADDRESS})[ ]href="
    (?: (?P<site>https?://[a-z0-9.-]++(?::[0-9]++)?)? (?P<path>(?:/{_SEGMENT})++/?+)
      | (?P<below>[\w~%-][\w.~%=,+@-]*+(?:/{_SEGMENT})*+/?+) )
    (?P<query>(?:\?(?:[\w.~%=,+@/:!\[\]-]|&amp;)++)?)"(?P<behind>{_NO_ADDRESS})>""",
    re.ASCII | re.VERBOSE,
)
_SOME_TIME = "00010101000000"  # stands for the page's own in pieces that are remembered
_remembered = Remembered()
_HEAD_ELEMENTS = frozenset(
    ("title", "meta", "link", "base", "style", "script", "noscript", "template", "basefont")
)
# What nearly all pages begin with, from the first byte to the end of the last element that may
# stand in a head, or to the first that is written in an unusual way.
_USUAL_ATTRIBUTES = r'(?:[ \t\n\f\r]++[\w:.-]++(?:="[^"<]*+")?)*+[ ]?/?>'
_PASSED_OVER = r"[^<]++ | <!-- (?! -?> ) (?: [^-]++ | - (?! -!?> ) )*+ --!?>"
_USUAL_HEAD = re.compile(
    rf"""
    (?P<open> (?: {_PASSED_OVER} | <! (?! -- ) [^>]*+ > | <html {_USUAL_ATTRIBUTES} )*+
        <head {_USUAL_ATTRIBUTES} )
    (?: {_PASSED_OVER} | </(?:title|style|script|noscript)>
      | <(?:meta|link|base|noscript) {_USUAL_ATTRIBUTES}
      | <(?P<raw>title|style|script) {_USUAL_ATTRIBUTES}
        (?: [^<]++ | < (?! /(?P=raw)> | !-- | /?(?i:(?P=raw)) ) )*+ </(?P=raw)>
    )*+
    """,
    re.VERBOSE,
)


def rewrite_html(
    body: bytes,
    url: str,
    addresses: AddressMap,
    *,
    charset: str | None = None,
    xml: bool = False,
    inner: bool = False,
    script: str = "",
    notice: str = "",
) -> bytes:
    """Rewrite a page for replay.

    Args:
        body: the page without content coding.
        url: its original URL, from which relative addresses start.
        addresses: where the archive shows things.
        charset: as declared with it; it matters for UTF-16 only, and is never added to the page.
        xml: the page is XHTML or SVG.
        inner: the page stands in a frame of another archived page.
        script: markup put before all others of the head, so that it runs before any other script.
        notice: markup put at the beginning of the body.

    Never raises; time is linear in the length of the page.
    """
    source = read_source(body, charset)
    text = source.text
    base = _base(text, url, xml=xml)
    if not xml and source.encoding == "latin-1" and _SOME_TIME not in text:
        undated = replace(addresses, timestamp=_SOME_TIME)
        site = _SITE.match(base)
        plain = site[0] if site and _PLAIN_SITE.fullmatch(site[0]) else ""
        folder = re.split("[?#]", base, maxsplit=1)[0].rpartition("/")[0] + "/"
        folder = folder if _PLAIN_FOLDER.fullmatch(folder) else ""
        target = "" if addresses.scripts else ' target="_top"'

        def rewrite(piece: str) -> tuple[str, Reach]:
            link = _PLAIN_LINK.fullmatch(piece)
            if link and link["site"] in (None, plain) and (folder if link["below"] else plain):
                where = folder + link["below"] if link["below"] else plain + link["path"]
                led = undated.link(where) + link["query"]
                made = f'<a{target}{link["before"]} href="{led}"{link["behind"]}>'
                return made, Reach.FOLDER if link["below"] else Reach.SITE
            seen: list[str] = []
            edits = _edits(piece, url, base, undated, inner=inner, seen=seen)
            return apply_edits(piece, edits), min(map(reach, seen), default=Reach.SITE)

        remember, known = _remembered.within(
            (undated, inner, site and site.group()),
            (undated, inner, base.rpartition("/")[0]),
            rewrite,
        )
        if (whole := in_pieces(text, remember, known)) is not None:
            whole = whole.replace(_SOME_TIME, addresses.timestamp)
            return source.encode(_with_additions(whole, script, notice))
    whole = apply_edits(text, _edits(text, url, base, addresses, xml=xml, inner=inner))
    return source.encode(_with_additions(whole, script, notice, xml=xml))


def _with_additions(text: str, script: str, notice: str, *, xml: bool = False) -> str:
    if not script and not notice:
        return text
    return apply_edits(text, _additions(text, script, notice, xml=xml))


def _additions(text: str, script: str, notice: str, *, xml: bool) -> Iterator[Edit]:
    # A page may leave its head and body to the browser. What is put before its doctype would change
    # how it looks; an SVG picture has no place for either.
    at: int | None = None
    start = 0
    if not xml and (usual := _USUAL_HEAD.match(text)):
        at, start = usual.end("open"), usual.end()
    for token in tokens(text, start, xml=xml, inside=False):
        if not isinstance(token, Tag) or token.closing:
            continue
        if token.name in ("html", "head") and (at is None or token.name == "head"):
            at = token.end
            continue
        if xml and at is None:
            return
        if at is None:
            at = token.start
        if token.name == "body" and notice:
            yield Edit(token.end, token.end, notice)
        if token.name not in _HEAD_ELEMENTS or not notice:
            break
    if script:
        at = len(text) if at is None else at
        yield Edit(at, at, script)


def _edits(
    text: str,
    url: str,
    base: str,
    addresses: AddressMap,
    *,
    xml: bool = False,
    inner: bool = False,
    depth: int = 0,
    seen: list[str] | None = None,
) -> Iterator[Edit]:
    # What is to be changed in a page or a piece of one; `seen` is told what it refers to.
    seen = [] if seen is None else seen
    script: Tag | None = None
    for token in tokens(text, xml=xml):
        if isinstance(token, Tag):
            start, end = token.attributes_at
            if token.name == "script":
                script = token
            if not token.closing and end - start > 3:
                yield from leading_edits(token, url, base, addresses, seen)
                yield from _tag_edits(token, url if token.name == "base" else base, addresses, seen)
                if addresses.scripts and not inner and _OUTWARD_TARGET.search(text, start, end):
                    yield from _inward_edits(token)
                if _SUSPECT.search(text, start, end):
                    yield from _suspect_edits(token, base, addresses, depth, seen)
        elif isinstance(token, Raw) and token.name == "style":
            for address in style_addresses(text, token.start, token.end):
                seen.append(address.url)
                new = addresses.replay(address.url, base, address.use)
                if new is not None:
                    yield address.edit(new)
        elif isinstance(token, Raw) and token.name == "script" and script is not None:
            yield from _script_edits(text, token, script, base, addresses, seen)


def _script_edits(
    text: str, raw: Raw, tag: Tag, base: str, addresses: AddressMap, seen: list[str]
) -> Iterator[Edit]:
    def module(address: str) -> str | None:
        seen.append(address)
        return addresses.module(address, base)

    kind = (tag.get("type") or "").partition(";")[0].strip(_SPACE).lower()
    if kind == "importmap":
        made = rewrite_import_map(text[raw.start : raw.end], module)
        if made is not None:
            yield Edit(raw.start, raw.end, made)
    elif kind in _SCRIPT_TYPES and _IMPORTS.search(text, raw.start, raw.end):
        yield from script_edits(text, module, raw.start, raw.end)


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
        if address.use is Use.SCRIPT and _is_module(tag):
            new = addresses.module(address.url, base)
        else:
            new = addresses.replay(address.url, base, address.use)
        if new is not None:
            yield address.edit(new)
            opens_page |= address.use in _OPENS_PAGE
    if opens_page and tag.name in _TARGETS and not addresses.scripts:
        yield _target_edit(tag, _TARGETS[tag.name])


def _is_module(tag: Tag) -> bool:
    if tag.name == "link":
        return "modulepreload" in (tag.get("rel") or "").lower().split()
    return (tag.get("type") or "").strip(_SPACE).lower() == "module"


def _inward_edits(tag: Tag) -> Iterator[Edit]:
    for attribute in tag.attributes:
        if attribute.name in ("target", "formtarget") and attribute.value.lower() in _OUTWARD:
            yield Edit(*attribute.whole, f'{attribute.name}="_self"')


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
        elif name == "name" and tag.name == "meta":
            if attribute.value.strip(_SPACE).lower() == "referrer":
                yield Edit(attribute.start, attribute.start, RENAMED_PREFIX)
        elif name == "srcdoc" and tag.name == "iframe" and depth < _DEEPEST:
            yield from _inner_page_edits(attribute, base, addresses, depth, seen)


def _inner_page_edits(
    attribute: Attribute, base: str, addresses: AddressMap, depth: int, seen: list[str]
) -> Iterator[Edit]:
    seen.append("")  # a page of its own, perhaps with a base of its own

    def edits(text: str) -> Iterable[Edit]:
        start = _base(text, base, xml=False)
        return _edits(text, base, start, addresses, depth=depth + 1, inner=True)

    return edits_inside(attribute, edits)
