"""Layouts that directories and team pages have had: each read as the records it shows.

People, places and numbers are invented.
"""

from time import process_time

import pytest

from extract.facts.records import Contact, Records
from extract.page import read_page

URL = "http://www.northshire.example/safety/contacts.htm"


def read(body: str) -> Records:
    markup = f"<html><head><title>Contacts</title></head><body>{body}</body></html>"
    return read_page(markup.encode(), url=URL).facts


def told(contact: Contact) -> str:
    """A contact in one line, its numbers shortened to their last three digits."""
    names = (contact.organisation, contact.unit, contact.person, contact.role)
    numbers = [f"T{number[-3:]}" for number in contact.phone]
    numbers += [f"F{number[-3:]}" for number in contact.fax]
    numbers += [f"X{number[-3:]}" for number in contact.textphone]
    parts = (*names, *contact.address, contact.postcode, *numbers, *contact.email)
    return "; ".join(part for part in parts if part)


def contacts(body: str) -> list[str]:
    facts = read(body)
    nested = [each for found in facts.partnerships for each in found.contacts]
    return [told(each) for each in (*facts.contacts, *nested)]


def by_partnership(body: str) -> dict[str, list[str]]:
    return {each.name: [told(held) for held in each.contacts] for each in read(body).partnerships}


def test_entries_side_by_side_in_one_row_are_entries_each() -> None:
    cell = "<td><p><b>{0} CDRP</b></p><p>{1}<br>01632 960{2}</p></td>"
    row = "<tr>" + "".join(
        cell.format(*each) for each in (("Ashby", "Ann Lee", "001"), ("Blaby", "Bob Moss", "002"))
    )
    body = f"<table>{row}{row.replace('Ashby', 'Corby').replace('001', '003')}</table>"
    assert by_partnership(body) == {
        "Ashby CDRP": ["Ann Lee; T001"],
        "Blaby CDRP": ["Bob Moss; T002"],
        "Corby CDRP": ["Ann Lee; T003"],
    }


def test_full_width_rows_part_a_table_of_labels_into_entries() -> None:
    entry = (
        "<tr><td colspan=2><b>{0} CSP</b></td></tr><tr><td>Contact:</td><td>{1}</td></tr>"
        "<tr><td>Tel:</td><td>01632 960{2}</td></tr>"
    )
    body = f"<table>{entry.format('Ashby', 'Ann Lee', '001')}"
    body += f"{entry.format('Blaby', 'Post vacant', '002')}</table>"
    assert by_partnership(body) == {"Ashby CSP": ["Ann Lee; T001"], "Blaby CSP": ["T002"]}


def test_a_number_in_the_foot_of_a_table_is_a_contact_of_its_own() -> None:
    body = (
        "<table><thead><tr><th>Partnership</th><th>Telephone</th></tr></thead>"
        "<tr><td>Ashby CSP</td><td>01632 960001</td></tr><tfoot><tr><td colspan=2>Regional team: "
        "Crime Reduction Team, 2 Salt Wharf, Northtown NT1 1AA, tel. 01632 960009</td></tr></tfoot>"
        "</table>"
    )
    assert "Crime Reduction Team; 2 Salt Wharf; Northtown; NT1 1AA; T009" in contacts(body)


def test_columns_named_in_the_first_row_of_a_table_of_labels() -> None:
    body = (
        "<table><tr><td></td><th>Safer Vale</th><th>Safer Moor</th></tr>"
        "<tr><th>Council</th><td>Vale Borough Council</td><td>Moor District Council</td></tr>"
        "<tr><th>Tel</th><td>01632 960001</td><td>01632 960002</td></tr></table>"
    )
    assert by_partnership(body) == {
        "Safer Vale": ["Vale Borough Council; T001"],
        "Safer Moor": ["Moor District Council; T002"],
    }


def test_labels_below_a_name_and_address_belong_to_it() -> None:
    body = (
        "<h2>Who to ask</h2><p>Safety Team<br>Moor Council<br>Moot Hall<br>Kelderby<br>ZH7 2LN</p>"
        "<dl><dt>Tel</dt><dd>01632 960001</dd><dt>Textphone</dt><dd>01632 960002</dd></dl>"
    )
    assert contacts(body) == ["Moor Council; Safety Team; Moot Hall; Kelderby; ZH7 2LN; T001; X002"]


