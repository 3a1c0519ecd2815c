import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, select

from archiver.digests import sha1, write_digest
from archiver.errors import ArchiveError, NotWritableError
from archiver.records import Capture, Kind, Problem
from archiver.warc import NewRecord, record_id
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.commits import COMMITS, CommitNote, read_notes
from snapshots.rebuild import rebuild
from snapshots.rows import Entry, count_captures, store_captures
from snapshots.tables import commit_note, snapshot
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer, store_problems
from tests.snapshots.helpers import all_captures, all_files, all_rows

DATE = datetime(2011, 5, 9, 10, 16, 21, tzinfo=UTC)
URL = "http://www.homeoffice.example/"


@pytest.fixture(autouse=True)
def _snapshot(archive: Archive) -> None:
    row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
    with Writer(archive) as writer:
        writer.commit(
            lambda connection: connection.execute(insert(snapshot).values(**row, captures=0))
        )


def capture(
    writer: Writer, number: int, *, extend: bool = True, problems: int = 0, size: int = 100
) -> None:
    """Commit one capture, as a crawl does."""
    body = b"%04d" % number * (size // 4)
    place = writer.append(
        NewRecord("resource", record_id(), DATE, f"{URL}{number}", "a/b", body, sha1(body))
    )
    entry = Entry(
        Capture(
            *(f"{URL}{number}", "20110509101621", Kind.RESOURCE, None, "a/b"),
            *(write_digest(sha1(body)), place.file, place.offset, place.length),
        )
    )

    def store(connection: Connection) -> None:
        store_captures(connection, [entry], 1)
        count_captures(connection)
        found = [Problem("soft-404", f"{number}", "") for _ in range(problems)]
        store_problems(connection, None, found)

    writer.commit(store, snapshot_id=1, extend=extend)


def notes(archive: Archive) -> list[CommitNote]:
    """Read the notes, which must be sound and those the catalogue knows; leave out the first."""
    found = list(read_notes(archive.path))
    assert [one for one in found if isinstance(one, Problem)] == []
    told = [one for one in found if not isinstance(one, Problem)]
    with archive.catalogue.read() as connection:
        rows = connection.execute(select(commit_note.c.sha256).order_by(commit_note.c.id)).all()
    assert [digest for _, digest in told] == [digest for (digest,) in rows]
    return [note for note, _ in told][1:]


def sound(archive: Archive) -> list[str]:
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    return [f"{one.code} {one.file} {one.message}" for one in found]


def leftovers(archive: Archive) -> set[str]:
    return {name for name in all_files(archive) if COMMITS in name and not name.endswith(".json")}


@contextmanager
def failing_transaction(archive: Archive, error: Exception) -> Iterator[None]:
    """Let a transaction fail when all is written but the database's own last word."""

    def fail(_: Connection) -> None:
        raise error

    event.listen(archive.catalogue.engine, "commit", fail)
    yield
    event.remove(archive.catalogue.engine, "commit", fail)


def test_many_commits_are_told_by_one_note_and_by_it_made_anew(archive: Archive) -> None:
    with Writer(archive) as writer:
        for number in range(5):
            capture(writer, number, problems=number % 2)
        [note] = notes(archive)
        assert [(part.start > 0, part.end > part.start) for part in note.parts] == [(False, True)]
        assert [row["id"] for row in note.rows["problem"]] == [1, 2]
        assert [row["captures"] for row in note.rows["snapshot"]] == [5]
        assert leftovers(archive) == set()
        assert sound(archive) == []
    before = all_rows(archive)
    before.pop("verification")
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again:
        after = all_rows(again)
        after.pop("verification")
        assert after == before
        assert sound(again) == []


def test_a_note_tells_of_so_many_commits_and_no_more(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_EXTENSIONS", 3)
    with Writer(archive) as writer:
        for number in range(7):
            capture(writer, number)
    assert len(notes(archive)) == 3
    assert sound(archive) == []


def test_a_note_that_grew_long_is_extended_no_more(archive: Archive) -> None:
    # It is written whole each time; the problems of a hostile site would make that slow.
    with Writer(archive) as writer:
        for number in range(3):
            capture(writer, number, problems=400)
    assert len(notes(archive)) == 3
    assert sound(archive) == []


def test_another_kind_of_commit_ends_a_note(archive: Archive) -> None:
    with Writer(archive) as writer:
        for number in range(6):
            capture(writer, number, extend=number != 3)
    assert [len(note.parts) for note in notes(archive)] == [1, 1, 1]
    assert sound(archive) == []


def test_a_full_file_ends_a_note_and_the_next_tells_of_both(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 2_000)
    with Writer(archive) as writer:
        for number in range(40):
            capture(writer, number, size=4000)
    told = notes(archive)
    with archive.catalogue.read() as connection:
        files = len(connection.execute(select(writing.warc_file.c.id)).all())
    assert files > 2
    assert len(told) == files
    assert sound(archive) == []


def test_a_writer_opened_anew_begins_a_note(archive: Archive) -> None:
    for number in range(2):
        with Writer(archive) as writer:
            capture(writer, 2 * number)
            capture(writer, 2 * number + 1)
    assert len(notes(archive)) == 2
    assert sound(archive) == []


def test_an_extension_that_fails_leaves_the_note_as_it_was(archive: Archive) -> None:
    with Writer(archive) as writer:
        capture(writer, 1)
        before = (archive.path / COMMITS / "00000002.json").read_bytes()
        with (
            failing_transaction(archive, ArchiveError("the cable was cut")),
            pytest.raises(ArchiveError, match="the cable was cut"),
        ):
            capture(writer, 2)
        assert (archive.path / COMMITS / "00000002.json").read_bytes() != before
        writer.roll_back()
        assert (archive.path / COMMITS / "00000002.json").read_bytes() == before
        assert leftovers(archive) == set()
        capture(writer, 3)  # the next begins one
    assert len(notes(archive)) == 2
    assert [found.url for found in all_captures(archive)] == [f"{URL}1", f"{URL}3"]
    assert sound(archive) == []


def test_a_note_extended_without_its_transaction_is_put_back(
    archive: Archive, tmp_path: Path
) -> None:
    # The files as a kill just before the transaction took effect leaves them.
    killed = tmp_path / "killed"
    with Writer(archive) as writer:
        capture(writer, 1)
        note = archive.path / COMMITS / "00000002.json"
        before = note.read_bytes()

        def copy(_: Connection) -> None:
            shutil.copytree(archive.path / COMMITS, killed)

        event.listen(archive.catalogue.engine, "commit", copy)
        with failing_transaction(archive, ArchiveError("killed")), pytest.raises(ArchiveError):
            capture(writer, 2)
        event.remove(archive.catalogue.engine, "commit", copy)
    assert {place.name for place in killed.iterdir()} == {
        *("00000001.json", "00000002.json", "00000002.json.before")
    }
    assert (killed / "00000002.json.before").read_bytes() == before
    shutil.rmtree(archive.path / COMMITS)
    killed.rename(archive.path / COMMITS)
    with Writer(archive):
        assert note.read_bytes() == before
        assert leftovers(archive) == set()
        assert len(notes(archive)) == 1
    assert sound(archive) == []


def test_an_earlier_note_that_outlived_the_transaction_is_removed(archive: Archive) -> None:
    # A power failure may bring back a name that was taken away.
    with Writer(archive) as writer:
        capture(writer, 1)
        note = archive.path / COMMITS / "00000002.json"
        shutil.copy(note, note.with_name("00000002.json.before"))
        capture(writer, 2)
        after = note.read_bytes()
    note.with_name("00000002.json.before").write_bytes(b"an earlier one")
    note.with_name("00000002.json.before.new").write_bytes(b"half of")
    note.with_name("00000002.json.new").write_bytes(b"half of")
    with Writer(archive):
        assert note.read_bytes() == after
        assert leftovers(archive) == set()
    assert sound(archive) == []


def test_two_names_of_one_note_are_no_two_notes(archive: Archive) -> None:
    # Killed when the second name was given, and before the new note took the first.
    with Writer(archive) as writer:
        capture(writer, 1)
    note = archive.path / COMMITS / "00000002.json"
    os.link(note, note.with_name("00000002.json.before"))
    with Writer(archive):
        assert leftovers(archive) == set()
    assert len(notes(archive)) == 1


def test_a_file_system_without_second_names_will_do(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with Writer(archive) as writer:
        for number in range(3):
            capture(writer, number)
        with failing_transaction(archive, ArchiveError("no")), pytest.raises(ArchiveError):
            capture(writer, 4)
        writer.roll_back()
    assert len(all_captures(archive)) == 3
    assert sound(archive) == []


def test_a_note_that_cannot_be_written_leaves_the_earlier_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Writer(archive) as writer:
        capture(writer, 1)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("snapshots.disk.os.fsync", full)
            with pytest.raises(NotWritableError):
                capture(writer, 2)
        writer.roll_back()
        capture(writer, 3)
    assert leftovers(archive) == set()
    assert len(notes(archive)) == 2
    assert sound(archive) == []


def test_an_extension_whose_answer_was_lost_is_made(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archive.catalogue.write

    @contextmanager
    def cut_off() -> Iterator[Connection]:
        with real() as connection:
            yield connection
        raise ArchiveError("the connection broke")

    with Writer(archive) as writer:
        capture(writer, 1)
        with monkeypatch.context() as patch:
            patch.setattr(archive.catalogue, "write", cut_off)
            capture(writer, 2)
        capture(writer, 3)
        assert leftovers(archive) == set()
    assert len(notes(archive)) == 1
    assert len(all_captures(archive)) == 3
    assert sound(archive) == []


def test_a_check_finds_all_sound_while_notes_are_extended(archive: Archive) -> None:
    ready, end = threading.Event(), threading.Event()

    def crawl() -> None:
        with Writer(archive) as writer:
            number = 0
            while not end.is_set():
                number += 1
                capture(writer, number)
                if number == 3:
                    ready.set()

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        assert ready.wait(30)
        found = [one for _ in range(3) for one in sound(archive)]
    finally:
        end.set()
        thread.join()
    assert found == []
    assert sound(archive) == []


def test_a_changed_note_is_still_found_out(archive: Archive) -> None:
    with Writer(archive) as writer:
        capture(writer, 1)
        capture(writer, 2)
    note = archive.path / COMMITS / "00000002.json"
    note.write_bytes(
        note.read_bytes().replace(b'"commits"', b'"commitS"').replace(b"2011", b"2012")
    )
    assert any(one.startswith("changed-file") for one in sound(archive))
