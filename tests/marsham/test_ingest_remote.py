"""``marsham ingest --from`` as a person meets it, killed as well, and pywb where it is at hand."""

import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archiver.records import Grade
from marsham.cli import run as run_command
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import memento_of
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from tests.builders import response, warc
from tests.loopback import Held, Loopback, RemoteArchiveDouble, answer

ROOT = Path(__file__).resolve().parents[2]
URL = "http://www.homeoffice.example/crime/"
TIMES = [f"20110509{hour:02}{minute:02}00" for hour in range(10, 12) for minute in range(0, 60, 5)]
HTML = [("Content-Type", "text/html"), ("Server", "Apache")]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line on the archive `archive` in the temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARSHAM_ARCHIVE", "archive")
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        said, told = io.StringIO(), io.StringIO()
        with redirect_stdout(said), redirect_stderr(told):
            status = run_command(list(map(str, arguments)))
        return subprocess.CompletedProcess([], status, said.getvalue(), told.getvalue())

    run("init", "--name", "Test archive")
    return run


def test_mementos_are_taken_in_once(run: Run) -> None:
    with Loopback(RemoteArchiveDouble([Held(time) for time in TIMES[:3]])) as server:
        place = f"{server.url}/coll/"
        options = ("--from", place, "--allow-private", "--delay", 0)
        done = run("ingest", URL, *options, "--operator", "A. Archivist")
        assert (done.returncode, done.stdout) == (
            0,
            f"{URL}: 3 of 3 mementos taken in as snapshot 1 (www.homeoffice.example from "
            f"{server.authority}/coll); 3 raw memento\n",
        )
        assert f"the list at {place}cdx?url={URL} (CDX) names 3; 0 are here already" in done.stderr
        assert server.heads[0]["user-agent"].startswith("marsham/")
        done = run("ingest", URL, *options)
        assert (done.returncode, done.stdout) == (
            0,
            f"{URL}: 3 mementos already here as snapshot 1 (www.homeoffice.example from "
            f"{server.authority}/coll); nothing changed\n",
        )
        shown = run("snapshots", 1).stdout
        assert f"input     {place}{TIMES[0]}id_/{URL} (memento)" in shown


