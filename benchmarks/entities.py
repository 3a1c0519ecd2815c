"""How long entities take to be put together and asked for, in archives of several sizes.

Each size is made by a process of its own: made-up pages that each name a partnership and two
contacts, ten captures of each address, of three different contents. The yardstick is one pass over
the observations that are put together, by the same database.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import delete, func, select

from archiver.timestamps import parse_timestamp
from extract.entities.building import build_entities
from extract.entities.histories import history_of
from extract.entities.observed import observations_by_reading
from extract.entities.standing import contacts_as_of, partnerships_as_of
from extract.store import extract_archive
from extract.tables import entity, entity_build, entity_sighting, extraction
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.writer import Writer

_EACH = 10  # captures of an address
_NAMES = ("{} CDRP", "{} Community Safety Partnership", "{} CSP")
_MOMENT = parse_timestamp("20110601")


def main() -> None:
    """Measure each size asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--captures", type=int, nargs="+", default=[2_000, 20_000])
    for size in asked.parse_args().captures:
        with ProcessPoolExecutor(1, get_context("spawn")) as one:
            for line in one.submit(measure, size).result():
                print(line)


def measure(size: int) -> list[str]:
    """Make an archive of so many captures, and say how long things take in it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pages.warc"
        write_pages(source, size)
        with Archive.create(Path(folder) / "archive") as archive:
            with Writer(archive) as writer:
                take_in(writer, source)
            extract_archive(archive)
            return [f"{size:,} captures", *timed(archive)]


def timed(archive: Archive) -> list[str]:
    """Time what is done with the entities of an archive."""
    told: list[str] = []

    def say(what: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        told.append(f"  {what}: {time.perf_counter() - start:.2f} s")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with archive.catalogue.write() as connection:
        kinds = ("contact", "partnership")
        say("one pass", lambda: sum(1 for _ in observations_by_reading(connection, kinds)))
        connection.execute(delete(entity_build))
        say("put together", lambda: build_entities(connection))
        say("nothing changed", lambda: build_entities(connection))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with archive.catalogue.read() as connection:
        for table in (extraction, entity, entity_sighting):
            number = connection.scalar(select(func.count()).select_from(table))
            told.append(f"  {table.name}: {number:,} rows")
        say("partnerships as of a date", lambda: partnerships_as_of(connection, _MOMENT))
        say("contacts as of a date", lambda: contacts_as_of(connection, _MOMENT))
        found = partnerships_as_of(connection, _MOMENT)[0]
        say("one history", lambda: history_of(connection, "partnership", found.key))
    return [*told, f"  memory grew by {grown // 1024} MiB"]


def write_pages(path: Path, size: int) -> None:
    """Write so many captures into a WARC file."""
    with path.open("wb") as file:
        for number in range(size):
            address, turn = divmod(number, _EACH)
            version = turn * len(_NAMES) // _EACH
            file.write(record(address, turn, page(address, version)))


def page(address: int, version: int) -> bytes:
    """Make a page about a partnership of a made-up town."""
    letters = "".join(chr(97 + address // 26**place % 26) for place in range(3))
    name = _NAMES[version].format(f"{letters.capitalize()}borough")
    return (
        f"<title>{name}</title><h1>{name}</h1><h2>Press office</h2>"
        f"<p>Press office<br>Tel: 020 7946 0{(address + version) % 1000:03}</p>"
        f"<h2>Support team</h2><p>Support team<br>Tel: 0191 498 0{address % 1000:03}</p>"
    ).encode()


def record(address: int, turn: int, body: bytes) -> bytes:
    """Write a page as a response record."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{address}-{turn}>\r\n"
        f"WARC-Date: {2003 + turn}-05-09T10:16:21Z\r\n"
        f"WARC-Target-URI: http://www.council{address % 50}.example/{address}/\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


if __name__ == "__main__":
    main()
