"""``marsham erase``: destroy captures for good, as a court may order; list what was destroyed."""

from collections.abc import Iterator

import click

from archiver.errors import InputError
from archiver.records import Kind
from archiver.timestamps import Span
from extract.corrections.register import put_corrections_in_force
from extract.erased import forget_readings
from marsham.cli.listing import capture_as_json
from marsham.cli.support import (
    DATE,
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    between,
    counted,
    pass_archive,
    print_table,
    say,
)
from snapshots import journal
from snapshots.archive import Archive
from snapshots.erasure.completing import moved_aside
from snapshots.erasure.preparing import erase as destroy
from snapshots.erasure.preparing import hindrances
from snapshots.erasure.register import Erasure, erasures
from snapshots.erasure.selection import Order, Selection, select_records
from snapshots.withdrawals import Decision, scope_of

__all__ = ["erase"]

_HEADS = ("number", "decided", "what", "captured", "captures", "records", "authority", "reason")
_SHOWN = 20


@click.command(
    epilog="Example: marsham erase http://www.homeoffice.gov.uk/staff/ --at 20110509101621 "
    "--authority 'High Court, order 12/2026' --reason 'Private details'"
)
@click.argument("url", required=False)
@click.option("--host", help="Every page of a host, on any port.")
@click.option("--at", type=DATE, metavar="TIMESTAMP", help="One capture of URL: its 14 digits.")
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option("--reason", help="Why; readers are told, so do not repeat what is erased.")
@click.option("--authority", help="Who ordered it; readers are told.")
@click.option("--copies", is_flag=True, help="Every other capture of the same content as well.")
@click.option("--only-these", is_flag=True, help="Leave other captures of the same content.")
@click.option(
    "--originals", is_flag=True, help="Destroy inputs that hold it and other captures as well."
)
@click.option("--address-too", is_flag=True, help="The address itself as well.")
@click.option("--dry-run", is_flag=True, help="Show what would be destroyed; changes nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--list", "listing", is_flag=True, help="List every erasure; changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each erasure.")
@pass_archive
def erase(
    archive: Archive,
    url: str | None,
    host: str | None,
    at: Span | None,
    start: Span | None,
    end: Span | None,
    reason: str | None,
    authority: str | None,
    copies: bool,
    only_these: bool,
    originals: bool,
    address_too: bool,
    dry_run: bool,
    yes: bool,
    listing: bool,
    as_json: bool,
) -> int:
    """Destroy captures for good, of a URL, a PREFIX* or a host.

    This cannot be undone; to take something out of view, use `marsham withdraw`. In the place of
    each record a stub says that it was erased, when, by whom and why; all other records stay byte
    for byte. Requests, metadata, facts and inputs that hold it go along. Other captures of the same
    content are named: erase them with --copies, or leave them with --only-these. What will go is
    shown first, and you are asked for the number of captures.
    """
    if listing:
        if any(one is not None for one in (url, host, at, start, end, reason, authority)):
            raise click.UsageError("--list goes without an address, dates or a decision")
        return _list(archive, as_json)
    if copies and only_these:
        raise click.UsageError("give --copies or --only-these, not both")
    scope = scope_of(address=url, host=host, at=at, span=between(start, end))
    order = Order(scope, copies, only_these, originals, address_too)
    if not dry_run and (reason is None or authority is None):
        raise click.UsageError("give --reason and --authority: readers are told both")
    found = select_records(archive, order)
    hindering = hindrances(order, found)
    if as_json and dry_run:
        click.echo(as_json_line(_found_as_json(found, hindering)))
    elif found.records:
        for line in _lines(archive, found):
            say(line, err=not dry_run)
    if hindering:
        for line in hindering:
            say(f"marsham: {line}", err=True)
        return FAILED
    if dry_run:
        return DONE
    count = len(found.captures)
    if not yes:
        question = f"This cannot be undone. To destroy them, type the number of captures ({count})"
        if click.prompt(question, type=int, err=True) != count:
            raise InputError("that is not their number; nothing was changed")
    made = destroy(
        archive,
        order,
        Decision(reason or "", authority or ""),
        forget=forget_readings,
        expected=count,
    )
    with archive.lock(), archive.catalogue.write() as connection:
        put_corrections_in_force(archive, connection)
    if as_json:
        click.echo(as_json_line(_as_json(made)))
    else:
        say(
            f"erasure {made.number}: destroyed {counted(made.captures, 'capture')}, "
            f"{counted(made.records, 'record')} in all"
        )
    say("copies and backups of the archive are not changed by this: erase there too", err=True)
    left = found.unreadable or (found.copies and not copies)
    return FINDINGS if left else DONE


