"""The map of redirects in a browser: listed, decided on row by row, and journalled."""

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page

import marsham
from archiver.errors import FormatError, InputError
from extract.redirects.deciding import MapFile, decide_row, mark_of
from extract.redirects.mapping import Fate, Mapping
from extract.redirects.sheet import COLUMNS, read_mappings, write_mappings
from marsham.web.reviewers import Reviewers
from snapshots import journal
from tests.marsham.conftest import command, serving
from tests.marsham.test_review_pages import _RUN, NAME, PASSWORD, Visitor, browser_page

__all__ = ["browser_page"]

OLD, NEW = "http://www.northshire.example", "https://www.new.example"
SNAPSHOT = f"https://archive.example/web/20110509101621/{OLD}/a"
ROWS = (
    Mapping(f"{OLD}/a", Fate.ARCHIVE, SNAPSHOT, (f"{OLD}/A/",), "20110509101621"),
    Mapping(f"{OLD}/b", Fate.REDIRECT, f"{OLD}/a", reason="redirected on the site on 2011-01-01"),
    Mapping(f"{OLD}/c?x=1&y=é", Fate.GONE, decided_by="Jo <b>Editor</b>", reason="=1+1"),
    Mapping(f"{OLD}/d", Fate.UNRESOLVED, reason="no capture shows a page"),
)
LIST, ROW = "/review/redirects", "/review/redirects/row"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    settings = marsham.Settings(name="Test archive")
    with marsham.create_archive(tmp_path / "archive", settings) as archive:
        Reviewers(archive.path).put(NAME, PASSWORD)
    return tmp_path / "archive"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with (tmp_path / "map.csv").open("w", encoding="utf-8", newline="") as out:
        write_mappings(out, ROWS)
    return tmp_path / "map.csv"


@pytest.fixture
def server(held: Path, file: Path, tmp_path: Path) -> Iterator[str]:
    with marsham.open_archive(held) as archive:
        yield from serving(archive, tmp_path / "attempts", file)


@pytest.fixture
def editor(server: str) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in().status_code == 303
    return visitor


def path_to(old_url: str, **asked: str) -> str:
    query = requests.models.RequestEncodingMixin._encode_params({**asked, "url": old_url})  # type: ignore[attr-defined]
    return f"{ROW}?{query}"


def hidden(visitor: Visitor, path: str) -> dict[str, str]:
    """What a browser sends along unseen from the form of a row."""
    text = visitor.get(path).text
    decide = text[text.index('class="decide"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', decide))


def decide(visitor: Visitor, old_url: str, **form: str) -> requests.Response:
    path = path_to(old_url)
    return visitor.post(path, hidden(visitor, path) | form)


def the_map(file: Path) -> dict[str, Mapping]:
    return {row.old_url: row for row in read_mappings(file)}


def journalled(held: Path) -> list[dict[str, object]]:
    return list(journal.entries(held / journal.JOURNAL))


def test_without_a_map_there_are_no_such_pages(held: Path, tmp_path: Path) -> None:
    with marsham.open_archive(held) as archive:
        for address in serving(archive, tmp_path / "attempts"):
            visitor = Visitor(address)
            visitor.sign_in()
            assert visitor.get(LIST).status_code == 404
            assert LIST not in visitor.get("/review").text


def test_the_map_is_listed_and_narrowed_down(editor: Visitor) -> None:
    assert f'href="{LIST}"' in editor.get("/review").text
    everything = editor.get(LIST).text
    assert "Jo &lt;b&gt;Editor&lt;/b&gt;" in everything
    for asked, shown in (
        ("", "abcd"),
        ("type=archive", "a"),
        ("state=decided", "c"),
        ("state=open", "abd"),
        ("text=example%2FA", "ab"),  # an address, and the target of another
        ("text=%2FA%2F", "a"),  # a spelling
        ("text=nowhere", ""),
        ("type=nonsense&state=nonsense", "abcd"),
    ):
        text = editor.get(f"{LIST}?{asked}").text
        rows = re.findall(rf'">{re.escape(OLD)}/(\w)[^<]*</a></th>', text)
        assert "".join(rows) == shown, asked
    assert editor.get(f"{LIST}?page=2").status_code == 404


