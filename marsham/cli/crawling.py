"""A crawl run at the command line: how far it is, how a person ends it, what came of it."""

import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

import click

from archiver.errors import ArchiveError, MarshamError
from archiver.quantities import write_size
from marsham.cli.crawl_report import crawl_as_json, crawl_lines
from marsham.cli.support import (
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    counted,
    printable,
    say,
)
from snapshots.crawl.engine import Crawl, Progress
from snapshots.crawl.frontier import State
from snapshots.crawl.order import Order
from snapshots.crawl.plan import Planned
from snapshots.crawl.preparing import let_go
from snapshots.crawl.report import CrawlReport, report_on_crawl
from snapshots.writer import Writer

__all__ = ["crawl_all"]

_log = logging.getLogger(__name__)

_LINE_SECONDS = 30.0  # between two lines where nobody watches
_LISTED = 100  # addresses of one kind in JSON
_WINDOW = 15.0  # seconds over which the rate is told
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOPPING = "marsham: ending after what is under way; press Ctrl-C again to end at once\n"


class _Stop:
    """A person's wish to end: the first is passed on to the crawl, the second ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self.crawl: Crawl | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked or self.crawl is None:
            raise KeyboardInterrupt
        self.asked = True
        # A signal may come while something is being printed, which print could not bear.
        os.write(2, _STOPPING.encode())
        self.crawl.stop()


@contextmanager
def _heeding() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def crawl_all(
    writer: Writer, planned: list[Planned], *, anew: bool, again: str, as_json: bool
) -> int:
    """Run crawls one after the other, and give the status of the command.

    Args:
        writer: of the archive.
        planned: what is to be done, prepared; the name is empty for a crawl that is in no plan.
        anew: begin a new snapshot even where one is unfinished.
        again: the command that goes on with a crawl, in words.
        as_json: print reports as JSON.

    What one of several meets does not keep the others from being run, unless the archive itself
    cannot be written.
    """
    worst = DONE
    with _heeding() as stop:
        for number, one in enumerate(planned, 1):
            try:
                status = _crawl(writer, one, stop, anew=anew, again=again, as_json=as_json)
            except ArchiveError:
                raise
            except Exception as error:
                if not one.name or os.environ.get("MARSHAM_DEBUG"):
                    raise
                if not isinstance(error, MarshamError):
                    _log.exception("%s ended with an error in Marsham itself", one.name)
                say(f"marsham: {one.name}: {error}", err=True)
                status = FAILED
            worst = max(worst, status)
            if stop.asked and number < len(planned):
                left = counted(len(planned) - number, "crawl")
                say(f"{left} of the plan not begun", err=True)
                break
    return worst


def _crawl(
    writer: Writer, planned: Planned, stop: _Stop, *, anew: bool, again: str, as_json: bool
) -> int:
    order = planned.order
    closed = let_go(writer, order, anew=anew)
    if closed:
        say(f"crawl {closed} of the same order is left as it is; a new one begins", err=True)
    shown = _Shown(order)
    crawl = Crawl(writer, order, tell=shown)
    store = crawl.store
    name = f"{planned.name}: " if planned.name else ""
    where = f"snapshot {store.snapshot_id} ({store.label})"
    if store.resumed:
        done = counted(store.exchanges, "answer")
        queued = counted(store.frontier.states[State.QUEUED], "address", "addresses")
        say(f"{name}going on with {where}: {done} stored, {queued} queued", err=True)
    else:
        say(f"{name}capturing {_seeds(order)} as {where}", err=True)
    if not order.robots:
        say(f"{name}robots.txt is not obeyed; the archive's records say so", err=True)
    try:
        with shown.on_terminal():
            stop.crawl = crawl
            crawl.run()
    except KeyboardInterrupt:
        say(f"marsham: stopped at once; what was stored is kept; {again} goes on", err=True)
        return FAILED
    finally:
        stop.crawl = None
    with writer.archive.catalogue.read() as connection:
        report = report_on_crawl(connection, store.number, _LISTED)
    return _tell(report, name, again, crawl.ending, as_json=as_json)


def _tell(report: CrawlReport, name: str, again: str, ending: str, *, as_json: bool) -> int:
    where = f"snapshot {report.row.snapshot_id} ({report.label})"
    if as_json:
        click.echo(as_json_line(crawl_as_json(report)))
    else:
        what = counted(report.answers, "answer")
        say(f"{name}{what} in {where}{'' if report.finished else ', not finished'}")
        for line in crawl_lines(report):
            say(line)
    if ending:
        if report.order.bound_reached(
            report.row.exchanges, report.row.bytes, report.row.spent / 1000
        ):
            hint = f"{again} with a wider bound goes on, and as it is begins a new snapshot"
        else:
            hint = f"{again} goes on"
        say(f"marsham: {name}ended with addresses left: {ending}; {hint}", err=True)
    if not report.answers and not report.row.counts.get("queued"):
        why = next(iter(report.seeds.items()), None)
        said = f": {why[0]}: {why[1]}" if why else ""
        hint = ""
        if why and why[1].startswith("address:") and not report.order.allow_private:
            hint = "; give --allow-private if that is where it should be"
        say(f"marsham: {name}nothing was captured{said}{hint}", err=True)
        return FAILED
    return FINDINGS if report.has_findings else DONE


def _seeds(order: Order) -> str:
    first, *more = order.seeds
    return f"{first} and {len(more)} more" if more else first


class _Shown:
    """Tells people how far a crawl is: on a terminal all the time, elsewhere now and then."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._said = monotonic()
        self._window: deque[tuple[float, int]] = deque()
        self._show: Callable[[str], object] | None = None

    def __call__(self, progress: Progress) -> None:
        now = monotonic()
        window = self._window
        window.append((now, progress.exchanges))
        while len(window) > 2 and now - window[0][0] > _WINDOW:
            window.popleft()
        if self._show:
            self._show("\n  ".join([self._words(progress), progress.latest]))
        elif now - self._said >= _LINE_SECONDS:
            self._said = now
            latest = f"; last {progress.latest}" if progress.latest else ""
            say(f"{self._words(progress)}{latest}", err=True)

    def _words(self, progress: Progress) -> str:
        (began, before), (now, answers) = self._window[0], self._window[-1]
        rate = (answers - before) / (now - began) if now > began else 0.0
        states = progress.states
        queued = states.get(State.QUEUED, 0) + states.get(State.LEASED, 0)
        return (
            f"{counted(answers, 'answer')}, {write_size(progress.bytes)}, {rate:.1f}/s, "
            f"{queued} queued, {states.get(State.REFUSED, 0)} refused, "
            f"{counted(progress.failures, 'failure')}"
        )

    @contextmanager
    def on_terminal(self) -> Iterator[None]:
        """Keep a place of the terminal for how far it is, if there is one."""
        if not sys.stderr.isatty():
            yield
            return
        # It takes long to import, and only people at a terminal need it.
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("asking", total=None)
            width = max(bar.console.width - 6, 20)

            def show(text: str) -> None:
                lines = [printable(line)[:width] for line in text.splitlines()]
                bar.update(task, description=escape("\n".join(lines)))

            self._show = show
            try:
                yield
            finally:
                self._show = None
