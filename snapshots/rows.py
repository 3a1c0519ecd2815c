"""Captures as rows of the catalogue: a stream of them in, short ids and sequence numbers out.

This is the one way by which captures come into the catalogue, at ingest as at `rebuild`. It holds
some thousand at a time, whatever their number, and sends rows to the driver as plain tuples.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, select

from archiver.digests import read_digest
from archiver.provenance import ChosenDate
from archiver.records import Capture, StatedDate
from archiver.urls import url_key
from snapshots.catalogue import insert_tuples, next_id
from snapshots.index import GRADE_CODES, KIND_CODES, url_hash
from snapshots.tables import capture, media_type, stated_date, url, warc_file

__all__ = ["AT_ONCE", "Entry", "Stored", "store_captures"]

AT_ONCE: Final = 20_000  # captures held and sorted at once; ids are given in the order that makes
_KEYS_AT_ONCE = 500  # bound parameters in one query
_CAPTURE = (
    *("url_id", "timestamp", "seq", "file_id", "record_offset", "record_length", "status"),
    *("media_type_id", "digest", "kind", "grade", "snapshot_id"),
)
_STATED_DATE = ("url_id", "timestamp", "seq", "position", "source", "stated", "raw", "rule")


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


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of storing captures.

    Attributes:
        captures: how many were stored.
        first: the timestamp of the earliest, as a number; None when there was none.
        last: that of the latest.
    """

    captures: int = 0
    first: int | None = None
    last: int | None = None


def store_captures(connection: Connection, entries: Iterable[Entry], snapshot_id: int) -> Stored:
    """Insert captures from a stream, `AT_ONCE` at a time, each lot sorted by key.

    Sorted, because neighbours in the index are then written together. Captures of one URL in one
    second get sequence numbers in the order of the stream. The same stream gives the same ids
    whenever it is stored into the same catalogue, so a rebuilt catalogue is equal to the first.

    Args:
        connection: of the one writer, within a transaction; all of it is undone with that.
        entries: gone through once. Their WARC files and the snapshot have their rows already, at
            the latest when the stream comes to them.
        snapshot_id: the snapshot they belong to.
    """
    stream = iter(entries)
    types: dict[str, int] = {}
    stored = Stored()
    while some := list(islice(stream, AT_ONCE)):
        times = _store(connection, some, snapshot_id, types)
        stored = Stored(
            stored.captures + len(some),
            min(times) if stored.first is None else min(stored.first, *times),
            max(times) if stored.last is None else max(stored.last, *times),
        )
    return stored


def _store(
    connection: Connection, entries: list[Entry], snapshot_id: int, types: dict[str, int]
) -> list[int]:
    # Insert captures, all of them at hand; gives their times.
    keys = {address: url_key(address) for address in {entry.capture.url for entry in entries}}
    addresses = sorted(keys, key=lambda address: (keys[address], address))
    urls = _url_ids(connection, [(address, keys[address]) for address in addresses])
    place = {address: number for number, address in enumerate(addresses)}
    entries.sort(key=lambda entry: (place[entry.capture.url], entry.capture.timestamp))
    _learn_types(connection, types, {entry.capture.media_type for entry in entries})
    files = _file_ids(connection, {entry.capture.file for entry in entries})
    times = [int(entry.capture.timestamp) for entry in entries]
    taken = _taken(connection, set(urls.values()), min(times), max(times))
    rows: list[tuple[object, ...]] = []
    dates: list[tuple[object, ...]] = []
    for entry, timestamp in zip(entries, times, strict=True):
        found = entry.capture
        url_id = urls[found.url]
        seq = taken.get((url_id, timestamp), -1) + 1
        taken[url_id, timestamp] = seq
        rows.append(
            (
                *(url_id, timestamp, seq, files[found.file], found.offset, found.length),
                *(found.status, types[found.media_type], read_digest(found.digest) or b""),
                *(KIND_CODES[found.kind], GRADE_CODES[found.grade], snapshot_id),
            )
        )
        if entry.stated:
            chosen, rule = _chosen(entry)
            dates.extend(
                (
                    *(url_id, timestamp, seq, position, date.source.value, date.timestamp),
                    *(date.raw, rule if position == chosen else None),
                )
                for position, date in enumerate(entry.stated)
            )
    insert_tuples(connection, capture, _CAPTURE, rows)
    insert_tuples(connection, stated_date, _STATED_DATE, dates)
    return times


def _chosen(entry: Entry) -> tuple[int | None, str]:
    # The position of the date that was taken, and the name of the rule that took it.
    if entry.chosen is None:
        return None, ""
    for position, date in enumerate(entry.stated):
        taken = entry.chosen.timestamp.startswith(date.timestamp)
        if date.source is entry.chosen.source and taken:
            return position, entry.chosen.rule
    return None, ""


def _url_ids(connection: Connection, addresses: list[tuple[str, str]]) -> dict[str, int]:
    # The ids of addresses, given with their keys and sorted by them; new ones count on.
    known: dict[tuple[str, int], int] = {}
    for start in range(0, len(addresses), _KEYS_AT_ONCE):
        some = {key for _, key in addresses[start : start + _KEYS_AT_ONCE]}
        query = select(url.c.urlkey, url.c.url_hash, url.c.id).where(url.c.urlkey.in_(some))
        known.update(((key, hashed), number) for key, hashed, number in connection.execute(query))
    ids: dict[str, int] = {}
    rows: list[tuple[object, ...]] = []
    number = next_id(connection, url)
    for text, key in addresses:
        hashed = url_hash(text)
        found = known.get((key, hashed))
        if found is None:
            found = known[key, hashed] = number
            rows.append((number, key, text, hashed))
            number += 1
        ids[text] = found
    insert_tuples(connection, url, ("id", "urlkey", "url", "url_hash"), rows)
    return ids


def _learn_types(connection: Connection, ids: dict[str, int], names: set[str]) -> None:
    if names <= ids.keys():
        return
    ids.update(dict(connection.execute(select(media_type.c.name, media_type.c.id)).all()))
    new = sorted(names - ids.keys())
    numbered = list(enumerate(new, next_id(connection, media_type)))
    insert_tuples(connection, media_type, ("id", "name"), numbered)
    ids.update({name: number for number, name in numbered})


def _file_ids(connection: Connection, paths: set[str]) -> dict[str, int]:
    query = select(warc_file.c.path, warc_file.c.id).where(warc_file.c.path.in_(paths))
    return dict(connection.execute(query).all())


def _taken(
    connection: Connection, urls: set[int], first: int, last: int
) -> dict[tuple[int, int], int]:
    # The highest sequence number that each (URL, second) has already, of some URLs and times.
    found: dict[tuple[int, int], int] = {}
    ids = sorted(urls)
    for start in range(0, len(ids), _KEYS_AT_ONCE):
        query = (
            select(capture.c.url_id, capture.c.timestamp, func.max(capture.c.seq))
            .where(
                capture.c.url_id.in_(ids[start : start + _KEYS_AT_ONCE]),
                capture.c.timestamp.between(first, last),
            )
            .group_by(capture.c.url_id, capture.c.timestamp)
        )
        for url_id, timestamp, seq in connection.execute(query):
            found[url_id, timestamp] = seq
    return found
