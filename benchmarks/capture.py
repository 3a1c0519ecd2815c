"""How fast a site is captured, beside wget, which syncs and indexes nothing; and with what memory.

Run it with ``.venv/bin/python benchmarks/capture.py``; it needs GNU wget. Both take the same
made-up site from a server of its own, without a pause, in turns; each is a process of its own, and
all of it is timed. The floor is a client that asks for every address and keeps nothing, which is
how fast the server is. ``--pages 50000 --rounds 1`` shows that memory does not grow with the site.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from website import Served, count, paths, served

PROJECT = Path(__file__).resolve().parent.parent
STEP = 10_000  # answers between two looks at the memory

CRAWL = f"""
import sys
from pathlib import Path
import marsham
from snapshots.crawl.engine import Crawl
from snapshots.crawl.order import Order
from snapshots.writer import Writer

def resident():
    # Of this process and of that which asks.
    asking = Path("/proc/thread-self/children").read_text().split()
    return sum(held(process) for process in ("self", *asking))

def held(process):
    lines = Path("/proc", process, "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

def tell(progress):
    global due, latest
    latest = progress.exchanges, resident()
    if progress.exchanges >= due:
        print(*latest, flush=True)
        due += {STEP}

due = {STEP}
order = Order((sys.argv[1],), delay=0.0, allow_private=True)
with marsham.create_archive(Path(sys.argv[2])) as archive, Writer(archive) as writer:
    crawl = Crawl(writer, order, tell=tell)
    crawl.run()
    if crawl.ending:
        sys.exit(crawl.ending)
    print(*latest)
"""


@dataclass
class Contender:
    """A command that is timed, what it took each time, and what it said the last time."""

    name: str
    command: Callable[[str, Path], list[str]]
    answers: list[int] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    said: str = ""


def main() -> None:
    """Time everything and print the tables."""
    options = arguments()
    contenders = [
        Contender("wget -r -l inf -p --warc-file", wget),
        Contender("capture: synced, indexed", capture),
    ]
    floors: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="marsham-", dir=options.scratch) as scratch,
        served(options.pages) as site,
    ):
        for _ in range(options.rounds):
            for contender in contenders:
                run(contender, site, Path(scratch) / "taken")
            floors.append(ask_all(site, options.pages))
        total = count(options.pages)
        print(f"{options.pages} pages, with pictures and style sheets {total} answers;", end=" ")
        print(f"medians of {options.rounds} rounds")
    report(contenders, floors, options.pages)
    tell_memory(contenders[-1])


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", type=Path, default=None)
    return parser.parse_args()


def wget(url: str, place: Path) -> list[str]:
    """Give the yardstick's command; it keeps the files themselves as well."""
    warc = f"--warc-file={place / 'taken'}"
    return ["wget", "-r", "-l", "inf", "-p", warc, "-q", "-P", str(place / "files"), url]


def capture(url: str, place: Path) -> list[str]:
    """Give our command."""
    return [sys.executable, "-c", CRAWL, url, str(place / "archive")]


def run(contender: Contender, site: Served, place: Path) -> None:
    """Run a command once, in an empty folder, and note what it took."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    asked, before, began = site.sent(), os.times(), time.perf_counter()
    done = subprocess.run(
        contender.command(site.url, place),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    contender.wall.append(time.perf_counter() - began)
    after = os.times()
    contender.answers.append(site.sent() - asked)
    contender.cpu.append(
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    contender.said = done.stdout
    if done.returncode not in (0, 8):  # 8: wget was told that something is not there
        sys.exit(f"{contender.name}: {done.stderr}")


def ask_all(site: Served, pages: int) -> float:
    """Ask for every address of the site, and give how many answers came in a second."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        for path in (asked := list(paths(pages))):
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)
            connection.recv(1 << 16)
    return len(asked) / (time.perf_counter() - began)


def report(contenders: list[Contender], floors: list[float], pages: int) -> None:
    """Print times and how often faster than the first each was."""
    width = max(len(contender.name) for contender in contenders)
    first = statistics.median(contenders[0].wall)
    print(f"{'':{width}}  pages/s  answers/s  wall s   CPU s  times faster")
    for contender in contenders:
        wall, cpu = statistics.median(contender.wall), statistics.median(contender.cpu)
        answers = statistics.median(contender.answers)
        print(
            f"{contender.name:{width}}  {pages / wall:7.0f}  {answers / wall:9.0f}  {wall:6.2f}"
            f"  {cpu:6.2f}  {first / wall:6.2f}"
        )
    print(f"{'floor: asked, nothing kept':{width}}  {'':7}  {statistics.median(floors):9.0f}")


def tell_memory(contender: Contender) -> None:
    """Print what memory the last capture held as it went on."""
    told = [tuple(map(int, line.split())) for line in contender.said.splitlines()]
    print("\nanswers stored  MiB resident")
    for answers, kibibytes in told:
        print(f"{answers:14}  {kibibytes / 1024:12.1f}")
    if len(told) > 2:
        growth = (told[-1][1] - told[0][1]) / 1024
        thousands = (told[-1][0] - told[0][0]) / 1000
        print(f"growth since the first: {growth:.1f} MiB, {growth / thousands:.2f} a thousand")


if __name__ == "__main__":
    main()
