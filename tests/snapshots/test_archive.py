import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from archiver.errors import (
    ArchiveError,
    LockedError,
    NoArchiveError,
    NotWritableError,
    SettingsError,
)
from snapshots import index
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.mementos import memento_of
from snapshots.settings import Settings
from snapshots.tables import SCHEMA_VERSION, schema_version, snapshot
from snapshots.writer import Writer
from tests.builders import response, warc

Unprivileged = tuple[Path, Callable[[Callable[[], object]], str]]

HOLD = """
import sys
from pathlib import Path
from snapshots.archive import Archive
from snapshots.writer import Writer
with Archive.open(Path(sys.argv[1])) as archive, Writer(archive):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_new_archive_opens_again_with_its_settings(tmp_path: Path) -> None:
    settings = Settings(name="Crime pages", institution="A Record Office")
    with Archive.create(tmp_path / "new" / "archive", settings):
        pass
    with Archive.open(tmp_path / "new" / "archive") as archive:
        assert archive.settings == settings
        with archive.catalogue.read() as connection:
            assert connection.scalar(select(schema_version.c.version)) == SCHEMA_VERSION
            assert list(index.every(connection)) == []


def test_an_empty_folder_becomes_an_archive(tmp_path: Path) -> None:
    with Archive.create(tmp_path) as archive:
        assert (archive.path / "marsham.toml").is_file()


@pytest.mark.parametrize("name", ["Crime & justice #1", "100% sure?", "caf\xe9", "a'b", "c:d"])
def test_a_folder_of_any_name_will_do(tmp_path: Path, name: str) -> None:
    with Archive.create(tmp_path / name):
        pass
    with Archive.open(tmp_path / name) as archive, archive.catalogue.read() as connection:
        assert list(index.every(connection)) == []
    assert (tmp_path / name / "catalogue.db").is_file()


def test_no_archive_is_made_where_something_is_already(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("keep me")
    with pytest.raises(ArchiveError, match="is not empty; choose a new folder"):
        Archive.create(tmp_path / "full")
    assert [place.name for place in (tmp_path / "full").iterdir()] == ["note.txt"]
    with pytest.raises(ArchiveError, match="is not a folder"):
        Archive.create(tmp_path / "full" / "note.txt")
    with Archive.create(tmp_path / "archive"):
        pass
    with pytest.raises(ArchiveError, match="is an archive already; nothing was changed"):
        Archive.create(tmp_path / "archive")


def test_where_there_is_no_archive_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoArchiveError, match=r"make one with: marsham --archive .* init"):
        Archive.open(tmp_path)
    with pytest.raises(NoArchiveError):
        Archive.open(tmp_path / "missing")


def test_an_archive_without_its_catalogue_says_so(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive"):
        pass
    (tmp_path / "archive" / "catalogue.db").unlink()
    with pytest.raises(ArchiveError, match="has lost its catalogue"):
        Archive.open(tmp_path / "archive")


def test_a_catalogue_that_is_no_database_is_an_error_of_the_archive(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive"):
        pass
    (tmp_path / "archive" / "catalogue.db").write_bytes(b"not a database, but long enough" * 99)
    with pytest.raises(
        ArchiveError,
        match=r"not be used: file is not a database \(.*catalogue.db\); .*: marsham rebuild",
    ):
        Archive.open(tmp_path / "archive")


def test_a_catalogue_of_another_version_is_not_touched(archive: Archive) -> None:
    with archive.catalogue.write() as connection:
        connection.execute(update(schema_version).values(version=99))
    with pytest.raises(
        ArchiveError, match=f"has version 99, and this Marsham knows {SCHEMA_VERSION}"
    ):
        Archive.open(archive.path)


def test_a_database_that_holds_a_catalogue_is_not_given_to_a_second_archive(
    postgres_database: str, tmp_path: Path
) -> None:
    settings = Settings(database=postgres_database)
    Archive.create(tmp_path / "one", settings).close()
    with pytest.raises(ArchiveError, match="holds the catalogue of an archive already"):
        Archive.create(tmp_path / "two", settings)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(name="two\nlines"),
        Settings(database="postgresql://nobody@127.0.0.1:1/none"),
        Settings(database="no database"),
    ],
    ids=["settings that cannot be written", "no server", "no address"],
)
def test_what_a_failed_start_made_is_removed_and_the_next_one_works(
    tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(ArchiveError):
        Archive.create(tmp_path / "new" / "archive", settings)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with pytest.raises(ArchiveError):
        Archive.create(tmp_path / "mine", settings)
    assert list((tmp_path / "mine").iterdir()) == []
    with Archive.create(tmp_path / "mine"):
        pass


def test_a_start_that_fails_when_the_catalogue_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("snapshots.archive.Catalogue.lay_out", full)
    with pytest.raises(NotWritableError, match="No space left"):
        Archive.create(tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_a_copy_left_out_are_made_again(archive: Archive, tmp_path: Path) -> None:
    for folder in ("warcs/open", "warcs", "originals", "manifests/commits", "quarantine"):
        (archive.path / folder).rmdir()
    (tmp_path / "a.warc.gz").write_bytes(warc(response()))
    with Writer(archive) as writer:
        assert take_in(writer, tmp_path / "a.warc.gz").captures == 1


def test_an_archive_that_may_not_be_looked_into_is_told(unprivileged: Unprivileged) -> None:
    folder, call_as_nobody = unprivileged
    Archive.create(folder / "archive").close()
    (folder / "archive").chmod(0o700)
    said = call_as_nobody(lambda: Archive.open(folder / "archive"))
    assert said.startswith("ArchiveError: ")
    assert "cannot be looked into: Permission denied; ask who keeps it" in said
    said = call_as_nobody(lambda: Archive.create(folder / "archive"))
    assert said.startswith("NotWritableError: cannot write to ")
    (folder / "archive").chmod(0o755)
    (folder / "archive/marsham.toml").chmod(0o600)
    said = call_as_nobody(lambda: Archive.open(folder / "archive"))
    assert said.startswith("SettingsError: ")
    assert "marsham.toml: Permission denied" in said


@pytest.mark.parametrize(
    ("database", "error", "message"),
    [
        ("nonsense", SettingsError, "database:"),
        ("oracle+nothing://x/y", SettingsError, "database:"),
        ("postgresql:///x?host=/nowhere", ArchiveError, "catalogue could not be used"),
    ],
)
def test_a_database_that_cannot_be_had_is_told(
    tmp_path: Path, database: str, error: type[ArchiveError], message: str
) -> None:
    with pytest.raises(error, match=message):
        Archive.create(tmp_path / "archive", Settings(database=database))
    with Archive.create(tmp_path / "archive"):  # nothing was left in the way
        pass


def test_a_second_writer_learns_at_once_who_is_writing(sqlite_archive: Archive) -> None:
    path = str(sqlite_archive.path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        start = time.monotonic()
        with pytest.raises(LockedError, match=rf"is being written by process {other.pid} on "):
            Writer(sqlite_archive)
        assert time.monotonic() - start < 2
        with sqlite_archive.catalogue.read() as connection:  # reading is possible meanwhile
            assert list(index.every(connection)) == []
        other.communicate("")
    with Writer(sqlite_archive) as writer:
        assert writer.recovered == []


def test_a_killed_writer_does_not_lock_others_out(sqlite_archive: Archive) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(sqlite_archive.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        other.stdout.readline()
        other.kill()
    with Writer(sqlite_archive):
        pass


def test_two_writers_in_one_process_lock_each_other_out(archive: Archive) -> None:
    with Writer(archive), pytest.raises(LockedError):
        Writer(archive)


def test_a_read_only_archive_can_be_read_but_not_written(unprivileged: Unprivileged) -> None:
    folder, call = unprivileged
    path = folder / "archive"
    (folder / "a.warc.gz").write_bytes(warc(response(b"text")))
    with Archive.create(path) as archive, Writer(archive) as writer:
        take_in(writer, folder / "a.warc.gz")
    for place in [path, *path.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)

    def write() -> object:
        with Archive.open(path) as archive:
            return Writer(archive)

    def read() -> object:
        with Archive.open(path) as archive:
            with archive.catalogue.read() as connection:
                (capture,) = index.every(connection)
            return memento_of(archive, capture).content()

    assert call(write).startswith(f"NotWritableError: cannot write to {path}: Permission denied")
    assert call(read) == str(b"text")


def test_a_folder_that_may_not_be_written_becomes_no_archive(unprivileged: Unprivileged) -> None:
    folder, call = unprivileged
    said = call(lambda: Archive.create(folder / "archive"))
    assert said.startswith("NotWritableError: cannot write to ")
    assert list(folder.iterdir()) == []


def test_not_writable_is_a_permission_error_too() -> None:
    assert issubclass(NotWritableError, PermissionError)
    assert str(NotWritableError("place", "reason")) == ("cannot write to place: reason")


def test_what_a_transaction_reads_does_not_change_under_it(archive: Archive) -> None:
    with archive.catalogue.read() as connection:
        assert connection.scalar(select(func.count()).select_from(snapshot)) == 0
        with archive.catalogue.write() as other:
            row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
            other.execute(snapshot.insert().values(row | {"captures": 0}))
        assert connection.scalar(select(func.count()).select_from(snapshot)) == 0
    with archive.catalogue.read() as connection:
        assert connection.scalar(select(func.count()).select_from(snapshot)) == 1


def test_a_transaction_that_fails_leaves_nothing(archive: Archive) -> None:
    row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
    with pytest.raises(RuntimeError, match="midway"), archive.catalogue.write() as connection:  # noqa: PT012
        connection.execute(snapshot.insert().values(row | {"captures": 0}))
        raise RuntimeError("midway")
    with archive.catalogue.read() as connection:
        assert connection.scalar(select(func.count()).select_from(snapshot)) == 0
