"""The tree that exported pages stand in: which lies below which, and the words of its address."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from archiver.urls import url_key
from extract.export.cms.identity import page_id

__all__ = ["Place", "new_paths", "planted"]

_OTHER = re.compile(r"[^a-z0-9]+")
_INDEX = re.compile(r"(?:index|default)\.[a-z]{3,5}", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:s?html?|aspx?|php|jsp|cfm)$", re.IGNORECASE)
_LONGEST = 180  # characters of a slug; WordPress has room for 200, Wagtail for 255
_TELLING = 8  # digits of an identity that tell two slugs apart


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands.

    Attributes:
        id: of the page.
        parent: the id of the page above; empty where none of its site is exported.
        slug: its own part of its new path: lower-case ASCII letters, digits and hyphens; no two
            pages below one have the same.
        path: the slugs from the top of its site down, between slashes; the home page's is ``/``.
        host: the first part of its key, which all spellings of a host share.
    """

    id: str
    parent: str
    slug: str
    path: str
    host: str


def planted(urls: Iterable[str]) -> dict[str, Place]:
    """Give the place of each page, by the key of its address; whole branches stay together.

    A page stands below the nearest page whose path its own begins with; one with a query below the
    page without it. The parts of the address between the two are joined in its slug.

    Args:
        urls: in the order of their keys, one for each key.
    """
    addresses = {url_key(url): _taken_apart(url) for url in urls}
    found: dict[tuple[str, tuple[str, ...]], str] = {}
    for key, (parts, query) in addresses.items():
        if not query:
            found.setdefault((_host(key), parts), key)
    places: dict[str, Place] = {}
    taken: set[tuple[str, str, str]] = set()
    # Shorter paths first, and of one path the page without a query: parents before their children.
    for key in sorted(addresses, key=lambda one: (len(addresses[one][0]), *addresses[one], one)):
        parts, query = addresses[key]
        host, identity = _host(key), page_id(key)
        nearest = (found.get((host, parts[:size]), key) for size in range(len(parts), -1, -1))
        above = next((one for one in nearest if one != key), "")
        parent = places[above] if above else None
        words = parts[len(addresses[above][0]) :] if above else parts
        slug = _slug(f"{' '.join(words)} {query}") or ("page" if above or parts else "home")
        branch = (host, parent.id if parent else "")
        if (*branch, slug) in taken:
            slug = f"{slug}-{identity[:_TELLING]}"
        taken.add((*branch, slug))
        path = f"{parent.path if parent else '/'}{slug}/" if above or parts or query else "/"
        places[key] = Place(identity, parent.id if parent else "", slug, path, host)
    return dict(sorted(places.items(), key=lambda one: (one[1].host, one[1].path)))


def new_paths(places: Iterable[Place]) -> dict[str, str]:
    """Give the path of each page, by its id, on one site that has all of them.

    A path is that of the page's place without the last slash. Where pages of two hosts have one,
    the second has some digits of its id behind it.
    """
    taken: dict[str, str] = {}
    for place in places:
        path = place.path.rstrip("/") or "/"
        if path in taken:
            path = f"{place.path}{place.id[:_TELLING]}"
        taken[path] = place.id
    return {identity: path for path, identity in taken.items()}


def _host(key: str) -> str:
    return key.partition(")")[0]


def _taken_apart(url: str) -> tuple[tuple[str, ...], str]:
    """The parts of a path, and the query, as far as they name a page."""
    try:
        address = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return (url.lower(),), ""
    parts = [part for part in address.path.lower().split("/") if part]
    if parts and _INDEX.fullmatch(parts[-1]):
        parts.pop()
    return tuple(parts), address.query


def _slug(text: str) -> str:
    text = " ".join(_ENDING.sub("", part) for part in unquote(text).split())
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")[:_LONGEST].strip("-")
