"""Withdrawals: captures taken out of view by a decision, without anything being destroyed.

A decision names a page, a prefix, a host, a span of dates, or a value such as a telephone number;
who decided, why, and for how long. It is written to the journal first (`snapshots.journal`), and
the catalogue's rows are made anew from the journal, so that the two cannot tell different things.
What the rows reach is left out by `snapshots.visible`, which every query for captures goes through.

A page is withdrawn whole; nothing is blacked out within it. A value reaches every capture of every
payload it was read in. Which payloads those are is found by the floor above and put in the journal.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, select

from archiver.digests import read_digest, sha1
from archiver.errors import DamagedError, InputError
from archiver.software import software_name
from archiver.timestamps import Span, format_timestamp
from archiver.urls import check_url, prefix_range, url_key
from snapshots import journal
from snapshots.archive import Archive
from snapshots.catalogue import insert_rows
from snapshots.tables import withdrawal, withdrawal_reach, withdrawn_payload

__all__ = [
    "Decision",
    "FoundIn",
    "Scope",
    "Withdrawal",
    "keys_of",
    "lift",
    "note_found",
    "put_in_force",
    "register",
    "restore",
    "scope_of",
    "standing_values",
    "withdraw",
]

_DIGITS = 14
_START, _END = "00010101000000", "99991231235959"
_FIRST_KEY, _BEYOND_KEYS = "", "\x7f"  # keys are ASCII without blanks
_EMPTY = sha1(b"")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a decision is about.

    Attributes:
        kind: ``page``, ``prefix``, ``host``, ``dates`` or ``value``.
        target: the address, prefix, host or value; empty for ``dates`` alone.
        first: 14 digits, the first time of capture it is about; None for all.
        last: the last one.
    """

    kind: str
    target: str
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A capture in which a withdrawn value was read: its payload digest, address and timestamp."""

    digest: str
    url: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, why, and for how long.

    Attributes:
        reason: shown to readers in place of what is withdrawn.
        authority: who decided; shown as well.
        valid_from: 14 digits; None for at once.
        valid_until: 14 digits, the last second of it; None for no end.
    """

    reason: str
    authority: str
    valid_from: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A decision as it stands in the register.

    Attributes:
        number: by which it is lifted.
        decided: 14 digits, when it was made.
        lifted: 14 digits, when it was lifted; None while it stands.
    """

    number: int
    scope: Scope
    decision: Decision
    decided: str
    lifted: str | None = None

    def state(self, now: str | None = None) -> str:
        """Say in words whether it is in force."""
        now = now or _now()
        if self.lifted:
            return "lifted"
        if self.decision.valid_from and now < self.decision.valid_from:
            return "not yet in force"
        if self.decision.valid_until and now > self.decision.valid_until:
            return "ended"
        return "in force"


def scope_of(
    *,
    address: str | None = None,
    host: str | None = None,
    value: str | None = None,
    at: Span | None = None,
    span: Span | None = None,
) -> Scope:
    """Make the scope of a decision of what a person gave.

    Args:
        address: a page, ``PREFIX*``, or ``*`` for everything (with `span`).
        host: a host; its pages, on any port.
        value: what was read on pages; never together with dates.
        at: the exact time of one capture of the page `address`.
        span: dates of capture.

    Raises:
        InputError: when these do not fit together.
        UrlError: when an address cannot be read.
    """
    if sum(given is not None for given in (address, host, value)) != 1:
        raise InputError("name one thing: an address, --host or --value")
    first, last = (
        (format_timestamp(span.first), format_timestamp(span.last)) if span else (None,) * 2
    )
    if value is not None:
        if at or span:
            raise InputError(
                "a value is withdrawn from every date; leave --at, --from and --to out"
            )
        return Scope("value", " ".join(value.split()))
    if at is not None:
        if span or address is None or address.endswith("*"):
            raise InputError("--at names one capture of one address; leave --from and --to out")
        if at.first != at.last:
            raise InputError("--at needs all 14 digits of a capture; see: marsham list URL")
        first = last = format_timestamp(at.first)
    if host is not None:
        return Scope("host", _host(host), first, last)
    assert address is not None  # noqa: S101 - one of three was given
    if address == "*":
        if span is None:
            raise InputError("'*' is the whole archive; say of which dates with --from and --to")
        return Scope("dates", "", first, last)
    if address.endswith("*"):
        return Scope("prefix", check_url(address[:-1]), first, last)
    return Scope("page", check_url(address), first, last)


def withdraw(
    archive: Archive,
    scope: Scope,
    decision: Decision,
    find: Callable[[Connection, str], Iterable[FoundIn]],
) -> Withdrawal:
    """Take captures out of view.

    Args:
        archive: the archive; its lock is held meanwhile.
        scope: which captures; see `scope_of`.
        decision: who decided it, why, and for how long.
        find: finds the captures in which a value was read; asked for a scope of that kind only.

    Raises:
        LockedError: when another process writes to the archive.
        InputError: when reason or authority are missing, or the reason repeats the value.
        DamagedError: when the journal has lost decisions.
    """
    reason, authority = _checked(decision)
    if scope.kind == "value" and _plain(scope.target) in _plain(f"{reason} {authority}"):
        raise InputError("the reason is shown to readers; it must not repeat the value")
    if (decision.valid_until or _END) < (decision.valid_from or _START):
        raise InputError("the withdrawal would end before it begins")
    with archive.lock():
        place = archive.path / journal.JOURNAL
        known = _journalled(archive)
        found: dict[FoundIn, None] = {}
        if scope.kind == "value":
            with archive.catalogue.read() as connection:
                found = dict.fromkeys(find(connection, scope.target))
        entry = {
            "type": "withdrawal",
            "number": 1
            + max((one["number"] for one in known if one["type"] == "withdrawal"), default=0),
            "at": _now(),
            "kind": scope.kind,
            "target": scope.target,
            "first": scope.first,
            "last": scope.last,
            "reason": reason,
            "authority": authority,
            "valid_from": decision.valid_from,
            "valid_until": decision.valid_until,
            "tool": software_name(),
            **({"found": _found_as_json(found)} if scope.kind == "value" else {}),
        }
        journal.append(place, entry)
        with archive.catalogue.write() as connection:
            restore(connection, [*known, entry])
    return _withdrawal(entry)


def lift(archive: Archive, number: int, decision: Decision) -> Withdrawal:
    """Bring back into view what a withdrawal took out of it; the journal keeps both decisions.

    Raises:
        InputError: when there is no such withdrawal, or it is lifted already.
        LockedError: when another process writes to the archive.
        DamagedError: when the journal has lost decisions.
    """
    reason, authority = _checked(decision)
    with archive.lock():
        known = _journalled(archive)
        made = next((e for e in known if e["type"] == "withdrawal" and e["number"] == number), None)
        if made is None:
            raise InputError(f"there is no withdrawal {number}; see: marsham withdraw --list")
        if any(e["type"] == "lift" and e["withdrawal"] == number for e in known):
            raise InputError(f"withdrawal {number} is lifted already")
        entry = {
            "type": "lift",
            "withdrawal": number,
            "at": _now(),
            "reason": reason,
            "authority": authority,
            "tool": software_name(),
        }
        journal.append(archive.path / journal.JOURNAL, entry)
        with archive.catalogue.write() as connection:
            restore(connection, [*known, entry])
    return _withdrawal(made, lifted=str(entry["at"]))


def note_found(
    archive: Archive, connection: Connection, found: Iterable[tuple[int, FoundIn]]
) -> None:
    """Note that withdrawn values were read in more captures, which go out of view with them.

    To be called by who holds the archive's lock, within the transaction that stores the reading.
    """
    by_number: dict[int, dict[FoundIn, None]] = {}
    for number, one in found:
        by_number.setdefault(number, {})[one] = None
    for number, ones in by_number.items():
        entry = {
            "type": "found",
            "withdrawal": number,
            "at": _now(),
            "found": _found_as_json(ones),
            "tool": software_name(),
        }
        journal.append(archive.path / journal.JOURNAL, entry)
    if by_number:
        restore(connection, _withdrawals_of(journal.entries(archive.path / journal.JOURNAL)))


def restore(connection: Connection, entries: Iterable[dict[str, Any]]) -> None:
    """Make the catalogue's rows anew from the entries of the journal; others are passed over."""
    made = _rows_of(entries)
    for table in _TABLES:
        connection.execute(delete(table))
    for table in reversed(_TABLES):
        insert_rows(connection, table, made[table.name])


