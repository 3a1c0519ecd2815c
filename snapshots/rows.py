"""Captures as rows of the catalogue: a stream of them in, short ids and sequence numbers out.

This is the one way by which captures come into the catalogue, at ingest as at `rebuild`. It holds
some thousand at a time, whatever their number, and sends rows to the driver as plain tuples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from archiver.digests import read_digest
from archiver.provenance import ChosenDate
from archiver.records import Capture, StatedDate
from archiver.urls import url_key
from snapshots.catalogue import Prepared, insert_tuples, next_id
from snapshots.index import GRADE_CODES, KIND_CODES
from snapshots.tables import capture, media_type, stated_date, url, warc_file

__all__ = ["AT_ONCE", "Entry", "Stored", "store_captures"]

AT_ONCE: Final = 20_000  # captures held and sorted at once; ids are given in the order that makes
_PLACES = tuple(f"wanted_{number}" for number in range(500))  # parameters of one query
_WANTED: list[ColumnElement[Any]] = [bindparam(name) for name in _PLACES]
_KNOWN = Prepared(select(url.c.url, url.c.id).where(url.c.urlkey.in_(_WANTED)))
_TAKEN = Prepared(
    select(capture.c.url_id, capture.c.timestamp, func.max(capture.c.seq))
    .where(
        capture.c.url_id.in_(_WANTED),
        capture.c.timestamp.between(bindparam("first"), bindparam("last")),
    )
    .group_by(capture.c.url_id, capture.c.timestamp)
)
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
    urls, new = _url_ids(connection, [(address, keys[address]) for address in addresses])
    place = {address: number for number, address in enumerate(addresses)}
    entries.sort(key=lambda entry: (place[entry.capture.url], entry.capture.timestamp))
    _learn_types(connection, types, {entry.capture.media_type for entry in entries})
    files = _file_ids(connection, {entry.capture.file for entry in entries})
    times = [int(entry.capture.timestamp) for entry in entries]
    known = [number for number in urls.values() if number < new]
    taken = _taken(connection, known, min(times), max(times))
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


def _url_ids(
    connection: Connection, addresses: list[tuple[str, str]]
) -> tuple[dict[str, int], int]:
    # The ids of addresses, given with their keys and sorted by them, and the first that is new.
    keys = [key for _, key in addresses]
    ids: dict[str, int] = {row[0]: row[1] for row in _some_at_once(connection, _KNOWN, keys)}
    new = [pair for pair in addresses if pair[0] not in ids]
    first = next_id(connection, url)
    rows = [(number, *_parts(*pair)) for number, pair in enumerate(new, first)]
    insert_tuples(connection, url, ("id", "head", "urlkey", "shared", "tail"), rows)
    ids.update((address, number) for number, (address, _) in enumerate(new, first))
    return ids, first


def _parts(address: str, key: str) -> tuple[str, str, int, str]:
    # A URL as its head, its key, the place from which the key has the same, and its tail.
    tail = "/" if address.endswith("/") and not key.endswith("/") else ""
    body = address.removesuffix(tail)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(body[::-1], key[::-1], strict=False))
    shared = sum(1 for _ in alike)
    return body[: len(body) - shared], key, len(key) - shared + 1, tail


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
    connection: Connection, urls: Iterable[int], first: int, last: int
) -> dict[tuple[int, int], int]:
    # The highest sequence number that each (URL, second) has already, of some URLs and times.
    found = _some_at_once(connection, _TAKEN, sorted(urls), first=first, last=last)
    return {(url_id, timestamp): seq for url_id, timestamp, seq in found}


def _some_at_once(
    connection: Connection, query: Prepared, wanted: Sequence[object], **more: object
) -> Iterator[Row[*tuple[Any, ...]]]:
    # The query has a fixed number of places; those left over at the end ask for the last again.
    for start in range(0, len(wanted), len(_PLACES)):
        some = wanted[start : start + len(_PLACES)]
        filled = dict.fromkeys(_PLACES, some[-1]) | dict(zip(_PLACES, some, strict=False))
        yield from query.rows(connection, **filled, **more)
