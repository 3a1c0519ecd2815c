"""The promise that a kill at any moment loses at most the work in flight, put to the test."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.digests import read_digest, sha1, write_digest
from archiver.records import Problem
from archiver.warc import open_record
from snapshots import index
from snapshots.archive import Archive
from snapshots.commits import read_notes
from snapshots.crawl.frontier import State, met
from snapshots.crawl.store import FINISHED, crawls
from snapshots.mementos import memento_of
from snapshots.rebuild import rebuild
from snapshots.tables import commit_note, original, problem, snapshot, warc_file
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer
from tests.snapshots.crawling import HOST
from tests.snapshots.nursery import CRAWLED

ROOT = Path(__file__).resolve().parents[2]
SEED = 20110509


class Nursery:
    """Starts writers as children of a process that has everything loaded already."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.log = folder / "committed.jsonl"
        self.log.touch()
        self.said = folder / "said"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.snapshots.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, job: str, seed: str, **more: int) -> int:
        assert self.process.stdin
        assert self.process.stdout
        task = {"job": job, "archive": str(self.archive.path), "seed": seed, **more}
        task |= {"log": str(self.log), "said": str(self.said)}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


class Check:
    """Looks at an archive after an interruption; what was seen to be sound is not read again."""

    def __init__(self, nursery: Nursery) -> None:
        self.nursery = nursery
        self.archive = nursery.archive
        self.read = 0  # bytes of the log
        self.committed: dict[str, str] = {}
        self.blocks: dict[str, str] = {}
        self.files: set[str] = set()
        self.tails = 0

    def __call__(self, *, anew: bool = False) -> None:
        if anew:
            self.blocks.clear()
            self.files.clear()
        with Writer(self.archive) as writer:
            self.tails += len(writer.recovered)
        with self.nursery.log.open() as log:
            log.seek(self.read)
            for line in log:
                noted = json.loads(line)
                self.committed[noted["url"]] = noted["sha256"]
            self.read = log.tell()
        self._captures()
        self._files()
        self._folders()
        self._notes()

    def _captures(self) -> None:
        with self.archive.catalogue.read() as connection:
            listed = list(index.every(connection))
        for capture in listed:
            if capture.url not in self.blocks:
                with open_record(self.archive.path / capture.file, capture.offset) as opened:
                    block = opened.block.read()
                    declared = opened.headers.get("WARC-Block-Digest")
                    assert opened.headers.get("WARC-Target-URI") == capture.url
                assert declared
                assert read_digest(declared) == sha1(block)
                self.blocks[capture.url] = sha256(block).hexdigest()
        assert len(listed) == len({capture.url for capture in listed})
        lost = [url for url, digest in self.committed.items() if self.blocks.get(url) != digest]
        assert lost == []

    def _files(self) -> None:
        with self.archive.catalogue.read() as connection:
            rows = connection.execute(select(warc_file)).all()
        path = self.archive.path / "manifests" / "manifest-sha256.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        assert len(lines) == len(set(lines)) == len(rows)
        for row in rows:
            if row.path in self.files:
                continue
            data = (self.archive.path / row.path).read_bytes()
            name = Path(row.path).name
            manifest = json.loads((self.archive.path / f"manifests/{name}.json").read_text())
            assert row.sealed == 1
            assert row.committed_length == manifest["size"] == len(data)
            assert row.sha256 == manifest["sha256"] == sha256(data).hexdigest()
            assert manifest["path"] == row.path
            assert f"{row.sha256}  {row.path}" in lines
            assert (self.archive.path / row.path).stat().st_mode & 0o222 == 0
            self.files.add(row.path)

    def _folders(self) -> None:
        root = self.archive.path
        known = {root / path for path in self.files}
        assert {place for place in root.glob("warcs/**/*") if place.is_file()} == known
        assert list((root / "warcs" / "open").iterdir()) == []
        with self.archive.catalogue.read() as connection:
            rows = connection.execute(select(original.c.sha256, original.c.size)).all()
        originals = {place.name: place.stat().st_size for place in root.glob("originals/*/*")}
        assert originals == {row.sha256: row.size for row in rows}
        kept = sorted(root.glob("quarantine/*"))
        for place in kept:
            if place.suffix != ".json":
                note = json.loads(place.with_name(place.name + ".json").read_text())
                assert note["length"] == place.stat().st_size > 0
                assert "interrupted run" in note["reason"]
        with self.archive.catalogue.read() as connection:
            told = connection.execute(select(problem.c.code).where(problem.c.intake_id.is_(None)))
            assert {code for (code,) in told} <= {"interrupted-run"}

    def _notes(self) -> None:
        # Each note is there, and is the one of the commits that took effect; nothing else is.
        with self.archive.catalogue.read() as connection:
            rows = connection.execute(select(commit_note.c.id, commit_note.c.sha256)).all()
        folder = self.archive.path / "manifests" / "commits"
        there = {place.name: sha256(place.read_bytes()).hexdigest() for place in folder.iterdir()}
        assert there == {f"{number:08}.json": digest for number, digest in rows}
        told = list(read_notes(self.archive.path))
        assert [found for found in told if isinstance(found, Problem)] == []


