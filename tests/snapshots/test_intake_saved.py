import json
import os
from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archiver.errors import FormatError, TimestampError
from archiver.ingest.sniff import Format
from archiver.records import DateSource, Grade, Kind
from archiver.timestamps import parse_timestamp
from snapshots import index
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import memento_at, memento_of
from snapshots.writer import Writer
from tests.snapshots.helpers import all_captures, all_files, all_rows, put

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "home-office"
HOST = "http://www.homeoffice.example"
TNA = "http://webarchive.nationalarchives.gov.uk"
PAGE = b"<!DOCTYPE html><title>Crime</title><p>Crime and policing</p>"
RENDERING = """This snapshot, taken on
29/05/2011
, shows web content acquired for preservation by The National Archives. External links, forms and \
search may not work in archived websites and contact details are likely to be out of date.

Area partnerships

There are 12 partnerships in this area. To reach one, ring 01632 960123.
"""


def take(archive: Archive, path: Path, **more: str) -> Intake:
    with Writer(archive) as writer:
        return take_in(writer, path, **more)  # type: ignore[arg-type]


def codes(report: Intake) -> list[str]:
    return [problem.code for problem in report.problems]


def provenances(archive: Archive) -> list[dict[str, object]]:
    """Read the metadata records beside the captures, as warcio finds them."""
    found = []
    for path in sorted(archive.path.glob("warcs/20*/*/*.gz")):
        with path.open("rb") as file:
            identities = set()
            for record in ArchiveIterator(file, no_record_parse=True):
                identities.add(record.rec_headers.get_header("WARC-Record-ID"))
                if record.rec_type == "metadata":
                    assert record.rec_headers.get_header("WARC-Refers-To") in identities
                    found.append(json.loads(record.raw_stream.read()))
    return found


def listing(folder: Path, lines: str, **files: bytes) -> Path:
    """Make a folder of saved pages; `lines` is its list."""
    names = {name.replace("_", "."): data for name, data in files.items()}
    return put(folder, {"pages.csv": lines, **names})


@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
def test_the_example_is_taken_in_whole(archive: Archive, year: str) -> None:
    lines = (EXAMPLE / year / "pages.csv").read_text().splitlines()[1:]
    report = take(archive, EXAMPLE / year)
    assert report.format is Format.PAGES
    assert report.captures == len(lines)
    statuses = Counter(capture.status for capture in all_captures(archive))
    assert statuses[200] == len(lines) - (2 if year == "2013" else 0)
    assert set(codes(report)) <= {"date-conflict", "not-undone"}
    for capture in all_captures(archive):
        assert capture.url.startswith(HOST)
        assert capture.timestamp.startswith(year)
        content = memento_of(archive, capture).content()
        assert b"acquired for preservation" not in content
        assert b'="/20' not in content  # no address is left that begins with a date
        assert capture.grade is not Grade.SENT
    originals = {place.name for place in archive.path.glob("originals/*/*")}
    assert len(originals) == len(all_rows(archive)["original"])
    assert take(archive, EXAMPLE / year).before is not None


def test_the_page_with_two_dates_keeps_both(archive: Archive) -> None:
    report = take(archive, EXAMPLE / "2011")
    assert "date-conflict" in codes(report)
    url = f"{HOST}/crime/partnerships/"
    memento = memento_at(archive, url, parse_timestamp("2011"))
    assert memento.capture.timestamp == "20110529000000"
    with archive.catalogue.read() as connection:
        dates = index.stated_dates(connection, memento.capture)
    stated = {date.source: date.timestamp for date, _ in dates}
    assert stated[DateSource.ADDRESS] == "20110509101621"
    assert stated[DateSource.BANNER] == "20110529"
    assert [rule for _, rule in dates if rule] == ["banner-over-address"]


