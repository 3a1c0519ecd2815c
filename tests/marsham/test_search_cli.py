"""``marsham search``: as of a date, through time, by year; for people and for machines."""

import json
from pathlib import Path

import pytest

import marsham
from marsham.cli import run
from tests.builders import response, warc

HOST = "http://www.homeoffice.example"


@pytest.fixture
def archive(tmp_path: Path) -> str:
    pages = warc(
        response(
            b"<title>Locks</title><p>A good lock\x1b[31m helps.",
            url=f"{HOST}/a/",
            date="2009-05-29T00:00:00Z",
        ),
        response(b"<title>Doors</title><p>Shut.", url=f"{HOST}/a/", date="2011-05-29T00:00:00Z"),
        response(b"<title>Bolts</title><p>No lock", url=f"{HOST}/b/", date="2011-05-29T00:00:00Z"),
    )
    (tmp_path / "in.warc.gz").write_bytes(pages)
    with marsham.create_archive(tmp_path / "archive") as made:
        marsham.ingest(made, [tmp_path / "in.warc.gz"])
        marsham.extract(made, jobs=1)
    return str(tmp_path / "archive")


def test_pages_are_told_with_date_title_and_words_in_their_place(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", archive, "search", "good", "lock", "--as-of", "2009"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"2009-05-29  {HOST}/a/\n    Locks\n")
    assert "A [good] [lock]" in said
    assert "\x1b" not in said


def test_one_object_a_line_for_machines(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", archive, "search", "lock", "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["url"], row["timestamp"], row["title"]) == (f"{HOST}/b/", "20110529000000", "Bolts")
    assert "No lock" in row["snippet"]


def test_words_through_time_and_by_year(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", archive, "search", "lock", "--through-time"]) == 0
    said = capsys.readouterr().out
    assert f"2009-05-29 to 2009-05-29, in 1 of 2 captures  {HOST}/a/\n    Locks" in said
    snapshot = f"/web/20090529000000/{HOST}/a/"
    assert f"    first seen {snapshot}\n    last seen {snapshot}, not seen by 2011-05-29\n" in said
    assert f"/web/20110529000000/{HOST}/b/, no later capture\n" in said
    assert run(["--archive", archive, "search", "lock", "--trend"]) == 0
    assert capsys.readouterr().out == "2009  1 of 1 capture\n2011  1 of 2 captures\n"


def test_how_many_more_there_are_is_told(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", archive, "search", "lock OR shut", "--limit", "1"]) == 0
    assert "the first 1 of 2; more with --limit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        (["xyzzy"], 1, "nothing was found"),
        (["xyzzy", "--trend"], 1, "nothing was found"),
        (["--", "-scotland"], 2, "there is no word to look for"),
        (["x", "--trend", "--through-time"], 2, "choose one of"),
        (["x", "--as-of", "tomorrow week"], 2, "tomorrow week"),
    ],
)
def test_what_cannot_be_found_or_looked_for_is_said(
    archive: str, more: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", archive, "search", *more]) == status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("020 7946 0441", ["20090529000000"]),
        ("(020) 79460441", ["20090529000000"]),
        ("+44 20 7946 0441", ["20090529000000"]),
        ("020 7946 0442", ["20110529000000"]),
        ("Press@Homeoffice.example", ["20090529000000"]),
        ("press@homeoffice", ["20090529000000"]),  # no address, but words
        ("020 7946 0999", []),
    ],
)
def test_a_number_or_address_is_found_however_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: str, seen: list[str]
) -> None:
    first = b"<p>Press office<br>Tel: (020) 7946 0441<br>press@homeoffice.example</p>"
    pages = warc(
        response(first, url=f"{HOST}/p/", date="2009-05-29T00:00:00Z"),
        response(b"<p>Press<br>Tel: 02079460442</p>", url=f"{HOST}/p/",
                 date="2011-05-29T00:00:00Z"),
        response(b"", url=f"{HOST}/p/", date="2012-05-29T00:00:00Z", status="404 Not Found"),
    )  # fmt: skip
    (tmp_path / "in.warc.gz").write_bytes(pages)
    with marsham.create_archive(tmp_path / "archive") as made:
        marsham.ingest(made, [tmp_path / "in.warc.gz"])
        marsham.extract(made, jobs=1)
    arguments = ["--archive", str(tmp_path / "archive"), "search", "--through-time", "--json"]
    status = run([*arguments, "--", asked])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["first"] for row in rows] == seen
    assert status == (0 if seen else 1)
    later = {"20090529000000": "20110529000000", "20110529000000": "20120529000000"}
    assert [row["not_seen_by"] for row in rows] == [later[at] for at in seen]
