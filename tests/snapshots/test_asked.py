"""The question a capture answers: its request record, wherever that stands beside it."""

from hashlib import sha1
from pathlib import Path

import pytest

from snapshots.archive import Archive
from snapshots.asked import Question, answer_to, question_of
from snapshots.ingest.intake import take_in
from snapshots.writer import Writer
from tests.builders import http_response, metadata, record, response, warc, zstd_warc
from tests.snapshots.helpers import all_captures

URL = "http://www.northshire.example/find"
FIRST, SECOND = "2011-05-09T10:16:21Z", "2011-05-09T10:16:25Z"
LONG = bytes(range(256)) * 2048  # no window of a few kilobytes holds it


def identity(block: bytes) -> str:
    return f"<urn:uuid:{sha1(block, usedforsecurity=False).hexdigest()[:32]}>"


def sent(body: bytes) -> bytes:
    return b"POST /find HTTP/1.1\r\nHost: www.northshire.example\r\n\r\n" + body


def request(body: bytes, date: str = FIRST, *, of: bytes | None = None, url: str = URL) -> bytes:
    """A request record; `of` is the body of the answer that it names."""
    named = [("WARC-Concurrent-To", identity(http_response(of)))] if of is not None else []
    return record("request", sent(body), url=url, date=date, fields=named)


def answer(body: bytes, date: str = FIRST, *, to: bytes | None = None, url: str = URL) -> bytes:
    """A response record; `to` is what was posted in the request that it names."""
    named = [("WARC-Concurrent-To", identity(sent(to)))] if to is not None else []
    return response(body, url=url, date=date, fields=named)


PAIRS = {
    "behind": [answer(b"one"), request(b"1"), answer(b"two", SECOND), request(b"2", SECOND)],
    "before": [request(b"1"), answer(b"one"), request(b"2", SECOND), answer(b"two", SECOND)],
    "behind, naming it": [answer(b"one"), request(b"1", SECOND, of=b"one"),
                          answer(b"two"), request(b"2", SECOND, of=b"two")],
    "before, naming it": [request(b"1", SECOND, of=b"one"), answer(b"one"),
                          request(b"2", SECOND, of=b"two"), answer(b"two")],
    "behind, named": [answer(b"one", to=b"1"), request(b"1", SECOND),
                      answer(b"two", to=b"2"), request(b"2", SECOND)],
    "before, named": [request(b"1", SECOND), answer(b"one", to=b"1"),
                      request(b"2", SECOND), answer(b"two", to=b"2")],
    "behind a description": [answer(b"one"), metadata(b"via: x"), request(b"1"),
                             answer(b"two", SECOND), metadata(b"via: y"),
                             request(b"2", SECOND)],
    "before a description": [request(b"1"), metadata(b"via: x"), answer(b"one"),
                             request(b"2", SECOND), metadata(b"via: y"),
                             answer(b"two", SECOND)],
    "both before both": [request(b"1", of=b"one"), request(b"2", of=b"two"),
                         answer(b"one"), answer(b"two", SECOND)],
    "one on either side": [request(b"1"), answer(b"one"),
                           answer(b"two", SECOND), request(b"2", SECOND)],
}  # fmt: skip
AMBIGUOUS = "both before both"  # the second is not beside its request: another answer is between


def held(tmp_path: Path, *records: bytes, form: str = "gzip") -> Archive:
    """An archive of one file of these records."""
    data = zstd_warc(*records) if form == "zstd" else warc(*records, form=form)
    (tmp_path / "a.warc").write_bytes(data)
    archive = Archive.create(tmp_path / "archive")
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.warc")
    return archive


def replies(archive: Archive, posted: bytes) -> str | None:
    found = answer_to(archive, all_captures(archive), Question("POST", posted))
    return found.timestamp if found else None


@pytest.mark.parametrize("form", ["gzip", "plain", "zstd"])
@pytest.mark.parametrize("order", PAIRS)
def test_what_is_posted_finds_its_answer_wherever_the_request_stands(
    tmp_path: Path, order: str, form: str
) -> None:
    # A large answer to another question before them, as there is in most files.
    other = [answer(LONG, url=f"{URL}?other"), request(b"0", url=f"{URL}?other")]
    with held(tmp_path, *other, *PAIRS[order], form=form) as archive:
        captures = [found for found in all_captures(archive) if found.url == URL]
        asked = [question_of(archive, capture) for capture in captures]
    wanted = [Question("POST", b"1"), None if order == AMBIGUOUS else Question("POST", b"2")]
    assert asked == wanted


def test_a_request_that_names_another_answer_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    with held(tmp_path, answer(b"one"), request(b"2", of=b"two")) as archive:
        (capture,) = all_captures(archive)
        assert question_of(archive, capture) is None


def test_a_request_of_another_address_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    beside = request(b"2", url=f"{URL}/else")
    with held(tmp_path, beside, answer(b"one"), beside) as archive:
        (capture,) = all_captures(archive)
        assert question_of(archive, capture) is None


def test_a_request_written_into_a_page_is_not_taken_for_one(tmp_path: Path) -> None:
    # A plain file holds contents as they are; what looks like a record in one does not end at the
    # next record's beginning, for line ends stand between.
    page = answer(b"x" + request(b"made up"), url="http://elsewhere.example/")
    with held(tmp_path, page, answer(b"one"), form="plain") as archive:
        capture = next(found for found in all_captures(archive) if found.url == URL)
        assert question_of(archive, capture) is None


def test_a_question_whose_answer_is_not_known_takes_one_that_may_be(tmp_path: Path) -> None:
    with held(tmp_path, request(b"1"), answer(b"one"), answer(b"two", SECOND)) as archive:
        assert replies(archive, b"1") == "20110509101621"
        assert replies(archive, b"9") == "20110509101625"


def test_a_large_request_before_its_answer_is_found(tmp_path: Path) -> None:
    posted = sha1(b"seed", usedforsecurity=False).digest() * 2000  # packs well; stored plain here
    with held(tmp_path, request(posted), answer(b"one"), form="plain") as archive:
        (capture,) = all_captures(archive)
        assert question_of(archive, capture) == Question("POST", posted)
