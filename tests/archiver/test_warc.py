import hashlib
import io
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archiver.digests import sha1
from archiver.errors import WarcError
from archiver.records import Problem
from archiver.warc import NewRecord, ScannedRecord, open_record, record_id, scan, write_record
from tests import builders
from tests.builders import (
    chunked,
    dns,
    flip,
    http_response,
    member,
    metadata,
    record,
    request,
    resource,
    response,
    revisit,
    warc,
    warcinfo,
)

SOUND = ["govuk-1", "govuk-2", "iana", "dupes", "resource"]
FORMS = ["gzip", "plain"]
NOISE = random.Random(9).randbytes(3000)  # noqa: S311 - bytes that deflate leaves alone


def scanned(path: Path) -> tuple[list[ScannedRecord], list[Problem]]:
    records: list[ScannedRecord] = []
    problems: list[Problem] = []
    for found in scan(path, name="the file"):
        if isinstance(found, Problem):
            problems.append(found)
        else:
            records.append(found)
    return records, problems


def block_at(path: Path, offset: int) -> bytes:
    with open_record(path, offset) as opened:
        return opened.block.read()


@pytest.fixture
def scan_bytes(tmp_path: Path) -> "Scan":
    return Scan(tmp_path / "file.warc")


class Scan:
    """Scans bytes as a file, and checks that what is found can be opened where it was found."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, data: bytes) -> tuple[list[ScannedRecord], list[Problem]]:
        self.path.write_bytes(data)
        records, problems = scanned(self.path)
        for found in records:
            if not found.shared:
                assert sha1(block_at(self.path, found.offset)) == found.facts.block_digest
        return records, problems


# Against real files, with a second reader's opinion


@pytest.mark.parametrize("name", SOUND)
def test_a_scan_finds_in_real_files_what_warcio_finds(corpora: Path, name: str) -> None:
    path = corpora / f"{name}.warc.gz"
    records, problems = scanned(path)
    assert problems == []
    expected = []
    with path.open("rb") as file:
        reader = ArchiveIterator(file, no_record_parse=True)
        for found in reader:
            block = found.raw_stream.read()
            expected.append(
                (
                    found.rec_type,
                    reader.get_record_offset(),
                    (found.rec_headers.get_header("WARC-Target-URI") or "").strip("<>"),
                    sha1(block),
                    len(block),
                )
            )
            reader.get_record_length()
    assert [
        (found.kind, found.offset, found.target, found.facts.block_digest, found.facts.length)
        for found in records
    ] == expected
    ends = [found.offset + found.length for found in records]
    assert ends == [*(found.offset for found in records[1:]), path.stat().st_size]


@pytest.mark.parametrize("name", SOUND)
def test_a_record_of_a_real_file_opens_to_its_block(corpora: Path, name: str) -> None:
    path = corpora / f"{name}.warc.gz"
    for found in scanned(path)[0]:
        block = block_at(path, found.offset)
        assert (len(block), sha1(block)) == (found.facts.length, found.facts.block_digest)


@pytest.mark.parametrize("name", SOUND)
def test_payload_digests_agree_with_those_real_files_declare(corpora: Path, name: str) -> None:
    checked = 0
    for found in scanned(corpora / f"{name}.warc.gz")[0]:
        declared = found.headers.get("WARC-Payload-Digest")
        if declared and found.kind != "revisit":
            raw = builders.b32_raw(declared)
            assert raw in (found.facts.payload_digest, found.facts.framed_digest)
            checked += 1
    assert checked or name == "resource"


@pytest.mark.parametrize(
    ("name", "types", "codes"),
    [
        ("claims-chunked-is-not.warc.gz", "warcinfo warcinfo response request revisit request", []),
        ("not-per-record-gzip.warc.gz", "warcinfo response request revisit request response", []),
        ("truncated.warc", "warcinfo warcinfo response request", ["not-a-record"]),
        ("wget-bracketed-uri.warc.gz", "warcinfo request response metadata resource resource", []),
        ("wrong-chunks.warc.gz", "response request", []),
    ],
)
def test_broken_files_of_the_field_give_what_can_be_had(
    corpora: Path, name: str, types: str, codes: list[str]
) -> None:
    records, problems = scanned(corpora / "broken" / name)
    assert sorted(found.kind for found in records) == sorted(types.split())
    assert [problem.code for problem in problems] == codes
    assert all("<" not in found.target for found in records)


# Kinds of records and files

MIXED = [
    warcinfo(),
    request(),
    response(),
    dns(),
    response(b"Gone", status="404 Not Found"),
    revisit(),
    resource(b"text of a page"),
    metadata(),
]
TYPES = [
    "warcinfo",
    "request",
    "response",
    "response",
    "response",
    "revisit",
    "resource",
    "metadata",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_record_is_found_with_its_place(scan_bytes: Scan, form: str) -> None:
    data = warc(*MIXED, form=form)
    records, problems = scan_bytes(data)
    assert problems == []
    assert [found.kind for found in records] == TYPES
    parts = [data[found.offset : found.offset + found.length] for found in records]
    assert b"".join(parts) == data
    assert [found.facts.http.status if found.facts.http else None for found in records] == [
        *(None, None, 200, None, 404, 200, None, None)
    ]
    assert not any(found.shared for found in records)


def test_records_that_share_a_gzip_member_are_marked(scan_bytes: Scan) -> None:
    whole, problems = scan_bytes(warc(*MIXED, form="whole"))
    assert [found.kind for found in whole] == TYPES
    assert all(found.shared for found in whole)
    assert problems == []
    some, _ = scan_bytes(member(MIXED[0]) + member(MIXED[1] + MIXED[2]) + member(MIXED[3]))
    assert [found.shared for found in some] == [False, True, True, False]


def test_a_record_whose_body_stands_in_a_second_member_is_whole(scan_bytes: Scan) -> None:
    one = response(NOISE)
    for cut in (one.index(b"\r\n\r\n") + 4, len(one) - 100, len(one) - 4, len(one) - 2):
        data = member(one[:cut]) + member(one[cut:]) + member(metadata())
        records, problems = scan_bytes(data)
        assert problems == []
        assert [found.kind for found in records] == ["response", "metadata"]
        assert [found.shared for found in records] == [False, False]
        assert records[0].facts.payload_digest == sha1(NOISE)


def test_a_record_that_begins_where_another_ends_is_not_opened_alone(scan_bytes: Scan) -> None:
    one = response(NOISE)
    cut = one.index(b"HTTP/1.1")
    data = member(one[:cut]) + member(one[cut:] + metadata())
    records, problems = scan_bytes(data)
    assert (problems, [found.shared for found in records]) == ([], [True, True])


@pytest.mark.parametrize(
    ("kind", "block", "payload", "framed"),
    [
        ("response", http_response(b"body"), b"body", None),
        ("response", http_response(b"body", line_end=b"\n"), b"body", None),
        (
            "response",
            http_response(chunked(b"body"), fields=[("Transfer-Encoding", "chunked")]),
            b"body",
            chunked(b"body"),
        ),
        (
            "response",  # announced, but not so
            http_response(b"<p>body</p>\n", fields=[("Transfer-Encoding", "chunked")]),
            b"<p>body</p>\n",
            b"<p>body</p>\n",
        ),
        ("response", b"no HTTP at all", b"no HTTP at all", None),
        ("response", b"", b"", None),
        ("response", b"HTTP/1.1 200 OK\r\nno end", b"", None),
        ("resource", http_response(b"body"), http_response(b"body"), None),  # a kept head
        (
            "response",  # a head longer than any we look for
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000 + b"\r\nbody",
            None,
            None,
        ),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_the_payload_is_told_from_the_head_and_the_framing(
    scan_bytes: Scan,
    form: str,
    kind: str,
    block: bytes,
    payload: bytes | None,
    framed: bytes | None,
) -> None:
    (found,), problems = scan_bytes(warc(record(kind, block), form=form))
    assert problems == []
    assert found.facts.block_digest == sha1(block)
    if payload is not None:
        assert found.facts.payload_digest == sha1(payload)
    assert found.facts.framed_digest == (None if framed is None else sha1(framed))


def test_a_head_without_end_gives_the_same_payload_in_any_framing(scan_bytes: Scan) -> None:
    block = b"HTTP/1.1 200 OK\r" + b"X: y\r" * 400_000
    payloads = set()
    for before in (b"", warc(resource(NOISE * 1000), form="plain")):
        for data in (
            before + record("response", block),
            member(before + record("response", block)),
        ):
            payloads.add(scan_bytes(data)[0][-1].facts.payload_digest)
    assert len(payloads) == 1


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(record("response", http_response(b"x"), line_end=b"\n"), id="line feeds"),
        pytest.param(record("response", http_response(b"x"), tail=b""), id="no end"),
        pytest.param(record("response", http_response(b"x"), tail=b"\r\n"), id="half an end"),
        pytest.param(record("response", http_response(b"x"), tail=b"\n\n"), id="short ends"),
        pytest.param(
            record("response", http_response(b"x"), tail=b"\r\n" * 5000), id="many empty lines"
        ),
        pytest.param(record("response", http_response(b"x"), version="WARC/0.17"), id="0.17"),
        pytest.param(record("response", http_response(b"x"), version="WARC/1.1 "), id="1.1 blank"),
        pytest.param(
            record("response", http_response(b"x"), url="<http://h.example/>"), id="brackets"
        ),
        pytest.param(record("RESPONSE", http_response(b"x")), id="capitals"),
        pytest.param(
            record("response", http_response(b"x"), fields=[("X-Folded", "a\r\n b")]), id="folded"
        ),
        pytest.param(
            record("response", http_response(b"x"), fields=[("X", "y" * 200_000)]), id="long field"
        ),
        pytest.param(
            record("response", http_response(b"x")).replace(b"homeoffice", b"caf\xe9"),
            id="Latin-1",
        ),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_records_are_read_as_odd_writers_wrote_them(
    scan_bytes: Scan, one: bytes, form: str
) -> None:
    records, problems = scan_bytes(warc(warcinfo(), one, metadata(), form=form))
    assert problems == []
    assert [found.kind for found in records] == ["warcinfo", "response", "metadata"]
    assert records[1].facts.payload_digest == sha1(b"x")


@pytest.mark.parametrize("form", FORMS)
def test_zero_padding_between_records_costs_nothing(scan_bytes: Scan, form: str) -> None:
    pad = bytes(70_000)
    one, two = warc(MIXED[2], form=form), warc(MIXED[7], form=form)
    records, problems = scan_bytes(one + pad + two + pad)
    assert [found.kind for found in records] == ["response", "metadata"]
    if form == "plain":  # there it is told
        assert [problem.code for problem in problems] == ["not-a-record"] * 2


# Damage

GOOD = [response(b"first"), response(NOISE), response(b"third")]


def three(form: str) -> tuple[bytes, int, int]:
    """Give a file of three records, and where the second begins and ends."""
    parts = [warc(one, form=form) for one in GOOD]
    return b"".join(parts), len(parts[0]), len(parts[0]) + len(parts[1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_byte_costs_no_more_than_its_record(
    scan_bytes: Scan, form: str, seed: int
) -> None:
    data, start, end = three(form)
    at = random.Random(seed).randrange(start, end - 4)  # noqa: S311
    records, problems = scan_bytes(flip(data, at))
    digests = [found.facts.payload_digest for found in records]
    assert digests[0] == sha1(b"first")
    assert digests[-1] == sha1(b"third")
    if form == "gzip" and at >= start + 10:  # the member's checksum covers all but its head
        assert len(records) == 2
        assert [problem.offset for problem in problems] == [start]
        assert problems[0].length == end - start
    for problem in problems:
        assert problem.file == "the file"
        assert problem.offset is not None
        assert start <= problem.offset < end


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "junk",
    [
        b"junk",
        b"\0" * 10 + b"junk" * 10_000,
        b"WARC/1.0",
        b"\x1f\x8b\x08",
        b"\x1f\x8b\x08\0\0\0\0\0\0\0\0\xff",
        b"WARC/1.0\r\nContent-Length: x\r\n\r\n",
        member(b"no record at all"),
        member(b""),
        b"<html>WARC/1.0 is a format",
    ],
)
def test_junk_between_records_costs_no_record(scan_bytes: Scan, form: str, junk: bytes) -> None:
    data, start, _ = three(form)
    records, _ = scan_bytes(data[:start] + junk + data[start:])
    assert [found.facts.payload_digest for found in records] == [
        *(sha1(b"first"), sha1(NOISE), sha1(b"third"))
    ]


@pytest.mark.parametrize("form", FORMS)
def test_junk_between_records_is_told_with_its_place(scan_bytes: Scan, form: str) -> None:
    data, start, _ = three(form)
    junk = b"junk" * 50_000
    _, (problem,) = scan_bytes(data[:start] + junk + data[start:])
    assert (problem.offset, problem.length) == (start, len(junk))


def test_a_record_that_packs_well_ends_where_its_member_does(scan_bytes: Scan) -> None:
    # All of the next record is at hand when this member, fed in several steps, comes to its end.
    data = warc(response(b"<p>Crime</p>" * 50_000), response(NOISE), metadata())
    records, problems = scan_bytes(data)
    assert problems == []
    ends = [found.offset + found.length for found in records]
    assert ends == [*(found.offset for found in records[1:]), len(data)]


HALF = response(b"a line\r\n" * 5, url="http://www.homeoffice.example/half/")


@pytest.mark.parametrize("cut", range(0, len(HALF) - 4, 7))
def test_a_record_cut_off_in_a_plain_file_is_not_mixed_with_the_next(
    scan_bytes: Scan, cut: int
) -> None:
    # Cut within its header, the header would go on in that of the next; in its block, the block.
    data = GOOD[0] + HALF[:cut] + GOOD[2]
    records, problems = scan_bytes(data)
    assert [found.facts.payload_digest for found in records] == [sha1(b"first"), sha1(b"third")]
    assert [found.target for found in records] == [builders.URL] * 2
    places = [(len(GOOD[0]), cut)] if cut else []
    assert [(problem.offset, problem.length) for problem in problems] == places


def test_a_block_that_runs_into_the_next_record_up_to_a_line_end_is_no_block(
    scan_bytes: Scan,
) -> None:
    one = response(b"a line\r\n" * 50)
    data = one[:-200] + one  # as a writer leaves it that was stopped and began again
    records, problems = scan_bytes(data)
    assert [found.offset for found in records] == [len(one) - 200]
    assert [(problem.offset, problem.length) for problem in problems] == [(0, len(one) - 200)]


def test_a_record_whose_second_member_is_damaged_is_told_from_its_beginning(
    scan_bytes: Scan,
) -> None:
    one = response(NOISE)
    first, second = member(one[:600]), member(one[600:])
    data = member(GOOD[0]) + first + second[:1000] + b"x" * 10 + second[1010:]
    records, (problem,) = scan_bytes(data + member(metadata()))
    assert [found.kind for found in records] == ["response", "metadata"]
    start = len(member(GOOD[0]))
    assert (problem.offset, problem.length) == (start, len(data) - start)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [999_999, 3200, "-5", "", "5x", "9" * 30, "٣"])
def test_a_length_that_is_wrong_costs_its_record_only(
    scan_bytes: Scan, form: str, length: int | str
) -> None:
    lying = record("response", http_response(NOISE), length=length)
    parts = [warc(one, form=form) for one in (GOOD[0], lying, GOOD[2])]
    records, problems = scan_bytes(b"".join(parts))
    assert [found.facts.payload_digest for found in records] == [sha1(b"first"), sha1(b"third")]
    place = (len(parts[0]), len(parts[1]))
    assert [(problem.offset, problem.length) for problem in problems] == [place]


@pytest.mark.parametrize("form", FORMS)
def test_a_length_that_is_too_short_is_told(scan_bytes: Scan, form: str) -> None:
    lying = record("response", http_response(b"body and more"), length=52)
    records, problems = scan_bytes(warc(GOOD[0], lying, GOOD[2], form=form))
    assert [found.facts.payload_digest for found in records][::2] == [
        sha1(b"first"),
        sha1(b"third"),
    ]
    assert not any(found.shared for found in records)
    assert len(problems) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_header_without_end_costs_its_record_only(scan_bytes: Scan, form: str) -> None:
    endless = b"WARC/1.0\r\nWARC-Type: response\r\n" + b"X: y\r\n" * 100_000
    records, problems = scan_bytes(warc(GOOD[0], endless, GOOD[2], form=form))
    assert [found.facts.payload_digest for found in records] == [sha1(b"first"), sha1(b"third")]
    assert problems[0].code == "endless-header"


def test_records_behind_a_header_without_end_are_found_far_into_a_file(scan_bytes: Scan) -> None:
    # By then more is at hand at once than is searched for the end of a header.
    before, after = [resource(NOISE)] * 700, [resource(b"%d" % n) for n in range(100)]
    junk = b"WARC/1.0\r\n" + b"x" * 300_000
    records, problems = scan_bytes(b"".join([*before, junk, *after]))
    assert len(records) == 800
    assert [problem.length for problem in problems] == [len(junk)]


@pytest.mark.parametrize("form", FORMS)
def test_a_record_cut_off_by_a_second_file_behind_it_costs_itself(
    scan_bytes: Scan, form: str
) -> None:
    data, start, end = three(form)
    records, problems = scan_bytes(data[: end - 700] + data)
    assert [found.facts.payload_digest for found in records] == [
        *(sha1(b"first"), sha1(b"first"), sha1(NOISE), sha1(b"third"))
    ]
    assert [(problem.offset, problem.length) for problem in problems] == [
        (start, end - 700 - start)
    ]


@pytest.mark.parametrize("form", [*FORMS, "whole"])
def test_a_file_cut_at_any_byte_lists_no_half_record(scan_bytes: Scan, form: str) -> None:
    data = warc(warcinfo(), response(), revisit(), resource(b"text"), form=form)
    whole, _ = scan_bytes(data)
    for end in range(len(data)):
        scan_bytes.path.write_bytes(data[:end])
        records, problems = scanned(scan_bytes.path)
        assert [found.facts.block_digest for found in records] == [
            found.facts.block_digest for found in whole[: len(records)]
        ]
        if form != "whole":
            kept = sum(found.offset + found.length <= end for found in whole)
            # In a plain file a record is whole when its block is, its line ends are not its own.
            assert kept <= len(records) <= kept + (form == "plain")
        rest = end - max((found.offset + found.length for found in records), default=0)
        assert problems or rest <= 0 or form == "whole" or not data[end - rest : end].strip()


@given(st.binary(max_size=400), st.sampled_from(FORMS), st.integers(0, 3))
@example(b"\x1f\x8b\x08", "gzip", 1)
@example(b"WARC/1.0\r\n\r\n", "plain", 1)
def test_no_bytes_make_a_scan_fail(junk: bytes, form: str, at: int) -> None:
    parts = [warc(one, form=form) for one in GOOD]
    parts.insert(at, junk)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(parts))
        file.flush()
        records, _ = scanned(Path(file.name))
        for found in records:
            if not found.shared:
                block_at(Path(file.name), found.offset)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("members that hold no record", member(b"x") * 30_000),
        ("marks of members", b"\x1f\x8b\x08" * 100_000),
        ("records that end in their header", b"WARC/1.0\r\nA: b\r\n\r\n" * 30_000),
        ("empty members", member(b"") * 30_000),
        ("line ends", member(b"\r\n" * 20_000_000)),
        ("zeros", member(MIXED[0]) + bytes(50_000_000)),
    ],
)
def test_a_file_of_nothing_but_damage_is_passed_in_time(
    scan_bytes: Scan, name: str, data: bytes
) -> None:
    start = time.monotonic()
    _, problems = scan_bytes(member(MIXED[0]) + data if data[:2] == b"\x1f\x8b" else data)
    assert time.monotonic() - start < 20, name
    assert len(problems) <= 10_001


# One record


@pytest.mark.parametrize("form", FORMS)
def test_no_record_is_opened_where_none_begins(tmp_path: Path, form: str) -> None:
    data, start, end = three(form)
    path = tmp_path / "file.warc"
    path.write_bytes(data)
    for offset in (1, start - 1, start + 1, end + 7, len(data), len(data) + 100):
        with pytest.raises(WarcError) as caught:
            open_record(path, offset)
        assert (caught.value.path, caught.value.offset) == (str(path), offset)
    with pytest.raises(FileNotFoundError):
        open_record(tmp_path / "gone.warc", 0)


@pytest.mark.parametrize("form", FORMS)
def test_damage_shows_where_a_stream_meets_it(tmp_path: Path, form: str) -> None:
    data, start, end = three(form)
    path = tmp_path / "file.warc"
    path.write_bytes(data[: end - 500])
    with open_record(path, start) as opened, pytest.raises(WarcError, match=r"file|cut short"):
        opened.block.read()


def test_a_block_is_read_in_any_steps(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(warc(resource(NOISE), metadata()))
    with open_record(path, 0) as opened:
        assert opened.headers.get("warc-type") == "resource"
        parts = list(iter(lambda: opened.block.read(7), b""))
        assert b"".join(parts) == NOISE
        assert opened.block.read() == b""


# Writing


def written(new: NewRecord) -> bytes:
    out = io.BytesIO()
    out.write(b"before")
    assert write_record(out, new) == (6, len(out.getvalue()) - 6)
    return out.getvalue()[6:]


def new_record(block: bytes, kind: str = "resource") -> NewRecord:
    return NewRecord(
        type=kind,
        id=record_id(),
        date=datetime(2011, 5, 9, 10, 16, 21, 999_999, tzinfo=UTC),
        target="http://www.homeoffice.example/café?a=%C3%A9",
        content_type="text/plain",
        block=block,
        payload_digest=sha1(block),
        fields=(("X-Note", "Trosedd — plismona"),),
    )


@pytest.mark.parametrize("kind", ["request", "response", "revisit"])
def test_an_exchange_without_a_payload_digest_is_given_none(kind: str) -> None:
    # A cut answer has none; warcio would put the digest of the head and what came of the body.
    data = written(replace(new_record(http_response(b"half"), kind), payload_digest=None))
    found = next(ArchiveIterator(io.BytesIO(data), no_record_parse=True))
    assert found.rec_headers.get_header("WARC-Payload-Digest") is None
    assert found.raw_stream.read() == http_response(b"half")


@given(st.binary(max_size=2000))
@example(b"")
@example(b"WARC/1.0\r\n\r\n")
@example(http_response(b"x", line_end=b"\n"))
def test_a_record_written_reads_back_byte_for_byte(block: bytes) -> None:
    for kind in ("resource", "request", "response", "revisit"):
        new = new_record(block, kind)
        data = written(new)
        assert len(zlib.decompress(data, 31)) > len(block)
        found = next(ArchiveIterator(io.BytesIO(data), no_record_parse=True))
        assert found.raw_stream.read() == block
        assert found.rec_headers.protocol == "WARC/1.1"
        assert dict(found.rec_headers.headers) == {
            "WARC-Type": kind,
            "WARC-Record-ID": new.id,
            "WARC-Date": "2011-05-09T10:16:21Z",
            "WARC-Target-URI": new.target,
            "WARC-Block-Digest": builders.digest(block),
            "WARC-Payload-Digest": builders.digest(block),
            "X-Note": "Trosedd — plismona",
            "Content-Type": "text/plain",
            "Content-Length": str(len(block)),
        }
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            (mine,), problems = scanned(Path(file.name))
            assert problems == []
            assert (mine.facts.block_digest, mine.target) == (sha1(block), new.target)
            assert block_at(Path(file.name), 0) == block


def test_no_value_begins_a_header_field_of_its_own() -> None:
    new = replace(new_record(b"x"), target="http://h.example/\r\nX-Evil: 1\n\nWARC/1.0", fields=())
    found = next(ArchiveIterator(io.BytesIO(written(new)), no_record_parse=True))
    assert found.rec_headers.get_header("X-Evil") is None
    assert found.raw_stream.read() == b"x"


def test_records_written_pass_the_check_of_warcio(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    body = b"<p>Crime</p>"
    with path.open("wb") as out:
        for block in (http_response(body), http_response(body * 1000)):
            payload = block.partition(b"\r\n\r\n")[2]
            new = new_record(block, "response")
            write_record(
                out,
                NewRecord(
                    new.type,
                    new.id,
                    new.date,
                    new.target,
                    "application/http;msgtype=response",
                    block,
                    sha1(payload),
                ),
            )
    checker = Checker(type("Arguments", (), {"inputs": [str(path)], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0


# Size

HUGE = """
import sys
from pathlib import Path
from archiver.warc import scan, open_record
path = Path(sys.argv[1])
(found,) = scan(path)
read = 0
with open_record(path, 0) as opened:
    while part := opened.block.read(1 << 16):
        read += len(part)
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(found.facts.length, read, found.facts.payload_digest.hex(), peak)
"""


def huge_block(size: int) -> Iterator[bytes]:
    yield http_response()
    yield from (bytes(1 << 20) for _ in range(size >> 20))


@pytest.mark.parametrize("form", FORMS)
def test_a_record_of_300_megabytes_is_read_in_little_memory(tmp_path: Path, form: str) -> None:
    size = 300 << 20
    length = len(http_response()) + size
    path = tmp_path / "huge.warc"
    packer = zlib.compressobj(1, wbits=31)
    with path.open("wb") as out:
        header = record("response", length=length, tail=b"")
        if form == "plain":  # a file with a hole: it takes no room on the disk
            out.write(header + http_response())
            out.truncate(len(header) + length)
            out.seek(0, io.SEEK_END)
            out.write(b"\r\n\r\n")
        else:
            out.write(packer.compress(header))
            for part in huge_block(size):
                out.write(packer.compress(part))
            out.write(packer.compress(b"\r\n\r\n") + packer.flush())
    done = subprocess.run(
        [sys.executable, "-c", HUGE, str(path)], capture_output=True, text=True, check=True
    )
    found_length, read, payload, kilobytes = done.stdout.split()
    digest = hashlib.sha1(usedforsecurity=False)
    for _ in range(300):
        digest.update(bytes(1 << 20))
    assert (int(found_length), int(read)) == (length, length)
    assert payload == digest.hexdigest()
    assert int(kilobytes) < 100_000
