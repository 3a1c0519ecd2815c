"""Captures as rows of the catalogue: batches of values in, short ids and sequence numbers out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select, update

from archiver.digests import read_digest
from archiver.provenance import ChosenDate
from archiver.records import Capture, StatedDate
from archiver.urls import url_key
from snapshots.catalogue import insert_rows
from snapshots.index import GRADE_CODES, KIND_CODES, url_hash
from snapshots.tables import (
    capture,
    erased_record,
    media_type,
    snapshot,
    stated_date,
    url,
    warc_file,
)

__all__ = ["Entry", "count_captures", "store_captures"]

_KEYS_AT_ONCE = 500  # bound parameters in one query


@dataclass(frozen=True, slots=True)
class Entry:
    """A capture to be listed, with the dates stated for it.

    Attributes:
        stated: every date, in the order found; leave it empty when only the record's own is known.
        chosen: which of them was taken, and by which rule.
    """

    capture: Capture
    stated: Sequence[StatedDate] = ()
    chosen: ChosenDate | None = None


def store_captures(connection: Connection, entries: Iterable[Entry], snapshot_id: int) -> None:
    """Insert captures, sorted by key so that neighbours in the index are written together.

    Captures of one URL in one second get sequence numbers in the order of the files they stand in.
    Ids and numbers of what was erased are not given again, so that those of the rest are the same
    when the catalogue is made anew.
    """
    keyed = sorted(
        ((url_key(entry.capture.url), entry) for entry in entries),
        key=lambda pair: (pair[0], pair[1].capture.url, pair[1].capture.timestamp),
    )
    urls = _url_ids(connection, {entry.capture.url: key for key, entry in keyed})
    types = _type_ids(connection, {entry.capture.media_type for _, entry in keyed})
    files = _file_ids(connection, {entry.capture.file for _, entry in keyed})
    taken = _taken(connection, {(urls[e.capture.url], int(e.capture.timestamp)) for _, e in keyed})
    gone = _erased(connection)
    rows: list[dict[str, Any]] = []
    dates: list[dict[str, Any]] = []
    for _, entry in keyed:
        found = entry.capture
        place = (urls[found.url], int(found.timestamp))
        seq = taken.get(place, -1) + 1
        while (*place, seq) in gone:
            seq += 1
        taken[place] = seq
        moment = {"url_id": place[0], "timestamp": place[1], "seq": seq}
        rows.append(
            moment
            | {
                "file_id": files[found.file],
                "record_offset": found.offset,
                "record_length": found.length,
                "status": found.status,
                "media_type_id": types[found.media_type],
                "digest": read_digest(found.digest) or b"",
                "kind": KIND_CODES[found.kind],
                "grade": GRADE_CODES[found.grade],
                "snapshot_id": snapshot_id,
            }
        )
        chosen, rule = _chosen(entry)
        dates.extend(
            moment
            | {
                "position": position,
                "source": date.source.value,
                "stated": date.timestamp,
                "raw": date.raw,
                "rule": rule if position == chosen else None,
            }
            for position, date in enumerate(entry.stated)
        )
    insert_rows(connection, capture, rows)
    insert_rows(connection, stated_date, dates)


def count_captures(connection: Connection) -> None:
    """Note with each snapshot how many captures it has, the first and the last."""
    spans = select(
        capture.c.snapshot_id,
        func.count(),
        func.min(capture.c.timestamp),
        func.max(capture.c.timestamp),
    ).group_by(capture.c.snapshot_id)
    connection.execute(update(snapshot).values(captures=0, first=None, last=None))
    for number, captures, first, last in connection.execute(spans).all():
        connection.execute(
            update(snapshot)
            .where(snapshot.c.id == number)
            .values(captures=captures, first=first, last=last)
        )


def _erased(connection: Connection) -> set[tuple[int, int, int]]:
    gone = erased_record.c
    query = select(gone.url_id, gone.timestamp, gone.seq).where(gone.kind > 0)
    return {(url_id, at, seq) for url_id, at, seq in connection.execute(query)}


def _free_ids(connection: Connection, table: Table, of_erased: Column[Any]) -> Iterator[int]:
    # Ids go up without gaps. While the catalogue is made anew, those of erased captures are there
    # before their turn.
    erased = select(of_erased).where(of_erased.is_not(None))
    reserved = set(connection.scalars(erased))
    others = select(table.c.id).where(table.c.id.not_in(erased)).order_by(table.c.id.desc())
    highest: int | None = connection.scalar(others.limit(1))
    return (number for number in count((highest or 0) + 1) if number not in reserved)


def _chosen(entry: Entry) -> tuple[int | None, str]:
    # The position of the date that was taken, and the name of the rule that took it.
    if entry.chosen is None:
        return None, ""
    for position, date in enumerate(entry.stated):
        taken = entry.chosen.timestamp.startswith(date.timestamp)
        if date.source is entry.chosen.source and taken:
            return position, entry.chosen.rule
    return None, ""


def _url_ids(connection: Connection, keys: dict[str, str]) -> dict[str, int]:
    known: dict[tuple[str, int], int] = {}
    wanted = sorted(set(keys.values()))
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        some = wanted[start : start + _KEYS_AT_ONCE]
        query = select(url.c.urlkey, url.c.url_hash, url.c.id).where(url.c.urlkey.in_(some))
        known.update(((key, hashed), number) for key, hashed, number in connection.execute(query))
    ids: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    free = _free_ids(connection, url, erased_record.c.url_id)
    for text, key in keys.items():
        hashed = url_hash(text)
        if (key, hashed) not in known:
            known[key, hashed] = number = next(free)
            rows.append({"id": number, "urlkey": key, "url": text, "url_hash": hashed})
        ids[text] = known[key, hashed]
    insert_rows(connection, url, rows)
    return ids


def _type_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    query = select(media_type.c.name, media_type.c.id)
    ids = dict(connection.execute(query).all())
    free = _free_ids(connection, media_type, erased_record.c.media_type_id)
    rows = [{"id": next(free), "name": name} for name in sorted(names - ids.keys())]
    insert_rows(connection, media_type, rows)
    return ids | {row["name"]: row["id"] for row in rows}


def _file_ids(connection: Connection, paths: set[str]) -> dict[str, int]:
    query = select(warc_file.c.path, warc_file.c.id).where(warc_file.c.path.in_(paths))
    return dict(connection.execute(query).all())


def _taken(connection: Connection, places: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    # The highest sequence number each (URL, second) has already.
    found: dict[tuple[int, int], int] = {}
    ids = sorted({url_id for url_id, _ in places})
    for start in range(0, len(ids), _KEYS_AT_ONCE):
        some = ids[start : start + _KEYS_AT_ONCE]
        query = (
            select(capture.c.url_id, capture.c.timestamp, func.max(capture.c.seq))
            .where(capture.c.url_id.in_(some))
            .group_by(capture.c.url_id, capture.c.timestamp)
        )
        for url_id, timestamp, seq in connection.execute(query):
            if (url_id, timestamp) in places:
                found[url_id, timestamp] = seq
    return found