def put_in_force(archive: Archive) -> bool:
    """Put in force what the journal decides and an interruption kept out of the catalogue.

    To be called by who holds the archive's lock. Nothing is done where the journal has lost what
    the catalogue knows: that could only bring something into view.

    Returns:
        Whether there was anything to do.
    """
    known = _withdrawals_of(journal.entries(archive.path / journal.JOURNAL))
    if not known:
        return False
    made = _rows_of(known)
    with archive.catalogue.read() as connection:
        held = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in _TABLES
        }
    if all(_as_set(made[name]) == _as_set(held[name]) for name in held):
        return False
    lifted = {row["id"] for row in made[withdrawal.name] if row["lifted"] is not None}
    rest = {name: _as_set(rows) for name, rows in made.items()}
    for name, rows in held.items():
        for row in rows:
            if row.get("withdrawal_id", row.get("id")) in lifted:
                continue
            if frozenset(row.items()) not in rest[name]:
                return False
    with archive.catalogue.write() as connection:
        restore(connection, known)
    return True


def register(connection: Connection) -> list[Withdrawal]:
    """Give every withdrawal ever decided, in the order of their numbers."""
    rows = connection.execute(select(withdrawal).order_by(withdrawal.c.id))
    return [
        Withdrawal(
            row.id,
            Scope(row.kind, row.target, _text(row.first), _text(row.last)),
            Decision(row.reason, row.authority, _text(row.valid_from), _text(row.valid_until)),
            f"{row.decided:0{_DIGITS}}",
            _text(row.lifted),
        )
        for row in rows
    ]


