"""Whatever the format: taken in, listed, replayed, packaged, and taken in from the package."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

import marsham
from marsham.cli import run
from snapshots import index
from tests.builders import (
    arc,
    arc_record,
    har,
    har_entry,
    http_response,
    mhtml,
    response,
    wacz,
    warc,
    warcinfo,
    zstd_warc,
)
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/"
TEXT = "Community safety partnerships of 2011"
BODY = f"<html><head><title>Crime</title></head><body><h1>{TEXT}</h1></body></html>".encode()
SAVED = b"<!-- saved from url=(0034)http://www.homeoffice.example/crime/ -->\n" + BODY
LISTED = (
    b"url,timestamp,status,file\nhttp://www.homeoffice.example/crime/,20110509101621,200,a.html\n"
)


def one(name: str, data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def several(files: dict[str, bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        for name, data in files.items():
            place = folder / "saved" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder / "saved"

    return write


RECORD = response(BODY, url=PAGE)
INPUTS = {
    "warc": one("a.warc", warc(warcinfo(), RECORD, form="plain")),
    "warc-gzip": one("a.warc.gz", warc(warcinfo(), RECORD)),
    "warc-whole-gzip": one("a.warc.gz", warc(warcinfo(), RECORD, form="whole")),
    "warc-zstd": one("a.warc.zst", zstd_warc(warcinfo(), RECORD)),
    "arc": one(
        "a.arc.gz",
        arc(arc_record("filedesc://a.arc", b"1 0 x\n"), arc_record(PAGE, http_response(BODY))),
    ),
    "wacz": one("a.wacz", wacz({"archive/a.warc.gz": warc(warcinfo(), RECORD)})),
    "har": one("a.har", har(har_entry(PAGE, body=BODY.decode()))),
    "mhtml": one(
        "a.mhtml",
        mhtml(([("Content-Type", "text/html"), ("Content-Location", PAGE)], BODY)),
    ),
    "wget-mirror": several({"www.homeoffice.example/crime/index.html": BODY}),
    "save-as": several({"crime.html": SAVED, "crime_files/a.css": b"p { color: red }"}),
    "list": several({"pages.csv": LISTED, "a.html": BODY}),
}


@pytest.mark.parametrize("name", INPUTS)
def test_every_format_is_taken_in_listed_replayed_and_packaged(name: str, tmp_path: Path) -> None:
    first = tmp_path / "first"
    with marsham.create_archive(first) as archive:
        (taken,) = marsham.ingest(archive, [INPUTS[name](tmp_path)])
        assert taken.captures
        check(archive)
    package = tmp_path / "out.wacz"
    assert run(["--archive", str(first), "package", "--out", str(package)]) == 0
    with marsham.create_archive(tmp_path / "second") as archive:
        (again,) = marsham.ingest(archive, [package])
        assert (again.captures, again.problems) == (taken.captures, ())
        check(archive)


def check(archive: marsham.Archive) -> None:
    """The page is listed, shown in its frame, and given as it was taken in."""
    with archive.catalogue.read() as connection:
        (listed,) = (found for found in index.every(connection) if "/crime/" in found.url)
    server = serving(archive)
    place = f"{next(server)}/web/{listed.timestamp}"
    assert TEXT in requests.get(f"{place}mp_/{listed.url}", timeout=30).text
    assert requests.get(f"{place}id_/{listed.url}", timeout=30).content.strip().endswith(BODY)
    assert listed.url in requests.get(f"{place}/{listed.url}", timeout=30).text
    server.close()
