"""How fast mementos are shown, beside pywb: pages, their parts, lists of captures.

Run it with ``make install yardsticks`` and ``.venv/bin/python benchmarks/replay.py``; it needs wrk.
Both servers are one process each over the same WARC files, and are asked in turns over the loopback
interface. "First time" is each page of the corpus asked for once by one client, the server just
started; "again" is one address asked for over and over by eight clients.

Beside what a client sees stands the processor time a server takes for a page the first time: of a
server that waits between the parts of an answer it tells the work from the waiting, and what else
the machine does disturbs it less.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert
from synthetic import files

from snapshots.archive import Archive
from snapshots.rows import Entry, store_captures
from snapshots.tables import snapshot, warc_file

PROJECT = Path(__file__).resolve().parent.parent
YARDSTICKS = Path(os.environ.get("MARSHAM_YARDSTICKS", PROJECT / ".venv-yardsticks/bin"))
FILES = ("govuk-1.warc.gz", "govuk-2.warc.gz")
PATIENCE = 60  # seconds in which a server must answer
CLIENTS = 8
CALLS = 40  # looks at one list

PAGE = "http://data.gov.uk/"
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_BESIDE = 1000  # the first id of what is loaded beside the real captures
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass
class Server:
    """One of the two, and where it shows what."""

    name: str
    replay: str  # takes a timestamp and a URL
    timemap: str  # takes a URL
    rates: dict[str, list[float]] = field(default_factory=dict)  # answers a second
    waits: dict[str, list[float]] = field(default_factory=dict)  # milliseconds, 99th of a hundred
    work: list[float] = field(default_factory=list)  # milliseconds of processor a page takes


@dataclass(frozen=True)
class Corpus:
    """What is asked for: exact captures of every page, and one address of each other kind."""

    pages: list[tuple[str, str]]
    page: tuple[str, str]
    style: tuple[str, str]
    image: tuple[str, str]


def main() -> None:
    """Time both and print the table."""
    options = arguments()
    warcs = [options.corpora / name for name in FILES]
    ours = Server("marsham", "/web/{}mp_/{}", "/web/timemap/link/{}")
    theirs = Server("pywb", "/all/{}mp_/{}", "/all/timemap/link/{}")
    with tempfile.TemporaryDirectory(prefix="marsham-", dir=options.scratch) as scratch:
        place = Path(scratch)
        corpus = prepare(place, warcs)
        for _ in range(options.rounds):
            for server in (theirs, ours):
                with serving(server, place) as (port, process):
                    measure(server, port, process, corpus, options.seconds)
        report(theirs, ours, len(corpus.pages), options)
        if options.beside:
            load_beside(place, options.beside)
            larger = Server("marsham", ours.replay, ours.timemap)
            for _ in range(options.rounds):
                for server in (ours, larger):
                    folder = "archive" if server is larger else "small"
                    with serving(server, place, folder) as (port, process):
                        measure(server, port, process, corpus, options.seconds)
            compare(ours, larger, options.beside)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=PROJECT.parent / "shared/corpora")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each address asked for again")
    parser.add_argument("--scratch", type=Path, default=None)
    parser.add_argument(
        "--beside", type=int, default=0, help="captures to compare with as well, such as 5000000"
    )
    return parser.parse_args()


def prepare(place: Path, warcs: list[Path]) -> Corpus:
    """Give both servers the same files, and choose what is asked for."""
    marsham(place, "init")
    marsham(place, "ingest", *map(str, warcs))
    for arguments in (("init", "all"), ("add", "all", *map(str, warcs))):
        subprocess.run(
            [YARDSTICKS / "wb-manager", *arguments], cwd=place, check=True, capture_output=True
        )
    rows = [json.loads(line) for line in marsham(place, "list", "--format", "json").splitlines()]
    shown = [row for row in rows if row["status"] == 200]

    def largest(mime: str) -> tuple[str, str]:
        found = [row for row in shown if row["mime"] == mime]
        row = max(found, key=lambda row: int(row["length"]))
        return row["timestamp"], row["url"]

    pages = [(row["timestamp"], row["url"]) for row in shown if row["mime"] == "text/html"]
    page = next(found for found in pages if found[1] == PAGE)
    return Corpus(pages, page, largest("text/css"), largest("image/png"))


def load_beside(place: Path, number: int) -> None:
    """Put made-up captures into the index beside those that are there; a copy stays as it was."""
    shutil.copytree(place / "archive", place / "small")
    with Archive.open(place / "archive") as archive:
        with archive.catalogue.write() as connection:
            row = {"id": _BESIDE, "label": "made up", "kind": "ingest", "created": 0, "tool": ""}
            connection.execute(insert(snapshot).values(row | {"operator": "", "captures": number}))
        for count, captures in enumerate(files(number), _BESIDE):
            row = {"id": count, "path": captures[0].file, "sealed": 1, "sha256": ""}
            row |= {"created": 0, "committed_length": 0, "adopted": 1}
            with archive.catalogue.write() as connection:
                connection.execute(insert(warc_file).values(row))
                store_captures(connection, [Entry(capture) for capture in captures], _BESIDE)


def marsham(place: Path, *arguments: str) -> str:
    """Run a command of ours and give what it printed."""
    command = [sys.executable, "-m", "marsham", "--archive", str(place / "archive"), *arguments]
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode > 1:
        sys.exit(done.stderr)
    return done.stdout


@contextmanager
def serving(server: Server, place: Path, folder: str = "archive") -> Iterator[tuple[int, int]]:
    """Start one of the two and give its port, and the number of its process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    if server.name == "pywb":
        command = [str(YARDSTICKS / "pywb"), "-b", "127.0.0.1", "-p", str(port), "-d", str(place)]
    else:
        archive = str(place / folder)
        command = [sys.executable, "-m", "marsham", "--archive", archive]
        command += ["serve", "--port", str(port)]
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    with (place / "log").open("wb") as log:
        running = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, env=env)
        try:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    ask(port, "/")
                    break
                except OSError:
                    if running.poll() is not None or time.monotonic() > until:
                        sys.exit(f"{server.name}: {(place / 'log').read_text()[-2000:]}")
                    time.sleep(0.1)
            yield port, running.pid
        finally:
            running.terminate()
            running.wait(PATIENCE)


