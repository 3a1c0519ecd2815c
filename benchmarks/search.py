# ruff: noqa: E402 - where modules are found is put right before they are
"""How fast words are found: an index of many texts made, asked, and counted by site and year.

Run it with ``.venv/bin/python benchmarks/search.py``. Texts are made up, of words drawn as unevenly
as in life; every page has two captures, and half of them changed between the two.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from sqlalchemy import insert, text

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its extract.py

from archiver.digests import read_digest, sha1, write_digest
from archiver.records import Capture, Kind
from archiver.timestamps import format_timestamp
from extract.occurrences import spells, trends
from extract.search import count_found, search_pages
from extract.tables import FACT_TABLES, extraction, metadata, page_text, page_version
from snapshots.archive import Archive
from snapshots.rows import Entry, store_captures
from snapshots.tables import capture, snapshot, warc_file

WORDS = 60_000  # different ones
LENGTH = 350  # words of a text on average
ASKED = 40  # questions of each kind
NOW = datetime(2030, 1, 1, tzinfo=UTC)
FILE = {"id": 1, "path": "warcs/a.warc.gz", "sealed": 1, "sha256": "", "created": 0}
SET = {"id": 1, "label": "made up", "kind": "ingest", "created": 0, "tool": "", "operator": ""}


def main() -> None:
    """Fill a catalogue, ask it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    options = parser.parse_args()
    random = Random(1)  # noqa: S311
    with (
        tempfile.TemporaryDirectory(prefix="marsham-") as scratch,
        Archive.create(Path(scratch) / "archive") as archive,
    ):
        size = fill(archive, random, options.texts)
        print(f"{options.texts} texts of {size / options.texts / 1000:.1f} kB on average")
        with archive.catalogue.write() as connection:
            took = timed(lambda: connection.execute(text(REBUILD)))
        print(f"indexed in {took:.2f} s, {size / took / 1e6:.1f} MB/s")
        ask(archive, random)


REBUILD = "INSERT INTO word_index(word_index) VALUES ('rebuild')"


def fill(archive: Archive, random: Random, number: int) -> int:
    """Store texts with their captures, and give how many characters they have."""
    words = [f"w{place:x}" for place in range(WORDS)]
    weights = list(accumulate(1 / (place + 10) for place in range(WORDS)))
    size = 0
    pages: list[tuple[Capture, int]] = []
    texts = []
    for count in range(1, number + 1):
        said = " ".join(
            random.choices(words, cum_weights=weights, k=random.randint(50, 2 * LENGTH - 50))
        )
        size += len(said)
        texts.append(said)
        page = count if count % 3 else count - 1  # every third text is a later one of a page
        taken = datetime(2005 + count % 12, 1 + count % 11, 3, tzinfo=UTC)
        for again in range(2):
            moment = taken + timedelta(days=400 * (count != page) + again)
            url = f"http://www.site{page % 40}.example/pages/{page}.html"
            pages.append((made(url, moment, count), count))
    with archive.catalogue.write() as connection:
        metadata.create_all(connection, tables=FACT_TABLES)
        connection.execute(insert(snapshot).values(SET | {"captures": len(pages)}))
        row = FILE | {"committed_length": 0, "adopted": 1}
        connection.execute(insert(warc_file).values(row))
        store_captures(connection, [Entry(one) for one, _ in pages], 1)
        rows = [
            {"id": at, "digest": sha1(said.encode()), "text": said}
            for at, said in enumerate(texts, 1)
        ]
        connection.execute(insert(page_text), rows)
        plain = {
            "version": 1,
            "recipe": b"",
            "url": "",
            "charset_declared": "",
            "charset_used": "",
            "problems": "",
        }
        connection.execute(
            insert(extraction),
            [
                plain
                | {"id": row["id"], "digest": row["digest"], "text_id": row["id"]}
                | {"title": row["text"][:30]}
                for row in rows
            ],
        )
        reading = {read_digest(one.digest): number for one, number in pages}
        stored = connection.execute(
            capture.select().with_only_columns(
                capture.c.url_id, capture.c.timestamp, capture.c.seq, capture.c.digest
            )
        )
        connection.execute(
            insert(page_version),
            [
                {"url_id": at, "timestamp": time, "seq": seq, "extraction_id": reading[digest]}
                for at, time, seq, digest in stored
            ],
        )
    return size


def made(url: str, moment: datetime, number: int) -> Capture:
    """Make a capture of a text."""
    digest = write_digest(sha1(str(number).encode()))
    return Capture(
        url,
        format_timestamp(moment),
        Kind.RESPONSE,
        200,
        "text/html",
        digest,
        str(FILE["path"]),
        number,
        1,
    )


def ask(archive: Archive, random: Random) -> None:
    """Ask questions of each kind, and print how long they took."""
    kinds: dict[str, Callable[[], str]] = {
        "one word": lambda: f"w{random.randint(20, 3000):x}",
        "two words": lambda: f"w{random.randint(5, 500):x} w{random.randint(5, 500):x}",
        "phrase": lambda: f'"w{random.randint(0, 30):x} w{random.randint(0, 30):x}"',
        "a word that half of them have": lambda: "w5",
    }
    with archive.catalogue.read() as connection:
        print(
            f"{'':32}{'ten with snippet':>18}{'by site, year':>16}{'through time':>16}{'trend':>10}"
        )
        for name, question in kinds.items():
            times: list[list[float]] = [[], [], [], []]
            for _ in range(ASKED if "half" not in name else 5):
                asked = question()
                looks: tuple[Callable[[], object], ...] = (
                    lambda asked=asked: search_pages(connection, asked, NOW, limit=10),
                    lambda asked=asked: count_found(connection, asked, NOW),
                    lambda asked=asked: list(spells(connection, asked, limit=10)),
                    lambda asked=asked: trends(connection, asked),
                )
                for place, look in enumerate(looks):
                    times[place].append(timed(look))
            medians = [f"{statistics.median(some) * 1000:.2f} ms" for some in times]
            print(f"{name:32}" + "".join(f"{one:>18}" for one in medians))


def timed(what: Callable[[], object]) -> float:
    """Give how many seconds something takes."""
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
