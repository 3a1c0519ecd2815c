"""The one filter between what the archive holds and what anybody is shown.

Every query for captures has it in its conditions: `snapshots.index` puts it there, and the few
queries that begin elsewhere are named in ``tests/test_architecture.py``. A withdrawal reaches a
capture by its address and time, or by its payload, where a value was read in it.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, exists, not_, or_

from archiver.timestamps import format_timestamp
from snapshots.tables import capture, url, withdrawal, withdrawal_reach, withdrawn_payload

__all__ = ["in_force", "reached", "visible"]


def visible(address: FromClause = url, taken: FromClause = capture) -> ColumnElement[bool]:
    """Give the condition that no withdrawal in force reaches a capture.

    Args:
        address: the table of URLs in the query, or an alias of it.
        taken: the table of captures in the query, or an alias of it.

    What is in force is decided when the query is run, so a withdrawal begins and ends on its day
    without anybody doing anything.
    """
    ways = reached(address, taken)
    return not_(or_(*(exists().where(by, in_force()).correlate(address, taken) for by in ways)))


def reached(
    address: FromClause = url, taken: FromClause = capture
) -> tuple[ColumnElement[bool], ...]:
    """Give the conditions by which a withdrawal reaches a capture: its page, its site, its payload.

    Pages apart from wider ranges: a page is found at once among thousands, and a range only by
    going through all that begin before it.
    """
    reach = withdrawal_reach.c
    in_time = and_(
        reach.first <= taken.c.timestamp,
        reach.last >= taken.c.timestamp,
        withdrawal.c.id == reach.withdrawal_id,
    )
    by_page = and_(reach.wide == 0, reach.first_key == address.c.urlkey, in_time)
    by_range = and_(
        reach.wide == 1,
        reach.first_key <= address.c.urlkey,
        reach.beyond_key > address.c.urlkey,
        in_time,
    )
    by_payload = and_(
        withdrawn_payload.c.digest == taken.c.digest,
        withdrawal.c.id == withdrawn_payload.c.withdrawal_id,
    )
    return by_page, by_range, by_payload


def in_force() -> ColumnElement[bool]:
    """Give the condition that a withdrawal holds at the moment the query is run."""
    now: ColumnElement[Any] = bindparam("now", callable_=_now)
    return and_(
        withdrawal.c.lifted.is_(None),
        withdrawal.c.valid_from <= now,
        or_(withdrawal.c.valid_until.is_(None), withdrawal.c.valid_until >= now),
    )


def _now() -> int:
    return int(format_timestamp(datetime.now(UTC)))
