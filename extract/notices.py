"""Contact details of an archived page that have changed since, with their newest known values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect

from archiver.errors import MarshamError
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import join_url, url_key
from extract.asof import PageAsOf
from extract.compare.facts import compare_facts
from extract.corrections.view import corrected, decided
from extract.observed import observations_of
from extract.tables import page_version
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_of
from snapshots.tables import capture, same_capture, url

__all__ = ["ContactNotice", "notices_for"]

_KINDS = frozenset(("contact", "partnership"))
_DETAILS = ("address", "postcode", "phone", "fax", "textphone", "email", "website")
_NUMBERS = ("phone", "fax", "textphone")
_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 3  # redirects followed to where a page is now
_MOST = 10  # notices; a reader is not to be buried


@dataclass(frozen=True, slots=True)
class ContactNotice:
    """One contact detail that reads otherwise in a later capture.

    Attributes:
        subject: whose it is, such as an organisation and unit.
        field: phone, email, address, ...
        here: the value on the page itself; several are parted by commas.
        newest: the newest known value; empty where the later page gives none.
        seen_at: when the page that gives it was captured.
        url: its address.
    """

    subject: str
    field: str
    here: str
    newest: str
    seen_at: datetime
    url: str


def notices_for(archive: Archive, memento: Memento) -> tuple[ContactNotice, ...]:
    """Find contact details of a page that a later capture of it gives otherwise.

    Args:
        archive: where it is kept; what was extracted counts, and what was not is not known.
        memento: the page as it is shown.

    The later capture is the newest in view of the same address, or of where that leads to now.
    Details that only this page has are not told: that they are absent later says little.
    """
    own = memento.capture
    with archive.catalogue.read() as connection:
        if not inspect(connection).has_table(page_version.name):
            return ()
        here = _page(connection, own.url, at=own)
        if here is None or not (here.facts.contacts or here.facts.partnerships):
            return ()
        newest = _newest(archive, connection, own)
        if newest is None or newest.capture.timestamp <= own.timestamp:
            return ()
    return tuple(_told(here, newest))[:_MOST]


def _told(here: PageAsOf, newest: PageAsOf) -> Iterable[ContactNotice]:
    seen_at = parse_timestamp(newest.capture.timestamp)
    for change in compare_facts([here], [newest]).changed:
        name = change.field
        if name in _DETAILS and change.before and change.after:
            before, after = (
                _printed(here, name, change.before),
                _printed(newest, name, change.after),
            )
            yield ContactNotice(change.subject, name, before, after, seen_at, newest.capture.url)


def _printed(page: PageAsOf, name: str, values: str) -> str:
    # Numbers as the page prints them: nobody looks for +442079460441 in it. What a person corrected
    # is told as corrected, for the page prints something else.
    if name not in _NUMBERS:
        return values
    decided_on = {one.shown for one in page.corrections}
    raw = {
        one.value: " ".join(one.raw.split())
        for one in page.observations
        if one.field == name and one not in decided_on
    }
    return ", ".join(raw.get(value) or value for value in values.split(", "))


def _newest(archive: Archive, connection: Connection, own: Capture) -> PageAsOf | None:
    address, now = own.url, datetime.now(UTC)
    for _ in range(_HOPS):
        latest = index.nearest(connection, address, now)
        if latest is None or latest.status not in _REDIRECTS:
            break
        target = _target(archive, latest)
        if target is None or url_key(target) == url_key(address):
            break
        address = target
    return _page(connection, address)


def _target(archive: Archive, redirect: Capture) -> str | None:
    try:
        head = memento_of(archive, redirect).head
    except (MarshamError, OSError):
        return None
    location = head.headers.get("Location") if head else None
    return join_url(redirect.url, location) if location else None


def _page(connection: Connection, address: str, at: Capture | None = None) -> PageAsOf | None:
    # The reading of one capture, or of the newest of an address that has one.
    query = (
        index.select_captures(page_version.c.extraction_id)
        .join(page_version, same_capture(page_version))
        .where(url.c.urlkey == url_key(address))
        .order_by(capture.c.timestamp.desc())
        .limit(1)
    )
    if at is not None:
        query = query.where(url.c.url == at.url, capture.c.timestamp == int(at.timestamp))
        query = query.where(capture.c.seq == at.number)
    row = connection.execute(query).first()
    if row is None:
        return None
    found, key = index.capture_of(row), url_key(address)
    observed, changes = corrected(
        [one for one in observations_of(connection, row[11]) if one.kind in _KINDS],
        decided(connection, key),
        key,
        found.timestamp,
    )
    return PageAsOf(found, found.url, observed, "", changes)
