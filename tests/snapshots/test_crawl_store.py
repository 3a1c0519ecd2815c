import json
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from archiver.capture.exchange import Cut
from archiver.errors import ArchiveError
from archiver.records import Kind
from archiver.warc import open_record
from snapshots.archive import Archive
from snapshots.crawl.frontier import Found, met
from snapshots.crawl.outcome import Outcome
from snapshots.crawl.store import FINISHED, STOPPED, ask_to_stop, crawls
from snapshots.erasure.preparing import erase
from snapshots.erasure.selection import Order as EraseOrder
from snapshots.mementos import memento_of
from snapshots.rebuild import rebuild
from snapshots.reports import report_on, snapshot_rows
from snapshots.tables import commit_note, crawl, intake, snapshot
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.withdrawals import Decision, scope_of, withdraw
from snapshots.writer import Writer
from tests.loopback import answer
from tests.snapshots.crawling import BEGUN, HOST, Crawling, Order
from tests.snapshots.helpers import all_captures, all_rows

PAGE = answer(b"<p>Crime", fields=[("Content-Type", "text/html")])
LATER = BEGUN + timedelta(days=30)


def seeded(writer: Writer, **more: object) -> Crawling:
    """Begin a crawl with its seed queued, or take one up."""
    crawling = Crawling(writer, **more)  # type: ignore[arg-type]
    crawling.found.append(Found(f"{HOST}/", ""))
    crawling.commit()
    return crawling


def whole_crawl(archive: Archive, at: datetime = BEGUN) -> int:
    """Crawl three pages, two of which are alike, and one that is cut."""
    with Writer(archive) as writer:
        crawling = seeded(writer, at=at)
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE, leads_to=["/a", "/b", "/c"])
        crawling.commit()
        for lease, body in zip(crawling.lend(9), (b"one", b"one", b"two"), strict=True):
            cut = Cut.DISCONNECT if body == b"two" else None
            crawling.answer(lease, answer(body), cut=cut)
            crawling.commit()
        crawling.commit(FINISHED)
        return crawling.store.number


def sound(archive: Archive) -> list[str]:
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    return [f"{one.code} {one.file} {one.message}" for one in found]


def rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    found = all_rows(archive)
    found.pop("verification")
    return found


def states(archive: Archive, number: int = 1) -> dict[str, str]:
    with archive.catalogue.read() as connection:
        found = list(met(connection, number))
    return {one.url.removeprefix(HOST): one.state.name for one in found}


def test_a_crawl_has_a_snapshot_with_its_captures_and_an_input_with_its_problems(
    archive: Archive,
) -> None:
    number = whole_crawl(archive)
    with archive.catalogue.read() as connection:
        [row] = snapshot_rows(connection)
        report = report_on(archive, connection, row)
        [told] = crawls(connection, number)
    assert (row["kind"], row["label"], row["operator"]) == ("crawl", "Home Office", "A. Archivist")
    assert (row["captures"], row["first"], row["last"]) == (4, 20260509101621, 20260509101624)
    [taken] = report.inputs
    assert (taken["name"], taken["format"], taken["captures"]) == (f"{HOST}/", "crawl", 4)
    counts = {"metadata": 4, "request": 4, "response": 3, "revisit": 1}
    assert json.loads(taken["counts"]) == counts
    assert [one["code"] for one in report.problems] == ["truncated-answer"]
    assert (told.state, told.exchanges, told.snapshot_id) == (FINISHED, 4, 1)
    assert told.ended is not None
    assert told.bytes == len(PAGE) + 3 * len(answer(b"one"))
    assert told.counts == {"queued": 0, "leased": 0, "done": 4, "refused": 0, "failed": 0}
    assert sound(archive) == []


def test_its_files_tell_of_the_crawl(archive: Archive) -> None:
    with Writer(archive) as writer:
        before = Crawling(writer, Order(identity="2e" * 32))
        before.answer(None, PAGE, url="/other")
        before.commit()
        crawling = seeded(writer)
        crawling.answer(None, PAGE, url="/")
        crawling.commit()
    files = {capture.file for capture in all_captures(archive)}
    assert len(files) == 2  # a file of its own
    for file in files:
        with open_record(archive.path / file, 0) as opened:
            told = opened.block.read().decode()
        assert opened.headers.get("WARC-Type") == "warcinfo"
        assert "operator: A. Archivist\r\nrobots: obeyed\r\n" in told
        assert "scope: host www.homeoffice.example\r\n" in told
        assert f'crawl-order: {{"seeds": ["{HOST}/"]}}\r\n' in told