def test_a_post_in_emphasis_needs_no_colon() -> None:
    body = (
        "<dl><dt>The Vale Community Safety Partnership</dt><dd><em>Chair</em> Isolde Skelmer</dd>"
        "<dd><em>Co-ordinator</em> Tobiah Rushmead</dd><dd><em>Phone</em> 01632 960001</dd></dl>"
    )
    assert by_partnership(body) == {
        "Vale Community Safety Partnership": ["Tobiah Rushmead; Co-ordinator; T001"]
    }


def test_preformatted_columns_stay_apart() -> None:
    body = (
        "<pre>NAME         POST           TELEPHONE\n"
        "Ann Lee      Co-ordinator   01632 960001\nBob Moss     Analyst        01632 960002\n</pre>"
    )
    assert contacts(body) == ["Ann Lee; Co-ordinator; T001", "Bob Moss; Analyst; T002"]


def test_labels_after_full_stops_part_a_line() -> None:
    body = (
        "<h2>Safer Ashby</h2><p>Region: East Midlands. Local authority: Ashby. Police: Ashby "
        "Constabulary.</p><p>Contact: Ann Lee, Manager, 1 High Street, Ashby LE67 3FJ. "
        "Tel: 01632 960001</p>"
    )
    (partnership,) = read(body).partnerships
    assert (partnership.region, partnership.police_force) == ("East Midlands", "Ashby Constabulary")
    assert told(partnership.contacts[0]) == "Ann Lee; Manager; 1 High Street; Ashby; LE67 3FJ; T001"


def test_facts_in_a_table_belong_to_the_partnership_of_the_main_heading() -> None:
    body = (
        "<h1>Vale Community Safety Partnership</h1><table><tr><td>Manager</td><td>Bob "
        "Moss</td></tr>"
        "<tr><td>Tel</td><td>01632 960001</td></tr><tr><td>Areas covered</td><td>Vale, "
        "Moor</td></tr>"
        "<tr><td>Police force</td><td>Valeshire Police</td></tr>"
        "<tr><td>Replaces</td><td>Vale CDRP; Moor CDRP</td></tr></table>"
    )
    (found,) = read(body).partnerships
    assert found.area == ("Vale", "Moor")
    assert found.police_force == "Valeshire Police"
    assert found.predecessors == ("Vale CDRP", "Moor CDRP")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (  # the pronoun stands for whom the sentence before named
            "<p>Mr Oswin Moss of the Partnerships Branch will. He is on 01632 960001.</p>",
            ["Partnerships Branch; Mr Oswin Moss; T001"],
        ),
        (
            "<h2>Safety</h2><p>The partnership's co-ordinator is Ann Lee.</p><p>Tel: 01632 "
            "960001</p>",
            ["Ann Lee; co-ordinator; T001"],
        ),
        (
            "<p>Contact Ann Lee on 01632 960001. Reporters should ring the Press Office on 01632 "
            "960002.</p>",
            ["Ann Lee; T001", "Press Office; T002"],
        ),
        (
            "<p>Enquiries: Ann Lee (01632 960001), Bob Moss (01632 960002) or Cat Ray on 01632 "
            "960003</p>",
            ["Ann Lee; T001", "Bob Moss; T002", "Cat Ray; T003"],
        ),
        (
            "<p>Newsdesk: 01632 960001<br>Broadcast unit: 01632 960002</p>",
            ["Newsdesk; T001", "Broadcast unit; T002"],
        ),
        ("<p>Newsdesk: 01632 960004/5/6</p>", ["Newsdesk; T004; T005; T006"]),
        (
            "<p><b>Post:</b> Safety Team, Vale House, Valetown ZV1 2AB<br><b>Text:</b> 07700 "
            "900111</p>",
            ["Safety Team; Vale House; Valetown; ZV1 2AB; T111"],
        ),
        (
            "<p>Ysgrifennwch at Ann Puw, Swyddog Diogelwch, Cyngor Moel, Caerwen ZC5 1SH, neu "
            "ffoniwch "
            "01632 960001.</p>",
            ["Cyngor Moel; Ann Puw; Swyddog Diogelwch; Caerwen; ZC5 1SH; T001"],
        ),
    ],
)
def test_who_is_named_near_a_number(body: str, expected: list[str]) -> None:
    assert contacts(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "<p>Our helpline 01632 960001 closed on 31 March 2010 and is not staffed.</p>",
        "<p>Old number: 01632 960005</p>",
        "<p>We moved from 1 Old Road, Northtown NT1 1AA in 2004.</p>",
        "<p>Please do not write to Chest House, 2 Vat Lane, Northtown NT1 1AA any more.</p>",
    ],
)
def test_what_is_said_to_be_gone_is_no_contact(body: str) -> None:
    assert contacts(body) == []


