"""Observations as people corrected them: a view, laid over what was read and changing none of it.

`corrected` is the one function through which values reach whoever shows them. A corrected value
keeps what the page prints (`raw`) and its place; its rule is ``correction:`` and the number of the
decision, and its confidence 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, inspect, select

from extract.corrections.decisions import (
    ADD,
    CONFIRM,
    CORRECT,
    ON_VALUES,
    REJECT,
    Correction,
    Target,
    site_of,
)
from extract.corrections.naming import folded, record_names
from extract.facts.observations import Observation
from extract.tables import correction
from extract.withdrawn import value_pattern
from snapshots.tables import withdrawal
from snapshots.visible import in_force

__all__ = ["NOTHING_DECIDED", "Corrected", "Decided", "corrected", "correction_of", "decided"]

_RULE = "correction"
_PART = "region"  # of the page, which every contact has
_ESSENTIAL = {  # without it there is no record of its kind
    "attachment": ("url",),
    "authority": ("name",),
    "claim_check": ("claimed", "found"),
    "count": ("what", "number"),
    "date": ("type", "date"),
    "heading": ("level", "text"),
    "legal": ("act",),
    "link": ("url",),
    "partnership": ("name",),
}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value that a person decided on.

    Attributes:
        original: as it was read; None for one that was added.
        shown: as it is shown; None for one that was rejected.
        correction: who decided it, when and why.
    """

    original: Observation | None
    shown: Observation | None
    correction: Correction

    @property
    def observation(self) -> Observation:
        """The value as it is shown; of one that was rejected, as it was read."""
        found = self.shown or self.original
        assert found is not None  # noqa: S101 - one of the two is there
        return found

    def __str__(self) -> str:
        """Say it in a sentence, for people."""
        one, found = self.correction, self.observation
        by = f"by {one.author} on {one.decided[:4]}-{one.decided[4:6]}-{one.decided[6:8]}"
        if self.original is None:
            return f"{found.field}: {found.value} was added {by}: {one.reason}"
        was = self.original.value
        if self.shown is None:
            return f"{found.field}: {was} was rejected {by}: {one.reason}"
        if one.action == CONFIRM:
            return f"{found.field}: {was} was confirmed {by}: {one.reason}"
        return f"{found.field}: {found.value}, read as {was}, was corrected {by}: {one.reason}"


class Decided:
    """The decisions on values that hold, found by page.

    Args:
        made: those that nothing took the place of.
        withheld: numbers of those that tell what was withdrawn since: they are not told, and the
            value they were on is not shown either.
    """

    def __init__(self, made: Iterable[Correction], withheld: frozenset[int] = frozenset()) -> None:
        self.withheld = withheld
        self._by_place: dict[str, list[Correction]] = {}
        for one in made:
            if one.target is not None:
                self._by_place.setdefault(one.target.place, []).append(one)

    def on(self, place: str, timestamp: str) -> tuple[int, ...]:
        """Say in numbers what a capture is shown with; others where it is shown otherwise."""
        found = self.holding(place, timestamp)
        return tuple(-one.number if one.number in self.withheld else one.number for one in found)

    def apply(
        self, observations: Sequence[Observation], place: str, timestamp: str
    ) -> Sequence[Observation]:
        """Give the observations of a capture as people have them; see `corrected`."""
        return corrected(observations, self, place, timestamp)[0]

    def holding(self, place: str, timestamp: str | None = None) -> list[Correction]:
        """Give those that hold for a page, or for a capture of it, in the order of their numbers.

        Args:
            place: the page's key.
            timestamp: 14 digits; None for every capture.
        """
        if not self._by_place:
            return []
        found = [*self._by_place.get(place, ()), *self._by_place.get(site_of(place), ())]
        found = [one for one in found if timestamp is None or one.covers(timestamp)]
        return sorted(found, key=lambda one: one.number)


NOTHING_DECIDED: Final = Decided(())


def decided(connection: Connection, place: str | None = None) -> Decided:
    """Give the decisions on values that hold in an archive, or for one page of it.

    Args:
        connection: a connection of the catalogue.
        place: the page's key; None for all pages.
    """
    if not inspect(connection).has_table(correction.name):
        return NOTHING_DECIDED
    query = (
        select(correction)
        .where(correction.c.action.in_(ON_VALUES), correction.c.state.in_(("active", "stale")))
        .order_by(correction.c.id)
    )
    if place is not None:
        query = query.where(correction.c.place.in_((place, site_of(place))))
    made = [correction_of(row) for row in connection.execute(query)]
    if not made:
        return NOTHING_DECIDED
    values = select(withdrawal.c.target).where(withdrawal.c.kind == "value", in_force())
    patterns = [value_pattern(value) for value in connection.scalars(values)]
    return Decided(
        made,
        frozenset(
            one.number
            for one in made
            if any(pattern.search(text) for pattern in patterns for text in _texts(one))
        ),
    )


