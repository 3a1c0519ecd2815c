import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archiver.capture.exchange import Cut, Exchange
from archiver.capture.link import Hop, Link
from archiver.capture.recording import (
    NOT_MODIFIED,
    Circumstances,
    Earlier,
    measure,
    records,
)
from archiver.digests import sha1, write_digest
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.warc import NewRecord, ScannedRecord, open_record, scan, write_record
from tests.archiver.capture.answers import CHUNKED, CUT, FAULTY, OK, UNTIL_CLOSE, WHOLE
from tests.builders import chunked
from tests.exchanges import exchange
from tests.loopback import answer

URL = "http://www.homeoffice.example/crime/"
EARLIER = Earlier("http://www.homeoffice.example/", "20110509101621", sha1(b"Crime"))
ABOUT = Circumstances("http://www.homeoffice.example/", "LL", "utf-8")


def write(path: Path, made: list[NewRecord]) -> None:
    with path.open("wb") as file:
        for record in made:
            write_record(file, record)


def recorded(
    path: Path, given: Exchange, *, about: Circumstances = ABOUT, same_as: Earlier | None = None
) -> list[ScannedRecord]:
    """Write the records of an exchange to a file, and read it again."""
    measured = measure(given) if given.head else None
    profile = {"profile": NOT_MODIFIED} if given.head and given.head.status == 304 else {}
    write(path, list(records(given, about, measured, same_as=same_as, **profile)))
    found = list(scan(path))
    assert not [one for one in found if isinstance(one, Problem)]
    return [one for one in found if isinstance(one, ScannedRecord)]


def block(path: Path, record: ScannedRecord) -> bytes:
    with open_record(path, record.offset) as opened:
        return opened.block.read()


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_is_stored_as_it_came_with_what_was_asked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.warc.gz"
    given = exchange(URL, WHOLE[name])
    response, request, metadata = recorded(path, given)
    assert [one.kind for one in (response, request, metadata)] == [
        "response",
        "request",
        "metadata",
    ]
    assert block(path, response) == WHOLE[name]
    assert block(path, request) == given.request
    identity = response.headers.get("WARC-Record-ID")
    for one in (response, request, metadata):
        assert one.headers.get("WARC-Date") == "2026-05-09T10:16:21Z"
        assert one.target == URL
    for one in (request, metadata):
        assert one.headers.get("WARC-Concurrent-To") == identity
    assert response.headers.get("WARC-IP-Address") == "192.0.2.1"
    assert response.headers.get("WARC-Truncated") is None
    # Our own reader, which knows chunks, finds no fault.
    assert [one for one in WarcReading(path, "") if isinstance(one, Problem)] == []
    declared = response.facts.stated_payload
    assert declared == response.facts.payload_digest == measure(given).digest


@pytest.mark.parametrize("name", [*CUT, *FAULTY])
def test_an_answer_that_is_not_whole_says_so_or_declares_no_payload(
    tmp_path: Path, name: str
) -> None:
    data = (CUT.get(name) or FAULTY[name])[0]
    given = exchange(URL, data, cut=Cut.DISCONNECT if name in CUT else None)
    path = tmp_path / "a.warc.gz"
    first, *rest = recorded(path, given)
    if given.head is None:
        assert [one.kind for one in (first, *rest)] == ["request", "metadata", "metadata"]
        assert block(path, rest[0]) == data
        assert rest[0].headers.get("WARC-Concurrent-To") == first.headers.get("WARC-Record-ID")
        assert list(WarcReading(path, "")) == []
        return
    assert block(path, first) == data
    assert first.headers.get("WARC-Truncated") == ("disconnect" if name in CUT else None)
    if name in CUT or "chunk" in name:
        assert first.facts.stated_payload is None
        assert not measure(given).comparable


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize(
    "data", [*WHOLE.values(), *UNTIL_CLOSE.values(), *(one for one, _ in FAULTY.values())]
)
def test_what_is_measured_is_what_the_index_reads_from_the_record(
    tmp_path: Path, data: bytes, algorithm: str
) -> None:
    given = exchange(URL, data)
    if given.head is None:
        return
    measured = measure(given, algorithm)
    write(tmp_path / "a.warc", list(records(given, ABOUT, measured)))
    [found] = WarcReading(tmp_path / "a.warc", "", any_year=True, check=False)
    assert isinstance(found, Capture)
    assert found.digest == write_digest(measured.digest)
    assert found.status == given.head.status


def test_a_long_answer_is_never_held_whole(tmp_path: Path) -> None:
    body = b"Crime and policing\n" * 200_000
    given = exchange(URL, CHUNKED + chunked(body, 70_000))
    path = tmp_path / "a.warc.gz"
    response, *_ = recorded(path, given)
    assert response.facts.stated_payload == sha1(body)
    assert response.facts.block_digest == sha1(given.response.getvalue())  # type: ignore[attr-defined]


