import base64
import json
import quopri
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archiver.errors import FormatError
from archiver.ingest.converted import Converted
from archiver.ingest.har import read_har
from archiver.ingest.mhtml import read_mhtml
from archiver.ingest.sniff import Format
from archiver.payload import read_block
from archiver.provenance import Provenance
from archiver.records import Grade, Kind
from archiver.warc import open_record
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import memento_of
from snapshots.writer import Writer
from tests.builders import arc, arc_record, har, har_entry, http_response, mhtml
from tests.snapshots.helpers import all_captures, all_files, all_rows

URL = "http://www.homeoffice.example/crime/"


def provenances(archive: Archive) -> dict[str, Provenance]:
    """Read the provenance of every capture out of the archive's own WARC files, by its address."""
    found: dict[str, Provenance] = {}
    for place in (archive.path / "warcs").rglob("*.warc.gz"):
        with place.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "metadata":
                    text = record.raw_stream.read().decode()
                    uri = record.rec_headers.get_header("WARC-Target-URI")
                    found[uri] = Provenance.from_json(text)
    return found


def contents(archive: Archive) -> dict[str, bytes]:
    return {one.url: memento_of(archive, one).content() for one in all_captures(archive)}


# ARC


def test_a_real_arc_is_listed_whole_and_given_back_byte_for_byte(
    archive: Archive, corpora: Path
) -> None:
    path = corpora / "archive-org-2008.arc.gz"
    with Writer(archive) as writer:
        report = take_in(writer, path)
    assert (report.format, report.captures, report.problems) == (Format.ARC, 299, ())
    assert report.counts == {"filedesc": 1, "resource": 38, "response": 261}
    expected = Counter()
    with path.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            headers = record.rec_headers
            if not headers.get_header("uri").startswith("filedesc:"):
                place = (headers.get_header("uri"), headers.get_header("archive-date"))
                expected[*place, record.raw_stream.read()] += 1
    found = Counter()
    for capture in all_captures(archive):
        assert capture.grade is Grade.SENT
        block = b"".join(memento_of(archive, capture).block())
        found[capture.url, capture.timestamp, block] += 1
    assert found == expected
    (kept,) = (archive.path / "originals").glob("*/*")
    assert kept.read_bytes() == path.read_bytes()


def test_an_arc_record_becomes_a_response_with_what_the_arc_knew(
    archive: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "old.arc"
    block = http_response(b"<p>Crime</p>", status="404 Nowhere")
    path.write_bytes(arc(arc_record("filedesc://old.arc", b"1 0 x\n"), arc_record(URL, block)))
    with Writer(archive) as writer:
        take_in(writer, path)
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp, capture.kind) == (URL, "20080430204825", Kind.RESPONSE)
    assert (capture.status, capture.media_type) == (404, "text/html")
    with open_record(archive.locate(capture.file), capture.offset) as opened:
        assert opened.block.read() == block
        assert opened.headers.get("WARC-IP-Address") == "192.0.2.10"
    provenance = provenances(archive)[URL]
    assert (provenance.source_file, provenance.grade) == (str(path), Grade.SENT)
    (row,) = all_rows(archive)["stated_date"]
    assert row[3:] == (0, "record", "20080430204825", "20080430204825", "record")


def test_an_arc_twice_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.arc").write_bytes(arc(arc_record(URL, http_response(b"x"))))
    data = arc(arc_record("filedesc://old.arc", b"1 0 x\n"), arc_record(URL, http_response(b"x")))
    (tmp_path / "a.arc").write_bytes(data)
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.arc")
        before = all_rows(archive), all_files(archive)
        assert take_in(writer, tmp_path / "a.arc").before
        assert (all_rows(archive), all_files(archive)) == before


