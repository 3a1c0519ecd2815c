from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Grade, Kind, Problem
from tests.builders import (
    chunked,
    digest,
    dns,
    http_response,
    metadata,
    record,
    request,
    resource,
    response,
    revisit,
    warc,
    warcinfo,
)

BODY = b"<p>Crime and policing</p>"
URL = "http://www.homeoffice.example/crime/"


def read(tmp_path: Path, data: bytes) -> tuple[list[Capture], list[Problem], WarcReading]:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(data)
    reading = WarcReading(path, "the file")
    found = list(reading)
    captures = [one for one in found if isinstance(one, Capture)]
    return captures, [one for one in found if isinstance(one, Problem)], reading


def test_responses_revisits_and_resources_are_captures_and_nothing_else(tmp_path: Path) -> None:
    data = warc(warcinfo(), request(), response(BODY), revisit(BODY), resource(b"text"), metadata())
    captures, problems, reading = read(tmp_path, data)
    assert problems == []
    assert reading.counts == Counter(
        warcinfo=1, request=1, response=1, revisit=1, resource=1, metadata=1
    )
    offsets = [len(warc(warcinfo(), request()))]
    offsets.append(offsets[0] + len(warc(response(BODY))))
    offsets.append(offsets[1] + len(warc(revisit(BODY))))
    assert captures == [
        Capture(
            *(URL, "20110509101621", Kind.RESPONSE, 200, "text/html", digest(BODY)),
            *("", offsets[0], offsets[1] - offsets[0], Grade.SENT),
        ),
        Capture(
            *(URL, "20110801090000", Kind.REVISIT, 200, "text/html", digest(BODY)),
            *("", offsets[1], offsets[2] - offsets[1], Grade.SENT),
        ),
        Capture(
            *(URL, "20110509101621", Kind.RESOURCE, None, "text/plain", digest(b"text")),
            *("", offsets[2], len(warc(resource(b"text"))), Grade.SENT),
        ),
    ]


@pytest.mark.parametrize(
    ("date", "timestamp"),
    [
        ("2011-05-09T10:16:21Z", "20110509101621"),
        ("2011-05-09T10:16:21.123456789Z", "20110509101621"),  # WARC/1.1 allows nine digits
        ("2011-05-09T11:16:21+01:00", "20110509101621"),
        ("2011-05-09T10:16:21", "20110509101621"),
        ("2011-05-09T10:16Z", "20110509101600"),  # the profile of WARC/1.1 may stop anywhere
        ("2011-05-09", "20110509000000"),
        ("2011-05", "20110501000000"),
        ("2011", "20110101000000"),
        ("20110509101621", "20110509101621"),  # as early tools wrote it
        ("2008-12-31T23:59:60Z", "20081231235959"),  # a leap second
        (" 2011-05-09T10:16:21Z ", "20110509101621"),
    ],
)
def test_a_date_of_any_precision_is_read(tmp_path: Path, date: str, timestamp: str) -> None:
    (capture,), problems, _ = read(tmp_path, warc(response(date=date)))
    assert (capture.timestamp, problems) == (timestamp, [])


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2222-01-01T00:00:00Z",
     "9999-12-31T23:59:59-12:00", "2011-02-30T00:00:00Z", "2011-13", "201105091", "2011-05-09T25"],
)  # fmt: skip
def test_a_record_without_a_usable_date_is_told_and_left_out(tmp_path: Path, date: str) -> None:
    captures, problems, _ = read(tmp_path, warc(response(date=date), response()))
    assert len(captures) == 1
    assert [(problem.code, problem.offset) for problem in problems] == [("bad-date", 0)]


def test_a_record_without_an_address_is_told_and_left_out(tmp_path: Path) -> None:
    data = warc(record("response", http_response(BODY), url=None), response())
    captures, problems, _ = read(tmp_path, data)
    assert len(captures) == 1
    assert [problem.code for problem in problems] == ["no-target"]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (response(BODY, fields=[("WARC-Payload-Digest", digest(b"other"))]), "payload-digest"),
        (
            response(BODY, fields=[("WARC-Payload-Digest", "sha256:" + "ab" * 32)]),
            "payload-digest",
        ),
        (response(chunked(BODY), head=[("Transfer-Encoding", "chunked")]), "digest-over-framing"),
        (
            record("response", http_response(BODY), fields=[("WARC-Block-Digest", digest(b""))]),
            "block-digest",
        ),
        (
            response(b"5\r\nhel", head=[("Transfer-Encoding", "chunked")]),
            "broken-chunking",
        ),
    ],
)
def test_a_doubtful_record_is_listed_and_told(tmp_path: Path, one: bytes, code: str) -> None:
    captures, problems, _ = read(tmp_path, warc(one))
    assert len(captures) == 1
    assert [problem.code for problem in problems] == [code]
    assert problems[0].file == "the file"
    assert problems[0].url == URL


@pytest.mark.parametrize(
    "one",
    [
        response(
            chunked(BODY),
            head=[("Transfer-Encoding", "chunked")],
            fields=[("WARC-Payload-Digest", digest(BODY))],
        ),
        response(BODY, head=[("Transfer-Encoding", "chunked")]),  # announced, but not so
        response(BODY, fields=[("WARC-Payload-Digest", "sha512:" + "ab" * 64)]),  # not computed
        response(BODY, fields=[("WARC-Payload-Digest", "unknown")]),
        dns(),
    ],
)
def test_a_sound_record_raises_no_doubt(tmp_path: Path, one: bytes) -> None:
    captures, problems, _ = read(tmp_path, warc(one))
    assert (len(captures), problems) == (1, [])


def test_a_digest_that_is_not_declared_is_computed(tmp_path: Path) -> None:
    one = record(
        "response", http_response(chunked(BODY), fields=[("Transfer-Encoding", "chunked")])
    )
    (capture,), _, _ = read(tmp_path, warc(one))
    assert capture.digest == digest(BODY)


def test_a_revisit_that_names_no_digest_has_none(tmp_path: Path) -> None:
    (capture,), _, _ = read(tmp_path, warc(revisit(payload_digest="")))
    assert capture.digest == ""


def test_a_nul_in_an_address_is_written_as_an_escape(tmp_path: Path) -> None:
    one = response(url="http://h.example/\0", fields=[("WARC-Payload-Digest", digest(b""))])
    (capture,), (problem,), _ = read(tmp_path, warc(one))
    assert capture.url == problem.url == "http://h.example/%00"


def test_records_that_share_a_member_are_noted(tmp_path: Path) -> None:
    assert read(tmp_path, warc(warcinfo(), response(), form="whole"))[2].shared
    assert not read(tmp_path, warc(warcinfo(), response()))[2].shared
    assert not read(tmp_path, warc(warcinfo(), response(), form="plain"))[2].shared


@pytest.mark.parametrize("name", ["govuk-1", "govuk-2", "iana", "dupes", "resource"])
def test_real_files_give_a_capture_for_each_record_that_is_one(corpora: Path, name: str) -> None:
    path = corpora / f"{name}.warc.gz"
    reading = WarcReading(path, name)
    captures = [found for found in reading if isinstance(found, Capture)]
    expected = []
    with path.open("rb") as file:
        for found in ArchiveIterator(file):
            if found.rec_type in ("response", "revisit", "resource"):
                status = found.http_headers and found.http_headers.get_statuscode()
                uri = found.rec_headers.get_header("WARC-Target-URI").strip("<>")
                expected.append((uri, found.rec_type, int(status) if status else None))
    assert [(found.url, found.kind.value, found.status) for found in captures] == expected
