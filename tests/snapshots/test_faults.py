"""Each write, sync, rename, open, removal and commit fails, the n-th for every n.

An ingest is put to the test, and an erasure.
"""

import errno
import gzip
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from archiver.errors import MarshamError
from extract.erased import forget_readings
from extract.store import extract_archive
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.erasure.completing import is_unfinished
from snapshots.erasure.preparing import erase
from snapshots.erasure.register import erasures
from snapshots.erasure.selection import Order
from snapshots.ingest.intake import take_in
from snapshots.mementos import memento_of
from snapshots.settings import Settings
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.withdrawals import Decision, scope_of
from snapshots.writer import Writer
from tests.builders import request, response, warc
from tests.snapshots.helpers import all_captures, put

URL = "http://www.homeoffice.example/"
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
KILLED = 9
FILLING = {"write", "fsync", "open for writing", "os.mkdir", "commit"}  # a full disk stops these


class Faults:
    """Lets the n-th operation on files below a folder fail; the hook cannot be taken out again."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.left = 0
        self.stays = self.commits = False
        self.hit = ""
        self.kills = False

    def met(self, what: str) -> None:
        if self.folder is None:
            return
        if (self.stays and what not in FILLING) or (self.commits and what != "commit"):
            return
        self.left -= 1
        if self.left == 0 or (self.stays and self.left < 0):
            if self.kills:
                os._exit(KILLED)
            self.hit = self.hit or what
            code = errno.ENOSPC if self.stays else errno.EIO
            raise OSError(code, os.strerror(code))

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or event not in EVENTS:
            return
        if event == "os.truncate" or str(arguments[0]).startswith(self.folder):
            if event == "open":
                wanted = arguments[1] or ""
                writes = set(wanted) & set("wxa+")
                event = "open for writing" if writes else "open"
            self.met(event)


class Written:
    """A file whose writes may fail."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self._faults = faults

    def __enter__(self) -> "Written":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._faults.met("write")
        written: int = self._file.write(data)
        return written


FAULTS = Faults()


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    if not getattr(FAULTS, "listening", False):
        sys.addaudithook(FAULTS.hook)
        FAULTS.listening = True  # type: ignore[attr-defined]
    fsync, opened, appended = os.fsync, Path.open, writing._Appended.write

    def sync(handle: int) -> None:
        FAULTS.met("fsync")
        fsync(handle)

    def open_(self: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        file = opened(self, mode, *more, **named)
        writes = FAULTS.folder and mode in ("wb", "xb") and str(self).startswith(FAULTS.folder)
        return Written(file, FAULTS) if writes else file

    def append(self: Any, data: bytes) -> int:
        FAULTS.met("write")
        return appended(self, data)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "open", open_)
    monkeypatch.setattr(writing._Appended, "write", append)
    return FAULTS


@contextmanager
def failing(
    faults: Faults, archive: Archive, at: int, *, stays: bool, late: bool
) -> Iterator[None]:
    dialect = archive.catalogue.engine.dialect
    commit = dialect.do_commit

    def committed(connection: Any) -> None:
        if late:
            commit(connection)
        try:
            faults.met("commit")
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        if not late:
            commit(connection)

    dialect.do_commit = committed  # type: ignore[method-assign, assignment]
    faults.folder, faults.left, faults.hit = str(archive.path), at, ""
    faults.stays, faults.commits = stays, late
    try:
        yield
    finally:
        faults.folder = None
        dialect.do_commit = commit  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    files: dict[str, str | bytes] = {
        "before.html": "<title>Before</title>",
        "a.warc.gz": warc(response(b"a", url=f"{URL}a"), response(b"b", url=f"{URL}b")),
        "pages/pages.csv": f"url,timestamp,file\n{URL}c,2011,c.html\n{URL}d,2011,d.html\n",
        "pages/c.html": "<title>C</title>",
        "pages/d.html": "<title>D</title>",
        "e.html": "<title>E</title>",
    }
    put(folder, files)
    with Archive.create(folder / "archive", Settings(name="Test")) as archive, Writer(archive) as w:
        take_in(w, folder / "before.html", url=f"{URL}before", captured="2010")
    return folder


def ingest(archive: Archive, inputs: Path) -> None:
    with Writer(archive) as writer:
        take_in(writer, inputs / "a.warc.gz")
        take_in(writer, inputs / "pages")
        take_in(writer, inputs / "e.html", url=f"{URL}e", captured="2011")


def findings(archive: Archive, level: Level) -> list[str]:
    found: list[Finding] = []
    verify(archive, level, found=found.append)
    return [f"{one.code} {one.file}: {one.message}" for one in found]


