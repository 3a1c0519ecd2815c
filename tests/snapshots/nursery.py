"""A process that forks writers, so that killing many of them costs no more than a fork each.

It reads jobs as lines of JSON, answers each with the child's process id, and when the child has
ended with how: the number of the signal that killed it, or 0. What a child committed it notes in a
log after each commit has returned, as the caller would know it.
"""

import json
import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import psycopg  # noqa: F401 - loaded once here, not in every child
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite  # noqa: F401

from archiver.digests import sha1, write_digest
from archiver.errors import MarshamError
from archiver.records import Capture, Kind
from archiver.warc import NewRecord, record_id
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.crawl.frontier import Found
from snapshots.crawl.store import FINISHED
from snapshots.ingest.intake import take_in
from snapshots.rows import Entry, store_captures
from snapshots.writer import Writer
from tests.builders import http_response, response, warc, warcinfo
from tests.loopback import answer
from tests.snapshots.crawling import HOST, Crawling

CRAWLED = 40  # pages of the site that is crawled
EVENTS = ("open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.truncate")
DATE = datetime(2011, 5, 9, 10, 16, 21, tzinfo=UTC)


@contextmanager
def no_limit() -> Iterator[None]:
    """Let what is no part of the archive be written on a disk that is full."""
    limit, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))


class Log:
    """What was committed, one line of JSON a capture."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, blocks: dict[str, bytes]) -> None:
        lines = [
            json.dumps({"url": url, "sha256": sha256(block).hexdigest()}) + "\n"
            for url, block in blocks.items()
        ]
        with no_limit():
            os.write(self.handle, "".join(lines).encode())


def append(
    writer: Writer, urls: list[str], noise: random.Random, *, extend: bool = False
) -> dict[str, bytes]:
    """Append records and commit them; give their blocks."""
    blocks: dict[str, bytes] = {}
    entries = []
    for url in urls:
        body = noise.randbytes(noise.randint(0, 9000))
        block = blocks[url] = http_response(body)
        kind = "application/http;msgtype=response"
        record = NewRecord("response", record_id(), DATE, url, kind, block, sha1(body))
        place = writer.append(record)
        capture = Capture(
            *(url, "20110509101621", Kind.RESPONSE, 200, "text/html", write_digest(sha1(body))),
            *(place.file, place.offset, place.length),
        )
        entries.append(Entry(capture))
    writer.commit(
        lambda connection: store_captures(connection, entries, 1), snapshot_id=1, extend=extend
    )
    return blocks


def extend(writer: Writer, urls: list[str], noise: random.Random) -> dict[str, bytes]:
    """Append records and commit them as a crawl does; give their blocks."""
    return append(writer, urls, noise, extend=True)


def adopt(writer: Writer, urls: list[str], noise: random.Random) -> dict[str, bytes]:
    """Take a WARC file in; give the blocks of its captures."""
    bodies = {url: noise.randbytes(noise.randint(0, 9000)) for url in urls}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "small.warc.gz"
        records = [response(body, url=url) for url, body in bodies.items()]
        with no_limit():
            path.write_bytes(warc(warcinfo(), *records))
        take_in(writer, path)
    return {url: http_response(body) for url, body in bodies.items()}


def save(writer: Writer, urls: list[str], noise: random.Random) -> dict[str, bytes]:
    """Take saved pages in; what their records come to is not for the log."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        with no_limit():
            path.write_text(f"<html><title>{noise.random()}</title>")
        take_in(writer, path, url=urls[0], captured="2011-05-09")
    return {}


def write(task: dict[str, object], steps: int | None) -> None:
    """Write on and on, or `steps` times."""
    noise = random.Random(str(task["seed"]))  # noqa: S311
    log = Log(str(task["log"]))
    writing.ROLL_OVER = 30_000
    if "crawl" in str(task["job"]):
        crawl(task)
        return
    crawls = "extend" in str(task["job"])
    with Archive.open(Path(str(task["archive"]))) as archive, Writer(archive) as writer:
        step = 0
        while steps is None or step < steps:
            step += 1
            urls = [
                f"http://www.homeoffice.example/{task['seed']}/{step}/{number}"
                for number in range(noise.randint(1, 5))
            ]
            ways = [extend] * 12 + [append, adopt] if crawls else [append, append, adopt, save]
            way = noise.choice(ways)
            if steps is not None:
                way = [append, adopt, save][step % 3] if not crawls else extend
                if crawls and step == 4:
                    way = append  # one that ends a note
            log.note(way(writer, urls, noise))
            if noise.random() < 0.1:
                writer.append(NewRecord("metadata", record_id(), DATE, None, "a/b", b"forgotten"))
                writer.roll_back()


def crawl(task: dict[str, object]) -> None:
    """Crawl a site of pages that lead to two more each, or go on with that, to its end."""
    noise = random.Random(str(task["seed"]))  # noqa: S311
    log = Log(str(task["log"]))
    with Archive.open(Path(str(task["archive"]))) as archive, Writer(archive) as writer:
        crawling = Crawling(writer)
        crawling.found.append(Found(f"{HOST}/1", ""))
        crawling.commit()
        while leases := crawling.lend(3):
            blocks = {}
            for lease in leases:
                number = int(lease.url.rpartition("/")[2])
                block = blocks[lease.url] = answer(b"%d " % number * 99)
                below = [f"/{one}" for one in (2 * number, 2 * number + 1) if one <= CRAWLED]
                crawling.answer(lease, block, leads_to=below)
                if noise.random() < 0.5:
                    crawling.commit()
                    log.note(blocks)
            crawling.commit()
            log.note(blocks)
        crawling.commit(FINISHED)


def crash(task: dict[str, object]) -> None:
    """Write a little, and be killed at the step numbered ``at``: before it, where nothing warns."""
    left = int(str(task["at"]))
    place = str(task["archive"])

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and (str(arguments[0]).startswith(place) or event == "os.truncate"):
            count()

    def counted(function: Callable[[int], None]) -> Callable[[int], None]:
        def call(handle: int) -> None:
            count()
            function(handle)

        return call

    os.fsync = counted(os.fsync)
    sys.addaudithook(hook)
    write(task, steps=8 if "extend" in str(task["job"]) else 6)


def limited(task: dict[str, object]) -> None:
    """Write a little on a disk that takes no file longer than ``limit`` bytes; log the error."""
    limit = int(str(task["limit"]))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    said = "nothing"
    try:
        write(task, steps=12)
    except MarshamError as error:
        said = f"{type(error).__name__}: {error}"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    Path(str(task["said"])).write_text(said)


JOBS: dict[str, Callable[[dict[str, object]], None]] = {
    "write": lambda task: write(task, None),
    "crash": crash,
    "extend": lambda task: write(task, None),
    "crash extending": crash,
    "limited extending": limited,
    "crawl": crawl,
    "crash crawling": crash,
    "limited": limited,
}


def main() -> None:
    """Fork a child for each job read, until there are no more."""
    gettempdir()  # it looks for a place that can be written, once
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                JOBS[task["job"]](task)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
