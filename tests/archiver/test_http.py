import io
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from archiver.headers import Headers
from archiver.http import (
    CodingError,
    Dechunker,
    Head,
    decode_content,
    media_type,
    parse_head,
    reason_phrase,
)
from tests.builders import chunked, deflate

PAGE = b"<p>Community safety partnerships</p>" * 500


@pytest.mark.parametrize(
    ("block", "status", "reason", "kind", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nbody",
            200,
            "OK",
            "text/html",
            b"body",
        ),
        (b"HTTP/1.0 404 Not Found\nContent-Type: a/b\n\nbody", 404, "Not Found", "a/b", b"body"),
        (b"HTTP/1.1 200\r\nContent-Type: a/b\r\n\r\n", 200, "", "a/b", b""),  # no reason
        (b"HTTP/1.1 200 \r\nContent-Type: a/b\r\n\r\n", 200, "", "a/b", b""),
        (
            b"HTTP/2 200\r\ncontent-type: a/b\r\n\r\nx",
            200,
            "",
            "a/b",
            b"x",
        ),  # as browsers export it
        (b"HTTP/1.1 200 OK\r\ncontent-TYPE :a/b\r\n\r\nx", 200, "OK", "a/b", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Type:\r\n a/b\r\n\r\nx", 200, "OK", "a/b", b"x"),  # folded
        (b"HTTP/1.1 200 OK\r\nContent-Type: a/b\n\r\nx", 200, "OK", "a/b", b"x"),  # ends mixed
        (b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Type: a/b\r\n\r\nx", 200, "OK", "a/b", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: a/b", 200, "OK", "a/b", b""),  # never closed
        (b"HTTP/1.1 999 Blocked\r\n\r\nx", 999, "Blocked", None, b"x"),
        (b"HTTP/1.1 200 OK\n\nbody\r\n\r\nmore", 200, "OK", None, b"body\r\n\r\nmore"),
        (b"HTTP/1.1 200 OK\r\n\r\nbody\n\nmore", 200, "OK", None, b"body\n\nmore"),
    ],
)
def test_a_head_is_read_as_servers_wrote_it(
    block: bytes, status: int, reason: str, kind: str | None, body: bytes
) -> None:
    found = parse_head(block)
    assert found is not None
    head, start = found
    assert (head.status, head.reason) == (status, reason)
    assert head.headers.get("content-type") == kind
    assert block[start:] == body


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\r\n\r\n",
        b"<html>",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"20110509101621\nwww.homeoffice.example.\t3600\tIN\tA\t192.0.2.10\n",  # a name look-up
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_response_has_no_head(block: bytes) -> None:
    assert parse_head(block) is None


def test_a_byte_that_is_a_line_end_elsewhere_stays_in_its_value() -> None:
    # In Latin-1 0x85 is "next line"; in UTF-8 it is the second byte of a capital A with a ring.
    found = parse_head("HTTP/1.1 200 OK\r\nLocation: /Ångström\x1c\x0b\r\nX: y\r\n\r\n".encode())
    assert found is not None
    assert found[0].headers.fields == (
        ("Location", "/Ångström\x1c\x0b".encode().decode("latin-1").strip()),
        ("X", "y"),
    )


def test_a_field_that_comes_twice_keeps_both_values_in_order() -> None:
    headers = Headers("Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2")
    assert headers.get("SET-COOKIE") == "a=1"
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert headers.get("Cookie") is None
    assert headers.fields[2] == ("set-cookie", "b=2")  # names stay as written


@given(st.binary(max_size=300))
def test_reading_a_head_never_fails(block: bytes) -> None:
    found = parse_head(b"HTTP/1.1 200 OK\r\n" + block)
    assert found is None or 0 < found[1] <= len(block) + 17


@pytest.mark.parametrize(
    ("value", "kind", "charset"),
    [
        (None, "", None),
        ("", "", None),
        ("Text/HTML; charset='utf-8'", "text/html", "utf-8"),
        ('text/html;charset="ISO-8859-1"; x=y', "text/html", "ISO-8859-1"),
        ("text/html ; CHARSET = windows-1252", "text/html", "windows-1252"),
        ("text/html; charset=", "text/html", None),
        (";charset=utf-8", "", "utf-8"),
        ("text/html\0", "text/html", None),  # PostgreSQL keeps no NUL in a text
    ],
)
def test_a_content_type_is_split(value: str | None, kind: str, charset: str | None) -> None:
    assert media_type(value) == (kind, charset)


def test_an_unusual_status_has_no_reason() -> None:
    assert (reason_phrase(404), reason_phrase(299)) == ("Not Found", "")