def test_who_has_not_signed_in_sees_and_decides_nothing(server: str, file: Path) -> None:
    before = file.read_bytes()
    visitor = Visitor(server)
    for path in (LIST, path_to(f"{OLD}/a")):
        answer = visitor.get(path, allow_redirects=False)
        assert answer.headers["Location"].startswith("/review/sign-in?next=")
    good = {"type": "gone", "target": "", "reason": "x", "token": visitor.token("/review/sign-in")}
    answer = visitor.post(path_to(f"{OLD}/a"), good)
    assert answer.headers["Location"].startswith("/review/sign-in")
    assert file.read_bytes() == before


def test_a_decision_is_in_the_map_and_in_the_journal(
    editor: Visitor, file: Path, held: Path
) -> None:
    form = {"type": "redirect", "target": f"{NEW}/d", "reason": "Rebuilt there", "author": "Else"}
    path = path_to(f"{OLD}/d", state="open", text="north")
    answer = editor.post(path, hidden(editor, path) | form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{LIST}?text=north&state=open&done=1"
    assert "The decision is noted." in editor.get(answer.headers["Location"]).text
    found = the_map(file)
    assert found[f"{OLD}/d"] == Mapping(
        f"{OLD}/d", Fate.REDIRECT, f"{NEW}/d", reason="Rebuilt there", decided_by=NAME
    )
    assert [found[row.old_url] for row in ROWS[:3]] == list(ROWS[:3])
    [entry] = journalled(held)
    assert (entry["type"], entry["author"], entry["map"]) == ("redirect", NAME, "map.csv")
    said = entry["said"]
    assert isinstance(said, dict)
    assert (said["url"], said["was"]) == (f"{OLD}/d", ["unresolved", ""])
    assert (said["now"], said["reason"]) == (["redirect", f"{NEW}/d"], "Rebuilt there")
    assert list(journal.problems(held / journal.JOURNAL)) == []


def test_an_archived_address_leads_to_its_last_good_snapshot(file: Path, tmp_path: Path) -> None:
    settings = marsham.Settings(name="Test archive", address="https://archive.example")
    map_file = MapFile(file)
    gone = Mapping(f"{OLD}/a", Fate.GONE, reason="Asked to", decided_by=NAME)
    back = Mapping(f"{OLD}/a", Fate.ARCHIVE, reason="A mistake", decided_by=NAME)
    with marsham.create_archive(tmp_path / "shown", settings) as archive:
        made = decide_row(archive, map_file, mark_of(ROWS[0]), gone)
        assert (made.fate, made.target, made.spellings) == (Fate.GONE, "", ROWS[0].spellings)
        assert decide_row(archive, map_file, mark_of(made), back).target == SNAPSHOT
        with pytest.raises(InputError, match="no row for"):
            decide_row(archive, map_file, "", Mapping(f"{OLD}/none", Fate.GONE))
    assert the_map(file)[f"{OLD}/a"].target == SNAPSHOT


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"reason": "x"}, "type"),
        ({"type": "destroy", "reason": "x"}, "type"),
        ({"type": "gone", "target": "", "reason": " "}, "reason"),
        ({"type": "gone", "target": f"{NEW}/", "reason": "x"}, "target"),
        ({"type": "redirect", "target": "", "reason": "x"}, "target"),
        ({"type": "redirect", "target": "javascript:x", "reason": "x"}, "target"),
        ({"type": "redirect", "target": f"{NEW}/a b", "reason": "x"}, "target"),
        ({"type": "redirect", "target": SNAPSHOT, "reason": "x"}, "target"),
        ({"type": "redirect", "target": f"{OLD}/b", "reason": "x"}, "target"),  # /b leads here
    ],
)
def test_a_form_that_is_wrong_comes_back_as_it_was_filled_in(
    form: dict[str, str], field: str, editor: Visitor, file: Path, held: Path
) -> None:
    before = file.read_bytes()
    answer = decide(editor, f"{OLD}/a", **form)
    assert answer.status_code == 400
    assert f'<a href="#{field}">' in answer.text
    assert f'value="{form.get("target", "")}"' in answer.text
    assert file.read_bytes() == before
    assert journalled(held) == []


