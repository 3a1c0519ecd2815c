"""Entities put together with what people decided: pairs joined and parted, and values corrected."""

from sqlalchemy import Connection

from extract.corrections.register import joined, parted
from extract.corrections.view import decided
from extract.entities.building import build_entities, entities_made
from snapshots.archive import Archive

__all__ = ["put_entities_together", "refresh_entities"]


def refresh_entities(archive: Archive) -> None:
    """Put entities together anew where they were before, as after a withdrawal or a decision.

    The archive's lock is held meanwhile.

    Raises:
        LockedError: when another process writes to the archive.
    """
    with archive.lock(), archive.catalogue.write() as connection:
        if entities_made(connection):
            put_entities_together(connection)


def put_entities_together(connection: Connection) -> bool:
    """Put entities together as people decided; see `extract.entities.building.build_entities`."""
    return build_entities(connection, joined(connection), parted(connection), decided(connection))
