"""What becomes of old addresses: drafted, checked, read and written as people edit it."""

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import FormatError
from archiver.records import Capture, Kind
from extract.redirects.checking import check
from extract.redirects.drafting import Moved, draft, renewed
from extract.redirects.forms import FORMS, write_map
from extract.redirects.mapping import Fate, Mapping, folded
from extract.redirects.sheet import COLUMNS, read_mappings, write_mappings

OLD = "http://www.homeoffice.example"
NEW = "https://www.new.example"


def captured(path: str, timestamp: str, status: int, site: str = OLD) -> Capture:
    return Capture(
        url=f"{site}{path}",
        timestamp=timestamp,
        kind=Kind.RESPONSE,
        status=status,
        media_type="text/html",
        digest="",
        file="a.warc.gz",
        offset=0,
        length=1,
    )


def drafted(
    *captures: Capture,
    leads: dict[str, str] | None = None,
    parameters: frozenset[str] | None = None,
    moved: dict[str, Moved] | None = None,
) -> list[Mapping]:
    return list(
        draft(
            captures,
            lambda capture: (leads or {}).get(capture.url, ""),
            lambda capture: f"/web/{capture.timestamp}/{capture.url}",
            parameters,
            {folded(url, parameters): to for url, to in (moved or {}).items()},
        )
    )


def test_a_page_leads_to_its_last_good_snapshot() -> None:
    [row] = drafted(
        captured("/a", "20090101000000", 200),
        captured("/a", "20110101000000", 200),
        captured("/a", "20130101000000", 404),
        captured("/a", "20140101000000", 503),
    )
    assert (row.fate, row.target) == (Fate.ARCHIVE, f"/web/20110101000000/{OLD}/a")
    assert (row.last_good, row.reason) == ("20110101000000", "missing on 2013-01-01; shown before")


def test_spellings_of_a_page_are_one_row_and_capitals_are_not() -> None:
    rows = drafted(
        captured("/crime/", "20090101000000", 200),
        captured("/crime/index.html", "20100101000000", 200),
        captured("/crime/?utm_source=mail", "20080101000000", 200),
        captured("/crime/", "20110101000000", 200, "https://homeoffice.example"),
        captured("/Crime/", "20110101000000", 200),
    )
    assert [row.old_url for row in rows] == [f"{OLD}/Crime/", "https://homeoffice.example/crime/"]
    assert rows[1].spellings == (
        f"{OLD}/crime/",
        f"{OLD}/crime/?utm_source=mail",
        f"{OLD}/crime/index.html",
    )


def test_a_captured_redirect_leads_where_it_led() -> None:
    rows = drafted(
        captured("/a", "20090101000000", 200),
        captured("/a", "20110101000000", 301),
        captured("/b", "20110101000000", 302),
        captured("/c", "20110101000000", 301),
        leads={f"{OLD}/a": f"{NEW}/a", f"{OLD}/b": "/a"},
    )
    assert [(row.fate, row.target, row.reason) for row in rows] == [
        (Fate.REDIRECT, f"{NEW}/a", "redirected to another site on 2011-01-01"),
        (Fate.REDIRECT, f"{OLD}/a", "redirected on the site on 2011-01-01"),
        (Fate.UNRESOLVED, "", "no capture shows a page"),
    ]


def test_a_redirect_to_another_spelling_of_itself_is_no_redirect() -> None:
    [row] = drafted(
        captured("/a", "20090101000000", 200),
        captured("/a", "20110101000000", 301),
        leads={f"{OLD}/a": "https://homeoffice.example/a/"},
    )
    assert (row.fate, row.last_good) == (Fate.ARCHIVE, "20090101000000")


def test_a_page_found_again_leads_to_its_new_address() -> None:
    rows = drafted(
        captured("/a/", "20090101000000", 200),
        captured("/a/index.html", "20110101000000", 404),
        captured("/b", "20090101000000", 200),
        captured("/b", "20110101000000", 301),
        captured("/c", "20090101000000", 200),
        captured("/new", "20110101000000", 200),
        leads={f"{OLD}/b": f"{NEW}/b"},
        moved={
            f"{OLD}/a": Moved(f"{OLD}/new", "20110101000000", 0.875),
            f"{OLD}/b": Moved(f"{OLD}/new", "20110101000000", 0.9),  # the redirect says more
            f"{OLD}/c": Moved("http://homeoffice.example/c/", "20110101000000", 1.0),  # itself
        },
    )
    told = {row.old_url: (row.fate, row.target, row.last_good) for row in rows}
    assert told == {
        f"{OLD}/a/index.html": (Fate.REDIRECT, f"{OLD}/new", "20090101000000"),
        f"{OLD}/b": (Fate.REDIRECT, f"{NEW}/b", "20090101000000"),
        f"{OLD}/c": (Fate.ARCHIVE, f"/web/20090101000000/{OLD}/c", "20090101000000"),
        f"{OLD}/new": (Fate.ARCHIVE, f"/web/20110101000000/{OLD}/new", "20110101000000"),
    }
    assert rows[0].reason == "found there on 2011-01-01, 88% of its words the same"


