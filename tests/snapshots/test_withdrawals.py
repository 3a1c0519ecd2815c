"""Withdrawals: what each kind of decision reaches, on both databases, and that it can be undone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from archiver.errors import (
    DamagedError,
    InputError,
    LockedError,
    NoCaptureError,
    UrlError,
    WithdrawnError,
)
from archiver.timestamps import Span, format_timestamp, parse_date, parse_timestamp
from snapshots import index, journal
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.mementos import memento_at
from snapshots.reach import copies_in_view, count_reached, explain
from snapshots.tables import withdrawal, withdrawal_reach, withdrawn_payload
from snapshots.withdrawals import (
    Decision,
    FoundIn,
    Scope,
    lift,
    note_found,
    register,
    restore,
    scope_of,
    withdraw,
)
from snapshots.writer import Writer
from tests.builders import digest, response, revisit, warc
from tests.snapshots.helpers import all_captures, all_rows

HOST = "http://www.homeoffice.example"
BODY = b"<p>Ring 020 7946 0310</p>"
RECORDS = [
    response(b"<p>2009</p>", url=f"{HOST}/crime/", date="2009-04-02T11:12:13Z"),
    response(BODY, url=f"{HOST}/crime/", date="2011-05-09T10:16:21Z"),
    revisit(BODY, url=f"{HOST}/crime/", date="2011-08-01T09:00:00Z"),
    response(b"<p>2013</p>", url=f"{HOST}/crime/", date="2013-03-26T12:29:52Z"),
    response(b"<p>q</p>", url=f"{HOST}/crime/?page=2", date="2011-05-09T10:16:22Z"),
    response(b"<p>below</p>", url=f"{HOST}/crime/staff/", date="2011-05-09T10:16:23Z"),
    response(b"<p>beside</p>", url=f"{HOST}/crimes/", date="2011-05-09T10:16:24Z"),
    response(BODY, url=f"{HOST}/copy/", date="2011-05-09T10:16:25Z"),
    response(b"<p>port</p>", url="http://homeoffice.example:8080/", date="2011-05-09T10:16:26Z"),
    response(b"<p>sub</p>", url="http://a.homeoffice.example/", date="2011-05-09T10:16:27Z"),
    response(b"<p>longer</p>", url="http://homeoffice.example.uk/", date="2011-05-09T10:16:28Z"),
    response(b"", url=f"{HOST}/moved/", status="301 Moved", date="2011-05-09T10:16:29Z"),
    response(b"", url=f"{HOST}/moved2/", status="301 Moved", date="2011-05-09T10:16:30Z"),
]
PANEL = Decision("Private details", "Takedown panel")


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive of pages that differ just enough to be told apart by a decision."""
    (tmp_path / "crawl.warc.gz").write_bytes(warc(*RECORDS))
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "crawl.warc.gz")
    return archive


def never(connection: Connection, value: str) -> Iterable[FoundIn]:
    raise AssertionError("nothing is to be looked for")


def hidden(archive: Archive, before: set[str]) -> set[str]:
    return before - shown(archive)


def shown(archive: Archive) -> set[str]:
    """The captures in view: the path, and the year and month."""
    return {f"{one.url.removeprefix(HOST)} {one.timestamp[:6]}" for one in all_captures(archive)}


def span(first: str, last: str) -> Span:
    return Span(parse_date(first).first, parse_date(last).last)


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        (
            {"address": f"{HOST}/crime/"},  # without its query, and what lies below it
            {"/crime/ 200904", "/crime/ 201105", "/crime/ 201108", "/crime/ 201303"},
        ),
        ({"address": "HTTPS://homeoffice.example/Crime?page=2"}, {"/crime/?page=2 201105"}),
        (
            {"address": f"{HOST}/crime/*", "span": span("2011", "2011")},
            {"/crime/ 201105", "/crime/ 201108", "/crime/staff/ 201105"},
        ),
        (
            {"address": f"{HOST}/crime*", "span": span("2011-05", "2011-05")},
            {"/crime/ 201105", "/crime/?page=2 201105", "/crime/staff/ 201105", "/crimes/ 201105"},
        ),
        ({"address": f"{HOST}/crime/", "at": parse_date("20110801090000")}, {"/crime/ 201108"}),
        ({"address": "*", "span": span("2013", "2014")}, {"/crime/ 201303"}),
        (
            {"host": "homeoffice.example", "span": span("2009", "2010")},
            {"/crime/ 200904"},
        ),
        ({"host": "a.homeoffice.example"}, {"http://a.homeoffice.example/ 201105"}),
        ({"host": "homeoffice.example.uk"}, {"http://homeoffice.example.uk/ 201105"}),
    ],
    ids=["page", "query", "below", "prefix", "capture", "dates", "host", "subdomain", "longer"],
)
def test_a_decision_reaches_what_it_names_and_nothing_beside_it(
    given: dict[str, object], gone: set[str], held: Archive
) -> None:
    before = shown(held)
    made = withdraw(held, scope_of(**given), PANEL, never)  # type: ignore[arg-type]
    assert hidden(held, before) == gone
    with held.catalogue.read() as connection:
        assert count_reached(connection, made.number)[0] == len(gone)
    lift(held, made.number, PANEL)
    assert shown(held) == before


