"""``/compare``: two snapshots of a page side by side, at an address that means these two."""

from pathlib import Path

import pytest
import requests

import marsham
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/partnerships/"


def get(address: str, **more: str) -> requests.Response:
    return requests.get(address, params=more, timeout=30)


def test_dates_lead_to_the_exact_address_of_the_two_closest_captures(server: str) -> None:
    for given in ({"from": "2009", "to": "29 May 2011"}, {"from": "29/5/2011", "to": "2009"}):
        answer = requests.get(
            f"{server}/compare", params={"url": PAGE, **given}, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/compare/20090402111213/20110529000000/{PAGE}"
    answer = get(f"{server}/compare/2009/2011/{PAGE}")
    assert answer.url == f"{server}/compare/20090402111213/20110529000000/{PAGE}"


def test_the_page_names_both_captures_and_frames_their_comparison(server: str) -> None:
    answer = get(f"{server}/compare/20090402111213/20110529000000/{PAGE}")
    assert answer.status_code == 200
    assert f'href="/web/20090402111213/{PAGE}"' in answer.text
    assert "sha1:" in answer.text
    assert f'src="/compare-sheet/20090402111213/20110529000000/{PAGE}" sandbox>' in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_comparison_runs_nothing_and_loads_nothing(server: str) -> None:
    answer = get(f"{server}/compare-sheet/20090402111213/20110529000000/{PAGE}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert policy.endswith("; sandbox")
    assert "What differs" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/compare", 200),
        (f"/compare?url={PAGE}", 200),
        (f"/compare?url={PAGE}&from=yesterday&to=2011", 400),
        (f"/compare?url={HOST}/never/&from=2009&to=2011", 404),
        ("/compare?url=ftp:x&from=2009&to=2011", 400),
        ("/compare/2009/2011", 400),
        ("/compare/x/y/z", 400),
        (f"/compare/99999999999999/2011/{PAGE}", 400),
        (f"/compare/2009-999999/2011/{PAGE}", 200),
        (f"/compare-sheet/2009/2011/{HOST}/never/", 404),
    ],
)
def test_what_cannot_be_compared_is_explained(path: str, status: int, server: str) -> None:
    answer = get(server + path)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_pictures_are_no_pages_and_what_is_withdrawn_is_not_shown(tmp_path: Path) -> None:
    records = []
    for year in ("2009", "2011"):
        date = f"{year}-05-29T00:00:00Z"
        picture = [("Content-Type", "image/gif")]
        records += [
            response(b"<p>A secret of " + year.encode(), url=f"{HOST}/secret/", date=date),
            response(b"GIF89a", url=f"{HOST}/a.gif", date=date, head=picture),
        ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        scope = Scope("page", f"{HOST}/secret/")
        withdraw(archive, scope, Decision("private", "the panel"), lambda *_: ())
        for server in serving(archive):
            answer = get(f"{server}/compare/2009/2011/{HOST}/a.gif")
            assert answer.status_code == 200
            assert "Only pages can be compared" in answer.text
            for path in ("compare", "compare-sheet"):
                answer = get(f"{server}/{path}/2009/2011/{HOST}/secret/")
                assert answer.status_code == 451
                assert "A secret" not in answer.text
