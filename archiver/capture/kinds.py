"""What an answer is, told by what it is declared to be and, where browsers look, by its bytes."""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from archiver.charsets import decode_as, marked_charset, wide_charset
from archiver.http import media_type

__all__ = ["AnswerKind", "answer_kind", "root_name"]


class AnswerKind(StrEnum):
    """The kinds of answers that lead elsewhere, each by ways of its own."""

    HTML = "html"
    XHTML = "xhtml"
    SVG = "svg"
    XML = "xml"
    CSS = "css"
    SCRIPT = "script"
    FEED = "feed"
    SITEMAP = "sitemap"
    LIST = "list"  # a sitemap in plain text
    MANIFEST = "manifest"  # of a web application
    OTHER = "other"


_START = 1 << 13  # bytes looked at
_SCRIPTS = ("javascript", "ecmascript", "json")
_UNKNOWN = ("", "unknown/unknown", "application/unknown", "*/*")
_VAGUE = ("text/plain", "application/octet-stream", "binary/octet-stream")
# What stands before the root element. Each alternative is told by its first characters and the
# possessive repeat keeps no way back, so that nothing is looked at twice.
_PROLOG = re.compile(
    r"\ufeff?(?:[ \t\r\n\f]+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\][ \t\r\n]*)?>)*+",
    re.IGNORECASE | re.DOTALL,
)
_NAME = re.compile(r"<([A-Za-z_][A-Za-z0-9_.-]*:)?([A-Za-z_][A-Za-z0-9_.-]*)")
_ROOTS = {
    "rss": AnswerKind.FEED,
    "feed": AnswerKind.FEED,
    "rdf": AnswerKind.FEED,
    "urlset": AnswerKind.SITEMAP,
    "sitemapindex": AnswerKind.SITEMAP,
}
_XML_ROOTS = {
    **_ROOTS,
    "html": AnswerKind.XHTML,
    "stylesheet": AnswerKind.XHTML,  # XSLT: the page it makes is in it
    "transform": AnswerKind.XHTML,
    "svg": AnswerKind.SVG,
}
# The beginnings by which browsers know a page that nothing is said of (MIME Sniffing, clause 7.1).
_PAGE_START = re.compile(
    r"[ \t\r\n\f]*<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY"
    r"|BR|P|!--)[ \t\r\n\f>/]",
    re.IGNORECASE,
)


def answer_kind(url: str, content_type: str | None, payload: bytes) -> AnswerKind:
    """Tell what an answer is.

    Args:
        url: its address, whose ending counts only where nothing else tells.
        content_type: as declared.
        payload: without transfer and content coding; only its start is looked at.

    A declared type is believed as browsers believe it: a page sent as a picture or as plain text is
    no page. A feed and a sitemap are known by their root element under any type that may be text.
    """
    kind, _ = media_type(content_type)
    if "/" not in kind or kind in _UNKNOWN:
        return _undeclared(url, payload)
    if kind == "text/html":
        return _ROOTS.get(root_name(_start(payload)), AnswerKind.HTML)
    if kind == "text/css":
        return AnswerKind.CSS
    if kind == "application/manifest+json":
        return AnswerKind.MANIFEST
    if any(word in kind for word in _SCRIPTS):
        named = _ends(url, ".webmanifest", "/manifest.json")
        return AnswerKind.MANIFEST if named else AnswerKind.SCRIPT
    if kind.endswith(("/xml", "+xml")):
        fallback = AnswerKind.XHTML if "xhtml" in kind else AnswerKind.XML
        fallback = AnswerKind.SVG if "svg" in kind else fallback
        return _XML_ROOTS.get(root_name(_start(payload)), fallback)
    if kind in _VAGUE:
        return _ROOTS.get(root_name(_start(payload))) or _named(url)
    return AnswerKind.OTHER


def root_name(start: str) -> str:
    """Give the name of the root element in lower case, without prefix; empty where there is none.

    >>> root_name('<?xml version="1.0"?><!-- of 2011 --><sm:urlset>')
    'urlset'
    """
    prolog = _PROLOG.match(start)
    name = _NAME.match(start, prolog.end() if prolog else 0)
    return name[2].lower() if name else ""


def _undeclared(url: str, payload: bytes) -> AnswerKind:
    start = _start(payload)
    if start.startswith("<?xml"):
        return _XML_ROOTS.get(root_name(start), AnswerKind.XML)
    if kind := _ROOTS.get(root_name(start)):
        return kind
    return AnswerKind.HTML if _PAGE_START.match(start) else _named(url)


def _named(url: str) -> AnswerKind:
    # What an address says, where nothing better is known.
    if _ends(url, ".css"):
        return AnswerKind.CSS
    if _ends(url, ".webmanifest"):
        return AnswerKind.MANIFEST
    return AnswerKind.SCRIPT if _ends(url, ".js", ".mjs") else AnswerKind.OTHER


def _ends(url: str, *endings: str) -> bool:
    try:
        return urlsplit(url).path.lower().endswith(endings)
    except ValueError:
        return False


def _start(payload: bytes) -> str:
    start = payload[:_START]
    if marked := marked_charset(start):
        charset, length = marked
        return decode_as(start[length:], charset)
    wide = wide_charset(start)
    return decode_as(start, wide) if wide else start.decode("latin-1")
