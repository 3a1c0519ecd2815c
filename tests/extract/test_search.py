"""Searching pages as of a date: what is found, when, where, and without extraction."""

from pathlib import Path

import pytest

import marsham
from archiver.timestamps import parse_span
from extract.search import Searched, search_pages
from snapshots.archive import Archive
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc

HOST = "http://www.homeoffice.example"


def fill(archive: Archive, tmp_path: Path, *, extract: bool = True) -> Archive:
    def page(title: str, text: str) -> bytes:
        return f"<title>{title}</title><h1>{title}</h1><p>{text}</p>".encode()

    records = [
        response(
            page("Burglary", "Lock your Windows."), url=f"{HOST}/a/", date="2009-01-01T00:00:00Z"
        ),
        response(
            page("Burglary", "Lock your doors."), url=f"{HOST}/a/", date="2011-01-01T00:00:00Z"
        ),
        response(
            page("Doors and windows", "100% safe"), url=f"{HOST}/b_c/", date="2009-01-01T00:00:00Z"
        ),
        response(b"gone", url=f"{HOST}/b_c/", status="404 Gone", date="2012-01-01T00:00:00Z"),
        response(
            page("Elsewhere", "windows"), url="http://other.example/a/", date="2009-01-01T00:00:00Z"
        ),
        response(page("Longer", "windows"), url=f"{HOST}.uk/", date="2009-01-01T00:00:00Z"),
    ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(archive, [tmp_path / "in.warc.gz"])
    if extract:
        marsham.extract(archive, jobs=1)
    return archive


def found(archive: Archive, words: str, at: str, site: str = "") -> list[str]:
    with archive.catalogue.read() as connection:
        results = search_pages(connection, words, parse_span(at).last, site=site)
    return [f"{one.capture.url} {one.capture.timestamp[:4]}" for one in results.pages]


def test_pages_are_found_as_they_stood_at_the_date_titles_first(
    archive: Archive, tmp_path: Path
) -> None:
    fill(archive, tmp_path)
    assert found(archive, "windows", "2009", "www.homeoffice.example") == [
        f"{HOST}/b_c/ 2009",  # has it in its title
        f"{HOST}/a/ 2009",
    ]
    assert found(archive, "WINDOWS", "2011", "homeoffice.example") == [f"{HOST}/b_c/ 2009"]
    assert found(archive, "windows", "2012", "www.homeoffice.example") == []  # gone by then
    assert len(found(archive, "windows", "2009")) == 4
    assert found(archive, "windows", "2008") == []
    withdraw(archive, Scope("page", f"{HOST}/a/"), Decision("private", "the panel"), lambda *_: ())
    assert found(archive, "windows lock", "2009") == []


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("lock windows", 1),  # all of them
        ("lock absent", 0),
        ("100%", 1),  # no sign stands for others
        ("1__%", 0),
        ("b_c", 0),  # an address is not text
        ("' or 1=1 --", 0),
        ("\\", 0),
        ("  ", 0),
        ("x " * 1000, 0),
        ("\udcff", 0),
        ("\0", 0),
    ],
)
def test_words_are_taken_as_they_are(
    words: str, number: int, sqlite_archive: Archive, tmp_path: Path
) -> None:
    fill(sqlite_archive, tmp_path)
    assert len(found(sqlite_archive, words, "2009", "www.homeoffice.example")) == number


def test_what_was_found_is_shown_with_what_stands_around_it(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    fill(sqlite_archive, tmp_path)
    with sqlite_archive.catalogue.read() as connection:
        results = search_pages(connection, "windows lock", parse_span("2009").last)
    assert results.searched is Searched.TEXT
    page = results.pages[0]
    assert page.title == "Burglary"
    assert page.snippet == (
        ("Burglary ", False), ("Lock", True), (" your ", False), ("Windows", True), (".", False)
    )  # fmt: skip


def test_without_extraction_addresses_are_searched(archive: Archive, tmp_path: Path) -> None:
    fill(archive, tmp_path, extract=False)
    with archive.catalogue.read() as connection:
        results = search_pages(connection, "HOMEOFFICE b_c", parse_span("2011").last)
    assert results.searched is Searched.ADDRESSES
    assert [one.capture.url for one in results.pages] == [f"{HOST}/b_c/"]
