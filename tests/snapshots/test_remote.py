import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from archiver.errors import BusyError, FetchError, NotWritableError, UrlError
from archiver.fetch.client import Fetcher
from archiver.fetch.guard import Guard
from archiver.fetch.pace import Pace
from archiver.fetch.politeness import Visitor
from archiver.provenance import Provenance
from archiver.records import DateSource, Grade
from archiver.remote.holdings import NoHoldingsError, RemoteArchive
from archiver.timestamps import parse_span
from archiver.warc import open_record
from snapshots.archive import Archive
from snapshots.index import stated_dates
from snapshots.ingest.remote import Collected, collect
from snapshots.mementos import memento_of
from snapshots.rebuild import rebuild
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.withdrawals import Decision, scope_of, withdraw
from snapshots.writer import Writer
from tests.builders import digest
from tests.loopback import Held, Loopback, RemoteArchiveDouble, answer, http_date
from tests.snapshots.helpers import all_captures, all_files, all_rows
from tests.snapshots.test_intake_converted import provenances

URL = "http://www.homeoffice.example/crime/"
FIRST, SECOND, THIRD = "20090402111213", "20110509101621", "20130326122952"
PANEL = Decision(authority="Takedown panel", reason="Names of junior staff")
PAGE = (
    b'<html><head><title>Crime</title></head><body><a href="http://www.homeoffice.example/a">A</a>'
    b'<a href="http://www.homeoffice.example/b">B</a><p>Text of the page.</p></body></html>'
)

Take = Callable[..., Collected]


def held(*timestamps: str, **more: object) -> list[Held]:
    return [Held(timestamp, **more) for timestamp in timestamps]  # type: ignore[arg-type]


@contextmanager
def taking(
    archive: Archive, *servers: Loopback, limit: int = 1 << 20, tries: int = 2
) -> Iterator[tuple[Take, list[float]]]:
    """Give a function that takes in from the first server's archive, and the pauses it made."""
    pauses: list[float] = []
    private = frozenset(server.authority for server in servers)
    with Fetcher("marsham-test", Guard(private), body_limit=limit) as fetcher:
        visitor = Visitor(fetcher, Pace(delay=0, tries=tries), sleep=pauses.append)

        def take(url: str = URL, **more: object) -> Collected:
            remote = RemoteArchive.at(f"{servers[0].url}/coll/")
            with Writer(archive) as writer:
                return collect(writer, url, remote, visitor, **more)  # type: ignore[arg-type]

        yield take, pauses


def block_of(archive: Archive, timestamp: str = SECOND) -> bytes:
    (capture,) = [one for one in all_captures(archive) if one.timestamp == timestamp]
    with open_record(archive.locate(capture.file), capture.offset) as opened:
        return opened.block.read()


def findings(archive: Archive) -> list[Finding]:
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    return found


def codes(done: Collected) -> list[str]:
    return [found.code for found in done.problems]


def test_every_memento_of_a_page_becomes_a_capture_of_its_time(archive: Archive) -> None:
    double = RemoteArchiveDouble(
        [
            Held(FIRST, b"gone", status="404 Not Found"),
            Held(SECOND, PAGE),
            Held(
                THIRD,
                b"",
                status="301 Moved Permanently",
                fields=[("X-Archive-Orig-Location", "/new/"), ("Location", "/coll/x/")],
            ),
        ]
    )
    with Loopback(double) as server, taking(archive, server) as (take, _):
        done = take(operator="A. Archivist")
    assert (done.listed, done.taken, done.already, done.left) == (3, 3, 0, 0)
    assert (done.kind, done.problems, done.counts) == ("CDX", (), {"raw memento": 3})
    found = [(one.timestamp, one.status, one.url, one.grade) for one in all_captures(archive)]
    assert found == [
        (FIRST, 404, URL, Grade.SENT),
        (SECOND, 200, URL, Grade.SENT),
        (THIRD, 301, URL, Grade.SENT),
    ]
    page = next(one for one in all_captures(archive) if one.timestamp == SECOND)
    assert memento_of(archive, page).content() == PAGE
    assert page.digest == digest(PAGE)
    assert block_of(archive) == (
        b"HTTP/1.1 200 OK\r\nServer: Apache\r\nContent-Type: text/html\r\n\r\n" + PAGE
    )
    assert b"\r\nLocation: /new/\r\n" in block_of(archive, THIRD)
    (row,) = all_rows(archive)["snapshot"]
    assert row[1] == f"www.homeoffice.example from {server.authority}/coll"
    assert row[5] == "A. Archivist"