def _lines(archive: Archive, found: Selection) -> Iterator[str]:
    yield f"to be destroyed: {counted(len(found.captures), 'capture')}"
    for one in found.captures[:_SHOWN]:
        yield f"  {one.capture.timestamp} {one.capture.url}"
    if len(found.captures) > _SHOWN:
        yield f"  and {len(found.captures) - _SHOWN} more"
    others = len(found.records) - len(found.captures)
    if others:
        yield f"with them: {counted(others, 'record')} (requests, metadata)"
    for kept in found.originals:
        more = f", with {counted(kept.others, 'other capture')} in it" if kept.others else ""
        yield f"original: {kept.name} ({kept.path}){more}"
    for tail in found.quarantine:
        yield f"unfinished tail: {tail}"
    for place in moved_aside(archive.path, archive.settings):
        yield f"catalogue moved aside: {place.name}"
    if found.copies:
        yield f"the same content: {counted(len(found.copies), 'other capture')}"
        for copy in found.copies[:_SHOWN]:
            why = " (a revisit, with nothing to show after this)"
            said = why if copy.kind is Kind.REVISIT else ""
            yield f"  {copy.timestamp} {copy.url}{said}"
    for problem in found.unreadable[:_SHOWN]:
        yield (
            f"stays, and may hold anything: {problem.length} bytes of {problem.file} at byte "
            f"{problem.offset} ({problem.code})"
        )
    for number in dict.fromkeys(found.decisions):
        yield f"stays in {journal.JOURNAL}: the address, as withdrawal {number} names it"
    if found.inputs:
        yield f"names that stay: {', '.join(dict.fromkeys(found.inputs))}"


def _found_as_json(found: Selection, hindering: list[str]) -> dict[str, object]:
    return {
        "captures": [capture_as_json(one.capture) for one in found.captures],
        "records": len(found.records),
        "copies": [capture_as_json(one) for one in found.copies],
        "originals": [
            {"name": one.name, "path": one.path, "others": one.others} for one in found.originals
        ],
        "quarantine": found.quarantine,
        "unreadable": [[one.file, one.offset, one.length] for one in found.unreadable],
        "inputs": found.inputs,
        "hindrances": hindering,
    }


def _list(archive: Archive, as_json: bool) -> int:
    with archive.catalogue.read() as connection:
        made = erasures(connection)
    if as_json:
        for one in made:
            click.echo(as_json_line(_as_json(one)))
    else:
        print_table(_HEADS, [_row(one) for one in made])
    broken = list(journal.problems(archive.path / journal.JOURNAL))
    for problem in broken:
        click.echo(
            f"{problem.code}: {problem.file} at byte {problem.offset}: {problem.message}", err=True
        )
    return FINDINGS if broken else DONE


def _row(one: Erasure) -> tuple[object, ...]:
    scope = one.scope
    dates = "" if not scope.first else f"{scope.first} to {scope.last}"
    if scope.first == scope.last:
        dates = scope.first or ""
    what = f"{scope.kind} {scope.target or '(erased)'}" if scope.kind != "dates" else "dates"
    return (
        one.number,
        one.decided,
        what,
        dates,
        one.captures,
        one.records,
        one.authority,
        one.reason,
    )


def _as_json(one: Erasure) -> dict[str, object]:
    return {
        "number": one.number,
        "kind": one.scope.kind,
        "target": one.scope.target or None,
        "first": one.scope.first,
        "last": one.scope.last,
        "reason": one.reason,
        "authority": one.authority,
        "decided": one.decided,
        "captures": one.captures,
        "records": one.records,
    }
