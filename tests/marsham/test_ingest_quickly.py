"""The ways of taking WARC files in faster; each has to come to the same archive."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from archiver.errors import FormatError
from archiver.ingest.warc import WarcReading
from archiver.records import Capture
from snapshots.archive import Archive
from snapshots.cdx import cdxj_lines
from snapshots.ingest.ahead import Ahead
from snapshots.ingest.copying import Copying
from snapshots.ingest.intake import take_in
from snapshots.ingest.reading import ReadWarc
from snapshots.writer import Writer
from tests.builders import (
    arc,
    arc_record,
    flip,
    http_response,
    request,
    response,
    revisit,
    warc,
    zstd_warc,
)
from tests.snapshots.helpers import all_captures, all_files

URL = "http://www.homeoffice.example/"
BODY = b"<p>Crime and policing</p>" * 40
WRONG = ("WARC-Payload-Digest", "sha1:" + "A" * 32)
Run = Callable[..., CompletedProcess[str]]


def put_inputs(folder: Path) -> list[Path]:
    """Inputs of every kind of luck: many, damaged, shared members, zstd, ARC, a page, none."""
    sound = [
        warc(request(), *(response(BODY, url=f"{URL}{one}/{page}") for page in range(40)))
        for one in range(5)
    ]
    files = {f"sound-{number}.warc.gz": data for number, data in enumerate(sound)}
    files["damaged.warc.gz"] = flip(sound[0], len(sound[0]) // 2)
    files["one-member.warc.gz"] = warc(response(BODY), revisit(BODY), form="whole")
    files["wrong-digest.warc"] = warc(response(BODY, fields=[WRONG]), form="plain")
    files["zstd.warc.zst"] = zstd_warc(response(BODY))
    files["old.arc.gz"] = arc(
        arc_record("filedesc://old.arc", b"1 0 x\n\n"), arc_record(URL, http_response(BODY))
    )
    files["page.html"] = b"<html><title>Crime</title>"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [*(folder / name for name in files), folder / "missing.warc.gz"]


@pytest.fixture
def run_in() -> Callable[[Path], Run]:
    """Run marsham as its own process, on the archive in a folder."""

    def in_folder(folder: Path) -> Run:
        def run(*arguments: object) -> CompletedProcess[str]:
            command = [sys.executable, "-m", "marsham", "--archive", str(folder)]
            return subprocess.run(
                [*command, *map(str, arguments)], capture_output=True, text=True, timeout=120
            )

        return run

    return in_folder


@pytest.fixture
def run(tmp_path: Path, run_in: Callable[[Path], Run]) -> Run:
    return run_in(tmp_path / "archive")


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    return put_inputs(tmp_path / "inputs")


def ingested(run: Run, *arguments: object) -> list[dict[str, object]]:
    done = run("ingest", "--json", *arguments)
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def captures(run: Run) -> list[dict[str, object]]:
    # Names of files, and the ids in records made from an ARC file, are never the same twice.
    lines = run("list", "--format", "json").stdout.splitlines()
    return [{**json.loads(line), "file": "", "offset": 0, "length": 0} for line in lines]


def listing(path: Path) -> Iterator[str]:
    """Lines of CDXJ for a WARC file, as an indexer writes them."""
    found = [one for one in WarcReading(path, path.name) if isinstance(one, Capture)]
    return cdxj_lines(found, lambda _: path.name)


@pytest.mark.parametrize("jobs", [2, 3])
def test_files_read_at_once_come_to_the_same_archive_as_one_by_one(
    tmp_path: Path, run_in: Callable[[Path], Run], inputs: list[Path], jobs: int
) -> None:
    found = []
    for number in (1, jobs):
        run = run_in(tmp_path / f"archive-{number}")
        run("init")
        told = ingested(run, "--jobs", number, *inputs)
        found.append((told, captures(run)))
        assert run("verify", "--level", "deep").returncode < 2
    assert found[0] == found[1]
    assert [told["name"] for told in found[0][0]] == [str(path) for path in inputs]


def test_a_file_that_changed_after_it_was_read_ahead_is_not_taken_in(
    sqlite_archive: Archive, inputs: list[Path]
) -> None:
    before = all_files(sqlite_archive)
    with Ahead(inputs[:2], 2, check=True) as ahead:
        read = ahead.next()
    assert isinstance(read, ReadWarc)
    inputs[0].write_bytes(inputs[1].read_bytes())
    with (
        Writer(sqlite_archive) as writer,
        pytest.raises(FormatError, match="changed while it was read; take it in again"),
    ):
        take_in(writer, inputs[0], ahead=read)
    assert all_captures(sqlite_archive) == []
    assert all_files(sqlite_archive) == before


def test_a_file_that_is_gone_or_no_warc_is_left_to_its_turn(inputs: list[Path]) -> None:
    with Ahead(inputs, 2, check=True) as ahead:
        read = [ahead.next() for _ in inputs]
    assert [path.name for path, one in zip(inputs, read, strict=True) if one is None] == [
        "zstd.warc.zst",
        "old.arc.gz",
        "page.html",
        "missing.warc.gz",
    ]


def test_digests_left_unchecked_are_found_wrong_by_a_later_verify(
    run: Run, inputs: list[Path]
) -> None:
    wrong = next(path for path in inputs if path.name == "wrong-digest.warc")
    run("init")
    done = run("ingest", "--no-check", wrong)
    assert done.returncode == 0
    assert "digests not checked" in done.stdout
    done = run("verify", "--level", "records")
    assert done.returncode > 0
    assert "payload-digest" in done.stdout


def test_an_index_given_comes_to_the_same_archive(
    tmp_path: Path, run_in: Callable[[Path], Run], inputs: list[Path]
) -> None:
    files = [path for path in inputs if path.name.startswith("sound")]
    first = run_in(tmp_path / "one")
    first("init")
    ingested(first, *files)
    index = tmp_path / "index.cdxj"
    index.write_text("".join(f"{line}\n" for file in files for line in listing(file)))
    second = run_in(tmp_path / "two")
    second("init")
    done = second("ingest", "--cdxj", index, *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert captures(second) == captures(first)
    assert second("verify", "--level", "deep").returncode == 0


def test_an_index_that_does_not_fit_is_told_and_the_file_read_through(
    tmp_path: Path, run: Run, inputs: list[Path]
) -> None:
    index = tmp_path / "index.cdxj"
    told = {"offset": "7", "length": "99", "filename": "sound-0.warc.gz"}
    index.write_text(f"example,homeoffice)/ 20110509101621 {json.dumps(told)}\n")
    run("init")
    done = run("ingest", "--json", "--cdxj", index, *inputs[:2])
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["captures"] for one in results] == [40, 40]
    assert [[found["code"] for found in one["problems"]] for one in results] == [
        ["not-as-listed"],
        ["not-as-listed"],
    ]
    assert "does not fit this file" in results[0]["problems"][0]["message"]
    assert "says nothing of this file" in results[1]["problems"][0]["message"]


def test_an_index_that_is_none_is_refused_before_anything_is_taken_in(
    tmp_path: Path, run: Run, inputs: list[Path]
) -> None:
    index = tmp_path / "index.cdxj"
    index.write_text("nonsense\n")
    run("init")
    done = run("ingest", "--cdxj", index, inputs[0])
    assert done.returncode == 2
    assert "line 1 is not one of a CDXJ index" in done.stderr
    assert captures(run) == []


def test_a_file_is_copied_before_its_turn_and_the_copy_is_what_is_kept(
    sqlite_archive: Archive, inputs: list[Path]
) -> None:
    before = all_files(sqlite_archive)
    with Writer(sqlite_archive) as writer:
        with Copying(sqlite_archive, inputs[:1]) as copying:
            copied = copying.next()
            assert copied is not None
            whole = copied.place.read_bytes()
            inputs[0].write_bytes(inputs[1].read_bytes())  # somebody changed it meanwhile
            take_in(writer, inputs[0], copied=copied)
            assert not copied.place.exists()
        [kept] = [sqlite_archive.locate(one.file) for one in all_captures(sqlite_archive)][:1]
        assert kept.read_bytes() == whole
        inputs[0].write_bytes(whole)
        with Copying(sqlite_archive, inputs) as copying:  # it is known now
            assert copying.next() is None
    left = all_files(sqlite_archive) - before
    assert left
    assert not [name for name in left if str(name).endswith(".copy")]


def test_copies_nobody_asked_for_do_not_stay(sqlite_archive: Archive, inputs: list[Path]) -> None:
    before = all_files(sqlite_archive)
    with Writer(sqlite_archive), Copying(sqlite_archive, inputs):
        pass
    assert all_files(sqlite_archive) == before
