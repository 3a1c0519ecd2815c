"""Pages and sites through time, from what was kept when they were read."""

from pathlib import Path

import pytest

import marsham
from archiver.timestamps import Span, parse_date
from extract.compare.timelines import (
    Month,
    Step,
    StepKind,
    changes_around,
    page_timeline,
    site_timeline,
)
from snapshots.archive import Archive
from snapshots.mementos import capture_at
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, revisit, warc

HOST = "http://www.hearths.example"
PAGE = f"{HOST}/wardens/"
OIL = "<h1>Wardens</h1><p>Each warden is given oil for one lantern and a bench.</p>"
MORE = "<h1>Wardens</h1><p>Each warden is given oil for two lanterns and a bench.</p>"
GONE = "<title>Page not found</title><h1>Page not found</h1><p>Sorry, there is no such page.</p>"
NOTICE = "<p>This guidance was withdrawn on 3 May 2012.</p>"


def page(body: str, date: str, url: str = PAGE, status: str = "200 OK") -> bytes:
    return response(body.encode(), url=url, date=f"{date}T10:00:00Z", status=status)


RECORDS = [
    page(OIL, "2009-01-01"),
    revisit(OIL.encode(), url=PAGE, date="2009-02-01T10:00:00Z"),
    page(OIL + "<!-- 3 -->", "2009-03-01"),
    page(OIL + "<p>Page generated in 0.3 seconds</p>", "2009-04-01"),
    page(MORE, "2009-05-01"),
    page(GONE, "2009-06-01"),
    page("<h1>Down</h1>", "2009-06-02", status="503 Service Unavailable"),
    page(MORE, "2009-07-01"),
    page("", "2009-08-01", status="301 Moved Permanently"),
    page(NOTICE + MORE, "2009-09-01"),
]


