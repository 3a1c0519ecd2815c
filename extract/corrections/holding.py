"""Decisions held against what is read: what still stands, what is stale, what is to be reviewed.

`hold` is called for pages after each batch of an extraction and after each decision, within the
transaction of either. What it writes depends on observations and decisions alone, so the tables
come out the same whichever way and in whichever order things happened.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    and_,
    delete,
    distinct,
    func,
    or_,
    select,
    update,
)

from archiver.urls import url_key
from extract.corrections.decisions import (
    ADD,
    ASSIGN,
    ON_VALUES,
    Correction,
    Target,
    identity,
    site_of,
)
from extract.corrections.naming import folded, record_names
from extract.corrections.view import Decided, correction_of
from extract.entities.codes import code_of
from extract.facts.observations import Observation
from extract.observed import observations_of
from extract.tables import correction, extraction_failure, observation, page_version, review_item
from snapshots.catalogue import insert_rows
from snapshots.tables import url

__all__ = [
    "CLAIM",
    "CONFLICT",
    "DOUBTFUL",
    "LOW",
    "REASONS",
    "STALE",
    "UNRESOLVED",
    "hold",
    "keys_of_urls",
]

STALE: Final = "stale"
CLAIM: Final = "claim check failed"
CONFLICT: Final = "conflict"
LOW: Final = "low confidence"
UNRESOLVED: Final = "unresolved name"  # of a partnership: it leads to no code
REASONS: Final = (STALE, CLAIM, CONFLICT, UNRESOLVED, LOW)
DOUBTFUL: Final = 0.7  # a value read with less confidence is to be looked at

_READINGS = 50  # of one page that are looked through, the newest
_LONGEST = 2000  # characters of a value that people are asked about
_AT_ONCE = 300
_RESOLVED_BY = ("name", "area", "region", "country")  # fields that lead a partnership to its code
_NO_CODE = "leads to no code of the reference list of about 2021; the page stands as it is"
_ONE_EACH = ("organisation", "unit", "person", "role", "postcode")  # a contact has one of these
_LOOKED_AT = {  # kinds and fields whose confidence counts; others only follow from these
    "attachment": ("url", "format", "size"),
    "authority": ("name", "applies_to"),
    "contact": (*_ONE_EACH, "address", "phone", "fax", "textphone", "email", "website"),
    "count": ("number",),
    "date": ("date",),
    "legal": ("act", "year", "number", "section"),
    "partnership": ("name", "alias", "area", "region", "country", "police_force", "predecessor"),
}


@dataclass(frozen=True, slots=True)
class _Version:
    url_id: int
    timestamp: int
    seq: int
    extraction_id: int

    @property
    def digits(self) -> str:
        return f"{self.timestamp:014}"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of a page: the newest capture that has it, its observations, and their names."""

    version: _Version
    observations: Sequence[Observation]
    names: Mapping[tuple[str, int], str]

    def target(self, place: str, of: Observation) -> Target:
        return Target(place, of.kind, self.names[of.kind, of.record], of.field, of.value)


def hold(connection: Connection, places: Collection[str]) -> None:
    """Hold the decisions on pages against their readings, and say anew what is to be reviewed.

    Args:
        connection: within a transaction; the fact tables are there.
        places: keys of the pages.
    """
    for some in _batches(sorted(set(places))):
        versions = _versions(connection, some)
        made = _made(connection, some)
        doubtful = _doubtful(connection, versions)
        before = _item_ids(connection, some)
        rows: list[dict[str, Any]] = []
        for place in some:
            page = _Page(connection, place, versions.get(place, []), made)
            rows.extend(page.items(doubtful))
        if before:
            connection.execute(delete(review_item).where(review_item.c.place.in_(some)))
        insert_rows(connection, review_item, rows)


def keys_of_urls(connection: Connection, ids: Collection[int]) -> set[str]:
    """Give the keys of addresses by their ids."""
    keys: set[str] = set()
    for some in _batches(sorted(ids)):
        keys.update(connection.scalars(select(url.c.urlkey).where(url.c.id.in_(some))))
    return keys


