"""Captures as rows of the catalogue: a stream of them in, short ids and sequence numbers out.

This is the one way by which captures come into the catalogue, at ingest as at `rebuild`. It holds
some thousand at a time, whatever their number, and sends rows to the driver as plain tuples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, takewhile
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Table,
    bindparam,
    func,
    select,
    update,
)

from archiver.digests import read_digest
from archiver.provenance import ChosenDate
from archiver.records import Capture, StatedDate
from archiver.urls import url_key
from snapshots.catalogue import LookUp, Prepared, insert_tuples
from snapshots.index import GRADE_CODES, KIND_CODES
from snapshots.tables import (
    capture,
    erased_record,
    media_type,
    snapshot,
    stated_date,
    url,
    warc_file,
)

__all__ = ["AT_ONCE", "Entry", "Stored", "count_captures", "store_captures"]

AT_ONCE: Final = 20_000  # captures held and sorted at once
_KNOWN = LookUp(lambda wanted: select(url.c.url, url.c.id).where(url.c.urlkey.in_(wanted)))
_TAKEN = LookUp(
    lambda wanted: (
        select(capture.c.url_id, capture.c.timestamp, func.max(capture.c.seq))
        .where(
            capture.c.url_id.in_(wanted),
            capture.c.timestamp.between(bindparam("first"), bindparam("last")),
        )
        .group_by(capture.c.url_id, capture.c.timestamp)
    )
)
_GONE = LookUp(
    lambda wanted: select(
        erased_record.c.url_id, erased_record.c.timestamp, erased_record.c.seq
    ).where(erased_record.c.url_id.in_(wanted), erased_record.c.kind > 0)
)
_TYPES = LookUp(
    lambda wanted: select(media_type.c.name, media_type.c.id).where(media_type.c.name.in_(wanted))
)
_FILES = LookUp(
    lambda wanted: select(warc_file.c.path, warc_file.c.id).where(warc_file.c.path.in_(wanted))
)


class _Ids:
    """Ids of a table that go up without gaps, but for those that what was erased keeps."""

    def __init__(self, table: Table, of_erased: Column[Any]) -> None:
        # While the catalogue is made anew, those of erased captures are there before their turn.
        erased = select(of_erased).where(of_erased.is_not(None))
        others = select(table.c.id).where(table.c.id.not_in(erased)).order_by(table.c.id.desc())
        self._erased, self._others = Prepared(erased), Prepared(others.limit(1))

    def free(self, connection: Connection) -> Iterator[int]:
        """Give those not yet taken; nothing is asked before the first is wanted."""
        reserved = {number for (number,) in self._erased.rows(connection)}
        highest = self._others.rows(connection)
        start = highest[0][0] + 1 if highest else 1
        yield from (number for number in count(start) if number not in reserved)


_URL_IDS = _Ids(url, erased_record.c.url_id)
_TYPE_IDS = _Ids(media_type, erased_record.c.media_type_id)
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

    Sorted, because neighbours in the index are then written together. Addresses get ids in the
    order in which they first come, and captures of one URL in one second sequence numbers in the
    order of the stream; ids and numbers of what was erased are not given again. So the same stream
    gives the same ids, and a stream without what was erased gives the rest the ids it had.

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


def _store(
    connection: Connection, entries: list[Entry], snapshot_id: int, types: dict[str, int]
) -> list[int]:
    # Insert captures, all of them at hand; gives their times.
    urls, known = _url_ids(connection, list(dict.fromkeys(entry.capture.url for entry in entries)))
    _learn_types(connection, types, [entry.capture.media_type for entry in entries])
    files = _file_ids(connection, {entry.capture.file for entry in entries})
    entries.sort(key=lambda entry: (urls[entry.capture.url], entry.capture.timestamp))
    times = [int(entry.capture.timestamp) for entry in entries]
    taken = _taken(connection, known, min(times), max(times))
    gone = {(url_id, at, seq) for url_id, at, seq in _GONE.rows(connection, sorted(known))}
    rows: list[tuple[object, ...]] = []
    dates: list[tuple[object, ...]] = []
    for entry, timestamp in zip(entries, times, strict=True):
        found = entry.capture
        url_id = urls[found.url]
        seq = taken.get((url_id, timestamp), -1) + 1
        while (url_id, timestamp, seq) in gone:
            seq += 1
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


def _url_ids(connection: Connection, addresses: list[str]) -> tuple[dict[str, int], list[int]]:
    # The ids of addresses, new ones in their order; and those that were known.
    keys = [url_key(address) for address in addresses]
    known = _KNOWN.rows(connection, sorted(set(keys)))
    there: dict[str, int] = {row[0]: row[1] for row in known}
    ids: dict[str, int] = {}
    rows: list[tuple[object, ...]] = []
    free = _URL_IDS.free(connection)
    for address, key in zip(addresses, keys, strict=True):
        found = there.get(address)
        if found is None:
            found = next(free)
            rows.append((found, *_parts(address, key)))
        ids[address] = found
    insert_tuples(connection, url, ("id", "head", "urlkey", "shared", "tail"), rows)
    return ids, [there[address] for address in addresses if address in there]


def _parts(address: str, key: str) -> tuple[str, str, int, str]:
    # A URL as its head, its key, the place from which the key has the same, and its tail.
    tail = "/" if address.endswith("/") and not key.endswith("/") else ""
    body = address.removesuffix(tail)
    path = key.partition(")")[2]
    if path and body.endswith(path) and not body.endswith(f"){path}"):
        shared = len(path)  # as nearly always
    else:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(body[::-1], key[::-1], strict=False))
        shared = sum(1 for _ in alike)
    return body[: len(body) - shared], key, len(key) - shared + 1, tail


def _learn_types(connection: Connection, ids: dict[str, int], names: list[str]) -> None:
    new = list(dict.fromkeys(name for name in names if name not in ids))
    ids.update((name, number) for name, number in _TYPES.rows(connection, new))
    free = _TYPE_IDS.free(connection)
    numbered = [(next(free), name) for name in new if name not in ids]
    insert_tuples(connection, media_type, ("id", "name"), numbered)
    ids.update({name: number for number, name in numbered})


def _file_ids(connection: Connection, paths: set[str]) -> dict[str, int]:
    return dict(_FILES.rows(connection, sorted(paths)))


def _taken(
    connection: Connection, urls: Iterable[int], first: int, last: int
) -> dict[tuple[int, int], int]:
    # The highest sequence number that each (URL, second) has already, of some URLs and times.
    found = _TAKEN.rows(connection, sorted(urls), first=first, last=last)
    return {(url_id, timestamp): seq for url_id, timestamp, seq in found}
