"""Choosing how an archived body is rewritten for replay: by its type, its use and its first bytes.

What is neither a page, a style sheet nor a script is replayed as stored. Of a script only the
addresses are changed by which it imports others: the rest of its text cannot be changed safely, and
the policy sent with every answer keeps it in the archive.
"""

import re
from enum import StrEnum

from archiver.http import media_type
from snapshots.replay.addresses import MODULE, AddressMap
from snapshots.replay.css import rewrite_css
from snapshots.replay.html import rewrite_html
from snapshots.replay.modules import rewrite_script

__all__ = ["BodyKind", "body_kind", "rewrite"]

_HTML = frozenset(("text/html", "application/vnd.wap.xhtml+xml", "application/html"))
_XML_PAGES = frozenset(("application/xhtml+xml", "image/svg+xml"))
_XML = frozenset(("text/xml", "application/xml"))
_UNTYPED = frozenset(("", "unknown/unknown", "application/unknown", "*/*"))
_SCRIPTS = frozenset(("js_", MODULE))
_FILES = frozenset(
    (*_SCRIPTS, "cs_", "im_", "oe_")
)  # what the page it is for will not take for a page
_INNER = "if_"
_LOOK = 1024  # bytes
# Source: MIME Sniffing Standard, clause 7.1: what tells a page where no type was declared.
_PAGE_START = re.compile(
    rb"[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body"
    rb"|br|p|!--)(?:[ \t\n\f\r>]|(?<=--))",
    re.IGNORECASE,
)
_MARKUP_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\t\n\f\r \x00]*<")
_SCRIPT = re.compile(r"[/.-](?:java|ecma|j)script\Z")
_XHTML_ROOT = re.compile(rb"<html[^>]{0,400}http://www\.w3\.org/1999/xhtml", re.IGNORECASE)


class BodyKind(StrEnum):
    """How a body is rewritten."""

    HTML = "html"
    XHTML = "xhtml"
    CSS = "css"
    SCRIPT = "script"
    STORED = "as stored"


def body_kind(body: bytes, content_type: str | None, modifier: str = "") -> BodyKind:
    """Tell how a body is to be rewritten.

    Args:
        body: without content coding.
        content_type: the header as archived.
        modifier: of the replay address asked for; it says what the page uses the body for.

    A type that was declared is believed, as browsers do, but for a page's error in naming what it
    sends as a script or a picture ``text/html``.
    """
    if modifier == "id_":
        return BodyKind.STORED
    declared, _ = media_type(content_type)
    if declared in _UNTYPED and modifier not in _FILES:
        declared = "text/html" if _PAGE_START.match(body[:_LOOK]) else ""
    if declared in _HTML:
        if modifier in _FILES and not _MARKUP_START.match(body[:_LOOK]):
            return _kind_of_file(modifier)
        return BodyKind.HTML
    if declared in _XML_PAGES or (declared in _XML and _XHTML_ROOT.search(body[:_LOOK])):
        return BodyKind.XHTML
    if declared == "text/css":
        return BodyKind.CSS
    return BodyKind.SCRIPT if _SCRIPT.search(declared) else _kind_of_file(modifier)


def _kind_of_file(modifier: str) -> BodyKind:
    # What the page wants it for, where its type does not tell.
    if modifier in _SCRIPTS:
        return BodyKind.SCRIPT
    return BodyKind.CSS if modifier == "cs_" else BodyKind.STORED


def rewrite(
    body: bytes,
    *,
    url: str,
    addresses: AddressMap,
    content_type: str | None = None,
    modifier: str = "",
    script: str = "",
    notice: str = "",
) -> bytes:
    """Rewrite an archived body for replay; the very same object where nothing is to be done.

    Args:
        body: without content coding.
        url: its original URL.
        addresses: where the archive shows things.
        content_type: the header as archived.
        modifier: of the replay address asked for.
        script: markup that a page gets at the beginning of its head.
        notice: markup that a page gets at the beginning of its body.
    """
    kind = body_kind(body, content_type, modifier)
    _, charset = media_type(content_type)
    if kind is BodyKind.STORED:
        return body
    if kind is BodyKind.CSS:
        return rewrite_css(body, url, addresses, charset=charset)
    if kind is BodyKind.SCRIPT:
        return rewrite_script(body, lambda address: addresses.module(address, url), charset=charset)
    shown = modifier not in _FILES
    return rewrite_html(
        body,
        url,
        addresses,
        charset=charset,
        xml=kind is BodyKind.XHTML,
        inner=modifier == _INNER,
        script=script if shown else "",
        notice=notice if shown else "",
    )