def test_where_a_memento_came_from_is_told_with_every_date(archive: Archive) -> None:
    with Loopback(RemoteArchiveDouble(held(SECOND, body=PAGE))) as server:
        with taking(archive, server) as (take, _):
            take()
        listing = f"{server.url}/coll/cdx?url={URL}"
        told = provenances(archive)[URL]
    place = f"{server.url}/coll/{SECOND}id_/{URL}"
    assert (told.source_file, told.grade) == (place, Grade.SENT)
    assert [layer.timestamp for layer in told.layers] == [SECOND]
    known = dict(told.listed)
    assert known["archive"] == f"{server.authority}/coll"
    assert known["list"] == listing
    assert known["listed-digest"] == digest(PAGE).removeprefix("sha1:")
    assert known["answer"] == "200 OK"
    assert known["fetched"].startswith("20")
    fields = [value for name, value in told.listed if name == "answer-field"]
    assert f"Memento-Datetime: {http_date(SECOND)}" in fields
    (kept,) = (archive.path / "originals").glob("*/*")
    assert kept.name == known["list-sha256"]
    assert kept.read_text().startswith("example,homeoffice)/crime 20110509101621 ")
    (capture,) = all_captures(archive)
    with archive.catalogue.read() as connection:
        dates = [(date.source, rule) for date, rule in stated_dates(connection, capture)]
    assert dates == [(DateSource.ADDRESS, None), (DateSource.MEMENTO, "memento-datetime")]


def test_the_same_again_changes_nothing(archive: Archive) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND))
    with Loopback(double) as server, taking(archive, server) as (take, _):
        take()
        before, asked = (all_rows(archive), all_files(archive)), len(server.asked)
        again = take()
        assert (all_rows(archive), all_files(archive)) == before
        assert len(server.asked) == asked + 1  # the list alone
        spelt = take("http://homeoffice.example/Crime")  # the same page to any archive
        assert (all_rows(archive), all_files(archive)) == before
    assert (again.taken, again.already, again.left, again.problems) == (0, 2, 0, ())
    assert (spelt.already, spelt.snapshot_id) == (2, 1)


@pytest.mark.parametrize("form", ["cdx", "link", "json"])
def test_a_memento_is_the_same_on_whichever_list(sqlite_archive: Archive, form: str) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take(limit=1)
        double.forms = frozenset({form, "id_"})
        done = take()
    kinds = {"cdx": "CDX", "link": "TimeMap (links)", "json": "TimeMap (JSON)"}
    assert (done.kind, done.already, done.taken) == (kinds[form], 1, 1)
    assert len(all_captures(sqlite_archive)) == 2


def test_a_list_in_parts_is_followed_and_every_part_is_kept(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, THIRD), frozenset({"id_"}))

    def part(number: int, following: Sequence[int]) -> bytes:
        timestamp = (FIRST, SECOND, THIRD)[number]
        lines = [
            f'<{URL}>; rel="original"',
            f'</coll/{timestamp}/{URL}>; rel="memento"; datetime="{http_date(timestamp)}"',
            *(f'</coll/part/{other}>; rel="timemap"; from="x"' for other in following),
        ]
        return answer(",".join(lines).encode(), fields=[])

    double.instead = {
        f"/coll/timemap/link/{URL}": [part(0, [1, 9])],
        "/coll/part/1": [part(1, [1, 2])],
        "/coll/part/2": [part(2, [1])],  # it leads back
    }
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert (done.listed, done.taken) == (3, 3)
    assert codes(done) == ["bad-list-line"]  # part 9 is not there
    assert len(list((sqlite_archive.path / "originals").glob("*/*"))) == 3


def test_only_dates_asked_for_are_taken_and_a_limit_goes_on_next_time(
    sqlite_archive: Archive,
) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, THIRD))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take(span=parse_span("2011"))
        assert (done.listed, done.taken) == (1, 1)
        done = take(limit=1)
        assert (done.taken, done.already, done.left) == (1, 1, 1)
        done = take(limit=1)
        assert (done.taken, done.already, done.left) == (1, 2, 0)
        with pytest.raises(NoHoldingsError, match="lists 3 of it, none of the dates asked for"):
            take(span=parse_span("2010"))
        assert len([target for target in server.asked if "id_" in target]) == 3


# Proof


