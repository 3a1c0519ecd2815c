"""The addresses an archive has captures of, a page of them at a time, below a prefix or a host."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Subquery, and_, exists, func, or_, select

from archiver.urls import prefix_range, url_key
from snapshots.tables import capture, url
from snapshots.visible import visible

__all__ = ["Held", "addresses_below"]


@dataclass(frozen=True, slots=True)
class Held:
    """One address with captures in view.

    Attributes:
        url: as recorded.
        key: its SURT, by which addresses are sorted.
        number: how many captures.
        first: timestamp of the earliest.
        last: timestamp of the latest.
    """

    url: str
    key: str
    number: int
    first: str
    last: str


def addresses_below(
    connection: Connection, prefix: str, *, after: tuple[str, str] | None = None, limit: int
) -> list[Held]:
    """List addresses that begin with a prefix, the page of the prefix itself included.

    Args:
        connection: a connection of the catalogue.
        prefix: a URL, cut off anywhere behind its host.
        after: key and URL of the last address of the page before; None for the first page.
        limit: how many at most.

    Sorted by key and URL. The cost hangs on `limit` and on the captures of these addresses alone.
    """
    first, beyond = prefix_range(prefix)
    own = url_key(prefix)
    shown = exists().where(capture.c.url_id == url.c.id, visible()).correlate(url)
    within = and_(url.c.urlkey >= first, url.c.urlkey < beyond)
    query = select(url.c.id, url.c.urlkey, url.c.url).where(
        or_(within, url.c.urlkey == own) if own < first else within, shown
    )
    if after:
        key, address = after
        query = query.where(url.c.urlkey >= key, or_(url.c.urlkey > key, url.c.url > address))
    chosen = query.order_by(url.c.urlkey, url.c.url).limit(limit).subquery()
    return [
        Held(address, key, number, f"{earliest:014}", f"{latest:014}")
        for address, key, number, earliest, latest in connection.execute(_counted(chosen))
    ]


def _counted(chosen: Subquery) -> Select[Any]:
    return (
        select(
            chosen.c.url,
            chosen.c.urlkey,
            func.count(),
            func.min(capture.c.timestamp),
            func.max(capture.c.timestamp),
        )
        .select_from(chosen)
        .join(url, url.c.id == chosen.c.id)
        .join(capture, capture.c.url_id == chosen.c.id)
        .where(visible())
        .group_by(chosen.c.id, chosen.c.urlkey, chosen.c.url)
        .order_by(chosen.c.urlkey, chosen.c.url)
    )
