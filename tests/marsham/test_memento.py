"""TimeGate, TimeMaps and mementos, held to RFC 7089 by a client of the tests' own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import marsham
from marsham.web import timemap
from snapshots import index
from tests.builders import digest, record, response, revisit, warc
from tests.marsham.conftest import serving
from tests.memento_client import MementoClient, parse_links

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
MOVED = f"{HOST}/moved"
GONE = f"{HOST}/gone?a=1&b=%2F"
QUERY = f"{HOST}/search?q=a%2Fb&page=2"
ALIKE = b"<p>The same as before</p>"


def dated(body: bytes, url: str, *dates: str, **more: str) -> list[bytes]:
    return [response(body, url=url, date=f"2011-05-{date}Z", **more) for date in dates]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over pages, an error, a redirect, revisits, and captures of one second."""
    folder = tmp_path_factory.mktemp("memento")
    records = [
        *dated(b"<p>One</p>", CRIME, "09T10:16:21", "19T10:16:21"),
        *dated(b"<p>Two</p>", CRIME, "29T10:16:21"),
        *dated(b"<p>Three</p>", CRIME, "29T10:16:21"),  # twice in one second
        *dated(b"<p>Four</p>", "https://homeoffice.example/Crime", "29T10:16:21", "30T00:00:00"),
        *dated(ALIKE, f"{HOST}/alike", "09T10:00:00"),
        # As Heritrix writes them: by digest alone, with nothing referred to.
        revisit(ALIKE, url=f"{HOST}/alike", date="2011-05-10T10:00:00Z"),
        revisit(ALIKE, url=f"{HOST}/alike", date="2011-05-11T10:00:00Z"),
        revisit(ALIKE, url=f"{HOST}/elsewhere", date="2011-05-12T10:00:00Z"),
        response(b"", url=MOVED, status="301 Moved Permanently", head=[("Location", CRIME)]),
        response(b"", url=f"{HOST}/found", status="302 Found", head=[("Location", "/crime/")]),
        response(b"<p>Gone</p>", url=GONE, status="410 Gone"),
        response(b"<p>Broken</p>", url=f"{HOST}/broken", status="500 Internal Server Error"),
        response(b"<p>Found</p>", url=QUERY),
        record("resource", b"a note", url=f"{HOST}/note.txt", content_type="text/plain"),
    ]
    (folder / "a.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        yield from serving(archive)


@pytest.fixture
def client(server: str) -> MementoClient:
    return MementoClient(server)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        (CRIME, 6),
        ("https://homeoffice.example/Crime", 6),
        (f"{HOST}/alike", 3),
        (f"{HOST}/elsewhere", 1),
        (MOVED, 1),
        (f"{HOST}/found", 1),
        (GONE, 1),
        (f"{HOST}/broken", 1),
        (QUERY, 1),
        (f"{HOST}/note.txt", 1),
    ],
)
def test_every_rule_of_memento_is_kept(client: MementoClient, url: str, number: int) -> None:
    mementos = client.check(url)
    assert client.broken == []
    assert len(mementos) == number
    assert client.checked > 100


@pytest.mark.parametrize(
    ("url", "status"),
    [(MOVED, 301), (f"{HOST}/found", 302), (GONE, 410), (f"{HOST}/broken", 500), (QUERY, 200)],
)
def test_archived_errors_and_redirects_keep_their_status(
    client: MementoClient, url: str, status: int
) -> None:
    for modifier in ("", "mp_", "id_"):
        answer = client.get(f"{client.server}/web/20110509101621{modifier}/{url}")
        assert answer.status_code == status
        assert answer.headers["Memento-Datetime"] == "Mon, 09 May 2011 10:16:21 GMT"
        if status in (301, 302) and modifier != "id_":
            assert answer.headers["Location"].endswith(f"/web/20110509101621{modifier}/{CRIME}")


def test_what_is_not_archived_is_no_memento(client: MementoClient) -> None:
    for place in ("web/", "timegate/", "web/2011/", "web/20110509101621id_/", "web/timemap/link/"):
        answer = client.get(f"{client.server}/{place}{HOST}/never")
        assert answer.status_code == 404
        assert "Memento-Datetime" not in answer.headers


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 29 May 2011 10:16:21 GMT",
        "Sunday, 29-May-11 10:16:21 GMT",
        "Sun May 29 10:16:21 2011",
    ],
)
def test_all_three_forms_of_an_http_date_are_taken(client: MementoClient, date: str) -> None:
    answer = client.get(f"{client.server}/web/{CRIME}", Accept_Datetime=date)
    assert answer.headers["Location"] == f"/web/20110529101621/{CRIME}"