def test_what_was_never_shown_is_gone_or_left_for_people() -> None:
    rows = drafted(captured("/a", "20090101000000", 404), captured("/b", "20090101000000", 500))
    assert [row.fate for row in rows] == [Fate.GONE, Fate.UNRESOLVED]


def test_parameters_that_do_not_matter_are_folded_when_it_is_said_which_do() -> None:
    captures = [
        captured("/find?id=1&sort=up", "20090101000000", 200),
        captured("/find?id=1&sort=down", "20100101000000", 200),
        captured("/find?id=2", "20100101000000", 200),
    ]
    assert len(drafted(*captures)) == 3
    assert len(drafted(*captures, parameters=frozenset({"id"}))) == 2


def test_what_people_decided_stays_in_a_new_draft() -> None:
    fresh = drafted(captured("/a", "20090101000000", 200), captured("/b", "20090101000000", 200))
    decided = Mapping(f"{OLD}/a/", Fate.REDIRECT, f"{NEW}/a", decided_by="A. Reviewer")
    lost = Mapping(f"{OLD}/c", Fate.GONE, decided_by="A. Reviewer")
    undecided = Mapping(f"{OLD}/d", Fate.GONE)
    assert list(renewed(fresh, [decided, lost, undecided])) == [decided, fresh[1], lost]


def test_chains_are_led_to_their_end() -> None:
    checked = check(
        [
            Mapping(f"{OLD}/a", Fate.REDIRECT, f"{OLD}/b/"),
            Mapping(f"{OLD}/b", Fate.REDIRECT, "https://homeoffice.example/c"),
            Mapping(f"{OLD}/c", Fate.ARCHIVE, f"https://archive.example/web/2011/{OLD}/c"),
        ]
    )
    assert checked.findings == ()
    assert checked.flattened == 2
    assert {(one.path, one.fate) for one in checked.outcomes} == {
        ("/a", Fate.ARCHIVE),
        ("/b", Fate.ARCHIVE),
        ("/c", Fate.ARCHIVE),
    }


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("/a", Fate.REDIRECT, f"{OLD}/b"), ("/b", Fate.REDIRECT, f"{OLD}/a")], "loop"),
        ([("/a", Fate.REDIRECT, f"{OLD}/a/")], "loop"),
        ([("/a", Fate.REDIRECT, f"{NEW}/1"), ("/a/", Fate.REDIRECT, f"{NEW}/2")], "duplicate"),
        ([("/a", Fate.REDIRECT, "")], "no-target"),
        ([("/a", Fate.REDIRECT, f"{OLD}/b"), ("/b", Fate.UNRESOLVED, "")], "no-target"),
        ([("/a", Fate.GONE, f"{NEW}/1")], "needless-target"),
        ([("/a", Fate.REDIRECT, "www.new.example/1")], "bad-address"),
        ([("/a", Fate.REDIRECT, "javascript:alert(1)")], "bad-address"),
        ([("/a", Fate.REDIRECT, f"{NEW}/a b")], "bad-address"),
        ([("/a", Fate.REDIRECT, f'{NEW}/"; return 200')], "bad-address"),
        ([("/a", Fate.REDIRECT, f"{NEW}/\r\nSet-Cookie:a")], "bad-address"),
        ([("/a", Fate.REDIRECT, f"https://web.archive.org/web/2011/{OLD}/a")], "archive-target"),
        ([("/a", Fate.REDIRECT, f"https://archive.example/web/{OLD}/a")], "archive-target"),
        ([("/a", Fate.REDIRECT, "https://elsewhere.test/")], "target-host"),
        ([("/a", Fate.REDIRECT, "https://new.example.elsewhere.test/")], "target-host"),
    ],
)
def test_a_row_that_breaks_a_rule_is_told_and_not_answered(
    rows: list[tuple[str, Fate, str]], code: str
) -> None:
    checked = check(
        [Mapping(f"{OLD}{path}", fate, target) for path, fate, target in rows],
        target_hosts=(".example",),
        archive_at="https://archive.example/web/",
    )
    assert {found.code for found in checked.findings} == {code}
    assert checked.outcomes == ()


