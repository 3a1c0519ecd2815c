"""``marsham serve`` as a process: its workers, its log, its health, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

PATIENCE = 120
PAGE = "/web/20110529000000/http://www.homeoffice.example/crime/partnerships/"


@contextmanager
def serve(archive: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command and give its process and its address."""
    command = [sys.executable, "-m", "marsham", "--archive", str(archive), "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            said = running.stdout.readline()
            assert " is at http://" in said, running.communicate(timeout=PATIENCE)
            address = said.split(" is at ")[1].split("/ ")[0]
            await_that(lambda: requests.get(address + "/health", timeout=PATIENCE).ok)
            yield running, address
        finally:
            running.kill()


def await_that(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def workers_of(parent: int) -> list[int]:
    """Give the processes that serve: its children but for the one that keeps count of resources."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(child)
        for child in listed
        if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
    ]


def is_free(address: str) -> bool:
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.mark.parametrize("number", ["1", "2"])
def test_it_answers_logs_and_ends_when_told(demo: Path, tmp_path: Path, number: str) -> None:
    log = tmp_path / "access.jsonl"
    with serve(demo, "--workers", number, "--log", str(log)) as (running, address):
        assert requests.get(address + "/health", timeout=PATIENCE).json() == {"status": "ok"}
        assert requests.get(address + PAGE, timeout=PATIENCE).status_code == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) in (0, -signal.SIGTERM)
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["status"] == 200
    assert lines[-1]["path"].endswith("/crime/partnerships/")
    assert is_free(address)


def test_a_worker_that_dies_is_replaced(demo: Path) -> None:
    with serve(demo, "--workers", "2") as (running, address):
        await_that(lambda: len(workers_of(running.pid)) == 2)
        before = set(workers_of(running.pid))
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        await_that(lambda: len(set(workers_of(running.pid)) - before) == 2)
        assert requests.get(address + PAGE, timeout=PATIENCE).status_code == 200


def test_workers_end_with_a_parent_that_is_killed(demo: Path) -> None:
    with serve(demo, "--workers", "2") as (running, address):
        await_that(lambda: len(workers_of(running.pid)) == 2)
        running.kill()
        running.wait(PATIENCE)
        await_that(lambda: is_free(address))


def test_a_log_that_cannot_be_written_is_told_before_anything_else(
    demo: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "marsham", "--archive", str(demo), "serve", "--log"]
    done = subprocess.run(
        [*command, str(tmp_path / "missing" / "log")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("marsham: the access log cannot be written")


_PREPARED = """
import asyncio, sys
from pathlib import Path

import jinja2
from sqlalchemy.sql.compiler import SQLCompiler

from marsham.web.app import make_app
from snapshots.archive import Archive

made = []


def noted(kind, name, of):
    original = getattr(kind, name)

    def note(self, *given, **named):
        made.append(of(self, *given))
        return original(self, *given, **named)

    setattr(kind, name, note)


async def main(path):
    app = make_app(Archive.open(Path(path)))
    answers = []

    async def ask(address):
        async def send(message):
            answers.append(message.get("status"))

        scope = {"type": "http", "method": "GET", "scheme": "http", "path": address}
        scope |= {"raw_path": address.encode(), "query_string": b"", "server": ("h", 80)}
        await app(scope | {"headers": [(b"host", b"h")]}, None, send)

    told, said = asyncio.Queue(), asyncio.Queue()
    await told.put({"type": "lifespan.startup"})
    living = asyncio.create_task(app({"type": "lifespan"}, told.get, said.put))
    await said.get()
    print(len(made), "made before")
    made.clear()
    for address in sys.argv[2:]:
        await ask(address)
    print(made, answers[::2])
    await told.put({"type": "lifespan.shutdown"})
    await living


noted(jinja2.Environment, "compile", lambda self, source, name=None, *more: name)
noted(SQLCompiler, "__init__", lambda self, *more: "a query")
asyncio.run(main(sys.argv[1]))
"""


def test_the_first_reader_of_a_memento_waits_for_no_query_or_page_to_be_prepared(
    demo: Path,
) -> None:
    alone = PAGE.replace("20110529000000", "20110529000000mp_")
    done = subprocess.run(
        [sys.executable, "-c", _PREPARED, str(demo), alone],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    before, after = done.stdout.splitlines()
    assert int(before.split()[0]) > 5, done.stderr
    assert after == "[] [200]"
