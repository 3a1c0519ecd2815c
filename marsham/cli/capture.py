"""``marsham capture``: take live sites into the archive as dated snapshots."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from archiver.capture.traps import TrapLimits
from archiver.errors import InputError
from archiver.quantities import read_seconds, read_size
from marsham.cli.support import pass_archive, say_recovered
from snapshots.archive import Archive
from snapshots.crawl.order import Order
from snapshots.crawl.plan import OBEY, ROBOTS, Planned, chosen, read_plan
from snapshots.crawl.preparing import prepare
from snapshots.writer import Writer

__all__ = ["capture"]

_ORDER = Order(())  # what holds where nothing is said
_TRAPS = TrapLimits()
_WITH_PLAN = {"urls", "plan", "as_json", "anew"}
_ALONE = {"show", "stop", "as_json"}


class _Read(click.ParamType[float]):
    """An amount that is written with its unit."""

    def __init__(self, name: str, read: Callable[[str], float]) -> None:
        self.name = name
        self._read = read

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return self._read(str(value))
        except InputError as error:
            raise InputError(f"{param.opts[0] if param else self.name}: {error}") from error


_SIZE = _Read("size", read_size)
_TIME = _Read("time", read_seconds)


@click.command(
    epilog="Example: marsham capture https://www.homeoffice.example/crime/ --scope prefix\n\n"
    "Example: marsham capture www.homeoffice.example --exclude '/calendar/' --max-time 6h\n\n"
    "Example: marsham capture --plan plan.toml home-office\n\n"
    "Example: marsham capture --status"
)
@click.argument("urls", metavar="[URL...|NAME...]", nargs=-1)
@click.option(
    "--scope",
    default=_ORDER.scope,
    show_default=True,
    metavar="page|prefix|host|domain|REGEX",
    help="What belongs to the crawl: the URLs alone with what they embed, what begins as they do, "
    "their hosts, their registered domains, or addresses that match a regular expression.",
)
@click.option(
    "--include", multiple=True, metavar="REGEX", help="Addresses that belong to it besides."
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="REGEX",
    help="Addresses to leave out; a URL given as such is asked for all the same.",
)
@click.option(
    "--no-embeds-outside",
    is_flag=True,
    help="Leave out pictures, styles and scripts of pages where they lie outside the scope.",
)
@click.option(
    "--delay",
    type=_TIME,
    default=_ORDER.delay,
    show_default=True,
    help="Seconds to pause between two requests to one server; robots.txt may ask for more.",
)
@click.option(
    "--workers",
    type=int,
    default=_ORDER.workers,
    show_default=True,
    help="How many servers are asked at once; each gets one request at a time.",
)
@click.option(
    "--tries",
    type=int,
    default=_ORDER.tries,
    show_default=True,
    help="How often an address is asked that a server fails to answer.",
)
@click.option(
    "--robots",
    type=click.Choice(ROBOTS),
    default=OBEY,
    show_default=True,
    help="What robots.txt forbids is not asked for, unless it is ignored; records say which.",
)
@click.option("--no-sitemaps", is_flag=True, help="Do not read the sitemaps robots.txt names.")
@click.option(
    "--scripts", is_flag=True, help="Ask also for what only looks like an address in scripts."
)
@click.option(
    "--browser",
    is_flag=True,
    help="Load pages in Chromium, for those that scripts put together; needs marsham[browser].",
)
@click.option(
    "--no-probes",
    is_flag=True,
    help="Do not ask for made-up addresses to learn how a server says that a page is not there.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Have everything sent again, also what a server would say has not changed.",
)
@click.option("--limit", type=int, metavar="N", help="End after so many answers.")
@click.option("--max-bytes", type=_SIZE, help="End after so many bytes, such as 20GB.")
@click.option("--max-time", type=_TIME, help="End after so long, all runs together, such as 6h.")
@click.option(
    "--max-size",
    type=_SIZE,
    default="2GiB",
    show_default=True,
    help="Most bytes of one answer; of a larger one the beginning is kept, and marked so.",
)
@click.option(
    "--max-depth",
    type=int,
    default=_TRAPS.depth,
    show_default=True,
    help="Most segments of a path; 0 for no bound, as with the next three.",
)
@click.option(
    "--max-hops",
    type=int,
    default=_TRAPS.hops,
    show_default=True,
    help="Most links from a URL given to an address.",
)
@click.option(
    "--max-queries",
    type=int,
    default=_TRAPS.queries,
    show_default=True,
    help="Most queries of one path that only combine anew what others had.",
)
@click.option(
    "--max-alike",
    type=int,
    default=_TRAPS.alike,
    show_default=True,
    help="Most pages of one pattern in a row that bring no new words.",
)
@click.option("--snapshot", "label", default="", help="What the snapshot is called.")
@click.option("--operator", default="", help="Who does this, for the record.")
@click.option(
    "--contact", default="", help="How a webmaster can reach you, instead of the settings' contact."
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="The servers of the URLs, and those that scope and --include name, may be on this machine "
    "and in private networks.",
)
@click.option(
    "--allow-private-at",
    multiple=True,
    metavar="HOST|NETWORK",
    help="A further host, or network such as 10.1.0.0/16, that may be asked though it is private.",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path),
    help="Run the crawls of this TOML file, or those of the NAMEs given, one after the other.",
)
@click.option(
    "--anew", is_flag=True, help="Begin a new snapshot even where one of the same is unfinished."
)
@click.option("--status", "show", is_flag=True, help="List all crawls, also while one runs.")
@click.option("--stop", is_flag=True, help="Ask the crawl that runs to end in order.")
@click.option("--json", "as_json", is_flag=True, help="Print the report, or the list, as JSON.")
@click.pass_context
def capture(
    context: click.Context,
    urls: tuple[str, ...],
    scope: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    no_embeds_outside: bool,
    delay: float,
    workers: int,
    tries: int,
    robots: str,
    no_sitemaps: bool,
    scripts: bool,
    browser: bool,
    no_probes: bool,
    full: bool,
    limit: int | None,
    max_bytes: float | None,
    max_time: float | None,
    max_size: float,
    max_depth: int,
    max_hops: int,
    max_queries: int,
    max_alike: int,
    label: str,
    operator: str,
    contact: str,
    allow_private: bool,
    allow_private_at: tuple[str, ...],
    plan: Path | None,
    anew: bool,
    show: bool,
    stop: bool,
    as_json: bool,
) -> int:
    """Capture live sites, politely, as dated snapshots.

    From each URL on, links are followed within the scope; what a page needs to be shown may come
    from elsewhere. robots.txt is obeyed, a server is asked one thing at a time with pauses, and is
    told whom to ask about it: set contact in marsham.toml, or give --contact. Every request and
    answer is kept as it was sent; what is as before is only noted so.

    Ctrl-C ends after what is under way. The same command goes on with a crawl that was stopped or
    killed; once it is finished, the same command begins a new snapshot. Status 0 means that all was
    captured, 1 that something failed or is left, 2 that nothing could be captured.
    """
    if show or stop:
        _check_given(context, _ALONE, "--status and --stop go with --json alone")
        if show and stop:
            raise click.UsageError("give one of --status and --stop")
        return _look(as_json=as_json, stop=stop)
    if plan is not None:
        _check_given(context, _WITH_PLAN, "with --plan give NAMEs only; the rest is in the plan")
        planned = chosen(plan, read_plan(plan), urls)
        return _run(planned, plan, anew=anew, as_json=as_json)
    if not urls:
        raise click.UsageError("give the URL to start from, or --plan, --status or --stop")
    order = Order(
        urls,
        scope=scope,
        include=include,
        exclude=exclude,
        embeds_leave=not no_embeds_outside,
        robots=robots == OBEY,
        sitemaps=not no_sitemaps,
        guesses=scripts,
        browser=browser,
        probes=not no_probes,
        conditional=not full,
        label=label,
        operator=operator,
        contact=contact,
        delay=delay,
        workers=workers,
        tries=tries,
        most_answers=limit,
        most_bytes=None if max_bytes is None else int(max_bytes),
        most_seconds=max_time,
        body=int(max_size),
        traps=TrapLimits(depth=max_depth, hops=max_hops, queries=max_queries, alike=max_alike),
        allow_private=allow_private,
        allow_private_at=allow_private_at,
    )
    return _run([Planned("", order)], None, anew=anew, as_json=as_json)


def _check_given(context: click.Context, known: set[str], message: str) -> None:
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in known and source is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(message)


@pass_archive
def _look(archive: Archive, *, as_json: bool, stop: bool) -> int:
    from marsham.cli.crawl_status import show_status, stop_running

    return (stop_running if stop else show_status)(archive, as_json=as_json)


@pass_archive
def _run(
    archive: Archive, planned: list[Planned], plan: Path | None, *, anew: bool, as_json: bool
) -> int:
    # Everything is checked before anything is begun.
    ready = [replace(one, order=_prepared(archive, one, plan)) for one in planned]
    from marsham.cli.crawling import crawl_all  # takes long to import

    with Writer(archive) as writer:
        say_recovered(writer)
        return crawl_all(writer, ready, anew=anew, again="the same command", as_json=as_json)


def _prepared(archive: Archive, one: Planned, plan: Path | None) -> Order:
    try:
        return prepare(one.order, archive)
    except InputError as error:
        if plan is None:
            raise
        raise InputError(f"{plan}: crawl {one.name!r}: {error}") from error