def test_a_chain_that_ends_may_be_long_and_a_circle_is_refused(file: Path, held: Path) -> None:
    chain = [
        Mapping(f"{OLD}/{n}/", Fate.REDIRECT, f"https://northshire.example/{n + 1}/index.html")
        for n in range(5)
    ]
    map_file = MapFile(file)
    map_file.write([*ROWS, *chain])
    into = Mapping(f"{OLD}/d", Fate.REDIRECT, f"{OLD}/0", reason="x", decided_by=NAME)
    own = Mapping(f"{OLD}/d", Fate.REDIRECT, f"{OLD}/d/", reason="x", decided_by=NAME)
    with marsham.open_archive(held) as archive:
        made = decide_row(archive, map_file, mark_of(ROWS[3]), into)
        map_file.write([*map_file.rows(), Mapping(f"{OLD}/5", Fate.REDIRECT, f"{OLD}/2")])
        with pytest.raises(InputError, match="round in a circle"):  # one that it is no part of
            decide_row(archive, map_file, mark_of(made), into)
        with pytest.raises(InputError, match="round in a circle"):
            decide_row(archive, map_file, mark_of(made), own)


def test_a_row_that_is_another_by_now_is_not_decided_on(editor: Visitor, file: Path) -> None:
    path = path_to(f"{OLD}/d")
    form = hidden(editor, path) | {"type": "gone", "target": "", "reason": "Looked"}
    assert decide(editor, f"{OLD}/d", type="gone", target="", reason="First").status_code == 303
    answer = editor.post(path, form)
    assert answer.status_code == 409
    assert "Somebody else has decided" in answer.text
    assert the_map(file)[f"{OLD}/d"].reason == "First"
    again = dict(re.findall(r'name="(token|mark)" value="(\w+)"', answer.text))
    assert editor.post(path, form | again).status_code == 303  # the form that came back is current
    with file.open("a", newline="") as out:  # and what a spreadsheet saved counts at once
        csv.writer(out).writerow([f"{OLD}/new", "gone", "", "", "", "", ""])
    assert f"{OLD}/new" in editor.get(LIST).text
    assert editor.get(path_to(f"{OLD}/none")).status_code == 404


def test_when_somebody_else_writes_nothing_typed_is_lost(
    editor: Visitor, file: Path, held: Path
) -> None:
    before = file.read_bytes()
    with marsham.open_archive(held) as archive, archive.lock():
        answer = decide(editor, f"{OLD}/d", type="redirect", target=f"{NEW}/d", reason="A & B")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert 'value="A &amp; B"' in answer.text
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"Origin": "https://attacker.example"}, {}),
        ({"Origin": "null"}, {}),
        ({}, {"token": "0" * 64}),
        ({"Content-Type": "text/plain"}, {}),
    ],
)
def test_what_is_not_from_a_form_of_the_session_is_refused(
    headers: dict[str, str], form: dict[str, str], editor: Visitor, file: Path
) -> None:
    before, path = file.read_bytes(), path_to(f"{OLD}/d")
    good = hidden(editor, path) | {"type": "gone", "target": "", "reason": "x"}
    assert editor.post(path, good | form, headers).status_code == 403
    assert file.read_bytes() == before


