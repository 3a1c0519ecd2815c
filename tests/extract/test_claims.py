"""Counts, authorities, law, dates and attachments, and the page's claims held against itself."""

from datetime import date

import pytest

from extract.facts.dates import read_day
from extract.facts.records import Attachment, Authority, LegalReference, PageDate, Records
from extract.page import read_page


def facts(markup: str, **given: object) -> Records:
    archived = given.get("archived", ())
    assert isinstance(archived, tuple)
    return read_page(
        f"<body>{markup}".encode(), url="http://www.northshire.example/a/b.htm", archived=archived
    ).facts


def counts(markup: str) -> list[tuple[int, str | None, bool]]:
    return [(each.number, each.where, each.approx) for each in facts(markup).counts]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "At present there are 310 CSPs in England, and 22 in Wales.",
            [(310, "England", False), (22, "Wales", False)],
        ),
        (
            "England has 346 Crime and Disorder Reduction Partnerships. In Wales the same bodies "
            "are "
            "known as Community Safety Partnerships, and there are 22 of them.",
            [(346, "England", False), (22, "Wales", False)],
        ),
        (
            "There are around 300 partnerships in England and twenty-two in Wales.",
            [(300, "England", True), (22, "Wales", False)],
        ),
        ("There were 376 partnerships in England and Wales.", [(376, "England and Wales", False)]),
        ("Figures were gathered from 43 police forces.", [(43, None, False)]),
        ("The South West has 38 CDRPs.", [(38, "South West", False)]),
        ("Over 1,300 community safety partnerships took part.", [(1300, None, True)]),
        # numbers that count something else
        ("In 2009 partnerships were merged.", []),
        ("Section 5 partnerships may be formed.", []),
        ("Rates are per 1,000 people in England.", []),
        ("The partnership met 12 times.", []),
    ],
)
def test_counts_in_sentences(sentence: str, expected: list[tuple[int, str | None, bool]]) -> None:
    assert counts(f"<p>{sentence}</p>") == expected


def test_what_is_counted_keeps_its_name() -> None:
    found = facts("<p>England has 346 CDRPs; there are 22 CSPs in Wales.</p>").counts
    assert [each.what for each in found] == [
        "crime and disorder reduction partnerships",
        "community safety partnerships",
    ]


def test_a_table_of_counts_and_its_total() -> None:
    found = facts(
        "<table><tr><th>Region</th><th>Partnerships</th></tr><tr><td>London</td><td>32</td></tr>"
        "<tr><td>North East</td><td>12</td></tr><tr><td>England</td><td>45</td></tr>"
        "<tr><td>Wales</td><td>22</td></tr></table>"
    )
    assert [(each.where, each.number) for each in found.counts] == [
        ("London", 32),
        ("North East", 12),
        ("England", 45),
        ("Wales", 22),
    ]
    (check,) = found.claim_checks
    assert (check.claimed, check.found, check.agrees) == (45, 44, False)


def test_the_entries_of_a_page_are_held_against_what_it_announces() -> None:
    found = facts("<p>This page lists 3 partnerships.</p><ul><li>Safer Leeds<li>Safer Hull</ul>")
    assert [(each.claimed, each.found) for each in found.claim_checks] == [(3, 2)]


LIST = "<ul><li>the police<li>fire and rescue authorities<li>local health boards (LHBs) in Wales"


@pytest.mark.parametrize(
    "lead",
    [
        "<p>The responsible authorities of CSPs are:</p>",
        "<h2>Who are the responsible authorities?</h2>",
        "<h2>Responsible authorities</h2><p>These are:</p>",
        "<p>Three kinds of body are responsible authorities:</p>",
    ],
)
def test_a_list_after_a_lead_in_names_the_authorities(lead: str) -> None:
    assert facts(f"{lead}{LIST}</ul>").authorities == (
        Authority("police"),
        Authority("fire and rescue authorities"),
        Authority("local health boards", "Wales"),
    )


@pytest.mark.parametrize(
    "lead",
    [
        "<p>The responsible authorities must co-operate with:</p>",
        "<p>These bodies are not responsible authorities:</p>",
        "<h2>Responsible authorities</h2><p>They also work with:</p>",
    ],
)
def test_a_list_of_others_does_not(lead: str) -> None:
    assert facts(f"{lead}{LIST}</ul>").authorities == ()


def test_an_entry_that_names_one_body_for_each_country() -> None:
    found = facts(
        "<p>Five kinds of body are responsible authorities:</p><ol><li>the police<li>primary care "
        "trusts in England, or local health boards in Wales</ol>"
    )
    assert found.authorities[1:] == (
        Authority("primary care trusts", "England"),
        Authority("local health boards", "Wales"),
    )
    (check,) = found.claim_checks
    assert (check.claimed, check.found, check.agrees) == (5, 2, False)


