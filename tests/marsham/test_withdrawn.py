"""Withdrawn content is nowhere: it is looked for in every output and every answer of Marsham."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import marsham
from marsham.cli import run
from tests.builders import digest, response, revisit, warc
from tests.marsham.conftest import command, serving

HOST = "http://www.homeoffice.example"
SECRET = f"{HOST}/quokka/"
CANARY = "Zanzibar"
PHONE = "020 7946 0777"
PAGE = (
    f"<html><head><title>{CANARY} desk</title></head><body><h1>{CANARY} desk</h1>"
    f"<p>The {CANARY} team answers letters.</p><h2>Contact us</h2>"
    f"<p>{CANARY} Desk<br>2 Marsham Street<br>London<br>SW1P 4DF<br>Telephone: {PHONE}<br>"
    "E-mail: desk@homeoffice.example</p></body></html>"
).encode()
OTHER = (
    b"<html><head><title>News</title></head><body><h1>News</h1><p>Nothing new.</p>"
    b"<h2>Contact us</h2><p>Press office<br>Telephone: 020 7946 0888</p>"
    b'<p><a href="/quokka/">More</a></p></body></html>'
)
ODD = [("WARC-Payload-Digest", digest(b"another"))]  # a problem is noted for this one
TIMES = ("20110509101621", "20110801090000", "20120101000000", "20120301000000")
MODIFIERS = ("", "mp_", "if_", "id_", "js_", "cs_", "im_")
RECORDS = [
    response(PAGE, url=SECRET),
    revisit(PAGE, url=SECRET),
    response(PAGE + b"<!-- -->", url=SECRET, date="2012-01-01T00:00:00Z", fields=ODD),
    response(
        b"",
        url=SECRET,
        status="302 Found",
        head=[("Location", f"/{CANARY}/")],
        date="2012-03-01T00:00:00Z",
    ),
    response(OTHER, url=f"{HOST}/news/"),
]
DECISION = ("--reason", "Private details", "--authority", "Takedown panel")


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """An archive in which one page, captured four times, is to be withdrawn."""
    (tmp_path / "crawl.warc.gz").write_bytes(warc(*RECORDS))
    settings = marsham.Settings(contact="https://archive.example/takedown")
    with marsham.create_archive(tmp_path / "archive", settings) as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
        marsham.extract(archive)
    return tmp_path / "archive"


@pytest.fixture
def server(held: Path) -> Iterator[str]:
    """Serves the archive, begun before anything is withdrawn."""
    with marsham.open_archive(held) as archive:
        yield from serving(archive)


def printed(held: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, str]]:
    """Everything every command prints, by its arguments."""
    asked: list[list[str]] = [["snapshots"], ["snapshots", "1"], ["snapshots", "--json"]]
    for form in ("table", "json", "csv", "cdx", "cdxj"):
        asked += [["list", "--format", form], ["list", f"{HOST}/*", "--format", form]]
        asked += [["list", SECRET, "--format", form]]
    for what in ("", "--body", "--raw", "--json"):
        asked += [["show", SECRET, *([what] if what else [])]]
        asked += [["show", SECRET, "--at", time, *([what] if what else [])] for time in TIMES]
    for what in ("contacts", "partnerships", "pages"):
        for form in ("csv", "json"):
            for date in ("2011-08-01", "2013"):
                asked += [["export", what, "--as-of", date, "--format", form]]
    asked += [["extract"], ["extract", "--json"]]
    return {" ".join(arguments): command(held, capsys, *arguments) for arguments in asked}


def answers(server: str) -> dict[str, tuple[int, str]]:
    """Every answer of the web server, by its address."""
    paths = [
        "/",
        "/snapshots/1",
        "/sites/www.homeoffice.example",
        f"/lookup?url={SECRET}",
        f"/web/*/{SECRET}",
    ]
    paths += [f"/lookup?url={SECRET}&date=2011", f"/web/{SECRET}", f"/web/*/{HOST}/news/"]
    paths += [f"/timegate/{SECRET}", f"/cdx?url={SECRET}", "/cdx?url=*", "/cdx?url=*&limit=-9"]
    paths += [f"/cdx?url={SECRET}&closest=2011", f"/cdx?url={SECRET}&output=json&fl=digest"]
    paths += [f"/web/timemap/{form}/{SECRET}" for form in ("link", "json", "cdxj")]
    for time in (*TIMES, "2011", "2012", "20110509"):
        paths += [f"/web/{time}{modifier}/{SECRET}" for modifier in MODIFIERS]
        paths += [f"/web/{time}{modifier}/{HOST}/news/" for modifier in MODIFIERS]
    paths += [f"/{name}/2009/2011/{SECRET}" for name in ("compare", "compare-sheet")]
    paths += ["/partnerships", "/contacts", "/claims"]
    found = {}
    for path in paths:
        answer = requests.get(server + path, timeout=20)
        head = "".join(
            f"{name}: {value}\n" for name, value in answer.headers.items() if name != "date"
        )
        found[path] = answer.status_code, head + answer.text
    return found


def everything(
    held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> dict[str, tuple[int, str]]:
    return printed(held, capsys) | answers(server)


@pytest.mark.parametrize(
    "rule",
    [
        [SECRET],
        ["--host", "www.homeoffice.example"],
    ],
    ids=["page", "host"],
)
def test_withdrawn_content_is_in_no_output_and_no_answer_until_it_is_lifted(
    rule: list[str], held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(held, server, capsys)
    assert sum(CANARY in text for _, text in before.values()) > 50  # the test looks where it is
    status, said = command(held, capsys, "withdraw", *rule, *DECISION)
    assert status == 0, said
    during = everything(held, server, capsys)
    for asked, (_, text) in during.items():
        for content in (CANARY, PHONE, "442079460777", "desk@", digest(PAGE), digest(PAGE)[5:]):
            assert content not in text, asked
        if SECRET not in asked and "/news/" not in asked:
            # nor its address, but where another page links to it or somebody asked for it
            assert "quokka" not in text or "export pages" in asked, asked
    assert {during[f"/web/{time}{mode}/{SECRET}"][0] for time in TIMES for mode in MODIFIERS} == {
        451
    }
    assert {during[f"show {SECRET} --at {time}"][0] for time in TIMES} == {2}
    assert "was withdrawn on" in during[f"show {SECRET}"][1]
    assert "was withdrawn on" in during[f"list {SECRET} --format cdx"][1]
    assert command(held, capsys, "withdraw", "--lift", "1", *DECISION)[0] == 0
    assert everything(held, server, capsys) == before


@pytest.mark.parametrize("value", ["+44 20 7946 0777", f"{CANARY} desk"])
def test_a_withdrawn_value_takes_every_page_it_was_read_in_out_of_view(
    value: str, held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(held, server, capsys)
    status, said = command(held, capsys, "withdraw", "--value", value, *DECISION)
    assert status == 0, said
    for asked, (_, text) in everything(held, server, capsys).items():
        for content in (f"{CANARY} desk", PHONE, "442079460777", "desk@homeoffice"):
            assert content not in text, asked
    at = "20110801090000"  # the revisit, whose own record holds nothing of it
    assert requests.get(f"{server}/web/{at}id_/{SECRET}", timeout=20).status_code == 451
    assert command(held, capsys, "withdraw", "--lift", "1", *DECISION)[0] == 0
    assert everything(held, server, capsys) == before


LATER = OTHER.replace(b"0888", b"0999") + b"<p>There is news now.</p>"
GIF = [("Content-Type", "image/gif")]
REMEMBERED = {  # by what is withdrawn: where it was told of, and by which words
    "a year": (f"{HOST}/news/", "2013", f"/web/2011/{HOST}/news/", "2013: 1 snapshot"),
    "a newer number": (f"{HOST}/news/", "2013", f"/web/2011/{HOST}/news/", "020 7946 0999"),
    "a picture": (f"{HOST}/map.gif", "2011", f"/web/2011/{HOST}/map/", "none is missing"),
    "a page of a site": (
        f"{HOST}/news/",
        "2013",
        f"/compare/site?prefix={HOST}/&from=2011&to=2014&change=changed",
        f"{HOST}/news/</a>",
    ),
}


@pytest.mark.parametrize("what", REMEMBERED)
def test_what_is_remembered_for_other_readers_is_withdrawn_at_once_and_back_when_lifted(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, year, path, words = REMEMBERED[what]
    (tmp_path / "crawl.warc.gz").write_bytes(
        warc(
            response(OTHER, url=f"{HOST}/news/"),
            response(LATER, url=f"{HOST}/news/", date="2013-01-01T00:00:00Z"),
            response(b'<p>Map</p><img src="/map.gif">', url=f"{HOST}/map/"),
            response(b"GIF89a", url=f"{HOST}/map.gif", head=GIF),
        )
    )
    held = tmp_path / "archive"
    with marsham.create_archive(held) as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
        marsham.extract(archive)
    with marsham.open_archive(held) as archive:
        for server in serving(archive):
            before = requests.get(server + path, timeout=20).text
            assert words in before
            span = ["--from", year, "--to", year]
            assert command(held, capsys, "withdraw", target, *span, *DECISION)[0] == 0
            assert words not in requests.get(server + path, timeout=20).text
            assert command(held, capsys, "withdraw", "--lift", "1", *DECISION)[0] == 0
            assert requests.get(server + path, timeout=20).text == before


def test_a_page_read_later_that_holds_a_withdrawn_value_is_withdrawn_with_its_reading(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(held, capsys, "withdraw", "--value", PHONE, *DECISION)
    (tmp_path / "later.warc.gz").write_bytes(
        warc(response(PAGE.replace(b"letters", b"calls"), url=f"{HOST}/later/"))
    )
    command(held, capsys, "ingest", str(tmp_path / "later.warc.gz"))
    assert "/later/" in command(held, capsys, "list")[1]  # nobody has read it yet
    command(held, capsys, "extract")
    assert "/later/" not in command(held, capsys, "list")[1]
    _, said = command(held, capsys, "export", "contacts")
    assert "7946" in said
    assert "442079460777" not in said
    register = json.loads(command(held, capsys, "withdraw", "--list", "--json")[1])
    assert register["captures"] == 4


def test_the_answer_in_place_of_a_withdrawn_page_says_when_by_whom_and_why(
    held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command(held, capsys, "withdraw", SECRET, *DECISION)
    answer = requests.get(f"{server}/web/{TIMES[0]}/{SECRET}", timeout=20)
    assert answer.status_code == 451
    assert answer.headers["Link"] == '<https://archive.example/takedown>; rel="blocked-by"'
    assert "Memento-Datetime" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "<h1>Withdrawn from view</h1>" in answer.text
    assert "by Takedown panel. Reason given: Private details. It is still kept." in answer.text


def test_no_address_is_named_as_blocking_when_none_is_set(tmp_path: Path) -> None:
    (tmp_path / "crawl.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(
        tmp_path / "archive", marsham.Settings(contact="archive@archive.example")
    ) as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
        run(["--archive", str(tmp_path / "archive"), "withdraw", SECRET, *DECISION])
        for server in serving(archive):
            answer = requests.get(f"{server}/web/{TIMES[0]}/{SECRET}", timeout=20)
            assert answer.status_code == 451
            assert "Link" not in answer.headers


def test_a_reason_is_shown_as_text_never_as_markup(
    held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = '<script>alert(1)</script>"'
    command(held, capsys, "withdraw", SECRET, "--reason", reason, "--authority", "<b>Panel</b>")
    text = requests.get(f"{server}/web/{TIMES[0]}/{SECRET}", timeout=20).text
    assert "<script" not in text
    assert "<b>" not in text


def test_an_export_as_of_a_date_falls_back_to_the_version_before_a_withdrawn_one(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(held, capsys, "withdraw", SECRET, "--from", "2011-08", *DECISION)
    _, said = command(held, capsys, "export", "pages", "--as-of", "2013")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert [row["captured"] for row in rows if row["url"] == SECRET] == [TIMES[0]]


def test_copies_that_stay_in_view_are_named_with_status_1(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = command(held, capsys, "withdraw", SECRET, "--at", TIMES[0], *DECISION)
    assert status == 1
    assert "the same content is still in view in 1 capture:" in said
    assert f"{TIMES[1]} {SECRET}" in said
    status, said = command(held, capsys, "list", SECRET)
    assert status == 0
    assert "1 capture is withdrawn and not listed" in said


def test_a_decision_that_reaches_nothing_is_kept_and_said_to_reach_nothing(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = command(held, capsys, "withdraw", f"{HOST}/never/", *DECISION)
    assert status == 1
    assert "0 captures of 0 addresses" in said


def test_the_register_tells_every_decision_and_a_broken_chain(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(held, capsys, "withdraw", SECRET, *DECISION)
    command(
        held,
        capsys,
        "withdraw",
        f"{HOST}/news/",
        "--until",
        "2011",
        "--from-date",
        "2010",
        *DECISION,
    )
    command(held, capsys, "withdraw", "--lift", "1", *DECISION)
    status, said = command(held, capsys, "withdraw", "--list")
    assert status == 0
    assert "lifted" in said
    assert "ended" in said
    journal = held / "decisions.jsonl"
    journal.write_text(journal.read_text("utf-8").replace("news", "olds"), "utf-8")
    status, said = command(held, capsys, "withdraw", "--list")
    assert status == 1
    assert "journal-chain" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["withdraw"],
        ["withdraw", SECRET],
        ["withdraw", SECRET, "--reason", "x"],
        ["withdraw", "--list", SECRET],
        ["withdraw", "--lift", "1", "--value", "020 7946 0310", *DECISION],
        ["withdraw", "--lift", "7", *DECISION],
        ["withdraw", "--value", "abc", *DECISION],
        ["withdraw", SECRET, "--from", "2012", "--to", "2011", *DECISION],
        ["withdraw", SECRET, "--at", "2011", *DECISION],
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    arguments: list[str], held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(held, capsys, *arguments)[0] == 2
    assert not (held / "decisions.jsonl").exists()
