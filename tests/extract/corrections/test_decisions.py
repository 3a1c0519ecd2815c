"""Decisions on values: they hold where the value is read as it was, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from archiver.errors import DamagedError, InputError
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from extract.corrections.decisions import MERGE, REJECT, SPLIT, Target
from extract.corrections.holding import LOW, STALE
from extract.corrections.register import joined, parted, register, relate
from extract.corrections.reviewing import (
    ACCEPT,
    Verdict,
    add_value,
    assign,
    corrections_in_view,
    decide_items,
    item_of,
    right_value,
    values_of,
)
from extract.corrections.view import decided
from extract.facts.observations import Observation
from extract.notices import notices_for
from extract.store import extract_archive, title_of
from extract.tables import correction, observation, review_item
from extract.withdrawn import captures_with
from snapshots import journal
from snapshots.archive import Archive
from snapshots.mementos import memento_at
from snapshots.withdrawals import Decision, lift, scope_of, withdraw
from tests.extract.corrections.reviewed import (
    DESK,
    HOST,
    OTHER,
    PAGE,
    PHONE,
    THIRD,
    body,
    ingest,
    listed,
    page_of,
    phones,
    read_otherwise,
    say,
    value,
)
from tests.snapshots.helpers import all_rows

EARLY, LATE = "2009-04-02T11:12:13Z", "2013-03-26T12:29:52Z"
PANEL = Decision("Private details", "Takedown panel")


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive of a page with a telephone number, captured twice and read."""
    ingest(archive, tmp_path, ("/contacts", body(), EARLY))
    return archive


def states(archive: Archive) -> list[str]:
    with archive.catalogue.read() as connection:
        return [one.state for one in register(connection)]


def test_a_corrected_value_is_shown_with_who_when_why_and_what_was_read(held: Archive) -> None:
    say(held, value(held), new="020 7946 0442")
    page = page_of(held)
    assert [contact.phone for contact in page.facts.contacts] == [(OTHER,)]
    [made] = page.corrections
    assert made.original is not None
    assert (made.original.value, made.original.raw) == (PHONE, "020 7946 0441")
    assert made.shown is not None
    assert (made.shown.value, made.shown.raw) == (OTHER, "020 7946 0441")
    assert (made.shown.rule, made.shown.confidence) == ("correction:1", 1.0)
    said = str(made)
    assert said.startswith(f"phone: {OTHER}, read as {PHONE}, was corrected by A. Editor on 2")
    assert said.endswith(": checked by telephone")


def test_what_was_read_is_never_changed(held: Archive) -> None:
    before = all_rows(held)[observation.name]
    say(held, value(held), new=OTHER)
    say(held, value(held), REJECT)
    assert all_rows(held)[observation.name] == before


def test_a_rejected_value_is_left_out_and_a_confirmed_one_is_certain(held: Archive) -> None:
    say(held, value(held), REJECT)
    assert phones(held) == []
    say(held, value(held, "press@northshire.example"), ACCEPT)
    [mail] = [one for one in page_of(held).observations if one.field == "email"]
    assert mail.confidence == 1.0
    assert len(page_of(held).corrections) == 2


def test_a_record_that_loses_what_makes_it_one_goes_whole(held: Archive) -> None:
    assert [count.number for count in page_of(held).facts.counts] == [43]
    say(held, value(held, "43"), REJECT)
    assert page_of(held).facts.counts == ()


