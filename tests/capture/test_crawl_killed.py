"""A crawl killed again and again comes to what one that nobody disturbs comes to."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from snapshots import index
from snapshots.archive import Archive
from snapshots.crawl.store import FINISHED, crawls
from tests.capture.forest import Forest, addresses
from tests.loopback import Loopback

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 50


def crawl(archive: Path, url: str) -> "subprocess.Popen[bytes]":
    """Begin to crawl, or go on, in a process of its own."""
    command = [sys.executable, "-m", "tests.capture.forest", str(archive), url]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def finish(running: "subprocess.Popen[bytes]") -> None:
    """Wait until a crawl is done."""
    said = running.communicate(timeout=120)[1]
    assert running.returncode == 0, said


def captured(path: Path) -> list[tuple[str, int | None, str]]:
    """Give address, status and payload digest of every capture but probes, sorted."""
    with Archive.open(path) as archive, archive.catalogue.read() as connection:
        found = [(one.url, one.status, one.digest) for one in index.every(connection)]
    return sorted(one for one in found if len(one[0].rpartition("/")[2]) < 20)


def test_fifty_kills_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    dice = random.Random(2011)  # noqa: S311 - chance, not secrecy
    with Loopback(Forest(), keep_alive=True) as site:
        for name in ("undisturbed", "killed"):
            Archive.create(tmp_path / name).close()
        finish(crawl(tmp_path / "undisturbed", f"{site.url}/"))
        expected = captured(tmp_path / "undisturbed")
        assert {url for url, _, _ in expected} == addresses(site.url)

        for _ in range(KILLS):
            running = crawl(tmp_path / "killed", f"{site.url}/")
            enough = len(site.asked) + dice.randrange(12)
            while len(site.asked) < enough and running.poll() is None:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.03))
            running.send_signal(signal.SIGKILL)
            said = running.communicate()[1]
            assert running.returncode == -signal.SIGKILL, said
        finish(crawl(tmp_path / "killed", f"{site.url}/"))
    assert captured(tmp_path / "killed") == expected
    with Archive.open(tmp_path / "killed") as archive, archive.catalogue.read() as connection:
        [row] = crawls(connection)
    assert row.state == FINISHED