def test_a_host_is_withdrawn_on_every_port_but_not_its_subdomains(held: Archive) -> None:
    withdraw(held, scope_of(host="www.homeoffice.example"), PANEL, never)
    with held.catalogue.read() as connection:
        assert list(index.sites(connection)) == ["a.homeoffice.example", "homeoffice.example.uk"]
        with pytest.raises(WithdrawnError):
            memento_at(held, "http://homeoffice.example:8080/", parse_timestamp("2011"))


def test_the_closest_capture_in_view_is_given_and_the_one_withdrawn_is_said_to_be(
    held: Archive,
) -> None:
    at = parse_date("20110509101621")
    withdraw(held, scope_of(address=f"{HOST}/crime/", at=at), PANEL, never)
    near = memento_at(held, f"{HOST}/crime/", parse_timestamp("201105")).capture
    assert near.timestamp == "20110801090000"
    with pytest.raises(WithdrawnError) as refused:
        memento_at(held, f"{HOST}/crime/", at.first)
    assert str(refused.value).endswith("by Takedown panel: Private details")
    with held.catalogue.read() as connection:
        assert index.neighbours(connection, near) == ("20090402111213", "20130326122952")
        others = [one.timestamp[:4] for one in index.versions(connection, f"{HOST}/crime/")]
    assert others == ["2009", "2011", "2013"]


def test_a_page_never_captured_is_not_said_to_be_withdrawn(held: Archive) -> None:
    withdraw(held, scope_of(address=f"{HOST}/*"), PANEL, never)
    with pytest.raises(NoCaptureError):
        memento_at(held, f"{HOST}/never/", parse_timestamp("2011"))


def test_a_revisit_in_view_shows_what_it_says_though_the_record_it_means_is_not(
    held: Archive,
) -> None:
    # A decision covers what it names; the copies are named to whoever decides.
    at = parse_date("20110509101621")
    made = withdraw(held, scope_of(address=f"{HOST}/crime/", at=at), PANEL, never)
    august = memento_at(held, f"{HOST}/crime/", parse_timestamp("20110801090000"))
    assert august.content() == BODY
    with held.catalogue.read() as connection:
        copies = copies_in_view(connection, made.number)
    assert copies.number == 2
    assert {one.url for one in copies.shown} == {f"{HOST}/crime/", f"{HOST}/copy/"}


def test_an_empty_body_is_no_copy(held: Archive) -> None:
    made = withdraw(held, scope_of(address=f"{HOST}/moved/"), PANEL, never)
    with held.catalogue.read() as connection:
        assert copies_in_view(connection, made.number).number == 0


def test_a_value_takes_every_capture_of_the_payload_along(held: Archive, tmp_path: Path) -> None:
    before = shown(held)

    def find(connection: Connection, value: str) -> Iterable[FoundIn]:
        assert value == "020 7946 0310"
        return [FoundIn(digest(BODY), f"{HOST}/crime/", "20110509101621")]

    made = withdraw(held, scope_of(value=" 020 7946\t0310 "), PANEL, find)
    gone = {"/crime/ 201105", "/crime/ 201108", "/copy/ 201105"}
    assert hidden(held, before) == gone
    # The same bytes taken in later, before anything has read them.
    (tmp_path / "later.warc.gz").write_bytes(warc(response(BODY, url=f"{HOST}/later/")))
    with Writer(held) as writer:
        take_in(writer, tmp_path / "later.warc.gz")
    assert hidden(held, before) == gone
    assert not any("later" in one for one in shown(held))
    lift(held, made.number, PANEL)
    assert shown(held) == before | {"/later/ 201105"}