@pytest.mark.parametrize(
    ("fields", "announced"),
    [
        ("Transfer-Encoding: chunked", True),
        ("transfer-encoding: gzip, Chunked ", True),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", True),
        ("Transfer-Encoding: chunked, gzip", False),  # chunked inside: not our framing
        ("Transfer-Encoding: identity", False),
        ("", False),
    ],
)
def test_chunked_counts_only_as_the_outermost_coding(fields: str, announced: bool) -> None:
    assert Head("HTTP/1.1", 200, "OK", Headers(fields)).chunked is announced


# Chunks


def dechunk(parts: list[bytes]) -> tuple[bytes, str | None]:
    dechunker = Dechunker()
    content = b"".join([*(dechunker.feed(part) for part in parts), dechunker.close()])
    return content, dechunker.fault


BODIES = [
    (chunked(b"Community safety partnerships"), b"Community safety partnerships", None),
    (chunked(b""), b"", None),
    (b"5\nhello\n0\n\n", b"hello", None),  # bare line feeds
    (b'5 ;name="v"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n', b"hello", None),
    (b"0005\r\nhello\r\n0\r\n\r\n", b"hello", None),
    (b"5\r\nhello5\r\nworld\r\n0\r\n\r\n", b"helloworld", None),  # a line end left out
    (b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK", b"hello", None),  # what follows is not the body's
    (b"5\r\nhello\r\n", b"hello", "the last chunk is missing"),
    (b"5\r\nhel", b"hel", "the last chunk is missing"),
    (b"5\r\nhello\r\nzz\r\nworld", b"hello\r\nzz\r\nworld", "a chunk size is not a number"),
    (b"<html>\r\n<p>", b"<html>\r\n<p>", "announced as chunked, but is not"),
    (b"<html>", b"<html>", "announced as chunked, but is not"),
    (b"", b"", "announced as chunked, but is not"),
    (b"-5\r\nhello", b"-5\r\nhello", "announced as chunked, but is not"),
    (b"fffffffffffffffff\r\nx\n", b"fffffffffffffffff\r\nx\n", "announced as chunked, but is not"),
    (b"x" * 9000, b"x" * 9000, "announced as chunked, but is not"),
]


@pytest.mark.parametrize(("body", "content", "fault"), BODIES)
def test_chunked_framing_comes_off_and_what_is_broken_is_told(
    body: bytes, content: bytes, fault: str | None
) -> None:
    assert dechunk([body]) == (content, fault)


@pytest.mark.parametrize("body", [body for body, _, _ in BODIES if len(body) < 100])
def test_a_body_cut_in_two_anywhere_gives_the_same(body: bytes) -> None:
    whole = dechunk([body])
    assert [dechunk([body[:at], body[at:]]) for at in range(len(body))] == [whole] * len(body)


@given(st.binary(max_size=200), st.integers(1, 50), st.lists(st.integers(0, 400), max_size=10))
def test_chunks_arriving_in_any_parts_give_the_body(
    body: bytes, size: int, cuts: list[int]
) -> None:
    framed = chunked(body, size)
    places = [0, *sorted(cuts), len(framed) + 400]
    parts = [framed[first:end] for first, end in pairwise(places)]
    assert dechunk(parts) == (body, None)


@given(st.binary(max_size=60), st.sampled_from([b"", b"5\r\nhello\r\n", b"3\nabc\n"]))
def test_broken_framing_does_not_depend_on_how_it_arrives(tail: bytes, start: bytes) -> None:
    body = start + tail
    assert dechunk([body[at : at + 1] for at in range(len(body))]) == dechunk([body])


def test_a_chunk_said_to_be_huge_takes_no_memory() -> None:
    assert dechunk([b"fffffffffffffff\r\nhello"]) == (b"hello", "the last chunk is missing")


# Content codings


def brotlied(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data)
    return packed


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: deflate(data, 31),
    "x-gzip": lambda data: deflate(data, 31),
    "deflate": lambda data: deflate(data, 15),
    "br": brotlied,
    "zstd": lambda data: zstandard.compress(data),
}


def decoded(data: bytes, *codings: str, step: int = 1000, limit: int = 1 << 26) -> bytes:
    parts = (data[at : at + step] for at in range(0, len(data), step))
    return b"".join(decode_content(parts, codings, limit))


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_coding_is_undone_whatever_the_parts(coding: str, step: int) -> None:
    assert decoded(CODERS[coding](PAGE), coding, step=step) == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_what_follows_the_coded_bytes_is_left_out(coding: str) -> None:
    # Some servers pad, some proxies append; browsers show the page all the same.
    assert decoded(CODERS[coding](PAGE) + b"\r\n<!-- appended -->", coding) == PAGE
    assert decoded(CODERS[coding](PAGE) + b"\r\n<!-- appended -->", coding, step=1) == PAGE


