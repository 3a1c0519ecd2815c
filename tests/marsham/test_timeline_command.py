"""``marsham timeline``: a page from capture to capture, a site from month to month."""

import csv
import io
import json
from pathlib import Path

import pytest

import marsham
from tests.marsham.conftest import command

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/partnerships/contacts/"


def test_each_capture_is_told_with_how_it_differs(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = command(demo, capsys, "timeline", PAGE)
    assert status == 0
    lines = said.splitlines()
    assert lines[2].split() == ["20090402111241", "first", "content"]
    assert lines[3].startswith("20110509101649  changed  +")
    assert "####" in lines[3]
    assert lines[4].split() == ["20130326123027", "no", "page", "redirect"]
    assert lines[5] == "3 captures; 2 of them show something else than the one before"


def test_programs_get_objects_or_a_table(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = command(demo, capsys, "timeline", PAGE, "--json", "--changes")
    objects = [json.loads(line) for line in said.splitlines()]
    assert [one["kind"] for one in objects] == ["changed", "no page"]
    assert objects[0]["before"] == "20090402111241"
    assert objects[0]["size"] == objects[0]["words_added"] + objects[0]["words_removed"]
    _, said = command(demo, capsys, "timeline", PAGE, "--csv", "--from", "2010", "--to", "2011")
    [row] = csv.DictReader(io.StringIO(said))
    assert (row["timestamp"], row["kind"]) == ("20110509101649", "changed")


def test_a_site_is_told_by_month(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = command(demo, capsys, "timeline", "--site", f"{HOST}/")
    assert [line.split()[0] for line in said.splitlines()[2:]] == ["2009-04", "2011-05", "2013-03"]
    _, said = command(demo, capsys, "timeline", "--site", f"{HOST}/", "--json")
    months = [json.loads(line) for line in said.splitlines()]
    assert [month["pages"] for month in months] == [16, 16, 18]
    assert months[0]["pages_changed"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([f"{HOST}/never/"], "no capture of"),
        ([PAGE, "--from", "2014"], "no capture of"),
        (["--site", "http://never.example/"], "no capture of"),
        ([PAGE, "--json", "--csv"], "give one of --json and --csv"),
        (["--site", PAGE, "--changes"], "--changes is for one page"),
        ([PAGE, "--from", "2011", "--to", "2009"], "--to lies before --from"),
    ],
)
def test_what_cannot_be_told_is_explained(
    demo: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    status, answer = command(demo, capsys, "timeline", *arguments)
    assert status == 2
    assert said in answer


def test_programs_in_python_get_steps_and_months(demo: Path) -> None:
    with marsham.open_archive(demo) as archive:
        steps = marsham.page_timeline(archive, PAGE, "2011", "2011")
        site = marsham.site_timeline(archive, f"{HOST}/", end="2009")
    assert [step.kind for step in steps] == ["changed"]
    assert [month.month for month in site.months] == ["200904"]