def test_a_line_of_the_list_becomes_a_capture(archive: Archive, tmp_path: Path) -> None:
    folder = listing(
        tmp_path / "crime",
        "url,timestamp,status,file,content_type,location,note,keeper\n"
        f"{HOST}/a,20110509101621,200,a.html,text/html; charset=utf-8,,first page,Records\n"
        f"{HOST}/gone,29/05/2011,404,,,,,\n"
        f"{HOST}/lost,2011-05-30,404,lost.html,,,,\n"
        f"{HOST}/old,2011-05,301,,,/new?q=\xe9,,\n"
        f"{TNA}/20110601000000/{HOST}/moved,,302,,,{TNA}/20110601000000/{HOST}/new,,\n",
        a_html=PAGE,
        lost_html=b"<title>Not found</title>",
    )
    report = take(archive, folder)
    assert report.problems == ()
    assert report.counts == {"200": 1, "301": 1, "302": 1, "404": 2}
    assert report.label == "crime"
    captures = {capture.url: capture for capture in all_captures(archive)}
    assert {url.removeprefix(HOST): one.timestamp for url, one in captures.items()} == {
        "/a": "20110509101621",
        "/gone": "20110529000000",
        "/lost": "20110530000000",
        "/old": "20110501000000",
        "/moved": "20110601000000",
    }
    page = memento_of(archive, captures[f"{HOST}/a"])
    assert b"".join(page.block()) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
        % (len(PAGE), PAGE)
    )
    assert captures[f"{HOST}/a"].media_type == "text/html"
    assert memento_of(archive, captures[f"{HOST}/gone"]).content() == b""
    heads = {url: memento_of(archive, one).head for url, one in captures.items()}
    located = {
        url.removeprefix(HOST): head.headers.get("Location")
        for url, head in heads.items()
        if head and head.headers.get("Location")
    }
    assert located == {"/old": f"{HOST}/new?q=%C3%A9", "/moved": f"{HOST}/new"}
    listed = {str(one["source_file"]): one["listed"] for one in provenances(archive)}
    assert listed["crime/a.html"] == [["note", "first page"], ["keeper", "Records"]]