def test_where_there_is_no_raw_memento_the_archives_additions_are_taken_off(
    archive: Archive,
) -> None:
    double = RemoteArchiveDouble(held(SECOND, body=PAGE), frozenset({"link"}))
    with Loopback(double) as server, taking(archive, server) as (take, _):
        done = take()
        assert server.asked[-2:] == [f"/coll/{SECOND}id_/{URL}", f"/coll/{SECOND}mp_/{URL}"]
    assert (done.taken, done.counts) == (1, {"replayed memento": 1})
    (capture,) = all_captures(archive)
    assert (capture.url, capture.timestamp) == (URL, SECOND)
    assert capture.grade is Grade.RECOVERED
    assert memento_of(archive, capture).content() == PAGE
    told = provenances(archive)[URL]
    shown = (archive.path / "originals" / told.source_sha256[:2] / told.source_sha256).read_bytes()
    assert b"WB Insert" in shown


def test_after_a_few_without_a_raw_form_it_is_not_asked_for_any_more(
    sqlite_archive: Archive,
) -> None:
    mementos = held(*(f"2011050910{number:02}00" for number in range(6)), body=PAGE)
    double = RemoteArchiveDouble(mementos, frozenset({"link"}))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        assert take().taken == 6
        assert len([target for target in server.asked if "id_" in target]) == 3


def test_a_memento_that_is_raw_in_name_only_is_found_out(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(SECOND, body=PAGE), frozenset({"link"}))
    shown = answer(
        double.shown(double.held[0]),
        fields=[("Content-Type", "text/html"), ("Memento-Datetime", http_date(SECOND))],
    )
    double.instead = {f"/coll/{SECOND}id_/{URL}": [shown]}
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert done.counts == {"replayed memento": 1}
    (capture,) = all_captures(sqlite_archive)
    assert capture.grade is Grade.RECOVERED
    assert memento_of(sqlite_archive, capture).content() == PAGE


def test_a_page_that_links_to_the_archive_is_not_taken_for_a_rewritten_one(
    sqlite_archive: Archive,
) -> None:
    double = RemoteArchiveDouble([])
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        links = "".join(
            f'<a href="{server.url}/coll/2008010{day}000000/http://www.cabinet.example/{day}">x</a>'
            for day in range(1, 9)
        )
        body = f"<html><head><title>Old pages</title></head><body>{links}</body></html>".encode()
        double.held = held(SECOND, body=body)
        done = take()
    assert done.counts == {"raw memento": 1}
    assert memento_of(sqlite_archive, all_captures(sqlite_archive)[0]).content() == body


def test_another_memento_than_the_one_listed_is_not_taken(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND))
    other = answer(PAGE, fields=[("Memento-Datetime", http_date(FIRST))])
    raw = f"/coll/{SECOND}id_/{URL}"
    moved = answer(status="302 Found", fields=[("Location", f"/coll/{FIRST}id_/{URL}")])
    for instead in (other, moved):  # answered with the other, or led to it
        double.instead = {raw: [instead]}
        with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
            done = take()
        assert codes(done) == ["other-memento"]
        (problem,) = done.problems
        assert SECOND in problem.message
        assert FIRST in problem.message
        assert "the same command tries again" in problem.message
    assert {one.timestamp for one in all_captures(sqlite_archive)} == {FIRST}


def test_what_the_archive_says_for_itself_is_no_memento(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, THIRD))
    forms = [f"/coll/{FIRST}{form}/{URL}" for form in ("id_", "mp_", "")]
    sorry = answer(b"<p>Sorry, this page is not available</p>")
    double.instead = {
        **{form: [answer(b"<p>Not here", status="404 Not Found")] for form in forms},
        **{form.replace(FIRST, THIRD): [sorry] for form in forms},
        f"/coll/{SECOND}id_/{URL}": [answer(b"Withheld", status="451 Unavailable")],
    }
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
        assert codes(done) == ["no-memento"] * 3
        assert not [target for target in server.asked if f"{SECOND}mp_" in target]
    assert all_captures(sqlite_archive) == []
    assert "status 451" in done.problems[1].message


def test_a_digest_or_status_that_differs_from_the_list_is_told(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(SECOND, body=PAGE))
    listed = f"x {SECOND} {URL} text/html 404 {digest(b'other')[5:]} 12\n".encode()
    double.instead = {f"/coll/cdx?url={URL}": [answer(listed, fields=[])]}
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert codes(done) == ["status-differs", "digest-differs"]
    (capture,) = all_captures(sqlite_archive)
    assert (capture.status, capture.grade) == (200, Grade.RECOVERED)


