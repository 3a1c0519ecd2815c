"""``marsham snapshots``: the dated runs and sets the archive holds, and the report of one."""

import csv
import json
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice

import click

from archiver.confined import Confined
from archiver.errors import InputError
from marsham.cli.crawl_report import crawl_as_json, crawl_lines
from marsham.cli.support import as_json_line, pass_archive, print_table, readable, say
from snapshots.archive import Archive
from snapshots.crawl.report import (
    KINDS,
    addresses,
    columns_of,
    crawl_of_snapshot,
    report_on_crawl,
)
from snapshots.reports import Report, report_on, snapshot_rows

__all__ = ["snapshots"]

_SHOWN = ("id", "label", "captures", "first", "last", "created")
_TIMES = ("first", "last", "created", "taken")
_LONGEST = 20  # lines of one kind
_LISTED = 100  # addresses of one kind in JSON


@click.command(
    epilog="Example: marsham snapshots 2\n\n"
    "Example: marsham snapshots 2 --addresses refused > refused.csv"
)
@click.argument("number", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option(
    "--pages",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="How many pages of snapshot NUMBER are looked into for what they lack.",
)
@click.option(
    "--addresses",
    "kind",
    type=click.Choice(KINDS),
    help="Print the addresses that the crawl of snapshot NUMBER met and that did so, as CSV.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object for each snapshot, or for each address.",
)
@pass_archive
def snapshots(
    archive: Archive, number: int | None, pages: int, kind: str | None, as_json: bool
) -> None:
    """List the snapshots, or with a NUMBER report on one.

    A snapshot is a crawl or an ingested set, with its span of dates. The report gives its inputs,
    what was wrong with them, the pages on the lists that came with them, captures by status, type
    and host, redirects that end nowhere, pages whose images, styles or scripts were never captured,
    and pages that say they are not there. Of a crawl it tells what was new, changed, gone, failed
    or refused, and by which rule; --addresses gives all addresses of one of these.
    """
    if kind is not None:
        if number is None:
            raise click.UsageError("--addresses speaks of one snapshot; give its NUMBER")
        _print_addresses(archive, number, kind, as_json=as_json)
        return
    with archive.catalogue.read() as connection, Confined() as children:
        rows = snapshot_rows(connection, number)
        if number is not None and not rows:
            raise InputError(f"there is no snapshot {number}; see: marsham snapshots")
        if number is None and not as_json:
            print_table(_SHOWN, [[_value(name, row[name]) for name in _SHOWN] for row in rows])
            return
        from extract.missing import says_missing  # takes long to load

        for row in rows:
            report = report_on(
                archive,
                connection,
                row,
                pages=0 if number is None else pages,
                says_missing=partial(says_missing, children),
            )
            crawl = crawl_of_snapshot(connection, row["id"])
            told = report_on_crawl(connection, crawl, _LISTED) if crawl else None
            if as_json:
                crawled = crawl_as_json(told) if told else None
                click.echo(as_json_line({**_as_json(report), "crawl": crawled}))
                continue
            for line in _lines(report):
                say(line)
            for line in crawl_lines(told) if told else ():
                say(line)


def _print_addresses(archive: Archive, number: int, kind: str, *, as_json: bool) -> None:
    with archive.catalogue.read() as connection:
        crawl = crawl_of_snapshot(connection, number)
        if crawl is None:
            raise InputError(f"snapshot {number} was not made by a crawl that is still known here")
        found = addresses(connection, crawl, kind)
        if as_json:
            for one in found:
                click.echo(as_json_line(one))
            return
        out = csv.DictWriter(sys.stdout, columns_of(kind), lineterminator="\n")
        out.writeheader()
        out.writerows(found)


def _as_json(report: Report) -> dict[str, object]:
    return report.row | {
        "inputs": report.inputs,
        "problems": report.problems,
        "listed_pages": report.listed_pages,
        "statuses": report.statuses,
        "types": report.types,
        "hosts": report.hosts,
        "pages_seen": report.pages_seen[0],
        "pages": report.pages_seen[1],
        "redirects_to_nothing": [
            {"url": url, "ends_at": end} for url, end in report.redirects_to_nothing
        ],
        "incomplete": [{"url": url, "missing": names} for url, names in report.incomplete],
        "soft_404s": report.soft_404s,
    }


def _lines(report: Report) -> Iterator[str]:
    for name, value in report.row.items():
        yield f"{name:<9} {_value(name, value)}".rstrip()
    for taken in report.inputs[:_LONGEST]:
        yield f"input     {taken['name']} ({taken['format']})"
        yield f"          taken in {_value('taken', taken['taken'])}"
        yield f"          sha256 {taken['digest']}"
        counts = json.loads(taken["counts"])
        said = {f"status {kind}" if kind.isdigit() else kind: n for kind, n in counts.items()}
        yield from _table("", said)
    if len(report.inputs) > _LONGEST:
        yield f"input     and {len(report.inputs) - _LONGEST} more; see --json"
    yield from _first(
        "page",
        [
            f"page      {page['timestamp']} {page['url']} {page['title']}".rstrip()
            for page in report.listed_pages
        ],
    )
    for name, counts in (
        ("status", report.statuses),
        ("type", report.types),
        ("host", report.hosts),
    ):
        yield from _first(name, _table(name, counts))
    seen, pages = report.pages_seen
    if seen < pages:
        yield f"looked    into {seen} of {pages} pages; see --pages"
    yield from _first(
        "redirect",
        [f"redirect  {url} ends nowhere: {end}" for url, end in report.redirects_to_nothing],
    )
    yield from _first(
        "lacks",
        [f"lacks     {url}: {name}" for url, names in report.incomplete for name in names],
    )
    yield from _first("soft 404", [f"soft 404  {url}" for url in report.soft_404s])
    for found in report.problems:
        place = found["record_offset"]
        where = found["file"] if place is None else f"{found['file']} at byte {place}"
        yield f"problem   {found['code']}: {where}: {found['message']}"


def _value(name: str, value: object) -> str:
    if value is None:
        return ""
    return readable(str(value)) if name in _TIMES else str(value)


def _table(name: str, counts: dict[str, int]) -> list[str]:
    wide = max(map(len, counts), default=0)
    long = max((len(str(number)) for number in counts.values()), default=0)
    return [f"{name:<9} {kind:<{wide}}  {number:>{long}}" for kind, number in counts.items()]


def _first(name: str, lines: list[str]) -> Iterator[str]:
    yield from islice(lines, _LONGEST)
    if len(lines) > _LONGEST:
        yield f"{name:<9} and {len(lines) - _LONGEST} more; see --json"
