import os
import random
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archiver.ingest.arc import read_arc
from archiver.ingest.converted import Converted
from archiver.records import DateSource, Grade, Problem
from tests.builders import arc, arc_record, flip, http_response, member

URL = "http://www.homeoffice.example/crime/"
NOISE = random.Random(4).randbytes(3000)  # noqa: S311 - bytes that deflate leaves alone
FORMS = ["gzip", "plain", "whole", "zstd"]


class Read:
    """What was read of ARC bytes: records with their blocks, and problems."""

    def __init__(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "file.arc.gz"
        path.write_bytes(data)
        self.records: list[Converted] = []
        self.blocks: list[bytes] = []
        self.problems: list[Problem] = []
        for found in read_arc(path, "the file", "ab" * 32):
            if isinstance(found, Problem):
                self.problems.append(found)
                continue
            assert not isinstance(found.block, bytes)
            found.block.seek(0)
            self.records.append(found)
            self.blocks.append(found.block.read())
            self.problems.extend(found.problems)

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


@pytest.mark.parametrize(
    ("name", "count"),
    [("archive-org-2008.arc.gz", 299), ("example.arc.gz", 1), ("broken/space-in-url.arc", 1)],
)
def test_real_files_hold_byte_for_byte_what_warcio_reads(
    corpora: Path, tmp_path: Path, name: str, count: int
) -> None:
    found = Read(tmp_path, (corpora / name).read_bytes())
    expected = []
    with (corpora / name).open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            headers = record.rec_headers
            expected.append(
                (
                    headers.get_header("uri"),
                    headers.get_header("ip-address"),
                    headers.get_header("archive-date"),
                    headers.get_header("content-type"),
                    record.raw_stream.read(),
                )
            )
    ours = []
    for record, block in zip(found.records, found.blocks, strict=True):
        if record.provenance is not None:
            listed = dict(record.provenance.listed)
            address = dict(record.fields)["WARC-IP-Address"]
            ours.append((record.target, address, record.timestamp, listed["arc-type"], block))
    assert ours == expected[1:]
    assert len(ours) == count
    assert found.codes == ([] if "space" not in name else ["truncated-record"])


def test_what_cannot_be_had_of_a_broken_file_is_told_one_by_one(
    corpora: Path, tmp_path: Path
) -> None:
    found = Read(tmp_path, (corpora / "broken/bad.arc").read_bytes())
    assert [(one.target, one.timestamp) for one in found.records] == [
        ("http://example.com/", "20140102000000")
    ]
    places = [(one.code, one.offset) for one in found.problems]
    assert places == [
        ("bad-length", 0),
        ("bad-length", 134),
        ("no-http-head", 202),
        ("bad-length", 262),
    ]


RECORDS = [
    arc_record("filedesc://crawl.arc", b"1 0 Test\nURL IP-address Archive-date\n", ip="::"),
    arc_record(URL, http_response(b"<p>one</p>")),
    arc_record("dns:www.homeoffice.example", b"20080430204825\nx\n", media_type="text/dns"),
    arc_record(f"{URL}two words", http_response(NOISE)),
    arc_record(f"{URL}3", http_response(b"3"), version=2),
]


@pytest.mark.parametrize("form", FORMS)
def test_both_versions_are_read_in_every_framing(tmp_path: Path, form: str) -> None:
    found = Read(tmp_path, arc(*RECORDS, form=form))
    assert found.problems == []
    assert [(one.type, one.target) for one in found.records] == [
        ("warcinfo", None),
        ("response", URL),
        ("resource", "dns:www.homeoffice.example"),
        ("response", f"{URL}two words"),
        ("response", f"{URL}3"),
    ]
    assert found.blocks[3] == http_response(NOISE)
    assert found.records[0].fields == (("WARC-Filename", "crawl.arc"),)
    assert found.records[2].content_type == "text/dns"


def test_a_record_keeps_what_its_header_line_says(tmp_path: Path) -> None:
    found = Read(tmp_path, arc(*RECORDS))
    provenance = found.records[4].provenance
    assert provenance is not None
    assert provenance.grade is Grade.SENT
    assert [(date.source, date.timestamp) for date in provenance.stated] == [
        (DateSource.RECORD, "20080430204825")
    ]
    assert dict(provenance.listed) | {"arc-offset": ""} == {
        **{"arc-type": "text/html", "arc-result": "200", "arc-checksum": "abc"},
        **{"arc-location": "-", "arc-offset": "", "arc-filename": "crawl.arc"},
    }
    assert dict(found.records[4].fields) == {"WARC-IP-Address": "192.0.2.10"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"http://h.example/ 192.0.2.1 20080430204825 text/html -1\n\n", "bad-length"),
        (b"http://h.example/ 192.0.2.1 20080430204825 text/html abc\n\n", "bad-length"),
        (
            b"http://h.example/ 192.0.2.1 20080430204825 text/html " + b"9" * 20 + b"\n",
            "bad-length",
        ),
        (b"http://h.example/ 192.0.2.1 99991231235959 text/html 1\nx\n", "bad-date"),
        (b"http://h.example/ 192.0.2.1 20081331000000 text/html 1\nx\n", "bad-date"),
        (b"http://h.example/ yesterday text/html 1\nx\n", "not-a-record"),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "not-a-record"),
        (b"http://h.example/" + b"a" * 300_000 + b"\n", "endless-header"),
        (b"http://h.example/ 192.0.2.1 20080430204825 text/html 50\nx\n", "wrong-length"),
    ],
)
@pytest.mark.parametrize("form", ["gzip", "plain"])
def test_a_bad_record_costs_itself(tmp_path: Path, form: str, line: bytes, code: str) -> None:
    data = arc(RECORDS[0], RECORDS[1], line, RECORDS[3], RECORDS[4], form=form)
    found = Read(tmp_path, data)
    targets = [one.target for one in found.records]
    assert targets == [None, URL, f"{URL}two words", f"{URL}3"]
    told = "truncated-record" if code == "wrong-length" and form == "gzip" else code
    assert told in found.codes
    start = len(arc(*RECORDS[:2], form=form))
    assert min(one.offset or 0 for one in found.problems) == start


