"""What every answer with archived content carries, on each origin, over HTTP."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

import marsham
from snapshots.replay.origins import site_label
from snapshots.settings import Settings
from tests.builders import record, response, warc
from tests.marsham.conftest import serving

SITE, OTHER = "http://www.site.example", "http://other.example"
TIME = "20110509101621"
JSON = [("Content-Type", "application/json")]
MODIFIERS = ("mp_", "if_", "id_", "im_", "js_", "jm_", "cs_", "oe_", "fr_")


def asked(method: bytes, body: bytes, url: str, date: str) -> bytes:
    block = method + b" /api HTTP/1.1\r\nHost: www.site.example\r\n\r\n" + body
    kind = "application/http; msgtype=request"
    return record("request", block, url=url, date=date, content_type=kind)


def records() -> Iterator[bytes]:
    yield response(b"<p>Page <a href=/x>x</a>", url=f"{SITE}/")
    yield response(b"<p>Other", url=f"{OTHER}/")
    yield response(b"{}", url=f"{OTHER}/open.json",
                   head=[*JSON, ("Access-Control-Allow-Origin", "*")])  # fmt: skip
    yield response(b"{}", url=f"{OTHER}/closed.json", head=JSON)
    yield response(b"", url=f"{SITE}/moved", status="301 Moved",
                   head=[("Location", f"{OTHER}/"), ("Set-Cookie", "a=b")])  # fmt: skip
    yield response(b"<p>Gone", url=f"{SITE}/gone", status="404 Not Found")
    for name, number in (("detect.js?ua=x&random=0.3417", b"1"), ("plain.js?v=2", b"2")):
        yield response(number, url=f"{SITE}/{name}", head=[("Content-Type", "text/javascript")])
    for second, (body, reply) in enumerate([(b"q=1", b"one"), (b"q=2", b"two")]):
        date = f"2011-05-09T10:16:3{second}Z"
        yield response(reply, url=f"{SITE}/api", date=date, head=JSON)
        yield asked(b"POST", body, f"{SITE}/api", date)


@pytest.fixture(scope="module", params=["gzip", "plain"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("sealing")
    name = "a.warc.gz" if request.param == "gzip" else "a.warc"
    (folder / name).write_bytes(warc(*records(), form=request.param))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / name])
        yield from serving(archive)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server behind a proxy, with a domain for its sites."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "a.warc.gz").write_bytes(warc(*records()))
    settings = Settings(address="https://archive.example", replay_domain="replay.example")
    with marsham.create_archive(folder / "archive", settings) as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        yield from serving(archive)


def ask(
    server: str, path: str, *, of: str = "", host: str = "", method: str = "GET",
    body: bytes | None = None, **headers: str,
) -> requests.Response:  # fmt: skip
    """Ask the origin of a site, or a host, for a path."""
    port = urlsplit(server).port
    host = f"{site_label(of)}.localhost:{port}" if of else host
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if host:
        named["Host"] = host
    return requests.request(
        method, server + path, headers=named, allow_redirects=False, timeout=20, data=body
    )


def policy(answer: requests.Response) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


@pytest.mark.parametrize("modifier", MODIFIERS)
@pytest.mark.parametrize("path", ["/", "/moved", "/gone", "/never", "/x y"])
def test_every_answer_of_a_sites_origin_carries_the_policy(
    path: str, modifier: str, server: str
) -> None:
    answer = ask(server, f"/web/{TIME}{modifier}/{SITE}{path}", of=SITE)
    port = urlsplit(server).port
    told = policy(answer)
    assert told["default-src"] == f"http://*.localhost:{port} data: blob:"
    assert ("allow-same-origin" in told["sandbox"]) is (modifier != "id_")
    assert answer.headers["Connection-Allowlist"].startswith(f'("http://*.localhost:{port}"')
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("modifier", MODIFIERS)
@pytest.mark.parametrize("host", ["", "localhost", "archive.example", "127.0.0.1:80", "[::1]"])
def test_archived_content_on_any_other_host_is_shut_off(
    host: str, modifier: str, server: str
) -> None:
    for path in ("/", "/gone", "/never", "/moved"):
        answer = ask(server, f"/web/{TIME}{modifier}/{SITE}{path}", host=host)
        told = policy(answer)
        assert "allow-same-origin" not in told["sandbox"]
        assert told["default-src"] == "'self' data: blob:"


@pytest.mark.parametrize("path", ["/", "/sites", "/nothing", "/robots.txt", "/web/", "/web/*/x"])
def test_whatever_else_is_asked_of_a_sites_origin_carries_the_policy(
    path: str, server: str
) -> None:
    answer = ask(server, path, of=SITE)
    assert "sandbox" in policy(answer)
    assert answer.status_code in (307, 404)


def test_a_site_is_shown_on_its_own_origin_alone(server: str) -> None:
    path = f"/web/{TIME}mp_/{OTHER}/closed.json"
    answer = ask(server, path, of=SITE)
    port = urlsplit(server).port
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"http://{site_label(OTHER)}.localhost:{port}{path}"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        (f"/web/{TIME}/{SITE}/", f"/web/{TIME}/{SITE}/"),
        (f"/web/*/{SITE}/", f"/web/*/{SITE}/"),
        (f"/web/2011*mp_/{SITE}/", f"/web/2011*mp_/{SITE}/"),
        (f"/search/{TIME}/www.site.example?q=x", f"/search/{TIME}/www.site.example?q=x"),
    ],
)
def test_pages_of_our_own_are_not_on_a_sites_origin(path: str, leads_to: str, server: str) -> None:
    answer = ask(server, path, of=SITE)
    port = urlsplit(server).port
    assert answer.headers["Location"] == f"http://localhost:{port}{leads_to}"


def test_a_snapshot_asked_for_by_a_frame_comes_without_the_banner(server: str) -> None:
    answer = ask(server, f"/web/{TIME}/{SITE}/", of=SITE, Sec_Fetch_Dest="iframe")
    assert answer.headers["Location"] == f"/web/{TIME}mp_/{SITE}/"


def test_a_page_opened_in_a_window_of_its_own_gets_its_banner(server: str) -> None:
    answer = ask(server, f"/web/{TIME}mp_/{SITE}/", of=SITE, Sec_Fetch_Dest="document")
    assert answer.headers["Location"].endswith(f"/web/{TIME}/{SITE}/")
    assert "sec-fetch-dest" in answer.headers["Vary"].lower()


def test_an_address_from_the_root_is_led_back_to_the_site_that_asks(server: str) -> None:
    port = urlsplit(server).port
    page = f"http://{site_label(SITE)}.localhost:{port}/web/{TIME}mp_/{SITE}/dir/page?a=b"
    answer = ask(server, "/img/a%20b.png?c=d", of=SITE, Referer=page, Sec_Fetch_Dest="image")
    assert answer.headers["Location"] == f"/web/{TIME}im_/{SITE}/img/a%20b.png?c=d"
    for other in (
        "",
        "http://[",
        "http://elsewhere.example/web/2011mp_/http://a.example/",
        page + "x" * 9999,
    ):
        assert ask(server, "/img", of=OTHER, Referer=other).status_code == 404


@pytest.mark.parametrize("host", ["site", "reading"])
def test_no_service_worker_is_handed_out(host: str, server: str) -> None:
    path = f"/web/{TIME}js_/{SITE}/plain.js?v=2"
    of = SITE if host == "site" else ""
    assert ask(server, path, of=of, Service_Worker="script").status_code == 403


def test_an_answer_is_shared_between_sites_as_the_old_server_shared_it(server: str) -> None:
    origin = f"http://{site_label(SITE)}.localhost:{urlsplit(server).port}"
    shared = ask(server, f"/web/{TIME}mp_/{OTHER}/open.json", of=OTHER, Origin=origin)
    assert shared.headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Credentials" not in shared.headers
    closed = ask(server, f"/web/{TIME}mp_/{OTHER}/closed.json", of=OTHER, Origin=origin)
    assert "Access-Control-Allow-Origin" not in closed.headers
    stranger = ask(
        server, f"/web/{TIME}mp_/{OTHER}/open.json", of=OTHER, Origin="http://elsewhere.example"
    )
    assert "Access-Control-Allow-Origin" not in stranger.headers
    ahead = ask(
        server, f"/web/{TIME}mp_/{OTHER}/open.json", of=OTHER, Origin=origin, method="OPTIONS",
        Access_Control_Request_Method="GET", Access_Control_Request_Headers="x-asked",
    )  # fmt: skip
    assert ahead.status_code == 204
    assert ahead.headers["Access-Control-Allow-Headers"] == "x-asked"


def test_only_a_page_of_the_site_can_prove_that_it_asks(server: str) -> None:
    page = ask(server, f"/web/{TIME}mp_/{SITE}/", host="archive.example").text
    own = page.partition('data-own="')[2].partition('"')[0]
    assert own.startswith("/own/")
    for key, url, status, shared in (
        (own, f"{SITE}/api", 302, "null"),
        (own, f"{OTHER}/closed.json", 200, None),  # another site's
        ("/own/" + "0" * 32, f"{SITE}/", 200, None),
    ):
        answer = ask(server, f"{key}/web/{TIME}mp_/{url}", host="archive.example", Origin="null")
        assert answer.status_code == status
        assert answer.headers.get("Access-Control-Allow-Origin") == shared
        if status == 302:
            assert answer.headers["Location"].startswith(f"{own}/web/")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("detect.js?ua=x&random=0.99", "detect.js?ua=x&random=0.3417"),
        ("detect.js?random=12&ua=x", "detect.js?ua=x&random=0.3417"),
        ("plain.js?v=2&_=1398765432123", "plain.js?v=2"),
        ("plain.js?v=2&1398765432123", "plain.js?v=2"),
        ("plain.js?v=3", None),  # another version is another file
        ("plain.js?v=2&page=7", None),
        ("detect.js?ua=y&random=0.99", None),
    ],
)
def test_a_number_made_up_does_not_hide_a_file(name: str, found: str | None, server: str) -> None:
    answer = ask(server, f"/web/{TIME}js_/{SITE}/{name}", of=SITE)
    if found is None:
        assert answer.status_code == 404
        return
    assert answer.headers["Location"] == f"/web/{TIME}js_/{SITE}/{found}"
    assert answer.headers["X-Archive-Fuzzy"] == f"{SITE}/{name}"
    for modifier in ("", "id_"):  # what a reader asks for is what is meant
        assert ask(server, f"/web/{TIME}{modifier}/{SITE}/{name}").status_code == 404


@pytest.mark.parametrize(("body", "reply"), [(b"q=1", "one"), (b"q=2", "two"), (b"q=3", None)])
def test_what_is_posted_is_answered_as_it_was(body: bytes, reply: str | None, server: str) -> None:
    answer = ask(server, f"/web/{TIME}mp_/{SITE}/api", of=SITE, method="POST", body=body)
    if reply is None:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200
        assert answer.text == reply


def test_what_is_posted_to_a_page_under_its_banner_is_refused(server: str) -> None:
    assert ask(server, f"/web/{TIME}/{SITE}/api", method="POST", body=b"q=1").status_code == 405


def test_behind_a_proxy_sites_are_below_the_domain_that_was_set(published: str) -> None:
    page = ask(published, f"/web/{TIME}/{SITE}/", host="archive.example")
    label = site_label(SITE)
    assert f'src="https://{label}.replay.example/web/{TIME}mp_/{SITE}/"' in page.text
    assert "frame-src https://*.replay.example" in page.headers["Content-Security-Policy"]
    framed = ask(published, f"/web/{TIME}mp_/{SITE}/", host=f"{label}.replay.example")
    assert policy(framed)["default-src"] == "https://*.replay.example data: blob:"
    assert policy(framed)["form-action"] == "https://*.replay.example https://archive.example"
    assert f'href="/web/{TIME}mp_/{SITE}/x"' in framed.text.replace("href=/", 'href="/').replace(
        "/x>", '/x">'
    )
    back = ask(published, f"/web/{TIME}/{SITE}/", host=f"{label}.replay.example")
    assert back.headers["Location"] == f"https://archive.example/web/{TIME}/{SITE}/"
    elsewhere = ask(published, f"/web/{TIME}mp_/{SITE}/", host="h-aaaaaaaaaaaa.replay.example")
    assert elsewhere.headers["Location"].startswith(f"https://{label}.replay.example/web/")
