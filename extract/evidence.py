"""The evidence of one value: what is printed where, which rule read it, and who captured it."""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select

from archiver.records import Capture
from extract.facts.observations import Observation
from extract.observed import COLUMNS
from extract.tables import extraction, observation, page_text, page_version
from snapshots import index
from snapshots.tables import capture, same_capture

__all__ = ["Evident", "evident_value"]


@dataclass(frozen=True, slots=True)
class Evident:
    """One value with its evidence.

    Attributes:
        observation: the value, as printed and as read, with place, rule and confidence.
        captures: captures in view whose payload says so, the oldest first.
        text: the canonical text of the page, in which the place counts.
    """

    observation: Observation
    captures: tuple[Capture, ...]
    text: str


def evident_value(
    connection: Connection, reading: int, position: int, *, limit: int = 100
) -> Evident | None:
    """Give a value with its evidence; None where there is none that may be shown.

    Args:
        connection: of the catalogue.
        reading: number of the reading.
        position: of the value among the observations of that reading.
        limit: how many captures are given.
    """
    if not inspect(connection).has_table(page_version.name):
        return None
    columns = (observation.c[name] for name in COLUMNS)
    row = connection.execute(
        select(*columns, page_text.c.text)
        .join(extraction, extraction.c.id == observation.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(observation.c.extraction_id == reading, observation.c.position == position)
    ).first()
    captures = (
        index.select_captures()
        .join(page_version, same_capture(page_version))
        .where(page_version.c.extraction_id == reading)
        .order_by(capture.c.timestamp, capture.c.seq)
        .limit(limit)
    )
    found = tuple(index.capture_of(one) for one in connection.execute(captures)) if row else ()
    if row is None or not found:
        return None
    return Evident(Observation(*row[:-1]), found, row[-1])