def test_what_was_not_had_is_listed_and_the_status_says_so(run: Run) -> None:
    double = RemoteArchiveDouble([Held(time) for time in TIMES[:3]])
    gone = answer(b"no", status="403 Forbidden")
    double.instead = {f"/coll/{TIMES[1]}id_/{URL}": [gone]}
    with Loopback(double) as server:
        options = ("--from", f"{server.url}/coll/", "--allow-private", "--delay", 0)
        done = run("ingest", URL, "http://elsewhere.example/", *options, "--snapshot", "Crime")
        assert done.returncode == 2  # one page of the two is not there at all
        assert "2 of 3 mementos taken in as snapshot 1 (Crime)" in done.stdout
        assert "no-memento" in done.stderr
        assert "was answered with status 403" in done.stderr
        assert "no list of its mementos was found" in done.stderr
        done = run("ingest", URL, *options, "--json", "--limit", 1)
        assert done.returncode == 0
        told = json.loads(done.stdout)
        assert (told["captures"], told["already"], told["left"]) == (1, 2, 0)
        assert (told["list_format"], told["problems"], told["label"]) == ("CDX", [], "Crime")
        assert "no-memento" in run("snapshots", 1).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "ftp://a.example/"], "only http and https"),
        (["--from", "https://a.example/"], "set contact in"),
        (["--from", "https://a.example/", "--contact", "a\nb"], "one line of ASCII"),
        (["--from", "https://a.example/", "--url", URL], "leave them with --from"),
        (["--from", "https://a.example/", "--since", "2012", "--until", "2011"], "--until lies"),
        (["--since", "2011"], "go with --from"),
        ([], "say which with --from"),
    ],
)
def test_a_wrong_request_is_answered_in_a_sentence(
    run: Run, arguments: list[str], said: str
) -> None:
    done = run("ingest", URL, *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_an_archive_on_this_machine_has_to_be_allowed(run: Run) -> None:
    with Loopback(RemoteArchiveDouble([Held(TIMES[0])])) as server:
        done = run("ingest", URL, "--from", f"{server.url}/coll/", "--contact", "a@b.example")
        assert (done.returncode, server.connections) == (2, 0)
        assert "127.0.0.1, a private, loopback or otherwise special address" in done.stderr
        assert "--allow-private" in done.stderr


def test_an_archive_is_told_how_to_reach_us(run: Run) -> None:
    with Loopback(RemoteArchiveDouble([Held(TIMES[0])])) as server:
        options = ("--from", f"{server.url}/coll/", "--allow-private", "--delay", 0)
        run("ingest", URL, *options, "--contact", "archive@archive.example")
        assert {head["user-agent"].partition(" ")[2] for head in server.heads} == {
            "(archive@archive.example)"
        }


def test_a_run_that_is_killed_goes_on_where_it_stopped(run: Run, tmp_path: Path) -> None:
    double = RemoteArchiveDouble([Held(time, f"<p>{time}</p>".encode()) for time in TIMES])
    # Killed while a memento is on its way, just after it came, and a little later.
    moments = {TIMES[3]: None, TIMES[7]: 0.0, TIMES[11]: 0.004, TIMES[15]: 0.012, TIMES[19]: 0.03}
    running: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        os.kill(running[-1].pid, signal.SIGKILL)

    def reply(target: str) -> bytes | Iterator[bytes]:
        timestamp = target.removeprefix("/coll/")[:14]
        if timestamp not in moments:
            return double(target)
        after = moments.pop(timestamp)
        whole = double(target)
        assert isinstance(whole, bytes)
        if after is None:
            return half(whole)
        threading.Timer(after, kill).start()
        return whole

    def half(whole: bytes) -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        kill()

    with Loopback(reply) as server:
        arguments = ("ingest", URL, "--from", f"{server.url}/coll/", "--allow-private")
        for _ in range(5):
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "marsham", *arguments, "--delay", "0"],
                    cwd=tmp_path,
                    env=os.environ | {"PYTHONPATH": str(ROOT)},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            assert running[-1].wait(60) == -signal.SIGKILL
        done = run(*arguments, "--delay", 0)
        assert done.returncode == 0, done.stderr
        asked = Counter(target for target in server.asked if "id_" in target)
    assert not moments
    with Archive.open(tmp_path / "archive") as archive:
        with archive.catalogue.read() as connection:
            captures = list(index.every(connection))
        assert [one.timestamp for one in captures] == TIMES
        for one in captures:
            assert memento_of(archive, one).content() == f"<p>{one.timestamp}</p>".encode()
        found: list[Finding] = []
        verify(archive, Level.DEEP, found=found.append)
        assert found == []
    # Only what was on its way when the run was killed is asked for again.
    assert set(asked) == {f"/coll/{time}id_/{URL}" for time in TIMES}
    assert sum(asked.values()) <= len(TIMES) + 5
    assert max(asked.values()) <= 2


# pywb, which many archives run


