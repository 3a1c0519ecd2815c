"""Merging, splitting, adding and assigning in the browser, behind the sign-in."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from lxml import html

import marsham
from extract.corrections.register import register
from extract.corrections.reviewing import items
from extract.entities.histories import find_keys
from marsham.cli import run
from snapshots import journal
from tests.marsham.conftest import serving
from tests.marsham.test_review_pages import NAME, Visitor, reviewed

HOST = "http://www.northshire.example"
NAMES = ("Safer Ashvale Partnership", "Safer Birchdale Partnership", "Safer Cedarmoor Partnership")
PAGE = (
    "<title>Partnerships</title><h1>Community safety partnerships</h1>"
    + "".join(
        f"<h2>{name}</h2><p>Telephone: 0113 496 010{number}</p>"
        for number, name in enumerate(NAMES)
    )
    + "<p>There are around 43 partnerships in England.</p>"
).encode()
KEYS = ("safer-ashvale", "safer-birchdale", "safer-cedarmoor")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a page of partnerships; tests only copy it."""
    return reviewed(tmp_path_factory.mktemp("relating"), f"{HOST}/partnerships", PAGE)


@pytest.fixture
def held(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def editor(held: Path, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody who has signed in."""
    with marsham.open_archive(held) as archive:
        for address in serving(archive, tmp_path / "attempts"):
            visitor = Visitor(address)
            assert visitor.sign_in().status_code == 303
            yield visitor


def send(editor: Visitor, path: str, **form: str) -> requests.Response:
    return editor.post(path, {"token": editor.token("/review/relate"), **form})


def meant(held: Path, text: str) -> list[str]:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        return [key for kind, key in find_keys(connection, text) if kind == "partnership"]


def put_together(held: Path, as_wanted: Callable[[], bool]) -> None:
    """Wait until the server, which answers first, has put entities together."""
    end = time.monotonic() + 30
    while not as_wanted():
        assert time.monotonic() < end
        time.sleep(0.05)


def decisions(held: Path) -> list[tuple[str, str, str | None]]:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        return [(one.action, one.author, one.new) for one in register(connection)]


def fault(answer: requests.Response) -> tuple[str, str]:
    """Which field an error is about, and what it says."""
    [link] = html.fromstring(answer.text).xpath("//*[@role='alert']//a")
    return link.get("href"), link.text_content()


def test_two_partnerships_are_merged_and_parted_again(editor: Visitor, held: Path) -> None:
    shown = editor.get("/partnerships/safer-ashvale").text
    assert "/review/relate?first=safer-ashvale" in shown
    made = send(
        editor,
        "/review/relate",
        **{"action": "merge", "first": "safer-ashvale", "second": NAMES[1], "why": "Renamed"},
    )
    assert (made.status_code, made.headers["Location"]) == (303, "/review?done=1")
    put_together(held, lambda: meant(held, "safer-ashvale") == meant(held, "safer-birchdale"))
    offered = editor.get("/review/relate?first=safer-ashvale").text
    assert all(f">{key}</code>" in offered for key in KEYS[:2])
    made = send(
        editor,
        "/review/relate",
        **{
            "action": "split",
            "first": "safer-ashvale",
            "second": "safer-birchdale",
            "why": "Two districts",
        },
    )
    assert made.status_code == 303
    put_together(held, lambda: meant(held, "safer-ashvale") != meant(held, "safer-birchdale"))
    assert decisions(held) == [
        ("merge", NAME, "safer-birchdale"),
        ("split", NAME, "safer-birchdale"),
    ]
    written = [entry["action"] for entry in journal.entries(held / journal.JOURNAL)]
    assert written == ["merge", "split"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"second": "safer-birchdale", "why": "Renamed"}, "#action"),
        ({"action": "undo", "second": "safer-birchdale", "why": "Renamed"}, "#action"),
        ({"action": "merge", "second": "atlantis", "why": "Renamed"}, "#second"),
        ({"action": "merge", "second": "safer-ashvale", "why": "Renamed"}, "#second"),
        ({"action": "merge", "second": "safer", "why": "Renamed"}, "#second"),  # which one?
        ({"action": "merge", "second": "safer-birchdale", "why": " "}, "#why"),
    ],
)
def test_a_relation_that_cannot_be_comes_back_as_it_was_filled_in(
    form: dict[str, str], field: str, editor: Visitor, held: Path
) -> None:
    answer = send(editor, "/review/relate", first="safer-ashvale", **form)
    assert (answer.status_code, fault(answer)[0]) == (400, field)
    tree = html.fromstring(answer.text)
    assert tree.xpath("//input[@id='first']/@value") == ["safer-ashvale"]
    assert tree.xpath("//input[@id='second']/@value") == [form["second"]]
    assert decisions(held) == []


def add(editor: Visitor, **form: str) -> requests.Response:
    whole = {
        "url": f"{HOST}/partnerships",
        "kind": "partnership",
        "record": NAMES[0],
        "field": "region",
        "value": "North East",
        "why": "On its map",
    }
    return send(editor, "/review/add", **(whole | form))


def test_a_value_that_was_not_read_is_added(editor: Visitor, held: Path, tmp_path: Path) -> None:
    listed = editor.get(f"/review/values?url={HOST}/partnerships").text
    assert "/review/add?url=" in listed
    made = add(editor, **{"from": "2009", "until": "2013"})
    assert (made.status_code, made.headers["Location"]) == (303, "/review?done=1")
    assert decisions(held) == [("add", NAME, "North East")]
    out = tmp_path / "out.json"
    words = ["--archive", str(held), "export", "partnerships", "--format", "json"]
    assert run([*words, "--out", str(out)]) == 0
    rows = {row["name"]: row["region"] for row in json.loads(out.read_text("utf-8"))}
    assert rows == {NAMES[0]: "North East", NAMES[1]: None, NAMES[2]: None}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"url": ""}, "#url"),
        ({"url": "http://nowhere.example/"}, "#value"),
        ({"record": ""}, "#record"),
        ({"record": "Somebody else"}, "#value"),
        ({"kind": "weather"}, "#kind"),
        ({"field": "phone"}, "#field"),  # a contact has one, a partnership has none
        ({"value": " "}, "#value"),
        ({"value": "Atlantis", "field": "country"}, None),
        ({"why": ""}, "#why"),
        ({"at": "the day before"}, "#at"),
        ({"from": "31/31/2010"}, "#from"),
    ],
)
def test_a_value_that_cannot_be_added_comes_back(
    form: dict[str, str], field: str | None, editor: Visitor, held: Path
) -> None:
    answer = add(editor, **form)
    if field is None:  # pages may say anything: a person too
        assert answer.status_code == 303
        return
    assert (answer.status_code, fault(answer)[0]) == (400, field)
    assert decisions(held) == []


def test_an_item_is_for_somebody_and_then_for_anybody(editor: Visitor, held: Path) -> None:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        number = next(one.id for one in items(connection, kind="count"))
    path = f"/review/items/{number}"
    assert send(editor, f"{path}/assign", to="Press team").status_code == 303
    assert "Press team" in editor.get("/review").text
    assert html.fromstring(editor.get(path).text).xpath("//input[@id='to']/@value") == [
        "Press team"
    ]
    assert send(editor, f"{path}/assign", to="").status_code == 303
    assert "Press team" not in editor.get("/review").text
    assert send(editor, "/review/items/0123456789abcdef/assign", to="x").status_code == 404
    assert [one[0] for one in decisions(held)] == ["assign", "assign"]


@pytest.mark.parametrize("path", ["/review/relate", "/review/add", "/review/items/0/assign"])
def test_nobody_decides_without_signing_in_or_from_another_site(
    path: str, editor: Visitor, held: Path
) -> None:
    stranger = Visitor(editor.server)
    if not path.endswith("/assign"):
        led = stranger.get(path, allow_redirects=False)
        assert (led.status_code, led.headers["Location"]) == (
            303,
            f"/review/sign-in?next=%2Freview%2F{path.rsplit('/', 1)[1]}",
        )
    token = stranger.token("/review/sign-in")  # a session, but nobody's
    assert stranger.post(path, {"token": token}).headers["Location"].startswith("/review/sign-in")
    form = {"token": editor.token("/review/relate"), "action": "merge", "why": "x"}
    names = {"first": "safer-ashvale", "second": "safer-birchdale"}
    other = editor.post(path, form | names, {"Origin": "http://evil.example"})
    assert other.status_code == 403
    assert editor.post(path, names | {"action": "merge", "why": "x"}).status_code == 403
    assert decisions(held) == []


def test_an_entity_has_no_such_link_where_nothing_can_be_decided(held: Path) -> None:
    with marsham.open_archive(held) as archive:
        for address in serving(archive):
            assert (
                "/review"
                not in requests.get(f"{address}/partnerships/safer-ashvale", timeout=30).text
            )


def test_words_typed_are_shown_and_not_obeyed(editor: Visitor) -> None:
    answer = send(editor, "/review/relate", first="<b>x</b>", second='"><script>', action="merge")
    assert "<b>x</b>" not in answer.text
    assert '"><script>' not in answer.text
