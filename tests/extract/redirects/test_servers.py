"""Maps of redirects in the real servers: every row is requested."""

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from extract.redirects.checking import Checked, check
from extract.redirects.forms import FORMS, write_map
from extract.redirects.mapping import Fate, Mapping
from tests.conftest import missing

OLD = "http://www.homeoffice.example"
NEW = "https://www.new.example"
ARCHIVE = "https://archive.example/web/20110529101621/"
MODULES = "/usr/lib/apache2/modules"
STATUS = {Fate.REDIRECT: 301, Fate.ARCHIVE: 302, Fate.GONE: 410}

AWKWARD = [
    Mapping(f"{OLD}/", Fate.REDIRECT, f"{NEW}/"),
    Mapping(f"{OLD}/crime/", Fate.ARCHIVE, f"{ARCHIVE}{OLD}/crime/", (f"{OLD}/crime/index.html",)),
    Mapping(f"{OLD}/Crime/", Fate.REDIRECT, f"{NEW}/capitals"),
    Mapping(f"{OLD}/a%20b%2Fc.pdf", Fate.REDIRECT, f"{NEW}/a%20b?x=%26&y=1#part"),
    Mapping(f"{OLD}/find?id=1&page=2", Fate.REDIRECT, f"{NEW}/one"),
    Mapping(f"{OLD}/find?id=2", Fate.GONE),
    Mapping(f"{OLD}/find", Fate.ARCHIVE, f"{ARCHIVE}{OLD}/find"),
    Mapping(f"{OLD}/only?id=7", Fate.REDIRECT, f"{NEW}/seven"),
    Mapping(f"{OLD}/$money/100%25;v=1", Fate.REDIRECT, f"{NEW}/$host/$1&%1"),
    Mapping(f"{OLD}/mark", Fate.REDIRECT, f"{NEW}/mark#top"),
    Mapping(f"{OLD}/it's-(new)+[1]*~.asp", Fate.REDIRECT, f"{NEW}/it's-(new)+*~"),
    Mapping(f"{OLD}/dots", Fate.REDIRECT, f"{NEW}/dots"),
    Mapping(f"{OLD}/dotx", Fate.REDIRECT, f"{NEW}/dotx"),
    Mapping(f"{OLD}/gwasanaethau-%C3%A2", Fate.GONE),
    Mapping(f"{OLD}/{'long/' * 300}", Fate.REDIRECT, f"{NEW}/long"),
    Mapping("http://drugs.homeoffice.example/crime/", Fate.REDIRECT, f"{NEW}/drugs"),
]


