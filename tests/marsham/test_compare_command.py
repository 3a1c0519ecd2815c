"""``marsham compare``: files, captures of an archive, and sites."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.marsham.conftest import EXAMPLE

Run = Callable[..., subprocess.CompletedProcess[str]]
PAGE = (
    "<html><head><title>Safety</title></head><body><h1>Safety</h1><p>There are {} CSPs in England."
    "</p><p>Ring the office.</p></body></html>"
)
CONTACTS = "http://www.homeoffice.example/crime/partnerships/contacts/"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run marsham as its own process in the temporary folder."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "marsham", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | {"MARSHAM_ARCHIVE": "archive", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    (tmp_path / "old.html").write_text(PAGE.format(310), "utf-8")
    (tmp_path / "new.html").write_text(PAGE.format(316), "utf-8")
    return run


def test_files_that_differ_are_told_and_give_status_1(run: Run) -> None:
    done = run("compare", "old.html", "new.html", "--old-date", "2011-05", "--new-date", "2012")
    assert done.returncode == 1
    assert done.stdout == (
        "old  Safety  1 May 2011, 00:00\n"
        "new  Safety  1 January 2012, 00:00\n"
        "\n"
        "changed (1)\n"
        "~ There are [-310-]{+316+} CSPs in England.\n"
        "\n"
        "numbers (1)\n"
        "~ CSPs in England: [-310-]{+316+}\n"
    )
    assert done.stderr == ""


def test_files_that_say_the_same_give_status_0(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new.html").write_text(PAGE.format(310).replace("<p>", "\n<p class='x'>"), "utf-8")
    done = run("compare", "old.html", "new.html")
    assert done.returncode == 0
    assert (
        done.stdout == "old  Safety\nnew  Safety\nno change\npassed over: markup or white space 1\n"
    )


def test_json_holds_the_changes_and_what_was_passed_over(run: Run) -> None:
    done = run("compare", "old.html", "new.html", "--url", "www.hearths.example/safety", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["changed"] == [
        {"from": "There are 310 CSPs in England.", "to": "There are 316 CSPs in England."}
    ]
    assert told["counts_changed"] == [{"what": "CSPs in England", "from": 310, "to": 316}]
    assert told["old"]["url"] == "http://www.hearths.example/safety"
    assert told["page_state"] == {"old": "content", "new": "content"}


def test_html_stands_by_itself_and_runs_nothing_of_the_page(run: Run, tmp_path: Path) -> None:
    evil = "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><img src=x onerror=alert(2)>"
    (tmp_path / "new.html").write_text(PAGE.format(316).replace("</h1>", "</h1>" + evil), "utf-8")
    done = run("compare", "old.html", "new.html", "--html")
    assert done.returncode == 1
    assert "<del>310</del>" in done.stdout
    assert "<ins>316</ins>" in done.stdout
    assert "&lt;script&gt;alert(1)" in done.stdout
    assert done.stdout.count("<script") == 1  # our own, which the policy names by its hash
    for forbidden in ("<script>alert", "onerror", "<link", "src=", "http://www", "@import"):
        assert forbidden not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "old.html"], "give two files, or a URL and two dates"),
        (["compare", "old.html", "missing.html"], "missing.html: there is no such file or folder"),
        (["compare", "old.html", "new.html", "--json", "--html"], "give one of --json and --html"),
        (["compare", "http://a.example/", "2009", "2011"], "no archive at archive"),
        (["compare", "--site", ".", "."], "pages.csv: cannot be read: No such file"),
        (["compare", ".", "new.html"], "is a folder; give --site to compare folders"),
    ],
)
def test_what_cannot_be_compared_is_said_with_status_2(
    run: Run, arguments: list[str], said: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_captures_of_an_archive_are_compared_by_date(run: Run) -> None:
    run("init")
    for year in ("2009", "2011", "2013"):
        run("ingest", EXAMPLE / year)
    done = run("compare", CONTACTS, "2009", "2011-05")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"old  {CONTACTS}  2 April 2009, 11:12\n")
    assert "~ phone: [-020 7946 0337-]" not in done.stdout  # another desk's
    assert "~ email: [-cdrp.unit@homeoffice.example-]" in done.stdout

    gone = run("compare", CONTACTS, "2011", "2013-06")
    assert "state: [-content-]{+redirect+}" in gone.stdout

    site = run("compare", "--site", "http://www.homeoffice.example/", "2011", "2013", "--json")
    assert site.returncode == 1
    told = json.loads(site.stdout)
    assert told["moved"] == [
        {"from": CONTACTS, "to": "http://www.homeoffice.example/contact-us/community-safety/"}
    ]
    assert told["removed"] == [
        "http://www.homeoffice.example/crime/partnerships/support-programme/"
    ]
    assert "http://www.homeoffice.example/news/burglary-map/" in told["not_captured"]

    why = ("--authority", "Takedown panel", "--reason", "Names of staff")
    assert run("withdraw", CONTACTS, "--from", "2011", "--to", "2011", *why).returncode == 0
    later = run("compare", CONTACTS, "2009", "2011-05", "--json")
    assert json.loads(later.stdout)["new"]["timestamp"][:4] != "2011"


def test_folders_with_lists_are_compared_as_sites(run: Run, tmp_path: Path) -> None:
    for name, count in (("before", 310), ("after", 316)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.html").write_text(PAGE.format(count), "utf-8")
        (folder / "pages.csv").write_text(
            f"url,timestamp,status,file\nhttp://www.hearths.example/a,2011050900000{count % 10},"
            "200,a.html\n",
            "utf-8",
        )
    done = run("compare", "--site", "before", "after")
    assert done.returncode == 1
    assert done.stdout == (
        "what     by   page\n"
        "-------  ---  ----------------------------\n"
        "changed  10%  http://www.hearths.example/a\n"
        "unchanged: 0 pages\n"
    )


def test_a_list_that_names_a_file_outside_its_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/pages.csv").write_text("url,file\nhttp://a.example/,../old.html\n", "utf-8")
    done = run("compare", "--site", "site", "site")
    assert done.returncode == 2
    assert "names a file outside the folder: ../old.html" in done.stderr


@pytest.fixture
def example(run: Run) -> Run:
    run("init")
    for year in ("2009", "2011", "2013"):
        run("ingest", EXAMPLE / year)
    return run


def test_a_site_is_written_as_csv_and_as_a_workbook_with_the_same_rows(
    example: Run, tmp_path: Path
) -> None:
    site = ("compare", "--site", "http://www.homeoffice.example/", "2011", "2013")
    told = json.loads(example(*site, "--json").stdout)
    done = example(*site, "--format", "csv")
    assert done.returncode == 1
    rows = list(csv.DictReader(done.stdout.splitlines()))
    by_fate = {
        fate: [row["url"] for row in rows if row["change"] == fate.replace("_", " ")]
        for fate in ("added", "removed", "changed", "not_captured", "unchanged", "redirected")
    }
    assert by_fate == {fate: told[fate] for fate in by_fate}
    moved = [row for row in rows if row["change"] == "moved"]
    assert [{"from": row["url"], "to": row["new_url"]} for row in moved] == told["moved"]
    changed = [row for row in rows if row["change"] == "changed"]
    assert all(0 < int(row["words_changed"]) <= 100 for row in changed)
    assert {len(row["old_captured"]) for row in changed} == {14}
    assert example(*site, "--format", "xlsx", "--out", "site.xlsx").returncode == 1
    sheet = openpyxl.load_workbook(tmp_path / "site.xlsx")["site changes"]
    held = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    assert held == [list(rows[0]), *(list(row.values()) for row in rows)]


def test_a_table_of_a_site_needs_a_place_and_a_site(run: Run) -> None:
    for given, said in (
        (("--site", "a", "b", "--format", "xlsx"), "xlsx cannot be printed"),
        (("--site", "a", "b", "--out", "x"), "--out goes with --format"),
        (("old.html", "new.html", "--format", "csv"), "go with --site"),
    ):
        done = run("compare", *given)
        assert done.returncode == 2
        assert said in done.stderr
