"""``marsham review``: decide on values that were read, and who may do so in a browser."""

import getpass
import io
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

import click

from archiver.errors import InputError, NotWritableError
from archiver.timestamps import Span, format_timestamp
from extract.asof import check_extracted
from extract.corrections.decisions import CORRECT, MERGE, REJECT, SPLIT, Correction, Target
from extract.corrections.holding import REASONS
from extract.corrections.register import relate
from extract.corrections.reviewing import (
    ACCEPT,
    ADDABLE,
    STATES,
    Item,
    Verdict,
    add_value,
    corrections_in_view,
    decide_items,
    item_of,
    items,
    values_of,
)
from extract.corrections.reviewing import assign as hand_over
from extract.corrections.sheet import BadRow, read_sheet, verdicts_of, write_sheet
from extract.entities.decided import refresh_entities
from marsham.cli.support import (
    DATE,
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    counted,
    pass_archive,
    print_table,
    say,
)
from marsham.web.reviewers import Reviewers
from snapshots import journal
from snapshots.archive import Archive

__all__ = ["review"]

_HEADS = ("id", "reason", "state", "kind", "record", "field", "value", "captured", "page")
_LOG_HEADS = ("number", "state", "decided", "author", "decision", "on", "value", "new", "reason")
_WIDEST = 48  # characters of a cell in a table
_NOT_TOLD = "(withdrawn or erased)"
_KINDS = (
    *("attachment", "authority", "claim_check", "contact", "count", "date", "heading", "legal"),
    *("link", "page", "partnership"),
)


@click.group(
    epilog="Example: marsham review decide 3f9c2b1a --correct '020 7946 0310' "
    "--reason 'Confirmed by the press office'"
)
def review() -> None:
    """Decide on values that were read: right, wrong, or another.

    What is doubtful is listed; any other value of a page can be decided on as well. Decisions are
    kept in decisions.jsonl, outlive every later extraction, and hold only where the value is still
    read as it was when it was decided: else they come back to be reviewed. What was read stays.
    """


