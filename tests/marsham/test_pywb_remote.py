"""pywb over the network: set up with our /cdx and id_ addresses, it replays our captures."""

import gzip
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

import marsham
from tests.builders import chunked, response, revisit, warc
from tests.marsham.conftest import serving
from tests.yardsticks import serving_pywb

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
QUERY = f"{HOST}/search?q=a%2Fb&page=2"
PAGE = (
    b"<html><head><title>Crime</title></head><body><h1>Crime and policing</h1>"
    b"<p>Every partnership was asked.</p></body></html>"
)
GIF = bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")
RECORDS = [
    response(PAGE, url=CRIME),
    revisit(PAGE, url=CRIME),  # refers to nothing: by its digest alone
    revisit(
        PAGE, url=CRIME, date="2011-09-01T09:00:00Z", refers_to=(CRIME, "2011-05-09T10:16:21Z")
    ),
    response(PAGE + b"<!-- two -->", url=CRIME, date="2013-03-26T12:29:52Z"),
    response(b"", url=f"{HOST}/old", status="301 Moved", head=[("Location", CRIME)]),
    response(b"<p>Gone</p>", url=f"{HOST}/gone", status="404 Not Found"),
    response(GIF, url=f"{HOST}/a.gif", head=[("Content-Type", "image/gif")]),
    response(b"<p>Found</p>", url=QUERY),
    response(
        chunked(gzip.compress(PAGE)),
        url=f"{HOST}/coded",
        head=[
            ("Content-Type", "text/html"),
            ("Content-Encoding", "gzip"),
            ("Transfer-Encoding", "chunked"),
        ],
    ),
]


@pytest.fixture(scope="module")
def elsewhere(pywb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a collection of pywb's that knows only the addresses of a server of ours."""
    folder = tmp_path_factory.mktemp("remote")
    (folder / "a.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        for ours in serving(archive):
            pywb_folder = folder / "pywb"
            pywb_folder.mkdir()
            config = f'collections:\n  ours: "cdx+{ours}/cdx /web"\n'
            (pywb_folder / "config.yaml").write_text(config)
            with serving_pywb(pywb, pywb_folder) as theirs:
                yield f"{theirs}/ours"


@pytest.mark.parametrize(
    ("timestamp", "url", "status", "body"),
    [
        ("20110509101621", CRIME, 200, PAGE),
        ("20110801090000", CRIME, 200, PAGE),
        ("20110901090000", CRIME, 200, PAGE),
        ("20130326122952", CRIME, 200, PAGE + b"<!-- two -->"),
        ("20110509101621", f"{HOST}/gone", 404, b"<p>Gone</p>"),
        ("20110509101621", f"{HOST}/a.gif", 200, GIF),
        ("20110509101621", QUERY, 200, b"<p>Found</p>"),
        ("20110509101621", f"{HOST}/coded", 200, PAGE),
    ],
)
def test_pywb_replays_every_capture_as_it_is(
    elsewhere: str, timestamp: str, url: str, status: int, body: bytes
) -> None:
    answer = requests.get(f"{elsewhere}/{timestamp}id_/{url}", timeout=30)
    assert (answer.status_code, answer.content) == (status, body)
    taken = requests.get(f"{elsewhere}/{timestamp}mp_/{url}", timeout=30)
    assert taken.status_code == status
    assert taken.headers["Memento-Datetime"] == answer.headers["Memento-Datetime"]
    assert timestamp == digits(answer.headers["Memento-Datetime"])


def test_pywb_follows_an_archived_redirect(elsewhere: str) -> None:
    moved = requests.get(
        f"{elsewhere}/20110509101621mp_/{HOST}/old", timeout=30, allow_redirects=False
    )
    assert moved.status_code == 301
    assert moved.headers["Location"].endswith(f"20110509101621mp_/{CRIME}")


def test_pywb_rewrites_a_page_of_ours(elsewhere: str) -> None:
    shown = requests.get(f"{elsewhere}/2011mp_/{CRIME}", timeout=30)
    assert "Every partnership was asked." in shown.text
    assert "wombat" in shown.text


def test_pywb_finds_nothing_where_we_have_nothing(elsewhere: str) -> None:
    assert requests.get(f"{elsewhere}/2011mp_/{HOST}/never", timeout=30).status_code == 404


def digits(date: str) -> str:

    return f"{parsedate_to_datetime(date):%Y%m%d%H%M%S}"