def test_two_dates_at_once_are_refused(server: str) -> None:
    headers = b"GET /web/%s HTTP/1.1\r\nHost: a\r\n" % CRIME.encode()
    date = b"Accept-Datetime: Sun, 29 May 2011 10:16:21 GMT\r\n"
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as asking:
        asking.sendall(headers + date + date + b"Connection: close\r\n\r\n")
        assert asking.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("digits", "served"),
    [
        ("2011", "20110509101621"),
        ("20115", None),  # no month begins with 5
        ("20110", "20110509101621"),
        ("20111", "20110530000000"),  # October is the first that begins with 1
        ("201105", "20110509101621"),
        ("2011052", "20110519101621"),  # 20 May
        ("2011053", "20110530000000"),
        ("20110524", "20110519101621"),  # four days and ten hours from it, five from the next
        ("201105241", "20110519101621"),
        ("2011052411", "20110529101621"),
        ("20110529101", "20110529101621"),
        ("201105291016", "20110529101621"),
        ("2011052910162", "20110529101621"),
        ("20110529101621", "20110529101621"),
        ("20110230", None),
        ("20111301", None),
        ("201102291", None),
        ("0000", None),
    ],
)
def test_digits_cut_anywhere_mean_the_first_second_they_cover(
    client: MementoClient, digits: str, served: str | None
) -> None:
    answer = requests.get(f"{client.server}/web/{digits}id_/{CRIME}", timeout=20)
    if served is None:
        assert answer.status_code == 400
    else:
        assert f"/web/{served}id_/" in answer.url
        shown = requests.get(f"{client.server}/web/{digits}/{CRIME}", timeout=20)
        assert shown.status_code == 200


def test_captures_of_one_second_have_addresses_of_their_own(client: MementoClient) -> None:
    listed = [memento.target for memento in client.check_timemap(CRIME)]
    second = f"{client.server}/web/20110529101621"
    bodies = {
        f"{second}/{CRIME}": b"<p>Two</p>",
        f"{second}-1/{CRIME}": b"<p>Three</p>",
        f"{second}/https://homeoffice.example/Crime": b"<p>Four</p>",
    }
    assert set(bodies) == {target for target in listed if target.startswith(second)}
    for address, body in bodies.items():
        stored = address.replace(second, f"{second}@").replace("@-1", "-1@").replace("@", "id_")
        assert client.get(stored).content == body
    none = client.get(f"{second}-7/{CRIME}")
    assert none.status_code == 302
    assert none.headers["Location"] == f"/web/20110529101621/{CRIME}"


def test_a_capture_within_a_second_is_framed_proved_and_cited_as_itself(server: str) -> None:
    place = f"20110529101621-1/{CRIME}"
    shown = requests.get(f"{server}/web/{place}", timeout=20).text
    assert f'/web/20110529101621-1mp_/{CRIME}"' in shown
    assert f'href="/about/{place}"' in shown
    assert f'href="/cite/{place}"' in shown
    about = requests.get(f"{server}/about/{place}", timeout=20).text
    assert digest(b"<p>Three</p>") in about
    cited = requests.get(f"{server}/cite/20110529101621-1.txt/{CRIME}", timeout=20).text
    assert f"/web/{place}" in cited


def test_captures_of_one_second_are_each_listed_for_people(server: str) -> None:
    answer = requests.get(f"{server}/web/*/{CRIME}", timeout=20)
    assert f'href="/web/20110529101621/{CRIME}"' in answer.text
    assert f'href="/web/20110529101621-1/{CRIME}"' in answer.text


def test_a_long_timemap_comes_in_pages(
    client: MementoClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 2, 3, 4, 5):
        monkeypatch.setattr(timemap, "PAGE", size)
        mementos = client.check_timemap(CRIME)
        assert client.broken == []
        assert len(mementos) == 6


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/web/timemap/", 400),
        ("/web/timemap/link/", 400),
        ("/web/timemap/xml/http://a.example/", 400),
        ("/web/timemap/link/20111301000000/http://a.example/", 400),
        (f"/web/timemap/link/20990101000000/{CRIME}", 404),
        ("/web/timemap/link/ftp://a.example/", 400),
    ],
)
def test_what_is_no_timemap_is_told_in_words(server: str, path: str, status: int) -> None:
    answer = requests.get(server + path, timeout=20)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text.strip()


def test_a_link_field_stays_small_for_the_longest_addresses(tmp_path: Path) -> None:
    url = f"{HOST}/long?q=" + "x" * 6000
    (tmp_path / "a.warc.gz").write_bytes(warc(response(url=url)))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
        for server in serving(archive):
            answer = requests.get(f"{server}/web/2011id_/{url}", timeout=20)
            assert answer.status_code == 200
            assert len(answer.headers["Link"]) < 8200
            assert parse_links(answer.headers["Link"])[0].target == url


# The file dupes.warc.gz is left out: what its records say is unchanged is not among the files.
@pytest.mark.parametrize("name", ["iana", "govuk", "archive-org-2008", "example", "resource"])
def test_every_rule_is_kept_for_every_address_of_real_archive_files(
    corpora: Path, tmp_path: Path, name: str
) -> None:
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, sorted(corpora.glob(f"{name}*arc.gz")))
        with archive.catalogue.read() as connection:
            urls = {one.url for one in index.every(connection) if one.url.startswith("http")}
        for server in serving(archive):
            client = MementoClient(server)
            for url in sorted(urls)[::4]:
                client.check(url)
            assert client.broken == []
            assert client.checked > 100
