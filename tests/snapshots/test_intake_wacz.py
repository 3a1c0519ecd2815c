import io
import json
import os
import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from archiver.errors import FormatError
from archiver.ingest.sniff import Format, sniff
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import memento_of
from snapshots.writer import Writer
from tests.builders import (
    arc,
    arc_record,
    flip,
    http_response,
    response,
    wacz,
    warc,
    warcinfo,
    zipped,
)
from tests.snapshots.helpers import all_captures, all_files, all_rows

URL = "http://www.homeoffice.example/crime/"
ONE = warc(warcinfo(), response(b"one"))
TWO = warc(warcinfo(), response(b"two", url=f"{URL}2"))
PAGES = b'{"format": "json-pages-1.0"}\n' + json.dumps({"url": URL, "title": "Crime"}).encode()


def take(archive: Archive, data: bytes, name: str = "crawl.wacz") -> Intake:
    path = archive.path.parent / name
    path.write_bytes(data)
    with Writer(archive) as writer:
        return take_in(writer, path)


def codes(report: Intake) -> list[str]:
    return [one.code for one in report.problems]


def canaries(folder: Path) -> list[str]:
    return [place.name for place in folder.rglob("*") if "canary" in place.name]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_files_of_a_package_are_taken_in_untouched(
    archive: Archive, old: bool, compression: int
) -> None:
    members = {"archive/a.warc.gz": ONE, "archive/b.warc.gz": TWO, "pages/pages.jsonl": PAGES}
    data = wacz(members, old=old, compression=compression)
    report = take(archive, data)
    assert (report.format, report.captures, report.problems) == (Format.WACZ, 2, ())
    assert report.counts == {"listed page": 1, "response": 2, "warcinfo": 2}
    kept = {place.read_bytes() for place in (archive.path / "warcs").rglob("*.warc.gz")}
    assert kept == {ONE, TWO}
    (original,) = (archive.path / "originals").glob("*/*")
    assert original.read_bytes() == data
    found = {one.url: memento_of(archive, one).content() for one in all_captures(archive)}
    assert found == {URL: b"one", f"{URL}2": b"two"}
    names = sorted(place.name[:2] for place in (archive.path / "warcs").rglob("*.warc.gz"))
    assert names == ["a-", "b-"]


def test_a_real_package_is_taken_in(archive: Archive, corpora: Path) -> None:
    with Writer(archive) as writer:
        report = take_in(writer, corpora / "example.wacz")
    assert (report.format, codes(report)) == (Format.WACZ, [])
    with zipfile.ZipFile(corpora / "example.wacz") as package:
        inside = package.read("archive/example-collection.warc")
    (kept,) = (archive.path / "warcs").rglob("*.warc.gz")  # its name lies
    assert kept.read_bytes() == inside
    assert report.captures == len(all_captures(archive)) > 0


def test_a_package_without_captures_is_refused_and_leaves_nothing(
    archive: Archive, corpora: Path
) -> None:
    before = all_rows(archive), all_files(archive)
    with Writer(archive) as writer:
        with pytest.raises(FormatError, match=r"no capture that could be listed; missing-member"):
            take_in(writer, corpora / "broken/invalid.wacz")
        assert (all_rows(archive), all_files(archive)) == before


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (wacz({"archive/a.warc.gz": ONE}, lie=["archive/a.warc.gz"]), ["hash-mismatch"]),
        (wacz({"archive/a.warc.gz": ONE}, unlisted=["archive/a.warc.gz"]), ["not-listed"]),
        (zipped({"archive/a.warc.gz": ONE}), ["no-description"]),
        (zipped({"archive/a.warc.gz": ONE, "datapackage.json": b"[]"}), ["no-description"]),
        (
            zipped({"archive/a.warc.gz": ONE, "datapackage.json": b"[" * 100_000}),
            ["no-description"] * 2,
        ),
        (
            zipped({"archive/a.warc.gz": ONE, "datapackage.json": b'{"resources": [7, {}]}'}),
            ["no-description", "no-description", "not-listed"],
        ),
        (wacz({"archive/a.warc.gz": ONE, "archive/b.txt": b"x"}), ["not-read"]),
        (
            wacz({"archive/a.warc.gz": ONE, "pages/pages.jsonl": PAGES + b"\n{\n[]\n"}),
            ["page-list"],
        ),
        (
            wacz({"archive/a.warc.gz": TWO, "pages/pages.jsonl": PAGES}),
            ["page-not-captured"],
        ),
    ],
)
def test_what_is_wrong_with_a_package_is_told_and_its_captures_are_listed(
    sqlite_archive: Archive, data: bytes, expected: list[str]
) -> None:
    report = take(sqlite_archive, data)
    assert report.captures == 1
    assert sorted(codes(report)) == sorted(expected)