@pytest.fixture(scope="module")
def checked() -> Checked:
    found = check(AWKWARD)
    assert found.findings == ()
    assert len(found.outcomes) == len(AWKWARD) + 1  # one has two spellings
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def ask(port: int, host: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


def answering(command: list[str], port: int, log: Path) -> Iterator[int]:
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        for _ in range(200):
            assert server.poll() is None, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def nginx(checked: Checked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        missing("there is no nginx on this machine")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    write_map(checked, FORMS["nginx"], folder)
    (folder / "nginx.conf").write_text(
        f"""daemon off; pid {folder}/pid; error_log {folder}/error.log;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
            fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
            large_client_header_buffers 4 32k;
            include {folder}/marsham-redirects-http.conf;
            server {{
                listen 127.0.0.1:{port};
                include {folder}/marsham-redirects-server.conf;
                location / {{ return 404; }}
            }}
        }}"""
    )
    yield from answering([program, "-c", str(folder / "nginx.conf")], port, folder / "out")


@pytest.fixture(scope="module")
def apache(checked: Checked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("apache2", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        missing("there is no Apache on this machine")
    folder, port = tmp_path_factory.mktemp("apache"), free_port()
    write_map(checked, FORMS["apache"], folder)
    (folder / "pages").mkdir()
    (folder / "apache.conf").write_text(
        f"""ServerRoot {folder}
        ServerName localhost
        PidFile {folder}/pid
        ErrorLog {folder}/error.log
        DefaultRuntimeDir {folder}
        Mutex file:{folder}
        LoadModule mpm_event_module {MODULES}/mod_mpm_event.so
        LoadModule authz_core_module {MODULES}/mod_authz_core.so
        LoadModule rewrite_module {MODULES}/mod_rewrite.so
        Listen 127.0.0.1:{port}
        Define MARSHAM_REDIRECTS {folder}
        DocumentRoot {folder}/pages
        AllowEncodedSlashes NoDecode
        <VirtualHost *:{port}>
            Include {folder}/marsham-redirects.conf
        </VirtualHost>"""
    )
    command = [program, "-f", str(folder / "apache.conf"), "-D", "FOREGROUND"]
    yield from answering(command, port, folder / "out")


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_every_row_is_answered_as_the_map_says(
    server: str, checked: Checked, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(server)
    rows = [one for one in checked.outcomes if server == "nginx" or len(one.path) < 900]
    assert len(checked.outcomes) - len(rows) == (server == "apache")  # see the test of long ones
    for one in rows:
        for host in (one.host, f"www.{one.host}", f"WWW.{one.host}:{port}"):
            assert ask(port, host, one.path) == (STATUS[one.fate], one.target), one


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_what_the_map_does_not_know_is_left_to_the_server(
    server: str, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(server)
    for host, path in (
        ("www.homeoffice.example", "/unknown"),
        ("www.homeoffice.example", "/dotsx"),
        ("www.homeoffice.example", "/only?id=8"),
        ("www.other.example", "/crime/"),
        ("drugs.homeoffice.example", "/find"),
    ):
        assert ask(port, host, path) == (404, ""), (host, path)


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_an_unknown_query_is_answered_as_the_path_without_it(
    server: str, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(server)
    answer = ask(port, "www.homeoffice.example", "/find?utm_source=mail")
    assert answer == (302, f"{ARCHIVE}{OLD}/find")


def test_a_row_longer_than_apache_reads_is_left_out_and_told(
    checked: Checked, tmp_path: Path
) -> None:
    written = write_map(checked, FORMS["apache"], tmp_path)
    [(one, why)] = written.left_out
    assert one.path == f"/{'long/' * 300}"
    assert why == "is longer than 1000 bytes together with its target"
    lines = (tmp_path / "marsham-redirects.map").read_bytes().splitlines()
    assert max(map(len, lines)) < 1024
    assert written.rows == len(checked.outcomes) - 1


def test_a_web_config_holds_every_row_once(checked: Checked, tmp_path: Path) -> None:
    written = write_map(checked, FORMS["iis"], tmp_path)
    root = etree.parse(tmp_path / "web.config").getroot()
    rows = {
        (entry.get("key"), entry.get("value"), one.get("name"))
        for one in root.iter("rewriteMap")
        for entry in one
    }
    told = {
        (one.host + one.path, one.target or "gone", f"marsham-{one.fate}")
        for one in checked.outcomes
    }
    left = {
        (one.host + one.path, one.target or "gone", f"marsham-{one.fate}")
        for one, _ in written.left_out
    }
    assert rows == told - left
    assert [(one.path, why) for one, why in written.left_out] == [
        ("/crime/", "differs from another address in capital letters alone")
    ]
    assert {action.get("type") for action in root.iter("action")} == {"Redirect", "CustomResponse"}


def test_a_file_of_netlify_leaves_out_what_it_would_read_otherwise(
    checked: Checked, tmp_path: Path
) -> None:
    written = write_map(checked, FORMS["netlify"], tmp_path)
    lines = (tmp_path / "homeoffice.example/_redirects").read_text().splitlines()
    assert f"/dots {NEW}/dots 301!" in lines
    assert f"/crime/ {ARCHIVE}{OLD}/crime/ 302!" in lines
    assert all(len(line.split(" ")) == 3 for line in lines)
    reasons = {one.path: why for one, why in written.left_out}
    assert "query" in reasons["/find?id=1&page=2"]
    assert "mean something else" in reasons["/it's-(new)+[1]*~.asp"]
    assert "gone" in reasons["/gwasanaethau-%C3%A2"]
    drugs = (tmp_path / "drugs.homeoffice.example/_redirects").read_text()
    assert drugs == f"/crime/ {NEW}/drugs 301!\n"
