"""The archivist's report on a snapshot: on the terminal, as JSON and as a page."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from lxml import html

import marsham
from marsham.cli import run
from tests.builders import digest, resource, response, warc
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
PAGE = (
    b'<html><head><title>Crime</title><link rel="stylesheet" href="/main.css">'
    b'<script src="/gone.js"></script></head><body><h1>Crime</h1><img src="a.gif">'
    b'<img src="/gone.gif"><a href="/never/">a link is no requisite</a></body></html>'
)
MISSING = (
    b"<html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
)


def redirect(path: str, to: str) -> bytes:
    return response(b"", url=HOST + path, status="301 Moved", head=[("Location", to)])


RECORDS = [
    response(PAGE, url=f"{HOST}/crime/"),
    response(b"GIF89a", url=f"{HOST}/crime/a.gif", head=[("Content-Type", "image/gif")]),
    response(b"p {}", url=f"{HOST}/main.css", head=[("Content-Type", "text/css")]),
    response(MISSING, url=f"{HOST}/soft/"),
    response(b"<p>Gone</p>", url=f"{HOST}/hard/", status="404 Not Found"),
    redirect("/one", "/two"),
    redirect("/two", "/crime/"),
    redirect("/lost", "/never-captured"),
    redirect("/chain", "/lost"),
    redirect("/ring", "/ring2"),
    redirect("/ring2", "/ring"),
    response(b"", url=f"{HOST}/nowhere", status="302 Found", head=[]),
    redirect("/spelling", "https://homeoffice.example/Spelling"),
    resource(b"seen", url=f"{HOST}/note", content_type="text/plain"),
    response(b"<p>x</p>", url=f"{HOST}/odd/", fields=[("WARC-Payload-Digest", digest(b"other"))]),
]


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """An archive of one crawl that lacks some things."""
    (tmp_path / "crawl.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
    return tmp_path / "archive"


@pytest.fixture
def server(held: Path) -> Iterator[str]:
    with marsham.open_archive(held) as archive:
        yield from serving(archive)


def reported(held: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert run(["--archive", str(held), "snapshots", "1", *more]) == 0
    return capsys.readouterr().out


def test_the_report_counts_what_is_there(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(reported(held, capsys, "--json"))
    assert told["statuses"] == {"200": 5, "301": 7, "302": 1, "404": 1, "none": 1}
    assert told["types"]["image/gif"] == 1
    assert told["hosts"] == {"www.homeoffice.example": len(RECORDS)}
    assert [found["code"] for found in told["problems"]] == ["payload-digest"]


def test_the_report_tells_what_is_lacking_and_nothing_else(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(reported(held, capsys, "--json"))
    assert told["incomplete"] == [
        {"url": f"{HOST}/crime/", "missing": [f"{HOST}/gone.js", f"{HOST}/gone.gif"]}
    ]
    ends = {one["url"].removeprefix(HOST): one["ends_at"] for one in told["redirects_to_nothing"]}
    assert ends.keys() == {"/lost", "/chain", "/ring", "/ring2", "/nowhere"}
    assert ends["/chain"] == f"{HOST}/never-captured"
    assert told["soft_404s"] == [f"{HOST}/soft/"]


def test_the_terminal_says_the_same_in_lines(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = reported(held, capsys).splitlines()
    assert [line for line in lines if line.startswith("status ")] == [
        "status    200   5",
        "status    301   7",
        "status    302   1",
        "status    404   1",
        "status    none  1",
    ]
    assert "first     9 May 2011, 10:16" in lines
    assert any(line.split()[:1] == ["response"] for line in lines)  # of the input, by kind
    assert f"redirect  {HOST}/lost ends nowhere: {HOST}/never-captured" in lines
    assert f"lacks     {HOST}/crime/: {HOST}/gone.gif" in lines
    assert f"soft 404  {HOST}/soft/" in lines
    assert any(line.startswith("problem   payload-digest: ") for line in lines)


def test_a_large_snapshot_is_looked_into_only_so_far_and_says_so(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "looked    into 1 of 11 pages; see --pages" in reported(held, capsys, "--pages", "1")


def test_what_is_withdrawn_is_in_no_report(
    held: Path, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    why = ("--reason", "Private", "--authority", "Panel")
    for path in ("/soft/", "/odd/", "/lost"):
        run(["--archive", str(held), "withdraw", HOST + path, *why])
    said = reported(held, capsys) + reported(held, capsys, "--json")
    said += requests.get(f"{server}/snapshots/1", timeout=20).text
    for path in ("/soft/", "/odd/"):
        assert path not in said


def test_the_start_page_leads_to_the_report_as_a_page(server: str) -> None:
    start = html.fromstring(requests.get(server + "/", timeout=20).content)
    (link,) = start.xpath("//tbody//th/a/@href")
    page = html.fromstring(requests.get(server + link, timeout=20).content)
    assert [one.text for one in page.findall(".//h1")] == ["Report on crawl"]
    for table in page.findall(".//table"):
        assert table.find("caption").text
        assert {cell.get("scope") for cell in table.findall("./thead//th")} == {"col"}
        assert {cell.get("scope") for cell in table.findall("./tbody//th")} == {"row"}
    text = " ".join(" ".join(page.find(".//main").itertext()).split())
    assert f"{HOST}/lost {HOST}/never-captured" in text
    assert f"{HOST}/gone.js {HOST}/gone.gif" in text
    assert "Pages that say they are not there" in text
    assert "crawl.warc.gz at byte" in text
    assert "/crawl.warc.gz" not in text  # where the operator kept it is nobody's business


@pytest.mark.parametrize("path", ["/snapshots/99", "/snapshots/x", "/snapshots/"])
def test_a_snapshot_that_is_not_there_is_a_404(path: str, server: str) -> None:
    assert requests.get(server + path, timeout=20).status_code == 404
