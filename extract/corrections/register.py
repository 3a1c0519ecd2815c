"""The register of decisions on values: written to the journal first, then put in force.

The tables are made from the journal, so that the two cannot tell different things. If an
interruption comes between, whoever writes next (`marsham extract`, `marsham review`,
`marsham rebuild`) puts in force what the journal decides.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select

from archiver.errors import DamagedError, InputError
from archiver.software import software_name
from archiver.timestamps import format_timestamp
from archiver.urls import url_key
from extract.corrections.decisions import (
    ENTRY_TYPE,
    MERGE,
    SPLIT,
    Correction,
    Target,
    as_entry,
    corrections_of,
    digest_of,
    replaced_by,
    with_states,
)
from extract.corrections.holding import hold
from extract.corrections.view import correction_of
from extract.tables import FACT_TABLES, correction, review_item
from snapshots import journal
from snapshots.archive import Archive
from snapshots.erasure.completing import settle
from snapshots.tables import metadata
from snapshots.withdrawals import put_in_force

__all__ = [
    "decide",
    "joined",
    "parted",
    "put_corrections_in_force",
    "register",
    "relate",
    "restore_anew",
    "restore_corrections",
]

LONGEST = 2000  # characters of a new value, or of a reason

Make = Callable[[Connection], Iterable[Correction]]


def decide(archive: Archive, make: Make) -> list[Correction]:
    """Write decisions to the journal and put them in force, all of them or none.

    Args:
        archive: the archive; its lock is held meanwhile.
        make: makes them from what the catalogue holds now; numbers and times are given here.

    Raises:
        LockedError: when another process writes to the archive.
        InputError: when a reason or an author is missing, or what `make` raises; nothing is done.
        DamagedError: when the journal has lost decisions.
    """
    place = archive.path / journal.JOURNAL
    with archive.lock():
        settle(archive)
        put_in_force(archive)
        with archive.catalogue.write() as connection:
            put_corrections_in_force(archive, connection)
        with archive.catalogue.read() as connection:
            drafts = list(make(connection))
            known = register(connection)
        now = format_timestamp(datetime.now(UTC))
        done: list[Correction] = []
        for one in drafts:
            number = 1 + max((each.number for each in (*known, *done)), default=0)
            made = replace(_checked(one), number=number, decided=now)
            done.append(replace(made, replaces=replaced_by(made, [*known, *done])))
        for one in done:
            journal.append(place, as_entry(one, software_name()))
        with archive.catalogue.write() as connection:
            put_corrections_in_force(archive, connection)
            numbers = {one.number for one in done}
            return [one for one in register(connection) if one.number in numbers]


def relate(
    archive: Archive, action: str, first: str, second: str, *, reason: str, author: str
) -> Correction:
    """Decide that two entities are one (`MERGE`), or that they are two (`SPLIT`).

    Args:
        archive: the archive; its lock is held meanwhile.
        action: which.
        first: the key of an entity.
        second: and of another.
        reason: why.
        author: who decides.

    Raises:
        InputError: when both are the same, or something is missing.
        LockedError: when another process writes to the archive.
    """
    keys = [" ".join(key.split()) for key in (first, second)]
    if not all(keys) or keys[0] == keys[1]:
        raise InputError(f"to {action} takes two different entities; name both by their keys")
    target = Target("", "entity", keys[0], "", "")
    draft = Correction(
        0, action, "entities", target, "", None, 0, keys[1], reason, author, decided=""
    )
    return decide(archive, lambda _: [draft])[0]


def joined(connection: Connection) -> list[tuple[str, str]]:
    """Give the pairs of keys of entities that people decided are one."""
    return _pairs(connection, MERGE)


def parted(connection: Connection) -> list[tuple[str, str]]:
    """Give the pairs of keys of entities that people decided are two."""
    return _pairs(connection, SPLIT)


def register(connection: Connection) -> list[Correction]:
    """Give every decision on values ever made, in the order of their numbers."""
    if not inspect(connection).has_table(correction.name):
        return []
    rows = connection.execute(select(correction).order_by(correction.c.id))
    return [correction_of(row) for row in rows]


def put_corrections_in_force(archive: Archive, connection: Connection) -> bool:
    """Put in force what the journal decides on values and the catalogue does not know.

    To be called by who holds the archive's lock, within a transaction.

    Returns:
        Whether there was anything to do.

    Raises:
        DamagedError: when the catalogue knows decisions that the journal has lost.
    """
    place = archive.path / journal.JOURNAL
    entries = [one for one in journal.entries(place) if one.get("type") == ENTRY_TYPE]
    metadata.create_all(connection, tables=FACT_TABLES)
    lost = {one.number for one in register(connection)} - {one["number"] for one in entries}
    if lost:
        numbers = ", ".join(map(str, sorted(lost)))
        raise DamagedError(str(place), f"it has lost correction {numbers}")
    return restore_corrections(connection, entries)


def restore_corrections(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Make the rows of decisions on values equal to the journal's entries; others are passed over.

    Returns:
        Whether anything was changed.
    """
    metadata.create_all(connection, tables=FACT_TABLES)
    made = {one.number: one for one in with_states(corrections_of(entries))}
    rows = connection.execute(select(correction))
    held = {row.id: correction_of(row) for row in rows}
    changed = {
        number
        for number in made.keys() | held.keys()
        if _settled(made.get(number)) != _settled(held.get(number))
    }
    if not changed:
        return False
    connection.execute(delete(correction).where(correction.c.id.in_(sorted(changed))))
    for number in sorted(changed & made.keys()):
        connection.execute(insert(correction).values(_row(made[number])))
    concerned = [one for number in changed for one in (made.get(number), held.get(number)) if one]
    hold(connection, _places(connection, concerned))
    return True