@review.command("list", epilog="Example: marsham review list --reason stale --json")
@click.option("--reason", type=click.Choice(REASONS), help="Only what is doubtful for this reason.")
@click.option(
    "--state",
    type=click.Choice((*STATES, "any")),
    default="open",
    show_default=True,
    help="Only what is still to be decided, or is decided.",
)
@click.option("--site", metavar="HOST", help="Only pages of a host.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only records of a kind.")
@click.option("--page", metavar="URL", help="Every value of a page instead, doubtful or not.")
@click.option("--at", type=DATE, metavar="DATE", help="With --page: as of this date; else now.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="No more than these.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each.")
@click.option("--csv", "as_csv", is_flag=True, help="Print them as `export` writes them.")
@pass_archive
def list_(
    archive: Archive,
    reason: str | None,
    state: str,
    site: str | None,
    kind: str | None,
    page: str | None,
    at: Span | None,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> int:
    """List values to be looked at, or with --page every value of one page, each with its id.

    Status 1 means that there are some to be decided.
    """
    if as_json and as_csv:
        raise click.UsageError("give --json or --csv, not both")
    if page and (reason or site):
        raise click.UsageError("--page goes without --reason and --site")
    if at and not page:
        raise click.UsageError("--at goes with --page")
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        found: Iterable[Item]
        if page:
            moment = at.last if at else datetime.now(UTC)
            of_page = values_of(connection, page, moment)
            found = list(islice((one for one in of_page if kind in (None, one.target.kind)), limit))
        else:
            wanted = "" if state == "any" else state
            found = list(
                items(
                    connection,
                    reason=reason or "",
                    state=wanted,
                    site=site or "",
                    kind=kind or "",
                    limit=limit,
                )
            )
    if as_json:
        for one in found:
            click.echo(as_json_line(_as_json(one)))
    elif as_csv:
        write_sheet(sys.stdout, found)
    else:
        print_table(_HEADS, map(_row, found))
    return FINDINGS if any(one.state == "open" for one in found) else DONE


@review.command(epilog="Example: marsham review show 3f9c2b1a")
@click.argument("number", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@pass_archive
def show(archive: Archive, number: str, as_json: bool) -> None:
    """Show one value to be looked at, why, where it is read, and what was decided on it."""
    with archive.catalogue.read() as connection:
        one = item_of(connection, number)
        made = [
            decision
            for decision, told in corrections_in_view(connection)
            if told
            and decision.target
            and decision.target.value == one.target.value
            and decision.target.field == one.target.field
            and decision.target.kind == one.target.kind
        ]
    if as_json:
        click.echo(
            as_json_line(
                _as_json(one) | {"decisions": [_decision_as_json(each, told=True) for each in made]}
            )
        )
        return
    target = one.target
    for name, value in (
        ("id", one.id),
        ("reason", f"{one.reason}{': ' + one.told if one.told else ''}"),
        ("state", one.state),
        ("assigned", one.assigned),
        ("page", one.capture.url),
        ("captured", one.capture.timestamp),
        ("record", f"{target.kind} {target.record}".rstrip()),
        (target.field, target.value),
        ("confidence", f"{one.confidence:.2f}"),
    ):
        if value:
            say(f"  {name:<12} {value}")
    for decision in made:
        say(f"  decision {decision.number} ({decision.state}): {_said(decision)}")


@review.command(
    epilog="Example: marsham review decide 3f9c2b1a --reject --reason 'A reference number'"
)
@click.argument("number", metavar="ID")
@click.option("--accept", is_flag=True, help="It is as read.")
@click.option("--correct", "new", metavar="VALUE", help="It is this.")
@click.option("--reject", is_flag=True, help="The page says no such thing.")
@click.option("--reason", required=True, help="Why; whoever meets the value later is told.")
@click.option("--author", help="Who decides; else your user name on this machine.")
@click.option("--from", "start", type=DATE, metavar="DATE", help="For captures from this date on.")
@click.option("--until", "end", type=DATE, metavar="DATE", help="For captures up to this date.")
@click.option(
    "--everywhere", is_flag=True, help="On every page of the site where the record has this value."
)
@click.option("--page", metavar="URL", help="The page, for an id of `list --page`.")
@click.option("--at", type=DATE, metavar="DATE", help="With --page: as of this date; else now.")
@pass_archive
def decide(
    archive: Archive,
    number: str,
    accept: bool,
    new: str | None,
    reject: bool,
    reason: str,
    author: str | None,
    start: Span | None,
    end: Span | None,
    everywhere: bool,
    page: str | None,
    at: Span | None,
) -> None:
    """Decide on one value, by its id or the first digits of it.

    Of a decision that is stale, --accept takes what is read now for right and ends the decision
    with the last capture it stands in; --correct says what is right instead of that; --reject
    undoes the decision.
    """
    chosen = [name for name, given in ((ACCEPT, accept), (REJECT, reject)) if given]
    chosen += [CORRECT] if new is not None else []
    if len(chosen) != 1:
        raise click.UsageError("give one of --accept, --correct and --reject")
    if at and not page:
        raise click.UsageError("--at goes with --page")
    verdict = Verdict(
        chosen[0],
        reason,
        author or getpass.getuser(),
        new or "",
        format_timestamp(start.first) if start else None,
        format_timestamp(end.last) if end else None,
        everywhere,
    )
    with archive.catalogue.read() as connection:
        if page:
            one = _of_page(
                values_of(connection, page, at.last if at else datetime.now(UTC)), number
            )
        else:
            one = item_of(connection, number)
    for made in decide_items(archive, [(one, verdict)]):
        say(f"decision {made.number}: {_said(made)}")
    refresh_entities(archive)


@review.command(
    epilog="Example: marsham review add http://www.homeoffice.gov.uk/contacts/ contact "
    "'Press Office' phone '020 7946 0310' --reason 'In the picture'"
)
@click.argument("url")
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("record")
@click.argument("field")
@click.argument("value")
@click.option("--at", type=DATE, metavar="DATE", help="The page as of this date; else now.")
@click.option("--reason", required=True, help="Why; whoever meets the value later is told.")
@click.option("--author", help="Who decides; else your user name on this machine.")
@click.option("--from", "start", type=DATE, metavar="DATE", help="For captures from this date on.")
@click.option("--until", "end", type=DATE, metavar="DATE", help="For captures up to this date.")
@click.option("--everywhere", is_flag=True, help="On every page of the site that has the record.")
@pass_archive
def add(
    archive: Archive,
    url: str,
    kind: str,
    record: str,
    field: str,
    value: str,
    at: Span | None,
    reason: str,
    author: str | None,
    start: Span | None,
    end: Span | None,
    everywhere: bool,
) -> None:
    """Add a VALUE that was not read to a RECORD of a page, as `list --page` names records."""
    fields = ADDABLE.get(kind, ())
    if field not in fields:
        raise click.UsageError(
            f"a {kind} has no field {field} to add to; it has {', '.join(fields) or 'none'}"
        )
    verdict = Verdict(
        ACCEPT,
        reason,
        author or getpass.getuser(),
        value,
        format_timestamp(start.first) if start else None,
        format_timestamp(end.last) if end else None,
        everywhere,
    )
    moment = at.last if at else datetime.now(UTC)
    made = add_value(archive, url, moment, Target("", kind, record, field, ""), verdict)
    refresh_entities(archive)
    say(f"decision {made.number}: {_said(made)}")


@review.command(epilog="Example: marsham review assign 3f9c2b1a --to 'Press team'")
@click.argument("numbers", metavar="ID...", nargs=-1, required=True)
@click.option("--to", "to", default="", help="Who is to look; nobody in particular without it.")
@click.option("--author", help="Who says so; else your user name on this machine.")
@pass_archive
def assign(archive: Archive, numbers: tuple[str, ...], to: str, author: str | None) -> None:
    """Say who is to look at values."""
    made = hand_over(archive, numbers, to, author or getpass.getuser())
    say(f"{counted(len(made), 'value')} for {to or 'anybody'}")


@review.command(
    epilog="Example: marsham review merge KEY KEY --reason 'Renamed in 2011, the same body'"
)
@click.argument("first", metavar="KEY")
@click.argument("second", metavar="KEY")
@click.option("--reason", required=True, help="Why.")
@click.option("--author", help="Who decides; else your user name on this machine.")
@pass_archive
def merge(archive: Archive, first: str, second: str, reason: str, author: str | None) -> None:
    """Decide that two organisations or partnerships are one."""
    _relate(archive, MERGE, first, second, reason, author)


@review.command(epilog="Example: marsham review split KEY KEY --reason 'Two districts'")
@click.argument("first", metavar="KEY")
@click.argument("second", metavar="KEY")
@click.option("--reason", required=True, help="Why.")
@click.option("--author", help="Who decides; else your user name on this machine.")
@pass_archive
def split(archive: Archive, first: str, second: str, reason: str, author: str | None) -> None:
    """Decide that two organisations or partnerships are not one; undoes an earlier merge."""
    _relate(archive, SPLIT, first, second, reason, author)


@review.command(epilog="Example: marsham review export review.csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reason", type=click.Choice(REASONS), help="Only what is doubtful for this reason.")
@click.option(
    "--state",
    type=click.Choice((*STATES, "any")),
    default="open",
    show_default=True,
    help="Only what is still to be decided, or is decided.",
)
@click.option("--site", metavar="HOST", help="Only pages of a host.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only records of a kind.")
@pass_archive
def export(
    archive: Archive,
    file: Path,
    reason: str | None,
    state: str,
    site: str | None,
    kind: str | None,
) -> None:
    """Write values to be looked at to a spreadsheet (CSV), to be filled in and imported again.

    Fill in decision (accept, correct or reject), new_value, why, and where needed author, from,
    until and everywhere. Leave the other columns. An apostrophe before a cell keeps it from being
    taken for a formula, and is taken off again.
    """
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        found = items(
            connection,
            reason=reason or "",
            state="" if state == "any" else state,
            site=site or "",
            kind=kind or "",
        )
        try:
            with file.open("w", encoding="utf-8-sig", newline="") as out:
                number = write_sheet(out, found)
        except OSError as error:
            raise NotWritableError(str(file), error.strerror or str(error)) from error
    say(f"{counted(number, 'value')} written to {file}", err=True)


@review.command("import", epilog="Example: marsham review import review.csv --dry-run")
@click.argument("file", type=click.File("rb"))
@click.option("--author", help="Who decides, where a row does not say; else your user name.")
@click.option("--dry-run", is_flag=True, help="Say what would be decided; changes nothing.")
@pass_archive
def import_(archive: Archive, file: io.BufferedReader, author: str | None, dry_run: bool) -> int:
    """Carry out the decisions of a spreadsheet (CSV): all of them, or none.

    Rows without a decision are passed over. Every row that cannot be carried out is told with the
    line of the file on which it ends (status 2), and then nothing is changed.
    """
    rows = list(read_sheet(file.read((1 << 26) + 1)))
    bad: list[BadRow] = []
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        found = verdicts_of(connection, rows, author or getpass.getuser(), note=bad.append)
    for row in bad:
        say(f"line {row.line}: {row.why}", err=True)
    if bad:
        say(f"{counted(len(bad), 'row')} cannot be carried out; nothing was changed", err=True)
        return FAILED
    if not dry_run and found:
        decide_items(archive, found)
        refresh_entities(archive)
    did = "would be decided" if dry_run else "decided"
    say(f"{counted(len(found), 'value')} {did}")
    return DONE


@review.command(epilog="Example: marsham review log")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each decision.")
@pass_archive
def log(archive: Archive, as_json: bool) -> int:
    """List every decision ever made on values: who, when, why, and whether it still holds."""
    with archive.catalogue.read() as connection:
        made = list(corrections_in_view(connection))
    if as_json:
        for one, told in made:
            click.echo(as_json_line(_decision_as_json(one, told=told)))
    else:
        print_table(_LOG_HEADS, (_log_row(one, told) for one, told in made))
    broken = list(journal.problems(archive.path / journal.JOURNAL))
    for problem in broken:
        say(f"{problem.code}: {problem.file} at byte {problem.offset}: {problem.message}", err=True)
    return FINDINGS if broken else DONE


@review.command(epilog="Example: marsham review user 'Ann Editor'")
@click.argument("name", required=False)
@click.option("--remove", is_flag=True, help="Let NAME in no more; what they decided stays.")
@click.option("--list", "listing", is_flag=True, help="List who may sign in.")
@click.option(
    "--password-file",
    type=click.File("r"),
    help="Read the password there (- for input); no asking.",
)
@pass_archive
def user(
    archive: Archive, name: str | None, remove: bool, listing: bool, password_file: TextIO | None
) -> None:
    """Let somebody sign in where `marsham serve --edit` runs, or give them another password.

    Passwords are kept hashed (scrypt) in reviewers.json of the archive, for its owner alone.
    """
    reviewers = Reviewers(archive.path)
    if listing:
        for one in reviewers.names():
            say(one)
        return
    if name is None:
        raise click.UsageError("give a NAME, or --list")
    if remove:
        with archive.lock():
            reviewers.drop(name)
        say(f"{name} may not sign in any more")
        return
    if password_file is not None:
        password = password_file.readline(2000).rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with archive.lock():
        reviewers.put(name, password)
    say(f"{name} may sign in at /review where marsham serve --edit runs")


def _of_page(found: list[Item], number: str) -> Item:
    number = number.strip().lower()
    same = [one for one in found if number and one.id.startswith(number)]
    if len(same) != 1:
        raise InputError(f"{len(same)} values of the page have an id that begins with {number!r}")
    return same[0]


def _relate(
    archive: Archive, action: str, first: str, second: str, reason: str, author: str | None
) -> None:
    made = relate(archive, action, first, second, reason=reason, author=author or getpass.getuser())
    refresh_entities(archive)
    say(f"decision {made.number}: {_said(made)}")


def _said(one: Correction) -> str:
    target = one.target
    on = f"{target.field}: {target.value}" if target and target.field else ""
    if target and one.reach == "entities":
        on = f"{target.record} and {one.new}"
    to = f" is {one.new}" if one.action in (CORRECT, "add") else ""
    dates = ""
    if one.first or one.last:
        dates = f", for captures {one.first or ''} to {one.last or ''}".rstrip()
    return f"{one.action} {on}{to}{dates}, by {one.author}: {one.reason}"


def _row(one: Item) -> tuple[str, ...]:
    target, of = one.target, one.capture
    cells = (
        *(one.id, one.reason, one.state, target.kind, target.record, target.field),
        *(target.value, of.timestamp, of.url),
    )
    return tuple(map(_cut, cells))


def _log_row(one: Correction, told: bool) -> tuple[object, ...]:
    target = one.target if told else None
    on = f"{target.kind} {target.record} {target.field}".rstrip() if target else _NOT_TOLD
    said = (on, target.value, one.new, one.reason) if target else (on, "", "", "")
    return (one.number, one.state, one.decided, one.author, one.action, *map(_cut, said))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST or line.startswith("http") else line[: _WIDEST - 1] + "…"


def _as_json(one: Item) -> dict[str, object]:
    target = one.target
    return {
        "id": one.id,
        "reason": one.reason or None,
        "told": one.told or None,
        "state": one.state or None,
        "assigned": one.assigned or None,
        "kind": target.kind,
        "record": target.record,
        "field": target.field,
        "value": target.value,
        "confidence": one.confidence,
        "decision": one.correction,
        "url": one.capture.url,
        "captured": one.capture.timestamp,
        "digest": one.capture.digest,
    }


def _decision_as_json(one: Correction, *, told: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "number": one.number,
        "decision": one.action,
        "state": one.state,
        "author": one.author,
        "decided": one.decided,
        "superseded_by": one.superseded_by,
    }
    target = one.target if told else None
    if target is None:
        return found | {"told": False}
    return found | {
        "reach": one.reach,
        "place": target.place or None,
        "url": one.url or None,
        "captured": one.timestamp,
        "kind": target.kind,
        "record": target.record,
        "field": target.field or None,
        "value": target.value,
        "new": one.new or None,
        "reason": one.reason,
        "first": one.first,
        "last": one.last,
    }
