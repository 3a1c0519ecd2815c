from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, literal_column

from archiver.digests import read_digest
from archiver.records import Capture, DateSource, Grade, Kind, StatedDate
from archiver.timestamps import parse_span, parse_timestamp
from archiver.urls import url_key
from snapshots import index
from snapshots.archive import Archive
from snapshots.rows import Entry, store_captures
from snapshots.settings import Settings
from snapshots.tables import digest_prefix, snapshot, warc_file
from tests.builders import digest

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
LONG = f"{HOST}/search?q=" + "x" * 8000


def made(url: str, timestamp: str, place: int, **more: object) -> Capture:
    """Make a capture at an offset of its own."""
    values: dict[str, object] = {
        "url": url,
        "timestamp": timestamp,
        "kind": Kind.RESPONSE,
        "status": 200,
        "media_type": "text/html",
        "digest": digest(b"%d" % place),
        "file": "warcs/2011/05/a.warc.gz",
        "offset": 1000 * place,
        "length": 900,
    }
    return Capture(**(values | more))  # type: ignore[arg-type]


CAPTURES = [
    made(CRIME, "20090402111213", 1),
    made(CRIME, "20110509101621", 2),
    made(CRIME, "20110529101621", 3, digest=digest(b"2"), kind=Kind.REVISIT),
    made("https://homeoffice.example/Crime", "20110529101621", 4),  # a variant, the same second
    made(CRIME, "20130326122952", 5, status=404),
    made(CRIME, "20130326122952", 6, number=1),  # twice in one second
    made(f"{HOST}/crime/partnerships/", "20110509101622", 7, grade=Grade.RECOVERED),
    made(f"{HOST}/crimes", "20110509101623", 8),
    made(f"{HOST}/crime-2", "20110509101624", 9),
    made(f"{HOST}/100%25_done", "20110509101625", 10),
    made(f"{HOST}/100xxdone", "20110509101626", 11),
    made(f"{HOST}/caf\xe9 society/\N{SNOWMAN}", "20110509101627", 12),
    made(LONG + "1", "20110509101628", 13, digest=digest(b"12")),
    made(LONG + "2", "20110509101629", 14),
    made("http://homeoffice.example.uk/", "20110509101630", 15),
    made("http://a.homeoffice.example/", "20110509101631", 16),
    made("dns:www.homeoffice.example", "20110509101632", 17, status=None, media_type="text/dns"),
    made(f"{HOST}/", "20110509101633", 18, status=999, media_type="", digest=""),
    made(f"{HOST}/note", "20110509101634", 19, status=None, kind=Kind.RESOURCE, grade="D"),
    made(f"{HOST}/big", "20110509101635", 20, offset=1 << 40, length=1 << 35),
]


