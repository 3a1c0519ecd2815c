"""Words through time; counted by site and year; and gone when their pages are."""

from pathlib import Path

import pytest

import marsham
from archiver.timestamps import parse_date, parse_span
from extract.occurrences import Spell, Trend, spells, trends
from extract.search import count_found, search_pages
from extract.store import extract_archive
from extract.tables import WORD_INDEX
from snapshots.archive import Archive
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc

HOST = "http://www.homeoffice.example"


@pytest.fixture
def archive(sqlite_archive: Archive, tmp_path: Path) -> Archive:
    def page(path: str, date: str, title: str, text: str) -> bytes:
        body = f"<title>{title}</title><h1>{title}</h1><p>{text}</p>".encode()
        return response(body, url=path, date=f"{date}-05-29T00:00:00Z")

    records = [
        page(f"{HOST}/a/", "2009", "Locks", "The lock of the front door. Ynys Môn."),
        page(f"{HOST}/a/", "2010", "Locks", "A burglar came; the door had no lock at all then."),
        page(f"{HOST}/a/", "2011", "Doors", "The door is open. Burglary is up."),
        page(f"{HOST}/b/", "2010", "Windows", "A lock on each window and no more than that."),
        page("http://council.example/c/", "2011", "Bolts", "Lock them."),
    ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(sqlite_archive, [tmp_path / "in.warc.gz"])
    marsham.extract(sqlite_archive, jobs=1)
    return sqlite_archive


@pytest.mark.parametrize(
    ("asked", "at", "urls"),
    [
        ('"front door"', "2009", ["/a/"]),
        ('"door front"', "2009", []),
        ("burgl*", "2010", ["/a/"]),
        ("burgl*", "2009", []),
        ("burgl", "2010", []),
        ("lock -window", "2010", ["/a/"]),
        ("lock NEAR/1 each", "2010", ["/b/"]),
        ("lock NEAR/1 that", "2010", []),
        ("window OR burglar", "2010", ["/a/", "/b/"]),
        ("ynys mon", "2009", ["/a/"]),
        ("YNYS MÔN", "2009", ["/a/"]),
        ("lock", "2011", ["/b/", "council"]),
    ],
)
def test_pages_are_found_by_what_stood_there_at_the_date(
    archive: Archive, asked: str, at: str, urls: list[str]
) -> None:
    with archive.catalogue.read() as connection:
        results = search_pages(connection, asked, parse_span(at).last)
        facet = count_found(connection, asked, parse_span(at).last)
    found = sorted(one.capture.url for one in results.pages)
    assert len(found) == len(urls)
    assert all(any(part in url for url in found) for part in urls)
    assert facet is not None
    assert facet.number == len(urls)


def test_what_is_found_is_counted_by_site_and_year(archive: Archive) -> None:
    with archive.catalogue.read() as connection:
        facet = count_found(connection, "lock", parse_span("2011").last)
    assert facet is not None
    assert facet.sites == (("council.example", 1), ("www.homeoffice.example", 1))
    assert facet.years == (("2010", 1), ("2011", 1))


def test_results_come_in_pages(archive: Archive) -> None:
    with archive.catalogue.read() as connection:
        moment = parse_span("2011").last
        first = search_pages(connection, "lock", moment, limit=1)
        second = search_pages(connection, "lock", moment, limit=1, skip=1)
    assert (first.more, second.more) == (True, False)
    assert first.pages[0].capture.url != second.pages[0].capture.url


def test_words_are_followed_through_time(archive: Archive) -> None:
    with archive.catalogue.read() as connection:
        found = list(spells(connection, "lock"))
        early = list(spells(connection, "lock", span=parse_date("2009")))
    assert found[0] == Spell(
        f"{HOST}/a/", "Locks", "20090529000000", "20100529000000", 2, 3, "20110529000000"
    )
    assert [one.url for one in found[1:]] == [f"{HOST}/b/", "http://council.example/c/"]
    assert early == [Spell(f"{HOST}/a/", "Locks", "20090529000000", "20090529000000", 1, 1)]


def test_a_trend_counts_captures_of_each_year(archive: Archive) -> None:
    with archive.catalogue.read() as connection:
        assert trends(connection, "door") == [
            Trend("2009", 1, 1), Trend("2010", 1, 2), Trend("2011", 1, 2)
        ]  # fmt: skip
        assert trends(connection, "door", site="council.example") == [Trend("2011", 0, 1)]


def test_what_is_withdrawn_is_found_by_no_word(archive: Archive) -> None:
    withdraw(archive, Scope("page", f"{HOST}/a/"), Decision("private", "the panel"), lambda *_: ())
    with archive.catalogue.read() as connection:
        moment = parse_span("2011").last
        assert not search_pages(connection, "door", moment).pages
        assert [one.url for one in spells(connection, "door")] == []
        assert sum(one.captures for one in trends(connection, "door")) == 0
        facet = count_found(connection, "door", moment)
    assert facet is not None
    assert facet.number == 0


def test_the_index_follows_what_is_read_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.store.EXTRACTOR_VERSION", 1_000)
    extract_archive(archive, jobs=1)
    with archive.catalogue.read() as connection:
        assert len(search_pages(connection, "lock", parse_span("2010").last).pages) == 2
        sound = f"INSERT INTO {WORD_INDEX}({WORD_INDEX}, rank) VALUES ('integrity-check', 1)"
        connection.exec_driver_sql(sound)
