"""Stopping a command, however early or late: a sentence, status 2, and a sound archive."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import marsham
from snapshots.verify.findings import Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer

# A process that sends itself a signal at a certain moment, and then runs the command line.
STOPPED_WHEN_LOADING = """
import os, sys

class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AT"]:
            os.kill(os.getpid(), int(os.environ["STOP"]))

sys.meta_path.insert(0, Stop())
from marsham.cli import main
main()
"""
STOPPED_WHEN_WRITING = """
import os, sys

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(os.environ["AT"]) and "a" not in os.environ:
        os.environ["a"] = "once"
        os.kill(os.getpid(), int(os.environ["STOP"]))

sys.addaudithook(hook)
from marsham.cli import main
main()
"""


def stopped(script: str, at: str, by: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"AT": at, "STOP": str(int(by))},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", ["click", "marsham.cli.commands", "sqlalchemy", "snapshots.index"])
def test_a_signal_while_modules_are_loaded_is_answered_in_a_sentence(
    at: str, by: int, tmp_path: Path
) -> None:
    done = stopped(STOPPED_WHEN_LOADING, at, by, "--archive", tmp_path, "list")
    assert done.stderr.strip() == "marsham: stopped; what was finished before is kept"
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", [".open", "00000002.json.new"], ids=["bytes", "note"])
def test_a_signal_within_an_ingest_undoes_what_is_in_flight(
    at: str, by: int, tmp_path: Path
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name)
    path = tmp_path / "archive"
    given = ["--archive", path, "ingest", "--captured", "2011", "--url"]
    with marsham.create_archive(path):
        pass
    script = [sys.executable, "-m", "marsham", *given, "http://a.example/", tmp_path / "a.txt"]
    subprocess.run(script, check=True, capture_output=True)
    done = stopped(
        *(STOPPED_WHEN_WRITING, at, by), *(*given, "http://b.example/", tmp_path / "b.txt")
    )
    assert done.stderr.strip() == "marsham: stopped; what was finished before is kept"
    assert (done.returncode, done.stdout) == (2, "")
    assert list((path / "warcs/open").iterdir()) == []
    with marsham.open_archive(path) as archive:
        with Writer(archive) as writer:
            assert writer.recovered == []
        assert verify(archive, Level.RECORDS, found=print).status == 0
        assert verify(archive, Level.RECORDS, found=print).counts["files"] == 3