def test_an_arc_states_its_own_addresses(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.arc").write_bytes(arc(arc_record("filedesc://old.arc", b"1 0 x\n")))
    before = all_rows(archive), all_files(archive)
    with Writer(archive) as writer:
        with pytest.raises(FormatError, match="is an ARC file, which states its own"):
            take_in(writer, tmp_path / "a.arc", url=URL)
        with pytest.raises(FormatError, match=r"no capture that could be listed$"):
            take_in(writer, tmp_path / "a.arc")
        assert (all_rows(archive), all_files(archive)) == before


def test_an_arc_that_is_damaged_gives_what_is_sound_and_tells_the_rest(
    archive: Archive, corpora: Path
) -> None:
    with Writer(archive) as writer:
        report = take_in(writer, corpora / "broken/bad.arc")
        assert report.captures == 1
        assert [one.code for one in report.problems] == [
            *("bad-length", "bad-length", "no-http-head", "bad-length")
        ]
        cut = take_in(writer, corpora / "broken/space-in-url.arc")
    (capture,) = [one for one in all_captures(archive) if " " in one.url]
    assert (capture.url.count(" "), capture.status) == (4, 200)
    assert [one.code for one in cut.problems] == ["truncated-record"]
    assert json.loads(json.dumps(cut.counts)) == {"filedesc": 1, "response": 1}


# HAR


def take(archive: Archive, data: bytes, name: str) -> Intake:
    path = archive.path.parent / name
    path.write_bytes(data)
    with Writer(archive) as writer:
        return take_in(writer, path)


def blocks(archive: Archive, kind: str) -> list[tuple[dict[str, str], bytes]]:
    """Give header and block of every record of a type, as warcio reads them, in their order."""
    found = []
    for place in sorted((archive.path / "warcs").rglob("*.warc.gz")):
        with place.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                if record.rec_type == kind:
                    found.append((dict(record.rec_headers.headers), record.raw_stream.read()))
    return found


def test_an_entry_of_a_har_becomes_a_response_and_its_request(archive: Archive) -> None:
    entry = har_entry(
        head=[
            (":status", "200"),
            ("content-type", "text/html; charset=utf-8"),
            ("content-encoding", "br"),
            ("content-length", "9999"),
            ("set-cookie", "a=1\nb=2"),
        ],
        version="h2",
        serverIPAddress="[2001:db8::1]",
    )
    report = take(archive, har(entry), "page.har")
    assert (report.format, report.captures, report.problems) == (Format.HAR, 1, ())
    assert report.counts == {"request": 1, "response": 1}
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp, capture.grade) == (URL, "20210509101621", Grade.BODY)
    ((header, block),) = blocks(archive, "response")
    assert block == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nset-cookie: a=1\r\n"
        b"set-cookie: b=2\r\nContent-Length: 12\r\n\r\n<p>Crime</p>"
    )
    assert (header["WARC-Protocol"], header["WARC-IP-Address"]) == ("h2", "2001:db8::1")
    ((request, asked),) = blocks(archive, "request")
    assert request["WARC-Concurrent-To"] == header["WARC-Record-ID"]
    assert asked == (
        b"GET /crime/ HTTP/1.1\r\nHost: www.homeoffice.example\r\nUser-Agent: Browser\r\n\r\n"
    )
    listed = dict(provenances(archive)[URL].listed)
    assert listed["har-content-encoding"] == "br"
    assert contents(archive) == {URL: b"<p>Crime</p>"}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (har_entry(body=None), "no-body"),
        (har_entry(body="%%%", content={"encoding": "base64"}), "no-body"),
        (har_entry(status=0), "no-response"),
        (har_entry(status="200"), "no-response"),
        (har_entry(status=None), "no-response"),
        (har_entry("data:text/html,x"), "bad-url"),
        (har_entry("file:///etc/passwd"), "bad-url"),
        (har_entry("chrome-extension://x/y"), "bad-url"),
        (har_entry("https://"), "bad-url"),
        (har_entry(None), "bad-url"),
        (har_entry(["http://h.example/"]), "bad-url"),
        (har_entry(date="yesterday"), "bad-date"),
        (har_entry(date="9999-12-31T23:59:59-12:00"), "bad-date"),
        (har_entry(date="0001-01-01T00:00:00+12:00"), "bad-date"),
        (har_entry(date=7), "bad-date"),
        ({}, "bad-url"),
        (None, "bad-url"),
        ([1], "bad-url"),
        ({"request": [], "response": "x"}, "bad-url"),
    ],
)
def test_an_entry_that_cannot_be_used_is_told_and_left_out(
    sqlite_archive: Archive, entry: object, code: str
) -> None:
    report = take(sqlite_archive, har(har_entry(), entry), "page.har")
    assert report.captures == 1
    assert [(one.code, one.message[:8]) for one in report.problems] == [(code, "entry 2:")]