def standing_values(connection: Connection) -> dict[int, str]:
    """Give the withdrawn values that were not lifted, by the numbers of their withdrawals."""
    query = select(withdrawal.c.id, withdrawal.c.target).where(
        withdrawal.c.kind == "value", withdrawal.c.lifted.is_(None)
    )
    return {row.id: row.target for row in connection.execute(query)}


_TABLES = (withdrawn_payload, withdrawal_reach, withdrawal)  # in an order that may be emptied
_ENTRY_TYPES = ("withdrawal", "lift", "found")


def _journalled(archive: Archive) -> list[dict[str, Any]]:
    # What the catalogue knows and the journal does not was lost from the journal: to go on would
    # bring it back into view.
    known = _withdrawals_of(journal.entries(archive.path / journal.JOURNAL))
    made = {entry["number"] for entry in known if entry["type"] == "withdrawal"}
    with archive.catalogue.read() as connection:
        lost = {one.number for one in register(connection)} - made
    if lost:
        numbers = ", ".join(map(str, sorted(lost)))
        raise DamagedError(str(archive.path / journal.JOURNAL), f"it has lost withdrawal {numbers}")
    return known


def _rows_of(entries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    # What the tables hold, by their names, when all of a journal is in force.
    entries = _withdrawals_of(entries)
    lifted = {e["withdrawal"]: e["at"] for e in entries if e["type"] == "lift"}
    rows: list[dict[str, Any]] = []
    reaches: list[dict[str, Any]] = []
    payloads: dict[tuple[bytes, int], None] = {}
    for entry in entries:
        if entry["type"] == "withdrawal":
            rows.append(_row(_withdrawal(entry, lifted=lifted.get(entry["number"]))))
    for entry in entries:
        number = entry["number"] if entry["type"] == "withdrawal" else entry["withdrawal"]
        if entry["type"] == "lift" or number in lifted:
            continue
        if entry["type"] == "withdrawal":
            reaches.extend(_reach(number, _withdrawal(entry).scope))
        for digest, address, timestamp in entry.get("found", ()):
            raw = read_digest(digest) or b""
            if raw and raw != _EMPTY:
                payloads[raw, number] = None
            else:  # a payload that is not known by its digest is withdrawn where it stands
                reaches.extend(_reach(number, Scope("page", address, timestamp, timestamp)))
    positions: dict[int, int] = {}
    for reach in reaches:
        number = reach["withdrawal_id"]
        reach["position"] = positions[number] = positions.get(number, -1) + 1
    return {
        withdrawal.name: rows,
        withdrawal_reach.name: reaches,
        withdrawn_payload.name: [
            {"digest": digest, "withdrawal_id": number} for digest, number in payloads
        ],
    }


def _as_set(rows: list[dict[str, Any]]) -> set[frozenset[tuple[str, Any]]]:
    return {frozenset(row.items()) for row in rows}


def _withdrawals_of(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry.get("type") in _ENTRY_TYPES]


def _reach(number: int, scope: Scope) -> Iterator[dict[str, Any]]:
    for first_key, beyond_key in keys_of(scope):
        yield {
            "withdrawal_id": number,
            "wide": int(beyond_key != _beyond(first_key)),
            "first_key": first_key,
            "beyond_key": beyond_key,
            "first": int(scope.first or _START),
            "last": int(scope.last or _END),
        }


def keys_of(scope: Scope) -> list[tuple[str, str]]:
    """Give the ranges of URL keys a scope covers: each the first key, and the first beyond."""
    if scope.kind == "value":
        return []
    if scope.kind == "dates":
        return [(_FIRST_KEY, _BEYOND_KEYS)]
    key = url_key(scope.target)
    page = (key, _beyond(key))
    if scope.kind == "page":
        return [page]
    if scope.kind == "prefix":
        return [page, prefix_range(scope.target)]
    host = url_key(f"http://{scope.target}").partition(")")[0]
    return [(f"{host})", f"{host}*"), (f"{host}:", f"{host};")]  # without a port, and with one


def _beyond(key: str) -> str:
    return key + " "  # no key holds a blank, so nothing else lies between


def _withdrawal(entry: dict[str, Any], *, lifted: str | None = None) -> Withdrawal:
    return Withdrawal(
        entry["number"],
        Scope(entry["kind"], entry["target"], entry["first"], entry["last"]),
        Decision(entry["reason"], entry["authority"], entry["valid_from"], entry["valid_until"]),
        entry["at"],
        lifted,
    )


def _row(found: Withdrawal) -> dict[str, Any]:
    decision = found.decision
    return {
        "id": found.number,
        "kind": found.scope.kind,
        "target": found.scope.target,
        "first": _number(found.scope.first),
        "last": _number(found.scope.last),
        "reason": decision.reason,
        "authority": decision.authority,
        "decided": int(found.decided),
        "valid_from": int(decision.valid_from or found.decided),
        "valid_until": _number(decision.valid_until),
        "lifted": _number(found.lifted),
    }


def _found_as_json(found: Iterable[FoundIn]) -> list[list[str]]:
    return [[one.digest, one.url, one.timestamp] for one in found]


def _host(text: str) -> str:
    checked = check_url(text)
    parts = urlsplit(checked)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise InputError(f"not a host: {text!r}; for part of a site name a prefix: PREFIX*")
    return parts.hostname or ""


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _text(timestamp: int | None) -> str | None:
    return None if timestamp is None else f"{timestamp:0{_DIGITS}}"


def _number(timestamp: str | None) -> int | None:
    return None if timestamp is None else int(timestamp)


def _now() -> str:
    return format_timestamp(datetime.now(UTC))


def _checked(decision: Decision) -> tuple[str, str]:
    reason, authority = " ".join(decision.reason.split()), " ".join(decision.authority.split())
    if not (reason and authority):
        raise InputError("give a reason and an authority: readers are told both")
    return reason, authority