def prepare(archive: Archive) -> None:
    row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
    with Writer(archive) as writer:
        writer.commit(
            lambda connection: connection.execute(snapshot.insert().values(row | {"captures": 0}))
        )


@pytest.fixture
def nursery(archive: Archive, tmp_path: Path) -> Iterator[Nursery]:
    prepare(archive)
    nursery = Nursery(archive, tmp_path)
    yield nursery
    nursery.close()


@pytest.fixture
def sqlite_nursery(sqlite_archive: Archive, tmp_path: Path) -> Iterator[Nursery]:
    prepare(sqlite_archive)
    nursery = Nursery(sqlite_archive, tmp_path)
    yield nursery
    nursery.close()


def log_size(nursery: Nursery) -> int:
    return nursery.log.stat().st_size if nursery.log.exists() else 0


@pytest.mark.parametrize("job", ["write", "extend"])
def test_killed_at_random_moments_nothing_committed_is_lost(
    nursery: Nursery, catalogue_kind: str, job: str
) -> None:
    check = Check(nursery)
    chance = random.Random(SEED)  # noqa: S311
    kills = 40 if catalogue_kind == "sqlite" else 12
    for number in range(kills):
        before = log_size(nursery)
        child = nursery.start(job, f"{SEED}-{number}")
        give_up = time.monotonic() + 20
        while number % 2 and log_size(nursery) == before and time.monotonic() < give_up:
            time.sleep(0.002)  # every second kill comes after a commit, however slow the machine
        time.sleep(chance.uniform(0.03, 0.35))
        os.kill(child, signal.SIGKILL)
        assert nursery.end() == -signal.SIGKILL
        check()
    check(anew=True)
    assert len(check.committed) > kills
    assert check.tails > 0


def test_readers_see_only_what_can_be_read_while_a_writer_writes(nursery: Nursery) -> None:
    # Files are sealed and moved all the while.
    child = nursery.start("write", f"{SEED}-read")
    end, give_up = time.monotonic() + 2, time.monotonic() + 60
    seen: dict[str, bytes] = {}
    while time.monotonic() < (end if len(seen) > 20 else give_up):
        with nursery.archive.catalogue.read() as connection:
            listed = list(index.every(connection))
        new = [capture for capture in listed if capture.url not in seen]
        for capture in [*new, *listed[-20:]]:
            seen[capture.url] = memento_of(nursery.archive, capture).content()
            assert write_digest(sha1(seen[capture.url])) == capture.digest
    os.kill(child, signal.SIGKILL)
    nursery.end()
    assert len(seen) > 20


@pytest.mark.parametrize("job", ["crash", "crash extending"])
def test_killed_at_each_step_in_turn_nothing_committed_is_lost(
    sqlite_nursery: Nursery, job: str
) -> None:
    # Every file opened, synced, renamed, removed or made in a short run is one step.
    check = Check(sqlite_nursery)
    at = 0
    while True:
        at += 1
        sqlite_nursery.start(job, f"step-{at}", at=at)
        ended = sqlite_nursery.end()
        check()
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    check(anew=True)
    assert at > 50  # or the steps were not seen


def check_crawl(archive: Archive) -> str:
    """See that of a crawl what is done is captured, once, and nothing else; give its state."""
    with archive.catalogue.read() as connection:
        [row] = crawls(connection) or [None]
        if row is None:
            return ""
        urls = list(met(connection, row.number))
        captured = [(found.url, found.timestamp) for found in index.every(connection)]
    done = [(one.url, one.timestamp) for one in urls if one.state is State.DONE]
    assert sorted(captured) == sorted(done)
    assert row.exchanges == len(done)
    known = {one.url for one in urls}
    for number in (int(url.rpartition("/")[2]) for url, _ in done):
        below = {f"{HOST}/{one}" for one in (2 * number, 2 * number + 1) if one <= CRAWLED}
        assert below <= known  # what it leads to came with it
    return row.state