@pytest.mark.parametrize(
    ("entry", "body"),
    [
        (har_entry(body="AAEC/w==", content={"encoding": "base64"}), b"\x00\x01\x02\xff"),
        (har_entry(body="AAEC\n/w==", content={"encoding": "base64"}), b"\x00\x01\x02\xff"),
        (har_entry(body="Troseddu \N{LATIN SMALL LETTER W WITH CIRCUMFLEX}"), None),
        (har_entry(body=None, status=304), b""),
        (har_entry(body=None, status=301, head=[("Location", "/new")]), b""),
        (har_entry(body=None, content={"size": 0}), b""),
        (har_entry(body=None, method="HEAD"), b""),
        (har_entry(body="caf\xe9", head=[("Content-Type", "text/html; charset=iso-8859-1")]),
         b"caf\xe9"),
        (har_entry(body="\ud800"), b"?"),
        (har_entry(head=[]), b"<p>Crime</p>"),
    ],
)  # fmt: skip
def test_a_body_is_what_the_file_says_of_it(
    sqlite_archive: Archive, entry: object, body: bytes | None
) -> None:
    report = take(sqlite_archive, har(entry), "page.har")
    assert (report.captures, report.problems) == (1, ())
    expected = (
        "Troseddu \N{LATIN SMALL LETTER W WITH CIRCUMFLEX}".encode() if body is None else body
    )
    assert contents(sqlite_archive) == {URL: expected}


def test_no_field_of_a_har_can_begin_a_line_or_a_record(sqlite_archive: Archive) -> None:
    record = "\r\n\r\nWARC/1.0\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n"
    entry = har_entry(
        f"{URL}{record}",
        head=[
            ("Content-Type", f"text/html{record}"),
            ("X\r\nSet-Cookie", "a"),
            ("X: y", "a"),
            ("", "a"),
            ("X-Nul", "a\0b"),
            ("X-Number", 7),
        ],
        request=[("Cookie", f"a{record}")],
        method="GET / HTTP/1.1\r\nX: y",
        serverIPAddress=f"192.0.2.1{record}",
    )
    report = take(sqlite_archive, har(entry), "page.har")
    assert report.captures == 1
    assert {one.code for one in report.problems} == {"bad-field"}
    counts = Counter(
        kind for kind in ("response", "request", "metadata", "warcinfo")
        for _ in blocks(sqlite_archive, kind)
    )  # fmt: skip
    assert counts == {"response": 1, "request": 1, "metadata": 1, "warcinfo": 1}
    ((header, block),) = blocks(sqlite_archive, "response")
    assert "WARC-IP-Address" not in header
    head = block.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b":")[0] for line in head[1:]] == [
        *(b"Content-Type", b"X-Nul", b"Content-Length")
    ]


HALF = "\ud800"  # of a surrogate pair: JSON can escape it, and it is no character