def measure(server: Server, port: int, process: int, corpus: Corpus, seconds: int) -> None:
    """Ask a server that was just started for everything, and note how fast it answered."""
    worked, began = processor_time(process), time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for timestamp, url in corpus.pages:
        connection.request("GET", server.replay.format(timestamp, url))
        answer = connection.getresponse()
        if answer.status != 200 or not answer.read():
            sys.exit(f"{server.name}: {timestamp} {url}: status {answer.status}")
    note(server.rates, "page, first time", len(corpus.pages) / (time.perf_counter() - began))
    server.work.append(1000 * (processor_time(process) - worked) / len(corpus.pages))
    for name, (timestamp, url) in (
        ("page, again", corpus.page),
        ("style sheet, again", corpus.style),
        ("picture, again", corpus.image),
    ):
        load(server, name, port, server.replay.format(timestamp, url), seconds)
    load(server, "TimeMap", port, server.timemap.format(PAGE), seconds)


def load(server: Server, name: str, port: int, path: str, seconds: int) -> None:
    """Have one address asked for by many clients at once."""
    body = ask(port, path)
    if not body:
        sys.exit(f"{server.name}: nothing at {path}")
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--latency"]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in said:
        sys.exit(f"{server.name}: errors at {path}\n{said}")
    rate, wait = _RATE.search(said), _P99.search(said)
    if not rate or not wait:
        sys.exit(said)
    note(server.rates, name, float(rate[1]))
    note(server.waits, name, float(wait[1]) * _UNITS[wait[2]])


def processor_time(process: int) -> float:
    """Give how many seconds the threads of a process have been on a processor (Linux)."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def ask(port: int, path: str) -> bytes:
    """Ask for one address; the answer must be good."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"status {answer.status} at {path}: {body[:300]!r}")
    return body


def note(figures: dict[str, list[float]], name: str, figure: float) -> None:
    """Keep one figure of one round."""
    figures.setdefault(name, []).append(figure)


def report(theirs: Server, ours: Server, pages: int, options: argparse.Namespace) -> None:
    """Print what was measured, and the ratios."""
    print(f"{pages} pages; {CLIENTS} clients; medians of {options.rounds} rounds")
    print(f"{'':20}{'pywb/s':>9}{'marsham/s':>11}{'ratio':>8}{'p99 ms':>16}{'ratio':>8}")
    for name, rates in ours.rates.items():
        yardstick, rate = statistics.median(theirs.rates[name]), statistics.median(rates)
        line = f"{name:20}{yardstick:9.1f}{rate:11.1f}{rate / yardstick:8.1f}"
        if name in ours.waits:
            slow, quick = (statistics.median(side.waits[name]) for side in (theirs, ours))
            line += f"{slow:9.1f}{quick:7.2f}{quick / slow:8.3f}"
        print(line)
    slow, quick = statistics.median(theirs.work), statistics.median(ours.work)
    print(
        f"processor ms a page the first time: {slow:.2f} and {quick:.2f}, ratio {slow / quick:.1f}"
    )


def compare(small: Server, large: Server, number: int) -> None:
    """Print what a large index costs; the rounds of both were in turns."""
    print(f"{'':20}{'alone/s':>9}{'beside':>11}{'ratio':>8}   (beside {number:,} captures)")
    for name, rates in large.rates.items():
        alone = statistics.median(small.rates[name][-len(rates) :])
        rate = statistics.median(rates)
        print(f"{name:20}{alone:9.1f}{rate:11.1f}{rate / alone:8.2f}")
    before = statistics.median(small.work[-len(large.work) :])
    after = statistics.median(large.work)
    print(f"processor ms a page the first time: {before:.2f} and {after:.2f}")


if __name__ == "__main__":
    if not (YARDSTICKS / "pywb").exists() or not shutil.which("wrk"):
        sys.exit("this needs `make yardsticks` and wrk")
    main()
