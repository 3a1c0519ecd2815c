"""How a memento and its relatives name each other: the ``Link`` field of RFC 7089.

The original resource, its TimeGate and TimeMap, and the first, previous, next and last mementos are
named to every client, with addresses it can ask at once.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

from starlette.requests import Request

from archiver.httpdates import write_http_date
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from marsham.web.places import snapshot_address
from snapshots.index import Place, Placed

__all__ = [
    "LINK_FORMAT",
    "link_field",
    "memento_links",
    "origin_of",
    "original_links",
    "timegate_address",
    "timemap_address",
    "write_link",
]

LINK_FORMAT = "application/link-format"
_MOST = 8000  # characters of a Link field; more is refused by many a proxy and client
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")


def origin_of(request: Request) -> str:
    """Give scheme and host of our addresses, as the client wrote them; empty for no sane host."""
    host = request.headers.get("Host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""


def timegate_address(url: str) -> str:
    """Give the address that leads to the memento for a date: the TimeGate."""
    return f"/web/{quote(url, safe=_SAFE)}"


def timemap_address(url: str, form: str = "link", page: str = "") -> str:
    """Give the address of the list of mementos: the TimeMap.

    Args:
        url: the original URL.
        form: ``link``, ``json`` or ``cdxj``.
        page: the timestamp at which a further page begins; empty for the first.
    """
    return f"/web/timemap/{form}/{page + '/' if page else ''}{quote(url, safe=_SAFE)}"


def write_link(target: str, relation: str, **attributes: str) -> str:
    """Write one link as RFC 8288 has it; attributes that are empty are left out."""
    told = "".join(f'; {name}="{value}"' for name, value in attributes.items() if value)
    return f'<{target}>; rel="{relation}"{told}'


def link_field(links: Iterable[str]) -> str:
    """Join links to a field; of addresses so long that they do not all fit, the first ones."""
    taken: list[str] = []
    left = _MOST
    for link in links:
        left -= len(link) + 2
        if left < 0:
            break
        taken.append(link)
    return ", ".join(taken)


def original_links(origin: str, url: str) -> list[str]:
    """Name the original resource, its TimeGate and its TimeMap."""
    return [
        write_link(quote(url, safe=_SAFE), "original"),
        write_link(origin + timegate_address(url), "timegate"),
        write_link(origin + timemap_address(url), "timemap", type=LINK_FORMAT),
    ]


def memento_links(origin: str, of: Capture, placed: Placed, modifier: str = "") -> list[str]:
    """Name a memento and its relatives among those of its address; each once, with all it is.

    Args:
        origin: stands before our addresses.
        of: the memento's capture.
        placed: where it stands among the others.
        modifier: of the address asked for; the relatives are named in the same form.
    """
    own = Place(of.timestamp, of.url, of.number)
    roles: dict[Place, list[str]] = {}
    named: Iterable[tuple[Place | None, str]] = (
        (placed.first, "first"),
        (placed.previous, "prev"),
        (own, ""),
        (placed.following, "next"),
        (placed.last, "last"),
    )
    for place, role in named:
        if place is not None:
            roles.setdefault(place, []).append(role)
    links = []
    for place in sorted(roles):
        address = snapshot_address(
            place.timestamp, place.url, modifier=modifier, number=place.number
        )
        relation = " ".join([*filter(None, roles[place]), "memento"])
        at = write_http_date(parse_timestamp(place.timestamp))
        links.append(write_link(origin + address, relation, datetime=at))
    return links