def test_inputs_are_kept_untouched(archive: Archive, tmp_path: Path) -> None:
    folder = listing(tmp_path / "set", f"url,timestamp,file\n{HOST}/,2011,a.html\n", a_html=PAGE)
    take(archive, folder)
    kept = {place.read_bytes(): place for place in archive.path.glob("originals/*/*")}
    assert set(kept) == {PAGE, (folder / "pages.csv").read_bytes()}
    for place in kept.values():
        assert place.stat().st_mode & 0o777 == 0o444
    names = {row[2] for row in all_rows(archive)["original"]}
    assert names == {"set/a.html", "set/pages.csv"}


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (",2011,200,a.html", "bad-url", "it is empty"),
        ("mailto:csp@homeoffice.example,2011,200,a.html", "bad-url", "only http and https"),
        (f"{HOST}/,31/04/2011,200,a.html", "bad-date", "not a date"),
        (f"{HOST}/,soon,200,a.html", "bad-date", "not a date"),
        (f"{HOST}/,20111345000000,200,a.html", "bad-date", "not a date"),
        (f"{TNA}/20111345000000/{HOST}/,,200,a.html", "no-date", "nothing says when"),
        (f"{HOST}/,2011,OK,a.html", "bad-status", "'OK' is no HTTP status"),
        (f"{HOST}/,2011,999,a.html", "bad-status", "'999' is no HTTP status"),
        (f"{HOST}/,2011,²⁰⁰,a.html", "bad-status", "is no HTTP status"),
        (f"{HOST}/,2011,200,missing.html", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,", "missing-file", "names no file"),
        (f"{HOST}/,2011,200,../outside.html", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,/etc/passwd", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,..\\outside.html", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,link.html", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,a\0.html", "missing-file", "not a file of this folder"),
        (f"{HOST}/,2011,200,{'x' * 300}", "missing-file", "not a file of this folder"),
        (f"{HOST}/,,404,", "no-date", "nothing says when this was captured"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_others_are_read(
    sqlite_archive: Archive, tmp_path: Path, line: str, code: str, words: str
) -> None:
    (tmp_path / "outside.html").write_text("secret")
    text = f"url,timestamp,status,file\n{line}\n{HOST}/good,2011,200,good.html\n"
    folder = listing(tmp_path / "set", text, good_html=PAGE, a_html=PAGE)
    (folder / "link.html").symlink_to(tmp_path / "outside.html")
    report = take(sqlite_archive, folder)
    assert report.captures == 1
    found = next(problem for problem in report.problems if problem.code == code)
    assert words in found.message
    assert found.file == "set/pages.csv"
    assert found.message.startswith("line 2")
    assert not any(
        b"secret" in place.read_bytes() for place in sqlite_archive.path.glob("originals/*/*")
    )


def test_a_line_that_stands_twice_is_taken_once_and_told(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    lines = f"{HOST}/,2011,a.html\n{HOST}/,2011,a.html\n{HOST}/,2011,b.html\n"
    text = f"url,timestamp,file\n{lines}{HOST}/other,2011,b.html\n"
    report = take(sqlite_archive, listing(tmp_path / "set", text, a_html=PAGE, b_html=b"<p>b"))
    assert report.captures == 3
    assert [(found.code, found.file, found.message) for found in report.problems] == [
        ("repeated-line", "set/pages.csv", "line 3: repeats line 2; left out"),
        (
            *("repeated-capture", "set/pages.csv"),
            "line 4: has the address and date of line 2; both are kept",
        ),
    ]


def test_a_date_that_is_only_the_files_is_told_and_counted(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    lines = f"url,timestamp,file\n{HOST}/a,,a.html\n{HOST}/b,2011,b.html\n"
    folder = listing(tmp_path / "one", lines, a_html=PAGE, b_html=b"<p>b")
    os.utime(folder / "a.html", (0, 0))
    (found,) = take(sqlite_archive, folder).problems
    assert (found.code, found.file, found.url) == ("date-from-file", "one/a.html", f"{HOST}/a")
    assert "its file's time, 19700101000000, stands" in found.message
    lines = f"url,file\n{HOST}/a,a.html\n{HOST}/b,b.html\n"
    (found,) = take(
        sqlite_archive, listing(tmp_path / "two", lines, a_html=PAGE, b_html=b"<p>b")
    ).problems
    assert (found.code, found.file) == ("date-from-file", "two")
    assert "when 2 of its captures were made" in found.message
    assert "the first is two/a.html" in found.message


def test_a_file_no_line_names_is_kept_and_told(archive: Archive, tmp_path: Path) -> None:
    text = f"url,timestamp,file\n{HOST}/,2011,a.html\n"
    folder = put(listing(tmp_path / "set", text, a_html=PAGE), {"sub/left.html": b"<p>left"})
    report = take(archive, folder)
    (problem,) = report.problems
    assert (problem.code, problem.file) == ("not-listed", "set/sub/left.html")
    assert b"<p>left" in {place.read_bytes() for place in archive.path.glob("originals/*/*")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("address,file\nhttp://x.example/,a.html\n", "has no column called url"),
        ('url,file\n"http://x.example/,a.html\n', "is not CSV"),
        ("url,timestamp,file\n", "holds no page .* not-listed: set/a.html: no line of"),
        (
            "url,timestamp,file\nx:,2011,a.html\n",
            "holds no page .* bad-url: set/pages.csv: line 2: not a",
        ),
        ("url;timestamp\nhttp://x.example/;2011\n", "parted by semicolons; save it with commas"),
        ('"url"\t"file"\nhttp://x.example/\ta.html\n', "parted by tabs; save it with commas"),
    ],
)
def test_a_list_that_gives_nothing_is_refused_and_leaves_nothing(
    archive: Archive, tmp_path: Path, text: str, reason: str
) -> None:
    before = all_rows(archive), all_files(archive)
    folder = listing(tmp_path / "set", text, a_html=PAGE)
    with pytest.raises(FormatError, match=reason):
        take(archive, folder)
    assert (all_rows(archive), all_files(archive)) == before


@pytest.mark.parametrize(
    "data",
    [
        f"\ufeffURL, Timestamp ,FILE\r\n{HOST}/caf\xe9,2011,a.html\r\n".encode(),  # Excel's UTF-8
        f"url,timestamp,file\n{HOST}/caf\xe9,2011,a.html\n".encode("windows-1252"),
        f'"url","timestamp","file"\n\n"{HOST}/caf\xe9","2011","a.html",too,many\n'.encode(),
    ],
)
def test_a_list_is_read_as_spreadsheets_save_it(
    sqlite_archive: Archive, tmp_path: Path, data: bytes
) -> None:
    folder = put(tmp_path / "set", {"pages.csv": data, "a.html": PAGE})
    take(sqlite_archive, folder)
    assert [capture.url for capture in all_captures(sqlite_archive)] == [f"{HOST}/caf\xe9"]


@pytest.mark.parametrize(
    "content_type",
    ['"text/html\r\nSet-Cookie: a=b"', "text/html; x=\N{SNOWMAN}", '"text/html\n\n<script>"'],
)
def test_no_cell_of_a_list_writes_a_header_of_its_own(
    sqlite_archive: Archive, tmp_path: Path, content_type: str
) -> None:
    text = f"url,timestamp,file,content_type\n{HOST}/,2011,a.html,{content_type}\n"
    take(sqlite_archive, listing(tmp_path / "set", text, a_html=PAGE))
    (capture,) = all_captures(sqlite_archive)
    memento = memento_of(sqlite_archive, capture)
    assert memento.head is not None
    assert [name for name, _ in memento.head.headers.fields] == ["Content-Type", "Content-Length"]
    assert memento.content() == PAGE


def test_a_folder_without_a_list_goes_by_what_its_pages_say(
    archive: Archive, tmp_path: Path
) -> None:
    saved = f"<!-- saved from url=({len(HOST) + 12:04}){HOST}/crime/a.html -->\n"
    folder = put(
        tmp_path / "set",
        {
            "crime/a.html": saved.encode() + PAGE,
            "crime/b c.html": PAGE,  # it says nothing, but stands beside one that does
            "style.css": b"p {}",
        },
    )
    for place in folder.rglob("*"):
        os.utime(place, (1_304_936_181, 1_304_936_181))  # 9 May 2011, 10:16:21
    report = take(archive, folder)
    assert report.format is Format.FOLDER
    assert {(one.url, one.timestamp) for one in all_captures(archive)} == {
        (f"{HOST}/crime/a.html", "20110509101621"),
        (f"{HOST}/crime/b%20c.html", "20110509101621"),
        (f"{HOST}/style.css", "20110509101621"),
    }


def test_a_folder_whose_pages_say_nothing_is_refused(archive: Archive, tmp_path: Path) -> None:
    folder = put(tmp_path / "set", {"a.html": PAGE})
    with pytest.raises(FormatError, match=r"its address is not known; list it in a pages\.csv"):
        take(archive, folder)


def test_a_single_page_takes_its_address_and_date_from_the_operator(
    archive: Archive, tmp_path: Path
) -> None:
    put(tmp_path, {"page.html": PAGE})
    report = take(
        archive, tmp_path / "page.html", url=f"{TNA}/20110509101621/{HOST}/crime/", captured="2010"
    )
    assert report.format is Format.PAGE
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp) == (f"{HOST}/crime/", "20100101000000")
    assert (capture.status, capture.kind) == (200, Kind.RESPONSE)
    assert memento_of(archive, capture).content() == PAGE


@pytest.mark.parametrize(
    ("more", "error", "reason"),
    [
        ({}, FormatError, "give it with --url"),
        ({"url": "mailto:a@b.example"}, ValueError, "only http and https"),
        ({"url": HOST, "captured": "soon"}, TimestampError, "not a date: 'soon'"),
    ],
)
def test_a_single_page_that_cannot_be_placed_is_refused(
    archive: Archive, tmp_path: Path, more: dict[str, str], error: type[Exception], reason: str
) -> None:
    put(tmp_path, {"page.html": PAGE})
    before = all_rows(archive), all_files(archive)
    with pytest.raises(error, match=reason):
        take(archive, tmp_path / "page.html", **more)
    assert (all_rows(archive), all_files(archive)) == before


def test_a_text_rendering_is_a_resource_with_the_date_of_its_banner(
    archive: Archive, tmp_path: Path
) -> None:
    put(tmp_path, {"page.txt": RENDERING})
    address = f"{TNA}/20110509101621/http:/www.homeoffice.example/area/"
    report = take(archive, tmp_path / "page.txt", url=address)
    assert report.format is Format.TEXT
    assert report.counts == {"rendering": 1}
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp) == (f"{HOST}/area/", "20110529000000")
    assert (capture.kind, capture.status, capture.grade) == (
        *(Kind.RESOURCE, None, Grade.RENDERING),
    )
    memento = memento_of(archive, capture)
    assert memento.content_type == "text/plain; charset=utf-8"
    assert b"ring 01632 960123" in memento.content()
    (provenance,) = provenances(archive)
    sources = [stated["source"] for stated in provenance["stated"]]  # type: ignore[attr-defined]
    assert {"address", "banner"} <= set(sources)


def test_the_same_page_from_two_addresses_is_two_inputs(archive: Archive, tmp_path: Path) -> None:
    path = put(tmp_path, {"page.html": PAGE}) / "page.html"
    for url in (f"{HOST}/a", f"{HOST}/b"):
        assert take(archive, path, url=url, captured="2011").before is None
    rows = all_rows(archive)
    assert take(archive, path, url=f"{HOST}/a", captured="2011").before is not None
    assert all_rows(archive) == rows
    assert len(all_captures(archive)) == 2
    assert len(rows["original"]) == 1


def test_a_folder_renamed_is_the_same_input_and_one_changed_is_not(
    archive: Archive, tmp_path: Path
) -> None:
    text = f"url,timestamp,file\n{HOST}/,2011,a.html\n"
    folder = listing(tmp_path / "set", text, a_html=PAGE)
    take(archive, folder)
    folder = folder.rename(tmp_path / "other")
    assert take(archive, folder).before is not None
    (folder / "a.html").write_bytes(PAGE + b"!")
    assert take(archive, folder).before is None
    assert len(all_captures(archive)) == 2


def test_file_names_that_are_not_utf_8_do_no_harm(archive: Archive, tmp_path: Path) -> None:
    text = f"url,timestamp,file\n{HOST}/,2011,a.html\n"
    folder = listing(tmp_path / os.fsdecode(b"set \xe9"), text, a_html=PAGE)
    put(folder, {os.fsdecode(b"caf\xe9.html"): b"<p>left"})
    report = take(archive, folder)
    assert codes(report) == ["not-listed"]
    report.problems[0].file.encode()


def test_a_page_is_written_so_that_other_readers_find_it(archive: Archive, tmp_path: Path) -> None:
    text = f"url,timestamp,file\n{HOST}/caf\xe9 x,2011,a.html\n"
    take(archive, listing(tmp_path / "set", text, a_html=PAGE))
    (path,) = archive.path.glob("warcs/20*/*/*.gz")
    with path.open("rb") as file:
        found = {record.rec_type: (record.rec_headers, record.content_stream().read())
                 for record in ArchiveIterator(file)}  # fmt: skip
    headers, content = found["response"]
    assert content == PAGE
    assert headers.get_header("WARC-Target-URI").replace("%20", " ") == f"{HOST}/caf\xe9 x"
    assert headers.get_header("WARC-Date") == "2011-01-01T00:00:00Z"
    assert set(found) == {"warcinfo", "response", "metadata"}