def fill(archive: Archive, captures: list[Capture]) -> None:
    with archive.catalogue.write() as connection:
        row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
        connection.execute(snapshot.insert().values(row | {"captures": 0}))
        row = {"id": 1, "path": "warcs/2011/05/a.warc.gz", "sealed": 1, "sha256": ""}
        connection.execute(warc_file.insert().values(row | {"committed_length": 0, "created": 0}))
        half = len(captures) // 2
        for part in (captures[:half], captures[half:]):  # two batches: ids go on counting
            store_captures(connection, [Entry(capture) for capture in part], 1)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive that holds `CAPTURES`, filled once for the tests that only ask it."""
    with ExitStack() as stack:
        settings = Settings()
        if request.param == "postgres":
            database = request.getfixturevalue("new_postgres_database")
            settings = Settings(database=stack.enter_context(database()))
        path = tmp_path_factory.mktemp("filled") / "archive"
        archive = stack.enter_context(Archive.create(path, settings))
        fill(archive, CAPTURES)
        yield archive


@pytest.fixture
def connection(filled: Archive) -> Iterator[Connection]:
    with filled.catalogue.read() as connection:
        yield connection


def number(capture: Capture | None) -> int | None:
    """Tell a capture by its offset, as made above."""
    return capture and capture.offset // 1000


@pytest.mark.parametrize(
    ("url", "moment", "chosen"),
    [
        (CRIME, "1996", 1),  # before the first
        (CRIME, "2099", 5),  # after the last, and the first of two in one second
        (CRIME, "20110509101621", 2),  # to the second
        (CRIME, "20110509101620", 2),
        (CRIME, "20110519101621", 2),  # ten days from each: the earlier
        (CRIME, "20110519101622", 3),
        (CRIME, "20110529101621", 3),  # of two variants the one asked for ...
        ("https://homeoffice.example/Crime", "20110529101621", 4),
        ("http://HOMEOFFICE.example/crime", "20110529101621", 3),  # ... else always the same
        ("https://homeoffice.example/Crime", "2009", 1),  # a variant closer in time
        (f"{HOST}/crime/partnerships", "2011", 7),
        (LONG + "1", "2011", 13),
        (LONG + "2", "2011", 14),
        (f"{HOST}/caf%C3%A9%20society/\N{SNOWMAN}", "2011", 12),
        (f"{HOST}/100%25_done", "2011", 10),
        ("dns:www.homeoffice.example", "2011", 17),
        (f"{HOST}/never", "2011", None),
        (LONG + "3", "2011", None),
        ("", "2011", None),
    ],
)
def test_the_capture_closest_in_time_is_chosen(
    connection: Connection, url: str, moment: str, chosen: int | None
) -> None:
    assert number(index.nearest(connection, url, parse_timestamp(moment))) == chosen


def test_a_moment_in_any_zone_is_understood(connection: Connection) -> None:
    summer = parse_timestamp("20110519101621").astimezone(tz=None) + timedelta(seconds=1)
    assert number(index.nearest(connection, CRIME, summer)) == 3
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert number(index.nearest(connection, CRIME, far)) == 5


def test_versions_come_in_the_order_of_time_all_variants_together(connection: Connection) -> None:
    assert [number(found) for found in index.versions(connection, CRIME)] == [1, 2, 3, 4, 5, 6]
    back = index.versions(connection, CRIME, newest_first=True)
    assert [number(found) for found in back] == [5, 6, 3, 4, 2, 1]
    span = parse_span("2011")
    assert [number(found) for found in index.versions(connection, CRIME, span)] == [2, 3, 4]
    span = parse_span("20110509101621")  # both ends are included
    assert [number(found) for found in index.versions(connection, CRIME, span)] == [2]


@pytest.mark.parametrize(
    ("start", "listed"),
    [
        (f"{HOST}/crime/", [1, 2, 3, 4, 5, 6, 7]),  # the page of that address, and what lies below
        (f"{HOST}/crime", [1, 2, 3, 4, 5, 6, 9, 7, 8]),
        (f"{HOST}/crimes", [8]),
        (f"{HOST}/100%25_", [10]),  # no wild cards, in either alphabet
        (f"{HOST}/100%", [10]),
        (f"{HOST}/100", [10, 11]),
        (f"{HOST}/caf\xe9", [12]),
        (f"{HOST}/search?q=xx", [13, 14]),
        ("dns:", [17]),
        ("http://a.homeoffice.example/", [16]),
        ("http://homeoffice.example.uk/", [15]),
        (f"{HOST}/never", []),
    ],
)
def test_a_prefix_lists_what_begins_with_it(
    connection: Connection, start: str, listed: list[int]
) -> None:
    found = [number(capture) for capture in index.prefix(connection, start)]
    assert sorted(filter(None, found)) == sorted(listed)
    assert [one for one in found if one in (7, 8, 9)] == [one for one in listed if one in (7, 8, 9)]


def test_everything_is_listed_by_key_and_then_by_time(connection: Connection) -> None:
    found = list(index.every(connection))
    assert len(found) == len(CAPTURES)
    assert {(one.url, one.offset) for one in found} == {(one.url, one.offset) for one in CAPTURES}
    keys = [(url_key(one.url), one.timestamp) for one in found]
    assert keys == sorted(keys)
    few = [number(one) for one in index.every(connection, parse_span("2009"))]
    assert few == [1]


def test_a_capture_is_given_back_as_it_was_put_in(connection: Connection) -> None:
    found = {one.offset: one for one in index.every(connection)}
    for capture in CAPTURES:
        assert found[capture.offset] == capture


def test_equal_content_is_found_in_records_that_hold_it(connection: Connection) -> None:
    def same(body: bytes) -> list[int | None]:
        raw = read_digest(digest(body))
        assert raw
        return [number(found) for found in index.with_digest(connection, raw)]

    assert same(b"2") == [2]  # the revisit holds nothing
    assert same(b"12") == [12, 13]
    assert same(b"never") == []


def test_equal_content_is_found_by_its_index(archive: Archive) -> None:
    # Any parameter within the indexed expression, and every look-up would read all captures.
    query = str(
        index.select_captures(withdrawn=True)
        .where(digest_prefix() == literal_column("x"))
        .compile(dialect=archive.catalogue.engine.dialect)
    )
    assert "substr(capture.digest, 1, 5)" in query
    with archive.catalogue.read() as connection:
        if connection.dialect.name == "sqlite":
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query.replace('= x', '= 1')}")
            assert any("capture_digest" in step[3] for step in steps)


def test_sites_are_listed_once_each(connection: Connection) -> None:
    assert list(index.sites(connection)) == [
        "www.homeoffice.example",
        "a.homeoffice.example",
        "homeoffice.example.uk",
    ]


def test_stated_dates_are_kept_in_their_order_with_the_one_chosen(archive: Archive) -> None:
    fill(archive, CAPTURES[:2])
    stated = (
        StatedDate(DateSource.ADDRESS, "20110509101621", "20110509101621"),
        StatedDate(DateSource.BANNER, "20110529", "29/05/2011"),
    )
    capture = made(CRIME, "20110509101621", 99)  # a second in the same second
    with archive.catalogue.write() as connection:
        store_captures(connection, [Entry(capture, stated=stated)], 1)
    with archive.catalogue.read() as connection:
        assert index.stated_dates(connection, capture) == [(date, None) for date in stated]
        assert index.stated_dates(connection, CAPTURES[1]) == []


def test_many_captures_of_one_second_are_told_apart(archive: Archive) -> None:
    many = [made(CRIME, "20110509101621", number) for number in range(1, 1201)]
    fill(archive, many)
    with archive.catalogue.read() as connection:
        found = [number(one) for one in index.versions(connection, CRIME)]
        assert found == list(range(1, 1201))
        assert number(index.nearest(connection, CRIME, parse_timestamp("2011"))) == 1


def test_both_databases_give_the_same_answers(tmp_path: Path, postgres_database: str) -> None:
    answers = []
    for name, database in (("sqlite", ""), ("postgres", postgres_database)):
        with Archive.create(tmp_path / name, Settings(database=database)) as archive:
            fill(archive, CAPTURES)
            with archive.catalogue.read() as connection:
                moment = parse_timestamp("20110519101621")
                answers.append(
                    (
                        list(index.every(connection)),
                        list(index.sites(connection)),
                        [list(index.versions(connection, one.url)) for one in CAPTURES],
                        [list(index.prefix(connection, one.url[:-1])) for one in CAPTURES],
                        [index.nearest(connection, one.url, moment) for one in CAPTURES],
                    )
                )
    assert answers[0] == answers[1]