def kept(archive: Archive, folder: Path, records: list[bytes], *, read: bool = True) -> Archive:
    (folder / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(archive, [folder / "in.warc.gz"])
    if read:
        marsham.extract(archive, jobs=1)
    return archive


def steps(archive: Archive, url: str = PAGE, span: Span | None = None) -> list[Step]:
    with archive.catalogue.read() as connection:
        return page_timeline(connection, url, span)


def test_each_capture_is_held_against_the_last_that_shows_the_page(
    archive: Archive, tmp_path: Path
) -> None:
    found = steps(kept(archive, tmp_path, RECORDS))
    assert [(step.kind.value, step.state) for step in found] == [
        ("first", "content"),
        ("same bytes", "content"),
        ("same text", "content"),
        ("noise only", "content"),
        ("changed", "content"),
        ("no page", "not-found"),
        ("no page", "error"),
        ("same bytes", "content"),
        ("no page", "redirect"),
        ("changed", "withdrawn"),
    ]
    assert [step.differs for step in found] == [
        False, False, False, False, True, True, True, True, True, True,
    ]  # fmt: skip
    changed = found[4]
    assert changed.before is not None
    assert changed.before.timestamp == "20090401100000"
    assert (changed.difference.words_added, changed.difference.words_removed) == (2, 2)
    assert (changed.size, found[3].size, found[5].size) == (4, 0, 0)
    back = found[7].before
    assert back is not None
    assert back.timestamp == "20090501100000"


def test_the_first_within_a_span_is_held_against_the_last_before_it(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    archive = kept(sqlite_archive, tmp_path, RECORDS)
    may = parse_date("2009-05")
    [step] = steps(archive, span=may)
    assert step.kind is StepKind.CHANGED


def test_pages_that_were_not_read_are_told_apart_by_their_bytes(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    archive = kept(sqlite_archive, tmp_path, RECORDS, read=False)
    assert [step.kind.value for step in steps(archive)[:4]] == [
        "first", "same bytes", "other bytes", "other bytes",
    ]  # fmt: skip
    marsham.extract(archive, only=f"{HOST}/nothing/", jobs=1)
    assert steps(archive)[2].kind is StepKind.OTHER_BYTES


def test_files_are_told_apart_by_their_bytes(sqlite_archive: Archive, tmp_path: Path) -> None:
    head = [("Content-Type", "application/pdf")]
    records = [
        response(data, url=PAGE, date=f"20{year}-01-01T00:00:00Z", head=head)
        for year, data in ((10, b"%PDF-1"), (11, b"%PDF-1"), (12, b"%PDF-2"))
    ]
    found = steps(kept(sqlite_archive, tmp_path, records))
    assert [(step.kind.value, step.state, step.size) for step in found] == [
        ("first", "file", 0), ("same bytes", "file", 0), ("other bytes", "file", 1),
    ]  # fmt: skip


def test_what_is_withdrawn_is_no_step_and_nothing_is_held_against_it(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    archive = kept(sqlite_archive, tmp_path, RECORDS)
    scope = Scope("page", PAGE, "20090501000000", "20090531235959")
    withdraw(archive, scope, Decision("private", "the panel"), lambda *_: ())
    found = steps(archive)
    assert "20090501100000" not in {step.capture.timestamp for step in found}
    before = found[6].before
    assert before is not None
    assert before.timestamp == "20090401100000"


@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        ("20090201", None, "20090501100000"),  # over another wording of the same, and a counter
        ("20090501", "20090401100000", "20090601100000"),
        ("20090602", "20090601100000", "20090701100000"),
        ("20090901", "20090801100000", None),
    ],
)
def test_the_neighbours_that_show_something_else_are_found(
    sqlite_archive: Archive, tmp_path: Path, at: str, before: str | None, after: str | None
) -> None:
    archive = kept(sqlite_archive, tmp_path, RECORDS)
    with archive.catalogue.read() as connection:
        of = capture_at(connection, PAGE, parse_date(at).first)
        found = changes_around(connection, of)
    assert [one and one.timestamp for one in found] == [before, after]


def test_without_reading_the_neighbours_are_those_of_other_bytes(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    archive = kept(sqlite_archive, tmp_path, RECORDS, read=False)
    with archive.catalogue.read() as connection:
        of = capture_at(connection, PAGE, parse_date("20090201").first)
        before, after = changes_around(connection, of)
        assert before is None
        assert after is not None
        assert after.timestamp == "20090301100000"
        assert changes_around(connection, of, most=0) == (None, None)


def test_a_site_is_counted_by_month(sqlite_archive: Archive, tmp_path: Path) -> None:
    records = [
        page(OIL, "2009-01-01"),
        page(OIL, "2009-01-02", f"{HOST}/oil/"),
        page(MORE, "2009-01-20"),
        page(MORE, "2009-03-01"),
        page("<h1>Gone</h1>", "2009-03-02", f"{HOST}/oil/", "404 Not Found"),
        page(OIL, "2009-03-03", "http://elsewhere.example/"),
        response(b"GIF89a", url=f"{HOST}/a.gif", head=[("Content-Type", "image/gif")]),
    ]
    archive = kept(sqlite_archive, tmp_path, records)
    with archive.catalogue.read() as connection:
        found = site_timeline(connection, f"{HOST}/")
        assert list(found.months) == [
            Month("200901", 3, 2, pages_new=2, pages_changed=1, changes=1, words_added=2,
                  words_removed=2),
            Month("200903", 2, 2, pages_gone=1),
        ]  # fmt: skip
        assert site_timeline(connection, f"{HOST}/", parse_date("2009-03")).months[0].captures == 2
        assert [(one.url, one.changes, one.last) for one in found.pages] == [
            (PAGE, 1, "20090120100000")
        ]
        assert not found.cut
        assert site_timeline(connection, f"{HOST}/", most=1).cut
        assert site_timeline(connection, "http://nobody.example/").months == ()


def test_nothing_is_told_of_a_page_never_captured(sqlite_archive: Archive) -> None:
    assert steps(sqlite_archive) == []


def test_a_page_removed_by_an_erasure_leaves_no_sketch(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    from extract.erased import forget_readings
    from extract.tables import page_sketch

    archive = kept(sqlite_archive, tmp_path, RECORDS[:1])
    with archive.catalogue.write() as connection:
        assert connection.execute(page_sketch.select()).all()
        forget_readings(connection, [], [PAGE])
        assert not connection.execute(page_sketch.select()).all()