# Bodies


SQUEEZED = gzip.compress(PAGE, mtime=0)


@pytest.mark.parametrize(
    ("sent", "fields", "listed", "stored", "coding"),
    [
        # As it was captured, and said so by mark, by digest or by length.
        (SQUEEZED, [("X-Archive-Orig-Content-Encoding", "gzip")], b"", SQUEEZED, b"gzip"),
        (SQUEEZED, [], SQUEEZED, SQUEEZED, b"gzip"),
        (
            SQUEEZED,
            [("X-Archive-Orig-Content-Length", str(len(SQUEEZED)))],
            b"",
            SQUEEZED,
            b"gzip",
        ),
        # A server between put the coding on.
        (SQUEEZED, [], PAGE, PAGE, None),
        (SQUEEZED, [("X-Archive-Orig-Content-Length", str(len(PAGE)))], b"", PAGE, None),
        # Nobody says who did.
        (SQUEEZED, [], b"", SQUEEZED, b"gzip"),
    ],
)
def test_a_content_coding_is_kept_when_it_is_the_originals(
    sqlite_archive: Archive,
    sent: bytes,
    fields: list[tuple[str, str]],
    listed: bytes,
    stored: bytes,
    coding: bytes | None,
) -> None:
    told = digest(listed)[5:] if listed else "-"
    line = f"x {SECOND} {URL} text/html 200 {told} 12\n".encode()
    head = [
        ("X-Archive-Orig-Server", "Apache"),
        ("Content-Type", "text/html"),
        *fields,
        ("Content-Encoding", "gzip"),
        ("Memento-Datetime", http_date(SECOND)),
    ]
    replies = {f"/coll/cdx?url={URL}": answer(line, fields=[])}
    with (
        Loopback(lambda target: replies.get(target) or answer(sent, fields=head)) as server,
        taking(sqlite_archive, server) as (take, _),
    ):
        done = take()
        assert "gzip" in server.heads[-1]["accept-encoding"]
    assert codes(done) == []
    (capture,) = all_captures(sqlite_archive)
    found, _, body = block_of(sqlite_archive).partition(b"\r\n\r\n")
    assert body == stored
    assert (b"Content-Encoding: " + coding in found) if coding else b"Encoding" not in found
    assert memento_of(sqlite_archive, capture).content() == PAGE


@pytest.mark.parametrize(("sent", "coding"), [(PAGE, None), (SQUEEZED, "gzip")])
def test_a_coding_the_archive_undid_is_told_and_one_it_hid_is_restored(
    sqlite_archive: Archive, sent: bytes, coding: str | None
) -> None:
    fields = [("X-Archive-Orig-Content-Encoding", "gzip"), ("Content-Type", "text/html")]
    double = RemoteArchiveDouble([Held(SECOND, sent, fields=fields)], frozenset({"link", "id_"}))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take()
    (capture,) = all_captures(sqlite_archive)
    assert memento_of(sqlite_archive, capture).content() == PAGE
    assert capture.grade is (Grade.SENT if coding else Grade.BODY)
    assert (b"gzip" in block_of(sqlite_archive).partition(b"\r\n\r\n")[0]) is (coding is not None)


def test_no_field_of_an_answer_begins_a_line_or_a_record_of_its_own(
    sqlite_archive: Archive,
) -> None:
    hostile = [
        ("X-Archive-Orig-A", "1\r\n Folded: WARC/1.1"),
        ("X-Archive-Orig-B", "x\rSet-Cookie: a=b\r\r"),
        ("X-Archive-Orig-C", "nul\0\xe9\x85"),
        ("X-Archive-Orig-", "no name"),
        ("X-Archive-Orig-Bad Name", "x"),
        ("Content-Type", "text/html\x0bx"),
    ]
    double = RemoteArchiveDouble([Held(SECOND, PAGE, fields=hostile)])
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take()
    head, _, body = block_of(sqlite_archive).partition(b"\r\n\r\n")
    assert body == PAGE
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:]]
    assert set(names) <= {b"A", b"B", b"C", b"Content-Type", b"Set-Cookie"}
    assert b"\0" not in head
    assert b"\r" not in head.replace(b"\r\n", b"")
    assert len(all_captures(sqlite_archive)) == 1
    assert findings(sqlite_archive) == []