def test_half_a_character_in_a_har_does_no_harm(archive: Archive) -> None:
    sound = har_entry(
        f"{URL}?{HALF}",
        body=f"<p>{HALF}</p>",
        head=[("Content-Type", f"text/html; charset={HALF}"), ("Content-Encoding", HALF)],
        request=[("User-Agent", HALF)],
        date=f"2021-05-09{HALF}11:16:21+01:00",
        serverIPAddress=f"fe80::1%{HALF}",
    )
    sound["response"] |= {"statusText": HALF}  # type: ignore[operator]
    unusable = har_entry(f"http://a.example/{HALF}\0", status=0)
    report = take(archive, har(sound, unusable), "page.har")
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp) == (f"{URL}??", "20210509101621")
    assert contents(archive) == {f"{URL}??": b"<p>?</p>"}
    (problem,) = report.problems
    assert (problem.code, problem.url) == ("no-response", "http://a.example/?%00")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"log": ' + b"[" * 200_000, "nested too deep"),
        (b'{"log": ' + b'{"log":' * 200_000, "nested too deep"),
        (b'{"log": {"entries": ', "is not a whole HAR file"),
        (b'{"log": 7}', "is not a whole HAR file"),
        (b'{"log": {"entries": 7}}', "its entries are no list"),
        (b'{"log": {"entries": [' + b"9" * 10_000 + b"]}}", "is not a whole HAR file"),
        (har(), "holds no capture"),
    ],
)
def test_a_har_that_gives_nothing_is_refused_and_leaves_nothing(
    sqlite_archive: Archive, data: bytes, reason: str
) -> None:
    before = all_rows(sqlite_archive), all_files(sqlite_archive)
    with pytest.raises(FormatError, match=reason):
        take(sqlite_archive, data, "page.har")
    assert (all_rows(sqlite_archive), all_files(sqlite_archive)) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(har_entry())), JSON), JSON, JSON)
def test_any_value_may_stand_anywhere_in_a_har(
    changes: dict[str, object], header: object, text: object
) -> None:
    entry = har_entry(head=[("X", header), (text, "x")], content={"text": text}) | changes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.har"
        path.write_bytes(har(entry, har_entry()))
        found = list(read_har(path, "a.har", "ab" * 32))
    assert isinstance(found[-1], Converted)
    for one in found:
        if isinstance(one, Converted):
            assert read_block(one.type, one.block).http is not None


# MHTML

PAGE: tuple[list[tuple[str, str]], bytes] = (
    [
        ("Content-Type", 'text/html; charset="utf-8"'),
        ("Content-ID", "<frame-1@mhtml.example>"),
        ("Content-Transfer-Encoding", "quoted-printable"),
        ("Content-Location", URL),
    ],
    b'<link href=3D"cid:css-1@mhtml.example"><img src=3D"/a.png"><p>Crime =\r\nand caf=C3=A9</p>',
)
PICTURE: tuple[list[tuple[str, str]], bytes] = (
    [
        ("Content-Type", "image/png"),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Location", "http://www.homeoffice.example/a.png"),
    ],
    b"iVBO\r\nRw==",
)
STYLE: tuple[list[tuple[str, str]], bytes] = (
    [("Content-Type", "text/css"), ("Content-Location", "cid:css-1@mhtml.example")],
    b"p { color: red }",
)


