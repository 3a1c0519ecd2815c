import gzip
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import brotli
import pytest

from archiver.capture.content import content, entity
from archiver.capture.exchange import Exchange
from archiver.http import parse_head
from tests.builders import chunked
from tests.loopback import answer

TEXT = b"<p>Crime and policing</p>\n" * 4000


def exchange(response: bytes) -> Exchange:
    found = parse_head(response)
    return Exchange(
        url="http://www.homeoffice.example/",
        request=b"GET / HTTP/1.1\r\n\r\n",
        asked_at=datetime(2026, 11, 23, tzinfo=UTC),
        response=io.BytesIO(response),
        length=len(response),
        head=found and found[0],
        body_start=found[1] if found else 0,
        address="192.0.2.1",
        port=80,
    )


def coded(body: bytes, *codings: str, transfer: Sequence[tuple[str, str]] = ()) -> Exchange:
    fields = [("Content-Encoding", ", ".join(codings)), *transfer]
    return exchange(answer(body, fields=fields, length=None))


def test_both_codings_are_undone() -> None:
    body = chunked(gzip.compress(brotli.compress(TEXT, quality=1)), 1000)
    found = coded(body, "br", "gzip", transfer=[("Transfer-Encoding", "chunked")])
    assert content(found, 1 << 20) == (TEXT, "")
    assert content(found, 1 << 20) == (TEXT, "")  # as often as one likes
    assert gzip.decompress(b"".join(entity(found))) == brotli.compress(TEXT, quality=1)


@pytest.mark.parametrize(
    ("response", "payload"),
    [
        (answer(TEXT), TEXT),
        (b"no HTTP at all", b"no HTTP at all"),
        (b"", b""),
        (answer(status="304 Not Modified", fields=[("Transfer-Encoding", "chunked")]), b""),
        (
            answer(b"5\r\nCrime\r\nzz\r\n", fields=[("Transfer-Encoding", "chunked")]),
            b"Crime\r\nzz\r\n",
        ),
    ],
)
def test_what_is_not_coded_is_given_as_it_is(response: bytes, payload: bytes) -> None:
    assert content(exchange(response), 1 << 20) == (payload, "")


@pytest.mark.parametrize("limit", [0, 1, 1000, 70_000])
@pytest.mark.parametrize("codings", [(), ("gzip",), ("br",)])
def test_of_a_long_payload_the_first_bytes_are_given(codings: tuple[str, ...], limit: int) -> None:
    body = {"gzip": gzip.compress, "br": brotli.compress}[codings[0]](TEXT) if codings else TEXT
    payload, fault = content(coded(body, *codings), limit)
    assert payload == TEXT[:limit]
    assert fault == f"it passes the limit of {limit} bytes"
    assert content(coded(body, *codings), len(TEXT)) == (TEXT, "")


def test_a_bomb_is_given_up() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000), 1), 9)
    payload, fault = content(coded(bomb, "gzip", "gzip"), 1_000_000)
    assert (len(payload), "limit" in fault) == (1_000_000, True)


def test_of_a_body_that_is_spoilt_what_could_be_decoded_is_given() -> None:
    spoilt = bytearray(gzip.compress(bytes(range(256)) * 8000, 0))
    spoilt[1_000_000:1_500_000] = b"\xff" * 500_000
    payload, fault = content(coded(bytes(spoilt), "gzip"), 1 << 30)
    assert payload
    assert (bytes(range(256)) * 8000).startswith(payload[:900_000])
    assert fault.startswith("not in the coding it names")


def test_a_body_that_breaks_off_is_given_as_far_as_it_goes() -> None:
    payload, _ = content(coded(gzip.compress(TEXT, 0)[:50_000], "gzip"), 1 << 20)
    assert TEXT.startswith(payload)
    assert len(payload) > 40_000


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "compress", "aws-chunked"])
def test_a_body_that_is_in_no_coding_is_given_as_it_is(coding: str) -> None:
    payload, fault = content(coded(TEXT, coding), 1 << 20)
    assert payload == TEXT
    assert coding in fault or "not in the coding it names" in fault