def test_a_large_body_goes_through_the_disk(sqlite_archive: Archive) -> None:
    body = bytes(range(256)) * 20_000
    fields = [("X-Archive-Orig-Server", "x"), ("Content-Type", "application/pdf")]
    double = RemoteArchiveDouble([Held(SECOND, body, fields=fields)])
    with (
        Loopback(double) as server,
        taking(sqlite_archive, server, limit=1 << 24) as (take, _),
    ):
        assert take().problems == ()
    (capture,) = all_captures(sqlite_archive)
    assert memento_of(sqlite_archive, capture).content() == body


# Failures


def busy(seconds: str = "1") -> bytes:
    return answer(status="429 Too Many Requests", fields=[("Retry-After", seconds)])


def test_a_busy_archive_is_waited_for(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(SECOND))
    double.instead = {
        f"/coll/cdx?url={URL}": [answer(status="503 Busy")],
        f"/coll/{SECOND}id_/{URL}": [busy("7")],
    }
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, pauses):
        assert take().taken == 1
    assert pauses == [pytest.approx(2, abs=0.5), pytest.approx(7, abs=0.5)]


def test_an_archive_that_stays_busy_is_left_alone_and_the_next_run_goes_on(
    archive: Archive,
) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, THIRD))
    double.instead = {f"/coll/{SECOND}id_/{URL}": [busy("86400")]}
    with Loopback(double) as server, taking(archive, server) as (take, _):
        done = take()
        assert (done.taken, done.left, codes(done)) == (1, 1, ["not-fetched"])
        assert "a pause of 86400 seconds" in done.problems[0].message
        assert done.problems[0].url == URL
        (row,) = all_rows(archive)["problem"]
        assert row[3] == "not-fetched"
        done = take()
        assert (done.taken, done.already, done.left, done.problems) == (2, 1, 0, ())
    assert len(all_captures(archive)) == 3


@pytest.mark.parametrize(
    "broken",
    [
        answer(b"half", length=100),
        b"",
        answer(
            b"x" * 2_000_000, fields=[("Memento-Datetime", http_date(SECOND))]
        ),  # over the limit
    ],
)
def test_one_memento_that_cannot_be_fetched_costs_only_itself(
    sqlite_archive: Archive, broken: bytes
) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, THIRD))
    double.instead = {f"/coll/{SECOND}id_/{URL}": [broken] * 2}
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert (done.taken, done.left, codes(done)) == (2, 0, ["not-fetched"])
    assert [one.timestamp for one in all_captures(sqlite_archive)] == [FIRST, THIRD]


def test_the_same_failure_again_is_told_again_and_noted_once(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(SECOND))
    double.instead = {f"/coll/{SECOND}id_/{URL}": [answer(b"half", length=100)] * 4}
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take()
        before = all_rows(sqlite_archive)
        assert codes(take()) == ["not-fetched"]
        assert all_rows(sqlite_archive) == before


def test_an_archive_that_answers_nobody_any_more_is_left_alone(sqlite_archive: Archive) -> None:
    mementos = held(*(f"2011050910{number:02}00" for number in range(9)))
    double = RemoteArchiveDouble(mementos)
    for one in mementos:
        double.instead[f"/coll/{one.timestamp}id_/{URL}"] = [b""] * 9
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert (done.taken, done.left, len(done.problems)) == (0, 6, 3)


def test_a_memento_that_leads_to_a_private_address_is_refused(sqlite_archive: Archive) -> None:
    with Loopback(lambda _: answer(b"secret")) as inside:
        double = RemoteArchiveDouble(held(FIRST, SECOND))
        moved = answer(status="302 Found", fields=[("Location", f"{inside.url}/latest/meta-data")])
        double.instead = {f"/coll/{FIRST}id_/{URL}": [moved]}
        with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
            done = take()
        assert inside.connections == 0
    assert (done.taken, codes(done)) == (1, ["not-fetched"])
    assert "nothing was asked of it" in done.problems[0].message


