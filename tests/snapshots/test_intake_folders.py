import os
from pathlib import Path

import pytest

from archiver.errors import FormatError
from archiver.ingest.sniff import Format, sniff
from archiver.records import Grade
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import memento_of
from snapshots.writer import Writer
from tests.snapshots.helpers import all_captures, put

HOST = "http://www.homeoffice.example"
TEXT = b"<!DOCTYPE html><html><title>Crime</title><p>Crime and policing in the regions</p>"


def take(archive: Archive, folder: Path) -> Intake:
    for place in folder.rglob("*"):
        os.utime(place, (1_304_936_181, 1_304_936_181))  # 9 May 2011, 10:16:21
    with Writer(archive) as writer:
        return take_in(writer, folder)


def codes(report: Intake) -> list[str]:
    """Give the codes of a report but for one: what is saved here states no date."""
    return sorted(one.code for one in report.problems if one.code != "date-from-file")


def saved_from(url: str, body: bytes = TEXT) -> bytes:
    return f"<!-- saved from url=({len(url):04}){url} -->\n".encode() + body


def grades(archive: Archive) -> dict[str, Grade]:
    return {one.url: one.grade for one in all_captures(archive)}


def contents(archive: Archive) -> dict[str, bytes]:
    return {one.url: memento_of(archive, one).content() for one in all_captures(archive)}


# A browser's "save page as"


@pytest.mark.parametrize("ending", ["_files", ".files"])
def test_what_a_browser_saved_with_a_page_stands_where_its_links_lead(
    archive: Archive, tmp_path: Path, ending: str
) -> None:
    links = (
        f'<link rel=stylesheet href="./Crime%20page{ending}/main.css">'
        f'<img src="Crime%20page{ending}/logo.png"><img src="https://cdn.example/x.png">'
    )
    folder = put(
        tmp_path / "saved",
        {
            "Crime page.html": saved_from(f"{HOST}/crime/", TEXT + links.encode()),
            f"Crime page{ending}/main.css": "p {}",
            f"Crime page{ending}/logo.png": b"\x89PNG",
            f"Crime page{ending}/tracker.js": "x()",
        },
    )
    report = take(archive, folder)
    assert report.format is Format.FOLDER
    assert grades(archive) == {
        f"{HOST}/crime/": Grade.RECOVERED,
        f"{HOST}/crime/Crime%20page{ending}/main.css": Grade.RENDERING,
        f"{HOST}/crime/Crime%20page{ending}/logo.png": Grade.RECOVERED,
    }
    assert contents(archive)[f"{HOST}/crime/Crime%20page{ending}/logo.png"] == b"\x89PNG"
    # What no link leads to is kept, but nobody knows where it was.
    assert codes(report) == ["address-from-link", "not-listed"]
    assert len(list((archive.path / "originals").glob("*/*"))) == 4


