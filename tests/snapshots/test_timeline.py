"""Snapshots of a page in time, and lists of addresses; in both databases."""

from datetime import datetime
from pathlib import Path

import pytest

import marsham
from archiver.timestamps import parse_span, parse_timestamp
from snapshots import index
from snapshots.addresses import addresses_below
from snapshots.archive import Archive
from snapshots.membership import membership_of
from snapshots.timeline import per_day, per_hour, per_year
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, revisit, warc

HOST = "http://www.homeoffice.example"
URL = f"{HOST}/crime/"


@pytest.fixture
def filled(archive: Archive, tmp_path: Path) -> Archive:
    records = [
        response(b"one", url=URL, date="2009-12-31T23:59:59Z"),
        response(b"one", url=URL, date="2010-01-01T00:00:00Z"),
        revisit(b"one", url=URL, date="2010-01-01T13:00:00Z"),
        response(b"two", url="http://homeoffice.example/Crime", date="2010-01-01T13:59:59Z"),
        response(b"three", url=URL, date="2011-05-29T10:16:21Z"),
        *(
            response(b"x", url=f"{HOST}/crime/{name}", date="2011-05-29T10:16:21Z")
            for name in ("a", "a?b=1", "A", "z/y")
        ),
        response(b"x", url="http://www.homeoffice.example.other.example/crime/"),
        response(b"x", url=f"{HOST}/crimes"),
    ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(archive, [tmp_path / "in.warc.gz"])
    return archive


def test_captures_are_counted_by_year_day_and_hour(filled: Archive) -> None:
    with filled.catalogue.read() as connection:
        years = per_year(connection, URL)
        days = per_day(connection, URL, parse_span("2010"))
        hours = per_hour(connection, URL, parse_span("20100101"))
    assert [(year.digits, year.number, year.contents) for year in years] == [
        ("2009", 1, 1), ("2010", 3, 2), ("2011", 1, 1)
    ]  # fmt: skip
    assert [(day.digits, day.number, day.first) for day in days] == [
        ("20100101", 3, "20100101000000")
    ]
    assert [(hour.digits, hour.number) for hour in hours] == [("2010010100", 1), ("2010010113", 2)]


def test_addresses_are_listed_page_by_page_without_loss(filled: Archive) -> None:
    with filled.catalogue.read() as connection:
        whole = addresses_below(connection, f"{HOST}/crime/", limit=100)
        found = []
        after = None
        while page := addresses_below(connection, f"{HOST}/crime/", after=after, limit=2):
            found += page
            after = (page[-1].key, page[-1].url)
        assert [(one.url, one.number) for one in whole] == [
            ("http://homeoffice.example/Crime", 1),
            (URL, 4),
            (f"{HOST}/crime/A", 1),
            (f"{HOST}/crime/a", 1),
            (f"{HOST}/crime/a?b=1", 1),
            (f"{HOST}/crime/z/y", 1),
        ]
        assert found == whole
        assert (whole[1].first, whole[1].last) == ("20091231235959", "20110529101621")
        assert len(addresses_below(connection, HOST, limit=100)) == 7


def test_what_is_withdrawn_is_neither_counted_nor_listed(filled: Archive) -> None:
    withdraw(filled, Scope("page", URL), Decision("a reason", "the panel"), lambda *_: ())
    with filled.catalogue.read() as connection:
        assert per_year(connection, URL) == []
        listed = addresses_below(connection, f"{HOST}/crime/", limit=100)
    assert f"{HOST}/crime/a" in [one.url for one in listed]
    assert URL not in [one.url for one in listed]


def test_a_capture_knows_the_snapshot_it_came_with(filled: Archive) -> None:
    with filled.catalogue.read() as connection:
        found = index.nearest(connection, URL, parse_timestamp("2011"))
        assert found is not None
        membership = membership_of(connection, found)
    assert membership is not None
    assert (membership.number, membership.kind) == (1, "ingest")
    assert datetime.strptime(membership.created, "%Y%m%d%H%M%S")  # noqa: DTZ007
