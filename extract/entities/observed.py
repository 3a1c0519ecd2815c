"""Observations of all readings in a row, and where the values of some records stand in one."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import Connection, select

from extract.facts.observations import Observation
from extract.observed import COLUMNS
from extract.tables import observation
from snapshots.catalogue import stream

__all__ = ["observations_by_reading", "places_of_values"]


def observations_by_reading(
    connection: Connection, kinds: Sequence[str]
) -> Iterator[tuple[int, list[Observation]]]:
    """Give the observations of some kinds of every reading that has any, reading by reading.

    One reading is held at a time; the table of observations is gone through once.
    """
    query = (
        select(observation.c.extraction_id, *(observation.c[name] for name in COLUMNS))
        .where(observation.c.kind.in_(kinds))
        .order_by(observation.c.extraction_id, observation.c.position)
    )
    for number, rows in groupby(stream(connection, query), key=lambda row: int(row[0])):
        yield number, [Observation(*row[1:]) for row in rows]


def places_of_values(
    connection: Connection, extraction_id: int, kind: str, records: Sequence[int]
) -> dict[tuple[int, str, str], tuple[int, str]]:
    """Say where the values of some records of a reading stand, and how they are printed.

    Returns:
        By record, field and value the position of its observation and the text as printed.
    """
    row = observation.c
    query = (
        select(row.record, row.field, row.value, row.position, row.raw)
        .where(row.extraction_id == extraction_id, row.kind == kind, row.record.in_(records))
        .order_by(row.position.desc())
    )
    return {(each[0], each[1], each[2]): (each[3], each[4]) for each in connection.execute(query)}
