"""What the tests stand on: archives in both databases, real archive files, and the tools they need.

A test that needs something this machine lacks is skipped with the reason. With
``MARSHAM_REQUIRE_ALL=1``, as the checks before landing set it, such a skip is a failure.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from snapshots.archive import Archive
from snapshots.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"  # real archive files and scored examples, beside the project
REQUIRE_ALL = os.environ.get("MARSHAM_REQUIRE_ALL") == "1"
MARKED = {
    "chromium": "browser",
    "corpora": "corpora",
    "gold": "gold",
    "postgres": "postgres",
    "yardsticks": "yardsticks",
}

settings.register_profile("marsham", deadline=None, derandomize=REQUIRE_ALL, print_blob=True)
settings.load_profile("marsham")


def missing(what: str) -> NoReturn:
    """Skip the test for want of something, or fail it where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"MARSHAM_REQUIRE_ALL is set, and {what}", pytrace=False)
    pytest.skip(what)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures they use, so that ``-m "not corpora"`` leaves them out."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKED:
                item.add_marker(MARKED[fixture])


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real archive files."""
    folder = SHARED / "corpora"
    if not folder.is_dir():
        missing("the real archive files are not beside the project (../shared/corpora)")
    return folder


@pytest.fixture(scope="session")
def gold() -> Path:
    """The folder of scored examples."""
    folder = SHARED / "gold"
    if not folder.is_dir():
        missing("the scored examples are not beside the project (../shared/gold)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to be driven by playwright."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    missing("there is no Chromium on this machine")


@pytest.fixture(scope="session")
def yardsticks() -> Path:
    """The folder of other projects' programs, as `make yardsticks` lays it out."""
    stated = os.environ.get("MARSHAM_YARDSTICKS")
    folder = Path(stated) if stated else ROOT / ".venv-yardsticks/bin"
    if not (folder / "pywb").is_file():
        missing(f"there are no programs of other projects in {folder}; run: make yardsticks")
    return folder


@pytest.fixture(scope="session")
def pywb(yardsticks: Path) -> Path:
    """The folder of pywb's programs: ``pywb`` and ``wb-manager``."""
    return yardsticks


@pytest.fixture(scope="session")
def replaywebpage(yardsticks: Path) -> Path:
    """The folder of ReplayWeb.page's two scripts, ``ui.js`` and ``sw.js``."""
    folder = yardsticks.parent / "replaywebpage"
    if not (folder / "sw.js").is_file():
        missing(f"ReplayWeb.page is not in {folder}; run: make yardsticks")
    return folder


@pytest.fixture(scope="session")
def axe(yardsticks: Path) -> str:
    """The script of axe-core, which finds what keeps people from using a page."""
    script = yardsticks.parent / "axe-core/axe.min.js"
    if not script.is_file():
        missing(f"axe-core is not in {script.parent}; run: make yardsticks")
    return script.read_text("utf-8")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of this session's own; gives the folder its socket is in."""
    programs = _postgres_programs()
    if programs is None:
        missing("the PostgreSQL server programs (initdb, pg_ctl) are not on this machine")
    # The server refuses to run as root, and a socket's path must stay under 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="marsham-pg-"))
    as_owner: list[str] = []
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = ["runuser", "-u", "postgres", "--"]
    data, log = str(folder / "data"), str(folder / "log")

    def run(program: str, *arguments: str) -> None:
        command = [*as_owner, str(programs / program), *arguments]
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout!r} {done.stderr!r}"

    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        run(
            "initdb",
            *("-D", data, "-A", "trust", "-U", "marsham"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield str(folder)
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgres_database(postgres: str) -> Callable[[], AbstractContextManager[str]]:
    """A context manager that gives the URL of an empty database and drops it at its end."""
    server = f"host={postgres} user=marsham dbname=postgres"

    @contextmanager
    def make() -> Iterator[str]:
        name = f"test_{uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        yield f"postgresql:///{name}?host={postgres}&user=marsham"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return make


@pytest.fixture
def postgres_database(
    new_postgres_database: Callable[[], AbstractContextManager[str]],
) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped when the test is over."""
    with new_postgres_database() as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def catalogue_kind(request: pytest.FixtureRequest) -> str:
    """Which database keeps the catalogue; a test that asks for this runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def catalogue_settings(catalogue_kind: str, request: pytest.FixtureRequest) -> Settings:
    """Settings of an archive whose catalogue is in the database of this run."""
    if catalogue_kind == "sqlite":
        return Settings(name="Test archive")
    database: str = request.getfixturevalue("postgres_database")
    return Settings(name="Test archive", database=database)


@pytest.fixture
def archive(tmp_path: Path, catalogue_settings: Settings) -> Iterator[Archive]:
    """A new archive, once with its catalogue in SQLite and once in PostgreSQL."""
    with Archive.create(tmp_path / "archive", catalogue_settings) as archive:
        yield archive


@pytest.fixture
def sqlite_archive(tmp_path: Path) -> Iterator[Archive]:
    """A new archive with its catalogue in SQLite, for what no database has a part in."""
    with Archive.create(tmp_path / "archive", Settings(name="Test archive")) as archive:
        yield archive


@pytest.fixture
def unprivileged() -> Iterator[tuple[Path, Callable[[Callable[[], object]], str]]]:
    """A folder any user can reach, and a way to call a function as a user who owns nothing.

    What the function returns or raises comes back as text, ``TypeName: message`` for an exception.
    Root may write everywhere, so a read-only folder says nothing as long as one is root.
    """
    folder = Path(tempfile.mkdtemp(prefix="marsham-"))
    folder.chmod(0o755)

    def call(function: Callable[[], object]) -> str:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                if os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                said = str(function())
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(writing, said.encode()[:60_000])
            os._exit(0)
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
        return said

    yield folder, call
    for place in [folder, *folder.rglob("*")]:
        if place.is_dir():
            place.chmod(0o755)
    shutil.rmtree(folder)


def _postgres_programs() -> Path | None:
    versioned = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parts[-2])
    )
    on_path = [Path(found).resolve().parent for found in (shutil.which("initdb"),) if found]
    for folder in [*reversed(versioned), *on_path]:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None
