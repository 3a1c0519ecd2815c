"""The same facts in the many wordings and layouts that pages have had for them.

People, places and numbers are invented.
"""

import pytest

from extract.facts.records import Contact, Partnership, Records
from extract.page import read_page


def facts(markup: str) -> Records:
    return read_page(f"<body>{markup}".encode(), url="http://www.vale.example/a/b.htm").facts


def contacts(markup: str) -> list[Contact]:
    found = facts(markup)
    return [*found.contacts, *(each for held in found.partnerships for each in held.contacts)]


def partnerships(markup: str) -> dict[str, Partnership]:
    return {each.name: each for each in facts(markup).partnerships}


# ---------------------------------------------------------------- police forces


@pytest.mark.parametrize(
    "above",
    [
        "<h2>Thames Valley Police (2 partnerships)</h2>",
        "<h2>Partnerships in the Thames Valley Police area</h2>",
        "<h2>The south</h2><p>Each of these partnerships is served by Thames Valley Police.</p>",
        "<p>The two below are the Thames Valley Police partnerships.</p>",
    ],
)
def test_a_force_named_over_a_list_is_that_of_its_partnerships(above: str) -> None:
    found = partnerships(
        f"<h1>Partnerships</h1>{above}<h3>Oxford CSP</h3><p>Ann Lee, 01632 960101</p>"
        "<h3>Slough CSP</h3><p>Bob Day, 01632 960102</p>"
        "<h2>Elsewhere</h2>"
        if above.startswith("<h2>")
        else f"<h1>Partnerships</h1>{above}<ul><li>Oxford CSP</li><li>Slough CSP</li></ul>"
    )
    assert {each.police_force for each in found.values()} == {"Thames Valley Police"}


def test_a_force_in_an_entry_is_that_of_no_other() -> None:
    found = partnerships(
        "<h1>Partnerships</h1><h3>Stroud CSP</h3><p>Ann Lee, 01632 960101. The district is policed "
        "by Gloucestershire Constabulary.</p><h3>Corby CSP</h3><p>Bob Day, 01632 960102</p>"
    )
    assert found["Stroud CSP"].police_force == "Gloucestershire Constabulary"
    assert found["Corby CSP"].police_force is None


def test_a_police_commissioner_or_station_is_no_force() -> None:
    found = partnerships(
        "<h1>All partnerships</h1><p>All partnerships get grants from the Kent Police and Crime "
        "Commissioner.</p><ul><li>Dover CSP</li><li>Ashford CSP</li></ul>"
    )
    assert {each.police_force for each in found.values()} == {None}


# ---------------------------------------------------------------- mergers


@pytest.mark.parametrize(
    ("sentence", "old"),
    [
        (
            "Vale CSP took over from Black Hill CDRP and Low Hill CDRP.",
            "Black Hill CDRP|Low Hill CDRP",
        ),
        ("Moor CDRP and Nether CDRP gave way to Vale CSP in 2009.", "Moor CDRP|Nether CDRP"),
        ("The former Ash CDRP was renamed Vale CSP in 2010.", "Ash CDRP"),
        ("Vale CSP, which replaced Elm CDRP and Oak CDRP, is new.", "Elm CDRP|Oak CDRP"),
        ("Vale CSP (formerly part of Greater Vale CSP)", "Greater Vale CSP"),
        ("Vale CSP (was North Vale CDRP and South Vale CDRP)", "North Vale CDRP|South Vale CDRP"),
    ],
)
def test_a_partnership_names_what_it_came_from(sentence: str, old: str) -> None:
    found = partnerships(f"<h1>Changes</h1><ul><li>{sentence}</li></ul>")
    assert found["Vale CSP"].predecessors == tuple(old.split("|"))


def test_a_label_ends_with_its_sentence() -> None:
    found = partnerships(
        "<h1>Changes</h1><dl><dt>One Vale CSP</dt><dd>Replaces: Elm CDRP and Oak CDRP. Since 1 May "
        "2010. Region: South West.</dd></dl>"
    )
    assert found["One Vale CSP"].predecessors == ("Elm CDRP", "Oak CDRP")
    assert found["One Vale CSP"].region == "South West"


# ---------------------------------------------------------------- authorities


