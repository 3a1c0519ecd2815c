import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.digests import read_digest, sha1, write_digest

EMPTY = bytes.fromhex("da39a3ee5e6b4b0d3255bfef95601890afd80709")


@pytest.mark.parametrize(
    "text",
    [
        "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
        "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",  # as CDX lines write it
        "SHA-1:3i42h3s6nnfq2msvx7xzkyayscx5qbyj",
        "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",  # hex, as some writers have it
        "sha1:DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 ",
    ],
)
def test_a_digest_is_read_in_every_way_it_is_written(text: str) -> None:
    assert read_digest(text) == EMPTY == sha1(b"")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "sha1:",
        "sha1:3I42H3S6",
        "sha1:not base 32!",
        "sha1:31",
        "sha512:" + "ab" * 64,  # an algorithm the catalogue has no place for
        "\N{SNOWMAN}",
    ],
)
def test_what_is_no_digest_reads_as_none(text: str) -> None:
    assert read_digest(text) is None


@given(st.binary(max_size=50), st.sampled_from(["md5", "sha1", "sha256"]))
def test_a_digest_written_reads_back_with_its_algorithm(data: bytes, algorithm: str) -> None:
    raw = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    assert write_digest(raw).startswith(algorithm + ":")
    assert read_digest(write_digest(raw)) == raw


@given(st.text())
def test_any_text_is_a_digest_or_none(text: str) -> None:
    raw = read_digest(text)
    assert raw is None or len(raw) in (16, 20, 32)


def test_no_digest_is_written_as_nothing() -> None:
    assert write_digest(b"") == ""
