"""Pages read into the catalogue: several at once, in order, and past those made to do harm."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.confined import Limits
from archiver.timestamps import parse_timestamp
from extract.asof import pages_as_of
from extract.store import extract_archive
from extract.tables import extraction, extraction_failure
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.settings import Settings
from snapshots.writer import Writer
from tests.builders import response, warc
from tests.snapshots.helpers import all_rows

HOST = "http://www.northshire.example"
SHORT = Limits(seconds=1)
# An element with this many attributes takes the parser, which is not ours, minutes.
ENDLESS = b"<p " + b" ".join(b"a%d=1" % number for number in range(200_000)) + b">Harm</p>"


def page(title: str) -> bytes:
    return f"<h1>{title}</h1><p>Press office: 020 7946 0441, press@northshire.example</p>".encode()


def ingest(archive: Archive, source: Path, *pages: tuple[str, str, bytes]) -> None:
    """Take in pages as (name, date, bytes)."""
    source.write_bytes(
        warc(*(response(body, url=f"{HOST}/{name}", date=date) for name, date, body in pages))
    )
    with Writer(archive) as writer:
        take_in(writer, source)


def titles(archive: Archive) -> dict[str, str | None]:
    with archive.catalogue.read() as connection:
        found = pages_as_of(connection, parse_timestamp("20140101"))
        return {each.capture.url.rpartition("/")[2]: each.facts.title for each in found}


def test_a_page_that_takes_too_long_costs_itself_and_is_not_tried_again_unless_asked(
    archive: Archive, tmp_path: Path
) -> None:
    day = "2011-05-09T10:16:21Z"
    pages = [("a", day, page("First")), ("b", day, ENDLESS), ("c", day, page("Last"))]
    ingest(archive, tmp_path / "a.warc.gz", *pages, ("d", day, ENDLESS))
    report = extract_archive(archive, limits=SHORT)
    assert (report.captures, report.read, report.shared, report.given_up) == (4, 2, 1, 1)
    [problem] = report.problems
    assert (problem.code, problem.url) == ("given-up", f"{HOST}/b")
    assert problem.offset is not None
    assert problem.message.startswith(
        "reading it took more than 1 s of processor time; payload sha1:"
    )
    assert titles(archive) == {"a": "First", "c": "Last"}

    report = extract_archive(archive, limits=SHORT)
    assert (report.captures, report.given_up, report.problems) == (0, 1, [])

    report = extract_archive(archive, limits=SHORT, again=True)
    assert (report.captures, report.read, report.shared, report.given_up) == (2, 0, 1, 1)
    assert [problem.code for problem in report.problems] == ["given-up"]
    with archive.catalogue.read() as connection:
        given_up = connection.execute(
            select(extraction.c.url, extraction.c.problems, extraction_failure.c.cause).join(
                extraction_failure, extraction_failure.c.extraction_id == extraction.c.id
            )
        ).all()
    assert [tuple(row) for row in given_up] == [
        (f"{HOST}/b", "reading it took more than 1 s of processor time", "time")
    ]


def test_a_page_that_needs_too_much_memory_is_given_up_and_read_where_there_is_more(
    archive: Archive, tmp_path: Path
) -> None:
    large = page("Large") + b"<p>x</p>" * 200_000
    day = "2011-05-09T10:16:21Z"
    ingest(archive, tmp_path / "a.warc.gz", ("a", day, large), ("b", day, page("Small")))
    report = extract_archive(archive, limits=Limits(memory=160 << 20))
    assert ["needed more than 160 MiB" in found.message for found in report.problems] == [True]
    assert titles(archive) == {"b": "Small"}
    assert extract_archive(archive, again=True).given_up == 0
    assert titles(archive) == {"a": "Large", "b": "Small"}


def test_what_could_be_read_of_an_address_stands_while_a_newer_version_is_given_up(
    archive: Archive, tmp_path: Path
) -> None:
    ingest(
        archive,
        tmp_path / "a.warc.gz",
        ("a", "2011-05-09T10:16:21Z", page("Old")),
        ("a", "2013-03-26T12:29:52Z", ENDLESS),
    )
    assert extract_archive(archive, limits=SHORT).given_up == 1
    assert titles(archive) == {"a": "Old"}


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_the_catalogue_is_the_same_however_many_pages_are_read_at_once(
    tmp_path: Path, jobs: int
) -> None:
    # Sizes differ, so that pages are done in another order than they come; some come again.
    pages = [
        (
            f"{number}",
            f"2011-05-{number % 28 + 1:02}T10:16:21Z",
            page(f"Page {number % 31}") + b"<p>Some words.</p>" * (number % 31 * 37 % 300),
        )
        for number in range(90)
    ]
    rows = []
    for name, some in (("one", 1), ("many", jobs)):
        with Archive.create(tmp_path / name, Settings()) as archive:
            ingest(archive, tmp_path / f"{name}.warc.gz", *pages)
            report = extract_archive(archive, jobs=some)
            assert (report.captures, report.read, report.shared) == (90, 31, 59)
            found = all_rows(archive)
            rows.append(
                {table: found[table] for table in found if "page" in table or "ex" in table}
            )
            rows[-1]["observation"] = found["observation"]
    assert rows[0] == rows[1]
    assert len(rows[0]["page_version"]) == 90


def test_an_interrupted_extraction_goes_on_where_it_was(
    sqlite_archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.store._BATCH", 10)
    day = "2011-05-09T10:16:21Z"
    ingest(
        sqlite_archive,
        tmp_path / "a.warc.gz",
        *((f"{number}", day, page(f"Page {number}")) for number in range(30)),
    )

    def stop(done: int, of: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_archive(sqlite_archive, jobs=3, tick=stop)
    left = [one.name for one in threading.enumerate() if one.name.startswith("ThreadPool")]
    assert left == []  # no thread that reads pages, and so no child
    assert extract_archive(sqlite_archive, jobs=3).read == 10
    assert len(titles(sqlite_archive)) == 30


_EXTRACT = """
import sys
from pathlib import Path
from extract import store
from snapshots.archive import Archive
store._BATCH = 7
with Archive.open(Path(sys.argv[1])) as archive:
    store.extract_archive(archive, jobs=1, tick=lambda done, of: print(done, flush=True))
"""


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_an_extraction_killed_at_any_moment_and_run_again_gives_the_same_catalogue(
    tmp_path: Path, batches: int
) -> None:
    pages = [
        (f"{number}", f"2011-05-{number % 28 + 1:02}T10:16:21Z", page(f"Page {number % 23}"))
        for number in range(40)
    ]
    rows = []
    for name, is_killed in (("whole", False), ("killed", True)):
        place = tmp_path / name
        with Archive.create(place, Settings()) as archive:
            ingest(archive, tmp_path / f"{name}.warc.gz", *pages)
        if is_killed:
            command = [sys.executable, "-c", _EXTRACT, str(place)]
            root = str(Path(__file__).resolve().parents[2])
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": root}
            ) as process:
                assert process.stdout is not None
                for _ in range(batches):  # without one it dies while it is being started
                    process.stdout.readline()
                process.kill()
        with Archive.open(place) as archive:
            report = extract_archive(archive)
            assert report.captures <= 40 - (7 * batches if is_killed else 0)
            rows.append(all_rows(archive))
    assert rows[0]["observation"]
    for table in (
        *("page_text", "extraction", "extraction_failure", "page_sketch"),
        *("page_version", "observation"),
    ):
        assert rows[0][table] == rows[1][table], table