def test_the_parts_of_an_mhtml_are_resources_under_their_own_addresses(archive: Archive) -> None:
    report = take(archive, mhtml(PAGE, PICTURE, STYLE), "page.mhtml")
    assert (report.format, report.captures) == (Format.MHTML, 3)
    assert contents(archive) == {
        URL: b'<link href="cid:css-1@mhtml.example"><img src="/a.png"><p>Crime and caf\xc3\xa9</p>',
        "cid:css-1@mhtml.example": b"p { color: red }",
        "http://www.homeoffice.example/a.png": base64.b64decode("iVBORw=="),
    }
    captures = {one.url: one for one in all_captures(archive)}
    assert {one.timestamp for one in captures.values()} == {"20210509101621"}
    assert {one.kind for one in captures.values()} == {Kind.RESOURCE}
    assert captures[URL].grade is Grade.RENDERING
    assert captures[URL].media_type == "text/html"
    assert captures["http://www.homeoffice.example/a.png"].grade is Grade.BODY
    assert captures["cid:css-1@mhtml.example"].grade is Grade.RENDERING
    assert provenances(archive)[URL].left == ("a browser wrote it anew when it saved it",)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("binary", b"\x89PNG\r\n\x1a\n\r\0\r\n\n"),
        ("8bit", b"caf\xe9\r\nand\n\r\n"),
        ("quoted-printable", b"first\r\nlast\r\n"),
    ],
)
def test_line_ends_in_a_part_stay_as_they_are(
    sqlite_archive: Archive, encoding: str, body: bytes
) -> None:
    coded = quopri.encodestring(body) if encoding == "quoted-printable" else body
    fields = [("Content-Location", "/b.png"), ("Content-Transfer-Encoding", encoding)]
    take(sqlite_archive, mhtml(PAGE, (fields, coded)), "page.mhtml")
    assert contents(sqlite_archive)["http://www.homeoffice.example/b.png"] == body


@pytest.mark.parametrize(
    ("data", "urls", "codes"),
    [
        # The root need not come first.
        (
            mhtml(
                PICTURE, ([("Content-Type", "text/html"), ("Content-ID", "<r>")], b"<p>x</p>"),
                kind='multipart/related; start="<r>"; boundary="----b"',
            ),
            [URL, "http://www.homeoffice.example/a.png"],
            [],
        ),
        (mhtml(([("Content-Type", "text/html")], b"<p>x</p>")), [URL], []),
        (
            mhtml(PAGE, ([("Content-Type", "image/png")], b"x")),
            [URL],
            ["no-target"],
        ),
        (
            mhtml(PAGE, ([("Content-Location", "../b.png")], b"x")),  # relative to the page
            [URL, "http://www.homeoffice.example/b.png"],
            [],
        ),
        (
            mhtml(PAGE, ([("Content-ID", "<pic@x>"), ("Content-Type", "image/png")], b"x")),
            [URL, "cid:pic@x"],
            [],
        ),
        (mhtml(PAGE, STYLE)[:-8], [URL, "cid:css-1@mhtml.example"], []),  # its end is missing
        (
            b"MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Location: " + URL.encode()
            + b"\r\nDate: Sun, 9 May 2021 10:16:21 -0000\r\n\r\n<p>one part</p>",
            [URL],
            [],
        ),
    ],
)  # fmt: skip
def test_parts_get_the_addresses_they_state_and_no_other(
    sqlite_archive: Archive, data: bytes, urls: list[str], codes: list[str]
) -> None:
    report = take(sqlite_archive, data, "page.mht")
    assert sorted(one.url for one in all_captures(sqlite_archive)) == sorted(urls)
    assert [one.code for one in report.problems] == codes


def test_an_mhtml_without_a_date_is_refused(sqlite_archive: Archive) -> None:
    data = mhtml(PAGE, head=[("Snapshot-Content-Location", URL)])
    with pytest.raises(FormatError, match="no-date"):
        take(sqlite_archive, data, "page.mht")


def test_an_mhtml_nested_deep_does_no_harm(sqlite_archive: Archive) -> None:
    data = b"".join(
        b'MIME-Version: 1.0\r\nContent-Location: x\r\nContent-Type: multipart/related; '
        b'boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(3000)
    )  # fmt: skip
    with pytest.raises(FormatError):
        take(sqlite_archive, data, "page.mht")


@given(st.binary(max_size=300), st.integers(0, 1000))
def test_any_bytes_may_stand_in_an_mhtml(noise: bytes, at: int) -> None:
    data = mhtml(PAGE, PICTURE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mht"
        path.write_bytes(data[:at] + noise + data[at:])
        list(read_mhtml(path, "a.mht", "ab" * 32))