def test_the_same_order_goes_on_where_it_was_and_a_finished_one_begins_anew(
    archive: Archive,
) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        assert not crawling.store.resumed
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE, leads_to=["/a", "/b"])
        crawling.commit(notes={"traps": "1", "gone": "x"})
        crawling.lend()  # and nobody will say what came of it
        crawling.commit(notes={"gone": None})
    assert states(archive) == {"/": "DONE", "/a": "LEASED", "/b": "QUEUED"}
    with Writer(archive) as writer:
        again = Crawling(writer, at=LATER)
        assert (again.store.resumed, again.store.number, again.store.snapshot_id) == (True, 1, 1)
        assert again.store.notes == {"traps": "1"}
        assert (again.store.exchanges, again.store.bytes) == (1, len(PAGE))
        assert again.store.begun == crawling.store.begun
        leases = again.lend(9)
        assert [lease.url for lease in leases] == [f"{HOST}/a", f"{HOST}/b"]
        assert [lease.via for lease in leases] == [f"{HOST}/"] * 2
        for lease in leases:
            again.answer(lease, answer(lease.url.encode()))
        again.commit(FINISHED)
    with archive.catalogue.read() as connection:
        [row] = snapshot_rows(connection)
        [taken] = connection.execute(select(intake)).all()
    assert (row["captures"], row["first"], row["last"]) == (3, 20260509101621, 20260608101622)
    assert json.loads(taken.counts) == {"metadata": 3, "request": 3, "response": 3}
    with Writer(archive) as writer:
        third = Crawling(writer)
        assert (third.store.resumed, third.store.number, third.store.snapshot_id) == (False, 2, 2)
        other = Crawling(writer, Order(identity="2e" * 32))
        assert other.store.number == 3
    assert sound(archive) == []


def test_a_group_that_fails_leaves_nothing_and_is_asked_again(archive: Archive) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE, leads_to=["/a"])
        crawling.settled.append(None)  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            crawling.commit()
        writer.roll_back()
        assert all_captures(archive) == []
        again = Crawling(writer)
        assert again.store.resumed
        [seed] = again.lend()
        again.answer(seed, PAGE, leads_to=["/a"])
        again.commit()
    assert states(archive) == {"/": "DONE", "/a": "QUEUED"}
    assert len(all_captures(archive)) == 1
    assert sound(archive) == []


def test_what_a_note_would_not_tell_costs_none(archive: Archive) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        with archive.catalogue.read() as connection:
            before = connection.execute(select(commit_note)).all()
        crawling.lend()
        crawling.commit(notes={"traps": "1"})
        with archive.catalogue.read() as connection:
            assert connection.execute(select(commit_note)).all() == before


def test_equal_payloads_are_revisits_of_the_first_whole_one(archive: Archive) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        crawling.answer(None, answer(b"same", length=99), url="/cut", cut=Cut.DISCONNECT)
        crawling.answer(None, answer(b"same"), url="/first")
        crawling.answer(None, answer(b"same"), url="/second")  # not yet committed
        crawling.commit()
        crawling.answer(None, answer(b"same", status="404 Not Found"), url="/third")
        coded = [("Content-Encoding", "br")]  # other bytes to a reader
        crawling.answer(None, answer(b"same", fields=coded), url="/coded")
        for place in ("/empty", "/empty-too"):
            crawling.answer(None, answer(b""), url=place)
        crawling.commit()
        crawling.earlier._young.clear()  # from the catalogue as from memory
        crawling.answer(None, answer(b"same"), url="/fourth")
        crawling.commit()
    kinds = {found.url.removeprefix(HOST): found.kind for found in all_captures(archive)}
    revisits = {place for place, kind in kinds.items() if kind is Kind.REVISIT}
    assert revisits == {"/second", "/third", "/fourth"}
    for found in all_captures(archive):
        if found.kind is Kind.REVISIT:
            memento = memento_of(archive, found)
            assert memento.holder.url == f"{HOST}/first"
            assert memento.content() == b"same"
            assert memento.record.get("WARC-Refers-To-Target-URI") == f"{HOST}/first"
            assert memento.record.get("WARC-Refers-To-Date") == "2026-05-09T10:16:22Z"
    assert sound(archive) == []