def corrected(
    observations: Sequence[Observation], held: Decided, place: str, timestamp: str
) -> tuple[tuple[Observation, ...], tuple[Corrected, ...]]:
    """Give the observations of a capture as people corrected them, and what was decided on them.

    Args:
        observations: of the capture's reading, in their order.
        held: the decisions of the archive; see `decided`.
        place: key of the page.
        timestamp: 14 digits, of the capture.

    A decision holds where the value is still read as it was when it was decided, and nowhere else.
    Of several on one value the latest that covers the capture does. A record whose essential value
    was rejected is left out whole.
    """
    wanted = held.holding(place, timestamp)
    if not wanted:
        return tuple(observations), ()
    names = {key: folded(name) for key, name in record_names(observations).items()}
    on_values = {_key(one): one for one in wanted if one.action != ADD}
    shown: list[Observation] = []
    made: list[Corrected] = []
    known: set[tuple[object, ...]] = set()
    for each in observations:
        one = on_values.get((each.kind, names[each.kind, each.record], each.field, each.value))
        after = each if one is None else _after(each, one, held)
        if one is not None and one.number not in held.withheld:
            made.append(Corrected(each, after, one))
        if after is None:
            continue
        if one is not None and _same(after) in known:
            continue  # the record has that value already
        known.add(_same(after))
        shown.append(after)
    for one in wanted:
        if one.action == ADD and one.number not in held.withheld:
            for added in _added(one, observations, names):
                if _same(added) not in known:
                    known.add(_same(added))
                    shown.append(added)
                    made.append(Corrected(None, added, one))
    return tuple(_whole(observations, shown)), tuple(made)


def correction_of(row: object) -> Correction:
    """Read a row of the table of corrections."""
    told = row._mapping  # type: ignore[attr-defined]
    target = None
    if told["value"] is not None:
        target = Target(told["place"], told["kind"], told["record"], told["field"], told["value"])
    return Correction(
        number=told["id"],
        action=told["action"],
        reach=told["reach"],
        target=target,
        url=told["url"],
        timestamp=_digits(told["timestamp"]),
        seq=told["seq"] or 0,
        new=told["new"] or "",
        reason=told["reason"],
        author=told["author"],
        decided=f"{told['decided']:014}",
        first=_digits(told["first"]),
        last=_digits(told["last"]),
        state=told["state"],
        superseded_by=told["superseded_by"],
    )


def _key(one: Correction) -> tuple[str, str, str, str]:
    assert one.target is not None  # noqa: S101 - `Decided` holds no others
    target = one.target
    return (target.kind, folded(target.record), target.field, target.value)


def _after(each: Observation, one: Correction, held: Decided) -> Observation | None:
    if one.action == REJECT or one.number in held.withheld:
        return None
    value = one.new if one.action == CORRECT else each.value
    rule = f"{_RULE}:{one.number}" if one.action == CORRECT else each.rule
    return each._replace(value=value, rule=rule, confidence=1.0)


def _added(
    one: Correction, observations: Sequence[Observation], names: dict[tuple[str, int], str]
) -> Iterable[Observation]:
    kind, record, field, _ = _key(one)
    for each in observations:
        if each.kind == kind and names[each.kind, each.record] == record:
            yield Observation(
                *(kind, each.record, each.parent, field, "", one.new),
                *(None, None, _RULE, f"{_RULE}:{one.number}", 1.0),
            )
            return  # of several records that are called the same, the first


def _same(each: Observation) -> tuple[object, ...]:
    return (each.kind, each.record, each.field, each.value)


def _whole(before: Sequence[Observation], after: list[Observation]) -> Iterable[Observation]:
    # A record that lost what makes it one goes whole; contacts of a partnership stay.
    has = {(each.kind, each.record, each.field) for each in after}
    gone = {
        (each.kind, each.record)
        for each in before
        if each.field in _ESSENTIAL.get(each.kind, ())
        and (each.kind, each.record, each.field) not in has
    }
    gone |= {(each.kind, each.record) for each in before if each.kind == "contact"} - {
        (each.kind, each.record) for each in after if each.field != _PART
    }
    for each in after:
        if (each.kind, each.record) in gone:
            continue
        if each.parent is not None and ("partnership", each.parent) in gone:
            each = each._replace(parent=None)
        yield each


def _texts(one: Correction) -> Iterable[str]:
    return (one.new, one.reason, one.author)


def _digits(timestamp: int | None) -> str | None:
    return None if timestamp is None else f"{timestamp:014}"
