"""Who stood at a date: partnerships and contacts on the newest version of every page up to then."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, inspect, select

from archiver.records import Capture
from archiver.urls import url_key
from extract.asof import newest_states
from extract.entities.codes import Reference, reference_of
from extract.entities.names import kind_named
from extract.entities.runs import Source
from extract.reference.places import region_of
from extract.tables import entity, entity_sighting, entity_state, entity_view
from snapshots.tables import same_capture, url

__all__ = ["ContactAsOf", "PartnershipAsOf", "contacts_as_of", "named_by", "partnerships_as_of"]

_AT_ONCE = 500  # views of one query


@dataclass(frozen=True, slots=True)
class PartnershipAsOf:
    """A partnership as of a date.

    Attributes:
        key: its stable name.
        name: as the newest page has it.
        kind: CDRP or CSP by that name; None when the name does not say.
        names: all spellings that stood, and aliases.
        areas: as pages state them; so are the next three.
        region: of England; None where no page says.
        country: England or Wales.
        police_force: as named.
        code: in the reference list.
        reference: what that list says, beside what pages say.
        sources: the captures that show it, the newest first.
    """

    key: str
    name: str
    kind: str | None
    names: tuple[str, ...]
    areas: tuple[str, ...]
    region: str | None
    country: str | None
    police_force: str | None
    code: str | None
    reference: Reference | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ContactAsOf:
    """A contact as of a date.

    Attributes:
        key: its stable name.
        subject: whom one reaches: organisation, unit and role.
        partnership: key of the partnership it belongs to; None for others.
        partnership_name: its name on the same page.
        details: fields with their values, of each record that says something else.
        sources: the captures that show it, the newest first.
    """

    key: str
    subject: str
    partnership: str | None
    partnership_name: str | None
    details: tuple[dict[str, list[str]], ...]
    sources: tuple[Source, ...]


def partnerships_as_of(
    connection: Connection,
    moment: datetime,
    *,
    region: str = "",
    force: str = "",
    country: str = "",
) -> list[PartnershipAsOf]:
    """Give the partnerships that pages listed at a moment, by name.

    Args:
        connection: of the catalogue.
        moment: an aware datetime.
        region: only those of an English region, written as pages write it.
        force: only those of a police force, by any part of its name.
        country: England or Wales.

    Filters look at what pages state, and at the reference list only where pages state nothing.
    """
    found = [
        partnership
        for sightings in _by_entity(connection, moment, "partnership").values()
        if _fits(partnership := _partnership(sightings), region, force, country)
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.key))


def contacts_as_of(
    connection: Connection, moment: datetime, *, words: str = ""
) -> list[ContactAsOf]:
    """Give the contacts that pages named at a moment, by subject.

    Args:
        connection: of the catalogue.
        moment: an aware datetime.
        words: only those in whose subject, partnership or details all these words stand.
    """
    wanted = words.casefold().split()
    names = {
        sightings[0].partnership_id: sightings[0].name
        for sightings in _by_entity(connection, moment, "partnership").values()
    }
    found = []
    for sightings in _by_entity(connection, moment, "contact").values():
        contact = _contact(sightings, names)
        if not wanted or _has(contact, wanted):
            found.append(contact)
    return sorted(found, key=lambda one: (one.subject.casefold(), one.key))


def named_by(
    connection: Connection, capture: Capture, *, limit: int = 100
) -> list[tuple[str, str, str]]:
    """Give kind, key and name of those that a capture in view names, in their order on the page."""
    if not inspect(connection).has_table(entity_view.name):
        return []
    query = (
        select(entity.c.kind, entity.c.key, entity_sighting.c.name)
        .join(entity_sighting, entity_sighting.c.entity_id == entity.c.id)
        .join(entity_view, entity_view.c.view_id == entity_sighting.c.view_id)
        .join(url, url.c.id == entity_view.c.url_id)
        .where(
            url.c.urlkey == url_key(capture.url),
            url.c.url == capture.url,
            entity_view.c.timestamp == int(capture.timestamp),
            entity_view.c.seq == capture.number,
        )
        .order_by(entity.c.kind.desc(), entity_sighting.c.record)
        .limit(limit)
    )
    return list(dict.fromkeys((kind, key, name) for kind, key, name in connection.execute(query)))


@dataclass(frozen=True, slots=True)
class _Sighting:
    entity_id: int
    key: str
    partnership_id: int | None  # a partnership's own id
    code: str | None
    name: str
    fields: str
    source: Source


def _by_entity(connection: Connection, moment: datetime, kind: str) -> dict[int, list[_Sighting]]:
    """The sightings of each entity on pages as of a moment, the newest first."""
    captures: dict[int, list[Source]] = {}
    for view, source in _standing(connection, moment):
        captures.setdefault(view, []).append(source)
    found: dict[int, list[_Sighting]] = {}
    for row in _sightings(connection, sorted(captures), kind):
        view, number, key, owner, code, name, fields = row
        owner = number if kind == "partnership" else owner
        found.setdefault(number, []).extend(
            _Sighting(number, key, owner, code, name, fields, source) for source in captures[view]
        )
    for sightings in found.values():
        # Of several of one second the last of the spellings: any, but always the same.
        sightings.sort(key=lambda one: (one.source, one.name, one.fields), reverse=True)
    return found


def _standing(connection: Connection, moment: datetime) -> Iterator[tuple[int, Source]]:
    """The views of all pages as of a moment; of spellings of one address only the newest counts."""
    newest = newest_states(moment)
    shown = same_capture(entity_view, newest)
    query = (
        select(url.c.urlkey, url.c.url, newest.c.timestamp, newest.c.seq, entity_view.c.view_id)
        .select_from(newest)
        .join(url, url.c.id == newest.c.url_id)
        .outerjoin(entity_view, shown)
        .where(newest.c.rank == 1, newest.c.extraction_id.is_not(None))
        .order_by(url.c.urlkey, newest.c.timestamp.desc(), url.c.url)
    )
    last_key = None
    for key, address, timestamp, seq, view in connection.execute(query):
        if key != last_key and view is not None:
            yield view, Source(f"{timestamp:014}", address, seq)
        last_key = key


def _sightings(
    connection: Connection, views: Sequence[int], kind: str
) -> Iterator[tuple[int, int, str, int | None, str | None, str, str]]:
    for start in range(0, len(views), _AT_ONCE):
        query = (
            select(
                entity_sighting.c.view_id,
                entity.c.id,
                entity.c.key,
                entity.c.partnership_id,
                entity.c.code,
                entity_sighting.c.name,
                entity_state.c.fields,
            )
            .join(entity, entity.c.id == entity_sighting.c.entity_id)
            .join(entity_state, entity_state.c.id == entity_sighting.c.state_id)
            .where(
                entity_sighting.c.kind == kind,
                entity_sighting.c.view_id.in_(views[start : start + _AT_ONCE]),
            )
        )
        for row in connection.execute(query):
            yield tuple(row)


def _partnership(sightings: Sequence[_Sighting]) -> PartnershipAsOf:
    first = sightings[0]
    states = [_fields(one.fields) for one in sightings]

    def stated(field: str) -> str | None:
        return next((values[0] for state in states if (values := state.get(field))), None)

    aliases = (alias for state in states for alias in state.get("alias", ()))
    return PartnershipAsOf(
        first.key,
        first.name,
        kind_named(first.name),
        tuple(dict.fromkeys([*(one.name for one in sightings), *aliases])),
        tuple(next((state["area"] for state in states if "area" in state), ())),
        stated("region"),
        stated("country"),
        stated("police_force"),
        first.code,
        reference_of(first.code),
        _sources(sightings),
    )


def _contact(sightings: Sequence[_Sighting], names: dict[int | None, str]) -> ContactAsOf:
    first = sightings[0]
    owner = first.key.rpartition("/")[0] if first.partnership_id is not None else None
    written = dict.fromkeys(one.fields for one in sightings)
    return ContactAsOf(
        first.key,
        first.name,
        owner,
        names.get(first.partnership_id) if owner else None,
        tuple(map(_fields, written)),
        _sources(sightings),
    )


def _sources(sightings: Iterable[_Sighting]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(one.source for one in sightings))


@lru_cache(maxsize=4096)
def _parsed(written: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(values)) for name, values in json.loads(written).items())


def _fields(written: str) -> dict[str, list[str]]:
    return {name: list(values) for name, values in _parsed(written)}


def _fits(found: PartnershipAsOf, region: str, force: str, country: str) -> bool:
    listed = found.reference
    if region:
        own = found.region or (listed.region if listed else "")
        if (region_of(own) or own).casefold() != (region_of(region) or region).casefold():
            return False
    if force:
        own = found.police_force or (listed.police_force if listed else "")
        if force.casefold() not in own.casefold():
            return False
    own = found.country or (listed.country if listed else "")
    return not country or own.casefold() == country.casefold()


def _has(found: ContactAsOf, wanted: Iterable[str]) -> bool:
    values = (value for record in found.details for several in record.values() for value in several)
    text = " ".join([found.subject, found.partnership_name or "", *values]).casefold()
    return all(word in text for word in wanted)