@pytest.mark.parametrize("coding", CODERS)
def test_a_body_cut_short_gives_what_can_be_had(coding: str) -> None:
    random_page = random.Random(5).randbytes(400_000)  # noqa: S311 - bytes that do not shrink
    found = decoded(CODERS[coding](random_page)[:-9], coding)
    assert found
    assert random_page.startswith(found)


@pytest.mark.parametrize("coding", CODERS)
def test_an_empty_body_is_empty_in_any_coding(coding: str) -> None:
    assert decoded(b"", coding) == b""


def test_deflate_without_its_wrapping_is_understood() -> None:
    assert decoded(deflate(PAGE, -15), "deflate") == PAGE
    assert decoded(deflate(PAGE, -15), "deflate", step=1) == PAGE


def test_codings_are_undone_from_the_last_applied_to_the_first() -> None:
    assert decoded(CODERS["br"](CODERS["gzip"](PAGE)), "gzip", "br") == PAGE


def test_no_coding_leaves_the_bytes_alone() -> None:
    assert decoded(PAGE) == PAGE


@pytest.mark.parametrize(
    ("data", "codings", "message"),
    [
        (PAGE, ("gzip",), "not in the coding it names"),
        (PAGE, ("deflate",), "not in the coding it names"),
        (PAGE, ("br",), "not in the coding it names"),
        (PAGE, ("zstd",), "not in the coding it names"),
        (PAGE, ("compress",), "unknown content coding 'compress'"),
        (PAGE, ("aes128gcm",), "unknown content coding"),
        (PAGE, ("gzip",) * 5000, "5000 content codings"),  # deep enough to end Python's stack
    ],
)
def test_a_lying_coding_is_told(data: bytes, codings: tuple[str, ...], message: str) -> None:
    with pytest.raises(CodingError, match=message):
        decoded(data, *codings)


def gzip_bomb() -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(200):
        yield packer.compress(bytes(1 << 20))


def brotli_bomb() -> Iterator[bytes]:
    packer = brotli.Compressor(quality=1)
    for _ in range(200):
        yield packer.process(bytes(1 << 20))


def zstd_bomb() -> Iterator[bytes]:
    # Blocks of one repeated byte: four bytes of input for 128 KiB of output, 200 MB in one part.
    head = bytes([0x28, 0xB5, 0x2F, 0xFD, 0b00000000, 0x58])
    yield head + ((1 << 17) << 3 | 0b010).to_bytes(3, "little").join([b"\0"] * 1601)[1:]


@pytest.mark.parametrize(
    ("coding", "bomb"), [("gzip", gzip_bomb), ("br", brotli_bomb), ("zstd", zstd_bomb)]
)
def test_a_bomb_stops_at_the_limit_in_little_memory(
    coding: str, bomb: Callable[[], Iterator[bytes]]
) -> None:
    packed = b"".join(bomb())
    given = 0
    tracemalloc.start()
    try:
        with pytest.raises(CodingError, match="passes the limit of 10000000 bytes"):  # noqa: PT012
            for part in decode_content([packed], (coding,), 10_000_000):
                given += len(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 9_000_000 < given <= 10_000_000
    assert peak < 4_000_000


def test_a_bomb_inside_a_coding_stops_at_the_limit_too() -> None:
    # The inner stream is one endless file name: it gives nothing, however much is put in.
    inner = io.BytesIO()
    inner.write(b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 30_000_000)
    packed = deflate(inner.getvalue(), 31)
    with pytest.raises(CodingError, match="passes the limit"):
        decoded(packed, "gzip", "gzip", limit=1_000_000)


@pytest.mark.parametrize("size", [10, 1 << 18, 1 << 20])
def test_bytes_behind_the_end_of_a_coded_body_are_left_out(size: int) -> None:
    body = b"a" * size  # given in one step, or in several
    for coding, window in (("gzip", 31), ("deflate", 15)):
        coded = deflate(body, window) + b"behind"
        assert b"".join(decode_content([coded], (coding,), 1 << 21)) == body


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_a_long_body_is_whole_whatever_the_parts(coding: str, step: int) -> None:
    body = b"<p>Crime</p>" * 100_000  # packs so well that one part holds several steps of output
    coded = CODERS[coding](body)
    parts = [coded[at : at + step] for at in range(0, len(coded), step)]
    assert b"".join(decode_content(parts, (coding,), 1 << 21)) == body
