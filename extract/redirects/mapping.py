"""What becomes of one old address, and which addresses are one.

The words are those of GOV.UK's transition tools: an old address is led to a new page (redirect), to
its snapshot (archive), is gone for good, or nobody has decided yet (unresolved).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from archiver.urls import join_url, parse_replay_address
from extract.compare.addresses import page_identity, told

__all__ = ["Fate", "Mapping", "asked_as", "folded", "is_archive_address"]

_ARCHIVES = ("webarchive.nationalarchives.gov.uk", "web.archive.org", "www.webarchive.org.uk")
_INDEX = re.compile(r"(?:index|default|home|welcome)\.[a-z0-9]{2,5}\Z", re.IGNORECASE)
_SMALL = re.compile(r"[^A-Z]+")


class Fate(StrEnum):
    """What becomes of an old address."""

    REDIRECT = "redirect"
    ARCHIVE = "archive"
    GONE = "gone"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of a map of redirects.

    Attributes:
        old_url: the address as it was captured; of several spellings the one used last.
        fate: what becomes of it.
        target: where it leads; empty for what is gone or unresolved.
        spellings: other captured addresses of the same page, which lead to the same place.
        last_good: 14 digits, of the last capture that showed the page; empty when none did.
        reason: why it is so, for people.
        decided_by: who decided it; empty for a draft, which may be made anew.
    """

    old_url: str
    fate: Fate
    target: str = ""
    spellings: tuple[str, ...] = ()
    last_good: str = ""
    reason: str = ""
    decided_by: str = ""


def asked_as(url: str) -> tuple[str, str]:
    """Give the host and the rest of an address as a browser asks a server for it.

    The host is without ``www.``; scheme, port and fragment do not count.

    >>> asked_as("HTTP://WWW.Homeoffice.example:80/a%20b?c=1#d")
    ('homeoffice.example', '/a%20b?c=1')
    """
    parts = urlsplit(join_url(url, "") or url)
    host = (parts.hostname or "").removeprefix("www.")
    return host, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def folded(url: str, parameters: frozenset[str] | None = None) -> tuple[str, str]:
    """Give the key that the spellings of one page's address share.

    Scheme, ``www.``, an index file, a final slash, session and campaign parameters do not count;
    capital letters do, as many servers tell them apart.

    Args:
        url: an address of the web.
        parameters: the names of those parameters of queries that matter; None for all others too.

    >>> folded("http://www.ab.example/Crime/index.html") == folded("https://ab.example/Crime")
    True
    >>> folded("http://ab.example/Crime") == folded("http://ab.example/crime")
    False
    """
    address = told(url.partition("#")[0])
    if parameters is not None and "?" in address:
        page, _, query = address.partition("?")
        kept = [part for part in query.split("&") if part.partition("=")[0] in parameters]
        address = page + ("?" + "&".join(kept) if kept else "")
    path, mark, query = urlsplit(address).path, *address.partition("?")[1:]
    return page_identity(address), _SMALL.sub(" ", _INDEX.sub("", path) + mark + query).strip()


def is_archive_address(url: str, own: str = "") -> bool:
    """Tell whether an address is of a web archive: a well-known one, or below `own`.

    >>> is_archive_address("https://webarchive.nationalarchives.gov.uk/ukgwa/2011/http://a.example/")
    True
    """
    host = (urlsplit(url).hostname or "").lower()
    return (
        host in _ARCHIVES
        or bool(own and url.startswith(own))
        or parse_replay_address(url) is not None
    )