@pytest.mark.parametrize(
    "table",
    [
        "<tr><th>Body</th><th>England</th><th>Wales</th></tr><tr><td>Police</td><td>\u2713</td>"
        "<td>\u2713</td></tr><tr><td>Care trusts</td><td>\u2713</td><td>x</td></tr><tr><td>Schools"
        "</td><td>x</td><td>x</td></tr>",
        "<tr><th>Body</th><th>Police</th><th>Care trusts</th><th>Schools</th></tr><tr><th>England?"
        "</th><td>Y</td><td>Y</td><td>N</td></tr><tr><th>Wales?</th><td>Y</td><td>n/a</td><td>N"
        "</td></tr>",
        "<tr><td></td><td>Police</td><td>Care trusts</td><td>Schools</td></tr><tr><td>Wales</td>"
        "<td>Yes</td><td>No</td><td>No</td></tr><tr><td>England</td><td>Yes</td><td>Yes</td>"
        "<td>No (invited)</td></tr>",
        "<tr><th>Body</th><th>England</th><th>Wales</th></tr><tr><td>Police</td><td><img alt=Yes>"
        "</td><td><img alt=Yes></td></tr><tr><td>Care trusts</td><td><img alt=Yes></td><td>"
        "<img alt=No></td></tr>",
        "<tr><th>Body</th><th>Status</th><th>Country</th></tr><tr><td>Police</td><td>Responsible "
        "authority</td><td>Both</td></tr><tr><td>Care trusts</td><td>Responsible authority</td>"
        "<td>England</td></tr><tr><td>Schools</td><td>Invited</td><td>Both</td></tr>",
    ],
)
def test_a_table_of_authorities_may_lie_either_way(table: str) -> None:
    found = facts(f"<h2>Responsible authorities</h2><table>{table}</table>").authorities
    assert [(each.name, each.applies_to) for each in found] == [
        ("Police", None),
        ("Care trusts", "England"),
    ]


def test_a_country_before_an_authority_is_its_own() -> None:
    found = facts(
        "<p>The responsible authorities, which section 5 lists, are the police, local councils and,"
        " in England, care trusts or, in Wales, health boards.</p>"
    ).authorities
    assert [(each.name, each.applies_to) for each in found] == [
        ("police", None),
        ("local councils", None),
        ("care trusts", "England"),
        ("health boards", "Wales"),
    ]


# ---------------------------------------------------------------- counts


def counts(markup: str) -> list[tuple[int, str | None]]:
    return [(each.number, each.where) for each in facts(markup).counts]


def test_a_table_counts_for_two_days() -> None:
    markup = (
        "<h1>How many CDRPs</h1><table><tr><th>Country</th><th>May 2004</th><th>May 2005</th></tr>"
        "<tr><td>England</td><td>354</td><td>346</td></tr><tr><td>Wales</td><td>22</td><td>22</td>"
        "</tr><tr><td>Altogether</td><td>376</td><td>367</td></tr></table>"
    )
    assert (354, "England") in counts(markup)
    assert (346, "England") in counts(markup)
    checks = {each.claimed: each.agrees for each in facts(markup).claim_checks}
    assert checks == {376: True, 367: False}


def test_a_table_has_its_places_across() -> None:
    assert counts(
        "<table><tr><th>Region</th><th>North East</th><th>London</th></tr>"
        "<tr><td>CDRPs in 2005</td><td>23</td><td>33</td></tr></table>"
    ) == [(23, "North East"), (33, "London")]


def test_places_are_counted_in_sentences_and_lists() -> None:
    assert counts("<p>England: 310 partnerships; Wales: 22 partnerships.</p>") == [
        (310, "England"),
        (22, "Wales"),
    ]
    assert counts("<p>There are 340 CDRPs in England. In London there are thirty-three.</p>") == [
        (340, "England"),
        (33, "London"),
    ]
    assert counts("<h1>CSPs by region</h1><ul><li>North East: 12</li><li>London: 32</li></ul>") == [
        (12, "North East"),
        (32, "London"),
    ]


def test_what_a_page_says_of_its_own_list_is_checked() -> None:
    checks = facts(
        "<h1>CSPs</h1><p>There are some 300 CSPs in England; three of them are on this page.</p>"
        "<ul><li>Arun CSP, 01632 960101</li><li>Adur CSP, 01632 960102</li>"
        "<li>Dover CSP, 01632 960103</li></ul>"
    ).claim_checks
    assert [(each.claimed, each.found) for each in checks] == [(3, 3)]


# ---------------------------------------------------------------- contacts


@pytest.mark.parametrize(
    "text",
    [
        "Calls seem to come from 01632 960101. That number is not in use.",
        "The number 01632 960101, given last week, was wrong.",
        "The line <del>01632 960101</del> has gone.",
        "Your order number is 01632 960101.",
        "Nid yw'r hen rif, 01632 960101, ar waith bellach.",
    ],
)
def test_a_number_that_is_nobodys_is_no_contact(text: str) -> None:
    assert contacts(f"<h1>News</h1><p>{text}</p>") == []


