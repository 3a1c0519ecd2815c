"""How the index does with millions of captures: bytes, load, look-ups, listings, withdrawals.

Each size is made by a process of its own, through the same calls as an ingest makes: one
transaction a WARC file. Beside it stand SQLite asked without Marsham, on the same catalogue, and
the field's sorted CDXJ file searched by halving.
"""

import argparse
import mmap
import os
import random
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, median
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert
from synthetic import count_urls, files

from archiver.digests import read_digest
from archiver.records import Capture
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.urls import url_key
from snapshots import index
from snapshots.archive import CATALOGUE, Archive
from snapshots.cdx import cdxj_lines
from snapshots.rows import Entry, store_captures
from snapshots.tables import snapshot, warc_file
from snapshots.withdrawals import Decision, Scope, withdraw

_LOOK_UPS = 5_000
_LISTED = 300_000
_WITHDRAWALS = (0, 10, 1_000)
_DECISION = Decision("made up", "nobody")
_HELD_KIB = 65_536

Table = dict[str, str]


def main() -> None:
    """Measure each size asked for, and print all of them side by side."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--millions", type=float, nargs="+", default=[1, 5, 20])
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    found: list[Table] = []
    for size in given.millions:
        with ProcessPoolExecutor(1, get_context("spawn")) as one:
            found.append(one.submit(measure, round(size * 1e6), given.seed, given.folder).result())
        _print(found)


def measure(number: int, seed: int, parent: Path | None) -> Table:
    """Load a number of captures, ask for them in every way, and take all of it away again."""
    folder = Path(tempfile.mkdtemp(prefix="marsham-scale-", dir=parent))
    try:
        with Archive.create(folder / "archive") as archive:
            told, sample = _load(archive, number, seed)
        path = folder / "archive" / CATALOGUE  # closed, so that its log is in it
        told["bytes a capture"] = f"{path.stat().st_size / number:.1f}"
        told |= _shares(path, number)
        told["closest, cold: p50 us"] = _cold(folder / "archive", path, sample)
        with Archive.open(folder / "archive") as archive:
            told |= _ask(archive, sample)
            told |= _without_marsham(path, sample)
            told |= _cdxj(archive, folder / "all.cdxj", number, sample)
            told |= _withdrawn(archive, sample)
    finally:
        shutil.rmtree(folder)
    return told


def _load(archive: Archive, number: int, seed: int) -> tuple[Table, list[Capture]]:
    chance = random.Random(seed)  # noqa: S311 - nothing secret about it
    sample: list[Capture] = []
    wall = processor = 0.0
    first: list[int] = []
    with archive.catalogue.write() as connection:
        row = {"id": 1, "label": "made up", "kind": "ingest", "created": 0, "tool": ""}
        connection.execute(insert(snapshot).values(row | {"operator": "", "captures": number}))
    for count, captures in enumerate(files(number, seed), 1):
        sample.extend(chance.sample(captures, min(len(captures), 40)))
        first.extend(len(one.url) for one in captures[:20])
        entries = [Entry(capture) for capture in captures]
        row = {"id": count, "path": captures[0].file, "sealed": 1, "sha256": "", "created": 0}
        row |= {"committed_length": 0, "adopted": 1}
        began, worked = time.perf_counter(), time.process_time()
        with archive.catalogue.write() as connection:
            connection.execute(insert(warc_file).values(row))
            store_captures(connection, entries, 1)
        wall += time.perf_counter() - began
        processor += time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    keys = fmean(len(url_key(one.url)) for one in sample)
    told = {
        "captures": f"{number:,}",
        "URLs": f"{count_urls(number):,}",
        "mean URL, key (characters)": f"{fmean(first):.0f}, {keys:.0f}",
        "load s (of it processor)": f"{wall:.0f} ({processor:.0f})",
        "load, captures/s": f"{number / wall:,.0f}",
        "loader's memory MiB": f"{peak:.0f}",
    }
    return told, chance.sample(sample, min(_LOOK_UPS, len(sample)))


def _shares(path: Path, number: int) -> Table:
    # How much of it each table and index takes, where SQLite can tell.
    query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 4"
    with closing(sqlite3.connect(path)) as base:
        try:
            return {f"  of it {name}": f"{size / number:.1f}" for name, size in base.execute(query)}
        except sqlite3.OperationalError:  # built without dbstat
            return {}


def _ask(archive: Archive, sample: list[Capture]) -> Table:
    def own_connection(one: Capture) -> object:
        with archive.catalogue.read() as connection:
            return index.nearest(connection, one.url, _asked(one))

    with archive.catalogue.read() as connection:
        return {
            "closest: p50, p99 us": _timed(_closest(connection), sample),
            "closest, connection each: p50, p99 us": _timed(own_connection, sample),
            "by digest: p50, p99 us": _timed(
                lambda one: index.with_digest(connection, read_digest(one.digest) or b""), sample
            ),
            "prefix, rows/s": _rate(_listed(connection, sample)),
            "everything, rows/s": _rate(islice(index.every(connection), _LISTED)),
        }


def _closest(connection: Connection) -> Callable[[Capture], object]:
    return lambda one: index.nearest(connection, one.url, _asked(one))


def _asked(one: Capture) -> datetime:
    # Some weeks before or after it was captured.
    return parse_timestamp(one.timestamp) + timedelta(days=one.offset % 101 - 50)


def _listed(connection: Connection, sample: list[Capture]) -> Iterable[Capture]:
    # Whole sites, one after the other, until there are enough.
    hosts = dict.fromkeys(urlsplit(one.url).netloc for one in sample)
    every = (found for host in hosts for found in index.prefix(connection, f"http://{host}"))
    return islice(every, _LISTED)


def _withdrawn(archive: Archive, sample: list[Capture]) -> Table:
    # What the filter costs those who ask for something else.
    told: Table = {}
    addresses = iter(dict.fromkeys(one.url for one in reversed(sample)))
    done = 0
    for number in _WITHDRAWALS:
        for address in islice(addresses, number - done):
            withdraw(archive, Scope("page", address), _DECISION, lambda *_: ())
        done = number
        with archive.catalogue.read() as connection:
            few = sample[:1000]
            told[f"closest, {number} withdrawals: p50, p99 us"] = _timed(_closest(connection), few)
            listed = islice(_listed(connection, sample), _LISTED // 10)
            told[f"prefix, {number} withdrawals: rows/s"] = _rate(listed)
    return told


def _cold(folder: Path, path: Path, sample: list[Capture]) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with Archive.open(folder) as archive, archive.catalogue.read() as connection:
        return _timed(_closest(connection), sample[:300], warm=False)


def _without_marsham(path: Path, sample: list[Capture]) -> Table:
    base = sqlite3.connect(path, isolation_level=None)
    base.execute(f"PRAGMA cache_size = -{_HELD_KIB}")
    base.execute(f"PRAGMA mmap_size = {1 << 28}")
    step = "SELECT * FROM capture WHERE url_id = ? AND timestamp {} ? ORDER BY timestamp {} LIMIT 1"
    before, after = step.format("<=", "DESC"), step.format(">", "ASC")

    def closest(one: Capture) -> object:
        at = int(format_timestamp(_asked(one)))
        known = base.execute("SELECT id FROM url WHERE urlkey = ?", (url_key(one.url),)).fetchall()
        return [
            base.execute(side, (number, at)).fetchall()
            for (number,) in known
            for side in (before, after)
        ]

    rows = base.execute(
        "SELECT * FROM url JOIN capture ON capture.url_id = url.id "
        "WHERE urlkey >= 'a' AND urlkey < 'z' ORDER BY urlkey LIMIT ?",
        (_LISTED,),
    )
    told = {
        "closest, sqlite3 alone: p50, p99 us": _timed(closest, sample),
        "prefix, sqlite3 alone: rows/s": _rate(rows),
    }
    base.close()
    return told


def _cdxj(archive: Archive, path: Path, number: int, sample: list[Capture]) -> Table:
    with archive.catalogue.read() as connection, path.open("w") as out:
        for line in cdxj_lines(index.every(connection)):
            out.write(line + "\n")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:

        def closest(one: Capture) -> object:
            wanted = f"{url_key(one.url)} {format_timestamp(_asked(one))} ".encode()
            low, high = 0, len(text)
            while low < high:
                middle = (low + high) // 2
                line = text.rfind(b"\n", low, middle) + 1 or low
                end = text.find(b"\n", middle, high)
                if text[line:end] < wanted:
                    low = end + 1
                else:
                    high = line
            return text[low : text.find(b"\n", low)]

        took = _timed(closest, sample)
    return {
        "CDXJ: bytes a capture": f"{path.stat().st_size / number:.1f}",
        "closest, CDXJ halved: p50, p99 us": took,
    }


def _timed(call: Callable[[Capture], object], sample: list[Capture], *, warm: bool = True) -> str:
    if warm:
        for one in sample:
            call(one)
    took, worked = [], []
    for one in sample:
        began, before = time.perf_counter_ns(), time.thread_time_ns()
        call(one)
        worked.append((time.thread_time_ns() - before) / 1000)
        took.append((time.perf_counter_ns() - began) / 1000)
    took.sort()
    return f"{median(took):.0f} ({median(worked):.0f}), {took[len(took) * 99 // 100]:.0f}"


def _rate(rows: Iterable[object]) -> str:
    began, before = time.perf_counter(), time.thread_time()
    count = sum(1 for _ in rows)
    worked, took = time.thread_time() - before, time.perf_counter() - began
    return f"{count / took:,.0f} ({count / worked:,.0f})"


def _print(found: list[Table]) -> None:
    names = list(dict.fromkeys(name for told in found for name in told))
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{os.cpu_count()} processors, load {load}, SQLite {sqlite3.sqlite_version}")
    print(
        "Figures in brackets count the processor's time alone, which others' work matters less to."
    )
    for name in names:
        print(f"{name:42}" + "".join(f"{told.get(name, ''):>22}" for told in found))


if __name__ == "__main__":
    main()
