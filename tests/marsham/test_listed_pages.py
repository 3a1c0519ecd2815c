"""Page lists that came with a WACZ: on the report of a snapshot, and in packages made of it."""

import json
import zipfile
from pathlib import Path

import pytest
import requests

import marsham
from marsham.cli import run
from tests.builders import response, wacz, warc, warcinfo
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
LIST = [
    {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"},
    {"url": CRIME, "ts": "2011-05-09T10:16:21Z", "title": "Crime, as the crawler saw it"},
    {"url": f"{HOST}/news/", "ts": "2011-05-09T10:16:23Z", "title": "News <b>today</b>"},
    {"url": f"{HOST}/untitled/", "ts": "2011-05-09T10:16:25Z"},
    {"url": f"{HOST}/never/", "ts": "2011-05-09T10:16:27Z", "title": "Never captured"},
]
WARC = warc(
    warcinfo(),
    response(b"<title>Crime</title><h1>Crime</h1><p>Text.</p>", url=CRIME),
    response(b"<h1>Later</h1><p>Text.</p>", url=CRIME, date="2012-01-01T00:00:00Z"),
    response(b"<h1>News</h1><p>Text.</p>", url=f"{HOST}/news/"),
    response(b"<h1>Without</h1><p>Text.</p>", url=f"{HOST}/untitled/"),
)


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """An archive of one WACZ with a page list."""
    lines = "".join(f"{json.dumps(line)}\n" for line in LIST).encode()
    members = {"archive/a.warc.gz": WARC, "pages/pages.jsonl": lines}
    (tmp_path / "crawl.wacz").write_bytes(wacz(members))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.wacz"])
        marsham.extract(archive)
    return tmp_path / "archive"


def reported(held: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert run(["--archive", str(held), "snapshots", "1", *more]) == 0
    return capsys.readouterr().out


def titles(held: Path) -> list[tuple[str, str, str | None]]:
    out = held.parent / "out.wacz"
    assert run(["--archive", str(held), "package", "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as package:
        lines = package.read("pages/pages.jsonl").decode().splitlines()[1:]
    out.unlink()
    found = map(json.loads, lines)
    return [(one["url"].removeprefix(HOST), one["ts"][:4], one.get("title")) for one in found]


def test_the_report_lists_the_pages_that_came_with_a_snapshot(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in reported(held, capsys).splitlines() if line.startswith("page ")]
    assert lines == [
        f"page      20110509101621 {CRIME} Crime, as the crawler saw it",
        f"page      20110509101621 {HOST}/news/ News <b>today</b>",
        f"page      20110509101621 {HOST}/untitled/",
    ]
    told = json.loads(reported(held, capsys, "--json"))
    assert told["listed_pages"][2] == {
        "url": f"{HOST}/untitled/",
        "timestamp": 20110509101621,
        "title": "",
    }
    assert [one["code"] for one in told["problems"]] == ["page-not-captured"]
    assert "listed page not captured" in told["inputs"][0]["counts"]
    with marsham.open_archive(held) as archive:
        for server in serving(archive):
            page = requests.get(f"{server}/snapshots/1", timeout=20).text
            assert "Crime, as the crawler saw it" in page
            assert "News &lt;b&gt;today&lt;/b&gt;" in page


def test_a_package_calls_pages_as_they_were_listed_and_others_as_they_call_themselves(
    held: Path,
) -> None:
    assert titles(held) == [
        ("/crime/", "2011", "Crime, as the crawler saw it"),
        ("/crime/", "2012", "Later"),
        ("/news/", "2011", "News <b>today</b>"),
        ("/untitled/", "2011", "Without"),
    ]


@pytest.mark.parametrize("scope", [[CRIME], [CRIME, "--at", "20110509101621"]])
def test_what_a_withdrawn_page_was_called_is_shown_nowhere(
    held: Path, scope: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    why = ("--reason", "Private", "--authority", "Panel")
    run(["--archive", str(held), "withdraw", *scope, *why])
    for more in ([], ["--json"]):
        said = reported(held, capsys, *more)
        assert "as the crawler saw it" not in said
        assert "News" in said
    assert not [title for _, _, title in titles(held) if title and "crawler" in title]


def test_page_lists_come_back_when_the_catalogue_is_made_anew(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = reported(held, capsys)
    for place in held.glob("catalogue.db*"):
        place.unlink()
    assert run(["--archive", str(held), "rebuild"]) == 0
    assert reported(held, capsys) == before
    assert run(["--archive", str(held), "verify", "--level", "deep"]) == 0
