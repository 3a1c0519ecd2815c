"""Where the head of an answer leads: Location, Refresh, Link and Content-Location."""

import re
from collections.abc import Iterator, Mapping

from archiver.capture.addresses import fetch_url
from archiver.capture.collecting import Collector
from archiver.capture.link import Hop
from archiver.capture.uses import hop_of
from archiver.http import Head
from archiver.markup import refresh_address, relation_use, srcset_addresses

__all__ = ["collect_fields", "link_values"]

# Statuses whose Location is a place to go to (RFC 9110, clause 15); 305 names a proxy.
_LEADING = frozenset((201, 300, 301, 302, 303, 307, 308))
_MOST_VALUES = 1000
# A target and its parameters. No alternative can begin as another does, and the possessive repeats
# keep no way back.
_VALUE = re.compile(r'<([^<>]*)>((?:[^,"<]|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))*+)', re.DOTALL)
_PARAMETER = re.compile(
    r";[ \t]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*"
    r'(?:=[ \t]*(?:"((?:[^"\\]|\\.)*+)"?|([^ \t;,"]*)))?',
    re.DOTALL,
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_BEYOND_ASCII = re.compile("[\x80-\xff]")


def collect_fields(head: Head, found: Collector) -> None:
    """Find where the fields of an answer's head lead."""
    headers = head.headers
    location = headers.get("Location")
    if location and head.status in _LEADING:
        found.add(_sent(location), Hop.REDIRECT, "Location header")
    for value in headers.get_all("Refresh"):
        if span := refresh_address(value):
            found.add(_sent(value[slice(*span)]), Hop.REDIRECT, "Refresh header")
    for value in headers.get_all("Link"):
        _collect_links(_sent(value), found)
    if content_location := headers.get("Content-Location"):
        found.add(_sent(content_location), Hop.LINK, "Content-Location header")


def link_values(field: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Take a Link field apart: each target as it stands, and its parameters by lower-case name.

    >>> list(link_values('</main.css>; rel="stylesheet", </2>; REL=next; title="2, and on"'))
    [('/main.css', {'rel': 'stylesheet'}), ('/2', {'rel': 'next', 'title': '2, and on'})]

    Of a repeated parameter the first counts. Source: RFC 8288, clause 3 and appendix B.2.
    """
    for match in _VALUE.finditer(field):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(match[2]):
            value = _QUOTED_PAIR.sub(r"\1", quoted) if quoted else bare
            parameters.setdefault(name.lower(), value)
        yield match[1].strip(), parameters


def _collect_links(field: str, found: Collector) -> None:
    for number, (target, parameters) in enumerate(link_values(field)):
        relations = parameters.get("rel", "")
        if not relations or number >= _MOST_VALUES:
            continue
        hop = hop_of(relation_use(relations, parameters.get("as", "")))
        if hop is None:
            continue
        anchor = parameters.get("anchor")
        if anchor is not None and fetch_url(anchor, found.url) != fetch_url("", found.url):
            hop = Hop.LINK  # it is told of another page, and loaded with none
        if target:
            found.add(target, hop, "Link header")
        if hop is Hop.EMBED:
            for start, end in srcset_addresses(parameters.get("imagesrcset", "")):
                found.add(parameters["imagesrcset"][start:end], hop, "Link header")


def _sent(value: str) -> str:
    # Bytes beyond ASCII are UTF-8 where they can be, and else go back as they came.
    if value.isascii():
        return value
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        return value
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _BEYOND_ASCII.sub(lambda byte: f"%{ord(byte[0]):02X}", value)
