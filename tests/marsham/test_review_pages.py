"""Review in a browser: who may, what is refused, and that a decision is written with a name."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

import marsham
from extract.corrections.register import register
from extract.corrections.reviewing import items, values_of
from marsham.web import sessions
from marsham.web.reviewers import Reviewers
from snapshots import journal
from snapshots.replay.origins import site_label
from snapshots.withdrawals import Decision, scope_of, withdraw
from tests.builders import response, warc
from tests.marsham.conftest import serving
from tests.marsham.test_serve import serve

HOST = "http://www.northshire.example"
PAGE = (
    b"<title>Contacts</title><h1>Contacts</h1><h2>Press office</h2>"
    b"<p>Press office<br>Telephone: 020 7946 0441<br>E-mail: press@northshire.example</p>"
    b"<p>There are around 43 partnerships in England.</p>"
)
NAME, PASSWORD = "Ann Editor", "correct horse battery"
TIMEOUT = 30
PATHS = (
    *("/review", "/review/sign-in", "/review/log", "/review/values", "/review/items/x"),
    *("/review/add", "/review/relate", "/review/items/x/assign"),
)


def reviewed(folder: Path, url: str, page: bytes) -> Path:
    """Make an archive of one page, and somebody who may decide on it."""
    (folder / "in.warc.gz").write_bytes(warc(response(page, url=url)))
    with marsham.create_archive(folder / "archive", marsham.Settings(name="Test archive")) as one:
        marsham.ingest(one, [folder / "in.warc.gz"])
        marsham.extract(one)
        Reviewers(one.path).put(NAME, PASSWORD)
    return folder / "archive"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one page, and somebody who may decide on it; tests only copy it."""
    return reviewed(tmp_path_factory.mktemp("review"), f"{HOST}/contacts", PAGE)


