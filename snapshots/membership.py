"""Which snapshot a capture is part of: the run or input by which it came into the archive."""

from dataclasses import dataclass

from sqlalchemy import Connection

from archiver.records import Capture
from archiver.urls import url_key
from snapshots import index
from snapshots.tables import capture, snapshot, url, warc_file

__all__ = ["Membership", "membership_of"]


@dataclass(frozen=True, slots=True)
class Membership:
    """The snapshot of a capture.

    Attributes:
        number: its id.
        label: what people call it.
        kind: ingest or crawl.
        created: timestamp of when it came into the archive.
        tool: software and version that made it.
        operator: who ran it; empty when not told.
    """

    number: int
    label: str
    kind: str
    created: str
    tool: str
    operator: str


def membership_of(connection: Connection, of: Capture) -> Membership | None:
    """Give the snapshot of a capture; None when the capture is not in the catalogue, or in view."""
    columns = (
        *(snapshot.c.id, snapshot.c.label, snapshot.c.kind),
        *(snapshot.c.created, snapshot.c.tool, snapshot.c.operator),
    )
    query = (
        index.select_captures(*columns)
        .join(snapshot, snapshot.c.id == capture.c.snapshot_id)
        .where(
            url.c.urlkey == url_key(of.url),
            url.c.url == of.url,
            capture.c.timestamp == int(of.timestamp),
            warc_file.c.path == of.file,
            capture.c.record_offset == of.offset,
        )
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    number, label, kind, created, tool, operator = row[11:17]
    return Membership(number, label, kind, f"{created:014}", tool, operator)