def test_what_is_withdrawn_is_no_original(archive: Archive) -> None:
    whole_crawl(archive)
    decision = Decision("it names a person", "the editor")
    withdraw(archive, scope_of(address=f"{HOST}/"), decision, lambda *_: [])
    with Writer(archive) as writer:
        crawling = seeded(writer, at=LATER)
        assert crawling.answer(None, PAGE, url="/") is Outcome.NEW  # as far as anybody may know
        assert crawling.answer(None, answer(b"one"), url="/a") is Outcome.UNCHANGED
        crawling.commit()
    later = {found.url: found.kind for found in all_captures(archive) if found.timestamp > "202606"}
    assert later[f"{HOST}/a"] is Kind.REVISIT


def test_a_second_crawl_tells_what_became_of_each_address(archive: Archive) -> None:
    with Writer(archive) as writer:
        first = seeded(writer)
        for place in ("/same", "/changed", "/gone", "/moved", "/error", "/cut", "/was-missing"):
            status = "404 Not Found" if place == "/was-missing" else "200 OK"
            first.answer(None, answer(place.encode(), status=status), url=place)
        first.commit(FINISHED)
        second = seeded(writer, at=LATER)
        outcomes = {
            place: second.answer(None, response, url=place, cut=cut)
            for place, response, cut in (
                ("/same", answer(b"/same"), None),
                ("/changed", answer(b"now"), None),
                ("/gone", answer(b"", status="410 Gone"), None),
                ("/moved", answer(b"", status="301 Moved", fields=[("Location", "/")]), None),
                ("/error", answer(b"", status="503 Busy"), None),
                ("/cut", answer(b"/cu", length=9), Cut.DISCONNECT),
                ("/was-missing", answer(b"here"), None),
                ("/new", answer(b"new"), None),
                ("/same", answer(b"other by now"), None),  # a crawl is not before itself
            )
        }
        second.commit(FINISHED)
        third = seeded(writer, at=LATER + timedelta(days=1))
        # Captures of a server in trouble say nothing of an address.
        assert third.answer(None, answer(b"/error"), url="/error") is Outcome.UNCHANGED
        third.commit(FINISHED)
    assert {place: outcome.name for place, outcome in outcomes.items()} == {
        "/same": "CHANGED",
        "/changed": "CHANGED",
        "/gone": "GONE",
        "/moved": "MOVED",
        "/error": "FAILED",
        "/cut": "FAILED",
        "/was-missing": "CHANGED",
        "/new": "NEW",
    }
    assert sound(archive) == []


def test_a_server_is_asked_with_what_the_last_capture_came_with(archive: Archive) -> None:
    tagged = [("ETag", 'W/"1"'), ("Last-Modified", "Mon, 09 May 2011 10:16:21 GMT")]
    with Writer(archive) as writer:
        first = seeded(writer)
        first.answer(None, answer(b"page", fields=tagged), url="/page")
        first.answer(None, answer(b"plain"), url="/plain")
        first.answer(None, answer(b"page", fields=tagged), url="/copy")
        odd = [("ETag", '"caf\xe9\x01"'), ("Last-Modified", "yesterday")]
        first.answer(None, answer(b"odd", fields=odd), url="/odd")
        first.answer(None, answer(b"cut", fields=tagged), url="/cut", cut=Cut.LENGTH)
        first.commit(FINISHED)
        second = seeded(writer, at=LATER)
        with archive.catalogue.read() as connection:
            found = {
                place: second.earlier.validators(connection, f"{HOST}{place}")
                for place in ("/page", "/plain", "/copy", "/odd", "/cut", "/never")
            }
        page = found["/page"]
        assert page
        assert page.fields == (("If-None-Match", 'W/"1"'), ("If-Modified-Since", tagged[1][1]))
        assert (page.earlier.url, page.earlier.timestamp) == (f"{HOST}/page", "20260509101621")
        assert found["/odd"]
        assert found["/odd"].fields == (("If-Modified-Since", "yesterday"),)
        assert [found[place] for place in ("/plain", "/copy", "/cut", "/never")] == [None] * 4
        unchanged = answer(b"", status="304 Not Modified", fields=[("ETag", '"2"')])
        outcome = second.answer(None, unchanged, url="/page", not_modified=page.earlier)
        assert outcome is Outcome.UNCHANGED
        second.commit(FINISHED)
        third = seeded(writer, at=LATER + timedelta(days=1))
        with archive.catalogue.read() as connection:
            again = third.earlier.validators(connection, f"{HOST}/page")
        assert again
        assert again.earlier == page.earlier  # never a revisit of a revisit
        assert again.fields == (("If-None-Match", '"2"'), ("If-Modified-Since", tagged[1][1]))
    [late] = [found for found in all_captures(archive) if found.timestamp > "202606"]
    assert (late.kind, late.status) == (Kind.REVISIT, 304)
    assert memento_of(archive, late).content() == b"page"
    assert sound(archive) == []


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ("Mon, 09 May 2011 10:16:22 GMT", True),
        ("Mon, 09 May 2011 10:16:21 GMT", False),
        ("Mon, 09 May 2011 10:16:20 GMT", False),
        ("Mon May  9 10:16:21 2011", False),  # the form of asctime, obsolete and to be read
        ("today", True),
    ],
)
def test_a_page_sent_within_the_second_of_its_change_is_had_whole_the_next_time(
    archive: Archive, sent: str, asked: bool
) -> None:
    changed = ("Last-Modified", "Mon, 09 May 2011 10:16:21 GMT")
    with Writer(archive) as writer:
        first = seeded(writer)
        first.answer(None, answer(b"page", fields=[("Date", sent), changed]), url="/page")
        first.commit(FINISHED)
        second = seeded(writer, at=LATER)
        with archive.catalogue.read() as connection:
            found = second.earlier.validators(connection, f"{HOST}/page")
    assert (found is not None) is asked
    assert found is None or found.fields == (("If-Modified-Since", changed[1]),)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_digests_are_those_the_settings_name(archive: Archive, digest: str) -> None:
    object.__setattr__(archive.settings, "payload_digest", digest)
    whole_crawl(archive)
    named = {found.digest.partition(":")[0] for found in all_captures(archive)}
    assert named == {digest, "sha1"}  # that of what was cut is not declared
    assert sound(archive) == []


