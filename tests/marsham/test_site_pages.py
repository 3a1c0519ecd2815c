"""``/compare/site``: what became of the pages of a site, each leading to its comparison."""

import re
from pathlib import Path

import pytest
import requests

import marsham
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
ASKED = {"prefix": f"{HOST}/", "from": "2009", "to": "2011"}


def get(server: str, **more: str) -> requests.Response:
    return requests.get(f"{server}/compare/site", params=ASKED | more, timeout=60)


def rows(answer: requests.Response) -> list[tuple[str, str]]:
    found = re.findall(
        r'<th scope="row" class="address">(.*?)</th>\n<td data-head="[^"]*">(.*?)</td>',
        answer.text,
        re.DOTALL,
    )
    return [(re.sub(r"<[^>]*>", "", place).strip(), what) for place, what in found]


def test_each_page_is_told_and_changed_ones_lead_to_their_comparison(server: str) -> None:
    answer = get(server)
    assert answer.status_code == 200
    assert "What became of the pages between 2009 and 2011" in answer.text
    told = dict(rows(answer))
    page = f"{HOST}/crime/partnerships/contacts/"
    assert told[page] == "changed"
    assert "not captured" in told.values()
    address = re.search(rf'<a href="(/compare/[^/"]+/[^/"]+/{re.escape(page)})">', answer.text)
    assert address
    compared = requests.get(server + address[1], timeout=30)
    assert compared.status_code == 200
    assert compared.url == server + address[1]


def test_pages_that_nobody_captured_again_are_not_told_as_removed(server: str) -> None:
    answer = get(server, change="not captured")
    assert {what for _, what in rows(answer)} == {"not captured"}
    assert "that does not mean they were removed" in answer.text


def test_filters_keep_to_a_fate_a_share_of_words_and_a_part_of_the_address(server: str) -> None:
    everything = rows(get(server))
    changed = rows(get(server, change="changed"))
    assert changed
    assert changed == [row for row in everything if row[1] == "changed"]
    assert len(rows(get(server, least="100"))) < len(changed)
    part = rows(get(server, path="PARTNERSHIPS/contacts"))
    assert part == [row for row in everything if "partnerships/contacts" in row[0]]
    assert rows(get(server, path="xyzzy")) == []


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"prefix": ""}, 200, "See which pages were added"),
        ({"from": "yesterday"}, 400, "yesterday is not a date"),
        ({"from": "2012"}, 400, "The second date lies before the first"),
        ({"prefix": "http://never.example/"}, 404, "never.example"),
        ({"prefix": "ftp:x"}, 400, "ftp:x"),
        ({"page": "99"}, 404, "<h1>"),
        ({"least": "²"}, 200, "What became of the pages"),
        ({"lang": "cy"}, 200, "Beth ddigwyddodd i'r tudalennau"),
    ],
)
def test_what_cannot_be_answered_is_explained(
    asked: dict[str, str], status: int, said: str, server: str
) -> None:
    answer = get(server, **asked)
    assert answer.status_code == status
    assert said in answer.text.replace("&#39;", "'")


def test_what_is_withdrawn_is_in_no_comparison(tmp_path: Path) -> None:
    records = [
        response(
            f"<p>{name} of {year}".encode(), url=f"{HOST}/{name}/", date=f"{year}-05-29T00:00:00Z"
        )
        for name in ("secret", "press")
        for year in (2009, 2011)
    ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        scope = Scope("page", f"{HOST}/secret/")
        withdraw(archive, scope, Decision("private", "the panel"), lambda *_: ())
        for server in serving(archive):
            told = rows(get(server))
    assert told == [(f"{HOST}/press/", "changed")]
