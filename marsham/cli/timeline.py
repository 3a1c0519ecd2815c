"""``marsham timeline``: how much a page changed from capture to capture, or a site by month."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from archiver.errors import NoCaptureError
from archiver.timestamps import Span
from archiver.urls import check_listed
from extract.compare.timelines import (
    Month,
    Step,
    StepKind,
    page_timeline,
    site_timeline,
    step_as_json,
)
from marsham.cli.support import (
    DATE,
    DONE,
    as_json_line,
    between,
    counted,
    pass_archive,
    print_table,
    say,
)
from snapshots import index
from snapshots.archive import Archive
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain

__all__ = ["timeline"]

_LONGEST = 24  # characters of a bar
_STEP_HEADS = ("timestamp", "what", "blocks", "words", "change", "shows")
_MONTH_HEADS = ("month", "captures", "pages", "new", "changed", "gone", "words", "change")
_UNREAD = (
    "not all of these captures have been read, and bytes alone tell them apart; "
    "see: marsham extract"
)


@click.command(epilog="Example: marsham timeline http://www.homeoffice.gov.uk/crime/ --from 2009")
@click.argument("url", metavar="URL")
@click.option("--site", is_flag=True, help="All pages below URL, month by month.")
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option("--changes", is_flag=True, help="Only captures that show something else.")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="A table for other programs.")
@pass_archive
def timeline(
    archive: Archive,
    url: str,
    site: bool,
    start: Span | None,
    end: Span | None,
    changes: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Tell how each capture of a page differs from that before.

    Its bytes may be the same, or its text, or it may differ in noise alone: counters, stamps,
    session ids and the like. Where it changed, the blocks and words are counted. An error, a
    redirect or a "not found" is no page: the next capture is held against the last that shows one.

    With --site the pages below URL are counted by month: how many were captured, and of how many
    a capture differs from the one before.

    An archive only samples: a change lies between two captures.
    """
    if as_json and as_csv:
        raise click.UsageError("give one of --json and --csv")
    if site and changes:
        raise click.UsageError("--changes is for one page")
    address, span = check_listed(url.removesuffix("*")), between(start, end)
    wanted = f"{address}*" if site else address
    steps: list[Step] = []
    months: list[Month] = []
    with archive.catalogue.read() as connection:
        if site:
            months = list(site_timeline(connection, address, span).months)
        else:
            steps = page_timeline(connection, address, span)
        if not steps and not months:
            _, why = explain(connection, wanted, span)
            _, gone = explain_erased(connection, wanted, span)
            raise why or gone or NoCaptureError(wanted, *(index.extent(connection, wanted) or ()))
    if any(step.kind is StepKind.OTHER_BYTES and step.state != "file" for step in steps):
        click.echo(_UNREAD, err=True)
    shown = [step for step in steps if step.differs or not changes]
    rows = [asdict(month) for month in months] if site else [step_as_json(step) for step in shown]
    if as_json:
        for row in rows:
            click.echo(as_json_line(row))
    elif as_csv:
        _write_csv(rows)
    elif site:
        _print_months(months)
    else:
        _print_steps(shown, len(steps))
    return DONE


def _write_csv(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        writer = csv.DictWriter(sys.stdout, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        sys.stdout.flush()


def _print_steps(steps: Sequence[Step], captures: int) -> None:
    largest = max((step.size for step in steps), default=0)
    if steps:
        print_table(_STEP_HEADS, (_told(step, largest) for step in steps))
    number = sum(step.differs for step in steps)
    say(f"{counted(captures, 'capture')}; {number} of them show something else than the one before")


def _told(step: Step, largest: int) -> tuple[str, ...]:
    found = step.difference
    blocks = _signed(("+", found.added), ("-", found.removed), ("~", found.changed),
                     (">", found.moved))  # fmt: skip
    words = _signed(("+", found.words_added), ("-", found.words_removed))
    if found.links and not found.blocks:
        words = counted(found.links, "link")
    return (
        step.capture.timestamp, step.kind.value, blocks, words, _bar(step.size, largest),
        step.state,
    )  # fmt: skip


def _print_months(months: Sequence[Month]) -> None:
    largest = max(month.words_added + month.words_removed for month in months)
    print_table(
        _MONTH_HEADS,
        (
            (
                f"{month.month[:4]}-{month.month[4:]}",
                *(month.captures, month.pages, month.pages_new, month.pages_changed),
                month.pages_gone,
                _signed(("+", month.words_added), ("-", month.words_removed)),
                _bar(month.words_added + month.words_removed, largest),
            )
            for month in months
        ),
    )


def _signed(*counts: tuple[str, int]) -> str:
    return " ".join(f"{sign}{number}" for sign, number in counts if number)


def _bar(size: int, largest: int) -> str:
    return "#" * max(1, round(_LONGEST * size / largest)) if size else ""