def test_what_people_wrote_into_the_file_is_shown_or_told(editor: Visitor, file: Path) -> None:
    with file.open("a", newline="") as out:
        for last_good in ("soon", "2011", "20110230000000", "20110509101621"):
            csv.writer(out).writerow([f"{OLD}/{last_good}", "gone", "", "", last_good, "", ""])
        csv.writer(out).writerow(["javascript:x", "gone", "", "", "", "", ""])
    assert "Last good snapshot" in editor.get(path_to(f"{OLD}/20110509101621")).text
    for url in (f"{OLD}/soon", f"{OLD}/2011", f"{OLD}/20110230000000", "javascript:x"):
        answer = editor.get(path_to(url))
        assert (answer.status_code, "Last good snapshot" in answer.text) == (200, False)
    assert 'href="javascript:' not in editor.get(LIST).text
    path = path_to(f"{OLD}/d")
    assert (
        'name="reason" type="text" aria-describedby="reason-hint" value=""' in editor.get(path).text
    )
    form = hidden(editor, path) | {"type": "gone", "target": "", "reason": "x"}
    file.write_text("old_url,type\na,nonsense\n")
    for answer in (editor.get(LIST), editor.get(path), editor.post(path, form)):
        assert answer.status_code == 500
        assert "is none of redirect, archive, gone, unresolved" in answer.text.replace("&#39;", "'")


def test_a_byte_order_mark_stays_and_other_columns_are_refused(tmp_path: Path) -> None:
    marked, other = tmp_path / "marked.csv", tmp_path / "other.csv"
    head = ",".join(COLUMNS)
    marked.write_text(f"\ufeff{head}\r\n{OLD}/a,gone,,,,,\r\n", "utf-8", newline="")
    file = MapFile(marked)
    file.write(list(file.rows()))
    assert marked.read_bytes().startswith(b"\xef\xbb\xbfold_url,")
    assert file.rows() == (Mapping(f"{OLD}/a", Fate.GONE),)
    other.write_text(f"{head},notes\r\n{OLD}/a,gone,,,,,,Ask Jo\r\n", "utf-8", newline="")
    with pytest.raises(FormatError, match="other columns"):
        MapFile(other)
    os.unlink(marked)
    with pytest.raises(FormatError, match="cannot be read"):
        file.rows()


def test_a_map_is_for_those_who_may_edit(
    held: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = command(held, capsys, "serve", "--redirects", str(file))
    assert (status, "--redirects goes with --edit" in said) == (2, True)
    file.write_text("old url,new url\n")
    status, said = command(held, capsys, "serve", "--edit", "--redirects", str(file))
    assert (status, "has other columns" in said) == (2, True)


def test_a_person_decides_by_keyboard_and_axe_finds_nothing(
    browser_page: Page, server: str, file: Path, held: Path, axe: str
) -> None:
    page = browser_page
    server = server.replace("127.0.0.1", "localhost")

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate(_RUN)["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator("h1").count() == 1
        assert page.locator("script").count() == 0

    def enter() -> None:
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto(f"{server}{LIST}?state=open")
    page.locator("#name").fill(NAME)
    page.locator("#password").fill(PASSWORD)
    enter()
    check()
    page.get_by_role("link", name=f"{OLD}/d").focus()
    enter()
    check()
    page.locator("#reason").fill("")
    enter()
    check()
    page.get_by_role("alert").get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "reason"
    page.locator("#type-unresolved").focus()
    page.keyboard.press("ArrowUp")  # gone
    page.locator("#reason").fill("Nobody needs it")
    enter()
    assert page.get_by_role("status").inner_text() == "The decision is noted."
    check()
    page.goto(f"{server}{LIST}?lang=cy")
    check()
    page.goto(f"{server}{path_to(f'{OLD}/a')}")
    check()
    assert the_map(file)[f"{OLD}/d"].fate is Fate.GONE
    assert json.dumps(journalled(held)).count("Nobody needs it") == 1