def test_authorities_in_a_sentence() -> None:
    found = facts(
        "<p>The responsible authorities are the police, the local authority, the fire and rescue "
        "authority, and the primary care trust in England or the local health board in Wales.</p>"
    )
    assert [(each.name, each.applies_to) for each in found.authorities] == [
        ("police", None),
        ("local authority", None),
        ("fire and rescue authority", None),
        ("primary care trust", "England"),
        ("local health board", "Wales"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        "<table><caption>Responsible authorities</caption><tr><th>Body</th><th>England</th>"
        "<th>Wales</th></tr><tr><td>Police</td><td>Yes</td><td>Yes</td></tr><tr><td>Primary care "
        "trusts</td><td>\u2713</td><td>\u2013</td></tr><tr><td>Nobody</td><td>No</td><td>No</td></tr>"
        "</table>",
        "<table><tr><th>Body</th><th>Responsible authority?</th><th>Where</th></tr><tr><td>Police"
        "</td><td>Yes</td><td>England and Wales</td></tr><tr><td>Primary care trusts</td><td>Yes"
        "</td><td>England</td></tr><tr><td>Wardens</td><td>No</td><td></td></tr></table>",
    ],
)
def test_authorities_in_a_table_of_yes_and_no(table: str) -> None:
    assert facts(table).authorities == (
        Authority("Police"),
        Authority("Primary care trusts", "England"),
    )


CDA = "Crime and Disorder Act"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Under Sections 5-7 of the Crime and Disorder Act 1998.", (CDA, 1998, ("5", "6", "7"))),
        ("See sections 5 to 7 of the Crime and Disorder Act 1998.", (CDA, 1998, ("5", "6", "7"))),
        ("The Crime and Disorder Act 1998, ss. 5 and 6(1A).", (CDA, 1998, ("5", "6(1A)"))),
        ("The Crime and Disorder Act 1998 (sections 5, 5A and 17)", (CDA, 1998, ("5", "5A", "17"))),
        ("It is in s.97 Police Reform Act 2002.", ("Police Reform Act", 2002, ("97",))),
        (
            "Schedule 9 to the Police and Justice Act 2006 ended it.",
            ("Police and Justice Act", 2006, ("Schedule 9",)),
        ),
        (
            "Section 9 of the Domestic Violence, Crime and Victims Act 2004",
            ("Domestic Violence, Crime and Victims Act", 2004, ("9",)),
        ),
        (
            "Regulation 4 of the Well (Depth and Safety) Regulations 2009 (S.I. 2009/942)",
            ("Well (Depth and Safety) Regulations", 2009, ("Regulation 4",)),
        ),
        ("Deddf Trosedd ac Anhrefn 1998, adrannau 5 i 7.", (CDA, 1998, ("5", "6", "7"))),
    ],
)
def test_law_is_read_with_its_provisions(
    sentence: str, expected: tuple[str, int, tuple[str, ...]]
) -> None:
    (law,) = facts(f"<p>{sentence}</p>").legal
    assert (law.act, law.year, law.sections) == expected


def test_later_mentions_go_to_the_act_they_mean() -> None:
    found = facts(
        "<p>The Crime and Disorder Act 1998 (c. 37) set them up. Section 115 of the same Act "
        "allows "
        "sharing.</p><p>The Police Reform Act 2002 changed section 5 of the 1998 Act.</p>"
    )
    assert found.legal == (
        LegalReference(CDA, 1998, "c. 37", ("115", "5")),
        LegalReference("Police Reform Act", 2002),
    )


@pytest.mark.parametrize(
    "sentence",
    ["In order to act, read this.", "Act now.", "The Order came into force.", "Act 1998"],
)
def test_words_that_are_no_law(sentence: str) -> None:
    assert facts(f"<p>{sentence}</p>").legal == ()


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("17 March 2009", "2009-03-17"),
        ("Tuesday, March 17, 2009", "2009-03-17"),
        ("17th of March 2009", "2009-03-17"),
        ("03/04/2011", "2011-04-03"),  # day first
        ("3.4.11", "2011-04-03"),
        ("2011-04-03T10:00:00Z", "2011-04-03"),
        ("3-Apr-2011", "2011-04-03"),
        ("May 2001", "2001-05"),
        ("3 Mai 2011", "2011-05-03"),
        ("31/02/2011", None),
        ("soon", None),
    ],
)
def test_dates_as_people_write_them(written: str, iso: str | None) -> None:
    assert read_day(written) == iso


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Last update: Tuesday, March 17, 2009</p>", ("updated", "2009-03-17")),
        ("<p>Page last modified on 03/04/2011</p>", ("updated", "2011-04-03")),
        ("<p>Published 15 July 2010.</p>", ("published", "2010-07-15")),
        ("<p>We keep records. Published 15 July 2010.</p>", ("published", "2010-07-15")),
        ("<p>Date modified: 24 January 2001</p>", ("updated", "2001-01-24")),
        ("<p>Review date: May 2001</p>", ("review", "2001-05")),
        ("<dl><dt>Last updated</dt><dd>1 May 2011</dd></dl>", ("updated", "2011-05-01")),
        ("<p>Diweddarwyd: 3 Mai 2011</p>", ("updated", "2011-05-03")),
        ("<meta name='DCTERMS.modified' content='2011-05-03'>", ("updated", "2011-05-03")),
        ("<meta name='eGMS.date.issued' content='2011-05-03'>", ("published", "2011-05-03")),
    ],
)
def test_labelled_dates_are_the_page_s(markup: str, expected: tuple[str, str]) -> None:
    assert facts(f"<h1>T</h1>{markup}").dates == (PageDate(*expected),)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>The mini-site closed on 7 May 2010.</p>",
        "<p>Partnerships merged on 1 April 2010 as told to us.</p>",
        "<ul><li>Published 6 March 2013<li>Published 11 February 2013</ul>",  # of the news items
    ],
)
def test_other_dates_are_what_the_text_is_about(markup: str) -> None:
    assert facts(f"<h1>T</h1>{markup}").dates == ()


