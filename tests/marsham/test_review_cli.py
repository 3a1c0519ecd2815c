"""``marsham review``: what is listed, decided, written to a spreadsheet and read back from it."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import marsham
from archiver.errors import InputError
from extract.corrections.sheet import COLUMNS, read_sheet
from extract.formulas import shielded, unshielded
from marsham.web.reviewers import Reviewers
from snapshots import journal
from tests.builders import response, warc
from tests.marsham.conftest import command

HOST = "http://www.northshire.example"
PAGE = (
    b"<title>Contacts</title><h1>Contacts</h1><h2>Press office</h2>"
    b"<p>Press office<br>Telephone: 020 7946 0441<br>E-mail: press@northshire.example</p>"
    b"<p>There are around 43 partnerships in England.</p>"
)
WHY = ("--reason", "checked by telephone", "--author", "A. Editor")


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """An archive of two pages, one of which is like the other."""
    records = [response(PAGE, url=f"{HOST}/contacts"), response(PAGE, url=f"{HOST}/about")]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        marsham.extract(archive)
    return tmp_path / "archive"


def listed(held: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    _, said = command(held, capsys, "review", "list", "--json", *arguments)
    return [json.loads(line) for line in said.splitlines()]


def phone(held: Path, capsys: pytest.CaptureFixture[str], page: str = "/contacts") -> str:
    found = listed(held, capsys, "--page", HOST + page)
    return next(one["id"] for one in found if one["field"] == "phone")


def exported(held: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    _, said = command(held, capsys, "export", "contacts")
    return list(csv.DictReader(io.StringIO(said)))


def test_a_value_is_listed_decided_and_exported_as_corrected(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone(held, capsys)
    page = ("--page", f"{HOST}/contacts")
    status, said = command(
        held, capsys, "review", "decide", number[:8], *page, "--correct", "020 7946 0442", *WHY
    )
    assert (status, said) == (
        0,
        "decision 1: correct phone: +442079460441 is +442079460442, by A. Editor: "
        "checked by telephone\n",
    )
    by_page = {row["url"]: row for row in exported(held, capsys)}
    row = by_page[f"{HOST}/contacts"]
    assert row["phone"] == "+442079460442"
    assert row["corrected"].startswith("phone: +442079460442, read as +442079460441, was corrected")
    assert by_page[f"{HOST}/about"]["phone"] == "+442079460441"
    _, said = command(held, capsys, "export", "contacts", "--format", "json")
    [told] = [
        one["decision"]
        for found in json.loads(said)
        for one in found["evidence"]
        if "decision" in one
    ]
    assert (told["author"], told["read_as"]) == ("A. Editor", "+442079460441")


def test_everywhere_means_every_page_of_the_site(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ("--page", f"{HOST}/contacts")
    number = phone(held, capsys)
    command(held, capsys, "review", "decide", number, *page, "--reject", "--everywhere", *WHY)
    assert [row["phone"] for row in exported(held, capsys)] == ["", ""]


def test_filters_leave_what_they_name(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = listed(held, capsys)
    assert {one["reason"] for one in everything} == {"low confidence"}
    assert len(listed(held, capsys, "--kind", "count")) == 2
    assert len(listed(held, capsys, "--site", "www.northshire.example")) == len(everything)
    assert listed(held, capsys, "--site", "northshire.example.uk") == []
    assert listed(held, capsys, "--reason", "stale") == []
    assert listed(held, capsys, "--state", "decided") == []
    assert len(listed(held, capsys, "--limit", "1")) == 1
    assert command(held, capsys, "review", "list", "--reason", "stale")[0] == 0
    assert command(held, capsys, "review", "list")[0] == 1  # there is something to do


def test_one_value_is_shown_with_the_decisions_on_it(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = listed(held, capsys, "--kind", "count")[0]["id"]
    command(held, capsys, "review", "assign", number, "--to", "Press team")
    command(held, capsys, "review", "decide", number, "--accept", *WHY)
    _, said = command(held, capsys, "review", "show", number)
    assert "assigned     Press team" in said
    assert "decision 2 (active): confirm number: 43, by A. Editor: checked by telephone" in said
    assert json.loads(command(held, capsys, "review", "show", number, "--json")[1])["decisions"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decide", "abcd", "--accept", *WHY], "may read otherwise since"),
        (["decide", "abc", "--accept", *WHY], "names nothing to review"),
        (["decide", "%_'\\", "--accept", *WHY], "names nothing to review"),
        (["decide", "abcd", "--accept", "--reject", *WHY], "give one of"),
        (["decide", "abcd", *WHY], "give one of"),
        (["decide", "abcd", "--accept"], "--reason"),
        (["list", "--json", "--csv"], "not both"),
        (["list", "--page", f"{HOST}/never"], "no capture"),
        (["list", "--at", "2011"], "--page"),
        (["merge", "a", "a", "--reason", "x"], "two different"),
        (["user"], "give a NAME"),
        (["import", "missing.csv"], "No such file"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], said: str, held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = command(held, capsys, "review", *arguments)
    assert status == 2
    assert said in printed
    assert not (held / journal.JOURNAL).exists()


def test_before_anything_was_extracted_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marsham.create_archive(tmp_path / "new").close()
    status, said = command(tmp_path / "new", capsys, "review", "list")
    assert (status, "run: marsham extract" in said) == (2, True)


def fill_in(place: Path, **cells: str) -> list[dict[str, str]]:
    """Fill in every row of a sheet as a person does, with the same cells."""
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows([row | cells for row in rows])
    return rows


def test_a_sheet_filled_in_is_carried_out(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "review.csv"
    command(held, capsys, "review", "export", str(sheet))
    rows = fill_in(sheet, decision="Accept", why="looked at it", author="B. Editor")
    status, said = command(held, capsys, "review", "import", str(sheet), "--dry-run")
    assert (status, said) == (0, f"{len(rows)} values would be decided\n")
    assert not (held / journal.JOURNAL).exists()
    assert command(held, capsys, "review", "import", str(sheet))[0] == 0
    assert listed(held, capsys) == []
    _, said = command(held, capsys, "review", "log", "--json")
    assert {json.loads(line)["author"] for line in said.splitlines()} == {"B. Editor"}


def test_bad_rows_are_all_told_and_nothing_is_done(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "review.csv"
    command(held, capsys, "review", "export", str(sheet), "--kind", "count")
    good, other = fill_in(sheet)
    good |= {"decision": "accept", "why": "looked"}
    changes = [
        {"decision": "perhaps"},
        {"why": ""},
        {"decision": "correct", "new_value": "many"},
        {"value": "44"},
        {"from": "yesterday"},
        {"from": "2013", "until": "2012"},
        {"everywhere": "here"},
        {"url": f"{HOST}/never", "id": ""},
        {"captured": "x"},
        {"decision": ""},  # no decision: passed over
    ]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows([good, good, *(good | change for change in changes)])
    status, said = command(held, capsys, "review", "import", str(sheet))
    assert status == 2
    lines = [line for line in said.splitlines() if line.startswith("line ")]
    assert [line.partition(":")[0] for line in lines] == [f"line {n}" for n in range(3, 13)][:10]
    assert "decided on line 2 already" in lines[0]
    assert "nothing was changed" in said
    assert not (held / journal.JOURNAL).exists()
    assert other


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column"),
        (b"a,b\n1,2\n", "no column"),
        (b"\xff\xfe", "not UTF-8"),
        (b'decision,url,captured,kind,record,field,value\n"x', "no CSV"),
    ],
)
def test_what_is_no_sheet_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list(read_sheet(data))


def test_a_sheet_may_be_parted_by_semicolons_and_have_a_byte_order_mark() -> None:
    data = "\ufeffdecision;url;captured;kind;record;field;value\r\naccept;u;c;k;r;f;'=v\r\n"
    [(line, row)] = read_sheet(data.encode())
    assert (line, row["decision"], row["value"]) == (2, "accept", "=v")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=7, max_size=7))
def test_every_text_comes_back_from_a_sheet_and_none_is_a_formula(cells: list[str]) -> None:
    names = ["decision", "url", "captured", "kind", "record", "field", "value"]
    cells[0] = "accept" + cells[0]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerow([shielded(cell) for cell in cells])
    [(_, row)] = read_sheet(out.getvalue().encode())
    assert [row[name] for name in names] == cells
    assert all(unshielded(shielded(cell)) == cell for cell in cells)
    assert not any(shielded(cell).startswith(tuple("=+-@\t\r\n")) for cell in cells)


def test_names_are_taken_in_and_passwords_kept_as_hashes(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse battery\n")
    file = ("--password-file", str(secret))
    assert command(held, capsys, "review", "user", "Ann", *file)[0] == 0
    place = held / "reviewers.json"
    assert place.stat().st_mode & 0o777 == 0o600
    assert "horse" not in place.read_text()
    assert command(held, capsys, "review", "user", "--list") == (0, "Ann\n")
    known = Reviewers(held)
    assert known.let_in("Ann", "correct horse battery")
    assert not known.let_in("Ann", "correct horse batterx")
    assert not known.let_in("Bob", "correct horse battery")
    assert command(held, capsys, "review", "user", "Ann", "--remove")[0] == 0
    assert command(held, capsys, "review", "user", "Ann", "--remove")[0] == 2
    assert not known.let_in("Ann", "correct horse battery")
    secret.write_text("short\n")
    status, said = command(held, capsys, "review", "user", "Ann", *file)
    assert (status, "12 characters" in said) == (2, True)


_KILLED = """
import os, sys
from snapshots import journal
append = journal.append
def killed(*given):
    append(*given)
    os.kill(os.getpid(), 9)
