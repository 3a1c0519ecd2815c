import json
from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archiver.errors import FormatError
from archiver.ingest.sniff import Format
from archiver.provenance import Provenance
from archiver.records import Grade, Kind
from archiver.warc import open_record
from snapshots.archive import Archive
from snapshots.intake import take_in
from snapshots.mementos import memento_of
from snapshots.writer import Writer
from tests.builders import arc, arc_record, http_response
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
