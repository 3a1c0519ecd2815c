"""The history of one partnership or contact: its names, its states in runs, and what shows them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from extract.asof import Deciding, deciding_captures
from extract.entities.building import entities_made
from extract.entities.codes import Reference, reference_of
from extract.entities.names import kind_named, name_key, slug_of
from extract.entities.observed import places_of_values
from extract.entities.runs import Evidence, Look, Run, Source, evidence_at, runs_of
from extract.tables import (
    entity,
    entity_key,
    entity_relation,
    entity_sighting,
    entity_state,
    entity_view,
)
from snapshots.tables import capture, same_capture, url
from snapshots.visible import visible

__all__ = [
    "DatedName",
    "Detail",
    "History",
    "Relation",
    "State",
    "find_keys",
    "history_of",
    "spelling_keys",
]

_AT_ONCE = 500  # of whatever one query looks up
_MOST = 100  # entities that a name may mean


@dataclass(frozen=True, slots=True)
class DatedName:
    """One spelling of a name.

    Attributes:
        name: as printed, or an alias as read.
        kind: CDRP or CSP where the name says so.
        sources: the captures that have it, the oldest first.
    """

    name: str
    kind: str | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One value of a state.

    Attributes:
        record: number of the record on the page; values of one record belong together.
        field: such as phone.
        value: as read.
        raw: as printed on the page of the newest capture; empty where that is not kept.
        reading: number of the reading that has it; with the position it leads to the evidence.
        position: among the observations of that reading; None for a value nobody read so.
    """

    record: int
    field: str
    value: str
    raw: str
    reading: int
    position: int | None