def listed(archive: Archive) -> list[tuple[object, ...]]:
    return [row[3:] for row in all_rows(archive)["listed_page"]]


def pages(*lines: object) -> bytes:
    """Write a page list as py-wacz does."""
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    return "".join(f"{json.dumps(line)}\n" for line in (head, *lines)).encode()


def test_a_page_list_is_kept_with_the_capture_each_page_means(archive: Archive) -> None:
    moved = response(b"", status="301 Moved", head=[("Location", URL.replace("//www.", "//"))])
    late = response(b"late", date="2012-05-09T10:16:21Z")
    members = {
        "archive/a.warc.gz": warc(
            warcinfo(), moved, late, response(b"now", date="2011-05-09T10:16:25Z")
        ),
        "pages/pages.jsonl": pages(
            {"url": URL, "ts": "2011-05-09T10:16:21.123Z", "title": " Crime\n and\tpolicing "},
            {"url": URL.upper().replace("HTTP", "http"), "ts": "2012-05-09T11:16:20+01:00"},
            {"url": f"{URL}never", "ts": "2011-05-09T10:16:21Z", "title": "Never"},
        ),
        "pages/extraPages.jsonl": pages({"url": URL, "title": "a\0b\ud800"}),
    }
    report = take(archive, wacz(members))
    assert codes(report) == ["page-not-captured"]
    assert report.counts["listed page"] == 4
    assert report.counts["listed page not captured"] == 1
    assert listed(archive) == [
        (URL, 20110509101621, 20110509101625, "Crime and policing"),  # not the redirect before it
        (URL.upper().replace("HTTP", "http"), 20120509101620, 20120509101621, ""),
        (f"{URL}never", 20110509101621, None, "Never"),
        (URL, None, 20110509101625, "a%00b?"),
    ]


def test_a_time_on_a_page_list_that_cannot_be_read_is_told(sqlite_archive: Archive) -> None:
    lines = [{"url": URL, "ts": when} for when in ("yesterday", 7, "2011-13-01T00:00:00Z", "")]
    members = {"archive/a.warc.gz": ONE, "pages/pages.jsonl": pages(*lines)}
    (told,) = take(sqlite_archive, wacz(members)).problems
    assert (told.code, told.message[:7]) == ("page-list", "3 pages")
    assert {row[1:3] for row in listed(sqlite_archive)} == {(None, 20110509101621)}


def test_of_many_pages_that_were_not_captured_the_first_are_named_and_all_counted(
    sqlite_archive: Archive,
) -> None:
    lines = [{"url": f"{URL}{number}"} for number in range(130)]
    members = {"archive/a.warc.gz": ONE, "pages/pages.jsonl": pages(*lines)}
    report = take(sqlite_archive, wacz(members))
    assert report.counts["listed page not captured"] == 130
    assert codes(report) == ["page-not-captured"] * 101
    assert report.problems[-1].message.startswith("30 more pages")


def test_half_a_character_in_a_description_does_no_harm(archive: Archive) -> None:
    half = "\ud800"  # of a surrogate pair: JSON can escape it, and it is no character
    resources = [{"path": half, "hash": half}, {"path": "archive/a.warc.gz", "hash": half}]
    members = {
        "archive/a.warc.gz": warc(response()),
        "pages/pages.jsonl": b'{"id": "pages"}\n{"url": "http://a.example/\\ud800\\u0000"}\n',
        "datapackage.json": json.dumps({"resources": resources}).encode(),
    }
    report = take(archive, zipped(members))
    assert sorted(codes(report)) == ["missing-member", "page-not-captured", "unknown-hash"]
    assert "http://a.example/?%00" in [problem.url for problem in report.problems]


def test_packages_within_a_package_are_taken_in_so_far(sqlite_archive: Archive) -> None:
    inner = wacz({"archive/b.warc.gz": TWO})
    report = take(sqlite_archive, wacz({"archive/a.warc.gz": ONE, "parts/inner.wacz": inner}))
    assert (report.captures, codes(report)) == (2, [])
    nested = wacz({"archive/a.warc.gz": ONE})
    for _ in range(5):
        nested = wacz({"archive/b.warc.gz": TWO, "inner.wacz": nested})
    report = take(sqlite_archive, nested)
    assert (report.captures, codes(report)) == (3, ["not-read"])


