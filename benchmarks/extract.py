"""How fast pages are read, beside trafilatura and beside the text dump of a bare lxml.html.

Run it with ``make install yardsticks`` and ``.venv/bin/python benchmarks/extract.py``. Each
contender is a process of its own that reads the same pages, in turns; the figures are medians of
processor time, without start and imports. Marsham reads everything (blocks, contacts, partnerships,
claims, links, dates, law, provenance of each) and writes it as the catalogue takes it; trafilatura
gives the main text.

The pages are those of the corpora, over and over. As a payload is read once in an archive, what
counts is the line "each page once": nothing is known then of what was read before.
"""

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
YARDSTICKS = Path(os.environ.get("MARSHAM_YARDSTICKS", PROJECT / ".venv-yardsticks/bin"))
FILES = ("govuk-1.warc.gz", "govuk-2.warc.gz", "iana.warc.gz", "archive-org-2008.arc.gz")
REGISTER_ROWS = 5000
DIRECTORY_COPIES = 40

# The pages of an archive, each payload once.
_PAGES = """
import pickle, sys
from pathlib import Path
from snapshots.archive import Archive
from snapshots.index import every
from snapshots.mementos import memento_of
found = {}
with Archive.open(Path(sys.argv[1])) as archive, archive.catalogue.read() as connection:
    for capture in every(connection):
        if capture.status == 200 and capture.media_type == "text/html":
            memento = memento_of(archive, capture)
            payload = memento.content(1 << 26)
            found.setdefault(payload, (capture.url, memento.content_type, payload))
with open(sys.argv[2], "wb") as file:
    pickle.dump(list(found.values()), file)
"""
# Each reads the pages of a file in a list of numbers, and prints what the processor took.
_READ = """
import json, pickle, resource, sys, time
with open(sys.argv[1], "rb") as file:
    pages = pickle.load(file)
order = json.loads(sys.argv[2])
{prepare}
began = time.process_time()
for number in order:
    address, content_type, payload = pages[number]
    {read}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([time.process_time() - began, peak, {told}]))
"""
MARSHAM = _READ.format(
    prepare="""
from bs4 import BeautifulSoup
from bs4.dammit import UnicodeDammit
from extract.reading import reading_as_json
soups = 0
def counted(call):
    def counting(*args, **kwargs):
        global soups
        soups += 1
        return call(*args, **kwargs)
    return counting
BeautifulSoup.__init__ = counted(BeautifulSoup.__init__)
UnicodeDammit.detwingle = counted(UnicodeDammit.detwingle)
""",
    read="reading_as_json(payload, address, content_type)",
    told="soups",
)
TRAFILATURA = _READ.format(
    prepare="import trafilatura",
    read="trafilatura.extract(payload, url=address)",
    told="0",
)
LXML = _READ.format(
    prepare="import lxml.html",
    read="payload.strip() and lxml.html.document_fromstring(payload).text_content()",
    told="0",
)


@dataclass
class Contender:
    """A program that reads pages, and what it took each time."""

    name: str
    python: Path
    code: str
    seconds: list[float] = field(default_factory=list)
    peak: int = 0
    soups: int = 0

    def read(self, pages: Path, order: list[int]) -> None:
        """Read these pages in a process of its own."""
        command = [self.python, "-c", self.code, pages, json.dumps(order)]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, check=True
        )
        seconds, peak, self.soups = json.loads(done.stdout.splitlines()[-1])
        self.seconds.append(seconds)
        self.peak = max(self.peak, peak)

    @property
    def median(self) -> float:
        """Seconds of processor time."""
        return statistics.median(self.seconds)


