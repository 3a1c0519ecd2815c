"""Claims as of a date: each number held against its page, and against the archive of that date."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from archiver.urls import url_key
from extract.asof import newest_states
from extract.corrections.view import corrected, decided
from extract.entities.runs import Source
from extract.entities.standing import PartnershipAsOf, partnerships_as_of
from extract.facts.counts import noun_of
from extract.facts.observations import Observation
from extract.observed import observations_of
from extract.reference.places import country_of, region_of
from extract.tables import observation
from snapshots.tables import url

__all__ = ["ClaimAsOf", "claims_as_of"]

_ROUGH = 0.1  # how far "around 300" may be out


@dataclass(frozen=True, slots=True)
class ClaimAsOf:
    """A number that a page claims, or that its own entries were held against.

    Attributes:
        source: the capture of the page.
        what: what is counted; empty where only the page's own entries are.
        where: the country or region; empty where none is said.
        number: as claimed.
        approximate: whether the page says "around", or the like.
        on_page: how many were found on the page itself; None where that was not held against it.
        how: what was found there, in words.
        agrees_on_page: whether they are as many.
        in_archive: how many partnerships pages of the archive listed at that date, there; None for
            what the archive cannot count, or a number that no place is named with.
        agrees_in_archive: whether they are as many, or nearly where the claim is approximate.
        reading: number of the reading that has the claim; with the position it leads to it.
        position: among the observations of that reading.
    """

    source: Source
    what: str
    where: str
    number: int
    approximate: bool
    on_page: int | None
    how: str
    agrees_on_page: bool
    in_archive: int | None
    agrees_in_archive: bool
    reading: int
    position: int


def claims_as_of(connection: Connection, moment: datetime) -> list[ClaimAsOf]:
    """Give the claims of every page as of a moment, by address and place on the page.

    A claim is held against the page where it gives the very number that was checked there; a check
    that no claim answers to stands by itself. The archive's own number is that of partnerships
    listed on pages as of the moment: what was never captured is not in it.
    """
    known = partnerships_as_of(connection, moment)
    found: list[ClaimAsOf] = []
    held = decided(connection)
    for source, reading, records in _pages(connection, moment):
        place = url_key(source.url)
        if held.on(place, source.timestamp):
            observations = observations_of(connection, reading)
            edited, _ = corrected(observations, held, place, source.timestamp)
            records = _edited(records, edited)
        found += _held(source, reading, records, known)
    return found


_Field = tuple[str, int, int | None]  # value, position, place in the text
_Records = dict[str, dict[int, dict[str, _Field]]]  # by kind, number and field


def _pages(connection: Connection, moment: datetime) -> Iterator[tuple[Source, int, _Records]]:
    newest = newest_states(moment)
    row = observation.c
    query = (
        select(
            url.c.urlkey,
            url.c.url,
            newest.c.timestamp,
            newest.c.seq,
            newest.c.extraction_id,
            row.kind,
            row.record,
            row.field,
            row.value,
            row.position,
            row.text_start,
        )
        .select_from(newest)
        .join(url, url.c.id == newest.c.url_id)
        .outerjoin(
            observation,
            and_(
                row.extraction_id == newest.c.extraction_id,
                row.kind.in_(("count", "claim_check")),
            ),
        )
        .where(newest.c.rank == 1, newest.c.extraction_id.is_not(None))
        .order_by(url.c.urlkey, newest.c.timestamp.desc(), url.c.url, row.position)
    )
    last_key, page, records, reading = "", None, _Records(), 0
    for key, address, timestamp, seq, number, kind, record, field, *value in connection.execute(
        query
    ):
        source = Source(f"{timestamp:014}", address, seq)
        if key != last_key:
            if page is not None and records:
                yield page, reading, records
            last_key, page, records, reading = key, source, {}, number
        if source == page and kind is not None:
            fields = records.setdefault(kind, {}).setdefault(record, {})
            fields.setdefault(field, (value[0], value[1], value[2]))
    if page is not None and records:
        yield page, reading, records


def _edited(records: _Records, observations: Iterable[Observation]) -> _Records:
    # A value that was added has no place of its own, and leads to its record's first.
    edited: _Records = {}
    for each in observations:
        before = records.get(each.kind, {}).get(each.record)
        if before:
            first = before.get(each.field) or next(iter(before.values()))
            fields = edited.setdefault(each.kind, {}).setdefault(each.record, {})
            fields.setdefault(each.field, (each.value, first[1], each.start))
    return edited


def _held(
    source: Source, reading: int, records: _Records, known: list[PartnershipAsOf]
) -> Iterator[ClaimAsOf]:
    checks = dict(records.get("claim_check", {}))
    for count in records.get("count", {}).values():
        if "number" not in count:
            continue
        number, place = int(count["number"][0]), count["number"][2]
        what, where = (_value(count, name) for name in ("what", "where"))
        rough = _value(count, "approx") == "true"
        same = next(
            (
                one
                for one, check in checks.items()
                if "claimed" in check and check["claimed"][2] == place and place is not None
            ),
            None,
        )
        check = checks.pop(same) if same is not None else {}
        listed = _count_listed(what, where, known)
        yield ClaimAsOf(
            *(source, what, where, number, rough),
            *_checked(check),
            in_archive=listed,
            agrees_in_archive=_agrees(number, listed, rough=rough),
            reading=reading,
            position=count["number"][1],
        )
    for check in checks.values():
        if "claimed" in check:
            value, position, _ = check["claimed"]
            yield ClaimAsOf(
                *(source, "", "", int(value), False),
                *_checked(check),
                in_archive=None,
                agrees_in_archive=False,
                reading=reading,
                position=position,
            )


def _checked(check: dict[str, _Field]) -> tuple[int | None, str, bool]:
    if "found" not in check:
        return None, "", False
    return int(check["found"][0]), _value(check, "how"), _value(check, "agrees") == "true"


def _count_listed(what: str, where: str, known: list[PartnershipAsOf]) -> int | None:
    # A number without a place is of whatever the page lists, or of a few: that is not to be told.
    if not where or "artnership" not in (noun_of(what) or ""):
        return None
    region, country = region_of(where), country_of(where)
    if region:
        return sum(one.region == region for one in known)
    if country == "England and Wales":
        return len(known)
    return sum(one.country == country for one in known) if country else None


def _agrees(claimed: int, found: int | None, *, rough: bool) -> bool:
    if found is None:
        return False
    return abs(claimed - found) <= (_ROUGH * claimed if rough else 0)


def _value(record: dict[str, _Field], name: str) -> str:
    return record[name][0] if name in record else ""
