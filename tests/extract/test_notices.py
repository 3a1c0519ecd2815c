"""Contact details that changed since: what is told of a page, and what is not."""

from pathlib import Path

import pytest

import marsham
from archiver.timestamps import parse_timestamp
from extract.notices import ContactNotice, notices_for
from snapshots.archive import Archive
from snapshots.mementos import memento_at
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc

URL = "http://www.homeoffice.example/press/"
NEW = "http://www.homeoffice.example/contact/press/"


def page(
    phone: str, *, email: str = "press@homeoffice.example", name: str = "Press office"
) -> bytes:
    return f"<h1>{name}</h1><p>{name}<br>Tel: {phone}<br>Email: {email}</p>".encode()


def held(archive: Archive, tmp_path: Path, *records: bytes, extract: bool = True) -> Archive:
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(archive, [tmp_path / "in.warc.gz"])
    if extract:
        marsham.extract(archive, jobs=1)
    return archive


def notices(archive: Archive, at: str) -> tuple[ContactNotice, ...]:
    return notices_for(archive, memento_at(archive, URL, parse_timestamp(at)))


OLD = response(page("020 7946 0441"), url=URL, date="2011-05-09T10:16:21Z")


def test_a_number_that_changed_is_told_as_printed_with_its_newest_value(
    archive: Archive, tmp_path: Path
) -> None:
    between = response(page("020 7946 0442"), url=URL, date="2012-01-01T00:00:00Z")
    new = response(page("020 7946 0555"), url=URL, date="2013-05-09T10:16:21Z")
    held(archive, tmp_path, OLD, between, new)
    assert [
        (one.field, one.here, one.newest, one.seen_at.year) for one in notices(archive, "2011")
    ] == [("phone", "020 7946 0441", "020 7946 0555", 2013)]
    assert notices(archive, "2013") == ()  # the newest itself


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (page("+44 20 7946 0441"), "written otherwise, the same number"),
        (b"<h1>Press office</h1><p>Closed.</p>", "nothing newer is known"),
        (page("020 7946 0555", name="Passport office"), "another office's"),
    ],
)
def test_nothing_is_told_where_nothing_is_known_to_have_changed(
    later: bytes, why: str, sqlite_archive: Archive, tmp_path: Path
) -> None:
    new = response(later, url=URL, date="2013-05-09T10:16:21Z")
    held(sqlite_archive, tmp_path, OLD, new)
    assert notices(sqlite_archive, "2011") == (), why


def test_the_newest_value_is_found_where_the_page_moved_to(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    moved = response(
        b"", url=URL, status="301 Moved", head=(("Location", NEW),), date="2013-01-01T00:00:00Z"
    )
    new = response(page("020 7946 0555"), url=NEW, date="2013-01-01T00:00:01Z")
    held(sqlite_archive, tmp_path, OLD, moved, new)
    found = notices(sqlite_archive, "2011")
    assert [(one.newest, one.url) for one in found] == [("020 7946 0555", NEW)]


def test_a_redirect_that_goes_round_ends(sqlite_archive: Archive, tmp_path: Path) -> None:
    records = [
        response(
            b"",
            url=one,
            status="301 Moved",
            head=(("Location", other),),
            date="2013-01-01T00:00:00Z",
        )
        for one, other in ((URL, NEW), (NEW, URL))
    ]
    held(sqlite_archive, tmp_path, OLD, *records)
    assert notices(sqlite_archive, "2011") == ()


def test_a_withdrawn_value_is_not_told(sqlite_archive: Archive, tmp_path: Path) -> None:
    new = response(page("020 7946 0555"), url=URL, date="2013-05-09T10:16:21Z")
    held(sqlite_archive, tmp_path, OLD, new)
    withdraw(
        sqlite_archive,
        Scope("page", URL, "20130101000000"),
        Decision("private", "the panel"),
        lambda *_: (),
    )
    assert notices(sqlite_archive, "2011") == ()


def test_an_archive_of_which_nothing_was_extracted_tells_nothing(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    new = response(page("020 7946 0555"), url=URL, date="2013-05-09T10:16:21Z")
    held(sqlite_archive, tmp_path, OLD, new, extract=False)
    assert notices(sqlite_archive, "2011") == ()