def test_a_mailbox_behind_a_picture_stays_with_its_person() -> None:
    card = (
        "<table><tr><td><b>{0}</b></td></tr><tr><td>Officer</td></tr><tr><td>01632 960{1}</td></tr>"
        '<tr><td><a href="mailto:{2}@x.example"><img src="m.gif" alt="mail"></a></td></tr></table>'
    )
    first, second = card.format("Ann Lee", "001", "ann"), card.format("Bob Moss", "002", "bob")
    body = f"<table><tr><td>{first}</td></tr><tr><td>{second}</td></tr></table>"
    assert contacts(body) == [
        "Ann Lee; Officer; T001; ann@x.example",
        "Bob Moss; Officer; T002; bob@x.example",
    ]


@pytest.mark.parametrize(
    "script",
    [
        "document.write('<a href=\"mailto:' + 'ann' + '@' + 'x.example' + '\">mail</a>');",
        "at('ann', 'x.example');",  # a function of the page, defined above
        "writeMail('ann', 'x.example');",  # one that some other file defines
    ],
)
def test_an_address_that_a_script_puts_together_is_read(script: str) -> None:
    function = "function at(n,d){document.write('<a href=\"mailto:'+n+'@'+d+'\">e-mail</a>');}"
    body = (
        f"<script>{function}</script><p>Safety Team: <script>{script}</script>"
        "<noscript>ann (at) x (dot) example</noscript></p>"
    )
    assert contacts(body) == ["Safety Team; ann@x.example"]


def test_an_address_covered_up_by_a_network_is_read() -> None:
    code = "2b4a6b49054e534a465b474e"
    span = f'<a class="__cf_email__" data-cfemail="{code}">[email&#160;protected]</a>'
    link = f'<a href="/cdn-cgi/l/email-protection#{code}">mail us</a>'
    body = f"<p>Press Office {span}</p><p>Policy Team {link} or 01632 960001</p>"
    assert contacts(body) == ["Press Office; a@b.example", "Policy Team; T001; a@b.example"]


def test_one_region_over_a_directory_is_that_of_all_its_partnerships() -> None:
    rows = "".join(f"<li>{name} CSP: 01632 96000{at}</li>" for at, name in enumerate("ABC"))
    for lead in (
        "<h1>South West partnerships</h1>",
        "<h1>Directory</h1><p>All partnerships of the South West region are in this list.</p>",
    ):
        found = read(f"{lead}<ul>{rows.replace(' CSP', 'shire CSP')}</ul>").partnerships
        assert [(each.region, each.country) for each in found] == [("South West", "England")] * 3


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "On 1 April 2009, Upper Vale CDRP and Lower Vale CDRP merged to form the Vale CSP.",
            {"Vale CSP": ("Upper Vale CDRP", "Lower Vale CDRP")},
        ),
        (
            "In 2010 North Hill CDRP joined with South Hill CDRP to become Safer Hills "
            "Partnership.",
            {"Safer Hills Partnership": ("North Hill CDRP", "South Hill CDRP")},
        ),
        (
            "Safer Dale, formed from Upper Dale CSP and Nether Dale CSP (North East)",
            {"Safer Dale": ("Upper Dale CSP", "Nether Dale CSP")},
        ),
        (
            "Coastal CSP (previously Cliff CDRP and Beach CDRP) covers the shore.",
            {"Coastal CSP": ("Cliff CDRP", "Beach CDRP")},
        ),
    ],
)
def test_mergers_are_read_from_sentences(
    sentence: str, expected: dict[str, tuple[str, ...]]
) -> None:
    found = read(f"<h1>Mergers</h1><p>{sentence}</p>").partnerships
    assert {each.name: each.predecessors for each in found} == expected


