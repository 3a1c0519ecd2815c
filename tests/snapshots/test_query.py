"""Queries of captures as CDX servers answer them, in both databases."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection

from archiver.errors import InputError
from archiver.timestamps import Span, parse_span, parse_timestamp
from snapshots import index
from snapshots.archive import Archive
from snapshots.index import Place
from snapshots.query import Match, Query, closest, count, key_ranges, run
from snapshots.settings import Settings
from tests.snapshots.test_index import CAPTURES, CRIME, HOST, fill


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    with ExitStack() as stack:
        settings = Settings()
        if request.param == "postgres":
            database = request.getfixturevalue("new_postgres_database")
            settings = Settings(database=stack.enter_context(database()))
        path = tmp_path_factory.mktemp("held") / "archive"
        archive = stack.enter_context(Archive.create(path, settings))
        fill(archive, CAPTURES)
        yield archive


@pytest.fixture
def connection(held: Archive) -> Iterator[Connection]:
    with held.catalogue.read() as connection:
        yield connection


def places(connection: Connection, query: Query) -> list[int]:
    return [one.offset // 1000 for one in run(connection, query)]


ALL = Query(key_ranges("*", None))


def test_everything_comes_in_the_order_of_the_index(connection: Connection) -> None:
    whole = places(connection, ALL)
    assert whole == [one.offset // 1000 for one in index.every(connection)]
    assert places(connection, Query(ALL.ranges, newest_first=True)) == whole[::-1]
    assert count(connection, ALL) == len(CAPTURES)


@pytest.mark.parametrize(
    ("url", "match", "found"),
    [
        (CRIME, None, [1, 2, 3, 4, 5, 6]),
        (f"{HOST}/crime/*", None, [1, 2, 3, 4, 5, 6, 7]),
        (f"{HOST}/crime", Match.PREFIX, [1, 2, 3, 4, 5, 6, 9, 7, 8]),
        ("a.homeoffice.example", Match.HOST, [16]),
        ("http://homeoffice.example.uk/x", Match.DOMAIN, [15]),
        ("dns:www.homeoffice.example", Match.EXACT, [17]),
    ],
)
def test_a_range_of_keys_is_what_is_asked_for(
    connection: Connection, url: str, match: Match | None, found: list[int]
) -> None:
    assert places(connection, Query(key_ranges(url, match))) == found


def test_a_domain_is_its_host_and_all_below(connection: Connection) -> None:
    host = places(connection, Query(key_ranges("homeoffice.example", Match.HOST)))
    domain = places(connection, Query(key_ranges("*.homeoffice.example", None)))
    assert sorted(domain) == sorted([*host, 16])


@pytest.mark.parametrize("newest_first", [False, True])
def test_an_answer_goes_on_behind_any_of_its_captures(
    connection: Connection, newest_first: bool
) -> None:
    for ranges in (ALL.ranges, key_ranges(f"{HOST}/crime/", Match.PREFIX)):
        whole = list(run(connection, Query(ranges, newest_first=newest_first)))
        for at, last in enumerate(whole):
            after = Place(last.timestamp, last.url, last.number)
            rest = run(connection, Query(ranges, newest_first=newest_first, after=after))
            assert list(rest) == whole[at + 1 :]


def test_pages_are_parts_of_the_whole_across_ranges(connection: Connection) -> None:
    ranges = key_ranges("*.homeoffice.example", None)
    whole = places(connection, Query(ranges))
    for size in (1, 3, 7, 50):
        pages = [
            places(connection, Query(ranges, skipped=start, most=size))
            for start in range(0, len(whole) + size, size)
        ]
        assert [place for page in pages for place in page] == whole


def test_dates_bound_an_answer_at_both_ends(connection: Connection) -> None:
    span = parse_span("20110509")
    found = places(connection, Query(key_ranges(CRIME, None), span))
    assert found == [2]
    second = parse_timestamp("20130326122952")
    assert places(connection, Query(ALL.ranges, Span(second, second))) == [5, 6]
    assert count(connection, Query(ALL.ranges, Span(second, second))) == 2


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("1996", [1, 2, 4, 3, 5, 6]),
        ("20110509101621", [2, 4, 3, 5, 6, 1]),
        ("20110519101621", [2, 4, 3, 5, 6, 1]),
        ("20110519101622", [4, 3, 2, 5, 6, 1]),
        ("2099", [5, 6, 4, 3, 2, 1]),
    ],
)
def test_the_closest_come_first(connection: Connection, moment: str, found: list[int]) -> None:
    query = Query(key_ranges(CRIME, None))
    given = [one.offset // 1000 for one in closest(connection, query, parse_timestamp(moment))]
    assert sorted(given) == sorted(found)
    assert [place for place in given if place not in (3, 4)] == [
        place for place in found if place not in (3, 4)
    ]


def test_a_capture_is_placed_among_its_neighbours(connection: Connection) -> None:
    whole = [Place(one.timestamp, one.url, one.number) for one in index.versions(connection, CRIME)]
    for at, one in enumerate(index.versions(connection, CRIME)):
        placed = index.placed(connection, one)
        assert (placed.first, placed.last) == (whole[0], whole[-1])
        assert placed.previous == (whole[at - 1] if at else None)
        assert placed.following == (whole[at + 1] if at + 1 < len(whole) else None)


@pytest.mark.parametrize("url", ["", "ftp:", "http://", "http://[::1/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        key_ranges(url, Match.HOST)