def test_a_value_in_a_payload_without_a_digest_is_withdrawn_where_it_stands(held: Archive) -> None:
    before = shown(held)
    found = FoundIn("", f"{HOST}/crime/staff/", "20110509101623")
    withdraw(held, scope_of(value="A. N. Other"), PANEL, lambda connection, value: [found])
    assert hidden(held, before) == {"/crime/staff/ 201105"}


def test_what_is_found_later_goes_out_of_view_and_into_the_journal(held: Archive) -> None:
    made = withdraw(held, scope_of(value="A. N. Other"), PANEL, lambda connection, value: [])
    before = shown(held)
    late = FoundIn(digest(b"<p>below</p>"), f"{HOST}/crime/staff/", "20110509101623")
    with held.lock(), held.catalogue.write() as connection:
        note_found(held, connection, [(made.number, late)])
    assert hidden(held, before) == {"/crime/staff/ 201105"}
    rows = all_rows(held)
    with held.catalogue.write() as connection:
        for table in (withdrawn_payload, withdrawal_reach, withdrawal):
            connection.execute(table.delete())
        restore(connection, journal.entries(held.path / journal.JOURNAL))
    assert all_rows(held) == rows


def test_the_rows_made_anew_from_the_journal_are_the_same(held: Archive) -> None:
    for address in (f"{HOST}/crime/", f"{HOST}/crime/*", "http://a.homeoffice.example/"):
        withdraw(held, scope_of(address=address), PANEL, never)
    lift(held, 2, PANEL)
    rows = all_rows(held)
    with held.catalogue.write() as connection:
        for table in (withdrawn_payload, withdrawal_reach, withdrawal):
            connection.execute(table.delete())
        restore(connection, journal.entries(held.path / journal.JOURNAL))
    assert all_rows(held) == rows
    with held.catalogue.read() as connection:
        assert [one.state() for one in register(connection)] == ["in force", "lifted", "in force"]


def day(distance: int) -> str:
    return format_timestamp(datetime.now(UTC) + timedelta(days=distance))


@pytest.mark.parametrize(
    ("start", "end", "state", "reached"),
    [
        (None, None, "in force", True),
        (-2, 2, "in force", True),
        (1, None, "not yet in force", False),
        (-3, -1, "ended", False),
    ],
)
def test_a_withdrawal_begins_and_ends_on_its_days_by_itself(
    start: int | None, end: int | None, state: str, reached: bool, held: Archive
) -> None:
    before = shown(held)
    ends = (None if distance is None else day(distance) for distance in (start, end))
    decision = Decision("Court order", "High Court", *ends)
    made = withdraw(held, scope_of(address=f"{HOST}/copy/"), decision, never)
    assert made.state() == state
    assert hidden(held, before) == ({"/copy/ 201105"} if reached else set())
    with held.catalogue.read() as connection:
        assert count_reached(connection, made.number) == (1, 1)
        assert [one.state() for one in register(connection)] == [state]


def test_two_decisions_on_one_page_are_lifted_one_by_one(held: Archive) -> None:
    before = shown(held)
    one = withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    other = withdraw(held, scope_of(address=f"{HOST}/*"), PANEL, never)
    lift(held, other.number, PANEL)
    assert hidden(held, before) == {"/copy/ 201105"}
    lift(held, one.number, PANEL)
    assert shown(held) == before


def test_a_listing_can_say_how_much_it_leaves_out(held: Archive) -> None:
    with held.catalogue.read() as connection:
        assert explain(connection, None) == (0, None)
    withdraw(held, scope_of(address=f"{HOST}/crime/*"), PANEL, never)
    withdraw(held, scope_of(address=f"{HOST}/crime/staff/"), PANEL, never)  # reached twice
    with held.catalogue.read() as connection:
        for wanted, number in (
            (None, 5),
            (f"{HOST}/crime*", 5),
            (f"{HOST}/crime/", 4),
            (f"{HOST}/crime/staff/", 1),
            (f"{HOST}/copy/", 0),
        ):
            found, why = explain(connection, wanted)
            assert found == number, wanted
            assert (why is None) == (number == 0)
        assert explain(connection, f"{HOST}/crime/", span("2013", "2013"))[0] == 1


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"address": f"{HOST}/", "host": "a.example"},
        {"address": "*"},
        {"address": f"{HOST}/*", "at": parse_date("20110509101621")},
        {"address": f"{HOST}/", "at": parse_date("2011")},
        {"value": "020 7946 0310", "span": span("2011", "2011")},
        {"host": "www.homeoffice.example/crime/"},
    ],
)
def test_a_scope_that_does_not_fit_together_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InputError):
        scope_of(**given)  # type: ignore[arg-type]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UrlError):
        scope_of(address="mailto:a@b.example")


