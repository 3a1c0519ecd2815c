"""Packages in several parts: what lies beside the list is taken in, and nothing from elsewhere."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archiver.errors import FormatError
from archiver.ingest.sniff import Format, sniff
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.writer import Writer
from tests.builders import response, wacz, warc, warcinfo, zipped
from tests.snapshots.helpers import all_captures, all_files, all_rows, put

HOST = "http://www.homeoffice.example"
PARTS = {
    name: wacz({f"archive/{name}.warc.gz": warc(warcinfo(), response(url=f"{HOST}/{name}"))})
    for name in ("a", "b")
}


def resource(name: str, data: bytes, **more: object) -> dict[str, object]:
    """Describe a part as Browsertrix does."""
    told = {"name": name, "path": name, "hash": f"sha256:{sha256(data).hexdigest()}"}
    return told | {"bytes": len(data)} | more


def listing(*resources: object, profile: str = "multi-wacz-package") -> bytes:
    return json.dumps({"profile": profile, "resources": list(resources)}, indent=2).encode()


BOTH = [resource(f"{name}.wacz", data) for name, data in PARTS.items()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two parts, and no list of them yet."""
    return put(tmp_path / "crawl", {f"{name}.wacz": data for name, data in PARTS.items()})


def take(archive: Archive, path: Path) -> Intake:
    with Writer(archive) as writer:
        return take_in(writer, path)


def codes(report: Intake) -> list[str]:
    return sorted(one.code for one in report.problems)


def addresses(archive: Archive) -> list[str]:
    return sorted(one.url.removeprefix(f"{HOST}/") for one in all_captures(archive))


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n "])
def test_a_list_of_parts_takes_in_those_beside_it_as_one_input(
    archive: Archive, folder: Path, start: bytes
) -> None:
    put(folder, {"datapackage.json": start + listing(*BOTH)})
    assert sniff(folder / "datapackage.json") is Format.WACZ
    report = take(archive, folder / "datapackage.json")
    assert (report.format, report.captures, report.problems) == (Format.WACZ, 2, ())
    assert report.counts == {"part": 2, "response": 2, "warcinfo": 2}
    assert addresses(archive) == ["a", "b"]
    kept = {place.read_bytes() for place in (archive.path / "originals").glob("*/*")}
    assert kept == {start + listing(*BOTH), *PARTS.values()}
    assert take(archive, folder / "datapackage.json").before is not None


def test_a_package_may_hold_some_parts_and_list_others_beside_it(
    sqlite_archive: Archive, folder: Path
) -> None:
    (folder / "b.wacz").unlink()
    members = {"b.wacz": PARTS["b"], "datapackage.json": listing(*BOTH)}
    put(folder, {"all.wacz": zipped(members)})
    report = take(sqlite_archive, folder / "all.wacz")
    assert (report.captures, codes(report)) == (2, [])
    assert addresses(sqlite_archive) == ["a", "b"]


def test_a_part_may_lie_in_a_folder_below_and_be_named_by_a_relative_address(
    sqlite_archive: Archive, folder: Path
) -> None:
    (folder / "parts").mkdir()
    (folder / "a.wacz").rename(folder / "parts/part one.wacz")
    one = {"url": "./parts/part%20one.wacz", "bytes": len(PARTS["a"])}
    put(folder, {"list.json": listing(one, BOTH[1], BOTH[1])})
    report = take(sqlite_archive, folder / "list.json")
    assert (report.counts["part"], codes(report)) == (2, [])