@pytest.fixture
def held(prepared: Path, tmp_path: Path) -> Path:
    """That archive, for one test to change."""
    shutil.copytree(prepared, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def server(held: Path, tmp_path: Path) -> Iterator[str]:
    with marsham.open_archive(held) as archive:
        yield from serving(archive, tmp_path / "attempts")


class Visitor:
    """Somebody with a browser that keeps cookies and fills in forms."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.session = requests.Session()

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.server + path, timeout=TIMEOUT, **more)

    def token(self, path: str) -> str:
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, form: dict[str, str], headers: dict[str, str] | None = None
    ) -> requests.Response:
        return self.session.post(
            self.server + path,
            data=form,
            headers={"Origin": self.server} | (headers or {}),
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def sign_in(self, name: str = NAME, password: str = PASSWORD) -> requests.Response:
        token = self.token("/review/sign-in")
        return self.post("/review/sign-in", {"token": token, "name": name, "password": password})

    def decide(self, number: str, **form: str) -> requests.Response:
        path = f"/review/items/{number}"
        return self.post(path, {"token": self.token(path), **form})


@pytest.fixture
def visitor(server: str) -> Visitor:
    return Visitor(server)


@pytest.fixture
def editor(visitor: Visitor) -> Visitor:
    """Somebody who has signed in."""
    answer = visitor.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/review")
    return visitor


def the_count(held: Path) -> str:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        return next(one.id for one in items(connection, kind="count"))


def decisions(held: Path) -> list[tuple[str, str]]:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        return [(one.action, one.author) for one in register(connection)]


@pytest.mark.parametrize("path", PATHS)
def test_without_edit_there_are_no_such_pages(path: str, held: Path) -> None:
    with marsham.open_archive(held) as archive:
        for address in serving(archive):
            assert requests.get(address + path, timeout=TIMEOUT).status_code == 404
            assert requests.post(address + path, timeout=TIMEOUT).status_code == 404
            assert "/review" not in requests.get(address, timeout=TIMEOUT).text


@pytest.mark.parametrize("path", PATHS)
def test_there_are_no_such_pages_where_archived_pages_are_shown(
    path: str, server: str, held: Path
) -> None:
    port = server.rpartition(":")[2]
    host = f"{site_label(HOST)}.localhost:{port}"
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert requests.get(server + path, headers=headers, timeout=TIMEOUT).status_code == 404
    answer = requests.post(server + path, headers=headers, timeout=TIMEOUT)
    assert answer.status_code in (404, 405)
    assert "Set-Cookie" not in answer.headers


def test_who_has_not_signed_in_is_led_there_and_back(visitor: Visitor, held: Path) -> None:
    for path in ("/review", "/review/log", "/review/values", f"/review/items/{the_count(held)}"):
        answer = visitor.get(path, allow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/review/sign-in?next=%2Freview")
        assert "43" not in answer.text
    token = visitor.token("/review/sign-in")
    form = {"token": token, "name": NAME, "password": PASSWORD, "next": "/review/log"}
    assert visitor.post("/review/sign-in", form).headers["Location"] == "/review/log"


@pytest.mark.parametrize(
    "after",
    ["//attacker.example", "https://attacker.example/review", "/review//x", "/web/x", "/\\"],
)
def test_signing_in_leads_to_no_other_place(after: str, visitor: Visitor) -> None:
    form = {"token": visitor.token("/review/sign-in"), "name": NAME, "password": PASSWORD}
    answer = visitor.post("/review/sign-in", {**form, "next": after})
    assert answer.headers["Location"] == "/review"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(editor: Visitor) -> None:
    editor.session.cookies.clear()
    cookie = editor.sign_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/review" in cookie
    assert "Domain" not in cookie
    answer = editor.get("/review")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "password"),
    [(NAME, "wrong"), (NAME, ""), ("Nobody", PASSWORD), ("", ""), (NAME, PASSWORD + "\0")],
)
def test_a_wrong_name_or_password_lets_nobody_in(
    name: str, password: str, visitor: Visitor
) -> None:
    answer = visitor.sign_in(name, password)
    assert answer.status_code == 403
    assert "The name or the password is not right." in answer.text
    assert password not in answer.text or not password
    assert visitor.get("/review", allow_redirects=False).status_code == 303


def test_too_many_tries_have_to_wait_even_with_the_right_password(visitor: Visitor) -> None:
    for _ in range(5):
        assert visitor.sign_in(NAME, "wrong").status_code == 403
    answer = visitor.sign_in()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert "Try again in 15 minutes." in answer.text


def test_a_session_ends_after_hours_and_with_another_password(
    editor: Visitor, held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert editor.get("/review", allow_redirects=False).status_code == 200
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 8 * 3600 + 1)
    assert editor.get("/review", allow_redirects=False).status_code == 303
    monkeypatch.undo()
    assert editor.get("/review", allow_redirects=False).status_code == 200
    Reviewers(held).put(NAME, "another password")
    assert editor.get("/review", allow_redirects=False).status_code == 303
    Reviewers(held).drop(NAME)
    assert editor.get("/review", allow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "cookie", ["", ".", "e30=.0", "W10=.x", "x" * 5000, "WyJBbm4iLDksIngiXQ==."]
)
def test_a_cookie_made_up_is_no_session(cookie: str, server: str) -> None:
    answer = requests.get(
        server + "/review",
        headers={"Cookie": f"marsham-review={cookie}"},
        timeout=TIMEOUT,
        allow_redirects=False,
    )
    assert answer.status_code == 303


def test_a_cookie_set_by_a_neighbouring_host_does_not_end_a_session(editor: Visitor) -> None:
    cookie = editor.session.cookies.get("marsham-review", path="/review")
    answer = requests.get(
        editor.server + "/review",
        headers={"Cookie": f"marsham-review=made-up; marsham-review={cookie}"},
        timeout=TIMEOUT,
        allow_redirects=False,
    )
    assert answer.status_code == 200


def test_a_decision_is_written_with_the_name_of_who_signed_in(editor: Visitor, held: Path) -> None:
    number = the_count(held)
    page = editor.get(f"/review/items/{number}").text
    assert "There are around <mark>43</mark> partnerships" in page
    answer = editor.decide(
        number, decision="correct", new="44", why="Counted", author="Somebody else"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/review?done=1")
    assert "Decision 1 is noted." in editor.get("/review?done=1").text
    assert decisions(held) == [("correct", NAME)]
    [line] = (held / journal.JOURNAL).read_text().splitlines()
    assert json.loads(line)["author"] == NAME
    assert "Counted" in editor.get("/review/log").text
    assert number not in editor.get("/review").text
    assert number in editor.get("/review?state=decided").text


def test_any_value_of_a_page_can_be_decided_on(editor: Visitor, held: Path) -> None:
    page = editor.get(f"/review/values?url={HOST}/contacts").text
    found = re.search(r'href="(/review/items/[0-9a-f]{16}\?[^"]+)">phone: ', page)
    assert found is not None
    path = found[1].replace("&amp;", "&")
    form = {"token": editor.token(path), "decision": "reject", "why": "No longer"}
    assert editor.post(path, form).status_code == 303
    assert decisions(held) == [("reject", NAME)]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"why": "x"}, "decision"),
        ({"decision": "destroy", "why": "x"}, "decision"),
        ({"decision": "accept"}, "why"),
        ({"decision": "correct", "why": "x", "new": "many"}, "new"),
        ({"decision": "accept", "why": "x", "from": "yesterday"}, "from"),
        ({"decision": "accept", "why": "x", "until": "1066-13"}, "until"),
    ],
)
def test_a_form_that_is_wrong_comes_back_as_it_was_filled_in(
    form: dict[str, str], field: str, editor: Visitor, held: Path
) -> None:
    answer = editor.decide(the_count(held), **form)
    assert answer.status_code == 400
    assert f'<a href="#{field}">' in answer.text
    for typed in form.values():
        assert f'value="{typed}"' in answer.text or typed == "destroy"
    assert decisions(held) == []


def test_when_somebody_else_writes_nothing_typed_is_lost(editor: Visitor, held: Path) -> None:
    number = the_count(held)
    with marsham.open_archive(held) as archive, archive.lock():
        answer = editor.decide(number, decision="correct", new="44", why="Counted & checked")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Somebody else is writing" in answer.text
    assert 'value="Counted &amp; checked"' in answer.text
    assert 'value="44"' in answer.text
    assert re.search(r'value="correct" checked', answer.text)
    assert decisions(held) == []
    answer = editor.decide(number, decision="correct", new="44", why="Counted & checked")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://h-aaaaaaaaaaaa.localhost"},
        {"Origin": "http://["},
        {"Origin": ""},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_posts_is_refused_even_with_cookie_and_token(
    headers: dict[str, Any], editor: Visitor, held: Path
) -> None:
    path = f"/review/items/{the_count(held)}"
    form = {"token": editor.token(path), "decision": "accept", "why": "x"}
    assert editor.post(path, form, headers).status_code == 403
    assert decisions(held) == []


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00e9", None])
def test_what_is_posted_without_the_token_of_the_session_is_refused(
    token: str | None, editor: Visitor, held: Path, server: str
) -> None:
    path = f"/review/items/{the_count(held)}"
    if token is None:  # one of another session
        other = Visitor(server)
        other.sign_in()
        token = other.token(path)
    answer = editor.post(path, {"token": token, "decision": "accept", "why": "x"})
    assert answer.status_code == 403
    assert decisions(held) == []


def test_what_no_form_sends_is_refused(editor: Visitor, held: Path) -> None:
    path = f"/review/items/{the_count(held)}"
    token = editor.token(path)
    large = {"token": token, "decision": "accept", "why": "x" * 70_000}
    assert editor.post(path, large).status_code == 413
    typed = {"Content-Type": "text/plain"}
    good = {"token": token, "decision": "accept", "why": "x"}
    assert editor.post(path, good, typed).status_code == 403
    many = {f"field-{number}": "x" for number in range(1000)}
    assert editor.post(path, {**good, **many}).status_code == 403
    assert decisions(held) == []


def test_somebody_who_signed_out_or_never_signed_in_decides_nothing(
    visitor: Visitor, held: Path
) -> None:
    path = f"/review/items/{the_count(held)}"
    token = visitor.token("/review/sign-in")
    good = {"token": token, "decision": "accept", "why": "x"}
    assert visitor.post(path, good).headers["Location"].startswith("/review/sign-in")
    visitor.sign_in()
    answer = visitor.post("/review/sign-out", {"token": visitor.token("/review")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.get("/review", allow_redirects=False).status_code == 303
    assert visitor.post(path, good).status_code == 403
    assert decisions(held) == []


def test_what_was_withdrawn_meanwhile_is_not_shown(editor: Visitor, held: Path) -> None:
    number = the_count(held)
    editor.decide(number, decision="correct", new="44", why="Zanzibar")
    with marsham.open_archive(held) as archive:
        scope = scope_of(address=f"{HOST}/contacts")
        withdraw(archive, scope, Decision("Private", "Panel"), lambda *_: [])
    paths = ["/review", "/review?state=any", "/review/log", f"/review/items/{number}"]
    for path in (*paths, f"/review/values?url={HOST}/contacts"):
        answer = editor.get(path)
        for canary in ("Zanzibar", r"\b43\b", "press@"):  # a token may have 43 among its digits
            assert not re.search(canary, answer.text.replace(f"{HOST}/contacts", "")), path
    assert editor.get(f"/review/items/{number}").status_code == 404


def test_words_of_pages_and_people_are_shown_and_not_obeyed(
    tmp_path: Path,
) -> None:
    body = b"<h1>X</h1><p>There are around 43 &lt;script&gt;x&lt;/script&gt; partnerships.</p>"
    (tmp_path / "in.warc.gz").write_bytes(warc(response(body, url=f"{HOST}/x")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        marsham.extract(archive)
        Reviewers(archive.path).put(NAME, PASSWORD)
        for address in serving(archive, tmp_path / "attempts"):
            visitor = Visitor(address)
            visitor.sign_in()
            with archive.catalogue.read() as connection:
                found = values_of(connection, f"{HOST}/x", datetime.now(UTC))
            title = next(one for one in found if one.target.kind == "heading")
            path = f"/review/items/{title.id}?url={HOST}/x&captured={title.capture.timestamp}"
            form = {"token": visitor.token(path), "decision": "reject", "why": "<script>y</script>"}
            assert visitor.post(path, form).status_code == 303
            for page in ("/review/log", path, "/review"):
                assert "<script" not in visitor.get(page).text


def test_with_several_processes_a_session_is_known_to_all(held: Path) -> None:
    with serve(held, "--edit", "--workers", "2") as (_, address):
        visitor = Visitor(address)
        assert visitor.sign_in().status_code == 303
        for _ in range(12):  # each on a connection of its own, so that both answer
            answer = requests.get(
                address + "/review",
                cookies=visitor.session.cookies,
                headers={"Connection": "close"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            assert answer.status_code == 200
        number = the_count(held)
        assert visitor.decide(number, decision="accept", why="x").status_code == 303
    assert decisions(held) == [("confirm", NAME)]


@pytest.fixture(scope="module", params=["light", "dark"])
def browser_page(chromium: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(
            bypass_csp=True, color_scheme=request.param, viewport={"width": 320, "height": 640}
        )
        yield context.new_page()
        browser.close()


_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = f"() => axe.run({{runOnly: {{type: 'tag', values: {_RULES}}}}})"


def test_a_person_decides_by_keyboard_and_axe_finds_nothing_on_the_way(
    browser_page: Page, server: str, held: Path, axe: str
) -> None:
    page = browser_page
    server = server.replace("127.0.0.1", "localhost")

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate(_RUN)["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator("h1").count() == 1

    def enter() -> None:
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto(server + "/review")
    check()
    page.locator("#name").fill(NAME)
    page.locator("#password").fill("wrong")
    enter()
    check()
    page.locator("#password").fill(PASSWORD)
    enter()
    check()
    page.get_by_role("link", name="number: 43").click()
    check()
    page.get_by_role("button", name="Decide").click()
    check()
    page.get_by_role("alert").get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "decision"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.locator("#new").fill("44")
    page.locator("#why").fill("Counted them")
    enter()
    assert page.get_by_role("status").inner_text() == "Decision 1 is noted."
    check()
    for path in (
        "/review/log",
        f"/review/values?url={HOST}/contacts",
        "/review/items/0",
        f"/review/add?url={HOST}/contacts&kind=contact&record=Press+office",
        "/review/relate",
        "/?lang=cy",
    ):
        page.goto(server + path)
        check()
    for path, button, wrong in (
        ("/review/relate", "Decide", "first"),
        ("/review/add", "Add it", "url"),
    ):
        page.goto(server + path)
        if wrong == "first":
            page.locator("#action-merge").check()
        page.get_by_role("button", name=button).click()
        check()
        page.get_by_role("alert").get_by_role("link").click()
        assert page.evaluate("document.activeElement.id") == wrong
    page.goto(server + "/review?lang=cy&state=any")
    check()
    assert decisions(held) == [("correct", NAME)]