def test_killed_at_any_moment_a_crawl_goes_on_and_asks_for_each_page_once(
    nursery: Nursery, catalogue_kind: str
) -> None:
    check = Check(nursery)
    kills, state = 0, ""
    chance = random.Random(SEED)  # noqa: S311
    while state != FINISHED:
        child = nursery.start("crawl", f"crawl-{kills}")
        if kills < (25 if catalogue_kind == "sqlite" else 10):
            time.sleep(chance.uniform(0.02, 0.12))
            with suppress(ProcessLookupError):  # it may be done by now
                os.kill(child, signal.SIGKILL)
        nursery.end()
        kills += 1
        check()
        state = check_crawl(nursery.archive)
    assert len(check.blocks) == CRAWLED
    found: list[Finding] = []
    verify(nursery.archive, Level.DEEP, found=found.append)
    assert found == []


def test_killed_at_each_step_a_crawl_goes_on_and_asks_for_each_page_once(
    sqlite_nursery: Nursery,
) -> None:
    # Each run gets a step further than the one before, and a little of the site done.
    check = Check(sqlite_nursery)
    at, state = 0, ""
    while state != FINISHED:
        at += 1
        sqlite_nursery.start("crash crawling", f"crawl-{at}", at=at)
        assert sqlite_nursery.end() in (0, -signal.SIGKILL)
        check()
        state = check_crawl(sqlite_nursery.archive)
    assert len(check.blocks) == CRAWLED
    assert at > 20  # or the steps were not seen
    found: list[Finding] = []
    verify(sqlite_nursery.archive, Level.DEEP, found=found.append)
    assert found == []


@pytest.mark.parametrize("job", ["limited", "limited extending"])
def test_on_a_full_disk_nothing_is_lost_and_the_message_says_so(
    sqlite_nursery: Nursery, job: str
) -> None:
    check = Check(sqlite_nursery)
    said = set()
    for limit in (0, 10, 300, 1000, 3000, 9000, 20_000, 33_000, 60_000, 200_000, 400_000, 1 << 30):
        sqlite_nursery.start(job, f"limit-{limit}", limit=limit)
        assert sqlite_nursery.end() == 0
        message = sqlite_nursery.said.read_text()
        said.add(message.partition(":")[0])
        if message.startswith("NotWritableError"):
            assert message.startswith(f"NotWritableError: cannot write to {check.archive.path}")
            assert message.endswith(": File too large")
        elif message != "nothing":
            assert message.startswith("ArchiveError: the catalogue could not be used: ")
        check()
    assert message == "nothing"
    assert "NotWritableError" in said
    check(anew=True)


@pytest.mark.parametrize("job", ["crash", "crash extending"])
def test_killed_at_each_step_in_turn_the_files_alone_tell_all_that_was_committed(
    sqlite_nursery: Nursery, tmp_path: Path, job: str
) -> None:
    # The catalogue is lost in the same moment; what the files make of it must hold every commit
    # whose answer was heard, and be sound.
    archive = sqlite_nursery.archive
    at = 0
    while True:
        at += 7 if at > 30 else 1  # each of the first steps, then some of those much like them
        sqlite_nursery.start(job, f"anew-{at}", at=at)
        ended = sqlite_nursery.end()
        copy = tmp_path / f"copy-{at}"
        shutil.copytree(archive.path, copy, ignore=shutil.ignore_patterns("catalogue.db*"))
        assert rebuild(copy).problems == ()
        with Archive.open(copy) as again:
            with Writer(again):
                pass
            found: list[Finding] = []
            verify(again, Level.RECORDS, found=found.append)
            assert [one for one in found if one.code != "unknown-file"] == []
            with again.catalogue.read() as connection:
                listed = {capture.url for capture in index.every(connection)}
        heard = {json.loads(line)["url"] for line in sqlite_nursery.log.read_text().splitlines()}
        assert heard <= listed
        shutil.rmtree(copy)
        with Writer(archive):
            pass
        if ended == 0:
            break
    found = []
    verify(archive, Level.DEEP, found=found.append)
    assert {one.code for one in found} <= {"unknown-file", "row-differs"}
    assert all(one.file == "snapshot" for one in found if one.code == "row-differs")