def test_the_date_given_by_an_archive_comes_before_the_one_in_its_notice() -> None:
    notice = "<div id=webArchiveInfobox>This snapshot, taken on 29/05/2011, is kept.</div><p>x</p>"
    assert facts(notice).dates == (PageDate("archived", "2011-05-29"),)
    given = facts(notice, archived=(date(2011, 5, 9), date(2011, 5, 29)))
    assert given.dates == (PageDate("archived", "2011-05-09"),)


def test_attachments_with_the_format_and_size_they_claim() -> None:
    found = facts(
        "<base href='http://files.example/docs/'><ul><li><a href='a.pdf'>Guide</a> [PDF, 120KB]"
        "<li><a href='/get.asp?id=7'>Report</a> (Word, 2.5 MB)<li><a href='b%20c.DOC'>B</a>"
        "<li><a href='z.htm'>A page</a></ul>"
    )
    assert found.attachments == (
        Attachment("http://files.example/docs/a.pdf", "pdf", 122880),
        Attachment("http://files.example/get.asp?id=7", "doc", 2621440),
        Attachment("http://files.example/docs/b%20c.DOC", "doc"),
    )


def test_dates_under_headings_that_lead_elsewhere_are_not_the_pages() -> None:
    item = "<h2><a href='/n{0}'>Item {0}</a></h2><p>Published {0} March 2013</p>"
    assert facts("<h1>News</h1>" + item.format(5) + item.format(6)).dates == ()
    assert facts(item.format(5)).dates == (PageDate("published", "2013-03-05"),)


def test_a_count_may_refer_to_the_paragraph_before() -> None:
    assert counts(
        "<p>There are 310 CSPs in England.</p><p>Wales has 22 of them. London has 8 million people."
        "</p>"
    ) == [(310, "England", False), (22, "Wales", False)]


def test_a_subject_named_before_the_sentence_that_announces_the_list() -> None:
    found = facts(
        "<p>The Act names the 'responsible authorities', the bodies that must belong. There are "
        "two kinds:</p><ul><li>the police</li><li>local authorities</li></ul>"
    )
    assert found.authorities == (Authority("police"), Authority("local authorities"))
    assert [each.agrees for each in found.claim_checks] == [True]


def test_welsh_forms_that_change_their_first_letter() -> None:
    found = facts(
        "<p>Mae 22 o bartneriaethau yng Nghymru o dan adrannau 5 i 7 o Ddeddf Trosedd ac Anhrefn "
        "1998.</p>"
    )
    assert [(each.number, each.where) for each in found.counts] == [(22, "Wales")]
    assert found.legal == (LegalReference("Crime and Disorder Act", 1998, None, ("5", "6", "7")),)


def test_feeds_are_no_attachments() -> None:
    assert (
        facts("<p><a href='/news/rss.xml'>RSS</a> <a href='/robots.txt'>r</a></p>").attachments
        == ()
    )


def test_an_authority_listed_for_both_countries_applies_to_both() -> None:
    found = facts(
        "<h2>Responsible authorities</h2><p>In England:</p><ul><li>police forces</li><li>primary "
        "care trusts</li></ul><p>In Wales:</p><ul><li>police forces</li><li>local health boards"
        "</li></ul>"
    ).authorities
    assert found == (
        Authority("police forces"),
        Authority("primary care trusts", "England"),
        Authority("local health boards", "Wales"),
    )


def test_the_last_two_authorities_of_a_sentence() -> None:
    found = facts(
        "<p>The responsible authorities are the police, the fire and rescue authority and the "
        "local health board.</p>"
    ).authorities
    assert [each.name for each in found] == [
        "police",
        "fire and rescue authority",
        "local health board",
    ]
