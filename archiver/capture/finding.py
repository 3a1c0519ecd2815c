"""Where an answer leads: every address in its head and its payload, and how each was found.

`find` tells what the answer is (`kinds`), decodes it as browsers do, and gives it to the module
that knows its kind: `pages`, `styles`, `feeds`, `sitemaps`, `manifests`, `guesses`; the head is
read by `fields`. All of them put what they find into one `Collector`.
"""

from dataclasses import dataclass

from archiver.capture.collecting import Collector
from archiver.capture.elements import stylesheet_references
from archiver.capture.feeds import collect_feed
from archiver.capture.fields import collect_fields
from archiver.capture.guesses import guessed_references
from archiver.capture.kinds import AnswerKind, answer_kind
from archiver.capture.link import Hop, Link
from archiver.capture.manifests import collect_manifest
from archiver.capture.pages import collect_page
from archiver.capture.sitemaps import collect_list, collect_sitemap
from archiver.capture.styles import style_references
from archiver.charsets import (
    UTF_8,
    WINDOWS_1252,
    Charset,
    charset_of_label,
    decode_as,
    is_utf_8,
    labels_in_page,
    marked_charset,
    wide_charset,
    xml_label,
)
from archiver.http import CodingError, Head, decode_content, media_type

__all__ = ["LARGEST_LIST", "LARGEST_PAGE", "Found", "find", "unpacked"]

