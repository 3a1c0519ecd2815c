"""Entities of an archive: put together from captures, asked as of dates, made anew alike."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.timestamps import parse_timestamp
from extract.asof import readings_with
from extract.corrections.decisions import CORRECT, MERGE
from extract.corrections.register import relate
from extract.corrections.reviewing import Verdict, decide_items, values_of
from extract.entities.building import build_entities, entities_made
from extract.entities.claims import claims_as_of
from extract.entities.decided import refresh_entities
from extract.entities.histories import History, find_keys, history_of
from extract.entities.mentions import KINDS
from extract.entities.standing import contacts_as_of, partnerships_as_of
from extract.erased import forget_readings
from extract.evidence import evident_value
from extract.store import extract_archive
from extract.tables import ENTITY_TABLES, entity
from extract.withdrawn import captures_with
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.rebuild import rebuild
from snapshots.withdrawals import Decision, scope_of, withdraw
from snapshots.writer import Writer
from tests.builders import response, warc

HOST = "http://www.northshire.example"
LIST = f"{HOST}/directory/"
Page = tuple[str, str, bytes]  # address, date, HTML


def listing(*entries: str) -> bytes:
    return (
        "<title>Directory</title><h1>Directory</h1><h2>North East</h2>" + "".join(entries)
    ).encode()


def entry(name: str, phone: str = "0191 498 0133", role: str = "Partnership Co-ordinator") -> str:
    return f"<h3>{name}</h3><p>{role}<br>Tel: {phone}</p>"


def press(phone: str) -> bytes:
    return f"<h1>Contact us</h1><h2>Press office</h2><p>Press office<br>Tel: {phone}</p>".encode()


def take(archive: Archive, folder: Path, pages: Sequence[Page], name: str = "in") -> None:
    source = folder / f"{name}.warc.gz"
    records = []
    for address, date, body in pages:
        status = "200 OK"
        if body in (b"404", b"301"):
            status = {b"404": "404 Not Found", b"301": "301 Moved Permanently"}[body]
        records.append(response(body, url=address, date=f"{date}T10:16:21Z", status=status))
    source.write_bytes(warc(*records))
    with Writer(archive) as writer:
        take_in(writer, source)
    extract_archive(archive)


def told(archive: Archive, text: str) -> History:
    with archive.catalogue.read() as connection:
        [(kind, key)] = find_keys(connection, text)
        found = history_of(connection, kind, key)
    assert found is not None
    return found


def phones(history: History) -> list[tuple[str, str, str, str]]:
    """Of each run: first seen, last seen, not seen by, and the numbers."""
    return [
        (
            state.run.first[:8],
            state.run.last[:8],
            state.run.not_seen_by.timestamp[:8] if state.run.not_seen_by else "",
            ", ".join(one.raw for one in state.details if one.field == "phone"),
        )
        for state in history.states
    ]


def rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    with archive.catalogue.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in ENTITY_TABLES
        }


NAME = "Sunderland Community Safety Partnership"
YEARS = [
    (
        LIST,
        "2009-04-02",
        listing(entry("Sunderland CDRP"), entry("Gateshead CDRP", "0191 498 0121")),
    ),
    (LIST, "2011-05-09", listing(entry(NAME, "0191 498 0177"))),
    (LIST, "2013-03-26", listing(entry(NAME, "0191 498 0177"))),
]


def test_a_partnership_keeps_its_history_through_its_names(
    archive: Archive, tmp_path: Path
) -> None:
    take(archive, tmp_path, YEARS)
    found = told(archive, "Sunderland CSP")
    assert [(name.name, name.kind) for name in found.names] == [
        ("Sunderland CDRP", "CDRP"),
        ("Sunderland Community Safety Partnership", "CSP"),
    ]
    assert (found.key, found.code) == ("sunderland", "E22000248")
    [contact] = found.contacts
    assert phones(contact) == [
        ("20090402", "20090402", "20110509", "0191 498 0133"),
        ("20110509", "20130326", "", "0191 498 0177"),
    ]


def test_lists_as_of_a_date_hold_who_stood_then(archive: Archive, tmp_path: Path) -> None:
    take(archive, tmp_path, YEARS)
    with archive.catalogue.read() as connection:
        listed = {
            year: [one.key for one in partnerships_as_of(connection, parse_timestamp(year))]
            for year in ("2008", "2010", "2012")
        }
        assert listed == {"2008": [], "2010": ["gateshead", "sunderland"], "2012": ["sunderland"]}
        at = parse_timestamp("2012")
        assert [one.key for one in partnerships_as_of(connection, at, region="north east")]
        assert partnerships_as_of(connection, at, region="South West") == []
        assert partnerships_as_of(connection, at, country="Wales") == []
        # No page names the force; then the reference list counts.
        assert len(partnerships_as_of(connection, at, force="northumbria")) == 1
        [contact] = contacts_as_of(connection, at, words="co-ordinator sunderland")
        assert contact.details == ({"phone": ["+441914980177"]},)
        assert contact.partnership == "sunderland"


def test_who_was_the_contact_between_two_captures_that_differ_is_unknown(
    archive: Archive, tmp_path: Path
) -> None:
    take(archive, tmp_path, YEARS)
    [contact] = told(archive, "sunderland").contacts
    [(evidence, state)] = contact.at(parse_timestamp("2010"))
    assert (evidence.agrees, evidence.days_before, evidence.days_after) == (False, 273, 493)
    assert state is contact.states[0]
    [(evidence, state)] = contact.at(parse_timestamp("2012"))
    assert evidence.agrees


def test_absent_in_one_capture_and_back_in_the_next(archive: Archive, tmp_path: Path) -> None:
    days = ("2009-01-01", "2010-01-01", "2011-01-01")
    bodies = (press("020 7946 0441"), b"<h1>Contact us</h1>", press("020 7946 0441"))
    take(archive, tmp_path, [(f"{HOST}/press", *one) for one in zip(days, bodies, strict=True)])
    assert phones(told(archive, "Press office")) == [
        ("20090101", "20090101", "20100101", "020 7946 0441"),
        ("20110101", "20110101", "", "020 7946 0441"),
    ]


def test_a_page_moved_on_its_site_breaks_no_history(archive: Archive, tmp_path: Path) -> None:
    old, new = f"{HOST}/press", f"{HOST}/contact/press"
    take(
        archive,
        tmp_path,
        [
            (old, "2009-01-01", press("020 7946 0441")),
            (old, "2011-01-01", b"301"),
            (new, "2011-02-01", press("020 7946 0441")),
            (new, "2013-01-01", b"404"),
        ],
    )
    found = told(archive, "northshire.example/press-office")
    assert phones(found) == [("20090101", "20110201", "20130101", "020 7946 0441")]
    assert found.states[0].run.page_gone


def test_a_withdrawn_capture_does_not_count(archive: Archive, tmp_path: Path) -> None:
    take(archive, tmp_path, YEARS)
    before = rows(archive)
    decision = Decision("a person asked", "the keeper")
    withdraw(archive, scope_of(address=LIST), decision, captures_with)
    assert rows(archive) == before  # nothing was made anew, and still nothing of it is shown
    with archive.catalogue.read() as connection:
        assert history_of(connection, "partnership", "sunderland") is None
        assert partnerships_as_of(connection, parse_timestamp("2012")) == []
        assert contacts_as_of(connection, parse_timestamp("2012")) == []
        assert evident_value(connection, 1, 0) is None
        assert find_keys(connection, "sunderland") == find_keys(connection, "sunder") == []
    refresh_entities(archive)
    assert rows(archive)["entity"] == []


def test_captures_of_one_second_and_spellings_of_one_address_are_one_page(
    archive: Archive, tmp_path: Path
) -> None:
    same = "2011-01-01"
    bare = HOST.replace("www.", "")
    take(
        archive,
        tmp_path,
        [
            (f"{HOST}/press", same, press("020 7946 0441")),
            (f"{HOST}/press", same, press("020 7946 0442")),
            (f"{bare}/press", "2012-01-01", press("020 7946 0442")),
        ],
    )
    found = told(archive, "Press office")
    assert phones(found) == [
        ("20110101", "20110101", "20110101", "020 7946 0441"),
        ("20110101", "20120101", "", "020 7946 0442"),
    ]
    with archive.catalogue.read() as connection:
        [now] = contacts_as_of(connection, parse_timestamp("2013"))
    assert [source.url for source in now.sources] == [f"{bare}/press"]


def test_a_merger_is_a_relation_between_two(archive: Archive, tmp_path: Path) -> None:
    merged = (
        "<h3>Safer Tyneside Community Safety Partnership</h3>"
        "<p>Formerly North Tyneside CSP and South Tyneside CSP<br>Tel: 0191 498 0150</p>"
    )
    take(
        archive,
        tmp_path,
        [
            (LIST, "2009-04-02", listing(entry("North Tyneside CSP"))),
            (LIST, "2013-03-26", listing(merged, entry("Gateshead CSP", "0191 498 0121"))),
        ],
    )
    new = told(archive, "safer tyneside")
    assert [(one.key, one.is_predecessor) for one in new.relations] == [
        ("north-tyneside", True),
        ("south-tyneside", True),
    ]
    [old] = told(archive, "north-tyneside").relations
    assert (old.key, old.is_predecessor) == ("safer-tyneside", False)
    named = told(archive, "south-tyneside")  # no page ever listed it
    assert (named.name, named.names, len(named.relations)) == ("South Tyneside CSP", (), 1)


def test_a_page_in_welsh_is_about_the_same_partnership(archive: Archive, tmp_path: Path) -> None:
    welsh = "<h1>Partneriaeth Diogelwch Cymunedol Abertawe</h1><p>Ff\u00f4n: 029 2018 0400</p>"
    english = "<h1>Swansea Community Safety Partnership</h1><p>Tel: 029 2018 0400</p>"
    take(
        archive,
        tmp_path,
        [
            (f"{HOST}/cymraeg", "2011-01-01", welsh.encode()),
            (f"{HOST}/english", "2011-01-01", english.encode()),
        ],
    )
    found = told(archive, "Swansea CSP")
    assert {name.name for name in found.names} == {
        "Partneriaeth Diogelwch Cymunedol Abertawe",
        "Swansea Community Safety Partnership",
    }


def test_the_order_in_which_captures_come_does_not_matter(tmp_path: Path, archive: Archive) -> None:
    take(archive, tmp_path, YEARS)
    with Archive.create(tmp_path / "other") as other:
        for number, page in enumerate(reversed(YEARS)):
            take(other, tmp_path, [page], str(number))
        assert without_numbers(other) == without_numbers(archive)


def without_numbers(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    found = rows(archive)
    found["entity_view"] = [row[1:] for row in found["entity_view"]]  # addresses count as they come
    del found["entity_build"]
    return found


def test_rebuild_leads_to_equal_tables(archive: Archive, tmp_path: Path) -> None:
    take(archive, tmp_path, YEARS)
    before, path = rows(archive), archive.path
    archive.close()
    rebuild(path)
    with Archive.open(path) as again:
        extract_archive(again)
        after = rows(again)
    assert after == before


def test_entities_are_made_anew_only_when_something_changed(
    archive: Archive, tmp_path: Path
) -> None:
    take(archive, tmp_path, YEARS[:1])
    with archive.catalogue.write() as connection:
        assert not build_entities(connection)
        assert build_entities(connection, joined=[("sunderland", "gateshead")])
        assert [one for (one,) in connection.execute(select(entity.c.key))].count("gateshead") == 1
        assert build_entities(connection)


def test_contacts_joined_by_people_are_one(archive: Archive, tmp_path: Path) -> None:
    pages = [
        (f"{HOST}/press", "2009-01-01", press("020 7946 0441")),
        ("http://www.elsewhere.example/press", "2011-01-01", press("020 7946 0441")),
    ]
    take(archive, tmp_path, pages)
    pair = ("elsewhere.example/press-office", "northshire.example/press-office")
    with archive.catalogue.write() as connection:
        build_entities(connection, joined=[pair])
    assert told(archive, pair[1]).key == told(archive, pair[0]).key == min(pair)


def test_an_erasure_leaves_no_entity(archive: Archive, tmp_path: Path) -> None:
    take(archive, tmp_path, YEARS)
    with archive.catalogue.write() as connection:
        keys = [tuple(one)[1:4] for one in readings_with(connection, KINDS)]
        forget_readings(connection, keys, [LIST])
    assert all(not found for found in rows(archive).values())
    with archive.catalogue.read() as connection:
        assert not entities_made(connection)
        assert history_of(connection, "partnership", "sunderland") is None
        assert find_keys(connection, "sunderland") == []


@pytest.mark.parametrize("text", ["", "%", "_", "x" * 10_000, "\0", "//", "'; --"])
def test_odd_names_find_nobody(archive: Archive, tmp_path: Path, text: str) -> None:
    take(archive, tmp_path, YEARS[:1])
    with archive.catalogue.read() as connection:
        assert find_keys(connection, text) == []


def test_claims_are_held_against_page_and_archive(archive: Archive, tmp_path: Path) -> None:
    said = "<p>There are 2 community safety partnerships in the North East.</p>"
    entries = [entry("Sunderland CSP"), entry("Gateshead CSP", "0191 498 0121")]
    pages = [
        (LIST, "2011-05-09", listing("<p>This page lists 3 partnerships.</p>", *entries)),
        (f"{HOST}/about", "2011-05-09", f"<h1>About</h1>{said}".encode()),
    ]
    take(archive, tmp_path, pages)
    with archive.catalogue.read() as connection:
        about, own = claims_as_of(connection, parse_timestamp("2012"))
        assert (about.number, about.where, about.in_archive) == (2, "North East", 2)
        assert about.agrees_in_archive
        assert (own.number, own.on_page, own.agrees_on_page, own.in_archive) == (3, 2, False, None)
        found = evident_value(connection, own.reading, own.position)
    assert found is not None
    start, end = found.observation.start, found.observation.end
    assert found.text[start:end] == "3"


def test_what_people_decided_goes_into_entities(archive: Archive, tmp_path: Path) -> None:
    take(archive, tmp_path, YEARS)
    why = {"reason": "the same body", "author": "a colleague"}
    relate(archive, MERGE, "sunderland", "gateshead", **why)
    with archive.catalogue.read() as connection:
        [item, *_] = [
            one
            for one in values_of(connection, LIST, parse_timestamp("2014"))
            if one.target.value == "+441914980177"
        ]
    decide_items(archive, [(item, Verdict(CORRECT, "misread", "a colleague", "+441914980178"))])
    refresh_entities(archive)
    joined = told(archive, "Gateshead CDRP")
    assert joined.key == told(archive, "Sunderland CDRP").key
    numbers = {
        one.value
        for contact in joined.contacts
        for state in contact.states
        for one in state.details
    }
    assert "+441914980178" in numbers