def test_the_hosts_that_redirects_lead_to_are_counted() -> None:
    checked = check(
        [Mapping(f"{OLD}/{number}", Fate.REDIRECT, f"{NEW}/{number}") for number in range(3)]
    )
    assert checked.hosts == {"www.new.example": 3}


def test_a_map_of_govuk_is_read_and_written(tmp_path: Path) -> None:
    given = tmp_path / "given.csv"
    given.write_text(
        "Old URL,New URL\n"
        f"{OLD}/a,{NEW}/a\n"
        f"{OLD}/b,TNA\n"
        f"{OLD}/c,\n"
        f"{OLD}/d,https://webarchive.nationalarchives.gov.uk/2011/{OLD}/d\n"
    )
    rows = list(read_mappings(given))
    assert [row.fate for row in rows] == [
        *(Fate.REDIRECT, Fate.ARCHIVE, Fate.UNRESOLVED, Fate.ARCHIVE)
    ]
    snapshot = f"https://archive.example/web/2011/{OLD}/b"
    rows[1] = Mapping(rows[1].old_url, Fate.ARCHIVE, snapshot)
    write_map(check(rows), FORMS["govuk"], tmp_path)
    assert (tmp_path / "govuk-transition.csv").read_text().splitlines() == [
        *("old url,new url", f"{OLD}/a,{NEW}/a", f"{OLD}/b,TNA", f"{OLD}/c,", f"{OLD}/d,TNA")
    ]


def test_tools_of_content_systems_get_what_they_can_hold(tmp_path: Path) -> None:
    checked = check(
        [
            Mapping(f"{OLD}/a", Fate.REDIRECT, f"{NEW}/a"),
            Mapping(f"{OLD}/b?id=1", Fate.ARCHIVE, f"https://archive.example/web/2011/{OLD}/b"),
            Mapping(f"{OLD}/c", Fate.GONE),
            Mapping(f"{OLD}/{'d' * 300}", Fate.REDIRECT, f"{NEW}/d"),
        ]
    )
    wagtail = write_map(checked, FORMS["wagtail"], tmp_path)
    assert (tmp_path / "homeoffice.example/wagtail-redirects.csv").read_text().splitlines() == [
        *("from,to", f"/a,{NEW}/a", f"/b?id=1,https://archive.example/web/2011/{OLD}/b")
    ]
    assert len(wagtail.left_out) == 2
    write_map(checked, FORMS["drupal"], tmp_path)
    lines = (tmp_path / "homeoffice.example/drupal-redirects.csv").read_text().splitlines()
    assert lines[:2] == ["source,destination,language,status_code", f"a,{NEW}/a,und,301"]


def test_an_error_in_a_map_names_file_and_line(tmp_path: Path) -> None:
    map_ = tmp_path / "map.csv"
    map_.write_text(f"old_url,type\n{OLD}/a,gone\n{OLD}/b,moved\n")
    with pytest.raises(FormatError, match=r"map\.csv, line 3.*'moved'.*redirect"):
        list(read_mappings(map_))
    map_.write_text("address\n")
    with pytest.raises(FormatError, match="no column old_url"):
        list(read_mappings(map_))


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="'"), max_size=20)


@given(
    st.lists(
        st.builds(
            Mapping,
            st.integers(1, 99).map(lambda number: f"{OLD}/{number}"),
            st.sampled_from(Fate),
            st.sampled_from(["", f"{NEW}/a?b=1,2"]),
            st.lists(st.sampled_from([f"{OLD}/x", f"{OLD}/y;z"]), max_size=2).map(tuple),
            st.just("20110529101621"),
            words.map(str.strip),
            words.map(str.strip),
        )
    )
)
def test_a_map_comes_back_from_its_file_as_it_was(rows: list[Mapping]) -> None:
    out = io.StringIO()
    assert write_mappings(out, rows) == len(rows)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        assert list(read_mappings(path)) == rows


def test_what_people_wrote_is_no_formula_in_a_spreadsheet() -> None:
    out = io.StringIO()
    write_mappings(out, [Mapping(f"{OLD}/a", Fate.GONE, reason="=1+1", decided_by="@a")])
    assert out.getvalue().splitlines()[1].endswith("'=1+1,'@a")
    assert out.getvalue().startswith(",".join(COLUMNS))
