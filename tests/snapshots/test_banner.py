"""The banner's statements in every case, in both languages and both forms."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from snapshots.replay.banner import (
    BANNER_VERSION,
    OPTIONAL_STATEMENTS,
    Banner,
    BannerSettings,
    Parts,
)
from snapshots.settings import Settings, check_settings, read_settings, write_settings

URL = "http://www.homeoffice.example/crime/"
SERVED = datetime(2011, 5, 29, 10, 16, 21, tzinfo=UTC)


def banner(language: str = "en", without: frozenset[str] = frozenset(), **more: object) -> Banner:
    settings = BannerSettings("The Example Web Archive", "the Example Archives", language, without)
    values = {"url": URL, "served_at": SERVED, "list_link": f"/web/*/{URL}", **more}
    return Banner(settings=settings, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("20110529101621", None),
        ("20110529", None),  # the day asked for is the day served
        ("2011", None),
        ("20110529101620", "1 second later"),
        ("20110529101821", "2 minutes earlier"),
        ("20110529065959", "3 hours later"),
        ("20110529235959", "13 hours earlier"),
        ("20110530001621", "14 hours earlier"),  # another day, but not a day away
        ("20110530101622", "1 day earlier"),
        ("20110530", "1 day earlier"),
        ("20110509", "20 days later"),
        ("201104", "29 days later"),  # from the end of April
        ("2012", "217 days earlier"),  # from its beginning
        ("1996", "5,262 days later"),
    ],
)
def test_date_asked_and_date_served_are_both_told_as_finely_as_they_differ(
    asked: str, said: str | None
) -> None:
    told = banner(asked=asked).statements().get("asked")
    assert told is None if said is None else said in (told or "")


def test_hours_are_not_told_of_a_snapshot_whose_day_alone_is_known() -> None:
    assert "asked" not in banner(asked="20110529235959", day_only=True).statements()
    assert "1 day" in banner(asked="20110530111111", day_only=True).statements()["asked"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (None, None),
        (Parts(0, 0), None),  # a page of text alone
        (
            Parts(38, 2, datetime(2014, 3, 25, tzinfo=UTC), datetime(2014, 3, 27, tzinfo=UTC)),
            "Parts of this page: 25 to 27 March 2014; 38 are in the archive, 2 are missing.",
        ),
        (
            Parts(1, 0, datetime(2013, 12, 31, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)),
            "Parts of this page: 31 December 2013 to 1 January 2014; 1 is in the archive, "
            "none is missing.",
        ),
        (Parts(0, 3), "Parts of this page: none is in the archive, 3 are missing."),
        (
            Parts(300, 1, SERVED, SERVED, cut=True),
            "Parts of this page, as far as they were looked for: 29 May 2011; "
            "300 are in the archive, 1 is missing.",
        ),
    ],
)
def test_the_span_of_the_parts_is_told_with_what_is_missing(
    parts: Parts | None, said: str | None
) -> None:
    assert banner(parts=parts).statements().get("parts") == said


def test_an_institution_may_leave_out_warnings_and_nothing_else() -> None:
    more = {"asked": "2010", "status": 404, "notices": ("Ask us.",)}
    said = banner(without=frozenset({*OPTIONAL_STATEMENTS, "snapshot", "asked"}), **more)
    assert list(said.statements()) == ["snapshot", "asked", "status", "notice-1"]


def test_the_banner_speaks_welsh_and_says_so() -> None:
    made = banner("cy", asked="20110509", status=404)
    assert made.statements()["snapshot"] == (
        "Mae'r ciplun hwn, a gymerwyd ar 29 Mai 2011, yn dangos cynnwys gwe a gedwir ar gyfer y "
        "dyfodol gan the Example Archives."
    )
    assert "20 diwrnod yn ddiweddarach" in made.statements()["asked"]
    tree = html.fragment_fromstring(made.render())
    assert tree.get("lang") == "cy"
    assert tree.get("data-banner-version") == BANNER_VERSION


def test_links_and_years_stand_in_what_opens_without_a_script() -> None:
    made = banner(
        years=((2009, 1, "/web/2009*/x"), (2011, 2, "/web/2011*/x")),
        links=(("permanent", "/web/1/x"), ("cite", "/cite/1/x"), ("report", "mailto:a@b.example")),
    ).render()
    details = html.fragment_fromstring(made).find("details")
    assert details is not None
    assert details.find("summary").text == "More about this snapshot"
    told = [(link.text, link.get("href")) for link in details.iter("a")]
    assert told == [
        ("2009: 1 snapshot", "/web/2009*/x"),
        ("2011: 2 snapshots", "/web/2011*/x"),
        ("Permanent link", "/web/1/x"),
        ("Cite this snapshot", "/cite/1/x"),
        ("Report a problem", "mailto:a@b.example"),
    ]


def test_the_next_snapshot_of_other_content_is_named_where_the_next_is_alike() -> None:
    later = ("/web/2012/x", datetime(2012, 1, 1, tzinfo=UTC))
    other = ("/web/2013/x", datetime(2013, 1, 1, tzinfo=UTC))
    assert (
        "Next with other content: 1 January 2013" in banner(following=later, changed=other).render()
    )
    assert "other content" not in banner(following=later, changed=later).render()
    earlier = ("/web/2008/x", datetime(2008, 1, 1, tzinfo=UTC))
    before = ("/web/2007/x", datetime(2007, 1, 1, tzinfo=UTC))
    made = banner(previous=earlier, changed_before=before).render()
    assert "Previous with other content: 1 January 2007" in made
    assert "other content" not in banner(previous=earlier, changed_before=earlier).render()


def test_the_inline_form_needs_nothing_else_and_escapes_everything() -> None:
    evil = "</style></section><script>alert('\"&')</script>"
    made = banner(url="http://h.example/" + evil, notices=(evil,)).render_inline()
    tree = html.fragment_fromstring(made, create_parent="div")
    assert [child.tag for child in tree] == ["style", "section"]
    assert not list(tree.iter("script", "link", "img", "iframe"))
    assert "url(" not in tree[0].text
    assert "@import" not in tree[0].text
    assert evil in tree[1].text_content()
    assert tree[1].get("id") == "marsham-banner"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('language = "fr"', "language must be one of en, cy"),
        ('banner_without = "snapshot"', "what may be left out is working, contacts"),
    ],
)
def test_settings_of_the_banner_that_make_no_sense_are_refused(
    line: str, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "marsham.toml"
    path.write_text(line)
    with pytest.raises(Exception, match=reason):
        read_settings(path)


def test_settings_of_the_banner_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "marsham.toml"
    settings = Settings(language="cy", banner_without="contacts parts")
    check_settings(path, settings)
    write_settings(path, settings)
    assert read_settings(path) == settings