def test_a_revisit_has_the_head_alone_and_says_what_it_is_the_same_as(tmp_path: Path) -> None:
    data = answer(b"Crime", fields=[("ETag", '"1"')])
    path = tmp_path / "a.warc.gz"
    revisit, *_ = recorded(path, exchange(URL, data), same_as=EARLIER)
    assert revisit.kind == "revisit"
    assert block(path, revisit) == data.removesuffix(b"Crime")
    told = {name: revisit.headers.get(name) for name in ("WARC-Profile", "WARC-Truncated")}
    profile = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert told == {"WARC-Profile": profile, "WARC-Truncated": None}
    assert revisit.headers.get("WARC-Refers-To-Target-URI") == EARLIER.url
    assert revisit.headers.get("WARC-Refers-To-Date") == "2011-05-09T10:16:21Z"
    assert revisit.headers.get("WARC-Payload-Digest") == write_digest(sha1(b"Crime"))
    [found] = WarcReading(path, "")
    assert isinstance(found, Capture)
    assert (found.kind, found.status, found.digest) == (
        "revisit",
        200,
        write_digest(EARLIER.digest),
    )


def test_not_modified_is_a_revisit_of_its_own_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    revisit, *_ = recorded(path, exchange(URL, WHOLE["not modified"]), same_as=EARLIER)
    assert revisit.headers.get("WARC-Profile") == NOT_MODIFIED
    assert block(path, revisit) == WHOLE["not modified"]
    assert measure(exchange(URL, WHOLE["not modified"])).sound  # though it announces chunks


@pytest.mark.parametrize(
    ("head", "tls", "told"),
    [
        (b"HTTP/1.1", None, ["http/1.1"]),
        (b"HTTP/1.0", None, ["http/1.0"]),
        (b"HTTP/9.9", None, ["http/1.1"]),  # whatever it says, it was asked with that
        (b"HTTP/1.1", ("TLSv1.3", "TLS_AES_256_GCM_SHA384"), ["http/1.1", "tls/1.3"]),
        (b"HTTP/1.1", ("TLSv1", "AES256-SHA"), ["http/1.1", "tls/1.0"]),
    ],
)
def test_what_was_spoken_on_the_wire_is_told(
    tmp_path: Path, head: bytes, tls: tuple[str, str] | None, told: list[str]
) -> None:
    data = head + b" 200 OK\r\nContent-Length: 0\r\n\r\n"
    response, *_ = recorded(tmp_path / "a.warc.gz", exchange(URL, data, tls=tls))
    assert response.headers.get_all("WARC-Protocol") == told
    assert response.headers.get("WARC-Cipher-Suite") == (tls and tls[1])


def test_the_metadata_tells_how_it_came_about_and_what_it_leads_to(tmp_path: Path) -> None:
    links = (
        Link("http://www.homeoffice.example/a.css", Hop.EMBED, "link/@href"),
        Link("http://www.homeoffice.example/b", Hop.LINK, "a/@href\r\nvia: http://forged.example/"),
    )
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    given = exchange(URL, answer(), fault="odd\r\nthing", interim=(early,), surplus=7)
    about = Circumstances("http://www.homeoffice.example/", "LL", "utf-8", links, ("soft 404",))
    path = tmp_path / "a.warc.gz"
    *_, metadata = recorded(path, given, about=about)
    assert metadata.headers.get("Content-Type") == "application/warc-fields"
    assert block(path, metadata).decode().splitlines() == [
        "via: http://www.homeoffice.example/",
        "hopsFromSeed: LL",
        "connectTimeMs: 1",
        "firstByteTimeMs: 12",
        "fetchTimeMs: 250",
        "charsetForLinkExtraction: utf-8",
        r"interim: HTTP/1.1 103 Early Hints\x0d\x0aLink: </a.css>",
        "surplusBytes: 7",
        r"fault: odd\x0d\x0athing",
        "remark: soft 404",
        "outlink: http://www.homeoffice.example/a.css E link/@href",
        r"outlink: http://www.homeoffice.example/b L a/@href\x0d\x0avia: http://forged.example/",
    ]


def test_a_page_of_a_million_links_makes_no_metadata_without_end(tmp_path: Path) -> None:
    links = tuple(Link(f"http://h.example/{'x' * 3000}{n}", Hop.LINK, "") for n in range(9_000))
    path = tmp_path / "a.warc.gz"
    *_, metadata = recorded(path, exchange(URL, answer()), about=Circumstances(outlinks=links))
    text = block(path, metadata)
    assert len(text) <= (1 << 20) + 100
    assert b"linesLeftOut: 86" in text


@given(st.binary(max_size=300), st.integers(1, 400))
def test_any_body_is_measured_alike_in_bytes_and_from_a_file(body: bytes, size: int) -> None:
    whole = exchange(URL, CHUNKED + chunked(body, size))
    assert measure(whole).digest == sha1(body)
    assert measure(whole).comparable == bool(body)
    assert measure(exchange(URL, OK + b"\r\n" + body)).digest == sha1(body)


def test_others_read_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    recorded(path, exchange(URL, answer(b"Crime")))
    later = datetime(2026, 5, 10, tzinfo=UTC)
    with path.open("ab") as file:
        given = exchange(URL, answer(b"Crime"), asked_at=later)
        for record in records(given, ABOUT, measure(given), same_as=EARLIER):
            write_record(file, record)
    iterator = ArchiveIterator(io.BytesIO(path.read_bytes()), check_digests="raise")
    kinds = []
    for record in iterator:
        record.content_stream().read()
        kinds.append(record.rec_type)
    assert kinds == ["response", "request", "metadata", "revisit", "request", "metadata"]