def test_a_name_in_both_languages_is_one_partnership_with_an_alias() -> None:
    body = (
        "<table><tr><th>Partneriaeth / Partnership</th><th>Ffôn / Telephone</th></tr><tr><td>"
        "Partneriaeth Diogelwch Cymunedol Gwynedd / Gwynedd Community Safety Partnership</td>"
        "<td>01632 960100 est. 12</td></tr></table>"
    )
    (found,) = read(body).partnerships
    assert found.name == "Gwynedd Community Safety Partnership"
    assert found.aliases == ("Partneriaeth Diogelwch Cymunedol Gwynedd",)
    assert found.contacts[0].phone == ("+441632960100;ext=12",)


@pytest.mark.parametrize(
    "body",
    [
        "<p>CSPs are made up of these responsible authorities:</p><p>&bull; Police<br>&bull; Local "
        "health boards (in Wales)<br>&bull; Probation (since April 2010)</p>",
        "<p>Parliament named the responsible authorities. They are the police, the local health "
        "board in Wales and, since April, probation.</p>",
        "<p>There are three responsible authorities: the police; local health boards in Wales; and "
        "probation.</p>",
        "<p>The police, local health boards (in Wales) and probation are the responsible "
        "authorities.</p>",
    ],
)
def test_responsible_authorities_are_read_from_lines_and_sentences(body: str) -> None:
    found = {
        each.name.lower().rstrip("s"): each.applies_to
        for each in read(f"<h1>A</h1>{body}").authorities
    }
    assert found == {"police": None, "local health board": "Wales", "probation": None}


def test_a_total_for_both_countries_is_held_against_each() -> None:
    body = (
        "<h1>Speech</h1><p>There are three hundred and seventy-six partnerships in England and "
        "Wales: "
        "three hundred and fifty-four in England and twenty-one in Wales. Around 300 of them "
        "have a "
        "co-ordinator.</p>"
    )
    facts = read(body)
    assert [(each.number, each.where) for each in facts.counts] == [
        (376, "England and Wales"),
        (354, "England"),
        (21, "Wales"),
        (300, None),
    ]
    assert [(each.claimed, each.found, each.agrees) for each in facts.claim_checks] == [
        (376, 375, False)
    ]


def test_welsh_numbers_count_by_twenties_and_by_tens() -> None:
    body = (
        "<h1>Ystadegau</h1><p>Mae dwy bartneriaeth ar hugain yng Nghymru.</p>"
        "<p>Mae tri deg dau o bartneriaethau yn Lloegr.</p>"
    )
    assert [(each.number, each.where) for each in read(body).counts] == [
        (22, "Wales"),
        (32, "England"),
    ]


def test_a_line_of_the_address_may_stand_above_the_name() -> None:
    body = "<p>Freepost RSLX-ABCD<br>Northshire CDRP<br>PO Box 123<br>Northtown<br>NT1 9ZZ</p>"
    assert by_partnership(body) == {
        "Northshire CDRP": ["Freepost RSLX-ABCD; PO Box 123; Northtown; NT1 9ZZ"]
    }


def test_what_is_said_of_a_region_is_held_against_a_directory_of_it() -> None:
    rows = "".join(f"<li>{name}shire CSP: 01632 96000{at}</li>" for at, name in enumerate("ABC"))
    lead = "<h1>South West</h1><p>There should be 4 partnerships in the South West.</p>"
    body = f"{lead}<ul>{rows}</ul>"
    assert [(each.claimed, each.found) for each in read(body).claim_checks] == [(4, 3)]


@pytest.mark.parametrize(
    "body",
    [
        "<p>" + "Upper Vale CDRP and " * 20_000 + " merged to form the Vale CSP",
        "<p>" + "Chair Ann Lee " * 20_000,
        "<p>" + "Newsdesk: 01632 960001<br>" * 10_000,
        "<p>" + "Ab: " * 100_000,
        "<p>responsible authorities. They are " + "the police and " * 20_000,
        "<p>" + "responsible authorities " * 20_000,
        "<p>" + "the police, " * 20_000 + "are the responsible authorities",
        "<p>" + "section 5(1) to (9999) of the Crime Act 1998. " * 4_000,
        "<p>section " + "5, " * 100_000 + "of the Crime Act 1998",
        "<p>x</p>" + '<div><a href="mailto:a@b.example"><img></a></div>' * 20_000,
        "<script>" + "function a(b){document.write(b)}" * 2_000 + "</script>",
        "<pre>" + ("a" + " " * 50) * 20_000,
        "<p>" + "CDA 1998 " * 50_000,
    ],
    ids=lambda body: body[:40],
)
def test_no_expression_takes_long_over_what_a_page_repeats(body: str) -> None:
    began = process_time()
    read(body)
    assert (
        process_time() - began < 15
    )  # a second or so; a minute if it went over it again and again


