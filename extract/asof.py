"""What the archive's pages said as of a date: of every address the newest reading up to then.

An archive only samples. A page counts from its first capture until a capture that shows it gone
(404, 410) or moved (a redirect); a capture of an error that passes, such as 503, says nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Subquery,
    and_,
    bindparam,
    func,
    inspect,
    literal,
    or_,
    select,
)

from archiver.errors import ArchiveError
from archiver.records import Capture
from archiver.timestamps import format_timestamp
from archiver.urls import join_url
from extract.corrections.view import Corrected, corrected, decided
from extract.facts.observations import Observation
from extract.facts.records import Records, records_of
from extract.observed import observations_of
from extract.tables import (
    entity,
    entity_sighting,
    entity_view,
    extraction,
    extraction_failure,
    observation,
    page_text,
    page_version,
)
from snapshots import index
from snapshots.catalogue import Prepared, stream
from snapshots.tables import capture, same_capture, url
from snapshots.visible import visible

__all__ = [
    "Deciding",
    "PageAsOf",
    "Reading",
    "anything_extracted",
    "check_extracted",
    "deciding_captures",
    "newest_states",
    "pages_as_of",
    "readings_with",
]

_GONE = (404, 410)
_AT_ONCE = 500  # addresses of one query
_MOVED = (301, 302, 303, 307, 308)  # 304 says that nothing changed
_TEXT = Prepared(select(page_text.c.text).where(page_text.c.id == bindparam("text")))
_NO_PAGE = [literal(status) for status in (*_GONE, *_MOVED)]


@dataclass(frozen=True)
class PageAsOf:
    """A page as of a date.

    Attributes:
        capture: the capture that shows it.
        read_under: the address under which equal bytes were read, which may be another.
        observations: the evidence: each value with its place and rule, as people corrected them.
        text: its canonical text, in which the places count.
        corrections: what people decided on its values, and what these were before.
        elements: of values that were looked up, the paths of the elements they stand in; see
            `extract.elements`.
        entities: by kind and record the key and code of each partnership, and the key of each
            contact, through time.
    """

    capture: Capture
    read_under: str
    observations: tuple[Observation, ...]
    text: str
    corrections: tuple[Corrected, ...] = ()
    entities: Mapping[tuple[str, int], tuple[str, str | None]] = field(default_factory=dict)
    elements: Mapping[Observation, str | None] = field(default_factory=dict)

    @cached_property
    def facts(self) -> Records:
        """What it says; put together when it is first asked for."""
        return _readdressed(records_of(self.observations), self.read_under, self.capture.url)


class Reading(NamedTuple):
    """A capture in view, by its key in the catalogue, and the reading of its payload.

    `urlkey` is the key of its address, `url_id`, `timestamp` and `seq` its own.
    """

    urlkey: str
    url_id: int
    timestamp: int
    seq: int
    extraction_id: int


class Deciding(NamedTuple):
    """A capture in view that says whether a page stands at its address.

    `extraction_id` is that of its reading; None when it shows the page gone or moved.
    """

    urlkey: str
    url: str
    url_id: int
    timestamp: int
    seq: int
    extraction_id: int | None


def readings_with(connection: Connection, kinds: Sequence[str]) -> Iterator[Reading]:
    """Give every capture in view whose page has observations of some kinds, by address and time."""
    has = select(observation.c.extraction_id).where(observation.c.kind.in_(kinds)).distinct()
    version = page_version.c
    query = (
        select(url.c.urlkey, *(version[name] for name in Reading._fields[1:]))
        .select_from(page_version)
        .join(url, url.c.id == version.url_id)
        .join(capture, same_capture(page_version))
        .where(visible(), version.extraction_id.in_(has))
        .order_by(url.c.urlkey, version.timestamp, version.seq, version.url_id)
    )
    for row in stream(connection, query):
        yield Reading(*row)


def pages_as_of(
    connection: Connection, moment: datetime, *of: ColumnElement[bool]
) -> Iterator[PageAsOf]:
    """Give every page that stood at `moment`, sorted by key, each in its newest version up to then.

    Args:
        connection: of the catalogue.
        moment: an aware datetime.
        of: conditions for addresses that limit which pages are given.

    Of several spellings of one address (with and without ``www.``, say) that all show a page, the
    newest is given. Pages not yet extracted, or given up in extracting, are left out. One page is
    held at a time.
    """
    newest = newest_states(moment, *of)
    query = (
        index.select_captures(
            newest.c.extraction_id,
            extraction.c.url,
            extraction.c.text_id,
            url.c.urlkey,
            newest.c.url_id,
        )
        .join(newest, same_capture(newest))
        .join(extraction, extraction.c.id == newest.c.extraction_id)
        .where(newest.c.rank == 1)
        .order_by(url.c.urlkey, capture.c.timestamp.desc(), url.c.url)
    )
    last_key = None
    held = decided(connection)
    has_entities = inspect(connection).has_table(entity_view.name)
    for row in stream(connection, query):
        extraction_id, read_under, text_id, key, url_id = row[11:16]
        if key == last_key:
            continue
        last_key = key
        found = index.capture_of(row)
        observations, changes = corrected(
            observations_of(connection, extraction_id), held, key, found.timestamp
        )
        entities = _entities(connection, url_id, found) if has_entities else {}
        [(text,)] = _TEXT.rows(connection, text=text_id)
        yield PageAsOf(found, read_under, observations, text, changes, entities)


def check_extracted(connection: Connection) -> None:
    """Make sure that something was extracted.

    Raises:
        ArchiveError: when nothing ever was.
    """
    if not anything_extracted(connection):
        raise ArchiveError("nothing has been extracted yet; run: marsham extract")


def anything_extracted(connection: Connection) -> bool:
    """Whether any page was ever read."""
    made = inspect(connection).has_table(extraction_failure.name)
    return made and connection.scalar(select(extraction.c.id).limit(1)) is not None


def newest_states(moment: datetime | BindParameter[int], *of: ColumnElement[bool]) -> Subquery:
    """Rank, for every address, the captures up to a moment that say whether a page stands there.

    Args:
        moment: an aware datetime, or a parameter for its 14 digits as a number.
        of: further conditions for addresses and captures.

    Returns:
        Of each its key (url_id, timestamp, seq), its reading and its rank, the newest first: rank 1
        decides. A capture without a reading (gone, moved) has no extraction, so a join with that
        drops its address. What is withdrawn does not count: the version before it stands.
    """
    order = func.row_number().over(
        partition_by=capture.c.url_id,
        order_by=(capture.c.timestamp.desc(), capture.c.seq.desc()),
    )
    reading = same_capture(page_version)
    last = int(format_timestamp(moment)) if isinstance(moment, datetime) else moment
    return (
        select(
            capture.c.url_id,
            capture.c.timestamp,
            capture.c.seq,
            page_version.c.extraction_id,
            order.label("rank"),
        )
        .join(url, url.c.id == capture.c.url_id)
        .outerjoin(page_version, reading)
        .where(
            visible(),
            *of,
            capture.c.timestamp <= last,
            _decides(),
        )
        .subquery()
    )


def deciding_captures(connection: Connection, urlkeys: Sequence[str]) -> Iterator[Deciding]:
    """Give all captures in view that say whether a page stands at some addresses, by time.

    Args:
        connection: of the catalogue.
        urlkeys: keys of the addresses.
    """
    version = page_version.c
    reading = same_capture(page_version)
    for start in range(0, len(urlkeys), _AT_ONCE):
        query = (
            select(
                url.c.urlkey,
                url.c.url,
                capture.c.url_id,
                capture.c.timestamp,
                capture.c.seq,
                version.extraction_id,
            )
            .select_from(url)
            .join(capture, capture.c.url_id == url.c.id)
            .outerjoin(page_version, reading)
            .where(visible(), url.c.urlkey.in_(urlkeys[start : start + _AT_ONCE]), _decides())
            .order_by(url.c.urlkey, capture.c.timestamp, capture.c.seq, url.c.url)
        )
        yield from (Deciding(*row) for row in connection.execute(query))


def _decides() -> ColumnElement[bool]:
    # In a query for captures with their readings: whether one says that a page stands, or not.
    given_up = select(extraction_failure.c.extraction_id)
    return or_(
        and_(
            page_version.c.extraction_id.is_not(None),
            page_version.c.extraction_id.not_in(given_up),
        ),
        capture.c.status.in_(_NO_PAGE),
    )


def _entities(
    connection: Connection, url_id: int, of: Capture
) -> dict[tuple[str, int], tuple[str, str | None]]:
    query = (
        select(entity_sighting.c.kind, entity_sighting.c.record, entity.c.key, entity.c.code)
        .join(entity_view, entity_view.c.view_id == entity_sighting.c.view_id)
        .join(entity, entity.c.id == entity_sighting.c.entity_id)
        .where(
            entity_view.c.url_id == url_id,
            entity_view.c.timestamp == int(of.timestamp),
            entity_view.c.seq == of.number,
        )
    )
    return {(kind, record): (key, code) for kind, record, key, code in connection.execute(query)}


def _readdressed(records: Records, read_under: str, address: str) -> Records:
    # Equal bytes at another address are read once; only what relative links lead to differs.
    if read_under == address:
        return records
    moved = {
        link.url: join_url(address, link.raw) or link.url
        for link in records.links
        if join_url(read_under, link.raw) == link.url
    }
    return replace(
        records,
        links=tuple(replace(link, url=moved.get(link.url, link.url)) for link in records.links),
        attachments=tuple(
            replace(found, url=moved.get(found.url, found.url)) for found in records.attachments
        ),
    )