def test_whatever_framing_stands_in_a_package_is_read(sqlite_archive: Archive) -> None:
    old = arc(arc_record("filedesc://x", b"1 0 x\n"), arc_record(f"{URL}old", http_response(b"o")))
    whole = warc(warcinfo(), response(b"whole", url=f"{URL}w"), form="whole")
    report = take(sqlite_archive, wacz({"archive/a.arc.gz": old, "archive/b.warc.gz": whole}))
    assert (report.captures, codes(report)) == (2, [])
    assert len(list((sqlite_archive.path / "originals").glob("*/*"))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "/tmp/canary.warc.gz",  # noqa: S108 - a name that must not be used
        "../canary.warc.gz",
        "archive/../../../canary.warc.gz",
        "archive\\..\\..\\canary.warc.gz",
        "C:/canary.warc.gz",
    ],
)
def test_a_name_that_leads_out_is_left_out(sqlite_archive: Archive, name: str) -> None:
    report = take(sqlite_archive, wacz({name: TWO, "archive/a.warc.gz": ONE}))
    assert report.captures == 1
    assert set(codes(report)) == {"unsafe-member", "missing-member"}
    assert canaries(sqlite_archive.path.parent) == []
    assert not Path("/tmp/canary.warc.gz").exists()  # noqa: S108


def test_links_and_duplicates_are_left_out(sqlite_archive: Archive) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the platform warns of the very thing under test
        file.writestr("archive/a.warc.gz", ONE)
        file.writestr("archive/a.warc.gz", TWO)
        link = zipfile.ZipInfo("archive/link.warc.gz")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    report = take(sqlite_archive, out.getvalue())
    assert report.captures == 1
    assert sorted(codes(report)) == ["no-description", "unsafe-member", "unsafe-member"]


def test_members_that_share_bytes_are_left_out(sqlite_archive: Archive) -> None:
    data = wacz({"archive/a.warc.gz": ONE, "archive/b.warc.gz": TWO})
    # The second member's place in the directory is turned to the first's bytes.
    at = data.index(b"archive/b.warc.gz", data.index(b"PK\x01\x02"))
    report = take(sqlite_archive, data[: at - 4] + bytes(4) + data[at:])
    assert report.captures == 1
    assert "unsafe-member" in codes(report)


def test_a_member_that_grows_without_end_is_stopped(
    sqlite_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.ingest.wacz._BOMB_SIZE", 1 << 20)
    bomb = b"WARC/1.0\r\n" + bytes(1 << 24)
    report = take(sqlite_archive, wacz({"archive/a.warc.gz": ONE, "archive/b.warc": bomb}))
    assert report.captures == 1
    assert "bomb" in codes(report)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_in_a_member_costs_what_it_stands_in(
    sqlite_archive: Archive, compression: int
) -> None:
    whole = warc(warcinfo(), response(b"one"), response(os.urandom(90_000)), form="plain")
    data = wacz({"archive/a.warc": whole, "archive/b.warc.gz": TWO}, compression=compression)
    report = take(sqlite_archive, flip(data, 80_000))
    assert report.captures in (2, 3)
    assert "damaged-member" in codes(report)
    assert {one.url for one in all_captures(sqlite_archive)} == {URL, f"{URL}2"}


def test_a_package_cut_short_is_refused_by_what_it_is(tmp_path: Path) -> None:
    data = wacz({"archive/a.warc.gz": ONE})
    (tmp_path / "a.wacz").write_bytes(data[:-10])
    with pytest.raises(FormatError, match="is a zip file"):
        sniff(tmp_path / "a.wacz")
    (tmp_path / "a.zip").write_bytes(zipped({"letter.docx": b"x"}))
    with pytest.raises(FormatError, match="is a zip file"):
        sniff(tmp_path / "a.zip")


def test_any_byte_of_a_package_may_be_wrong(sqlite_archive: Archive) -> None:
    data = wacz({"archive/a.warc.gz": ONE, "pages/pages.jsonl": PAGES})
    path = sqlite_archive.path.parent / "crawl.wacz"
    with Writer(sqlite_archive) as writer:
        for at in range(4, len(data), 23):
            path.write_bytes(flip(data, at))
            try:
                assert take_in(writer, path).captures == 1
            except FormatError as error:
                assert "zip file" in str(error) or "no capture" in str(error)  # noqa: PT017