def test_a_row_with_a_line_for_each_of_two_officers_is_two_contacts() -> None:
    head = "<tr><th>CDRP</th><th>Contact</th><th>Telephone</th><th>E-mail</th></tr>"
    row = (
        "<tr><td>Ashby CDRP</td><td>Ann Lee (Chair)<br>Bob Moss (Clerk)</td>"
        "<td>01632 960001<br>01632 960002</td><td>csp@ashby.example</td></tr>"
    )
    assert by_partnership(f"<table>{head}{row}</table>") == {
        "Ashby CDRP": [
            "Ann Lee; Chair; T001; csp@ashby.example",
            "Bob Moss; Clerk; T002; csp@ashby.example",
        ]
    }


def test_a_table_of_two_languages_is_read_down_its_columns() -> None:
    body = (
        "<table><tr><th>Gogledd</th><th>North</th></tr>"
        "<tr><td>Swyddog: Nia Lee</td><td>Officer: Nia Lee</td></tr>"
        "<tr><td>Ffôn: 01632 960001</td><td>Tel: 01632 960001</td></tr>"
        "<tr><td>E-bost: nia@ashby.example</td><td>Email: nia@ashby.example</td></tr></table>"
    )
    assert [each for each in contacts(body) if "Nia Lee" in each and "T001" in each]
    assert all("T001" in each and "nia@ashby.example" in each for each in contacts(body))


def test_who_holds_a_post_may_stand_in_the_sentence_before_the_number() -> None:
    body = "<h3>Ashby CSP</h3><p>The clerk is Ann Lee. Tel. 01632 960001. Email a@ashby.example</p>"
    assert by_partnership(body) == {"Ashby CSP": ["Ann Lee; clerk; T001; a@ashby.example"]}


def test_a_post_that_is_stated_wins_over_lead_officer() -> None:
    body = (
        "<dl><dt>Ashby CSP</dt><dd>Lead officer: Ann Lee, Head of Safety</dd>"
        "<dd>T 01632 960001</dd>"
        "<dt>Blaby CSP</dt><dd>Lead officer: Bob Moss</dd><dd>T 01632 960002</dd></dl>"
    )
    assert by_partnership(body)["Ashby CSP"] == ["Ann Lee; Head of Safety; T001"]


def test_whoever_is_named_behind_a_list_of_partnerships_is_not_of_the_last() -> None:
    body = (
        "<ul><li>Ashby CSP<ul><li>Tel: 01632 960001</li></ul></li></ul>"
        "<p>Home Office contact: Ann Lee, 01632 960002</p>"
    )
    assert by_partnership(body) == {"Ashby CSP": ["T001"]}
    assert "Home Office; Ann Lee; T002" in contacts(body)


def test_a_merger_that_is_to_come_is_told_with_area_and_force() -> None:
    body = (
        "<p>From 1 July 2010 Ash CDRP and Birch CDRP will join to form the Ash and Birch "
        "Community Safety Partnership, which will cover the districts of Ash and Birch in the "
        "South West. Both are in the area of Kernway Police.</p>"
    )
    (merged,) = read(body).partnerships
    assert merged.name == "Ash and Birch Community Safety Partnership"
    assert list(merged.predecessors) == ["Ash CDRP", "Birch CDRP"]
    assert list(merged.area) == ["Ash", "Birch"]
    assert (merged.region, merged.country) == ("South West", "England")
    assert merged.police_force == "Kernway Police"


def test_a_partnership_that_only_running_text_names_is_one_if_no_other_is() -> None:
    one = "<p>We work with Ashby Crime and Disorder Partnership on this.</p>"
    assert [each.name for each in read(one).partnerships] == [
        "Ashby Crime and Disorder Partnership"
    ]
    assert not read(one + one.replace("Ashby", "Blaby")).partnerships
