"""Taking what was read out of erased captures from the fact tables, so that nothing of it stays."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, inspect, select, tuple_

from extract.tables import (
    ENTITY_TABLES,
    extraction,
    extraction_failure,
    observation,
    page_text,
    page_version,
)
from extract.wordindex import clean_out

__all__ = ["forget_readings"]

_AT_ONCE = 500


def forget_readings(
    connection: Connection, keys: Collection[tuple[int, int, int]], addresses: Collection[str]
) -> None:
    """Delete what captures say, and every reading that no other capture shares.

    A reading whose links were resolved against one of the addresses goes too, and so do readings
    that no capture points at, such as those of an extractor from before: `marsham extract` reads
    again what is needed. Entities go as a whole, and are put together anew by the same command.

    Args:
        connection: within a transaction.
        keys: URL id, timestamp and sequence number of each capture.
        addresses: the addresses of the captures.
    """
    if not inspect(connection).has_table(extraction.name):
        return
    if inspect(connection).has_table(ENTITY_TABLES[-1].name):
        for table in reversed(ENTITY_TABLES):
            connection.execute(delete(table))
    version = page_version.c
    key = tuple_(version.url_id, version.timestamp, version.seq)
    for some in _batches(list(keys)):
        connection.execute(delete(page_version).where(key.in_(some)))
    for some in _batches(sorted(addresses)):
        theirs = select(extraction.c.id).where(extraction.c.url.in_(some))
        connection.execute(delete(page_version).where(version.extraction_id.in_(theirs)))
    pointed = select(version.extraction_id)
    connection.execute(delete(observation).where(observation.c.extraction_id.not_in(pointed)))
    failed = extraction_failure.c.extraction_id
    connection.execute(delete(extraction_failure).where(failed.not_in(pointed)))
    connection.execute(delete(extraction).where(extraction.c.id.not_in(pointed)))
    texts = select(extraction.c.text_id)
    connection.execute(delete(page_text).where(page_text.c.id.not_in(texts)))
    clean_out(connection)


def _batches(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
