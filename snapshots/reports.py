"""The archivist's report on a snapshot: what it holds, what went wrong, and what it lacks.

Counts come from the index. What it lacks is found by looking into the pages themselves: images,
styles and scripts never captured, redirects that lead to nothing. Withdrawn captures are left out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archiver.errors import MarshamError
from archiver.http import PAGE_TYPES, media_type
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import join_url, url_key
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_of
from snapshots.reach import closed_pages
from snapshots.requisites import requisites
from snapshots.tables import capture, intake, listed_page, problem, snapshot, url

__all__ = ["Report", "report_on", "snapshot_rows"]

_COLUMNS = ("id", "label", "kind", "captures", "first", "last", "created", "tool", "operator")
_INPUT = ("name", "format", "digest", "taken", "captures", "counts")
_PROBLEM = ("code", "file", "record_offset", "record_length", "url", "message")
_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 10
_PAGE_LIMIT = 1 << 23  # bytes of a page that is looked into
_AT_ONCE = 500  # keys in one query


@dataclass(slots=True)
class Report:
    """A snapshot and its report; its fields are named as in JSON.

    Attributes:
        row: the snapshot itself; its counts include what is withdrawn.
        inputs: what was taken in.
        problems: what was noted then.
        listed_pages: pages on lists that came with it, such as a WACZ's, whose captures are in
            view: address, time of the capture and title.
        statuses: captures in view by status; "none" for records without one.
        types: by media type.
        hosts: by host.
        pages_seen: pages that were looked into for what follows, and of how many.
        redirects_to_nothing: redirects, each with the address where the trail ends.
        incomplete: pages with what they need and was never captured.
        soft_404s: pages that say they are not there though their status is 200.
    """

    row: dict[str, Any]
    inputs: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    listed_pages: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    hosts: dict[str, int] = field(default_factory=dict)
    pages_seen: tuple[int, int] = (0, 0)
    redirects_to_nothing: list[tuple[str, str]] = field(default_factory=list)
    incomplete: list[tuple[str, list[str]]] = field(default_factory=list)
    soft_404s: list[str] = field(default_factory=list)


def snapshot_rows(connection: Connection, number: int | None = None) -> list[dict[str, Any]]:
    """Give every snapshot, or the one of a number, as the catalogue has it."""
    query = select(*(snapshot.c[name] for name in _COLUMNS)).order_by(snapshot.c.id)
    if number is not None:
        query = query.where(snapshot.c.id == number)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in connection.execute(query)]


def report_on(
    archive: Archive,
    connection: Connection,
    row: dict[str, Any],
    *,
    pages: int = 0,
    says_missing: Callable[[Memento, bytes], bool] = lambda memento, content: False,
) -> Report:
    """Report on a snapshot.

    Args:
        archive: where it is kept.
        connection: a connection of its catalogue.
        row: the snapshot; see `snapshot_rows`.
        pages: how many of its pages and redirects are looked into at most; 0 for none.
        says_missing: tells whether a page with status 200 says that it is not there.
    """
    report = Report(row, _inputs(connection, row["id"]), _problems(connection, row["id"]))
    report.listed_pages = _listed_pages(connection, row["id"])
    statuses, types, hosts = Counter[str](), Counter[str](), Counter[str]()
    chosen: list[Capture] = []
    total = 0
    query = index.select_captures().where(capture.c.snapshot_id == row["id"])
    order = (url.c.urlkey, capture.c.timestamp, capture.c.seq)
    for found in map(index.capture_of, connection.execute(query.order_by(*order))):
        statuses["none" if found.status is None else str(found.status)] += 1
        types[found.media_type or "none"] += 1
        hosts[_host(found.url)] += 1
        if found.status in _REDIRECTS or (found.status == 200 and found.media_type in PAGE_TYPES):
            total += 1
            if len(chosen) < pages:
                chosen.append(found)
    report.statuses, report.types = dict(sorted(statuses.items())), dict(types.most_common())
    report.hosts = dict(hosts.most_common())
    report.pages_seen = (len(chosen), total)
    for found in chosen:
        _look_into(archive, connection, found, report, says_missing)
    return report


def _look_into(
    archive: Archive,
    connection: Connection,
    found: Capture,
    report: Report,
    says_missing: Callable[[Memento, bytes], bool],
) -> None:
    try:
        memento = memento_of(archive, found)
        if found.status in _REDIRECTS:
            end = _dead_end(archive, connection, memento)
            if end is not None:
                report.redirects_to_nothing.append((found.url, end))
            return
        content = memento.content(_PAGE_LIMIT)
    except MarshamError:  # a record that cannot be read is for verify to tell
        return
    if says_missing(memento, content):
        report.soft_404s.append(found.url)
    charset = media_type(memento.content_type)[1]
    needed = requisites(content, found.url, charset=charset)
    missing = _never_captured(connection, list(needed))
    if missing:
        report.incomplete.append((found.url, missing))


def _dead_end(archive: Archive, connection: Connection, memento: Memento) -> str | None:
    # Where a trail of redirects stops without a page: never captured, or come by before.
    seen: set[str] = set()
    current = memento
    for _ in range(_HOPS):
        location = current.head.headers.get("Location") if current.head else None
        target = join_url(current.capture.url, location) if location else None
        if target is None or target in seen:
            return target or current.capture.url
        seen.add(target)
        at = parse_timestamp(memento.capture.timestamp)
        following = index.nearest(connection, target, at, withdrawn=True)
        if following is None:
            return target
        if following.status not in _REDIRECTS or following.url == current.capture.url:
            return None
        current = memento_of(archive, following)
    return None


def _never_captured(connection: Connection, addresses: list[str]) -> list[str]:
    keys = {address: url_key(address) for address in addresses}
    wanted = sorted(set(keys.values()))
    known: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        known.update(connection.scalars(select(url.c.urlkey).where(url.c.urlkey.in_(some))))
    return [address for address, key in keys.items() if key not in known]


def _inputs(connection: Connection, number: int) -> list[dict[str, Any]]:
    query = select(*(intake.c[name] for name in _INPUT)).where(intake.c.snapshot_id == number)
    return [dict(zip(_INPUT, row, strict=True)) for row in connection.execute(query)]


def _problems(connection: Connection, number: int) -> list[dict[str, Any]]:
    query = (
        select(*(problem.c[name] for name in _PROBLEM))
        .join(intake, intake.c.id == problem.c.intake_id)
        .where(intake.c.snapshot_id == number)
        .order_by(problem.c.id)
    )
    found = [dict(zip(_PROBLEM, row, strict=True)) for row in connection.execute(query)]
    closed = closed_pages(connection, {row["url"] for row in found if row["url"]})
    return [row for row in found if row["url"] not in closed]


def _listed_pages(connection: Connection, number: int) -> list[dict[str, Any]]:
    names = ("url", "timestamp", "title")
    in_view = index.select_captures().where(
        url.c.urlkey == listed_page.c.urlkey,
        capture.c.timestamp == listed_page.c.timestamp,
        capture.c.snapshot_id == number,
    )
    query = (
        select(*(listed_page.c[name] for name in names))
        .join(intake, intake.c.id == listed_page.c.intake_id)
        .where(intake.c.snapshot_id == number, in_view.correlate(listed_page).exists())
        .order_by(listed_page.c.intake_id, listed_page.c.position)
    )
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "none"
    return parts.netloc or f"{parts.scheme}:"