class _Page:
    """One page with its readings and the decisions on it."""

    def __init__(
        self, connection: Connection, place: str, versions: list[_Version], made: Decided
    ) -> None:
        self._connection = connection
        self._place = place
        self._versions = versions
        self._made = made.holding(place)
        self._readings: dict[int, _Reading] = {}

    def items(self, doubtful: Mapping[int, bool]) -> list[dict[str, Any]]:
        """Give the rows of what is to be reviewed; states of decisions are noted on the way."""
        rows: dict[str, dict[str, Any]] = {}
        for version in self._newest_of_each(doubtful):
            reading = self._reading(version)
            for found, reason, told in _doubts(reading):
                target = reading.target(self._place, found)
                row = self._row(target, reason, told, version, found.confidence)
                rows.setdefault(row["id"], row)  # the newest capture that has it
        by_match: dict[object, Correction] = {
            one.matches(): one for one in self._made if one.action in ON_VALUES
        }
        for row in rows.values():
            self._decide(row, by_match)
        for one in self._made:
            if one.action in ON_VALUES and self._is_witness(one):
                stale = self._stale(one)
                self._note(one, stale is not None)
                if stale is not None and one.target is not None:
                    target = Target(self._place, *(getattr(one.target, name) for name in _NAMED))
                    row = self._row(target, STALE, stale[1], stale[0], 0.0)
                    rows[row["id"]] = row | {"correction_id": one.number}
        assigned = {one.matches(): one.new for one in self._made if one.action == ASSIGN}
        for row in rows.values():
            row["assigned"] = assigned.get(_match(row)) or None
        return sorted(rows.values(), key=lambda row: str(row["id"]))

    def _newest_of_each(self, doubtful: Mapping[int, bool]) -> Iterator[_Version]:
        seen: set[int] = set()
        for version in self._versions:  # the newest first
            if version.extraction_id not in seen:
                seen.add(version.extraction_id)
                if len(seen) > _READINGS:
                    return
                if version.extraction_id in doubtful:
                    yield version

    def _reading(self, version: _Version) -> _Reading:
        known = self._readings.get(version.extraction_id)
        if known is None:
            found = observations_of(self._connection, version.extraction_id)
            known = _Reading(version, found, record_names(found))
            self._readings[version.extraction_id] = known
        return known

    def _row(
        self, target: Target, reason: str, told: str, version: _Version, confidence: float
    ) -> dict[str, Any]:
        return {
            "id": identity(target),
            "reason": reason,
            "state": "open",
            "place": self._place,
            "url_id": version.url_id,
            "timestamp": version.timestamp,
            "seq": version.seq,
            "kind": target.kind,
            "record": target.record,
            "field": target.field,
            "value": target.value,
            "confidence": confidence,
            "told": told,
            "correction_id": None,
            "assigned": None,
        }

    def _decide(self, row: dict[str, Any], by_match: Mapping[object, Correction]) -> None:
        for place in (self._place, site_of(self._place)):
            one = by_match.get((place, *_match(row)[1:]))
            if one is not None and one.covers(f"{row['timestamp']:014}"):
                row["state"], row["correction_id"] = "decided", one.number

    def _is_witness(self, one: Correction) -> bool:
        # A decision on a whole site is held against the page on which it was made.
        return one.target is not None and url_key(one.url) == self._place

    def _stale(self, one: Correction) -> tuple[_Version, str] | None:
        covered = [version for version in self._versions if one.covers(version.digits)]
        if not covered:
            return None  # nothing is read yet, or nothing any more
        newest = covered[0]
        seen = next(
            (each for each in covered if (each.digits, each.seq) == (one.timestamp, one.seq)),
            None,
        )
        if seen is not None and not _stands(one, self._reading(seen)):
            return seen, self._now(one, seen)
        there = self._values(one, newest)
        if there is not None and not _stands(one, self._reading(newest)):
            return newest, self._now(one, newest)
        return None

    def _values(self, one: Correction, version: _Version) -> list[str] | None:
        # What a reading has in the field of the record; None when it has no such record.
        reading = self._reading(version)
        assert one.target is not None  # noqa: S101 - as `_is_witness` says
        record = folded(one.target.record)
        numbers = {
            number
            for (kind, number), name in reading.names.items()
            if kind == one.target.kind and folded(name) == record
        }
        if not numbers:
            return None
        found = [
            each.value
            for each in reading.observations
            if each.kind == one.target.kind
            and each.record in numbers
            and each.field == one.target.field
        ]
        return list(dict.fromkeys(found)) or None

    def _now(self, one: Correction, version: _Version) -> str:
        values = self._values(one, version)
        if values is None:
            return "no such value is read there now"
        return f"read there now: {'; '.join(values)}"[:_LONGEST]

    def _note(self, one: Correction, is_stale: bool) -> None:
        state = STALE if is_stale else "active"
        if one.state != state:
            self._connection.execute(
                update(correction).where(correction.c.id == one.number).values(state=state)
            )


_NAMED = ("kind", "record", "field", "value")


def _match(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["place"], row["kind"], folded(row["record"]), row["field"], row["value"])


def _stands(one: Correction, reading: _Reading) -> bool:
    target = one.target
    assert target is not None  # noqa: S101 - as `_is_witness` says
    record = folded(target.record)
    same = [
        each
        for each in reading.observations
        if each.kind == target.kind and folded(reading.names[each.kind, each.record]) == record
    ]
    if one.action == ADD:  # the record is there, and the value that was missing still is
        return bool(same) and not any(
            each.field == target.field and each.value == one.new for each in same
        )
    return any(each.field == target.field and each.value == target.value for each in same)


