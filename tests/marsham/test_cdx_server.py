"""The CDX server: what programs ask of /cdx, and what they are told."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import marsham
from marsham.web import cdx
from tests.builders import digest, resource, response, revisit, warc
from tests.marsham.conftest import command, serving

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
BODY = b"<p>Crime and policing</p>"
GIF = [("Content-Type", "image/gif")]
RECORDS = [
    response(BODY, url=CRIME, date="2009-04-02T11:12:13Z"),
    response(BODY + b"2", url=CRIME),
    response(BODY + b"3", url=CRIME),  # twice in one second
    revisit(BODY, url=CRIME, date="2011-05-29T10:16:21Z"),
    response(
        b"", url=CRIME, date="2013-03-26T12:29:52Z", status="301 Moved", head=[("Location", "/")]
    ),
    response(b"gif", url=f"{HOST}/crime/a.gif", head=GIF),
    response(BODY, url=f"{HOST}/crimes", date="2012-01-01T00:00:00Z"),
    response(BODY, url="http://homeoffice.example:8080/crime/"),
    response(BODY, url="http://maps.homeoffice.example/"),
    response(BODY, url="http://homeoffice.example.uk/"),
    response(BODY, url=f"{HOST}/search?q=a%2Fb&page=2"),
    resource(b"a note", url=f"{HOST}/note with blanks"),
]
TIMES = ["20090402111213", "20110509101621", "20110509101621", "20110529101621", "20130326122952"]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdx")
    (folder / "a.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
    return folder / "archive"


@pytest.fixture(scope="module")
def server(held: Path) -> Iterator[str]:
    with marsham.open_archive(held) as archive:
        yield from serving(archive)


def ask(server: str, url: str = CRIME, **more: object) -> requests.Response:
    asked = {"url": url} | {name.rstrip("_"): value for name, value in more.items()}
    return requests.get(f"{server}/cdx", params=asked, timeout=60)  # type: ignore[arg-type]


def rows(server: str, url: str = CRIME, **more: object) -> list[list[str]]:
    answer = ask(server, url, **{"output": "json"} | more)
    assert answer.status_code == 200, answer.text
    found: list[list[str]] = answer.json()
    return found[1:]


def times(server: str, url: str = CRIME, **more: object) -> list[str]:
    return [row[0] for row in rows(server, url, fl="timestamp", **more)]


def addresses(server: str, url: str, **more: object) -> set[str]:
    return {row[0] for row in rows(server, url, fl="original", **more)}


def test_lines_are_cdxj_as_pywb_writes_them(server: str) -> None:
    answer = ask(server)
    assert answer.headers["Content-Type"].startswith("text/x-cdxj")
    lines = answer.text.splitlines()
    key, timestamp, told = lines[0].split(" ", 2)
    assert (key, timestamp) == ("example,homeoffice)/crime", "20090402111213")
    fields = json.loads(told)
    assert fields.pop("length").isdigit()
    assert fields == {"url": CRIME, "mime": "text/html", "status": "200", "digest": digest(BODY)}
    assert [line.split()[1] for line in lines] == TIMES
    assert json.loads(lines[3].split(" ", 2)[2])["mime"] == "warc/revisit"


def test_text_and_json_are_as_the_wayback_machine_writes_them(server: str) -> None:
    line = ask(server, limit=1, output="text").text
    assert line.startswith(f"example,homeoffice)/crime 20090402111213 {CRIME} text/html 200 ")
    assert line.split()[5] == digest(BODY).removeprefix("sha1:")
    assert len(line.split()) == 7
    answer = ask(server, limit=1, output="json")
    assert answer.headers["Content-Type"] == "application/json"
    names, values = answer.json()
    assert names == [
        "urlkey",
        "timestamp",
        "original",
        "mimetype",
        "statuscode",
        "digest",
        "length",
    ]
    assert values == line.split()


def test_what_is_not_archived_is_an_empty_list(server: str) -> None:
    for output, said in (("cdxj", ""), ("text", ""), ("json", "[]\n")):
        answer = ask(server, f"{HOST}/never", output=output)
        assert (answer.status_code, answer.text) == (200, said)


def test_a_line_keeps_its_words_apart_whatever_an_address_holds(server: str) -> None:
    line = ask(server, f"{HOST}/note with blanks", output="text").text.split()
    assert line[2] == f"{HOST}/note%20with%20blanks"
    assert line[4] == "-"  # no status


@pytest.mark.parametrize(
    ("url", "match", "found"),
    [
        (CRIME, "exact", {CRIME}),
        (CRIME, None, {CRIME}),
        (f"{HOST}/crime/*", None, {CRIME, f"{HOST}/crime/a.gif"}),
        (f"{HOST}/crime", "prefix", {CRIME, f"{HOST}/crime/a.gif", f"{HOST}/crimes"}),
        ("homeoffice.example/crime*", None, {CRIME, f"{HOST}/crime/a.gif", f"{HOST}/crimes"}),
        (f"{HOST}/search?q=a%2Fb&page=2", "exact", {f"{HOST}/search?q=a%2Fb&page=2"}),
        (f"{HOST}/search?*", None, {f"{HOST}/search?q=a%2Fb&page=2"}),
        ("maps.homeoffice.example", "host", {"http://maps.homeoffice.example/"}),
        ("homeoffice.example:8080", "host", {"http://homeoffice.example:8080/crime/"}),
    ],
)
def test_a_question_may_be_about_more_than_one_address(
    server: str, url: str, match: str | None, found: set[str]
) -> None:
    more = {"matchType": match} if match else {}
    assert addresses(server, url, **more) == found


def test_a_host_is_not_its_neighbours_and_a_domain_is_all_below_it(server: str) -> None:
    host = addresses(server, "homeoffice.example", matchType="host")
    assert "http://homeoffice.example:8080/crime/" in host
    assert "http://maps.homeoffice.example/" not in host
    domain = addresses(server, "*.homeoffice.example")
    assert domain == host | {"http://maps.homeoffice.example/"}
    assert domain == addresses(server, "http://www.homeoffice.example/x", matchType="domain")
    assert addresses(server, "*") == domain | {"http://homeoffice.example.uk/"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"from_": "2011"}, TIMES[1:]),
        ({"to": "2011"}, TIMES[:4]),
        ({"from_": "201105", "to": "20110509"}, TIMES[1:3]),
        ({"from_": "20110509101621", "to": "20110509101621"}, TIMES[1:3]),
        ({"from_": "2014"}, []),
        ({"from_": "2013", "to": "2011"}, []),
        ({"limit": 2}, TIMES[:2]),
        ({"limit": -2}, TIMES[-2:]),
        ({"limit": 0}, []),
        ({"limit": 99}, TIMES),
        ({"limit": -99}, TIMES),
        ({"sort": "reverse"}, TIMES[::-1]),
        ({"sort": "reverse", "limit": 1}, TIMES[-1:]),
        ({"sort": "reverse", "limit": -2}, TIMES[1::-1]),
        ({"closest": "20110519101621"}, [*TIMES[1:4], *TIMES[4:], *TIMES[:1]]),
        ({"closest": "2009", "limit": 1}, TIMES[:1]),
        ({"closest": "2099", "sort": "closest", "limit": 1}, TIMES[-1:]),
        ({"sort": "closest", "closest": "", "limit": 1}, TIMES[-1:]),  # closest to now
        ({"closest": "20110529101621", "limit": 2}, [TIMES[3], TIMES[1]]),
        ({"closest": "2013", "limit": -1}, TIMES[:1]),
        ({"filter": "statuscode:301"}, TIMES[4:]),
        ({"filter": "!status:301"}, TIMES[:4]),
        ({"filter": "mimetype:warc/revisit"}, TIMES[3:4]),
        ({"filter": "=mime:text"}, []),
        ({"filter": "mime:text"}, [*TIMES[:3]]),
        ({"filter": "!=status:200"}, TIMES[4:]),
        ({"filter": "~statuscode:3"}, TIMES[4:]),
        ({"filter": "~statuscode:0"}, []),
        ({"filter": "timestamp:^2011.*1$"}, TIMES[1:4]),
        ({"filter": ["status:200", "!mime:revisit"]}, TIMES[:3]),
        ({"filter": f"digest:{digest(BODY)}"}, [TIMES[0], TIMES[3]]),
        ({"collapse": "timestamp:4"}, [TIMES[0], TIMES[1], TIMES[4]]),
        ({"collapse": "timestamp:6", "limit": 2}, TIMES[:2]),
        ({"collapse": "timestamp:4", "limit": -2}, [TIMES[1], TIMES[4]]),
        ({"collapse": "urlkey"}, TIMES[:1]),
        ({"collapse": ["statuscode", "mimetype"]}, [TIMES[0], TIMES[3], TIMES[4]]),
        ({"collapse": "digest", "filter": "status:200"}, [TIMES[0], TIMES[1], TIMES[2], TIMES[3]]),
        ({"gzip": "false", "fastLatest": "true", "limit": -1}, TIMES[-1:]),
    ],
)
def test_captures_are_chosen_sorted_and_counted_as_asked(
    server: str, asked: dict[str, object], found: list[str]
) -> None:
    assert times(server, **asked) == found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pages_together_are_the_whole(server: str, size: int) -> None:
    whole = ask(server, "*.homeoffice.example").text
    number = int(ask(server, "*.homeoffice.example", pageSize=size, showNumPages="true").text)
    pages = [
        ask(server, "*.homeoffice.example", pageSize=size, page=page).text
        for page in range(number + 1)
    ]
    assert "".join(pages) == whole
    assert pages[-1] == ""
    assert all(page.count("\n") == size for page in pages[:-2])
    told = ask(server, "*", pageSize=size, showNumPages="true", output="json").json()
    assert told == {"pages": -(-12 // size), "pageSize": size, "captures": 12}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 12, 13])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"sort": "reverse"},
        {"filter": "!mime:image"},
        {"collapse": "timestamp:4"},
        {"collapse": "urlkey", "sort": "reverse"},
        {"from": "2011", "to": "2012"},
    ],
    ids=str,
)
def test_an_answer_goes_on_behind_its_key(server: str, limit: int, more: dict[str, str]) -> None:
    whole = ask(server, "*", output="text", **more).text.splitlines()
    found: list[str] = []
    key: str | None = None
    for _ in range(20):
        resumed = {"resumeKey": key} if key else {}
        said = ask(
            server, "*", output="text", limit=limit, showResumeKey="true", **more, **resumed
        ).text
        lines, _, key = said.partition("\n\n") if "\n\n" in said else (said, "", "")
        if said.startswith("\n"):
            lines, key = "", said.strip()
        found += lines.splitlines()
        key = key.strip()
        if not key:
            break
    assert found == whole


def test_the_key_of_a_json_answer_stands_behind_an_empty_row(server: str) -> None:
    told = ask(server, limit=2, output="json", showResumeKey="true", fl="timestamp").json()
    assert told[:4] == [["timestamp"], [TIMES[0]], [TIMES[1]], []]
    rest = ask(server, output="json", resumeKey=told[4][0], fl="timestamp").json()
    assert rest[1:] == [[moment] for moment in TIMES[2:]]  # the second of the same second


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"url": ""}, "empty"),
        ({"url": "javascript:alert(1)", "matchType": "host"}, "names no host"),
        ({"urls": "x"}, "did you mean url?"),
        ({"matchType": "everything"}, "exact, prefix, host, domain"),
        ({"from": "yesterday"}, "yesterday"),
        ({"to": "20111301"}, "20111301"),
        ({"limit": "ten"}, "limit must be a number"),
        ({"limit": "-10001"}, "-10000"),
        ({"limit": "9" * 5000}, "limit"),
        ({"sort": "random"}, "default, reverse, closest"),
        ({"sort": "closest", "matchType": "prefix"}, "one address"),
        ({"closest": "2011", "url": "*"}, "one address"),
        ({"filter": "nonsense"}, "FIELD:TEXT"),
        ({"filter": "colour:red"}, "no field 'colour'"),
        ({"filter": "url:("}, "regular expression"),
        ({"filter": r"url:(a)\1"}, "regular expression"),
        ({"filter": "url:(?=a)"}, "regular expression"),
        ({"filter": "url:(a?){500}"}, "steps"),
        ({"filter": ["url:a"] * 9}, "9 filters"),
        ({"fl": "url,colour"}, "no field 'colour'"),
        ({"fl": ","}, "no field ''"),
        ({"collapse": "colour"}, "no field 'colour'"),
        ({"collapse": "timestamp:x"}, "collapse must be a number"),
        ({"output": "xml"}, "cdxj, json, text"),
        ({"page": "-1"}, "page must be"),
        ({"pageSize": "0"}, "pageSize must be"),
        ({"showNumPages": "perhaps"}, "true, false"),
        ({"resumeKey": "abc"}, "resumeKey"),
        ({"resumeKey": "WzEsMiwzXQ"}, "resumeKey"),
        ({"limit": ["1", "2"]}, "comes 2 times"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_told_in_words(
    server: str, asked: dict[str, object], word: str
) -> None:
    answer = requests.get(f"{server}/cdx", params={"url": CRIME} | asked, timeout=20)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert word in answer.text
    assert len(answer.text) < 1000


def test_head_is_answered_without_a_body(server: str) -> None:
    answer = requests.head(f"{server}/cdx", params={"url": CRIME}, timeout=20)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/x-cdxj")


def test_what_is_withdrawn_is_in_no_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(*RECORDS))
    held = tmp_path / "archive"
    with marsham.create_archive(held) as archive:
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
    decision = ("--reason", "Private", "--authority", "Panel")
    assert command(held, capsys, "withdraw", CRIME, *decision)[0] in (0, 1)  # copies are told of
    with marsham.open_archive(held) as archive:
        for server in serving(archive):
            assert rows(server) == []
            assert len(rows(server, "*")) == 7
            assert ask(server, "*", showNumPages="true", pageSize=1).text == "7\n"
            for more in ({"closest": "2011"}, {"sort": "reverse"}, {"limit": -5}):
                assert rows(server, **more) == []


HOSTILE = [
    "(a|a)*$b",
    "(.*)*x",
    "(.*.*.*)*x$",
    "(a?){90}a{90}",
    "((a+)+)+$b",
    "([a-z]*[a-z]*)*\\d$x",
]


@pytest.fixture(scope="module")
def long_addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over addresses that make a careless matcher work for years."""
    folder = tmp_path_factory.mktemp("long")
    records = [
        response(url=f"{HOST}/{'a' * 3000}{number}", head=[], date="2011-05-09T10:16:21Z")
        for number in range(300)
    ]
    (folder / "a.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        yield from serving(archive)


@pytest.mark.parametrize("expression", HOSTILE)
def test_an_expression_of_a_stranger_cannot_keep_the_server_busy(
    long_addresses: str, expression: str
) -> None:
    begun = time.monotonic()
    answer = ask(long_addresses, "*", filter=f"original:{expression}")
    assert answer.status_code in (200, 400)
    assert time.monotonic() - begun < 20


def test_a_question_that_takes_too_long_is_refused_or_goes_on_behind_a_key(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdx, "WORK", 0.0)
    answer = ask(server, "*", filter="statuscode:999")
    assert answer.status_code == 503
    assert "showResumeKey" in answer.text
    found: list[str] = []
    key = ""
    for _ in range(20):
        resumed = {"resumeKey": key} if key else {}
        said = ask(server, "*", output="text", showResumeKey="true", **resumed).text
        lines, _, key = said.partition("\n\n")
        found += lines.splitlines()
        key = key.strip()
        if not key:
            break
    monkeypatch.undo()
    assert found == ask(server, "*", output="text").text.splitlines()


@given(st.text(max_size=60), st.sampled_from(["filter", "url", "resumeKey", "fl", "collapse"]))
def test_no_question_is_too_odd_to_be_answered(server: str, text: str, name: str) -> None:
    answer = requests.get(f"{server}/cdx", params={"url": CRIME} | {name: text}, timeout=20)
    assert answer.status_code in (200, 400)
