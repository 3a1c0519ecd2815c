"""``marsham history``: what the archive shows of one partnership or contact through time."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import click

from archiver.errors import ArchiveError, InputError
from archiver.timestamps import Span
from extract.asof import check_extracted
from extract.entities.building import entities_made
from extract.entities.histories import History, State, find_keys, history_of
from extract.entities.runs import Evidence, Source
from marsham.cli.support import DATE, as_json_line, counted, pass_archive, readable, say
from snapshots.archive import Archive

__all__ = ["history"]

_MOST = 20  # names offered where several are meant


@click.command(epilog='Example: marsham history "Sunderland CSP" --as-of 2010')
@click.argument("name")
@click.option("--as-of", type=DATE, metavar="DATE", help="Only what is known of the end of it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all captures.")
@pass_archive
def history(archive: Archive, name: str, as_of: Span | None, as_json: bool) -> None:
    """Tell the history of a partnership or contact, by NAME or key.

    Each line is a stretch of time in which captures say the same: when it was first seen, when
    last, and by when it was not seen. Between the last two nobody knows.
    """
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        if not entities_made(connection):
            raise ArchiveError("entities have not been put together yet; run: marsham extract")
        meant = find_keys(connection, name)
        found = history_of(connection, *meant[0]) if len(meant) == 1 else None
    if found is None:
        if not meant:
            raise InputError(
                f"no page in view names {name!r}; list names with: marsham export partnerships"
            )
        keys = ", ".join(key for _, key in meant[:_MOST])
        raise InputError(f"{name!r} may mean {counted(len(meant), 'entity', 'entities')}: {keys}")
    moment = as_of.last if as_of else None
    if as_json:
        say(as_json_line(_as_json(found, moment)))
        return
    for line in _lines(found, moment):
        say(line)


def _lines(found: History, moment: datetime | None) -> Iterator[str]:
    code = f", {found.code}" if found.code else ""
    yield f"{found.name} ({found.kind} {found.key}{code})"
    for name in found.names:
        if name.name != found.name:
            yield f"  also {name.name}: {_span(name.sources[0], name.sources[-1])}"
    for relation in found.relations:
        word = "replaced" if relation.is_predecessor else "was replaced by"
        said = readable(relation.sources[0].timestamp)
        yield f"  {word} {relation.name} ({relation.key}), said on {said}"
    for part in (found, *found.contacts):
        if part is not found:
            yield f"{part.name} ({part.key})"
        if moment is None:
            for state in part.states:
                yield f"  {_dates(state)}"
                yield from _details(state)
            continue
        for evidence, told in part.at(moment):
            yield f"  {_known(evidence)}"
            if told is not None:
                yield from _details(told)


def _details(state: State) -> Iterator[str]:
    for _, fields in groupby(state.details, key=lambda one: one.record):
        told = (f"{one.field} {one.value}" for one in fields)
        yield "    " + "; ".join(told)


def _dates(state: State) -> str:
    run = state.run
    told = _span(run.sources[0], run.sources[-1])
    if run.not_seen_by is None:
        return f"{told}, no later capture"
    gone = ", its page gone or moved" if run.page_gone else ""
    return f"{told}, not seen by {readable(run.not_seen_by.timestamp)}{gone}"


def _span(first: Source, last: Source) -> str:
    if first.timestamp == last.timestamp:
        return f"seen {readable(first.timestamp)}"
    return f"seen {readable(first.timestamp)} to {readable(last.timestamp)}"


def _known(evidence: Evidence) -> str:
    before, after = (
        readable(source.timestamp) if source else "" for source in (evidence.before, evidence.after)
    )
    if evidence.run is None:
        if not before:
            return f"unknown: first named on {after}"
        again = f", named again on {after}" if after else ""
        return f"unknown: last seen {before}, and not seen by then{again}"
    days = counted(evidence.days_before or 0, "day")
    later = counted(evidence.days_after or 0, "day")
    if evidence.agrees:
        if not after or not evidence.days_before:
            return f"seen {before}" + (f" and again {after}, {later} after" if after else "")
        return f"seen {before}, {days} before, and again {after}, {later} after"
    if after:
        return (
            f"unknown: last seen {before}, {days} before; not seen by {after}, {later} after; "
            "no capture between"
        )
    return f"last seen {before}, {days} before; no later capture tells"


def _as_json(found: History, moment: datetime | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": found.kind,
        "key": found.key,
        "name": found.name,
        "code": found.code,
        "names": [
            {"name": one.name, "kind": one.kind, "captures": _captures(one.sources)}
            for one in found.names
        ],
        "relations": [
            {
                "key": one.key,
                "name": one.name,
                "relation": "replaced" if one.is_predecessor else "replaced by",
                "captures": _captures(one.sources),
            }
            for one in found.relations
        ],
    }
    if moment is None:
        told["states"] = [_state(state) for state in found.states]
    else:
        told["known"] = [
            {
                "agrees": evidence.agrees,
                "before": _capture(evidence.before),
                "days_before": evidence.days_before,
                "after": _capture(evidence.after),
                "days_after": evidence.days_after,
                "state": _state(state) if state else None,
            }
            for evidence, state in found.at(moment)
        ]
    if found.kind == "partnership":
        told["contacts"] = [_as_json(contact, moment) for contact in found.contacts]
    return told


def _state(state: State) -> dict[str, Any]:
    run = state.run
    return {
        "first_seen": run.first,
        "last_seen": run.last,
        "not_seen_by": _capture(run.not_seen_by),
        "page_gone": run.page_gone,
        "captures": _captures(run.sources),
        "details": [
            {"record": one.record, "field": one.field, "value": one.value, "raw": one.raw}
            for one in state.details
        ],
    }


def _captures(sources: tuple[Source, ...]) -> list[dict[str, str] | None]:
    return [_capture(source) for source in sources]


def _capture(source: Source | None) -> dict[str, str] | None:
    return {"timestamp": source.timestamp, "url": source.url} if source else None