@pytest.fixture(scope="module")
def serve_pywb(
    pywb: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], str]]:
    """A function that has pywb serve a WARC file and gives the collection's address."""
    servers: list[subprocess.Popen[bytes]] = []

    def serve(held: Path) -> str:
        folder = tmp_path_factory.mktemp("pywb")
        for arguments in (["init", "coll"], ["add", "coll", held]):
            manage = [pywb / "wb-manager", *arguments]
            subprocess.run(manage, cwd=folder, check=True, capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with (folder / "pywb.log").open("wb") as log:
            program = [pywb / "wayback", "--port", str(port), "--bind", "127.0.0.1"]
            servers.append(
                subprocess.Popen(program, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
            )
        address = f"http://127.0.0.1:{port}/coll/"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}cdx?url=x", timeout=5).close()  # noqa: S310
            except OSError:
                time.sleep(0.1)
            else:
                return address
        pytest.fail((folder / "pywb.log").read_text())

    yield serve
    for server in servers:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def pywb_archive(serve_pywb: Callable[[Path], str], pywb_warc: Path) -> str:
    return serve_pywb(pywb_warc)


@pytest.fixture(scope="module")
def pywb_warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages, a redirect, a missing page and a compressed one, at three times."""
    squeezed = gzip.compress(b"<html><body><p>Squeezed</p></body></html>", mtime=0)
    path = tmp_path_factory.mktemp("held") / "held.warc.gz"
    plain = (
        b'<html><head></head><body><a href="http://www.homeoffice.example/a">A</a></body></html>'
    )
    path.write_bytes(
        warc(
            response(plain, url=URL, date="2009-04-02T11:12:13Z", head=HTML),
            response(
                squeezed,
                url=URL,
                date="2011-05-09T10:16:21Z",
                head=[*HTML, ("Content-Encoding", "gzip"), ("Content-Length", str(len(squeezed)))],
            ),
            response(
                b"",
                url=URL,
                date="2012-03-26T12:29:52Z",
                status="302 Found",
                head=[("Location", "http://www.homeoffice.example/new/"), *HTML],
            ),
            response(
                b"gone", url=URL, date="2013-03-26T12:29:52Z", status="404 Not Found", head=HTML
            ),
        )
    )
    return path


def test_what_pywb_holds_is_had_byte_for_byte(
    run: Run, pywb_archive: str, pywb_warc: Path, tmp_path: Path
) -> None:
    done = run("ingest", URL, "--from", pywb_archive, "--allow-private", "--delay", 0)
    assert (done.returncode, done.stdout.count("4 of 4 mementos taken in")) == (0, 1), done.stderr
    held = []
    with pywb_warc.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            _, _, body = record.raw_stream.read().partition(b"\r\n\r\n")
            held.append(body)
    with Archive.open(tmp_path / "archive") as archive, archive.catalogue.read() as connection:
        captures = list(index.every(connection))
        mementos = [memento_of(archive, one) for one in captures]
        assert [one.status for one in captures] == [200, 200, 302, 404]
        assert [b"".join(one.entity()) for one in mementos] == held
        heads = [one.head.headers for one in mementos if one.head]
        assert heads[1].get("Content-Encoding") == "gzip"
        assert heads[2].get("Location") == "http://www.homeoffice.example/new/"
        assert {one.grade for one in captures} == {Grade.SENT}


@pytest.mark.parametrize("form", ["timemap/link/", "timemap/json/", "timemap/cdxj/", "cdx"])
def test_every_list_of_pywb_is_read(run: Run, pywb_archive: str, form: str) -> None:
    place = pywb_archive + form
    done = run("ingest", URL, "--from", place, "--allow-private", "--delay", 0, "--since", 2011)
    assert "3 of 3 mementos taken in" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr


def test_real_pages_that_pywb_holds_keep_their_digests(
    run: Run, serve_pywb: Callable[[Path], str], corpora: Path, tmp_path: Path
) -> None:
    pages = ["http://data.gov.uk/", "http://data.gov.uk/data", "http://data.gov.uk/interact"]
    place = serve_pywb(corpora / "govuk-1.warc.gz")
    done = run("ingest", *pages, "--from", place, "--allow-private", "--delay", 0)
    assert done.returncode == 0, done.stderr
    run("--archive", "whole", "init")
    run("--archive", "whole", "ingest", corpora / "govuk-1.warc.gz")
    found = []
    for name in ("archive", "whole"):
        with Archive.open(tmp_path / name) as archive, archive.catalogue.read() as connection:
            found.append(
                {
                    (one.url, one.timestamp, one.status, one.media_type, one.digest)
                    for one in index.every(connection)
                }
            )
    assert len(found[0]) == 3
    assert found[0] < found[1]


def test_a_page_shown_by_pywb_is_recovered_where_it_gives_no_raw_one(
    run: Run, pywb_archive: str, tmp_path: Path
) -> None:
    # A server before pywb that lets nothing raw through.
    def reply(target: str) -> bytes:
        if "id_/" in target:
            return answer(b"not here", status="404 Not Found")
        return passed_on(pywb_archive.removesuffix("/coll/") + target)

    with Loopback(reply) as server:
        options = ("--from", f"{server.url}/coll/", "--allow-private", "--delay", 0)
        done = run("ingest", URL, *options, "--until", 2009)
    assert "1 replayed memento" in done.stdout, done.stderr
    with Archive.open(tmp_path / "archive") as archive, archive.catalogue.read() as connection:
        (capture,) = list(index.every(connection))
        page = memento_of(archive, capture).content()
    assert (capture.timestamp, capture.grade) == ("20090402111213", Grade.RECOVERED)
    assert b'<a href="http://www.homeoffice.example/a">A</a>' in page
    assert b"WB Insert" not in page


def passed_on(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=20) as found:  # noqa: S310
        fields = [
            (name, value)
            for name, value in found.headers.items()
            if name.lower() not in ("content-length", "transfer-encoding")
        ]
        return answer(found.read(), fields=fields)
