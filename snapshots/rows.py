"""Captures as rows of the catalogue: batches of values in, short ids and sequence numbers out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from archiver.digests import read_digest
from archiver.provenance import ChosenDate
from archiver.records import Capture, StatedDate
from archiver.urls import url_key
from snapshots.catalogue import insert_rows, next_id
from snapshots.index import GRADE_CODES, KIND_CODES, url_hash
from snapshots.tables import capture, media_type, stated_date, url, warc_file

__all__ = ["Entry", "store_captures"]

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
    """
    keyed = sorted(
        ((url_key(entry.capture.url), entry) for entry in entries),
        key=lambda pair: (pair[0], pair[1].capture.url, pair[1].capture.timestamp),
    )
    urls = _url_ids(connection, {entry.capture.url: key for key, entry in keyed})
    types = _type_ids(connection, {entry.capture.media_type for _, entry in keyed})
    files = _file_ids(connection, {entry.capture.file for _, entry in keyed})
    taken = _taken(connection, {(urls[e.capture.url], int(e.capture.timestamp)) for _, e in keyed})
    rows: list[dict[str, Any]] = []
    dates: list[dict[str, Any]] = []
    for _, entry in keyed:
        found = entry.capture
        place = (urls[found.url], int(found.timestamp))
        seq = taken[place] = taken.get(place, -1) + 1
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
    number = next_id(connection, url)
    for text, key in keys.items():
        hashed = url_hash(text)
        if (key, hashed) not in known:
            known[key, hashed] = number
            rows.append({"id": number, "urlkey": key, "url": text, "url_hash": hashed})
            number += 1
        ids[text] = known[key, hashed]
    insert_rows(connection, url, rows)
    return ids


def _type_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    query = select(media_type.c.name, media_type.c.id)
    ids = dict(connection.execute(query).all())
    rows = [
        {"id": number, "name": name}
        for number, name in enumerate(sorted(names - ids.keys()), next_id(connection, media_type))
    ]
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