@pytest.mark.parametrize(
    ("scope", "decision"),
    [
        (Scope("page", f"{HOST}/copy/"), Decision("", "Panel")),
        (Scope("page", f"{HOST}/copy/"), Decision("Private", "  ")),
        (Scope("page", f"{HOST}/copy/"), Decision("Private", "Panel", "20300102", "20300101")),
        (Scope("value", "020 7946 0310"), Decision("It is 02079460310", "Panel")),
    ],
    ids=["no reason", "no authority", "ends before it begins", "says what it hides"],
)
def test_a_decision_that_cannot_stand_changes_nothing(
    scope: Scope, decision: Decision, held: Archive
) -> None:
    rows = all_rows(held)
    with pytest.raises(InputError):
        withdraw(held, scope, decision, never)
    assert all_rows(held) == rows
    assert not (held.path / journal.JOURNAL).exists()


def test_what_was_never_withdrawn_or_is_lifted_cannot_be_lifted(held: Archive) -> None:
    withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    lift(held, 1, PANEL)
    for number in (1, 2):
        with pytest.raises(InputError):
            lift(held, number, PANEL)
    assert withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never).number == 2


def test_decisions_wait_for_the_one_writer(held: Archive) -> None:
    with held.lock(), pytest.raises(LockedError):
        withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    assert not (held.path / journal.JOURNAL).exists()


def test_a_journal_that_lost_decisions_brings_nothing_back_into_view(held: Archive) -> None:
    before = shown(held)
    withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    (held.path / journal.JOURNAL).unlink()
    with pytest.raises(DamagedError):
        withdraw(held, scope_of(address=f"{HOST}/crimes/"), PANEL, never)
    assert hidden(held, before) == {"/copy/ 201105"}


def test_a_decision_that_reached_only_the_journal_comes_into_force_with_the_next(
    held: Archive,
) -> None:
    # As when the machine stops between the journal and the catalogue.
    before = shown(held)
    withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    with held.catalogue.write() as connection:
        restore(connection, [])
    assert shown(held) == before
    withdraw(held, scope_of(address=f"{HOST}/crimes/"), PANEL, never)
    assert hidden(held, before) == {"/copy/ 201105", "/crimes/ 201105"}


def test_a_decision_that_reached_only_the_journal_comes_into_force_with_the_next_writer(
    held: Archive,
) -> None:
    before, sound = shown(held), all_rows(held)
    copy = withdraw(held, scope_of(address=f"{HOST}/copy/"), PANEL, never)
    withdraw(held, scope_of(address=f"{HOST}/crimes/"), PANEL, never)
    lift(held, copy.number, PANEL)
    decided = all_rows(held)
    for entries in (0, 1, 2):  # the catalogue knows of none, of the first, of all but the lifting
        with held.catalogue.write() as connection:
            restore(connection, list(journal.entries(held.path / journal.JOURNAL))[:entries])
        with Writer(held) as writer:
            assert [found.file for found in writer.recovered] == [journal.JOURNAL]
        assert hidden(held, before) == {"/crimes/ 201105"}
        with Writer(held) as writer:
            assert writer.recovered == []
    made = all_rows(held)
    for table in ("withdrawal", "withdrawal_reach", "withdrawn_payload"):
        assert made[table] == decided[table]
    assert made["capture"] == sound["capture"]


def test_a_writer_brings_nothing_into_view_when_the_journal_lost_a_line(held: Archive) -> None:
    before = shown(held)
    found = FoundIn(digest(BODY), f"{HOST}/crime/", "20110509101621")
    withdraw(held, scope_of(value="020 7946 0310"), PANEL, lambda *_: [])
    with held.lock(), held.catalogue.write() as connection:
        note_found(held, connection, [(1, found)])
    withdraw(held, scope_of(address=f"{HOST}/crimes/"), PANEL, never)
    gone = hidden(held, before)
    assert len(gone) == 4
    place = held.path / journal.JOURNAL
    value, _, page = place.read_bytes().splitlines(keepends=True)
    for lines in ((), (page,), (value, page)):
        place.write_bytes(b"".join(lines))
        with Writer(held) as writer:
            assert writer.recovered == []
        assert hidden(held, before) == gone
