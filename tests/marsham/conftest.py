"""A demonstration archive and its web server, shared by the tests of the front door."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

import marsham
from marsham.cli import run
from marsham.web.app import make_app

EXAMPLE = Path(__file__).parent.parent.parent / "examples/home-office"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the example, extracted; tests only read it."""
    path = tmp_path_factory.mktemp("demo") / "archive"
    settings = marsham.Settings(name="Test archive", institution="the Example Archive")
    with marsham.create_archive(path, settings) as archive:
        marsham.ingest(archive, [EXAMPLE / year for year in ("2009", "2011", "2013")])
        marsham.extract(archive)
    return path


@pytest.fixture(scope="session")
def server(demo: Path) -> Iterator[str]:
    """The web address of a server that shows the demonstration archive."""
    with marsham.open_archive(demo) as archive:
        yield from serving(archive)


def command(held: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command on an archive; give its status and all it printed."""
    status = run(["--archive", str(held), *arguments])
    said = capsys.readouterr()
    return status, said.out + said.err


def serving(
    archive: marsham.Archive, attempts: Path | None = None, redirects: Path | None = None
) -> Iterator[str]:
    """Serve an archive on a free port of the loopback interface until the generator is closed.

    With a file for attempts to sign in people may edit, and with a map of redirects that as well.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            make_app(archive, attempts=attempts, redirects=redirects),
            log_level="error",
            server_header=False,
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(timeout=10)