journal.append = killed
from marsham.cli import run
run(sys.argv[1:])
"""


def test_a_decision_killed_between_journal_and_catalogue_is_put_in_force_by_who_writes_next(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = [one["id"] for one in listed(held, capsys, "--kind", "count")]
    root = str(Path(__file__).resolve().parents[2])
    started = [sys.executable, "-c", _KILLED, "--archive", str(held)]
    done = subprocess.run(
        [*started, "review", "decide", numbers[0], "--accept", *WHY],
        env=os.environ | {"PYTHONPATH": root},
        check=False,
    )
    assert done.returncode == -9
    assert command(held, capsys, "review", "log", "--json") == (0, "")
    command(held, capsys, "review", "decide", numbers[1], "--accept", *WHY)
    _, said = command(held, capsys, "review", "log", "--json")
    assert [json.loads(line)["number"] for line in said.splitlines()] == [1, 2]
    assert listed(held, capsys, "--kind", "count") == []


def test_what_is_withdrawn_is_in_no_list_sheet_or_log(
    held: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for page in ("/contacts", "/about"):
        number = phone(held, capsys, page)
        arguments = ("decide", number, "--page", HOST + page, "--correct", "020 7946 0442")
        command(held, capsys, "review", *arguments, *WHY)
    decision = ("--reason", "Private details", "--authority", "Panel")
    command(held, capsys, "withdraw", "--value", "020 7946 0441", *decision)
    sheet = tmp_path / "review.csv"
    command(held, capsys, "review", "export", str(sheet), "--state", "any")
    printed = sheet.read_text("utf-8-sig")
    for asked in (["list", "--state", "any"], ["list", "--csv"], ["log"], ["log", "--json"]):
        printed += command(held, capsys, "review", *asked)[1]
    for canary in ("0441", "0442", "Press office", "checked by", "northshire"):
        assert canary not in printed
    assert "(withdrawn or erased)" in printed


def test_erasing_from_the_command_line_takes_what_decisions_quote(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ("--page", f"{HOST}/contacts")
    command(
        held, capsys, "review", "decide", phone(held, capsys), *page, "--correct",
        "020 7946 0442", *WHY,
    )  # fmt: skip
    status, said = command(
        held, capsys, "erase", f"{HOST}/contacts", "--only-these", "--yes", "--originals",
        "--reason", "Ordered", "--authority", "High Court",
    )  # fmt: skip
    assert status == 1, said  # the same content stays at another address
    text = (held / journal.JOURNAL).read_text()
    assert "0442" not in text
    assert "checked by telephone" not in text
    _, said = command(held, capsys, "review", "log", "--json")
    [told] = [json.loads(line) for line in said.splitlines()]
    assert (told["state"], told["author"], told["told"]) == ("erased", "A. Editor", False)
