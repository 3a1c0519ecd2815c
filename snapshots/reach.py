"""What withdrawals reach: what is out of view and why, how much, and which copies remain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, func, or_, select, union

from archiver.digests import sha1
from archiver.errors import WithdrawnError
from archiver.records import Capture
from archiver.timestamps import Span, format_timestamp
from archiver.urls import check_listed, url_key
from snapshots import index
from snapshots.catalogue import Prepared
from snapshots.tables import (
    capture,
    digest_prefix,
    erasure,
    url,
    withdrawal,
    withdrawal_reach,
    withdrawn_payload,
)
from snapshots.visible import in_force, reached, visible
from snapshots.withdrawals import Scope, keys_of, register

__all__ = [
    "Copies",
    "check_in_view",
    "closed_pages",
    "copies_in_view",
    "count_reached",
    "decisions_standing",
    "explain",
    "listed_as",
]

_EMPTY = sha1(b"")
_SHOWN_COPIES = 20
_STANDING = Prepared(select(withdrawal.c.id).where(in_force()).order_by(withdrawal.c.id))
_EXTENT = Prepared(
    select(
        select(func.max(erasure.c.id)).scalar_subquery(),
        select(func.count()).select_from(withdrawal_reach).scalar_subquery(),
        select(func.count()).select_from(withdrawn_payload).scalar_subquery(),
    )
)


@dataclass(frozen=True, slots=True)
class Copies:
    """Captures in view that have the same payload as withdrawn ones: the first, and how many."""

    shown: tuple[Capture, ...]
    number: int


def check_in_view(connection: Connection, wanted: str, moment: datetime | None = None) -> None:
    """Make sure that nothing asked for is out of view: a page, or its capture at a moment.

    Raises:
        WithdrawnError: when a withdrawal in force reaches a capture of it.
    """
    of = [url.c.urlkey == url_key(wanted)]
    if moment is not None:
        of.append(capture.c.timestamp == int(format_timestamp(moment)))
    if numbers := _reaching(connection, of):
        raise _error(connection, wanted, numbers[0])


def explain(
    connection: Connection, wanted: str | None, span: Span | None = None
) -> tuple[int, WithdrawnError | None]:
    """Say how many captures a listing leaves out, and the first decision that is why.

    Args:
        connection: a connection of the catalogue.
        wanted: a page, ``PREFIX*``, or None for everything, as in a listing.
        span: dates of capture.
    """
    if connection.scalar(select(withdrawal.c.id).where(in_force()).limit(1)) is None:
        return 0, None
    of = listed_as(wanted, span, capture.c.timestamp)
    numbers = _reaching(connection, of)
    if not numbers:
        return 0, None
    return _count(connection, [*of, ~visible()]), _error(connection, wanted or "*", numbers[0])


def listed_as(
    wanted: str | None, span: Span | None, timestamp: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """Give the conditions for what a listing is about, in a query of addresses.

    Args:
        wanted: a page, ``PREFIX*``, or None for everything.
        span: dates of capture; None for all.
        timestamp: the column that tells them.
    """
    if wanted and wanted.endswith("*"):
        pairs = keys_of(Scope("prefix", check_listed(wanted[:-1])))
    else:
        pairs = keys_of(Scope("page", wanted) if wanted else Scope("dates", ""))
    found: list[ColumnElement[bool]] = [
        or_(*((url.c.urlkey >= first) & (url.c.urlkey < beyond) for first, beyond in pairs))
    ]
    if span:
        first, last = (int(format_timestamp(end)) for end in (span.first, span.last))
        found.append(timestamp.between(first, last))
    return found


def closed_pages(connection: Connection, addresses: Iterable[str]) -> set[str]:
    """Give those of some addresses that a withdrawal in force reaches at any date."""
    reach = withdrawal_reach.c
    query = (
        select(reach.first_key, reach.beyond_key)
        .join(withdrawal, withdrawal.c.id == reach.withdrawal_id)
        .where(in_force())
    )
    ranges = connection.execute(query).all()
    keyed = {address: url_key(address) for address in addresses} if ranges else {}
    return {
        address
        for address, key in keyed.items()
        if any(first <= key < beyond for first, beyond in ranges)
    }


def decisions_standing(connection: Connection) -> tuple[tuple[int | None, ...], ...]:
    """Give what tells the decisions that stand now from those of another moment.

    Two equal answers mean that the same withdrawals were in force and reached as far, and that
    nothing was erased in between. What was worked out under one answer may be shown under the
    same one only. It costs a scan of the payloads in which withdrawn values were read.
    """
    return tuple(tuple(row) for query in (_EXTENT, _STANDING) for row in query.rows(connection))


def count_reached(connection: Connection, number: int) -> tuple[int, int]:
    """Give how many captures, and of how many addresses, a withdrawal reaches."""
    found = _reached_by(number).subquery()
    row = connection.execute(
        select(func.count(), func.count(func.distinct(found.c.url_id))).select_from(found)
    ).one()
    return row[0], row[1]


def copies_in_view(connection: Connection, number: int) -> Copies:
    """Find captures still in view whose payload is that of one a withdrawal reaches.

    They are not withdrawn with it: a decision covers what it names.
    """
    found = _reached_by(number).subquery()
    prefixes = select(digest_prefix(found))
    same = (
        digest_prefix().in_(prefixes),
        capture.c.digest.in_(select(found.c.digest)),
        capture.c.digest.not_in([b"", _EMPTY]),
    )
    query = index.select_captures().where(*same)
    total: int = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (url.c.urlkey, capture.c.timestamp)
    shown = connection.execute(query.order_by(*order).limit(_SHOWN_COPIES)).all()
    return Copies(tuple(index.capture_of(row) for row in shown), total)


def _reached_by(number: int) -> CompoundSelect[Any]:
    columns = (capture.c.url_id, capture.c.timestamp, capture.c.seq, capture.c.digest)
    joined = url.c.id == capture.c.url_id
    return union(
        *(select(*columns).where(joined, by, withdrawal.c.id == number) for by in reached())
    )


def _reaching(connection: Connection, of: list[ColumnElement[bool]]) -> list[int]:
    # The numbers of the withdrawals in force that reach some captures.
    joined = url.c.id == capture.c.url_id
    query = union(*(select(withdrawal.c.id).where(joined, *of, by, in_force()) for by in reached()))
    return sorted(connection.scalars(query))


def _count(connection: Connection, of: list[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(url).join(capture, capture.c.url_id == url.c.id)
    return connection.scalar(query.where(*of)) or 0


def _error(connection: Connection, wanted: str, number: int) -> WithdrawnError:
    found = next(one for one in register(connection) if one.number == number)
    return WithdrawnError(wanted, found.decided, found.decision.authority, found.decision.reason)
