"""Packages: opened again with other people's tools, and ingested again, they say the same."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

import marsham
from marsham.cli import run
from tests.builders import record, response, revisit, warc, warcinfo
from tests.conftest import missing
from tests.yardsticks import run_tool

HOST = "http://www.homeoffice.example"
BODY = b"<html><head><title>Crime</title></head><body><h1>Crime</h1><p>Text.</p></body></html>"
RECORDS = [
    warcinfo(),
    response(BODY, url=f"{HOST}/crime/"),
    revisit(BODY, url=f"{HOST}/crime/"),
    response(b"<p>Staff</p>", url=f"{HOST}/crime/staff/", date="2011-05-09T10:16:23Z"),
    response(b"<p>News</p>", url=f"{HOST}/news/", date="2012-01-01T00:00:00Z"),
    response(b"GIF89a", url=f"{HOST}/a.gif", head=[("Content-Type", "image/gif")]),
]


def following(kind: str, of: bytes, *, field: str) -> bytes:
    """A record that says it belongs to another."""
    identity = next(line for line in of.split(b"\r\n") if line.startswith(b"WARC-Record-ID"))
    name = identity.decode().partition(": ")[2]
    return record(kind, kind.encode(), url=f"{HOST}/crime/", fields=[(field, name)])


@pytest.fixture(params=["gzip", "plain"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An archive of a WARC file, once compressed by record and once plain."""
    first = RECORDS[1]
    records = [
        RECORDS[0],
        first,
        following("request", first, field="WARC-Concurrent-To"),
        following("metadata", first, field="WARC-Refers-To"),
        *RECORDS[2:],
    ]
    (tmp_path / "crawl.warc").write_bytes(warc(*records, form=request.param))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc"])
        marsham.extract(archive)
    return tmp_path / "archive"


def made(held: Path, name: str, form: str, *more: str, status: int = 0) -> Path:
    out = held.parent / name
    assert (
        run(["--archive", str(held), "package", "--format", form, "--out", str(out), *more])
        == status
    )
    return out


def records_in(path: Path) -> list[tuple[str, str, bytes]]:
    with path.open("rb") as file:
        return [
            (
                found.rec_type,
                found.rec_headers.get_header("WARC-Target-URI"),
                found.raw_stream.read(),
            )
            for found in ArchiveIterator(file, no_record_parse=True)
        ]


def tool(name: str) -> str:
    """A program of another project, beside the interpreter or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        missing(f"{name} is not installed")
    return found


def test_a_warc_package_holds_every_record_as_it_was_with_what_belongs_to_it(held: Path) -> None:
    out = made(held, "out.warc.gz", "warc")
    (kind, target, told), *rest = records_in(out)
    assert (kind, target) == ("warcinfo", None)
    assert b"description: Captures of every address" in told
    stored = next((held / "warcs").rglob("*.warc*"))
    _, *original = records_in(stored)
    assert rest == original
    for one in RECORDS[1:]:  # to the byte, each a gzip member of its own
        assert one in gzip.decompress(out.read_bytes())
    subprocess.run([sys.executable, "-m", "warcio.cli", "check", out], check=True)


def test_a_warc_package_is_sound_for_fastwarc(held: Path, yardsticks: Path) -> None:
    out = made(held, "out.warc.gz", "warc")
    run_tool(yardsticks / "fastwarc", "check", out)  # block digests


@pytest.mark.parametrize(
    ("chosen", "addresses"),
    [
        ([f"{HOST}/crime/*"], {"/crime/", "/crime/staff/"}),
        (["--from", "2012"], {"/news/"}),
        ([f"{HOST}/crime/", "--to", "2011-06"], {"/crime/"}),
    ],
)
def test_a_package_can_be_of_a_prefix_or_of_dates(
    chosen: list[str], addresses: set[str], held: Path
) -> None:
    found = records_in(made(held, "out.warc.gz", "warc", *chosen))[1:]
    assert {url.removeprefix(HOST) for _, url, _ in found} == addresses


def test_a_revisit_takes_the_record_along_that_holds_its_payload(held: Path) -> None:
    found = records_in(made(held, "out.warc.gz", "warc", "--from", "2011-08", "--to", "2011-08"))
    assert [kind for kind, _, _ in found] == [
        "warcinfo",
        "response",
        "request",
        "metadata",
        "revisit",
    ]


def test_a_revisit_whose_payload_is_withdrawn_is_told(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    why = ("--reason", "Private", "--authority", "Panel", "--at", "20110509101621")
    assert run(["--archive", str(held), "withdraw", f"{HOST}/crime/", *why]) == 1
    out = made(held, "out.warc.gz", "warc", f"{HOST}/crime/", status=1)
    assert "payload-left-out" in capsys.readouterr().err
    assert [kind for kind, _, _ in records_in(out)] == ["warcinfo", "revisit"]


@pytest.mark.parametrize("form", ["warc", "wacz", "bagit"])
def test_the_same_captures_give_the_same_bytes(form: str, held: Path) -> None:
    def bytes_of(path: Path) -> dict[str, bytes]:
        places = sorted(path.rglob("*")) if path.is_dir() else [path]
        return {
            place.relative_to(path).as_posix(): place.read_bytes()
            for place in places
            if place.is_file()
        }

    assert bytes_of(made(held, "one", form)) == bytes_of(made(held, "two", form))


@pytest.mark.parametrize("form", ["warc", "wacz", "bagit"])
def test_withdrawn_captures_are_in_no_package(form: str, held: Path) -> None:
    why = ("--reason", "Private", "--authority", "Panel")
    run(["--archive", str(held), "withdraw", f"{HOST}/crime/staff/", *why])
    out = made(held, "out", form)
    places = [place for place in (out, *out.rglob("*")) if place.is_file()]
    inside = b"".join(map(unpacked, places))
    assert b"<p>News</p>" in inside
    assert b"Staff" not in inside
    assert b"staff" not in inside


def unpacked(path: Path) -> bytes:
    """Every byte of a file, of the members of a ZIP and of gzip."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            parts = [package.read(name) for name in package.namelist()]
        return b"".join(gzip.decompress(p) if p[:2] == b"\x1f\x8b" else p for p in parts)
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_nothing_to_package_or_a_name_in_use_is_said_and_nothing_is_written(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(held, "out", "warc", f"{HOST}/never/", status=2)
    assert not (held.parent / "out").exists()
    (held.parent / "out").write_text("mine")
    made(held, "out", "warc", status=2)
    assert (held.parent / "out").read_text() == "mine"
    why = ("--reason", "Private", "--authority", "Panel")
    run(["--archive", str(held), "withdraw", f"{HOST}/crime/*", *why])
    capsys.readouterr()
    made(held, "other", "warc", f"{HOST}/crime/", status=2)
    assert "was withdrawn on" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["warc", "wacz", "bagit"])
