"""``/timeline``: how a page or a site changed, as a chart of links and as a table."""

import re

import pytest
import requests

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/partnerships/contacts/"
FIRST, SECOND, LAST = "20090402111241", "20110509101649", "20130326123027"
COMPARED = (
    f"/compare/{FIRST}@VTCEY6RLXG5TZ3PFYCL7QV3DFHPH6WJN/{SECOND}@I2CM5UGUU67LV2I7IHIELC43CQPMINSV/"
    f"{PAGE}"
)


def get(address: str, **more: str) -> requests.Response:
    return requests.get(address, params=more, timeout=60)


def test_each_snapshot_is_a_bar_that_leads_to_what_changed(server: str) -> None:
    answer = get(f"{server}/timeline", url=PAGE)
    assert answer.status_code == 200
    chart = answer.text[answer.text.index("<svg") : answer.text.index("</svg>")]
    leading = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"', chart)
    assert [address for address, _ in leading] == [
        f"/web/{FIRST}/{PAGE}",
        COMPARED,
        f"/web/{LAST}/{PAGE}",
    ]
    assert "changed: " in leading[1][1]
    assert "leads elsewhere" in leading[2][1]
    assert chart.count('class="bar"') == 1


def test_the_table_says_what_the_chart_says(server: str) -> None:
    text = get(f"{server}/timeline", url=PAGE).text
    table = text[text.index("<table") : text.index("</table>")]
    assert "first snapshot" in table
    assert re.search(r"changed: \d+ passages, \d+ words more, \d+ words gone", table)
    assert f'href="{COMPARED}"' in table
    assert "2 of 3 snapshots show something else" in text


def test_dates_narrow_what_is_shown_and_stay_in_the_form(server: str) -> None:
    text = get(f"{server}/timeline", url=PAGE, **{"from": "2011", "to": "May 2011"}).text
    assert f"/web/{SECOND}/{PAGE}" in text
    assert f"/web/{LAST}/{PAGE}" not in text
    assert 'value="May 2011"' in text


def test_a_site_has_a_bar_for_each_month_and_tells_what_changed_most(server: str) -> None:
    text = get(f"{server}/timeline", site=f"{HOST}/").text
    chart = text[text.index("<svg") : text.index("</svg>")]
    assert chart.count("<a ") == 3
    assert "of 16 pages changed" in chart
    assert f'href="/timeline?url={HOST}'.replace("://", "%3A%2F%2F") in text
    assert text.count("<table") == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 200),
        ({"url": f"{HOST}/never/"}, 404),
        ({"site": "http://never.example/"}, 404),
        ({"url": "ftp:x"}, 400),
        ({"site": "ftp:x"}, 400),
        ({"url": PAGE, "from": "yesterday"}, 400),
        ({"url": PAGE, "from": "2012", "to": "2009"}, 400),
        ({"url": PAGE, "from": "2014"}, 404),
        ({"url": PAGE, "page": "9"}, 404),
    ],
)
def test_what_cannot_be_shown_is_explained(query: dict[str, str], status: int, server: str) -> None:
    answer = get(f"{server}/timeline", **query)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_lists_lead_to_timelines(server: str) -> None:
    assert "/timeline?url=" in get(f"{server}/web/*/{PAGE}").text
    assert "/timeline?site=" in get(f"{server}/sites/www.homeoffice.example").text


def test_the_search_page_tells_from_when_to_when_pages_said_it(server: str) -> None:
    asked = "cdrp.unit@homeoffice.example"
    dated = get(f"{server}/search", q=asked, at="2009").text
    assert "show=time" in dated
    text = get(f"{server}/search", q=asked, show="time").text
    table = text[text.index("<table") : text.index("</table>")]
    assert f'href="/web/{FIRST}/{PAGE}">2 April 2009</a>' in table
    assert f'href="/web/{SECOND}/{PAGE}">9 May 2011</a>' in table
    assert "1 of 2 captures" in table
    assert "<table" not in get(f"{server}/search", q="xyzzy", show="time").text


def test_how_far_away_the_evidence_is_stands_beside_it(server: str) -> None:
    where = f"{server}/contacts/sunderland/partnership-co-ordinator"
    around = get(where, **{"as-of": "2012"}).text
    assert "602 and 84 days away" in around
    between = get(where, **{"as-of": "2010"}).text
    assert "no capture lies between" in between
    assert "128 days after the date" in between
