"""``marsham capture --status`` and ``--stop``: the crawls of an archive, seen from outside."""

from time import monotonic, sleep

import click

from archiver.errors import InputError
from archiver.quantities import write_seconds, write_size
from marsham.cli.support import DONE, FINDINGS, as_json_line, counted, print_table, readable, say
from snapshots.archive import Archive
from snapshots.crawl.status import CrawlStatus, statuses
from snapshots.crawl.store import RUNNING, ask_to_stop

__all__ = ["show_status", "stop_running"]

_HEADS = (
    *("crawl", "snapshot", "label", "state", "begun", "answers", "bytes"),
    *("queued", "failed", "refused", "time", "rate"),
)
_PATIENCE = 60.0  # seconds that an orderly end is waited for
_LOOK = 0.2


def show_status(archive: Archive, *, as_json: bool) -> int:
    """Print how every crawl of an archive stands; needs no lock and changes nothing."""
    found = statuses(archive)
    if as_json:
        for one in found:
            click.echo(as_json_line(_as_json(one)))
    elif found:
        print_table(_HEADS, [_cells(one) for one in found])
    else:
        say("there is no crawl; begin one with: marsham capture URL", err=True)
    return DONE


def stop_running(archive: Archive, *, as_json: bool) -> int:
    """Ask the crawl that runs to end in order, wait for it, and say what happened.

    Raises:
        InputError: when no crawl runs.
    """
    running = [one for one in statuses(archive) if one.state == RUNNING]
    if not running:
        raise InputError("no crawl is running; see: marsham capture --status")
    number = running[-1].row.number
    ask_to_stop(archive.catalogue, number)
    say(f"crawl {number} was asked to end after what is under way", err=True)
    until = monotonic() + _PATIENCE
    while True:
        [now] = statuses(archive, number)
        if now.state != RUNNING or monotonic() > until:
            break
        sleep(_LOOK)
    if as_json:
        click.echo(as_json_line(_as_json(now)))
    else:
        left = counted(now.queued, "address", "addresses")
        done = counted(now.row.exchanges, "answer")
        said = "has not ended yet" if now.state == RUNNING else f"is {now.state}"
        say(f"crawl {number} {said}: {done} stored, {left} left")
    return FINDINGS if now.state == RUNNING else DONE


def _cells(one: CrawlStatus) -> list[object]:
    row = one.row
    return [
        *(row.number, row.snapshot_id, one.label, one.state, readable(row.begun)),
        *(row.exchanges, write_size(row.bytes), one.queued),
        *(row.counts.get("failed", 0), row.counts.get("refused", 0)),
        *(write_seconds(one.seconds), f"{one.rate:.1f}/s"),
    ]


def _as_json(one: CrawlStatus) -> dict[str, object]:
    row = one.row
    return {
        "crawl": row.number,
        "snapshot": row.snapshot_id,
        "label": one.label,
        "state": one.state,
        "ending": one.ending,
        "seeds": one.order.seeds,
        "scope": one.order.scope,
        "begun": row.begun,
        "ended": row.ended,
        "exchanges": row.exchanges,
        "bytes": row.bytes,
        "states": row.counts,
        "seconds": one.seconds,
        "rate": round(one.rate, 3),
    }