@pytest.mark.parametrize(
    ("stays", "late"),
    [(False, False), (False, True), (True, False)],
    ids=["once", "once, commits with their answer lost", "a full disk"],
)
def test_whatever_fails_the_archive_is_sound_and_the_next_ingest_works(
    inputs: Path, tmp_path: Path, faults: Faults, stays: bool, late: bool
) -> None:
    at, hit = 0, set()
    report: Callable[[str], str] = lambda what: f"{what} at step {at} ({faults.hit})"  # noqa: E731
    while True:
        at += 1
        path = tmp_path / f"archive-{at}"
        shutil.copytree(inputs / "archive", path)
        done = False
        with Archive.open(path) as archive:
            failure = failing(faults, archive, at, stays=stays, late=late)
            with failure, suppress(MarshamError):
                ingest(archive, inputs)
                done = True
            hit.add(faults.hit)
            with Writer(archive):
                pass
            found = findings(archive, Level.RECORDS)
            assert found == [], report("not sound")
            assert list((path / "warcs/open").iterdir()) == [], report("not swept")
            urls = {capture.url for capture in all_captures(archive)}
            assert f"{URL}before" in urls
            if done:
                assert len(urls) == 6, report("a failure was not told")
            ingest(archive, inputs)
            assert len(all_captures(archive)) == 6, report("not whole")
            assert findings(archive, Level.DEEP) == [], report("not as rebuilt")
        shutil.rmtree(path)
        if not faults.hit:
            break
    if late:
        assert hit == {"commit", ""}
        return
    assert at > (20 if stays else 60)
    assert {"write", "fsync", "commit", "open for writing"} <= hit
    assert stays or {"os.rename", "os.remove", "os.chmod", "open"} & hit


# An erasure

MARK = "Zanzibar"
SECRET = f"{URL}quokka"
PAGE = f"<html><title>{MARK}</title><p>{MARK} desk</p></html>".encode()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds what is to be erased in a file of its own and in one copied in."""
    folder = tmp_path_factory.mktemp("held")
    crawled = warc(response(PAGE, url=SECRET), request(SECRET), response(b"kept", url=f"{URL}kept"))
    put(folder, {"a.html": PAGE, "b.html": b"<title>B</title>", "c.warc.gz": crawled})
    with Archive.create(folder / "archive", Settings(name="Test")) as archive:
        with Writer(archive) as w:
            take_in(w, folder / "a.html", url=SECRET, captured="2010")
            take_in(w, folder / "b.html", url=f"{URL}b", captured="2010")
            take_in(w, folder / "c.warc.gz")
        extract_archive(archive)
        put(archive.path, {"catalogue.db.before-2026": PAGE, "quarantine/cut-0": crawled[:-9]})
    return folder / "archive"


def destroy(archive: Archive) -> None:
    order = Order(scope_of(address=SECRET))
    erase(archive, order, Decision("Private", "Court"), forget=forget_readings)


def assert_erased_or_as_it_was(archive: Archive, at: int, *, gone: bool, hit: str = "") -> None:
    """Check an archive after the next writer has been there."""
    step = f"step {at} ({hit})"
    with Writer(archive):
        pass
    assert not is_unfinished(archive.path), step
    assert findings(archive, Level.DEEP) == [], step
    with archive.catalogue.read() as connection:
        decided = len(erasures(connection))
    assert decided or not gone, step
    captures = all_captures(archive)
    if decided:
        assert {capture.url for capture in captures} == {f"{URL}b", f"{URL}kept"}, step
        assert_nowhere(archive)
    else:
        contents = [memento_of(archive, one).content() for one in captures]
        assert contents.count(PAGE) == 2, step
        if at % 5 == 0:
            destroy(archive)
            assert_nowhere(archive)
            assert findings(archive, Level.DEEP) == [], step


def assert_nowhere(archive: Archive) -> None:
    for place in archive.path.rglob("*"):
        if place.is_file():
            data = place.read_bytes()
            held = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
            assert MARK.encode() not in held, place


@pytest.mark.parametrize(
    ("stays", "late"),
    [(False, False), (False, True), (True, False)],
    ids=["once", "once, commits with their answer lost", "a full disk"],
)
def test_whatever_fails_an_erasure_is_complete_or_has_not_begun(
    held: Path, tmp_path: Path, faults: Faults, stays: bool, late: bool
) -> None:
    at, hit = 0, set()
    while True:
        at += 1
        path = tmp_path / f"archive-{at}"
        shutil.copytree(held, path)
        done = False
        with Archive.open(path) as archive:
            failure = failing(faults, archive, at, stays=stays, late=late)
            with failure, suppress(MarshamError):
                destroy(archive)
                done = True
            hit.add(faults.hit)
            assert_erased_or_as_it_was(archive, at, gone=done, hit=faults.hit)
        shutil.rmtree(path)
        if not faults.hit:
            break
    if late:
        assert hit == {"commit", ""}
        return
    assert at > 20
    assert {"write", "fsync", "commit", "open for writing", "os.mkdir"} <= hit
    assert stays or {"os.rename", "os.remove", "os.rmdir", "open"} <= hit


def test_killed_at_any_step_an_erasure_is_complete_or_has_not_begun(
    held: Path, tmp_path: Path, faults: Faults
) -> None:
    at, status = 0, KILLED
    while status:
        at += 1
        path = tmp_path / f"archive-{at}"
        shutil.copytree(held, path)
        child = os.fork()
        if child == 0:
            faults.kills = True
            with (
                Archive.open(path) as archive,
                failing(faults, archive, at, stays=False, late=False),
            ):
                destroy(archive)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with Archive.open(path) as archive:
            assert_erased_or_as_it_was(archive, at, gone=not status)
        shutil.rmtree(path)
    assert at > 20
