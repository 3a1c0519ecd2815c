"""The banner of one snapshot for one reader, put together from what the catalogue knows of it."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, urlencode

from archiver.records import Capture, DateSource, Grade, StatedDate
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from extract.compare.timelines import changes_around
from extract.notices import ContactNotice, notices_for
from marsham.web.places import (
    about_address,
    cite_address,
    listing_address,
    snapshot_address,
)
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import Memento
from snapshots.replay.banner import Banner, BannerSettings, Parts
from snapshots.replay.language import Language
from snapshots.requisites import parts_of
from snapshots.timeline import Period, per_year

__all__ = [
    "banner_of",
    "capture_notices",
    "contact_notice",
    "other_dates",
    "report_address",
    "years_of",
]

_DAY = 8  # digits of a timestamp that name the day
_NEIGHBOURS = 20  # captures a snapshot is held against for the next that shows something else


def banner_of(views: Views, memento: Memento, *, asked: str = "") -> Banner:
    """Put the banner of a snapshot together.

    Args:
        views: the reader's.
        memento: what is shown.
        asked: the digits of the time asked for, where it was another one.
    """
    capture, settings = memento.capture, views.archive.settings
    with views.archive.catalogue.read() as connection:
        before, after = index.neighbours(connection, capture)
        around: tuple[Capture | None, Capture | None] = (None, None)
        if before or after:
            around = changes_around(connection, capture, most=_NEIGHBOURS)
        stated = index.stated_dates(connection, capture)
    without = frozenset(settings.banner_without.split())
    return Banner(
        settings=BannerSettings(settings.name, settings.institution, views.language.code, without),
        url=capture.url,
        served_at=parse_timestamp(capture.timestamp),
        list_link=listing_address(capture.url),
        asked=asked,
        previous=_neighbour(before, capture.url),
        following=_neighbour(after, capture.url),
        changed=_other(around[1]),
        changed_before=_other(around[0]),
        status=memento.head.status if memento.head else 200,
        notices=tuple(_notices(views, memento, stated)),
        day_only=any(rule and len(date.timestamp) <= _DAY for date, rule in stated),
        parts=None if "parts" in without else _parts(views, memento),
        years=tuple(
            (int(year.digits), year.number, listing_address(capture.url, year.digits))
            for year in years_of(views, capture.url)
        ),
        links=tuple(_links(views, capture)),
    )


def years_of(views: Views, url: str) -> list[Period]:
    """Give the years in which a page was captured, oldest first."""

    def count() -> list[Period]:
        with views.archive.catalogue.read() as connection:
            return per_year(connection, url)

    return views.years.get((views.decisions(), url_key(url)), count)


def other_dates(stated: list[tuple[StatedDate, str | None]], day: str) -> Iterator[StatedDate]:
    """Give the stated dates that were not chosen and name another day; hints are left out."""
    for date, rule in stated:
        if not rule and date.source is not DateSource.FILE and date.timestamp[:_DAY] != day:
            yield date


def capture_notices(
    words: Language, capture: Capture, stated: list[tuple[StatedDate, str | None]]
) -> Iterator[str]:
    """Say what is known of a capture itself: other dates stated for it, and how it was kept."""
    for date in other_dates(stated, capture.timestamp[:_DAY]):
        source = words.say(f"source_{date.source.name.lower()}")
        yield words.say("other_date", day=words.date(date.timestamp), source=source)
    if capture.grade is not Grade.SENT:
        yield words.say(f"kept_{capture.grade.name.lower()}")


def contact_notice(views: Views, notice: ContactNotice) -> str:
    """Say that a contact detail of a page reads otherwise today."""
    words = views.language
    return words.say(
        "contact_changed",
        subject=notice.subject,
        detail=words.say(f"detail_{notice.field}"),
        here=notice.here,
        newest=notice.newest,
        day=words.day(notice.seen_at),
    )


def report_address(views: Views, capture: Capture) -> str:
    """Give the address under which a reader reports a problem with a snapshot; empty for none.

    The institution's contact decides: an e-mail address is written to with everything filled in, a
    web address gets the snapshot's as a parameter.
    """
    contact, words = views.archive.settings.contact.strip(), views.language
    shown = views.base + snapshot_address(capture.timestamp, capture.url, number=capture.number)
    if contact.startswith(("http://", "https://")):
        joint = "&" if "?" in contact else "?"
        return f"{contact}{joint}{urlencode({'snapshot': shown})}"
    if "@" not in contact or any(char.isspace() for char in contact):
        return ""
    day = words.day(parse_timestamp(capture.timestamp))
    subject = words.say("report_subject", day=day)
    body = words.say("report_body", url=capture.url, day=day, snapshot=shown)
    to = quote(contact.removeprefix("mailto:"), safe="@")
    return f"mailto:{to}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"


def _links(views: Views, capture: Capture) -> Iterator[tuple[str, str]]:
    timestamp, url, number = capture.timestamp, capture.url, capture.number
    yield "permanent", snapshot_address(timestamp, url, number=number)
    yield "cite", cite_address(timestamp, url, number=number)
    yield "about", about_address(timestamp, url, number=number)
    yield "changes", views.at("/timeline", url=url)
    yield "raw", snapshot_address(timestamp, url, modifier="id_", number=number)
    if address := report_address(views, capture):
        yield "report", address


def _parts(views: Views, memento: Memento) -> Parts | None:
    capture = memento.capture
    key = (views.decisions(), capture.digest, capture.url, capture.timestamp)
    return views.parts.get(key, lambda: parts_of(views.archive, memento))


def _neighbour(timestamp: str | None, url: str) -> tuple[str, datetime] | None:
    if timestamp is None:
        return None
    return snapshot_address(timestamp, url), parse_timestamp(timestamp)


def _other(capture: Capture | None) -> tuple[str, datetime] | None:
    if capture is None:
        return None
    address = snapshot_address(capture.timestamp, capture.url, number=capture.number)
    return address, parse_timestamp(capture.timestamp)


def _notices(
    views: Views, memento: Memento, stated: list[tuple[StatedDate, str | None]]
) -> Iterator[str]:
    capture = memento.capture
    yield from capture_notices(views.language, capture, stated)
    key = (views.decisions(), capture.url, capture.timestamp)
    changed = views.contacts.get(key, lambda: notices_for(views.archive, memento))
    for notice in changed:
        yield contact_notice(views, notice)
    if views.archive.settings.notice:
        yield views.archive.settings.notice