def test_a_crawl_is_asked_to_stop_while_it_commits(archive: Archive) -> None:
    # In PostgreSQL two transactions that write one row clash.
    stopped = threading.Event()

    def ask() -> None:
        for _ in range(5):
            ask_to_stop(archive.catalogue, 1)
        stopped.set()

    with Writer(archive) as writer:
        crawling = seeded(writer)
        assert not crawling.store.is_stop_asked()
        thread = threading.Thread(target=ask)
        thread.start()
        number = 0
        while not stopped.is_set() or number < 20:
            number += 1
            crawling.answer(None, answer(b"%d" % number), url=f"/{number}")
            crawling.commit()
        thread.join()
        assert crawling.store.is_stop_asked()
        crawling.commit(STOPPED)
        with archive.catalogue.read() as connection:
            [row] = crawls(connection)
        assert (row.state, row.stop_asked, row.exchanges) == (STOPPED, True, number)
        again = seeded(writer)
        assert again.store.resumed
        assert not again.store.is_stop_asked()
    with pytest.raises(ArchiveError, match="there is no crawl 7"):
        ask_to_stop(archive.catalogue, 7)


def test_a_crawl_made_anew_from_the_files_is_the_same_and_goes_on(archive: Archive) -> None:
    whole_crawl(archive)
    with Writer(archive) as writer:
        crawling = seeded(writer, at=LATER)
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE, leads_to=["/a", "/b"])
        crawling.commit(notes={"traps": "1"})
        crawling.lend()
    before = rows(archive)
    archive.close()
    done = rebuild(archive.path)
    assert done.problems == ()
    with Archive.open(archive.path) as again:
        assert rows(again) == before
        assert sound(again) == []
        with Writer(again) as writer:
            going_on = Crawling(writer)
            assert (going_on.store.resumed, going_on.store.number) == (True, 2)
            assert [lease.url for lease in going_on.lend(9)] == [f"{HOST}/a", f"{HOST}/b"]


def test_with_its_catalogue_lost_a_crawl_begins_anew_and_its_captures_stay(
    sqlite_archive: Archive,
) -> None:
    archive = sqlite_archive
    with Writer(archive) as writer:
        crawling = seeded(writer)
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE, leads_to=["/a", "/b"])
        crawling.commit()
    archive.close()
    for place in archive.path.glob("catalogue.db*"):
        place.unlink()
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again:
        assert len(all_captures(again)) == 1
        with Writer(again) as writer:
            anew = seeded(writer, at=LATER)
            assert (anew.store.resumed, anew.store.snapshot_id) == (False, 2)
            [seed] = anew.lend()
            assert anew.answer(seed, PAGE) is Outcome.UNCHANGED
            anew.commit(FINISHED)
        assert sound(again) == []


