"""Taking what was read out of erased captures from the fact tables, so that nothing of it stays."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, inspect, select, tuple_

from archiver.urls import url_key
from extract.corrections.holding import hold, keys_of_urls
from extract.tables import (
    ENTITY_TABLES,
    FACT_TABLES,
    correction,
    extraction,
    extraction_failure,
    observation,
    page_sketch,
    page_text,
    page_version,
)
from extract.wordindex import clean_out
from snapshots.tables import metadata

__all__ = ["forget_readings"]

_AT_ONCE = 500


def forget_readings(
    connection: Connection, keys: Collection[tuple[int, int, int]], addresses: Collection[str]
) -> None:
    """Delete what captures say, and every reading that no other capture shares.

    A reading whose links were resolved against one of the addresses goes too, and so do readings
    that no capture points at, such as those of an extractor from before: `marsham extract` reads
    again what is needed. Entities go as a whole, and are put together anew by the same command.

    Decisions on values of the pages go as well, and so does what was to be reviewed there. Those
    that the journal still tells of once the erasure is complete are put in force again by
    `extract.corrections.register.put_corrections_in_force`.

    Args:
        connection: within a transaction.
        keys: URL id, timestamp and sequence number of each capture.
        addresses: the addresses of the captures.
    """
    if not inspect(connection).has_table(extraction.name):
        return
    metadata.create_all(connection, tables=FACT_TABLES)
    if inspect(connection).has_table(ENTITY_TABLES[-1].name):
        for table in reversed(ENTITY_TABLES):
            connection.execute(delete(table))
    version = page_version.c
    pages = {url_key(address) for address in addresses}
    pages |= keys_of_urls(connection, _sharing(connection, addresses))
    _forget_decisions(connection, addresses)
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
    connection.execute(delete(page_sketch).where(page_sketch.c.extraction_id.not_in(pointed)))
    connection.execute(delete(extraction).where(extraction.c.id.not_in(pointed)))
    texts = select(extraction.c.text_id)
    connection.execute(delete(page_text).where(page_text.c.id.not_in(texts)))
    clean_out(connection)
    hold(connection, pages)


def _sharing(connection: Connection, addresses: Collection[str]) -> set[int]:
    # The addresses, by their ids, whose pages will have to be read again.
    ids: set[int] = set()
    for some in _batches(sorted(addresses)):
        theirs = select(extraction.c.id).where(extraction.c.url.in_(some))
        query = select(page_version.c.url_id).where(page_version.c.extraction_id.in_(theirs))
        ids.update(connection.scalars(query.distinct()))
    return ids


def _forget_decisions(connection: Connection, addresses: Collection[str]) -> None:
    keys = {url_key(address) for address in addresses}
    query = select(correction.c.id, correction.c.url).where(correction.c.url != "")
    theirs = [number for number, seen in connection.execute(query) if url_key(seen) in keys]
    for some in _batches(theirs):
        connection.execute(delete(correction).where(correction.c.id.in_(some)))


def _batches(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