def test_a_sentence_between_names_and_numbers() -> None:
    (contact,) = contacts(
        "<h3>Arun CSP</h3><p>Please contact Ann Day, Adviser at Arun Council.</p>"
        "<p>01632 960101</p>"
    )
    assert (contact.person, contact.role, contact.organisation) == (
        "Ann Day",
        "Adviser",
        "Arun Council",
    )


def test_a_label_after_a_full_stop_names_somebody_else() -> None:
    first, second = contacts(
        "<p>Manager: Ida Jones (01632 960112). Police lead: Kit Lowe, 01632 960113.</p>"
    )
    assert (first.person, first.role, first.phone) == ("Ida Jones", "Manager", ("+441632960112",))
    assert (second.person, second.role) == ("Kit Lowe", "Police lead")


def test_a_post_may_go_on_after_a_comma() -> None:
    (contact,) = contacts("<p>Ann de-la-Haye<br>Adviser, Young Victims<br>01632 960101</p>")
    assert (contact.person, contact.role) == ("Ann de-la-Haye", "Adviser, Young Victims")


def test_a_desk_that_answers_is_a_unit() -> None:
    (contact,) = contacts("<p>The press desk can be reached at press(at)vale.example.</p>")
    assert (contact.unit, contact.email) == ("Press Desk", ("press@vale.example",))


def test_the_second_at_may_be_that_of_the_mailbox() -> None:
    (contact,) = contacts("<p>You can e-mail Ann Day at ann.day [at] vale.example, or us.</p>")
    assert contact.email == ("ann.day@vale.example",)


def test_a_number_that_reaches_down_serves_the_next_row() -> None:
    found = contacts(
        "<table><tr><th>Name</th><th>Telephone</th></tr><tr><td>Ann Day</td><td rowspan=2>01632 "
        "960101</td></tr><tr><td>Bob Lee</td></tr></table>"
    )
    assert [(each.person, each.phone) for each in found] == [
        ("Ann Day", ("+441632960101",)),
        ("Bob Lee", ("+441632960101",)),
    ]


def test_a_picture_of_an_envelope_after_an_empty_cell() -> None:
    (contact,) = contacts(
        "<table><tr><th>Name</th><th>Telephone</th><th>Fax</th><th>E-mail</th></tr><tr><td>Ann Day"
        "</td><td>01632 960101</td><td>&mdash;</td><td><a href='mailto:ann@vale.example'>"
        "<img alt='mail'></a></td></tr></table>"
    )
    assert contact.email == ("ann@vale.example",)


def test_a_label_table_is_named_by_the_lines_above_it() -> None:
    (contact,) = contacts(
        "<h2>Office</h2><table><tr><td>Office Administrator</td></tr><tr><td>Ann Day</td></tr>"
        "<tr><td><table><tr><td>t</td><td>01632 960101</td></tr><tr><td>f</td><td>01632 960102"
        "</td></tr></table></td></tr></table>"
    )
    assert (contact.person, contact.role) == ("Ann Day", "Office Administrator")
    assert (contact.phone, contact.fax) == (("+441632960101",), ("+441632960102",))


def test_a_town_that_could_be_a_person_is_a_town() -> None:
    (contact,) = contacts("<p>Town Hall<br>2 Bridge Street<br>Bryn Glas<br>ZA1 1AA</p>")
    assert contact.person is None
    assert contact.address == ("Town Hall", "2 Bridge Street", "Bryn Glas")


def test_an_address_whose_parts_nobody_closed() -> None:
    (contact,) = contacts(
        "<div class=vcard><b class=fn>Ann Day</b> <span class=tel>01632 960101</span> <span "
        "class=adr><span class=extended-address>The Hut, <span class=street-address>Moat Lane, "
        "<span class=locality>Ashby</span> <span class=postal-code>ZA1 1AA</span></div>"
    )
    assert contact.address == ("The Hut", "Moat Lane", "Ashby")
    assert contact.postcode == "ZA1 1AA"


def test_a_link_that_shows_its_own_address_is_a_website() -> None:
    found = contacts(
        "<dl><dt>Arun CSP</dt><dd>Ann Day, 01632 960101</dd>"
        "<dd><a href='https://arun.example/safety'>arun.example/safety</a></dd></dl>"
    )
    assert [each.website for each in found] == [("https://arun.example/safety",)]


def test_a_sentence_says_what_a_name_without_a_kind_is() -> None:
    found = partnerships(
        "<h1>The board</h1><p>Ashby Together is the community safety partnership for the borough of"
        " Ashby in the East Midlands.</p><p>Ann Day, 01632 960101</p>"
    )
    assert found["Ashby Together"].area == ("Ashby",)
    assert found["Ashby Together"].region == "East Midlands"
