from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from archiver.records import Capture, Kind
from archiver.timestamps import parse_timestamp
from snapshots import index, rows
from snapshots.archive import Archive
from snapshots.rows import Entry, Stored, store_captures
from snapshots.tables import capture, media_type, snapshot, url, warc_file
from tests.builders import digest
from tests.snapshots.helpers import all_captures, all_rows

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
LONG = f"{HOST}/search?q=" + "x" * 8000
FILES = ("warcs/2011/05/a.warc.gz", "warcs/2011/05/b.warc.gz")

ODD = (  # most of a URL is not stored, but taken from its key
    "",
    "/",
    "dns:www.homeoffice.example",
    "http://WWW.HOMEOFFICE.EXAMPLE",
    f"{HOST}/Crime/Drugs//",
    f"{HOST}/?b=2&a=1/",
    f"{HOST}/?a=1&b=2#top/",
    f"{HOST}/%7Ehome/./x/../y/ ",
    f"{HOST}:80/\N{SNOWMAN}/crime/",
    f"{HOST}/search?q=" + "y" * 700 + "/",
    "urn:x-\N{GREEK SMALL LETTER ALPHA}",
)
CAPTURES = [
    (CRIME, "20110509101621"),
    (f"{HOST}/zebra", "20110509101621"),
    (CRIME, "20090402111213"),  # again, and earlier
    ("https://homeoffice.example/Crime", "20110509101621"),  # a variant under the same key
    (CRIME, "20110509101621"),  # again in the same second
    (LONG + "1", "20110509101628"),  # keys cut at 600 characters, told apart by a digest
    (LONG + "2", "20110509101628"),
    (CRIME, "20110509101621"),
    (f"{HOST}/aardvark", "20130326122952"),
    (LONG + "1", "20110509101628"),
    (f"{HOST}/caf\xe9/\N{SNOWMAN}", "20110509101621"),
    *((odd, "20110509101621") for odd in ODD),
    (CRIME, "20110509101621"),
]


def entries() -> Iterator[Entry]:
    """Give `CAPTURES`, told apart by their offsets; the last few stand in another file."""
    for number, (address, timestamp) in enumerate(CAPTURES):
        yield Entry(
            Capture(
                url=address,
                timestamp=timestamp,
                kind=Kind.RESPONSE,
                status=200,
                media_type="text/html" if number % 2 else "image/gif",
                digest=digest(b"%d" % number),
                file=FILES[number > 8],
                offset=1000 * number,
                length=900,
            )
        )


def begin(connection: Connection, files: tuple[str, ...] = FILES) -> None:
    """Put in what captures point at."""
    row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
    connection.execute(snapshot.insert().values(row | {"captures": 0}))
    for number, path in enumerate(files, 1):
        list_file(connection, number, path)


def list_file(connection: Connection, number: int, path: str) -> None:
    row = {"id": number, "path": path, "sealed": 1, "sha256": "", "committed_length": 0}
    connection.execute(warc_file.insert().values(row | {"created": 0}))


def offsets(connection: Connection, address: str) -> list[tuple[str, int]]:
    return [(one.timestamp, one.offset // 1000) for one in index.versions(connection, address)]


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 100])
def test_captures_are_stored_alike_however_many_are_held_at_once(
    archive: Archive, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", at_once)
    with archive.catalogue.write() as connection:
        begin(connection)
        stored = store_captures(connection, entries(), 1)
    assert stored == Stored(len(CAPTURES), 20090402111213, 20130326122952)
    with archive.catalogue.read() as connection:
        assert sorted(offsets(connection, CRIME)) == [
            ("20090402111213", 2),
            *(("20110509101621", number) for number in (0, 3, 4, 7, 22)),
        ]
        own = [one for one in index.versions(connection, CRIME) if one.url == CRIME]
        assert [one.offset // 1000 for one in own] == [2, 0, 4, 7, 22]  # as the stream had them
        assert offsets(connection, LONG + "1") == [("20110509101628", 5), ("20110509101628", 9)]
        assert offsets(connection, LONG + "2") == [("20110509101628", 6)]
        assert connection.scalar(select(func.count()).select_from(url)) == 7 + len(ODD)
        assert connection.scalar(select(func.count()).select_from(media_type)) == 2
    listed = {one.offset: replace(one, number=0) for one in all_captures(archive)}
    assert listed == {entry.capture.offset: entry.capture for entry in entries()}


def test_a_later_stream_goes_on_where_the_first_ended(archive: Archive) -> None:
    for _ in range(3):
        with archive.catalogue.write() as connection:
            if connection.scalar(select(func.count()).select_from(snapshot)) == 0:
                begin(connection)
            store_captures(connection, entries(), 1)
    with archive.catalogue.read() as connection:
        assert connection.scalar(select(func.count()).select_from(capture)) == 3 * len(CAPTURES)
        assert connection.scalar(select(func.count()).select_from(url)) == 7 + len(ODD)
        seqs = select(capture.c.seq).join(url, url.c.id == capture.c.url_id)
        twice = seqs.where(url.c.url == LONG + "1").order_by(capture.c.seq)
        assert list(connection.scalars(twice)) == list(range(6))
        moment = parse_timestamp("20110509101621")
        first = index.nearest(connection, CRIME, moment)
        assert first
        assert first.offset == 0


def test_a_stream_is_taken_as_it_comes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a file holds may be told while the next is not even copied.
    monkeypatch.setattr(rows, "AT_ONCE", 3)
    with archive.catalogue.write() as connection:
        begin(connection, FILES[:1])
        held: list[int] = []

        def told() -> Iterator[Entry]:
            for entry in entries():
                if entry.capture.file == FILES[1] and entry.capture.offset == 9000:
                    list_file(connection, 2, FILES[1])
                there = connection.scalar(select(func.count()).select_from(capture)) or 0
                held.append(entry.capture.offset // 1000 - there)
                yield entry

        store_captures(connection, told(), 1)
    assert max(held) < 3
    assert len(all_captures(archive)) == len(CAPTURES)


def test_a_stream_that_breaks_off_leaves_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 2)

    def broken() -> Iterator[Entry]:
        yield from list(entries())[:7]
        raise OSError("the disk has gone")

    before = all_rows(archive)

    def store() -> None:
        with archive.catalogue.write() as connection:
            begin(connection)
            store_captures(connection, broken(), 1)

    with pytest.raises(OSError, match="gone"):
        store()
    assert all_rows(archive) == before


def test_no_captures_are_stored_without_harm(archive: Archive) -> None:
    with archive.catalogue.write() as connection:
        begin(connection)
        assert store_captures(connection, [], 1) == Stored(0, None, None)


def test_the_same_stream_makes_the_same_rows_in_every_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 5)
    found = []
    for name in ("one", "other"):
        with Archive.create(tmp_path / name) as archive:
            with archive.catalogue.write() as connection:
                begin(connection)
                store_captures(connection, entries(), 1)
            found.append(all_rows(archive))
    assert found[0] == found[1]
