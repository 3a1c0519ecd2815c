"""``marsham search``: words looked for in archived pages, as of a date or through time."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import Connection

from archiver.errors import InputError
from archiver.timestamps import Span
from extract.asof import check_extracted
from extract.occurrences import spells, trends
from extract.questions import read_question
from extract.search import count_found, search_pages
from marsham.cli.support import DATE, DONE, FINDINGS, as_json_line, counted, pass_archive, say
from snapshots.archive import Archive

__all__ = ["search"]

_Line = tuple[dict[str, Any], tuple[str, ...]]  # what is found for machines, and for people


@click.command(epilog="Example: marsham search '\"stay safe\" burgl* -scotland' --as-of 2011")
@click.argument("words", nargs=-1, required=True)
@click.option("--as-of", type=DATE, metavar="DATE", help="Pages as they stood then; else now.")
@click.option("--site", metavar="HOST", default="", help="Only pages of this host.")
@click.option(
    "--through-time",
    is_flag=True,
    help="Every page that ever said it: when it was first seen, last seen, not seen by.",
)
@click.option("--trend", is_flag=True, help="In how many captures of each year it is said.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Pages shown at most.",
)
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@pass_archive
def search(
    archive: Archive,
    words: tuple[str, ...],
    as_of: Span | None,
    site: str,
    through_time: bool,
    trend: bool,
    limit: int,
    as_json: bool,
) -> int:
    """Find pages by what they say.

    All the words have to be there. "A phrase" stands in quotation marks, burgl* for every word that
    begins so, lock OR bolt for one of two, lock NEAR/5 door for two with at most five words between
    them, and -scotland for a word that must not be there. A telephone number or an e-mail address
    alone is found with --through-time however pages write it.

    The status is 0 when something was found, and 1 when nothing was.
    """
    asked = " ".join(words)
    if not read_question(asked):
        raise InputError(f"there is no word to look for in {asked!r}")
    if through_time + trend + (as_of is not None) > 1:
        raise InputError("choose one of --as-of, --through-time and --trend")
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        if trend:
            lines = _by_year(connection, asked, site)
        elif through_time:
            lines = _through_time(archive, connection, asked, site, limit)
        else:
            moment = as_of.last if as_of else datetime.now(UTC)
            lines = _of_date(connection, asked, site, moment, limit)
    for row, said in lines:
        if as_json:
            click.echo(as_json_line(row))
        else:
            for line in said:
                say(line)
    found = any(row["captures"] for row, _ in lines) if trend else bool(lines)
    if not found:
        click.echo("nothing was found", err=True)
    return DONE if found else FINDINGS


def _of_date(
    connection: Connection, asked: str, site: str, moment: datetime, limit: int
) -> list[_Line]:
    results = search_pages(connection, asked, moment, site=site, limit=limit)
    if results.more:
        facet = count_found(connection, asked, moment, site=site)
        of = f" of {facet.number:,}" if facet else ""
        click.echo(f"the first {limit}{of}; more with --limit", err=True)
    lines: list[_Line] = []
    for one in results.pages:
        where = one.capture
        row = {"url": where.url, "timestamp": where.timestamp, "title": one.title}
        row["snippet"] = "".join(said for said, _ in one.snippet)
        said: tuple[str, ...] = (f"{_day(where.timestamp)}  {where.url}", f"    {one.title}")
        if one.snippet:
            said += (f"    …{_marked(one.snippet)}…",)
        lines.append((row, said))
    return lines


def _through_time(
    archive: Archive, connection: Connection, asked: str, site: str, limit: int
) -> list[_Line]:
    from marsham.web.places import snapshot_address

    lines: list[_Line] = []
    for one in spells(connection, asked, site=site, limit=limit):
        first, last = (
            archive.settings.address.rstrip("/") + snapshot_address(timestamp, one.url)
            for timestamp in (one.first, one.last)
        )
        row = asdict(one) | {"first_snapshot": first, "last_snapshot": last}
        absent = f"not seen by {_day(one.not_seen_by)}" if one.not_seen_by else "no later capture"
        said = (
            f"{_day(one.first)} to {_day(one.last)}, in {one.captures:,} of "
            f"{counted(one.of, 'capture')}  {one.url}",
            f"    {one.title}",
            f"    first seen {first}",
            f"    last seen {last}, {absent}",
        )
        lines.append((row, said))
    return lines


def _by_year(connection: Connection, asked: str, site: str) -> list[_Line]:
    return [
        (asdict(one), (f"{one.year}  {one.captures:,} of {counted(one.of, 'capture')}",))
        for one in trends(connection, asked, site=site)
    ]


def _day(timestamp: str) -> str:
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def _marked(snippet: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{said}]" if sought else said for said, sought in snippet)
