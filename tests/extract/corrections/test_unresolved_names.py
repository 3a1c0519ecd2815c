"""Partnerships whose name leads to no code: listed to be looked at, and never overruled."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import marsham
from extract.corrections.holding import UNRESOLVED
from extract.corrections.reviewing import Item, items
from marsham.cli import run
from tests.builders import response, warc

HOST = "http://www.northshire.example"
PAGE = b"""<title>Partnerships</title><h1>Community safety partnerships</h1>
<h2>Safer Leeds Community Safety Partnership</h2><p>Telephone: 0113 496 0101</p>
<h2>Safer Ashvale Community Safety Partnership</h2><p>Telephone: 0113 496 0102</p>"""


@pytest.fixture
def where(tmp_path: Path) -> Path:
    (tmp_path / "in.warc.gz").write_bytes(warc(response(PAGE, url=f"{HOST}/partnerships")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        marsham.extract(archive)
    return tmp_path / "archive"


def unresolved(where: Path) -> list[Item]:
    with marsham.open_archive(where) as archive, archive.catalogue.read() as connection:
        return list(items(connection, reason=UNRESOLVED, state=""))


def names(where: Path) -> Iterator[str]:
    with marsham.open_archive(where) as archive:
        for page in marsham.pages_as_of(archive):
            yield from (found.name or "" for found in page.facts.partnerships)


def test_only_a_name_that_leads_to_no_code_is_to_be_looked_at(where: Path) -> None:
    [one] = unresolved(where)
    assert one.target.value == "Safer Ashvale Community Safety Partnership"
    assert (one.target.kind, one.target.field, one.state) == ("partnership", "name", "open")
    assert "no code" in one.told
    assert list(names(where)) == [
        "Safer Leeds Community Safety Partnership",  # and the page stands
        "Safer Ashvale Community Safety Partnership",
    ]


def test_it_is_listed_by_its_reason(where: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = ["--archive", str(where)]
    assert run([*archive, "review", "list", "--reason", "unresolved name", "--json"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["reason"], found["value"]) == (
        "unresolved name",
        "Safer Ashvale Community Safety Partnership",
    )


def test_a_spreadsheet_decides_on_it_for_good(where: Path, tmp_path: Path) -> None:
    archive = ["--archive", str(where)]
    sheet = tmp_path / "names.csv"
    assert run([*archive, "review", "export", "--reason", "unresolved name", str(sheet)]) == 0
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reason"] for row in rows] == ["unresolved name"]
    rows[0] |= {"decision": "accept", "why": "An old district"}
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert run([*archive, "review", "import", str(sheet)]) == 0
    assert [one.state for one in unresolved(where)] == ["decided"]
    assert run([*archive, "rebuild"]) == 0
    assert run([*archive, "extract"]) == 0
    assert [one.state for one in unresolved(where)] == ["decided"]
