"""Observations as the catalogue keeps them: the columns of their table, and finding them again."""

from typing import Final

from sqlalchemy import Connection, bindparam, select

from extract.facts.observations import Observation
from extract.tables import observation
from snapshots.catalogue import Prepared

__all__ = ["COLUMNS", "observations_of"]

COLUMNS: Final = (  # of an observation, in the order of its fields
    "kind",
    "record",
    "parent",
    "field",
    "raw",
    "value",
    "text_start",
    "text_end",
    "source",
    "rule",
    "confidence",
)


def observations_of(connection: Connection, extraction_id: int) -> list[Observation]:
    """Give the observations of one reading, in their order, as they were read.

    What people corrected is not in them: who shows them goes through
    `extract.corrections.view.corrected`.
    """
    rows = _OF_READING.rows(connection, reading=extraction_id)
    return [Observation(*row) for row in rows]


_OF_READING = Prepared(
    select(*(observation.c[name] for name in COLUMNS))
    .where(observation.c.extraction_id == bindparam("reading"))
    .order_by(observation.c.position)
)