def test_a_page_saved_out_of_an_archive_gives_its_files_the_original_address(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    address = f"http://web.archive.org/web/20110509101621/{HOST}/crime/"
    page = saved_from(address, TEXT + b'<img src="./Crime_files/logo.png">')
    folder = put(tmp_path / "s", {"Crime.html": page, "Crime_files/logo.png": b"\x89PNG"})
    take(sqlite_archive, folder)
    assert set(grades(sqlite_archive)) == {
        f"{HOST}/crime/",
        f"{HOST}/crime/Crime_files/logo.png",
    }


def test_a_files_folder_without_its_page_has_no_addresses(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    folder = put(tmp_path / "s", {"Crime.html": TEXT, "Crime_files/logo.png": b"\x89PNG"})
    with pytest.raises(FormatError, match="its address is not known"):
        take(sqlite_archive, folder)


def test_links_of_a_saved_page_cannot_lead_out_of_its_folder(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    links = b'<img src="../secret.png"><img src="/etc/passwd"><img src="a\0b"><a href="http://[">'
    page = saved_from(f"{HOST}/crime/", TEXT + links)
    folder = put(tmp_path / "s", {"Crime.html": page, "Crime_files/logo.png": b"\x89PNG"})
    report = take(sqlite_archive, folder)
    assert set(grades(sqlite_archive)) == {f"{HOST}/crime/"}
    assert codes(report) == ["not-listed"]


# wget mirrors


def test_a_mirror_is_known_by_its_hosts(tmp_path: Path) -> None:
    put(tmp_path / "m", {"www.homeoffice.example/index.html": TEXT})
    assert sniff(tmp_path / "m") is Format.MIRROR
    assert sniff(tmp_path / "m/www.homeoffice.example") is Format.MIRROR
    put(tmp_path / "n", {"http/www.homeoffice.example/index.html": TEXT})
    assert sniff(tmp_path / "n") is Format.MIRROR
    put(tmp_path / "o", {"Crime_files/x.png": b"x", "Crime.html": TEXT})
    assert sniff(tmp_path / "o") is Format.FOLDER
    put(tmp_path / "p", {"Crime.files/x.png": b"x", "Crime.html": TEXT})
    assert sniff(tmp_path / "p") is Format.FOLDER
    put(tmp_path / "q", {"www.homeoffice.example/index.html": TEXT, "notes/x.txt": b"x"})
    assert sniff(tmp_path / "q") is Format.FOLDER


@pytest.mark.parametrize(
    ("file", "url"),
    [
        ("www.homeoffice.example/index.html", "/"),
        ("www.homeoffice.example/crime/index.html", "/crime/"),
        ("www.homeoffice.example/crime/page.html", "/crime/page.html"),
        ("www.homeoffice.example/crime/b c.html", "/crime/b%20c.html"),
        ("www.homeoffice.example/caf\xe9.html", "/caf%C3%A9.html"),
        ("www.homeoffice.example/list.asp?id=3&x=4", "/list.asp?id=3&x=4"),
        ("www.homeoffice.example/list.asp%3Fid=3", "/list.asp?id=3"),
        ("www.homeoffice.example/list.asp%3fid=3.html", "/list.asp?id=3"),
        ("www.homeoffice.example/list.asp@id=3&x=4", "/list.asp?id=3&x=4"),
        ("www.homeoffice.example/list.asp@id=3.html", "/list.asp?id=3"),
        ("www.homeoffice.example/list.php.html", "/list.php"),
        ("www.homeoffice.example/index.html?lang=cy", "/index.html?lang=cy"),
        ("www.homeoffice.example/a@b.html", "/a@b.html"),  # no query: nothing is equal to it
        ("www.homeoffice.example/100%25.html", "/100%25.html"),
        ("www.homeoffice.example/download", "/download"),
    ],
)
def test_a_name_in_a_mirror_leads_back_to_its_address(
    sqlite_archive: Archive, tmp_path: Path, file: str, url: str
) -> None:
    report = take(sqlite_archive, put(tmp_path / "m", {file: TEXT}))
    assert (report.format, codes(report)) == (Format.MIRROR, [])
    (capture,) = all_captures(sqlite_archive)
    assert (capture.url, capture.timestamp) == (f"{HOST}{url}", "20110509101621")
    assert (capture.media_type, capture.grade) == ("text/html", Grade.BODY)


@pytest.mark.parametrize(
    ("file", "url"),
    [
        ("https/www.homeoffice.example/a.html", "https://www.homeoffice.example/a.html"),
        ("www.homeoffice.example:8080/a.html", "http://www.homeoffice.example:8080/a.html"),
        ("www.homeoffice.example+8080/a.html", "http://www.homeoffice.example:8080/a.html"),
        ("192.0.2.10/a.html", "http://192.0.2.10/a.html"),
    ],
)
def test_scheme_and_port_are_those_of_the_folders(
    sqlite_archive: Archive, tmp_path: Path, file: str, url: str
) -> None:
    take(sqlite_archive, put(tmp_path / "m", {file: TEXT}))
    assert set(grades(sqlite_archive)) == {url}


def test_the_folder_of_one_host_is_a_mirror_too(sqlite_archive: Archive, tmp_path: Path) -> None:
    folder = put(tmp_path / "www.homeoffice.example", {"crime/index.html": TEXT})
    take(sqlite_archive, folder)
    assert set(grades(sqlite_archive)) == {f"{HOST}/crime/"}


def test_what_was_received_is_preferred_to_what_was_converted(
    archive: Archive, tmp_path: Path
) -> None:
    received = TEXT + b'<a href="/crime/">'
    folder = put(
        tmp_path / "m",
        {
            "www.homeoffice.example/index.html": TEXT + b'<a href="crime/index.html">',
            "www.homeoffice.example/index.html.orig": received,
        },
    )
    report = take(archive, folder)
    assert contents(archive) == {f"{HOST}/": received}
    assert grades(archive) == {f"{HOST}/": Grade.BODY}
    assert codes(report) == []
    assert len(list((archive.path / "originals").glob("*/*"))) == 2


def test_converted_links_lower_the_grade_and_are_told_once(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    folder = put(
        tmp_path / "m",
        {
            "www.homeoffice.example/index.html": TEXT + b'<a href="crime/index.html">',
            "www.homeoffice.example/b.html": TEXT + b'<a href="list.asp%3Fid=3.html#top">',
            "www.homeoffice.example/c.html": TEXT + b'<a href="http://h.example/index.html">',
            "www.homeoffice.example/logo.png": b"\x89PNG",
        },
    )
    report = take(sqlite_archive, folder)
    assert codes(report) == ["converted-links"]
    assert any("2 pages" in found.message for found in report.problems)
    assert grades(sqlite_archive) == {
        f"{HOST}/": Grade.RECOVERED,
        f"{HOST}/b.html": Grade.RECOVERED,
        f"{HOST}/c.html": Grade.BODY,
        f"{HOST}/logo.png": Grade.BODY,
    }


def test_what_stands_outside_any_host_is_kept_but_has_no_address(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    folder = put(
        tmp_path / "m", {"www.homeoffice.example/index.html": TEXT, "wget.log": b"--2011--"}
    )
    assert codes(take(sqlite_archive, folder)) == ["not-listed"]
    assert set(grades(sqlite_archive)) == {f"{HOST}/"}


def test_a_mirrored_page_that_states_an_address_has_that(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    page = saved_from(f"{HOST}/crime/?page=2")
    take(sqlite_archive, put(tmp_path / "m", {"www.homeoffice.example/2.html": page}))
    assert set(grades(sqlite_archive)) == {f"{HOST}/crime/?page=2"}


def test_odd_things_in_a_folder_are_passed_over(sqlite_archive: Archive, tmp_path: Path) -> None:
    folder = put(tmp_path / "m", {"www.homeoffice.example/index.html": TEXT})
    host = folder / "www.homeoffice.example"
    os.mkfifo(host / "pipe.html")
    (host / "loop").symlink_to(host)
    (host / "passwd").symlink_to("/etc/passwd")
    (host / "zero").symlink_to("/dev/zero")
    (host / os.fsdecode(b"caf\xe9.html")).write_bytes(TEXT)
    report = take(sqlite_archive, folder)
    assert report.captures == 2
    assert not any("passwd" in url for url in grades(sqlite_archive))