def _doubts(reading: _Reading) -> Iterator[tuple[Observation, str, str]]:
    """Say which values of a reading are to be looked at, why, and what makes them so."""
    several: dict[tuple[int, str], list[str]] = {}
    checks: dict[int, dict[str, str]] = {}
    for each in reading.observations:
        if each.kind == "contact" and each.field in _ONE_EACH:
            several.setdefault((each.record, each.field), []).append(each.value)
        elif each.kind == "claim_check":
            checks.setdefault(each.record, {})[each.field] = each.value
    unresolved = _unresolved(
        (each.record, each.field, each.value)
        for each in reading.observations
        if each.kind == "partnership"
    )
    for each in reading.observations:
        if not each.value or len(each.value) > _LONGEST:
            continue
        others = several.get((each.record, each.field), []) if each.kind == "contact" else []
        others = [value for value in dict.fromkeys(others) if value != each.value]
        if each.kind == "claim_check":
            check = checks[each.record]
            if each.field == "claimed" and check.get("agrees") == "false":
                told = f"{check.get('found', '?')} found: {check.get('how', '')}"
                yield each, CLAIM, told[:_LONGEST]
        elif each.kind == "partnership" and each.field == "name" and each.record in unresolved:
            yield each, UNRESOLVED, _NO_CODE
        elif others:
            yield each, CONFLICT, f"also read: {'; '.join(others)}"[:_LONGEST]
        elif each.confidence < DOUBTFUL and each.field in _LOOKED_AT.get(each.kind, ()):
            yield each, LOW, ""


def _unresolved(stated: Iterable[tuple[int, str, str]]) -> set[int]:
    """The partnerships of a page that lead to no code, by what it states: number, field, value."""
    records: dict[int, dict[str, list[str]]] = {}
    for record, field, value in stated:
        records.setdefault(record, {}).setdefault(field, []).append(value)
    return {
        record
        for record, fields in records.items()
        for name in fields.get("name", ())[:1]
        if _code(name, fields) is None
    }


def _code(name: str, fields: Mapping[str, Sequence[str]]) -> str | None:
    region, country = (next(iter(fields.get(field, ())), None) for field in _RESOLVED_BY[2:])
    return code_of(name, fields.get("area", ()), region, country)


def _doubtful(connection: Connection, versions: Mapping[str, list[_Version]]) -> Mapping[int, bool]:
    # The readings worth looking through, found in the database: most have nothing doubtful.
    ids = sorted({one.extraction_id for some in versions.values() for one in some})
    found: dict[int, bool] = {}
    seen = observation.c
    low = and_(seen.confidence < DOUBTFUL, seen.kind.in_(tuple(_LOOKED_AT)))
    failed = and_(seen.kind == "claim_check", seen.field == "agrees", seen.value == "false")
    for some in _batches(ids):
        these = seen.extraction_id.in_(some)
        query = select(seen.extraction_id).where(these, or_(low, failed)).distinct()
        found |= dict.fromkeys(connection.scalars(query), True)
        conflicting = (
            select(seen.extraction_id)
            .where(these, seen.kind == "contact", seen.field.in_(_ONE_EACH))
            .group_by(seen.extraction_id, seen.record, seen.field)
            .having(func.count(distinct(seen.value)) > 1)
        )
        found |= dict.fromkeys(connection.scalars(conflicting), True)
        stated = (
            select(seen.extraction_id, seen.record, seen.field, seen.value)
            .where(these, seen.kind == "partnership", seen.field.in_(_RESOLVED_BY))
            .order_by(seen.extraction_id, seen.position)
        )
        for number, rows in groupby(connection.execute(stated), key=itemgetter(0)):
            if _unresolved((row[1], row[2], row[3]) for row in rows):
                found[number] = True
    return found


def _versions(connection: Connection, places: list[str]) -> dict[str, list[_Version]]:
    # The readings of each page, the newest first; those given up say nothing.
    given_up = select(extraction_failure.c.extraction_id)
    version = page_version.c
    query = (
        select(url.c.urlkey, version.url_id, version.timestamp, version.seq, version.extraction_id)
        .join(url, url.c.id == version.url_id)
        .where(url.c.urlkey.in_(places), version.extraction_id.not_in(given_up))
        .order_by(version.timestamp.desc(), version.url_id, version.seq.desc())
    )
    found: dict[str, list[_Version]] = {}
    for key, *rest in connection.execute(query):
        found.setdefault(key, []).append(_Version(*rest))
    return found


def _made(connection: Connection, places: list[str]) -> Decided:
    sites = {site_of(place) for place in places}
    query = (
        select(correction)
        .where(
            correction.c.place.in_([*places, *sorted(sites)]),
            correction.c.state.in_(("active", "stale")),
        )
        .order_by(correction.c.id)
    )
    return Decided(correction_of(row) for row in connection.execute(query))


def _item_ids(connection: Connection, places: list[str]) -> bool:
    query = select(review_item.c.id).where(review_item.c.place.in_(places)).limit(1)
    return connection.scalar(query) is not None


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    held = list(values)
    for start in range(0, len(held), _AT_ONCE):
        yield held[start : start + _AT_ONCE]
