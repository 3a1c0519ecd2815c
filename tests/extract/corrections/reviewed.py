"""Archives whose values are decided on, and another reading of the same bytes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.timestamps import parse_timestamp
from extract import store
from extract.asof import PageAsOf, pages_as_of
from extract.corrections.decisions import CORRECT
from extract.corrections.reviewing import Item, Verdict, decide_items, items, values_of
from extract.facts.observations import Observation
from extract.reading import Reading, read_confined
from extract.store import extract_archive
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.writer import Writer
from tests.builders import response, warc

HOST = "http://www.northshire.example"
PAGE = f"{HOST}/contacts"
PHONE, OTHER, THIRD = "+442079460441", "+442079460442", "+442079460443"
_PRINTED = {PHONE: "020 7946 0441", OTHER: "020 7946 0442", THIRD: "020 7946 0443"}


def body(phone: str = PHONE, before: str = "", name: str = "Press office") -> bytes:
    """Give a page with a contact, behind whatever stands before it."""
    return (
        f"<title>Contacts</title><h1>Contacts</h1>{before}<h2>{name}</h2>"
        f"<p>{name}<br>Telephone: {_PRINTED[phone]}<br>E-mail: press@northshire.example</p>"
        "<p>There are around 43 partnerships in England.</p>"
    ).encode()


DESK = "<h2>Data desk</h2><p>Data desk<br>Telephone: 020 7946 0999</p>"


def ingest(archive: Archive, folder: Path, *pages: tuple[str, bytes, str]) -> None:
    """Take in and extract captures, each as (path, content, date)."""
    source = folder / f"in-{len(list(folder.glob('in-*')))}.warc.gz"
    source.write_bytes(
        warc(*(response(content, url=HOST + path, date=date) for path, content, date in pages))
    )
    with Writer(archive) as writer:
        take_in(writer, source)
    extract_archive(archive, jobs=1)


def value(archive: Archive, wanted: str = PHONE, at: str = "20140101", page: str = PAGE) -> Item:
    """Find a value of a page as of a date."""
    with archive.catalogue.read() as connection:
        found = values_of(connection, page, parse_timestamp(at))
    return next(one for one in found if one.target.value == wanted)


def say(archive: Archive, item: Item, action: str = CORRECT, new: str = "", **more: object) -> None:
    """Decide on a value."""
    verdict = Verdict(action, "checked by telephone", "A. Editor", new, **more)  # type: ignore[arg-type]
    decide_items(archive, [(item, verdict)])


def page_of(archive: Archive, at: str = "20140101", page: str = PAGE) -> PageAsOf:
    """Give a page as it is shown as of a date."""
    with archive.catalogue.read() as connection:
        found = pages_as_of(connection, parse_timestamp(at))
        return next(one for one in found if one.capture.url == page)


def phones(archive: Archive, at: str = "20140101", page: str = PAGE) -> list[str]:
    """Give the telephone numbers of a page as they are shown as of a date."""
    facts = page_of(archive, at, page).facts
    return [phone for contact in facts.contacts for phone in contact.phone]


def listed(archive: Archive, **filters: str) -> list[Item]:
    """List what is to be reviewed."""
    with archive.catalogue.read() as connection:
        return list(items(connection, **filters))  # type: ignore[arg-type]


def read_otherwise(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Observation], Observation | None]
) -> None:
    """Let a new version of the extractor read every value as `change` gives it."""

    def read(*given: object) -> Reading:
        found = read_confined(*given)  # type: ignore[arg-type]
        changed = [change(Observation(*one)) for one in found.observations]
        return replace(found, observations=[one for one in changed if one is not None])

    monkeypatch.setattr(store, "EXTRACTOR_VERSION", store.EXTRACTOR_VERSION + 1)
    monkeypatch.setattr(store, "read_confined", read)