def test_a_part_that_is_not_there_is_told_with_what_to_do(
    sqlite_archive: Archive, folder: Path
) -> None:
    (folder / "a.wacz").unlink()
    put(folder, {"list.json": listing(*BOTH)})
    report = take(sqlite_archive, folder / "list.json")
    assert report.captures == 1
    (told,) = report.problems
    assert told.code == "missing-part"
    assert told.file.endswith("list.json/a.wacz")
    assert "once it is found, take it in by itself" in told.message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"hash": "sha256:" + "0" * 64}, ["hash-mismatch"]),
        ({"bytes": 7}, ["hash-mismatch"]),
        ({"hash": None, "bytes": None}, []),
        ({"hash": 7, "bytes": "7"}, []),
    ],
)
def test_a_part_that_is_not_as_listed_is_told_and_taken_in(
    sqlite_archive: Archive, folder: Path, change: dict[str, Any], expected: list[str]
) -> None:
    put(folder, {"list.json": listing(BOTH[0] | change)})
    report = take(sqlite_archive, folder / "list.json")
    assert (report.captures, codes(report)) == (1, expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../canary.wacz", "unsafe-part"),
        ("parts/../../canary.wacz", "unsafe-part"),
        ("..", "unsafe-part"),
        ("..\\canary.wacz", "unsafe-part"),
        ("C:/canary.wacz", "unsafe-part"),
        ("{absolute}/canary.wacz", "unsafe-part"),
        ("link.wacz", "unsafe-part"),
        ("linked/canary.wacz", "unsafe-part"),
        ("pipe.wacz", "unsafe-part"),
        ("parts", "unsafe-part"),
        (".", "unsafe-part"),
        ("b.wacz/x", "missing-part"),
        ("a\0.wacz", "missing-part"),
        ("\ud800.wacz", "missing-part"),
        ("x" * 300, "missing-part"),
        ("https://homeoffice.example/canary.wacz", "part-elsewhere"),
        ("//homeoffice.example/canary.wacz", "part-elsewhere"),
        ("file:///etc/passwd", "part-elsewhere"),
        ("list.json", "not-read"),
        ("notes.txt", "not-read"),
    ],
)
@pytest.mark.parametrize("field", ["path", "url"])
def test_a_part_is_taken_from_nowhere_but_the_folder_of_the_list(
    sqlite_archive: Archive, folder: Path, name: str, expected: str, field: str
) -> None:
    put(folder.parent, {"canary.wacz": PARTS["a"]})
    put(folder, {"notes.txt": "Notes", "parts/none.txt": ""})
    (folder / "link.wacz").symlink_to(folder / "a.wacz")
    (folder / "linked").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe.wacz")
    address = name.replace("{absolute}", str(folder.parent))
    put(folder, {"list.json": listing({field: address}, BOTH[1])})
    report = take(sqlite_archive, folder / "list.json")
    assert codes(report) == [expected]
    assert addresses(sqlite_archive) == ["b"]


def test_what_a_part_lists_beside_itself_is_not_looked_for(
    sqlite_archive: Archive, folder: Path
) -> None:
    inner = zipped({"b.wacz": PARTS["b"], "datapackage.json": listing(*BOTH)})
    put(folder, {"inner.wacz": inner, "list.json": listing(resource("inner.wacz", inner))})
    report = take(sqlite_archive, folder / "list.json")
    assert addresses(sqlite_archive) == ["b"]
    assert codes(report) == ["missing-member"]


@pytest.mark.parametrize("resources", [None, [], [7, {}, {"path": ""}]])
def test_a_list_without_parts_is_refused_and_leaves_nothing(
    sqlite_archive: Archive, folder: Path, resources: object
) -> None:
    data = json.dumps({"profile": "multi-wacz-package", "resources": resources})
    put(folder, {"list.json": data})
    before = all_rows(sqlite_archive), all_files(sqlite_archive)
    with pytest.raises(FormatError, match="no capture that could be listed"):
        take(sqlite_archive, folder / "list.json")
    assert (all_rows(sqlite_archive), all_files(sqlite_archive)) == before


@pytest.mark.parametrize(
    "data",
    [
        listing(*BOTH, profile="data-package"),
        b'{"multi-wacz-package": ',
        b'["multi-wacz-package"]',
        b'{"a": ' * 100_000 + b"multi-wacz-package",
        b"{ is how this text begins",
    ],
)
def test_other_json_is_no_list_of_parts(folder: Path, data: bytes) -> None:
    put(folder, {"list.json": data})
    assert sniff(folder / "list.json") is Format.TEXT
