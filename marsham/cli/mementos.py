"""The part of ``marsham ingest`` that asks another web archive for the mementos of pages."""

from dataclasses import dataclass

import click

from archiver.errors import FetchError, InputError, RefusedAddressError, UrlError
from archiver.fetch.client import Fetcher
from archiver.fetch.guard import Guard
from archiver.fetch.pace import Pace
from archiver.fetch.place import place_of
from archiver.fetch.politeness import Visitor
from archiver.remote.holdings import RemoteArchive
from archiver.software import software_name
from archiver.timestamps import Span
from archiver.urls import check_url
from marsham.cli.support import (
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    counted,
    print_problems,
    problem_as_json,
    say,
    say_recovered,
)
from snapshots.archive import Archive
from snapshots.ingest.remote import Collected, collect
from snapshots.writer import Writer

__all__ = ["Wanted", "from_archive"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mementos are wanted, and where they go."""

    span: Span | None
    limit: int | None
    label: str | None
    operator: str


def from_archive(
    archive: Archive,
    urls: tuple[str, ...],
    source: str,
    wanted: Wanted,
    delay: float,
    contact: str | None,
    allow_private: bool,
    as_json: bool,
) -> int:
    """Take in the mementos of pages, and give the status of the command.

    Args:
        archive: the archive they are taken into.
        urls: the pages.
        source: the other archive's address.
        wanted: which mementos.
        delay: seconds between two requests.
        contact: how the other archive can reach a person; None for what the settings say.
        allow_private: whether the other archive may be at a private address.
        as_json: print an object for each page.

    Raises:
        UrlError: when `source` is no address of the web.
        InputError: when nobody is named whom the other archive could ask.
        NotWritableError: when the archive cannot be written.
    """
    remote = RemoteArchive.at(source)
    reach = contact or archive.settings.contact
    if not (reach or allow_private):
        raise InputError(
            "an archive should know whom to ask about our requests; set contact in "
            f"{archive.path}/marsham.toml, or give --contact with an e-mail or web address"
        )
    if not reach.isprintable() or not reach.isascii():
        raise InputError("the contact an archive is told must be one line of ASCII")
    private = frozenset([place_of(check_url(source)).authority] if allow_private else [])
    agent = f"{software_name()} ({reach})" if reach else software_name()
    worst = DONE
    with Fetcher(agent, Guard(private)) as fetcher, Writer(archive) as writer:
        say_recovered(writer)
        visitor = Visitor(fetcher, Pace(delay=delay), tell=_say_aside)
        for url in urls:
            try:
                done = collect(
                    writer,
                    url,
                    remote,
                    visitor,
                    span=wanted.span,
                    limit=wanted.limit,
                    label=wanted.label,
                    operator=wanted.operator,
                    tell=_say_aside,
                )
            except (FetchError, UrlError) as error:
                refused = isinstance(error, RefusedAddressError)
                hint = "; give --allow-private if that is where it should be" if refused else ""
                say(f"marsham: {error}; nothing was taken in{hint}", err=True)
                if as_json:
                    click.echo(as_json_line({"name": url, "error": str(error)}))
                worst = FAILED
                continue
            _report(done, as_json)
            worst = max(worst, FINDINGS if done.problems else DONE)
    return worst


def _say_aside(text: str) -> None:
    say(text, err=True)


def _report(done: Collected, as_json: bool) -> None:
    if as_json:
        click.echo(
            as_json_line(
                {
                    "name": done.url,
                    "list": done.address,
                    "list_format": done.kind,
                    "snapshot": done.snapshot_id,
                    "label": done.label,
                    "listed": done.listed,
                    "captures": done.taken,
                    "counts": done.counts,
                    "already": done.already,
                    "left": done.left,
                    "problems": [problem_as_json(found) for found in done.problems],
                }
            )
        )
        return
    where = f"snapshot {done.snapshot_id} ({done.label})"
    counts = "".join(f"; {number} {kind}" for kind, number in done.counts.items())
    already = f"; {done.already} already here" if done.already else ""
    if done.taken or done.left or done.problems:
        of = f"{done.taken} of {counted(done.listed, 'memento')} taken in"
        say(f"{done.url}: {of} as {where}{counts}{already}")
    else:
        all_of = counted(done.listed, "memento")
        say(f"{done.url}: {all_of} already here as {where}; nothing changed")
    if done.left:
        say(f"{done.url}: {counted(done.left, 'memento')} left; the same command goes on", err=True)
    if done.problems:
        say(f"{done.url}: {counted(len(done.problems), 'problem')}", err=True)
        print_problems(done.problems, f"marsham snapshots {done.snapshot_id}")
