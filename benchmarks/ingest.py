"""How fast WARC files are taken in, beside cdxj-indexer, which verifies and commits nothing.

Run it with ``make yardsticks`` and ``.venv/bin/python benchmarks/ingest.py``. Every command is a
process of its own, in turns; the figures are medians. The floor is what no reader can beat: the
files inflated, and scanned by FastWARC, which checks nothing either.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from corpus import build

PROJECT = Path(__file__).resolve().parent.parent
YARDSTICKS = Path(os.environ.get("MARSHAM_YARDSTICKS", PROJECT / ".venv-yardsticks/bin"))

INFLATE = """
import sys, zlib
try:
    from isal import isal_zlib as zlib
except ImportError:
    pass
for path in sys.argv[1:]:
    stored = memoryview(open(path, "rb").read())
    at = 0
    while at < len(stored):
        member = zlib.decompressobj(31)
        while not member.eof:
            feed = stored[at : at + 16384]
            member.decompress(feed)
            at += len(feed) - len(member.unused_data)
"""
FASTWARC = """
import sys
from fastwarc import ArchiveIterator
for path in sys.argv[1:]:
    for record in ArchiveIterator(open(path, "rb"), parse_http=False):
        pass
"""
INDEX = """
import sys
from pathlib import Path
from archiver.ingest.warc import WarcReading
for path in sys.argv[1:]:
    for found in WarcReading(Path(path), path, check=False):
        pass
"""


@dataclass
class Contender:
    """A command that is timed, and what it took each time."""

    name: str
    command: Callable[[Path], list[str]]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def main() -> None:
    """Time everything and print the table."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="marsham-", dir=options.scratch) as scratch:
        files = [str(path) for path in build(options.corpora, options.corpus, options.size << 20)]
        contenders = contend(files)
        for _ in range(options.rounds):
            for contender in contenders:
                run(contender, Path(scratch))
        size = sum(Path(path).stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {size:.0f} MB of gzip, medians of {options.rounds} rounds")
        report(contenders)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=PROJECT.parent / "shared/corpora")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "corpus")
    parser.add_argument("--scratch", type=Path, default=None)
    parser.add_argument("--size", type=int, default=256, help="MiB of gzip")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def contend(files: list[str]) -> list[Contender]:
    """List what is timed; the first is what the others are compared with."""
    own = [sys.executable, "-m", "marsham"]

    def ingest(*more: str) -> Callable[[Path], list[str]]:
        return lambda place: [*own, "--archive", str(place), "ingest", *more, *files]

    yardstick = sys.executable if not YARDSTICKS.exists() else str(YARDSTICKS / "python")
    return [
        Contender("cdxj-indexer", lambda _: [str(YARDSTICKS / "cdxj-indexer"), *files]),
        Contender("ingest: digests checked, rows committed", ingest("--jobs", "1")),
        Contender("ingest --no-check: rows committed", ingest("--no-check", "--jobs", "1")),
        Contender("ingest --jobs 2: checked, committed", ingest("--jobs", "2")),
        Contender("index only, nothing checked", lambda _: [sys.executable, "-c", INDEX, *files]),
        Contender("floor: FastWARC scan", lambda _: [yardstick, "-c", FASTWARC, *files]),
        Contender("floor: inflate", lambda _: [sys.executable, "-c", INFLATE, *files]),
    ]


def run(contender: Contender, scratch: Path) -> None:
    """Run a command once, in an empty archive, and note what it took."""
    place = scratch / "archive"
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "marsham", "--archive", str(place), "init"],
        check=True,
        capture_output=True,
    )
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(
        contender.command(place), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=PROJECT
    )
    contender.wall.append(time.perf_counter() - began)
    after = os.times()
    contender.cpu.append(
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    if done.returncode not in (0, 1):  # 1: done, with findings
        sys.exit(f"{contender.name}: {done.stderr.decode()}")


def report(contenders: list[Contender]) -> None:
    """Print times and how often faster than the first each was."""
    width = max(len(contender.name) for contender in contenders)
    first = statistics.median(contenders[0].wall)
    print(f"{'':{width}}  wall s   CPU s  times faster")
    for contender in contenders:
        wall, cpu = statistics.median(contender.wall), statistics.median(contender.cpu)
        print(f"{contender.name:{width}}  {wall:6.2f}  {cpu:6.2f}  {first / wall:6.2f}")


if __name__ == "__main__":
    main()
