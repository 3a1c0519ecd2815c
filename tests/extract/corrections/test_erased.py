"""An erased value is in no decision any more, and the journal and the catalogue stay sound."""

from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.timestamps import parse_date
from extract.corrections.register import (
    put_corrections_in_force,
    register,
    restore_anew,
)
from extract.erased import forget_readings
from extract.store import extract_archive
from extract.tables import correction, review_item
from snapshots import journal
from snapshots.archive import Archive
from snapshots.erasure import completing, preparing
from snapshots.erasure.preparing import erase
from snapshots.erasure.selection import Order
from snapshots.rebuild import rebuild
from snapshots.withdrawals import Decision, scope_of
from snapshots.writer import Writer
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
    phones,
    say,
    value,
)
from tests.snapshots.helpers import all_rows

EARLY, LATE = "2009-04-02T11:12:13Z", "2013-03-26T12:29:52Z"
COURT = Decision("Private details", "High Court")
PLACE = f"{HOST}/about"
CANARIES = (PHONE, OTHER, "7946 0441", "checked by telephone")


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive with decisions on two pages, one of which is to be erased."""
    ingest(archive, tmp_path, ("/contacts", body(), EARLY), ("/about", body(THIRD), EARLY))
    say(archive, value(archive), new=OTHER)
    say(archive, value(archive, THIRD, page=PLACE), "accept")
    return archive


def destroy(archive: Archive, at: str | None = None) -> None:
    span = parse_date(at) if at else None
    erase(archive, Order(scope_of(address=PAGE, at=span)), COURT, forget=forget_readings)
    with archive.lock(), archive.catalogue.write() as connection:
        put_corrections_in_force(archive, connection)


def quoted(archive: Archive) -> list[str]:
    """Give which canaries are anywhere in the archive's folder or its tables."""
    archive.close()
    texts = [repr(all_rows(archive))]
    files = [place for place in archive.path.rglob("*") if place.is_file()]
    texts += [place.read_bytes().decode("latin-1") for place in files if place.suffix != ".gz"]
    return [canary for canary in CANARIES for text in texts if canary in text]


def test_what_a_decision_quotes_of_an_erased_page_goes_with_it(held: Archive) -> None:
    assert quoted(held)
    destroy(held)
    place = held.path / journal.JOURNAL
    assert "checked by telephone" in place.read_text()  # of the other page
    with held.catalogue.read() as connection:
        first, second = register(connection)
    assert (first.state, first.target, first.author) == ("erased", None, "A. Editor")
    assert (second.state, second.target and second.target.value) == ("active", THIRD)
    assert set(quoted(held)) == {"checked by telephone"}
    assert list(journal.problems(place)) == []


def test_the_chain_of_the_journal_goes_on_after_an_erasure_and_shows_what_else_was_changed(
    held: Archive,
) -> None:
    destroy(held)
    say(held, value(held, THIRD, page=PLACE), new=OTHER)
    place = held.path / journal.JOURNAL
    assert list(journal.problems(place)) == []
    lines = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(b"".join([lines[0].replace(b"correct", b"reject"), *lines[1:]]))
    assert [problem.code for problem in journal.problems(place)] == ["journal-chain"]


def test_a_decision_on_a_capture_that_stays_is_kept_when_another_is_erased(
    held: Archive, tmp_path: Path
) -> None:
    ingest(held, tmp_path, ("/contacts", body(before=DESK), LATE))
    destroy(held, at="20130326122952")
    extract_archive(held, jobs=1)  # readings of the address went with it
    with held.catalogue.read() as connection:
        assert [one.state for one in register(connection)] == ["active", "active"]
    assert phones(held) == [OTHER]


@pytest.mark.parametrize("last", ["journal", "files", "catalogue"])
def test_an_erasure_cut_short_is_completed_with_its_decisions(
    last: str, held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: tuple[object, str] = {
        "journal": (preparing, "settle"),
        "files": (completing, "_apply"),
        "catalogue": (completing, "_write_anew"),
    }[last]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*cut, stop)
    with pytest.raises(KeyboardInterrupt):
        erase(held, Order(scope_of(address=PAGE)), COURT, forget=forget_readings)
    monkeypatch.undo()
    with Writer(held):
        pass
    extract_archive(held, jobs=1)
    assert set(quoted(held)) == {"checked by telephone"}
    assert list(journal.problems(held.path / journal.JOURNAL)) == []
    with held.catalogue.read() as connection:
        assert [one.state for one in register(connection)] == ["erased", "active"]


def test_half_a_line_in_quarantine_that_may_quote_goes_too(held: Archive) -> None:
    place = held.path / journal.JOURNAL
    with place.open("ab") as file:
        file.write(b'{"type": "correction", "said": {"value": "' + PHONE.encode())
    say(held, value(held, THIRD, page=PLACE), new=OTHER)  # moves it there
    assert list((held.path / "quarantine").iterdir())
    destroy(held)
    assert not list((held.path / "quarantine").iterdir())


def test_the_catalogue_made_anew_has_the_same_decisions_and_the_same_to_review(
    held: Archive, tmp_path: Path
) -> None:
    ingest(held, tmp_path, ("/contacts", body(OTHER), LATE))  # the decision is stale now
    before = {name: rows for name, rows in all_rows(held).items() if name in _NAMES}
    assert len(listed(held, reason="stale")) == 1
    path = held.path
    held.close()
    assert rebuild(path, restore_more=restore_anew).problems == ()
    with Archive.open(path) as again:
        with again.catalogue.read() as connection:
            assert len(connection.execute(select(correction)).all()) == 2
        extract_archive(again, jobs=1)
        assert {name: rows for name, rows in all_rows(again).items() if name in _NAMES} == before


_NAMES = (correction.name, review_item.name)
