"""Fuzz one of Marsham's readers of untrusted input: ``python -m tests.fuzz.run warc --minutes 20``.

Cases run in a process of their own, with a limit on its memory and on the processor time of each
case; when one takes it down, the next goes on behind. What is found is told once for each place in
the code, with the command that shows it again, and its input is kept in ``build/fuzz``.
"""

import contextlib
import faulthandler
import json
import mmap
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click

from archiver.errors import MarshamError
from tests.fuzz import TARGETS
from tests.fuzz.cases import Target

__all__ = ["run_case", "run_cases"]

_MEMORY = 1 << 30  # bytes of address space
_SECONDS = 10  # of processor time a case may take
_PATIENCE = 300  # seconds by the clock, for a case that only waits
_ROOT = Path(__file__).resolve().parents[2]
_FOUND = _ROOT / "build" / "fuzz"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link")
_FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "socket.connect", "socket.getaddrinfo")


class EscapeError(BaseException):
    """The code under test touched what it has no business with."""


def run_case(target: Target, seed: int, folder: Path) -> None:
    """Make one case and check it; `folder` is empty, and has to be so again."""
    case = target.make(Random(f"{target.name} {seed}"))  # noqa: S311
    target.check(case, folder)
    for path in folder.iterdir():
        assert path.name.startswith("file."), f"{path.name} was left behind"
        path.unlink()


def run_cases(target: Target, seeds: range) -> None:
    """Run cases in this process, as tests do; the first finding is raised."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            try:
                run_case(target, seed, Path(folder))
            except BaseException as error:
                error.add_note(f"shown by: python -m tests.fuzz.run {target.name} --only {seed}")
                raise


def _child(
    target: Target, seeds: Iterator[int], at: mmap.mmap, folder: Path, budget: float
) -> None:
    # Runs cases until the budget of processor seconds is spent; findings go to a file in `folder`.
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.dont_write_bytecode = True
    work = folder / "work"
    work.mkdir()
    tempfile.tempdir = str(work)
    log = (folder / "findings").open("a")
    stack = (folder / "stack").open("w")
    faulthandler.enable(stack)
    faulthandler.register(signal.SIGPROF, stack, chain=True)
    loose: list[str] = []
    sys.unraisablehook = lambda said: loose.append(f"{said.exc_value!r} in {said.object!r}")
    os.environ["TMPDIR"] = str(work)
    _keep_inside(work)
    end = time.process_time() + budget
    for seed in seeds:
        at[:8] = seed.to_bytes(8, "little")
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)
        said = None
        try:
            run_case(target, seed, work)
            assert not loose, loose
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever it is, it is a finding
            said = _words(error)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if said:
            log.write(json.dumps([seed, *said]) + "\n")
            log.flush()
            loose.clear()
            for path in work.iterdir():
                path.unlink()
        at[8:16] = (int.from_bytes(at[8:16], "little") + 1).to_bytes(8, "little")
        if time.process_time() > end:
            break


def _keep_inside(folder: Path) -> None:
    inside = f"{folder}/"

    def watch(event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if not (isinstance(flags, int) and flags & _WRITING) or isinstance(path, int):
                return
        elif event in _CHANGING:
            path = args[0]
        elif event in _FORBIDDEN:
            raise EscapeError(f"{event} {args}")
        else:
            return
        if not f"{os.fspath(path)}".startswith((inside, f"{folder}")):  # type: ignore[call-overload]
            raise EscapeError(f"{event} {args}")

    sys.addaudithook(watch)


def _words(error: BaseException) -> tuple[str, str]:
    # Where it happened, in words that are the same for the same defect, and the whole story.
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if str(_ROOT) in frame.filename]
    place = f"{own[-1].filename.removeprefix(str(_ROOT))}:{own[-1].lineno}" if own else "?"
    text = re.sub(r"\d+", "N", str(error).split(":")[0])[:60]
    kind = type(error).__name__ + (" (declared)" if isinstance(error, MarshamError) else "")
    return f"{kind} at {place}: {text}", "".join(traceback.format_exception(error))[-6000:]


def _go_on(target: Target, first: int, cases: int | None, seconds: float) -> Iterator[list[object]]:
    """Run children one after the other; give findings, then a line of figures."""
    at = mmap.mmap(-1, 16)
    folder = Path(tempfile.mkdtemp(prefix="marsham-fuzz-"))
    spent, done = 0.0, 0
    try:
        while spent < seconds and (cases is None or first < cases):
            sys.stdout.flush()
            at[:16] = bytes(16)
            pid = os.fork()
            if not pid:
                seeds = range(first, sys.maxsize if cases is None else cases)
                status = 1
                try:
                    _child(target, iter(seeds), at, folder, seconds - spent)
                    status = 0
                finally:
                    os._exit(status)
            how, used = _wait(pid, at)
            spent += used
            done += int.from_bytes(at[8:16], "little")
            last = int.from_bytes(at[:8], "little")
            first = last + 1
            found = folder / "findings"
            for line in found.read_text().splitlines() if found.exists() else ():
                yield json.loads(line)
            if how:
                yield [last, how, (folder / "stack").read_text()]
                done += 1
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            if not how:
                break
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    yield [done, spent, first]


def _wait(pid: int, at: mmap.mmap) -> tuple[str, float]:
    seen, since = at[:8], time.monotonic()
    while True:
        gone, status, used = os.wait4(pid, os.WNOHANG)
        if gone:
            break
        time.sleep(0.05)
        if at[:8] != seen:
            seen, since = at[:8], time.monotonic()
        if time.monotonic() - since > _PATIENCE:
            os.kill(pid, signal.SIGKILL)
    seconds = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        slow = f" (more than {_SECONDS} s of processor time)" if name == "SIGPROF" else ""
        return f"killed by {name}{slow}", seconds
    return "" if os.WEXITSTATUS(status) == 0 else "the process ended by itself", seconds


def _list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo("\n".join(sorted(TARGETS)))
        context.exit()


@click.command()
@click.argument("name", metavar="TARGET", type=click.Choice(sorted(TARGETS)))
@click.option("--minutes", type=float, default=1.0, help="Processor time to spend.")
@click.option("--seed", type=int, default=0, help="The first seed; the following count upwards.")
@click.option("--only", type=int, help="Run the case of one seed, and keep its input.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Name them all."
)
def main(name: str, minutes: float, seed: int, only: int | None) -> None:
    """Fuzz TARGET; the status is 1 when anything was found."""
    target = TARGETS[name]
    cases = None
    if only is not None:
        seed, cases, minutes = only, only + 1, 60.0
    tally: Counter[str] = Counter()
    for said in _go_on(target, seed, cases, 60 * minutes):
        if isinstance(said[1], float):
            done, spent, end = said
            click.echo(
                f"{name}: {done} cases, seeds {seed} to {int(str(end)) - 1}, "
                f"{float(str(spent)) / 60:.1f} minutes of processor time, {len(tally)} findings"
            )
            continue
        at, where, story = said
        tally[str(where)] += 1
        if tally[str(where)] == 1:
            _FOUND.mkdir(parents=True, exist_ok=True)
            kept = _FOUND / f"{name}-{at}"
            with contextlib.suppress(Exception):
                kept.write_bytes(target.make(Random(f"{name} {at}")).data)  # noqa: S311
            click.echo(f"\n{where}\n{story}again: python -m tests.fuzz.run {name} --only {at}")
            click.echo(f"input: {kept}\n", nl=True)
    for where, times in tally.most_common():
        click.echo(f"{times:6} {where}")
    sys.exit(1 if tally else 0)


if __name__ == "__main__":
    main()