def test_a_decision_outlives_a_new_version_of_the_extractor_and_renumbered_records(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(held, value(held), new=OTHER)
    shown = phones(held)

    def renumbered(one: Observation) -> Observation:
        return one._replace(record=one.record + 7) if one.kind == "contact" else one

    read_otherwise(monkeypatch, renumbered)
    assert extract_archive(held, jobs=1).read == 1
    assert phones(held) == shown == [OTHER]
    assert states(held) == ["active"]


def test_a_decision_finds_its_value_in_a_later_capture_with_more_before_it(
    held: Archive, tmp_path: Path
) -> None:
    say(held, value(held), new=OTHER)
    ingest(held, tmp_path, ("/contacts", body(before=DESK), LATE))
    assert phones(held) == ["+442079460999", OTHER]
    assert states(held) == ["active"]


def test_a_value_that_reads_otherwise_now_makes_its_decision_stale_and_is_not_corrected(
    held: Archive, tmp_path: Path
) -> None:
    say(held, value(held), new=OTHER)
    ingest(held, tmp_path, ("/contacts", body(THIRD), LATE))
    assert states(held) == ["stale"]
    assert phones(held) == [THIRD]
    assert phones(held, "20100101") == [OTHER]  # where it was decided it holds
    [item] = listed(held, reason=STALE)
    assert (item.target.value, item.correction, item.state) == (PHONE, 1, "open")
    assert item.told == f"read there now: {THIRD}"
    assert item.capture.timestamp == "20130326122952"


def test_a_value_read_otherwise_by_a_new_version_makes_its_decision_stale(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(held, value(held), new=OTHER)

    def other(one: Observation) -> Observation | None:
        return None if one.field == "phone" else one

    read_otherwise(monkeypatch, other)
    extract_archive(held, jobs=1)
    assert states(held) == ["stale"]
    [item] = listed(held, reason=STALE)
    assert item.told == "no such value is read there now"
    monkeypatch.undo()
    extract_archive(held, jobs=1)  # as it was before
    assert states(held) == ["active"]
    assert listed(held, reason=STALE) == []


@pytest.mark.parametrize(
    ("action", "new", "after", "before", "left"),
    [
        (ACCEPT, "", [THIRD], [OTHER], ["superseded", "active"]),
        (REJECT, "", [THIRD], [PHONE], ["superseded", "active"]),
        ("correct", PHONE, [PHONE], [OTHER], ["superseded", "active", "active"]),
    ],
)
def test_a_stale_decision_is_settled_by_a_person(
    action: str,
    new: str,
    after: list[str],
    before: list[str],
    left: list[str],
    held: Archive,
    tmp_path: Path,
) -> None:
    say(held, value(held), new=OTHER)
    ingest(held, tmp_path, ("/contacts", body(THIRD), LATE))
    say(held, listed(held, reason=STALE)[0], action, new)
    assert phones(held) == after
    assert phones(held, "20100101") == before
    assert states(held) == left
    assert listed(held, reason=STALE) == []


def test_of_two_decisions_on_one_value_the_later_holds(held: Archive) -> None:
    say(held, value(held), new=OTHER)
    say(held, value(held), new=THIRD)
    assert phones(held) == [THIRD]
    assert states(held) == ["superseded", "active"]
    with held.catalogue.read() as connection:
        assert register(connection)[0].superseded_by == 2


def test_a_decision_holds_for_the_captures_of_its_dates(held: Archive, tmp_path: Path) -> None:
    ingest(held, tmp_path, ("/contacts", body() + b"<!-- -->", LATE))
    say(held, value(held), new=OTHER, first="20120101000000")
    assert phones(held, "20100101") == [PHONE]
    assert phones(held) == [OTHER]
    say(held, value(held), new=THIRD, first="20130101000000", last="20131231235959")
    assert phones(held) == [THIRD]
    assert states(held) == ["active", "active"]  # the later covers some of the captures only


def test_a_decision_for_the_whole_site_holds_on_its_other_pages(
    held: Archive, tmp_path: Path
) -> None:
    ingest(held, tmp_path, ("/about", body(), EARLY))
    say(held, value(held), new=OTHER, everywhere=True)
    assert phones(held, page=f"{HOST}/about") == phones(held) == [OTHER]


def test_what_is_read_with_little_confidence_is_to_be_reviewed_until_it_is_decided(
    held: Archive,
) -> None:
    [item] = [one for one in listed(held, reason=LOW) if one.target.kind == "count"]
    assert (item.target.value, item.state, item.confidence) == ("43", "open", 0.6)
    with held.catalogue.read() as connection:
        assert item_of(connection, item.id[:6]) == item
    say(held, item, ACCEPT)
    assert item.id not in [one.id for one in listed(held, state="open")]
    assert item.id in [one.id for one in listed(held, state="decided")]


def test_items_are_handed_to_people_and_stay_theirs(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = listed(held)[0]
    assign(held, [item.id], "Press team", "A. Editor")
    assert listed(held)[0].assigned == "Press team"
    read_otherwise(monkeypatch, lambda one: one)
    extract_archive(held, jobs=1)
    assert listed(held)[0].assigned == "Press team"
    assign(held, [item.id], "", "A. Editor")
    assert listed(held)[0].assigned == ""


def test_the_tables_are_the_same_whatever_way_they_were_made(held: Archive, tmp_path: Path) -> None:
    say(held, value(held), new=OTHER)
    say(held, listed(held)[0], ACCEPT)
    ingest(held, tmp_path, ("/contacts", body(THIRD), LATE))
    relate(held, MERGE, "a", "b", reason="one body", author="A. Editor")
    made = all_rows(held)
    with held.catalogue.write() as connection:  # as if they had been lost
        connection.execute(correction.delete())
        connection.execute(review_item.delete())
    extract_archive(held, jobs=1)
    after = all_rows(held)
    assert after[correction.name] == made[correction.name]
    assert len(made[correction.name]) == 3


def test_what_the_journal_decides_is_put_in_force_after_an_interruption(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = journal.append

    def killed(*given: object) -> None:
        append(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    item = value(held)
    monkeypatch.setattr(journal, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        say(held, item, new=OTHER)
    monkeypatch.undo()
    assert phones(held) == [PHONE]
    extract_archive(held, jobs=1)
    assert phones(held) == [OTHER]


def test_a_journal_that_lost_a_decision_is_not_written_on(held: Archive) -> None:
    say(held, value(held), new=OTHER)
    (held.path / journal.JOURNAL).unlink()
    with pytest.raises(DamagedError, match="lost correction 1"):
        say(held, value(held, "press@northshire.example"), ACCEPT)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reason": " "}, "give a reason"),
        ({"author": ""}, "who decides"),
        ({"reason": "x" * 2001}, "2000 characters"),
        ({"new": "none"}, "no telephone number"),
        ({"new": "0207 946 0441"}, "is the one that is read"),
        ({"new": ""}, "give the value"),
        ({"first": "20130101000000", "last": "20120101000000"}, "no capture"),
        ({"action": ACCEPT, "new": "x"}, "goes with correcting"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_nothing_is_written(
    given: dict[str, str], said: str, held: Archive
) -> None:
    verdict = replace(Verdict("correct", "why", "A. Editor", OTHER), **given)  # type: ignore[arg-type]
    good = Verdict(ACCEPT, "why", "A. Editor")
    mail = value(held, "press@northshire.example")
    with pytest.raises(InputError, match=said):
        decide_items(held, [(mail, good), (value(held), verdict)])
    assert states(held) == []
    assert not (held.path / journal.JOURNAL).exists()


def test_a_decision_on_what_reads_otherwise_by_now_is_refused(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = value(held)
    read_otherwise(monkeypatch, lambda one: None if one.field == "phone" else one)
    extract_archive(held, jobs=1)
    with pytest.raises(InputError, match="reads otherwise since"):
        say(held, item, new=OTHER)


@pytest.mark.parametrize("rule", [{"address": PAGE}, {"value": "020 7946 0441"}])
def test_what_is_withdrawn_is_neither_listed_nor_told(rule: dict[str, str], held: Archive) -> None:
    say(held, value(held), new=OTHER)
    before = listed(held)
    made = withdraw(held, scope_of(**rule), PANEL, captures_with)  # type: ignore[arg-type]
    assert listed(held) == []
    with held.catalogue.read() as connection:
        assert [told for _, told in corrections_in_view(connection)] == [False]
        with pytest.raises(InputError):
            item_of(connection, before[0].id)
    lift(held, made.number, PANEL)
    assert listed(held) == before


def test_a_withdrawn_value_is_not_shown_as_a_correction(held: Archive) -> None:
    say(held, value(held), new=OTHER)
    withdraw(held, scope_of(value="020 7946 0442"), PANEL, captures_with)
    page = page_of(held)
    assert OTHER not in repr(page)
    assert phones(held) == []  # what was read is known to be wrong
    with held.catalogue.read() as connection:
        assert [told for _, told in corrections_in_view(connection)] == [False]


def add(archive: Archive, new: str, field: str = "fax", record: str = "Press office") -> None:
    verdict = Verdict(ACCEPT, "on the picture", "A. Editor", new)
    at = parse_timestamp("20140101")
    add_value(archive, PAGE, at, Target("", "contact", record, field, ""), verdict)


def test_a_value_that_was_not_read_is_added_and_told(held: Archive) -> None:
    add(held, "020 7946 0442")
    page = page_of(held)
    assert [contact.fax for contact in page.facts.contacts] == [(OTHER,)]
    [made] = page.corrections
    assert made.original is None
    assert str(made).startswith(f"fax: {OTHER} was added by A. Editor on 2")
    assert states(held) == ["active"]


@pytest.mark.parametrize(
    ("new", "field", "record", "said"),
    [
        (OTHER, "phone", "Data desk", "no contact called"),
        (PHONE, "phone", "press OFFICE", "that phone already"),
        ("none", "phone", "Press office", "no telephone number"),
    ],
)
def test_what_cannot_be_added_is_said(
    new: str, field: str, record: str, said: str, held: Archive
) -> None:
    with pytest.raises(InputError, match=said):
        add(held, new, field, record)


def test_an_added_value_is_stale_once_it_is_read(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(held, OTHER)

    def found(one: Observation) -> Observation:
        return one._replace(field="fax", value=OTHER) if one.field == "phone" else one

    read_otherwise(monkeypatch, found)
    extract_archive(held, jobs=1)
    assert states(held) == ["stale"]
    assert [contact.fax for contact in page_of(held).facts.contacts] == [(OTHER,)]  # once


def test_a_contact_of_which_nothing_is_left_goes_whole(held: Archive) -> None:
    with held.catalogue.read() as connection:
        found = values_of(connection, PAGE, parse_timestamp("20140101"))
    for item in found:
        if item.target.kind == "contact" and item.target.field != "region":
            say(held, item, REJECT)
    assert page_of(held).facts.contacts == ()


def test_a_title_is_shown_as_corrected_where_pages_are_listed(held: Archive) -> None:
    say(held, value(held, "Contacts"), new="Who to ask")
    with held.catalogue.read() as connection:
        assert title_of(connection, page_of(held).capture) == "Who to ask"


def test_what_a_notice_tells_of_a_later_page_is_as_corrected(held: Archive, tmp_path: Path) -> None:
    ingest(held, tmp_path, ("/contacts", body(OTHER), LATE))
    before = memento_at(held, PAGE, parse_timestamp("2009"))
    say(held, value(held, OTHER), new=THIRD)
    [notice] = notices_for(held, before)
    assert (notice.here, notice.newest) == ("020 7946 0441", THIRD)


def test_what_a_capture_is_shown_with_is_told_in_numbers(held: Archive) -> None:
    place, at = url_key(PAGE), "20090402111213"
    say(held, value(held), new=OTHER)
    with held.catalogue.read() as connection:
        edits = decided(connection)
    assert edits.on(place, at) == (1,)
    assert edits.on(url_key(HOST), at) == ()
    withdraw(held, scope_of(value="020 7946 0442"), PANEL, captures_with)
    with held.catalogue.read() as connection:
        assert decided(connection).on(place, at) == (-1,)


def test_entities_are_joined_and_parted(held: Archive) -> None:
    relate(held, MERGE, "northshire csp", "north shire csp", reason="one", author="A")
    with held.catalogue.read() as connection:
        assert joined(connection) == [("northshire csp", "north shire csp")]
        assert parted(connection) == []
    relate(held, SPLIT, "north shire csp", "northshire csp", reason="two", author="A")
    with held.catalogue.read() as connection:
        assert joined(connection) == []
        assert parted(connection) == [("north shire csp", "northshire csp")]
    with pytest.raises(InputError, match="two different"):
        relate(held, MERGE, "a", " a ", reason="one", author="A")


@pytest.mark.parametrize(
    ("kind", "field", "typed", "kept"),
    [
        ("contact", "phone", "020 7946 0310", "+442079460310"),
        ("contact", "phone", "+33123456789", "+33123456789"),
        ("contact", "postcode", "sw1p4df", "SW1P 4DF"),
        ("contact", "email", "Press@Northshire.example", "press@northshire.example"),
        ("contact", "unit", "  Press   office ", "Press office"),
        ("count", "number", "310", "310"),
        ("date", "date", "2011-05", "2011-05"),
    ],
)
def test_a_value_is_kept_in_the_form_of_its_field(
    kind: str, field: str, typed: str, kept: str
) -> None:
    assert right_value(Target("", kind, "", field, ""), typed) == kept