def test_a_record_that_is_gone_leaves_nothing_half_written(form: str, held: Path) -> None:
    stored = next((held / "warcs").rglob("*.warc*"))
    stored.unlink()
    made(held, "out", form, status=2)
    assert {place.name for place in held.parent.iterdir()} == {"archive", "crawl.warc"}


def test_a_wacz_has_an_index_that_finds_each_record_and_a_page_list_with_titles(held: Path) -> None:
    with zipfile.ZipFile(made(held, "out.wacz", "wacz")) as package:
        assert {info.compress_type for info in package.infolist()} == {zipfile.ZIP_STORED}
        parts = {name: package.read(name) for name in package.namelist()}
    told = json.loads(parts["datapackage.json"])
    assert {one["path"]: one["hash"] for one in told["resources"]} == {
        name: f"sha256:{hashlib.sha256(data).hexdigest()}"
        for name, data in parts.items()
        if not name.startswith("datapackage")
    }
    digest = json.loads(parts["datapackage-digest.json"])
    assert digest["hash"] == f"sha256:{hashlib.sha256(parts['datapackage.json']).hexdigest()}"
    lines = gzip.decompress(parts["indexes/index.cdx.gz"]).decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == 5
    for line in lines:
        where = json.loads(line.split(" ", 2)[2])
        start, length = int(where["offset"]), int(where["length"])
        member = gzip.decompress(parts["archive/data.warc.gz"][start : start + length])
        assert f"WARC-Target-URI: {where['url']}\r\n".encode() in member
    _, head = parts["indexes/index.idx"].decode().splitlines()
    where = json.loads(head.split(" ", 2)[2])
    block = parts["indexes/index.cdx.gz"][where["offset"] : where["offset"] + where["length"]]
    assert gzip.decompress(block).decode().startswith(head[: head.index(" {")])
    first, *pages = map(json.loads, parts["pages/pages.jsonl"].decode().splitlines())
    assert first["format"] == "json-pages-1.0"
    assert [(page["url"], page["ts"], page.get("title")) for page in pages][:2] == [
        (f"{HOST}/crime/", "2011-05-09T10:16:21Z", "Crime"),
        (f"{HOST}/crime/", "2011-08-01T09:00:00Z", "Crime"),
    ]
    assert len({page["id"] for page in pages}) == len(pages) == 4


def test_no_head_within_a_wacz_is_longer_than_its_directory_says(held: Path) -> None:
    # ReplayWeb.page reads a member behind a head of just that length, and so could open none.
    out = made(held, "out.wacz", "wacz")
    data = out.read_bytes()
    with zipfile.ZipFile(out) as package:
        extra = [data[one.header_offset + 28 :][:2] for one in package.infolist()]
        assert [one.extra for one in package.infolist()] == [b""] * len(extra)
    assert set(extra) == {bytes(2)}


def test_a_wacz_is_valid_for_the_validator_of_its_makers(held: Path, yardsticks: Path) -> None:
    out = made(held, "out.wacz", "wacz")
    assert "Validation succeeded" in run_tool(yardsticks / "wacz", "validate", "-f", out)


def test_a_bag_is_valid_for_bagit(held: Path) -> None:
    out = made(held, "bag", "bagit")
    program = tool("bagit.py")
    command = [program, "--validate", out]
    assert subprocess.run(command, capture_output=True).returncode == 0
    info = (out / "bag-info.txt").read_text("utf-8")
    assert "Source-Organization: this archive\n" in info
    with (out / "data/index.cdxj").open("a") as file:
        file.write("\n")
    assert subprocess.run(command, capture_output=True).returncode == 1


def test_a_package_taken_in_again_lists_the_same_captures(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed(path: Path) -> list[tuple[object, ...]]:
        capsys.readouterr()
        assert run(["--archive", str(path), "list", "--format", "json"]) == 0
        found = map(json.loads, capsys.readouterr().out.splitlines())
        return [
            tuple(one[name] for name in ("url", "timestamp", "status", "digest")) for one in found
        ]

    out = made(held, "out.warc.gz", "warc")
    with marsham.create_archive(tmp_path / "again") as archive:
        marsham.ingest(archive, [out])
    assert listed(tmp_path / "again") == listed(held)
