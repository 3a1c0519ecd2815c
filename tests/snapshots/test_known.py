"""The same input again, when the archive has lost what came of it the first time."""

import shutil
from pathlib import Path

import pytest

from archiver.errors import DamagedError, WarcError
from archiver.timestamps import parse_timestamp
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import memento_at
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer
from tests.builders import response, warc
from tests.snapshots.helpers import all_captures, all_files, put

URL = "http://www.homeoffice.example/crime/"


def take(archive: Archive, path: Path, **more: str) -> Intake:
    with Writer(archive) as writer:
        return take_in(writer, path, **more)  # type: ignore[arg-type]


def crawl(folder: Path) -> Path:
    return put(folder, {"crawl.warc.gz": warc(response(url=URL))}) / "crawl.warc.gz"


def stored(archive: Archive) -> Path:
    return archive.path / all_captures(archive)[0].file


def findings(archive: Archive) -> list[str]:
    found: list[Finding] = []
    verify(archive, Level.RECORDS, found=found.append)
    return [one.code for one in found]


@pytest.mark.parametrize("loss", ["deleted", "deleted with its folder", "cut short"])
def test_a_lost_warc_file_is_put_back_from_its_input(
    archive: Archive, tmp_path: Path, loss: str
) -> None:
    path = crawl(tmp_path)
    assert take(archive, path).problems == ()
    place = stored(archive)
    data, whole = place.read_bytes(), all_files(archive)
    if loss == "cut short":
        place.chmod(0o644)
        place.write_bytes(data[:50])
    elif loss == "deleted":
        place.unlink()
    else:
        shutil.rmtree(place.parent.parent)
    again = take(archive, path)
    assert again.before
    assert [(found.code, found.file) for found in again.problems] == [
        ("put-back", str(place.relative_to(archive.path)))
    ]
    assert place.read_bytes() == data
    assert place.stat().st_mode & 0o222 == 0
    kept = {name for name in all_files(archive) - whole if name.startswith("quarantine/")}
    assert len(kept) == (2 if loss == "cut short" else 0)  # what was left of it, and why
    assert findings(archive) == []
    assert take(archive, path).problems == ()  # told once


def test_an_original_is_put_back_from_the_same_file_of_the_folder(
    archive: Archive, tmp_path: Path
) -> None:
    lines = f"url,timestamp,file\n{URL},2011,a.html\n"
    folder = put(tmp_path / "pages", {"pages.csv": lines, "a.html": "<p>a"})
    take(archive, folder)
    for place in archive.path.glob("originals/*/*"):
        place.unlink()
    assert [found.code for found in take(archive, folder).problems] == ["put-back", "put-back"]
    assert findings(archive) == []


def test_what_was_written_from_an_input_cannot_be_put_back_and_is_damage(
    archive: Archive, tmp_path: Path
) -> None:
    lines = f"url,timestamp,file\n{URL},2011,a.html\n"
    path = put(tmp_path / "pages", {"pages.csv": lines, "a.html": "<p>a"})
    take(archive, path)
    place = stored(archive)
    place.unlink()
    next(archive.path.glob("originals/*/*")).unlink()
    with pytest.raises(DamagedError) as caught:
        take(archive, path)
    assert caught.value.path == str(place)
    assert "the file is missing" in str(caught.value)
    assert "restore the file from a copy" in str(caught.value)
    assert findings(archive) == ["missing-file"]  # the original is there again


def test_a_file_that_is_no_longer_the_archives_is_not_brought_back(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    path = crawl(tmp_path)
    take(sqlite_archive, path)
    place = stored(sqlite_archive)
    with sqlite_archive.catalogue.write() as connection:
        connection.exec_driver_sql("UPDATE warc_file SET path = path || '.gone', sha256 = ''")
    place.rename(f"{place}.gone")
    assert take(sqlite_archive, path).problems == ()
    assert not place.exists()


def test_the_problems_of_an_input_are_told_again(archive: Archive, tmp_path: Path) -> None:
    lines = f"url,timestamp,file\n{URL},2011,a.html\n{URL}b,2011,gone.html\n"
    folder = put(tmp_path / "pages", {"pages.csv": lines, "a.html": "<p>a"})
    first = take(archive, folder)
    assert [found.code for found in first.problems] == ["missing-file"]
    again = take(archive, folder)
    assert again.before
    assert again.problems == first.problems


def test_a_memento_whose_file_is_missing_says_what_to_do(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, crawl(tmp_path))
    stored(sqlite_archive).unlink()
    with pytest.raises(WarcError, match=r"restore it from a copy.*marsham verify"):
        memento_at(sqlite_archive, URL, parse_timestamp("2011"))