def main() -> None:
    """Time everything and print the tables."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="marsham-", dir=options.scratch) as scratch:
        place = Path(scratch)
        archive = place / "archive"
        marsham(archive, "init")
        marsham(archive, "ingest", *[str(options.corpora / name) for name in FILES])
        pages = place / "pages"
        own(_PAGES, archive, pages)
        with pages.open("rb") as file:
            held = pickle.load(file)  # noqa: S301 - written a moment ago
        once = list(range(len(held)))
        often = [number % len(held) for number in range(options.pages)]
        size = sum(len(held[number][2]) for number in often) / len(often) / 1000
        print(f"{len(often)} pages of {size:.0f} kB on average, {len(held)} of them different")
        for name, order in (("all pages", often), ("each page once", once)):
            compare(name, contenders(), pages, order, options.rounds)
        compare_directories(place, options.rounds)
        read_register(place)
        two_processes(archive, pages, options.rounds)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=PROJECT.parent / "shared/corpora")
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=None)
    return parser.parse_args()


def marsham(archive: Path, *arguments: str) -> None:
    """Run a command of ours; status 1 says that it is done, with findings."""
    command = [sys.executable, "-m", "marsham", "--archive", str(archive), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)
    if done.returncode > 1:
        sys.exit(done.stderr)


def own(code: str, *arguments: Path) -> None:
    """Run code of ours in a process of its own."""
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    subprocess.run(command, env=env, check=True)


def contenders() -> tuple[Contender, Contender, Contender]:
    """The programs that are compared."""
    return (
        Contender("marsham", Path(sys.executable), MARSHAM),
        Contender("trafilatura", YARDSTICKS / "python", TRAFILATURA),
        Contender("lxml.html text", Path(sys.executable), LXML),
    )


def compare(
    name: str, programs: tuple[Contender, ...], pages: Path, order: list[int], rounds: int
) -> None:
    """Let every program read the pages, in turns, and print pages a second and ratios."""
    for _ in range(rounds):
        for program in programs:
            program.read(pages, order)
    ours = programs[0]
    print(f"\n{name:28}  pages/s  marsham is")
    for program in programs:
        rate, ratio = len(order) / program.median, program.median / ours.median
        print(f"{program.name:28}  {rate:7.1f}  {ratio:.2f} times as fast")
    print(f"BeautifulSoup was used on {ours.soups} of {len(order)} pages")


def compare_directories(place: Path, rounds: int) -> None:
    """Compare with a bare text dump on pages that are nothing but contacts."""
    pages = place / "directories"
    made = [
        (f"http://www.northshire.example/{number}", "text/html", register(100, first=number * 100))
        for number in range(DIRECTORY_COPIES)
    ]
    with pages.open("wb") as file:
        pickle.dump(made, file)
    ours, _, dump = contenders()
    compare("directories of 100 entries", (ours, dump), pages, list(range(len(made))), rounds)


def read_register(place: Path) -> None:
    """Read a register of thousands of rows, and say what it took."""
    pages = place / "register"
    payload = register(REGISTER_ROWS)
    with pages.open("wb") as file:
        pickle.dump([("http://www.northshire.example/register", "text/html", payload)], file)
    ours = contenders()[0]
    ours.read(pages, [0])
    size = len(payload) / 1e6
    print(f"\na register of {REGISTER_ROWS} rows, {size:.1f} MB: ", end="")
    print(f"{ours.median:.1f} s, {ours.peak / 1024:.0f} MiB at most")


def register(rows: int, *, first: int = 0) -> bytes:
    """A page with a table of offices, each with telephone and fax number and mailbox."""
    lines = "".join(
        f"<tr><td>Area {number} Licensing Team</td><td>{number} High Street, Northtown</td>"
        f"<td>NT{number % 90 + 1} {number % 9 + 1}AA</td><td>01632 96{number % 10000:04}</td>"
        f"<td>01632 96{(number + 1) % 10000:04}</td>"
        f'<td><a href="mailto:office{number}@northshire.example">E-mail</a></td></tr>\n'
        for number in range(first, first + rows)
    )
    heads = "".join(
        f"<th>{head}</th>" for head in ("Team", "Address", "Postcode", "Tel", "Fax", "E-mail")
    )
    page = f"<h1>Register of offices</h1><table><tr>{heads}</tr>{lines}</table>"
    return f"<html><body>{page}</body></html>".encode()


def two_processes(archive: Path, pages: Path, rounds: int) -> None:
    """Read the pages with one child process and with two, by the clock; then store them as well.

    The parent stores what its children read, so that storing takes a third processor of two.
    """
    reading: dict[str, list[float]] = {"1": [], "2": []}
    storing: dict[str, list[float]] = {"1": [], "2": []}
    for _ in range(rounds):
        for jobs in reading:
            began = time.perf_counter()
            own(_CHILDREN, pages, Path(jobs))
            reading[jobs].append(time.perf_counter() - began)
            own(_FORGET, archive)
            began = time.perf_counter()
            marsham(archive, "extract", "--jobs", jobs)
            storing[jobs].append(time.perf_counter() - began)
    for what, taken in (("pages read", reading), ("marsham extract", storing)):
        one, two = (statistics.median(times) for times in taken.values())
        print(f"\n{what}: {one:.1f} s with one process, {two:.1f} s with two, ", end="")
        print(f"{one / two:.2f} times as fast")


_CHILDREN = """
import pickle, sys
from concurrent.futures import ThreadPoolExecutor
from archiver.confined import Confined
from extract.reading import reading_as_json
with open(sys.argv[1], "rb") as file:
    pages = pickle.load(file)
jobs = int(sys.argv[2])
def read(page):
    address, content_type, payload = page
    return len(children.call(reading_as_json, payload, address, content_type))
with ThreadPoolExecutor(jobs) as threads, Confined(jobs=jobs) as children:
    sum(threads.map(read, pages))
"""
_FORGET = """
import sys
from pathlib import Path
from sqlalchemy import delete, inspect
from extract.tables import FACT_TABLES
from snapshots.archive import Archive
with Archive.open(Path(sys.argv[1])) as archive, archive.catalogue.write() as connection:
    if inspect(connection).has_table("extraction"):
        for table in reversed(FACT_TABLES):
            connection.execute(delete(table))
"""


if __name__ == "__main__":
    main()
