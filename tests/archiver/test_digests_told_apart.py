"""Which reading of a payload digest a record declares, and in which algorithm."""

import hashlib
from base64 import b32encode
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.ingest.warc import WarcReading
from archiver.records import Problem
from tests.builders import chunked, digest, flip, http_response, record, warc

BODY = b"<p>Crime and policing</p>"
HEAD = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]


def sha256(data: bytes, form: str = "base32") -> str:
    raw = hashlib.sha256(data).digest()
    return "sha256:" + (raw.hex() if form == "hex" else b32encode(raw).decode())


def md5(data: bytes) -> str:
    return "md5:" + hashlib.md5(data, usedforsecurity=False).hexdigest()


def response(payload: str, *, block: str = "", framed: bool = True) -> bytes:
    body = chunked(BODY) if framed else BODY
    whole = http_response(body, fields=HEAD if framed else HEAD[:1])
    fields = [("WARC-Payload-Digest", payload)]
    if block:
        fields.append(("WARC-Block-Digest", block))
    return record("response", whole, fields=fields)


def read(tmp_path: Path, data: bytes) -> tuple[list[tuple[str, int | None]], WarcReading]:
    (tmp_path / "a.warc.gz").write_bytes(data)
    reading = WarcReading(tmp_path / "a.warc.gz", "a.warc.gz")
    return [(one.code, one.offset) for one in reading if isinstance(one, Problem)], reading


@pytest.mark.parametrize("algorithm", [digest, sha256, md5])
def test_both_readings_of_a_chunked_payload_are_recognised_and_told_apart(
    tmp_path: Path, algorithm: Callable[[bytes], str]
) -> None:
    over_payload, over_framing = response(algorithm(BODY)), response(algorithm(chunked(BODY)))
    assert read(tmp_path, warc(over_payload))[0] == []
    found, reading = read(tmp_path, warc(over_payload, over_framing, over_framing))
    assert found == [("digest-over-framing", len(warc(over_payload)))]
    assert (reading.chunked, reading.over_framing) == (3, 2)


def test_the_habit_of_a_writer_is_told_once_a_file(tmp_path: Path) -> None:
    found, reading = read(tmp_path, warc(*[response(digest(chunked(BODY)))] * 50))
    assert found == [("digest-over-framing", 0)]
    assert (reading.chunked, reading.over_framing) == (50, 50)


@pytest.mark.parametrize("algorithm", [digest, sha256, md5])
@pytest.mark.parametrize("framed", [True, False])
def test_a_digest_of_something_else_is_a_mismatch(
    tmp_path: Path, algorithm: Callable[[bytes], str], framed: bool
) -> None:
    data = response(algorithm(b"another"), framed=framed)
    assert read(tmp_path, warc(data))[0] == [("payload-digest", 0)]


def test_a_strong_digest_finds_what_has_changed(tmp_path: Path) -> None:
    whole = http_response(BODY, fields=HEAD[:1])
    sound = response(sha256(BODY, "hex"), block=sha256(whole), framed=False)
    assert read(tmp_path, sound)[0] == []
    changed = flip(sound, sound.index(b"policing"))
    assert read(tmp_path, changed)[0] == [("block-digest", 0), ("payload-digest", 0)]


def test_a_digest_in_an_unknown_algorithm_is_not_judged(tmp_path: Path) -> None:
    assert read(tmp_path, warc(response("sha512:" + "ab" * 64)))[0] == []


def test_of_two_algorithms_that_are_not_sha_1_the_payload_s_is_checked(tmp_path: Path) -> None:
    mixed = response(sha256(BODY), block=md5(b"another"))
    assert read(tmp_path, warc(mixed))[0] == []
