"""``marsham compare --pictures``: two snapshots shown in Chromium, and what looks otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import marsham
from archiver.timestamps import parse_span
from extract.compare.pictures import compare_pictures
from marsham.screenshots import screenshots
from snapshots.mementos import capture_at
from tests.builders import response, warc

URL = "http://www.homeoffice.example/locks/"
FONT = "body { font: 16px/24px sans-serif; margin: 20px; width: 600px }"
LINES = [f"Rule {number}: keep window {number * 7} of the house locked." for number in range(12)]
pytestmark = pytest.mark.browser


def body(lines: list[str], more: str = "") -> bytes:
    told = "".join(f"<p>{line}</p>" for line in lines)
    return f"<title>Locks</title><style>{FONT}</style><h1>Locks</h1>{told}{more}".encode()


@pytest.fixture(scope="module")
def archive_path(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    inserted = [*LINES[:5], "New: ask the warden for a second lock.", *LINES[5:]]
    away = "<img src='http://live.example/a.gif' style='position: absolute; left: -999px'>"
    records = [
        response(body(LINES), url=URL, date="2009-05-29T00:00:00Z"),
        response(body(inserted, away), url=URL, date="2011-05-29T00:00:00Z"),
    ]
    (folder / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "in.warc.gz"])
    return folder / "archive"


def test_only_the_inserted_paragraph_is_marked(archive_path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "marsham", "compare", URL, "2009", "2011", "--pictures", "shown"],
        cwd=tmp_path,
        env=os.environ | {"MARSHAM_ARCHIVE": str(archive_path)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 1, done.stderr
    assert "of rows look otherwise; marks: 0 old, " in done.stdout
    with (
        Image.open(tmp_path / "shown/old.png") as old,
        Image.open(tmp_path / "shown/new.png") as new,
    ):
        assert old.width == new.width == 1280
        found = compare_pictures(old.convert("RGB"), new.convert("RGB"))
    assert found.old == ()
    assert found.new
    tops = {box.top for box in found.new} | {box.bottom for box in found.new}
    assert max(tops) - min(tops) <= 30
    assert found.share < 0.03
    with Image.open(tmp_path / "shown/changes.png") as both:
        assert both.width > 2 * 1280


def test_the_same_capture_twice_looks_the_same(archive_path: Path) -> None:
    with marsham.open_archive(archive_path) as archive:
        with archive.catalogue.read() as connection:
            capture = capture_at(connection, URL, parse_span("2011").first)
        shots = screenshots(archive, [capture, capture])
    images = [shot.image() for shot in shots]
    found = compare_pictures(images[0], images[1])
    assert (found.old, found.new) == ((), ())


def test_pictures_need_a_url_and_two_dates(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "marsham", "compare", "a.html", "b.html", "--pictures", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "--pictures goes with a URL and two dates" in done.stderr