def restore_anew(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Make the rows of decisions on values in a catalogue that was made anew.

    What is to be reviewed is found when the pages are read again.
    """
    metadata.create_all(connection, tables=FACT_TABLES)
    connection.execute(delete(review_item))
    connection.execute(delete(correction))
    restore_corrections(connection, entries)


def _settled(one: Correction | None) -> Correction | None:
    # Staleness is no part of the journal: it is found anew. What was replaced is told by its row.
    if one is None:
        return None
    return replace(one, state="active" if one.state == "stale" else one.state, replaces=())


def _places(connection: Connection, made: Collection[Correction]) -> set[str]:
    # The pages on which a decision tells: its own, and for a site those with the same value.
    places = {url_key(one.url) for one in made if one.url}
    item = review_item.c
    for one in made:
        if one.reach == "site" and one.target is not None:
            start = one.target.place
            query = select(item.place).where(
                item.kind == one.target.kind,
                item.field == one.target.field,
                item.value == one.target.value,
                item.place >= start,
                item.place < start[:-1] + "*",  # the character behind the bracket
            )
            places.update(connection.scalars(query))
    return places


def _row(one: Correction) -> dict[str, Any]:
    target = one.target
    return {
        "id": one.number,
        "action": one.action,
        "reach": one.reach,
        "place": target.place if target else "",
        "url": one.url,
        "timestamp": _number(one.timestamp),
        "seq": one.seq,
        "kind": target.kind if target else "",
        "record": target.record if target else "",
        "field": target.field if target else "",
        "value": target.value if target else None,
        "digest": digest_of(target.value) if target else None,
        "new": one.new,
        "reason": one.reason,
        "author": one.author,
        "decided": int(one.decided),
        "first": _number(one.first),
        "last": _number(one.last),
        "state": one.state,
        "superseded_by": one.superseded_by,
    }


def _checked(one: Correction) -> Correction:
    reason, author = " ".join(one.reason.split()), " ".join(one.author.split())
    if not reason:
        raise InputError("give a reason: whoever meets the value later is told")
    if not author:
        raise InputError("say who decides: whoever meets the value later is told")
    for text in (reason, author, one.new):
        if len(text) > LONGEST:
            raise InputError(f"no more than {LONGEST} characters, please: {text[:40]}...")
        if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise InputError("there are characters in it that are no text; type it anew")
    if (one.last or "9") < (one.first or ""):
        raise InputError("the decision would hold for no capture: it ends before it begins")
    return replace(one, reason=reason, author=author)


def _pairs(connection: Connection, action: str) -> list[tuple[str, str]]:
    return [
        (one.target.record, one.new)
        for one in register(connection)
        if one.action == action and one.state == "active" and one.target
    ]


def _number(timestamp: str | None) -> int | None:
    return None if timestamp is None else int(timestamp)
