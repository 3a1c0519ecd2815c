"""Entities put together from all readings, and kept in tables that can be made anew at will.

The tables hold who is seen in which capture with what state; runs, names and dates are worked out
of them when somebody asks, from captures in view alone (`extract.entities.histories`). So nothing
that is withdrawn later has to be taken out of them first.

Ids are digests of what they stand for. So the tables are the same whatever the order in which pages
were taken in or read, and the same again after `marsham rebuild`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from sqlalchemy import Connection, delete, func, insert, inspect, select

from extract.asof import Reading, readings_with
from extract.entities.grouping import Decision, Grouping, Seen, group_partnerships
from extract.entities.mentions import KINDS, contacts_in, partnerships_in
from extract.entities.names import name_key, slug_of
from extract.entities.observed import observations_by_reading
from extract.facts.observations import Observation
from extract.tables import (
    ENTITY_TABLES,
    entity,
    entity_build,
    entity_key,
    entity_relation,
    entity_sighting,
    entity_state,
    entity_view,
)
from snapshots.catalogue import insert_tuples
from snapshots.tables import metadata

__all__ = ["Edits", "View", "build_entities", "entities_made", "view_of"]

_RULES = 1  # one more whenever entities are put together otherwise than before
_AT_ONCE = 5_000  # rows

_SightingRow = tuple[str, int, int, int, str]  # kind, record, entity, state, name
_RelationRow = tuple[int, int, int, int, str]  # record, position, entity, predecessor, name
_EntityRow = tuple[int, str, str, int | None, str | None]  # the columns of the table


@dataclass(frozen=True, slots=True)
class View:
    """What one page shows of entities: rows of the tables, without the view's id.

    Attributes:
        sightings: kind, record, entity, state and name of each.
        relations: record, position, successor, predecessor and its name of each.
        entities: those that occur, as rows.
        states: those that occur: the fields as JSON by the state's id.
    """

    sightings: tuple[_SightingRow, ...]
    relations: tuple[_RelationRow, ...]
    entities: tuple[_EntityRow, ...]
    states: dict[int, str]

    def number(self) -> int:
        """Give the id, which is the same for views that show the same."""
        return _number(repr((self.sightings, self.relations)))


class Edits(Protocol):
    """What people changed in what was read."""

    def on(self, page: str, timestamp: str, /) -> tuple[int, ...]:
        """Give the numbers of the decisions that hold for a capture of a page, by its key."""

    def apply(
        self, observations: Sequence[Observation], page: str, timestamp: str, /
    ) -> Sequence[Observation]:
        """Give the observations of that capture as people have them."""


class _NoEdits:
    def on(self, page: str, timestamp: str) -> tuple[int, ...]:
        return ()

    def apply(
        self, observations: Sequence[Observation], page: str, timestamp: str
    ) -> Sequence[Observation]:
        return observations


_NO_EDITS = _NoEdits()


def entities_made(connection: Connection) -> bool:
    """Tell whether entities were put together at all."""
    made = inspect(connection).has_table(entity_build.name)
    return made and connection.scalar(select(entity_build.c.id)) is not None


def build_entities(
    connection: Connection,
    joined: Sequence[Decision] = (),
    parted: Sequence[Decision] = (),
    edits: Edits = _NO_EDITS,
) -> bool:
    """Put entities together from every reading in view, unless nothing has changed since.

    Args:
        connection: within a transaction.
        joined: pairs that people found to be one; of contacts too, by their keys.
        parted: pairs of partnerships that people found to be two.
        edits: what people changed in what was read.

    Returns:
        Whether anything had changed.

    Time grows with the number of captures and of observations: each is gone through twice, and a
    page's view is worked out once however often its bytes were captured. Memory grows with the
    number of readings that name anybody, at about 300 bytes each, and of entities.
    """
    metadata.create_all(connection, tables=ENTITY_TABLES)
    places, captures, made_of = _places(connection, (joined, parted), edits)
    if _is_whole(connection, captures, made_of):
        return False
    for table in reversed(ENTITY_TABLES):
        connection.execute(delete(table))
    grouping = group_partnerships(_seen(connection, places, edits), joined, parted)
    contacts = _joined_contacts(joined)
    views = _store_views(connection, places, edits, grouping, contacts)
    rows = []
    for reading in readings_with(connection, KINDS):
        view = views[reading.extraction_id, _kept_as(reading, edits)]
        rows.append((reading.url_id, reading.timestamp, reading.seq, view))
        if len(rows) == _AT_ONCE:
            insert_tuples(connection, entity_view, entity_view.c.keys(), rows)
            rows = []
    insert_tuples(connection, entity_view, entity_view.c.keys(), rows)
    connection.execute(insert(entity_build).values(id=1, made_of=made_of))
    return True


def view_of(
    observations: Sequence[Observation],
    site: str,
    page: str,
    grouping: Grouping,
    contacts: dict[str, str],
) -> View:
    """Work out what one reading of a page shows of entities.

    Args:
        observations: of the reading; those of other kinds are passed over.
        site: host of the page, without ``www.``.
        page: key of its address; whom a contact without any name belongs to.
        grouping: of all partnerships.
        contacts: by the key of a contact the one that people found it to be.
    """
    entities: dict[int, _EntityRow] = {}
    states: dict[int, str] = {}
    sightings: list[_SightingRow] = []
    relations: list[_RelationRow] = []

    def state(fields: dict[str, list[str]]) -> int:
        written = json.dumps(fields, ensure_ascii=False, sort_keys=True)
        number = _number(written)
        states[number] = written
        return number

    def partnership(key: str) -> int:
        number = _number(f"partnership {key}")
        entities[number] = (number, "partnership", key, None, grouping.codes.get(key))
        return number

    parents: dict[int, tuple[str, str]] = {}
    for listed in partnerships_in(observations):
        key = grouping.key_of(listed, site)
        own = partnership(key)
        parents[listed.record] = key, listed.name
        sightings.append(("partnership", listed.record, own, state(listed.state()), listed.name))
        for position, name in enumerate(listed.predecessors):
            before = grouping.key_of_name(name) or slug_of(name_key(name)) or slug_of(name)
            if before and before != key:
                other = partnership(before)
                relations.append((listed.record, position, own, other, name))
    for found in contacts_in(observations):
        if not found.details:
            continue
        parent = parents.get(-1 if found.parent is None else found.parent)
        if parent is not None:
            key = f"{parent[0]}/{found.slug or 'contact'}"
            subject = found.subject or parent[1]
        else:
            key = f"{site}/{found.slug or slug_of(page.partition(')')[2]) or 'contact'}"
            subject = found.subject or site
        key = contacts.get(key, key)
        number = _number(f"contact {key}")
        owner = key.rpartition("/")[0]  # of a contact that was joined it may be another
        owned = _number(f"partnership {owner}") if owner in grouping.keys else None
        entities[number] = (number, "contact", key, owned, None)
        sightings.append(("contact", found.record, number, state(found.details), subject))
    return View(tuple(sightings), tuple(relations), tuple(entities.values()), states)


_Kept = tuple[str, tuple[int, ...]]  # the site of a page, and the decisions that hold for it


@dataclass(slots=True)
class _Place:
    """Where a reading was captured under the same conditions."""

    pages: set[str]
    timestamp: str  # of any of the captures, for all have the same edits

    @property
    def page(self) -> str:
        return min(self.pages)


_Places = dict[int, dict[_Kept, _Place]]  # by the number of the reading


def _places(
    connection: Connection, decisions: tuple[Sequence[Decision], ...], edits: Edits
) -> tuple[_Places, int, bytes]:
    """Say of every reading where it was captured; count captures, and digest all that goes in."""
    digest = sha256(repr((_RULES, *map(sorted, decisions))).encode())
    places: _Places = {}
    captures = 0
    for reading in readings_with(connection, KINDS):
        kept = _kept_as(reading, edits)
        digest.update(repr((tuple(reading), kept)).encode())
        stamp = f"{reading.timestamp:014}"
        place = places.setdefault(reading.extraction_id, {}).setdefault(kept, _Place(set(), stamp))
        place.pages.add(reading.urlkey)
        captures += 1
    return places, captures, digest.digest()


def _is_whole(connection: Connection, captures: int, made_of: bytes) -> bool:
    # A rebuild empties only what points at captures.
    same = connection.scalar(select(entity_build.c.made_of)) == made_of
    return same and connection.scalar(select(func.count()).select_from(entity_view)) == captures


def _seen(connection: Connection, places: _Places, edits: Edits) -> Iterator[Seen]:
    for number, observations in observations_by_reading(connection, ("partnership",)):
        for (site, _), place in places.get(number, {}).items():
            edited = edits.apply(observations, place.page, place.timestamp)
            if found := partnerships_in(edited):
                yield Seen(site, frozenset(place.pages), found)


def _store_views(
    connection: Connection,
    places: _Places,
    edits: Edits,
    grouping: Grouping,
    contacts: dict[str, str],
) -> dict[tuple[int, _Kept], int]:
    views: dict[tuple[int, _Kept], int] = {}
    stored: set[int] = set()
    store = _Store(connection)
    for number, observations in observations_by_reading(connection, KINDS):
        for kept, place in places.get(number, {}).items():
            edited = edits.apply(observations, place.page, place.timestamp)
            view = view_of(edited, kept[0], place.page, grouping, contacts)
            own = views[number, kept] = view.number()
            if own not in stored:
                stored.add(own)
                store.add(own, view)
    store.finish(grouping, contacts)
    return views


class _Store:
    """Writes views, in batches; what they point at comes first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entities: set[int] = set()
        self._states: set[int] = set()
        self._waiting: dict[str, list[tuple[object, ...]]] = {
            table.name: [] for table in (entity, entity_state, entity_sighting, entity_relation)
        }

    def add(self, number: int, view: View) -> None:
        waiting = self._waiting
        for row in view.entities:
            if row[0] not in self._entities:
                self._entities.add(row[0])
                waiting[entity.name].append(row)
        for state, fields in view.states.items():
            if state not in self._states:
                self._states.add(state)
                waiting[entity_state.name].append((state, fields))
        waiting[entity_sighting.name].extend((number, *row) for row in view.sightings)
        waiting[entity_relation.name].extend((number, *row) for row in view.relations)
        if sum(map(len, waiting.values())) >= _AT_ONCE:
            self._write()

    def finish(self, grouping: Grouping, contacts: dict[str, str]) -> None:
        self._write()
        keys = [("partnership", *pair) for pair in grouping.keys.items()]
        keys += [("contact", *pair) for pair in contacts.items()]
        rows = [
            (kind, other, number)
            for kind, other, key in keys
            if other != key and (number := _number(f"{kind} {key}")) in self._entities
        ]
        insert_tuples(self._connection, entity_key, entity_key.c.keys(), rows)

    def _write(self) -> None:
        for table in (entity, entity_state, entity_sighting, entity_relation):
            insert_tuples(self._connection, table, table.c.keys(), self._waiting[table.name])
            self._waiting[table.name].clear()


def _joined_contacts(joined: Sequence[Decision]) -> dict[str, str]:
    """Lead every key of a contact that was joined to the first of those it was joined with."""
    groups: dict[str, set[str]] = {}
    for one, other in joined:
        if "/" in one and "/" in other:
            both = groups.get(one, {one}) | groups.get(other, {other})
            groups.update(dict.fromkeys(both, both))
    return {key: min(group) for key, group in groups.items() if key != min(group)}


def _kept_as(reading: Reading, edits: Edits) -> _Kept:
    site = ".".join(reversed(reading.urlkey.partition(")")[0].split(",")))
    return site, edits.on(reading.urlkey, f"{reading.timestamp:014}")


def _number(text: str) -> int:
    # 62 bits: two of a million are the same once in some million archives.
    return int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 2