def test_a_damaged_member_costs_its_record(tmp_path: Path) -> None:
    data = arc(*RECORDS)
    start = len(arc(*RECORDS[:3]))
    found = Read(tmp_path, flip(data, start + 1500))
    assert [one.target for one in found.records][-1] == f"{URL}3"
    ((code, offset, length),) = [(one.code, one.offset, one.length) for one in found.problems]
    assert (code, offset) == ("damaged-member", start)
    assert length == len(arc(RECORDS[3]))


def test_a_record_cut_short_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    data = arc(*RECORDS[:4], form="plain")
    found = Read(tmp_path, data[:-1000])
    assert found.blocks[3] == http_response(NOISE)[: -1000 + 1]
    assert dict(found.records[3].fields)["WARC-Truncated"] == "unspecified"
    assert found.codes == ["truncated-record"]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_ends_with_a_problem_or_whole(tmp_path: Path, form: str) -> None:
    data = arc(*RECORDS[:3], form=form)
    for end in range(1, len(data), 3):
        found = Read(tmp_path, data[:end])
        assert found.problems or found.records or end < 8
        for record, block in zip(found.records, found.blocks, strict=True):
            if not dict(record.fields).get("WARC-Truncated") and record.target == URL:
                assert block == http_response(b"<p>one</p>")


@given(st.binary(max_size=400), st.integers(0, 600))
def test_no_bytes_are_too_bad_to_be_read(noise: bytes, at: int) -> None:
    data = arc(*RECORDS[:3], form="plain")
    with tempfile.TemporaryDirectory() as folder:
        Read(Path(folder), data[:at] + noise + data[at:])


def test_a_long_record_is_read_through_a_file(tmp_path: Path) -> None:
    body = os.urandom(1 << 20) * 5
    found = Read(tmp_path, arc(arc_record(URL, http_response(body))))
    assert zlib.crc32(found.blocks[0]) == zlib.crc32(http_response(body))
    assert Counter(found.codes) == Counter()


def test_a_member_that_holds_more_than_its_record_gives_both(tmp_path: Path) -> None:
    data = member(RECORDS[0]) + member(RECORDS[1] + RECORDS[4])
    assert [one.target for one in Read(tmp_path, data).records] == [None, URL, f"{URL}3"]


@pytest.mark.parametrize("zeros", [1, 2, 1 << 14, (1 << 14) - 1, 1 << 20, 3 << 20])
def test_a_record_behind_zeros_is_found_wherever_they_end(tmp_path: Path, zeros: int) -> None:
    first, second = (arc_record(f"{URL}{n}", http_response(b"x")) for n in (1, 2))
    read = Read(tmp_path, first + bytes(zeros) + second)
    assert [record.target for record in read.records] == [f"{URL}1", f"{URL}2"]
    assert [problem.length for problem in read.problems] == [zeros]


@pytest.mark.parametrize("missing", [1, 2, 5, 30])
def test_a_block_that_is_shorter_than_said_does_not_take_from_the_next_address(
    tmp_path: Path, missing: int
) -> None:
    # What is left of the address may well look like one: http://, ttp://, tp://.
    block = http_response(b"<p>Crime</p>")
    short = arc_record(f"{URL}1", block[:-missing], length=len(block))
    read = Read(tmp_path, arc(short, arc_record(f"{URL}2", block), form="plain"))
    assert [record.target for record in read.records][-1] == f"{URL}2"
    assert read.blocks[-1] == block
    if missing > 1:  # one is made up for by the line end
        assert [(problem.offset, problem.length) for problem in read.problems] == [(0, len(short))]