@dataclass(frozen=True, slots=True)
class State:
    """A run, and what is said in it, with evidence from its newest capture."""

    run: Run
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A partnership that replaced this one, or was replaced by it.

    Attributes:
        key: of the other.
        name: of the other: of a predecessor as the page has it.
        is_predecessor: whether the other is the older one.
        sources: the captures that say so, the oldest first.
    """

    key: str
    name: str
    is_predecessor: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class History:
    """All that the archive shows of one entity.

    Attributes:
        kind: partnership or contact.
        key: its stable name.
        name: the newest.
        names: all, by first capture.
        states: what was said of it, by first capture.
        code: of a partnership, in the reference list.
        reference: what that list says.
        relations: of a partnership.
        contacts: of a partnership.
        partnership: key of the partnership a contact belongs to.
    """

    kind: str
    key: str
    name: str
    names: tuple[DatedName, ...]
    states: tuple[State, ...]
    code: str | None = None
    reference: Reference | None = None
    relations: tuple[Relation, ...] = ()
    contacts: tuple["History", ...] = ()
    partnership: str | None = None

    def at(self, moment: datetime) -> list[tuple[Evidence, State | None]]:
        """Say what is known of a moment; see `extract.entities.runs.evidence_at`."""
        by_run = {state.run: state for state in self.states}
        found = evidence_at([state.run for state in self.states], moment)
        return [(one, by_run[one.run] if one.run else None) for one in found]


def spelling_keys(connection: Connection, kind: str, key: str) -> list[str]:
    """Give every key that leads to an entity, its own first; only that when there are no others."""
    others = (
        select(entity_key.c.key)
        .join(entity, entity.c.id == entity_key.c.entity_id)
        .where(entity.c.kind == kind, entity.c.key == key, entity_key.c.kind == kind)
        .order_by(entity_key.c.key)
    )
    return [key, *connection.scalars(others)]


def find_keys(connection: Connection, text: str) -> list[tuple[str, str]]:
    """Find whom a key or a name means.

    Returns:
        Kind and key of each entity: one where the text is the key of any spelling, else those whose
        key begins with it, and contacts of any site called so; empty when there are none.
    """
    if not entities_made(connection):
        return []
    text = text.replace("\0", " ").strip()
    named = select(entity.c.kind, entity.c.key).where(_in_view())
    for tried in dict.fromkeys([text, slug_of(name_key(text)), slug_of(text)]):
        own = named.where(entity.c.key == tried)
        other = named.join(entity_key, entity_key.c.entity_id == entity.c.id).where(
            entity_key.c.key == tried
        )
        for query in (own, other):
            if tried and (rows := connection.execute(query.order_by(entity.c.kind)).all()):
                return [(kind, key) for kind, key in rows]
    start, whole = slug_of(name_key(text)), slug_of(text)
    if not whole:
        return []
    meant = [entity.c.key.endswith(f"/{whole}", autoescape=True)]
    if start:
        meant.append(and_(entity.c.key >= start, entity.c.key < start + "\x7f"))
    query = named.where(or_(*meant)).order_by(entity.c.kind.desc(), entity.c.key).limit(_MOST)
    return [(kind, key) for kind, key in connection.execute(query)]


def history_of(connection: Connection, kind: str, key: str) -> History | None:
    """Give the history of an entity by its own key; None when no capture in view names it.

    Args:
        connection: of the catalogue.
        kind: partnership or contact.
        key: its stable name.

    Cost grows with the number of captures of the pages that name it.
    """
    if not entities_made(connection):
        return None
    row = connection.execute(
        select(entity).where(entity.c.kind == kind, entity.c.key == key.replace("\0", ""))
    ).first()
    if row is None:
        return None
    related = _related(connection, row.id)
    owned = select(entity).where(entity.c.partnership_id == row.id).order_by(entity.c.key)
    contacts = connection.execute(owned).all()
    others = {number for _, *both, _ in related for number in both} - {row.id}
    keys = dict(
        connection.execute(select(entity.c.id, entity.c.key).where(entity.c.id.in_(others))).all()
    )
    seen = _Sightings(
        connection,
        [row.id, *(contact.id for contact in contacts), *sorted(others)],
        {view for view, *_ in related},
    )
    names, relations = seen.names(row.id), _relations(row.id, related, keys, seen)
    if not names and not relations:
        return None
    # Who is known only as somebody's predecessor has the name that is given there.
    named = (name for view, _, other, name in related if other == row.id and seen.sources({view}))
    return History(
        kind,
        key,
        _newest(names) or next(named, key),
        names,
        seen.states(row.id),
        code=row.code,
        reference=reference_of(row.code),
        relations=relations,
        contacts=tuple(
            History("contact", one.key, _newest(own), own, seen.states(one.id), partnership=key)
            for one in contacts
            if (own := seen.names(one.id))
        ),
        partnership=key.rpartition("/")[0] if row.partnership_id is not None else None,
    )


def _in_view() -> ColumnElement[bool]:
    # Whether any capture in view names an entity.
    shown = (
        select(entity_view.c.view_id)
        .join(capture, same_capture(entity_view))
        .join(url, url.c.id == capture.c.url_id)
        .where(visible())
    )
    seen = shown.join(entity_sighting, entity_sighting.c.view_id == entity_view.c.view_id)
    related = shown.join(entity_relation, entity_relation.c.view_id == entity_view.c.view_id)
    return or_(
        seen.where(entity_sighting.c.entity_id == entity.c.id).exists(),
        related.where(entity_relation.c.other_id == entity.c.id).exists(),
    )


_ViewRow = tuple[int, int, str, int, int, str]  # view, entity, kind, record, state, name
_RelationRow = tuple[int, int, int, str]  # view, successor, predecessor, its name


class _Sightings:
    """What captures in view say of some entities."""

    def __init__(
        self, connection: Connection, entities: Sequence[int], more: Collection[int]
    ) -> None:
        self._connection = connection
        self._records: dict[tuple[int, int], list[tuple[str, int, int, str]]] = {}
        self._fields: dict[int, dict[str, list[str]]] = {}
        rows = list(_of_entities(connection, entities))
        for view, number, kind, record, state, name in rows:
            self._records.setdefault((view, number), []).append((kind, record, state, name))
        self._views: dict[int, set[int]] = {}
        for view, number, *_ in rows:
            self._views.setdefault(number, set()).add(view)
        for some in _batches(sorted({row[4] for row in rows})):
            query = select(entity_state).where(entity_state.c.id.in_(some))
            for number, written in connection.execute(query):
                self._fields[number] = json.loads(written)
        self._looked: dict[str, list[tuple[Deciding, int | None]]] = {}
        views = {row[0] for row in rows} | set(more)
        self._look(views)
        self._pages: dict[int, set[str]] = {}  # of a view: the keys of the pages that had it
        for page, captures in self._looked.items():
            for _, shown in captures:
                if shown in views:
                    self._pages.setdefault(shown, set()).add(page)

    def _look(self, views: Collection[int]) -> None:
        keys: set[str] = set()
        shown: dict[tuple[int, int, int], int] = {}
        for some in _batches(sorted(views)):
            query = (
                select(entity_view, url.c.urlkey)
                .join(url, url.c.id == entity_view.c.url_id)
                .where(entity_view.c.view_id.in_(some))
            )
            for url_id, timestamp, seq, view, key in self._connection.execute(query):
                shown[url_id, timestamp, seq] = view
                keys.add(key)
        for found in deciding_captures(self._connection, sorted(keys)):
            own = shown.get((found.url_id, found.timestamp, found.seq))
            self._looked.setdefault(found.urlkey, []).append((found, own))

    def sources(self, views: Collection[int]) -> tuple[Source, ...]:
        """The captures in view that show any of some views, the oldest first."""
        pages = {page for view in views for page in self._pages.get(view, ())}
        return tuple(
            sorted(
                _source(found)
                for page in pages
                for found, view in self._looked[page]
                if view in views
            )
        )

    def names(self, number: int) -> tuple[DatedName, ...]:
        """The names of an entity, by first capture."""
        views: dict[str, set[int]] = {}
        for view in self._views.get(number, ()):
            for _, _, state, name in self._records[view, number]:
                for one in (name, *self._fields[state].get("alias", ())):
                    views.setdefault(one, set()).add(view)
        found = [
            DatedName(name, kind_named(name), sources)
            for name, having in views.items()
            if (sources := self.sources(having))
        ]
        return tuple(sorted(found, key=lambda one: (one.sources[0], one.name)))

    def states(self, number: int) -> tuple[State, ...]:
        """The states of an entity in runs, by first capture."""
        own = self._views.get(number, set())
        pages = {page for view in own for page in self._pages.get(view, ())}
        looks: list[Look] = []
        shown: dict[Source, tuple[int, int]] = {}  # by capture its reading and view
        for page in pages:
            for found, view in self._looked[page]:
                said: frozenset[int] = frozenset()
                source = _source(found)
                if view is not None and view in own:
                    said = frozenset(record[2] for record in self._records[view, number])
                    shown[source] = found.extraction_id or 0, view
                looks.append(Look(page, source, said, found.extraction_id is not None))
        return tuple(
            State(run, self._details(number, *shown[run.sources[-1]])) for run in runs_of(looks)
        )

    def _details(self, number: int, reading: int, view: int) -> tuple[Detail, ...]:
        seen = sorted(self._records[view, number])[:_AT_ONCE]
        kind, records = seen[0][0], [record for _, record, _, _ in seen]
        places = places_of_values(self._connection, reading, kind, records)
        told = []
        for _, record, state, _ in seen:
            for field, values in self._fields[state].items():
                for value in values:
                    position, raw = places.get((record, field, value), (None, ""))
                    told.append(Detail(record, field, value, raw, reading, position))
        return tuple(told)


def _of_entities(connection: Connection, entities: Sequence[int]) -> Iterable[_ViewRow]:
    row = entity_sighting.c
    for some in _batches(entities):
        query = select(
            row.view_id, row.entity_id, row.kind, row.record, row.state_id, row.name
        ).where(row.entity_id.in_(some))
        for found in connection.execute(query.order_by(row.view_id, row.record)):
            yield tuple(found)


def _related(connection: Connection, number: int) -> list[_RelationRow]:
    row = entity_relation.c
    query = select(row.view_id, row.entity_id, row.other_id, row.name).where(
        (row.entity_id == number) | (row.other_id == number)
    )
    return [tuple(found) for found in connection.execute(query.order_by(row.name, row.view_id))]


def _relations(
    number: int, rows: Iterable[_RelationRow], keys: Mapping[int, str], seen: _Sightings
) -> tuple[Relation, ...]:
    """The relations of an entity, by first capture."""
    views: dict[tuple[int, bool, str], set[int]] = {}
    for view, successor, predecessor, name in rows:
        older = successor == number
        other = predecessor if older else successor
        said = name if older else _newest(seen.names(other)) or keys[other]
        views.setdefault((other, older, said), set()).add(view)
    found = [
        Relation(keys[other], name, older, sources)
        for (other, older, name), having in views.items()
        if (sources := seen.sources(having))
    ]
    return tuple(sorted(found, key=lambda one: (one.sources[0], one.key, one.name)))


def _source(found: Deciding) -> Source:
    return Source(f"{found.timestamp:014}", found.url, found.seq)


def _newest(names: Sequence[DatedName]) -> str:
    # Of names that the newest capture has, that which was there the longest.
    best = max(names, key=lambda one: (one.sources[-1], len(one.sources), one.name), default=None)
    return best.name if best else ""


def _batches(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