LARGEST_LIST = 1 << 26  # bytes read of a sitemap or feed; sitemaps.org allows 50 MiB
LARGEST_PAGE = 1 << 24  # and of anything else
_GZIP = b"\x1f\x8b\x08"
_GZIP_START = 1 << 13  # bytes inflated to see whether it is worth inflating the rest
_MARKED_UP = frozenset((AnswerKind.HTML, AnswerKind.XHTML, AnswerKind.SVG))
_XML = frozenset((AnswerKind.XHTML, AnswerKind.SVG, AnswerKind.XML))
_XML_LISTS = frozenset((AnswerKind.FEED, AnswerKind.SITEMAP))
_LISTS = _XML_LISTS | {AnswerKind.LIST}
_UNPACKED = _MARKED_UP | {AnswerKind.XML, AnswerKind.CSS}
_XHTML = "http://www.w3.org/1999/xhtml"
_CSS_CHARSET = b'@charset "'


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in an answer.

    Attributes:
        links: each address once for each hop, in the order of first appearance.
        charset: what the payload was read as, by the WHATWG's name in lower case; empty where it
            was not read.
        faults: what is amiss with it, in a few words for people.
        kind: what it is; see `AnswerKind`.
    """

    links: tuple[Link, ...]
    charset: str
    faults: tuple[str, ...]
    kind: str


def find(
    url: str, head: Head, payload: bytes, *, guesses: bool = False, sitemap: bool = False
) -> Found:
    """Find everything an answer leads to.

    Args:
        url: the answer's address.
        head: its head.
        payload: its body with transfer and content coding undone; it may be cut short.
        guesses: look for addresses in scripts too; these come as `Hop.GUESS`.
        sitemap: robots.txt calls it a sitemap, so that plain text may be one.

    Never raises. Time is linear in the length of what is read, which is at most `LARGEST_LIST` or
    `LARGEST_PAGE` bytes.
    """
    found = Collector(url)
    collect_fields(head, found)
    content_type = head.headers.get("Content-Type")
    payload, content_type, fault = unpacked(url, content_type, payload, sitemap=sitemap)
    if fault:
        found.fault(fault)
    kind = answer_kind(url, content_type, payload)
    if sitemap and kind is AnswerKind.OTHER:
        kind = AnswerKind.LIST
    largest = LARGEST_LIST if kind in _LISTS else LARGEST_PAGE
    if len(payload) > largest and kind is not AnswerKind.OTHER:
        found.fault(f"only the first {largest} bytes were read")
        payload = payload[:largest]
    charset = ""
    if kind is AnswerKind.MANIFEST:
        collect_manifest(payload, found)
        charset = UTF_8.name
    elif kind is not AnswerKind.OTHER and (kind is not AnswerKind.SCRIPT or guesses):
        text, charset = _decoded(kind, media_type(content_type)[1], payload, found)
        _collect(kind, text, charset, found, guesses)
    return Found(found.links, charset, tuple(found.faults), str(kind))


def _collect(kind: AnswerKind, text: str, charset: str, found: Collector, guesses: bool) -> None:
    if kind in _XML or kind in _XML_LISTS:
        for reference in stylesheet_references(text):
            found.add(reference, Hop.EMBED, "xml-stylesheet")
    if kind in _MARKED_UP or (kind is AnswerKind.XML and _XHTML in text[: 1 << 13]):
        collect_page(text, found, charset, xml=kind is not AnswerKind.HTML, guesses=guesses)
    elif kind is AnswerKind.CSS:
        for reference, where in style_references(text):
            found.add(reference, Hop.EMBED, where)
            if found.full and found.faults:
                return
    elif kind is AnswerKind.FEED:
        collect_feed(text, found)
    elif kind is AnswerKind.SITEMAP:
        collect_sitemap(text, found)
    elif kind is AnswerKind.LIST:
        collect_list(text, found)
    elif kind is AnswerKind.SCRIPT:
        for reference in guessed_references(text):
            found.add(reference, Hop.GUESS, "script")


def _decoded(
    kind: AnswerKind, declared: str | None, payload: bytes, found: Collector
) -> tuple[str, str]:
    if marked := marked_charset(payload):
        charset, length = marked
        return decode_as(payload[length:], charset), charset.name
    charset = _charset(kind, declared, payload, found)
    return decode_as(payload, charset), charset.name


def _charset(kind: AnswerKind, declared: str | None, payload: bytes, found: Collector) -> Charset:
    # HTML Standard, clause 13.2.3.2; CSS Syntax, clause 3.2; RFC 7303, clause 3. Two steps are
    # ours: UTF-16 shows by its zero bytes, whatever is said, and does not where it is said wrongly.
    if wide := wide_charset(payload):
        return wide
    if declared:
        meant = charset_of_label(declared)
        if meant is None:
            found.fault(f"declared to be in {declared[:40]!r}, which is no charset of the web")
        elif meant.name.startswith("utf-16") and b"\0" not in payload[:512]:
            found.fault(f"declared to be in {declared[:40]!r}, and is not")
        else:
            return meant
    for label in _labels_inside(kind, payload):
        meant = charset_of_label(label)
        if meant is not None:
            return UTF_8 if meant.name.startswith("utf-16") else meant
        if label.lower() == "x-user-defined":
            return WINDOWS_1252
    return UTF_8 if is_utf_8(payload) else WINDOWS_1252


def _labels_inside(kind: AnswerKind, payload: bytes) -> list[str]:
    if kind is AnswerKind.HTML:
        return [*labels_in_page(payload), *_xml_labels(payload)]
    if kind is AnswerKind.CSS and payload.startswith(_CSS_CHARSET):
        label, quote, _ = payload[len(_CSS_CHARSET) : 1024].partition(b'";')
        return [label.decode("latin-1")] if quote else []
    return _xml_labels(payload) if kind in _XML or kind in _XML_LISTS else []


def _xml_labels(payload: bytes) -> list[str]:
    label = xml_label(payload)
    return [label] if label else []


def unpacked(
    url: str, content_type: str | None, payload: bytes, *, sitemap: bool = False
) -> tuple[bytes, str | None, str]:
    """Open a payload that is a gzip file where it holds what leads elsewhere.

    That is a sitemap or a feed, whatever it is declared to be; and what is declared to be a page or
    a style sheet, by a server that forgot to name the coding. Anything else in gzip stays closed.

    Args:
        url: of the answer.
        content_type: as declared.
        payload: without the codings that are declared.
        sitemap: see `find`.

    Returns:
        The payload and its type, both as they were if it stays closed; what is amiss with it.
    """
    if not payload.startswith(_GZIP):
        return payload, content_type, ""
    start, fault = _inflate(payload, _GZIP_START)
    if not start:
        return payload, content_type, fault if sitemap else ""
    if sitemap or answer_kind(url, "text/plain", start) in _LISTS:
        most, content_type = LARGEST_LIST, "text/plain"
    elif answer_kind("", content_type, b"") in _UNPACKED:
        most = LARGEST_PAGE
    else:
        return payload, content_type, ""
    whole, fault = _inflate(payload, most)
    return whole, content_type, fault


def _inflate(payload: bytes, most: int) -> tuple[bytes, str]:
    parts: list[bytes] = []
    length = 0
    try:
        for part in decode_content([payload], ("gzip",), 2 * LARGEST_LIST):
            parts.append(part)
            length += len(part)
            if length > most:
                return b"".join(parts)[:most], f"only the first {most} bytes were read"
    except CodingError as error:
        return b"".join(parts), f"the gzip file is damaged: {error}"
    return b"".join(parts), ""
