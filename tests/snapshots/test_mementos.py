import os
from dataclasses import replace
from pathlib import Path

import brotli
import pytest

from archiver.errors import NoCaptureError, NoPayloadError, WarcError
from archiver.http import CodingError
from archiver.records import Capture, Kind
from archiver.timestamps import parse_timestamp
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.mementos import Memento, memento_at, memento_of
from snapshots.writer import Writer
from tests.builders import (
    chunked,
    dns,
    flip,
    http_response,
    member,
    record,
    resource,
    response,
    revisit,
    warc,
)
from tests.snapshots.helpers import all_captures

URL = "http://www.homeoffice.example/crime/"
BODY = b"<p>Community safety partnerships</p>" * 100
EARLY, LATE = "2011-05-09T10:16:21Z", "2011-08-01T09:00:00Z"


class Taken:
    """An archive into which records were taken."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.folder = folder

    def __call__(self, *records: bytes, form: str = "gzip") -> list[Capture]:
        path = self.folder / "taken.warc.gz"
        path.write_bytes(warc(*records, form=form))
        with Writer(self.archive) as writer:
            take_in(writer, path)
        return all_captures(self.archive)

    def memento(self, moment: str, url: str = URL) -> Memento:
        return memento_at(self.archive, url, parse_timestamp(moment))


@pytest.fixture
def taken(sqlite_archive: Archive, tmp_path: Path) -> Taken:
    return Taken(sqlite_archive, tmp_path)


@pytest.mark.parametrize("form", ["gzip", "plain"])
@pytest.mark.parametrize(
    ("head", "body", "entity", "content"),
    [
        ([], BODY, BODY, BODY),
        ([("Transfer-Encoding", "chunked")], chunked(BODY), BODY, BODY),
        ([("Transfer-Encoding", "chunked")], BODY, BODY, BODY),  # announced, but not so
        ([("Content-Encoding", "gzip")], member(BODY), member(BODY), BODY),
        (
            [("Content-Encoding", "br"), ("Transfer-Encoding", "chunked")],
            chunked(brotli.compress(BODY), 50),
            brotli.compress(BODY),
            BODY,
        ),
        ([("Content-Encoding", "gzip")], BODY, BODY, BODY),  # a lie: given as it is
        ([("Content-Encoding", "x-unknown")], BODY, BODY, BODY),
        ([("Content-Encoding", "gzip")], b"", b"", b""),
    ],
)
def test_entity_and_content_are_the_payload_with_its_codings_undone(
    taken: Taken,
    form: str,
    head: list[tuple[str, str]],
    body: bytes,
    entity: bytes,
    content: bytes,
) -> None:
    head = [("Content-Type", "text/html; charset=utf-8"), *head]
    (capture,) = taken(response(body, head=head), form=form)
    memento = memento_of(taken.archive, capture)
    assert b"".join(memento.entity()) == entity
    assert memento.content() == content
    assert b"".join(memento.block()) == http_response(body, fields=head)
    assert memento.content_type == "text/html; charset=utf-8"
    assert memento.head is not None
    assert memento.head.status == 200
    assert memento.holder is memento.capture is capture


def test_content_past_the_limit_is_refused(taken: Taken) -> None:
    (one,) = taken(response(member(bytes(9_000)), head=[("Content-Encoding", "gzip")]))
    memento = memento_of(taken.archive, one)
    with pytest.raises(CodingError, match="passes the limit of 5000 bytes"):
        memento.content(5000)
    assert len(memento.content(9000)) == 9000


def test_a_resource_is_its_block_whatever_it_looks_like(taken: Taken) -> None:
    (one,) = taken(resource(http_response(b"x"), content_type="text/plain; charset=utf-8"))
    memento = memento_of(taken.archive, one)
    assert memento.content() == http_response(b"x")
    assert memento.head is None
    assert memento.content_type == "text/plain; charset=utf-8"


def test_a_response_that_is_no_http_is_its_block(taken: Taken) -> None:
    (one,) = taken(dns())
    memento = memento_of(taken.archive, one)
    assert b"192.0.2.10" in memento.content()
    assert (memento.head, memento.content_type) == (None, "text/dns")


def test_a_revisit_gives_the_payload_of_the_capture_it_is_equal_to(taken: Taken) -> None:
    own = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Served: twice\r\n\r\n"
    taken(response(BODY), revisit(BODY, head=own))
    memento = taken.memento("2012")
    assert memento.content() == BODY
    assert memento.capture.timestamp == "20110801090000"
    assert memento.holder.timestamp == "20110509101621"
    assert memento.head is not None
    assert memento.head.headers.get("X-Served") == "twice"  # its own head, not the earlier one
    assert b"".join(memento.block()) == own


def test_a_revisit_without_a_head_has_that_of_the_earlier_capture(taken: Taken) -> None:
    taken(response(BODY, status="200 Fine"), revisit(BODY, head=b""))
    memento = taken.memento("2012")
    assert memento.head is not None
    assert (memento.head.reason, memento.content()) == ("Fine", BODY)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 304 Not Modified\r\n\r\n"])
def test_a_revisit_is_decoded_as_the_record_that_holds_its_payload(
    taken: Taken, head: bytes
) -> None:
    packed = member(BODY)
    taken(response(packed, head=[("Content-Encoding", "gzip")]), revisit(packed, head=head))
    assert taken.memento("2012").content() == BODY


def test_a_revisit_of_another_address_is_found_by_its_digest(taken: Taken) -> None:
    taken(response(BODY, url=f"{URL}print"), revisit(BODY))
    assert taken.memento("2012").holder.url == f"{URL}print"


def test_of_several_equal_captures_the_one_named_is_taken(taken: Taken) -> None:
    named = (f"{URL}named", EARLY)
    taken(
        response(BODY, date=EARLY),
        response(BODY, url=f"{URL}named", date=EARLY),
        revisit(BODY, refers_to=named),
    )
    assert taken.memento("2012").holder.url == f"{URL}named"


@pytest.mark.parametrize("date", [EARLY, EARLY[:-1], "2011-05-09T11:16:21+01:00"])
@pytest.mark.parametrize("url", [URL, f"<{URL}>"])
def test_a_revisit_without_a_digest_follows_its_reference(
    taken: Taken, url: str, date: str
) -> None:
    taken(response(BODY), revisit(BODY, payload_digest="", refers_to=(url, date)))
    assert taken.memento("2012").content() == BODY


@pytest.mark.parametrize(
    "refers_to", [None, (URL, "2010-01-01T00:00:00Z"), (URL, "never"), (f"{URL}x", EARLY)]
)
def test_a_revisit_whose_original_is_absent_says_what_to_do(
    taken: Taken, refers_to: tuple[str, str] | None
) -> None:
    taken(response(b"other"), revisit(BODY, refers_to=refers_to))
    with pytest.raises(NoPayloadError, match="take in the WARC file that holds it") as caught:
        taken.memento("2012")
    assert (caught.value.url, caught.value.timestamp) == (URL, "20110801090000")


def test_revisits_of_one_another_do_not_go_round_in_a_circle(taken: Taken) -> None:
    taken(
        revisit(BODY, date=LATE, refers_to=(URL, "2011-09-01T00:00:00Z")),
        revisit(BODY, date="2011-09-01T00:00:00Z", refers_to=(URL, LATE)),
    )
    with pytest.raises(NoPayloadError):
        taken.memento("2012")


def test_a_url_never_captured_is_told(taken: Taken) -> None:
    taken(response(BODY))
    with pytest.raises(NoCaptureError, match=r"no capture of http://www.homeoffice.example/never"):
        taken.memento("2011", "http://www.homeoffice.example/never")


def test_a_record_that_is_not_where_it_should_be_is_told(taken: Taken) -> None:
    first, second = taken(response(BODY), response(BODY, url=f"{URL}two"))
    with pytest.raises(WarcError, match="no WARC record begins here"):
        memento_of(taken.archive, replace(first, offset=first.offset + 1))
    with pytest.raises(WarcError, match="the record there is not that of"):
        memento_of(taken.archive, replace(first, offset=second.offset))
    with pytest.raises(WarcError, match="the file is missing"):
        memento_of(taken.archive, replace(first, file="warcs/2011/05/gone.warc.gz"))


def test_damage_since_then_shows_when_the_payload_is_read(taken: Taken) -> None:
    (capture,) = taken(response(BODY * 50))
    path = taken.archive.path / capture.file
    path.chmod(0o644)
    data = path.read_bytes()
    path.write_bytes(flip(data, len(data) - 6))  # in the checksum: the bytes inflate all the same
    with pytest.raises(WarcError, match="the gzip member is damaged"):
        memento_of(taken.archive, capture).content()


def test_an_address_in_angle_brackets_is_that_address(taken: Taken) -> None:
    (capture,) = taken(record("response", http_response(BODY), url=f"<{URL}>"))
    assert capture.url == URL
    assert memento_of(taken.archive, capture).content() == BODY


def test_an_address_with_a_nul_can_be_opened(taken: Taken) -> None:
    (capture,) = taken(response(BODY, url=f"{URL}\0"))
    assert capture.url == f"{URL}%00"
    assert capture.kind is Kind.RESPONSE
    assert memento_of(taken.archive, capture).content() == BODY


def test_a_body_is_given_in_parts(taken: Taken) -> None:
    (capture,) = taken(response(b"x" * 3_000_000))
    parts = list(memento_of(taken.archive, capture).entity())
    assert max(map(len, parts)) <= 1 << 18
    assert sum(map(len, parts)) == 3_000_000


@pytest.mark.parametrize(
    ("head", "body"),
    [([], BODY), ([], b""), ([("Transfer-Encoding", "chunked")], chunked(BODY))],
)
@pytest.mark.parametrize("seen_again", [False, True])
def test_a_short_body_is_at_hand_once_its_head_was_read(
    taken: Taken, head: list[tuple[str, str]], body: bytes, seen_again: bool
) -> None:
    again = revisit(body, head=b"", date=LATE)
    taken(response(body, head=head, date=EARLY), again)
    memento = taken.memento("20110801090000" if seen_again else "20110509101621")
    there = memento.content()
    length = memento.entity_length()
    taken.archive.locate(memento.holder.file).unlink()
    assert memento.content() == there == (BODY if body else b"")
    assert b"".join(memento.entity()) == there
    assert memento.entity_length() == length == (None if head else len(there))


def test_a_long_body_is_read_when_it_is_wanted(taken: Taken) -> None:
    (one,) = taken(response(os.urandom(1 << 17)))
    memento = memento_of(taken.archive, one)
    assert len(memento.content()) == 1 << 17
    taken.archive.locate(one.file).unlink()
    with pytest.raises(WarcError, match="the file is missing"):
        memento.content()