def test_a_list_may_not_name_private_addresses_either(sqlite_archive: Archive) -> None:
    with Loopback(lambda _: answer(b"secret")) as inside:
        lines = (
            f'<{inside.url}/x/{SECOND}/{URL}>; rel="memento"; datetime="{http_date(SECOND)}",'
            f'<file:///x/{SECOND}/{URL}>; rel="memento"; datetime="{http_date(SECOND)}"'
        )
        double = RemoteArchiveDouble([], frozenset())
        double.instead = {f"/coll/timemap/link/{URL}": [answer(lines.encode(), fields=[])]}
        with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
            assert set(codes(take())) == {"not-fetched"}
        assert inside.connections == 0


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"<!DOCTYPE html><p>Welcome to the archive"),
        answer(b"nonsense", fields=[("Content-Type", "application/link-format")]),
        answer(b"\0" * 100, fields=[]),
        answer(b"", fields=[]),
        answer(b"No", status="404 Not Found"),
        answer(b"x" * 100, fields=[("Content-Encoding", "gzip")]),
    ],
)
def test_an_archive_without_a_list_is_said_so_with_what_was_tried(
    sqlite_archive: Archive, reply: bytes
) -> None:
    before = all_rows(sqlite_archive), all_files(sqlite_archive)
    with Loopback(lambda _: reply) as server, taking(sqlite_archive, server) as (take, _):
        with pytest.raises(NoHoldingsError) as caught:
            take()
        assert len(server.asked) == len(caught.value.asked) == 3
    assert (all_rows(sqlite_archive), all_files(sqlite_archive)) == before
    assert f"{server.url}/coll/cdx?url={URL}" in str(caught.value)


def test_mementos_of_other_addresses_on_a_list_are_left_out_and_told(
    sqlite_archive: Archive,
) -> None:
    other = Held(FIRST, url="http://www.elsewhere.example/")
    shouting = Held(THIRD, url="http://WWW.homeoffice.example/Crime")  # the same page
    double = RemoteArchiveDouble([other, *held(SECOND), shouting])
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        done = take()
    assert codes(done) == ["other-addresses"]
    assert [one.url for one in all_captures(sqlite_archive)] == [URL, shouting.url]


def test_an_archive_nobody_answers_for_and_an_address_that_is_none_are_errors(
    sqlite_archive: Archive,
) -> None:
    with Loopback(lambda _: answer()) as server:
        pass  # gone
    with taking(sqlite_archive, server) as (take, _), pytest.raises(FetchError, match="refused"):
        take()
    with Loopback(lambda _: busy("90000")) as server, taking(sqlite_archive, server) as (take, _):
        with pytest.raises(BusyError):
            take()
        with pytest.raises(UrlError):
            take("ftp://www.homeoffice.example/")


def test_a_full_temporary_folder_is_said_and_what_was_committed_stays(
    sqlite_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND))
    double.held[1].body = b"x" * 5_000_000
    with (
        Loopback(double) as server,
        taking(sqlite_archive, server, limit=1 << 24) as (take, _),
    ):
        monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
        with pytest.raises(NotWritableError):
            take()
        assert [one.timestamp for one in all_captures(sqlite_archive)] == [FIRST]
        monkeypatch.undo()
        assert take().taken == 1


# What follows from it


def test_the_catalogue_can_be_made_anew_from_the_files(archive: Archive) -> None:
    double = RemoteArchiveDouble(held(FIRST, SECOND, body=PAGE))
    double.instead = {f"/coll/{FIRST}id_/{URL}": [answer(b"half", length=100)] * 2}
    with Loopback(double) as server, taking(archive, server) as (take, _):
        take()
        take()
    before = all_rows(archive)
    assert findings(archive) == []
    path = archive.path
    archive.close()
    assert rebuild(path).problems == ()
    with Archive.open(path) as again:
        assert all_rows(again) | {"verification": []} == before


def test_what_is_withdrawn_stays_withdrawn_and_is_not_fetched_again(
    sqlite_archive: Archive,
) -> None:
    double = RemoteArchiveDouble(held(SECOND))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take()
        withdraw(sqlite_archive, scope_of(address=URL), PANEL, lambda _, __: ())
        asked = len(server.asked)
        assert take().already == 1
        assert len(server.asked) == asked + 1
        assert all_captures(sqlite_archive) == []
        double.held.append(Held(THIRD))
        take()
    assert all_captures(sqlite_archive) == []


def test_a_provenance_of_a_memento_can_be_read_again(sqlite_archive: Archive) -> None:
    double = RemoteArchiveDouble(held(SECOND))
    with Loopback(double) as server, taking(sqlite_archive, server) as (take, _):
        take()
    told = provenances(sqlite_archive)[URL]
    assert Provenance.from_json(told.to_json()) == told
    assert json.loads(told.to_json())["grade"] == "A"
