"""A rereading killed again and again comes to what one that nobody disturbs comes to."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from extract import store
from extract.store import extract_archive
from snapshots.archive import Archive
from snapshots.settings import Settings
from tests.extract.test_store import HOST, ingest, page
from tests.snapshots.helpers import all_rows

ROOT = Path(__file__).resolve().parents[2]
KILLS = {"sqlite": 30, "postgres": 4}
PAGES = 240
FACTS = (
    *("page_text", "extraction", "extraction_failure", "page_sketch"),
    *("page_version", "observation"),
)
RECIPE = f'pages = ["{HOST}/1*"]\n[page]\ntitle = {{ select = "h1", match = "[0-9]+" }}\n'
EXTRACT = """
import sys
from pathlib import Path
from extract import store
from snapshots.archive import Archive
store._BATCH = 3
store.EXTRACTOR_VERSION += 1
with Archive.open(Path(sys.argv[1])) as archive:
    store.extract_archive(archive, jobs=1, tick=lambda done, of: print(done, flush=True))
"""


def prepare(archive: Archive, source: Path) -> None:
    """Take in pages, read them, and give reason to read them all again: some by a recipe now."""
    pages = [
        (f"{number}", f"2011-05-{number % 28 + 1:02}T10:16:21Z", page(f"Page {number % 180}"))
        for number in range(PAGES)
    ]
    ingest(archive, source, *pages)
    extract_archive(archive)
    folder = archive.path / "recipes"
    folder.mkdir()
    (folder / "a.toml").write_text(RECIPE)


def extract(path: Path) -> "subprocess.Popen[bytes]":
    """Begin to read again, or go on, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", EXTRACT, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_rereading_killed_at_any_moments_gives_the_same_catalogue(
    archive: Archive, catalogue_kind: str, tmp_path: Path
) -> None:
    dice = random.Random(2011)  # noqa: S311 - chance, not secrecy
    with Archive.create(tmp_path / "undisturbed", Settings()) as whole:
        prepare(whole, tmp_path / "whole.warc.gz")
        done = extract(whole.path)
        assert done.communicate(timeout=120)[1] == b""
        expected = all_rows(whole)
    assert {row[2] for row in expected["extraction"]} == {store.EXTRACTOR_VERSION + 1}
    assert len({row[3] for row in expected["extraction"]}) == 2  # by the recipe, and without

    prepare(archive, tmp_path / "killed.warc.gz")
    died = []
    for _ in range(KILLS[catalogue_kind]):
        running = extract(archive.path)
        assert running.stdout is not None
        if dice.random() < 0.9:  # else it dies while it is being started
            for _ in range(dice.randrange(1, 3)):
                running.stdout.readline()
        time.sleep(dice.uniform(0, 0.04))
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=60)
        died.append(running.returncode)
    assert died.count(-signal.SIGKILL) > KILLS[catalogue_kind] * 0.7
    done = extract(archive.path)
    assert done.communicate(timeout=120)[1] == b""
    found = all_rows(archive)
    for table in FACTS:
        assert found[table] == expected[table], table