@pytest.mark.parametrize("damage", ["half", "garbage", "other version"])
def test_of_a_catalogue_that_cannot_be_read_no_half_of_a_crawl_is_taken_over(
    sqlite_archive: Archive, damage: str
) -> None:
    archive = sqlite_archive
    with Writer(archive) as writer:
        crawling = seeded(writer)
        crawling.found += [Found(f"{HOST}/{number}", "L", 1) for number in range(3_000)]
        crawling.answer(None, PAGE, url="/")
        crawling.commit()
    if damage == "other version":
        with archive.catalogue.write() as connection:
            connection.exec_driver_sql("UPDATE schema_version SET version = 99")
    archive.close()
    place = archive.path / "catalogue.db"
    if damage == "half":
        place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    elif damage == "garbage":
        place.write_bytes(b"no database" * 1000)
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again:
        assert len(all_captures(again)) == 1
        with again.catalogue.read() as connection:
            assert crawls(connection) == []
            assert list(met(connection, 1)) == []


def test_a_crawl_of_the_version_before_goes_on_in_a_catalogue_made_anew(
    sqlite_archive: Archive,
) -> None:
    archive = sqlite_archive
    whole_crawl(archive)
    with archive.catalogue.write() as connection:
        connection.exec_driver_sql("ALTER TABLE crawl_url DROP COLUMN leads_to_id")
        connection.exec_driver_sql("UPDATE schema_version SET version = 4")
    archive.close()
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again, again.catalogue.read() as connection:
        assert [row.number for row in crawls(connection)] == [1]
        assert [one.leads_to for one in met(connection, 1)] == [""] * 4


def test_a_crawl_whose_snapshot_is_no_more_is_left_out_when_made_anew(archive: Archive) -> None:
    whole_crawl(archive)
    with archive.catalogue.write() as connection:
        row = {"id": 9, "snapshot_id": 9, "identity": "", "asked": "{}", "state": "running"}
        row |= {"begun": 0, "spent": 0, "exchanges": 0, "bytes": 0, "counts": "{}"}
        connection.execute(crawl.insert().values(**row))
    archive.close()
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again, again.catalogue.read() as connection:
        assert [row.number for row in crawls(connection)] == [1]
        assert len(list(met(connection, 1))) == 4


@pytest.mark.parametrize("address_too", [False, True])
def test_a_page_of_a_crawl_is_erased_with_all_that_was_recorded_with_it(
    archive: Archive, address_too: bool
) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        [seed] = crawling.lend()
        crawling.answer(seed, PAGE)
        crawling.commit()
        crawling.found += [Found(f"{HOST}/{place}", "L") for place in ("secret", "other")]
        crawling.commit()
        for lease in crawling.lend(2):
            crawling.answer(lease, answer(lease.url.encode()))
            crawling.commit()
    order = EraseOrder(scope_of(address=f"{HOST}/secret"), address_too=address_too)
    decision = Decision("it names a person", "the court")
    done = erase(archive, order, decision, forget=lambda *_: None)
    assert (done.captures, done.records) == (1, 3)  # request and metadata as well
    left = [found.url for found in all_captures(archive)]
    assert left == [f"{HOST}/", f"{HOST}/other"]
    assert ("/secret" in states(archive)) is not address_too
    if address_too:
        held = b"".join(
            place.read_bytes() for place in archive.path.rglob("*") if place.name.endswith(".json")
        )
        assert b"/secret" not in held
    assert sound(archive) == []
    before = rows(archive)
    archive.close()
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again:
        assert rows(again) == before
        with Writer(again) as writer:
            assert Crawling(writer).store.resumed


def test_numbers_of_a_snapshot_are_right_after_every_commit(archive: Archive) -> None:
    with Writer(archive) as writer:
        crawling = seeded(writer)
        for number in range(1, 4):
            crawling.answer(None, answer(b"%d" % number), url=f"/{number}")
            crawling.commit()
            with archive.catalogue.read() as connection:
                captures = connection.scalar(select(snapshot.c.captures))
                taken = connection.execute(select(intake.c.captures, intake.c.counts)).one()
                [row] = crawls(connection)
            assert captures == taken.captures == row.exchanges == number
            assert json.loads(taken.counts)["response"] == number
            assert row.counts == {"queued": 1, "leased": 0, "done": 0, "refused": 0, "failed": 0}
