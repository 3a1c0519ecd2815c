"""Erased content is in no output and no answer; who asks is told, and who erases is asked."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

import marsham
from marsham.cli.commands import marsham as command_line
from tests.builders import har, har_entry, response, revisit, warc
from tests.marsham.conftest import command, serving

HOST = "http://www.homeoffice.example"
SECRET = f"{HOST}/quokka/"
MARK = "Zanzibar"
PAGE = (
    f"<html><title>{MARK} desk</title><h1>{MARK} desk</h1><h2>Contact us</h2>"
    f"<p>{MARK} Desk<br>Telephone: 020 7946 0777</p></html>"
).encode()
OTHER = b"<html><title>News</title><h1>News</h1><p>Press office: 020 7946 0888</p></html>"
ORDER = ("--reason", "Private details", "--authority", "High Court")
AT = "20110509101621"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """An archive in which one page is to be erased."""
    records = warc(
        response(PAGE, url=SECRET),
        response(OTHER, url=f"{HOST}/news/"),
        response(OTHER, url=SECRET, date="2012-01-01T00:00:00Z"),
    )
    (tmp_path / "crawl.warc.gz").write_bytes(records)
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
        marsham.extract(archive)
    return tmp_path / "archive"


@pytest.fixture
def server(held: Path) -> Iterator[str]:
    """Serves the archive, begun before anything is erased."""
    with marsham.open_archive(held) as archive:
        yield from serving(archive)


def test_who_asks_is_told_on_the_command_line_and_on_the_web_and_finds_nothing_of_it(
    held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = requests.get(f"{server}/web/{AT}id_/{SECRET}", timeout=20)
    assert MARK in before.text
    status, said = command(held, capsys, "erase", SECRET, "--at", AT, "--yes", *ORDER)
    assert status == 0, said
    assert "erasure 1: destroyed 1 capture, 1 record in all" in said
    assert "copies and backups" in said
    for modifier in ("", "mp_", "id_"):
        answer = requests.get(f"{server}/web/{AT}{modifier}/{SECRET}", timeout=20)
        assert answer.status_code == 451
        assert "by High Court. Reason given: Private details. It is not kept" in answer.text
        assert MARK not in answer.text
    assert requests.get(f"{server}/web/2012id_/{SECRET}", timeout=20).status_code == 200
    status, said = command(held, capsys, "show", SECRET, "--at", AT)
    assert (status, "was erased on" in said) == (2, True)
    command(held, capsys, "extract")
    asked = [["list"], ["list", SECRET], ["snapshots", "1"], ["snapshots", "--json"]]
    asked += [["export", what, "--as-of", "2013"] for what in ("contacts", "pages")]
    asked += [["show", SECRET], ["verify", "--level", "deep"], ["withdraw", "--list"]]
    for arguments in asked:
        status, said = command(held, capsys, *arguments)
        assert MARK not in said
        assert status == 0, (arguments, said)
    assert "1 capture of these were erased" in command(held, capsys, "list", SECRET)[1]
    for path in ("/", "/snapshots/1", f"/web/*/{SECRET}", "/sites/www.homeoffice.example"):
        assert MARK not in requests.get(server + path, timeout=20).text


def test_a_page_of_which_all_is_erased_is_not_said_to_be_missing(
    held: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert requests.get(f"{server}/web/*/{SECRET}", timeout=20).status_code == 200  # remembered
    assert command(held, capsys, "erase", SECRET, "--only-these", "--yes", *ORDER)[0] == 1
    for arguments in (["list", SECRET], ["package", SECRET, "--out", str(held / "x.wacz")]):
        status, said = command(held, capsys, *arguments)
        assert status == 2
        assert "was erased on" in said
    assert requests.get(f"{server}/web/*/{SECRET}", timeout=20).status_code == 451


def test_nothing_is_destroyed_before_it_was_shown_and_its_number_typed(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--archive", str(held), "erase", SECRET, "--at", AT, *ORDER]
    for typed in ("2\n", ""):
        answer = CliRunner().invoke(command_line, arguments, input=typed, standalone_mode=False)
        assert answer.exception
        assert f"{AT} {SECRET}" in answer.stderr
        assert "names that stay: " in answer.stderr
        assert command(held, capsys, "show", SECRET, "--at", AT, "--body")[0] == 0
    CliRunner().invoke(command_line, arguments, input="1\n", standalone_mode=False)
    assert command(held, capsys, "show", SECRET, "--at", AT, "--body")[0] == 2


def test_a_dry_run_shows_what_would_go_and_what_hinders_it_and_changes_nothing(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.har").write_bytes(har(har_entry(SECRET, body="<p>x</p>"), har_entry()))
    (tmp_path / "c.warc.gz").write_bytes(warc(revisit(PAGE, url=f"{HOST}/copy")))
    command(held, capsys, "ingest", str(tmp_path / "b.har"), str(tmp_path / "c.warc.gz"))
    files = {place: place.stat().st_mtime_ns for place in held.rglob("*.json*")}
    status, said = command(held, capsys, "erase", SECRET, "--dry-run")
    assert status == 2
    assert "to be destroyed: 3 captures" in said
    assert "original: " in said
    assert "with 1 other capture in it" in said
    assert "a revisit, with nothing to show after this" in said
    assert "--copies" in said
    assert "--originals" in said
    status, said = command(
        held, capsys, "erase", SECRET, "--dry-run", "--copies", "--originals", "--json"
    )
    assert status == 0
    told = json.loads(said)
    assert len(told["captures"]) == 5
    assert told["hindrances"] == []
    assert {place: place.stat().st_mtime_ns for place in held.rglob("*.json*")} == files


def test_erasures_are_listed_with_their_decisions(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(held, capsys, "erase", SECRET, "--at", AT, "--yes", *ORDER)
    command(held, capsys, "erase", SECRET, "--address-too", "--only-these", "--yes", *ORDER)
    status, said = command(held, capsys, "erase", "--list")
    assert status == 0
    assert SECRET in said
    assert "High Court" in said
    lines = command(held, capsys, "erase", "--list", "--json")[1].splitlines()
    assert [json.loads(line)["captures"] for line in lines] == [1]  # a stub names the address still
    journal = held / "decisions.jsonl"
    journal.write_text(journal.read_text("utf-8").replace("High", "Low"), "utf-8")
    assert command(held, capsys, "erase", "--list")[0] == 0  # the last line has nothing behind it


@pytest.mark.parametrize(
    "arguments",
    [
        ["erase"],
        ["erase", SECRET],
        ["erase", SECRET, "--reason", "x"],
        ["erase", "--list", SECRET],
        ["erase", SECRET, "--copies", "--only-these", "--yes", *ORDER],
        ["erase", SECRET, "--at", "2011", "--yes", *ORDER],
        ["erase", f"{HOST}/nothing", "--yes", *ORDER],
        ["erase", "*", "--yes", *ORDER],
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    arguments: list[str], held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(held, capsys, *arguments)[0] == 2
    assert not (held / "decisions.jsonl").exists()
