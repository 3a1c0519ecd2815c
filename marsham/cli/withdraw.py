"""``marsham withdraw``: take captures out of view by a decision, list the decisions, lift one."""

from collections.abc import Iterator

import click
from sqlalchemy import Connection

from archiver.timestamps import Span, format_timestamp
from extract.entities.decided import refresh_entities
from extract.withdrawn import captures_with
from marsham.cli.listing import capture_as_json
from marsham.cli.support import (
    DATE,
    DONE,
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
from snapshots.reach import Copies, copies_in_view, count_reached
from snapshots.withdrawals import Decision, Withdrawal, lift, register, scope_of
from snapshots.withdrawals import withdraw as decide

__all__ = ["withdraw"]

_HEADS = ("number", "state", "what", "captured", "captures", "authority", "reason")


@click.command(
    epilog="Example: marsham withdraw 'http://www.homeoffice.gov.uk/staff/*' "
    "--authority 'Takedown panel' --reason 'Names of junior staff'"
)
@click.argument("url", required=False)
@click.option("--host", help="Every page of a host, on any port.")
@click.option(
    "--value", help="Every page a telephone number, e-mail, postcode or name was read in."
)
@click.option("--at", type=DATE, metavar="TIMESTAMP", help="One capture of URL: its 14 digits.")
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option("--reason", help="Why; readers are told, so do not repeat what is withdrawn.")
@click.option("--authority", help="Who decided; readers are told.")
@click.option(
    "--from-date", type=DATE, metavar="DATE", help="Out of view from this date; else now."
)
@click.option("--until", type=DATE, metavar="DATE", help="Out of view to the end of this date.")
@click.option("--lift", "lifted", type=int, metavar="NUMBER", help="Bring back what NUMBER took.")
@click.option("--list", "listing", is_flag=True, help="List every decision; changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each decision.")
@pass_archive
def withdraw(
    archive: Archive,
    url: str | None,
    host: str | None,
    value: str | None,
    at: Span | None,
    start: Span | None,
    end: Span | None,
    reason: str | None,
    authority: str | None,
    from_date: Span | None,
    until: Span | None,
    lifted: int | None,
    listing: bool,
    as_json: bool,
) -> int:
    """Take captures out of view by a decision, or bring them back.

    What is meant is a URL, every URL below PREFIX*, a host, or a value wherever it was read.
    Nothing is destroyed. What is withdrawn is left out of lists, replay, exports, comparisons and
    packages; who asks for it is told that it was withdrawn, when, by whom and why. A page is
    withdrawn whole. Copies of it at other addresses stay in view and are named, for you to decide
    (status 1). Decisions are kept in decisions.jsonl, each chained to the one before.
    """
    given = (url, host, value, at, start, end, from_date, until)
    if listing or lifted is not None:
        if any(one is not None for one in given):
            raise click.UsageError("--list and --lift go without an address, value or dates")
        if listing:
            return _list(archive, as_json)
    if reason is None or authority is None:
        raise click.UsageError("give --reason and --authority: readers are told both")
    decision = Decision(
        reason,
        authority,
        format_timestamp(from_date.first) if from_date else None,
        format_timestamp(until.last) if until else None,
    )
    if lifted is not None:
        made = lift(archive, lifted, decision)
    else:
        span = between(start, end)
        scope = scope_of(address=url, host=host, value=value, at=at, span=span)
        made = decide(archive, scope, decision, captures_with)
    refresh_entities(archive)  # or a name that is out of view would live on in a key
    with archive.catalogue.read() as connection:
        return _report(archive, connection, made, as_json)


def _report(archive: Archive, connection: Connection, made: Withdrawal, as_json: bool) -> int:
    captures, pages = count_reached(connection, made.number)
    copies = copies_in_view(connection, made.number)
    if as_json:
        click.echo(as_json_line(_as_json(connection, made) | {"copies": _copies_as_json(copies)}))
    else:
        for line in _said(made, captures, pages):
            click.echo(line)
        if copies.number:
            still = counted(copies.number, "capture")
            click.echo(f"the same content is still in view in {still}:", err=True)
            for copy in copies.shown:
                say(f"  {copy.timestamp} {copy.url}", err=True)
    damaged = _complain(archive)
    return FINDINGS if copies.number or damaged or not (captures or made.lifted) else DONE


def _said(made: Withdrawal, captures: int, pages: int) -> Iterator[str]:
    if made.lifted:
        yield f"withdrawal {made.number} is lifted: what it reached is in view again"
        return
    what = f"{counted(captures, 'capture')} of {counted(pages, 'address', 'addresses')}"
    if made.state() == "in force":
        yield f"withdrawal {made.number}: out of view from now on: {what}"
    else:
        yield f"withdrawal {made.number}, {made.state()}: it reaches {what}"


def _list(archive: Archive, as_json: bool) -> int:
    with archive.catalogue.read() as connection:
        decided = register(connection)
        if as_json:
            for made in decided:
                click.echo(as_json_line(_as_json(connection, made)))
        else:
            print_table(_HEADS, [_row(connection, made) for made in decided])
    return FINDINGS if _complain(archive) else DONE


def _complain(archive: Archive) -> bool:
    # A journal that was tampered with is no reason to leave something in view, but is told.
    found = list(journal.problems(archive.path / journal.JOURNAL))
    for problem in found:
        click.echo(
            f"{problem.code}: {problem.file} at byte {problem.offset}: {problem.message}", err=True
        )
    return bool(found)


def _row(connection: Connection, made: Withdrawal) -> tuple[object, ...]:
    scope = made.scope
    dates = "" if not scope.first else f"{scope.first} to {scope.last}"
    if scope.first == scope.last:
        dates = scope.first or ""
    captures, _ = count_reached(connection, made.number)
    what = f"{scope.kind} {scope.target}".rstrip()
    decision = made.decision
    return (
        made.number,
        made.state(),
        what,
        dates,
        captures,
        decision.authority,
        decision.reason,
    )


def _as_json(connection: Connection, made: Withdrawal) -> dict[str, object]:
    captures, pages = count_reached(connection, made.number)
    return {
        "number": made.number,
        "state": made.state(),
        "kind": made.scope.kind,
        "target": made.scope.target,
        "first": made.scope.first,
        "last": made.scope.last,
        "reason": made.decision.reason,
        "authority": made.decision.authority,
        "decided": made.decided,
        "valid_from": made.decision.valid_from or made.decided,
        "valid_until": made.decision.valid_until,
        "lifted": made.lifted,
        "captures": captures,
        "addresses": pages,
    }


def _copies_as_json(copies: Copies) -> dict[str, object]:
    return {"number": copies.number, "first": [capture_as_json(one) for one in copies.shown]}
