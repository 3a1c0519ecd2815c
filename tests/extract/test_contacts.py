"""Contacts and partnerships in the layouts that directories have had over the years."""

import pytest

from extract.facts.records import Contact, Partnership, Records
from extract.page import read_page


def facts(markup: str) -> Records:
    return read_page(f"<body>{markup}".encode(), url="http://www.northshire.example/a/b.htm").facts


def only_contact(markup: str) -> Contact:
    (contact,) = facts(markup).contacts
    return contact


def test_an_address_block_with_the_organisation_in_its_middle() -> None:
    contact = only_contact(
        "<h3>Contact Us</h3><p>Well Safety Unit<br>4th floor, Fry building<br>Home Office<br>"
        "2 Marsham Street<br>London<br>SW1P 4DF</p><p><a href='mailto:wsu@office.example'>"
        "Email the well safety unit</a></p>"
    )
    assert contact == Contact(
        organisation="Home Office",
        unit="Well Safety Unit",
        address=("4th floor, Fry building", "2 Marsham Street", "London"),
        postcode="SW1P 4DF",
        email=("wsu@office.example",),
    )


def test_labels_in_lines() -> None:
    contact = only_contact(
        "<p><b>Well Team</b><br>Telephone: 020 7946 0480 (Monday to Friday, 9am-5pm)<br>"
        "Fax: 020 7946 0481<br>Minicom: 020 7946 0482<br>Email: well@office.example<br>"
        "Web: www.wells.example</p>"
    )
    assert contact.unit == "Well Team"
    assert contact.phone == ("+442079460480",)
    assert contact.fax == ("+442079460481",)
    assert contact.textphone == ("+442079460482",)
    assert contact.email == ("well@office.example",)
    assert contact.website == ("http://www.wells.example/",)


def test_tel_fax_is_both() -> None:
    contact = only_contact("<p>Ann Lee<br>Tel/Fax: 01632 960101</p>")
    assert contact.phone == contact.fax == ("+441632960101",)


def test_a_label_on_the_line_above() -> None:
    contact = only_contact("<p>Fax:<br>01632 960101<br>Contact:<br>Ann Lee</p>")
    assert contact.fax == ("+441632960101",)
    assert contact.person == "Ann Lee"


def test_a_term_list_of_labels_is_one_contact() -> None:
    contact = only_contact(
        "<dl><dt>Name</dt><dd>Ann Lee</dd><dt>Post</dt><dd>Director of Wells</dd>"
        "<dt>Telephone</dt><dd>01632 960101</dd><dt>Address</dt><dd>1 High St<br>Hull<br>HU1 1AA"
        "</dd></dl>"
    )
    assert contact == Contact(
        person="Ann Lee",
        role="Director of Wells",
        address=("1 High St", "Hull"),
        postcode="HU1 1AA",
        phone=("+441632960101",),
    )


def test_a_term_list_of_names_is_one_entry_a_term() -> None:
    found = facts(
        "<h2>West Midlands</h2><dl><dt>Stafford CDRP</dt><dd>Contact: Owen Sedgewick (CDRP "
        "Co-ordinator)</dd><dd>Address: Stafford Council, 5 High Street, Stafford, ZB2 2XY</dd>"
        "<dd>Tel: 0151 496 0703; Fax: 01632 960 621</dd><dd><a href='mailto:o@stafford.example'>"
        "E-mail the co-ordinator</a></dd><dt>Rugby CDRP</dt><dd>Contact: vacant</dd>"
        "<dd>Tel: 01632 960622</dd></dl>"
    )
    assert found.partnerships == (
        Partnership(
            name="Stafford CDRP",
            area=("Stafford",),
            region="West Midlands",
            country="England",
            contacts=(
                Contact(
                    organisation="Stafford Council",
                    person="Owen Sedgewick",
                    role="CDRP Co-ordinator",
                    address=("5 High Street", "Stafford"),
                    postcode="ZB2 2XY",
                    phone=("+441514960703",),
                    fax=("+441632960621",),
                    email=("o@stafford.example",),
                ),
            ),
        ),
        Partnership(
            name="Rugby CDRP",
            area=("Rugby",),
            region="West Midlands",
            country="England",
            contacts=(Contact(phone=("+441632960622",)),),
        ),
    )


def test_a_table_s_heads_say_what_its_columns_hold() -> None:
    found = facts(
        "<table><caption>Partnerships in the East Midlands</caption><tr><th>Partnership</th>"
        "<th>Local authority</th><th>Police force</th><th>Contact</th><th>Telephone</th></tr>"
        "<tr><td>Safer Mansfield and Ashfield</td><td>Mansfield; Ashfield</td>"
        "<td>Nottinghamshire Police</td><td>Ann Lee<br>Co-ordinator</td><td>01632 960201 x 12</td>"
        "</tr></table>"
    )
    (partnership,) = found.partnerships
    assert partnership.area == ("Mansfield", "Ashfield")
    assert partnership.police_force == "Nottinghamshire Police"
    assert (partnership.region, partnership.country) == ("East Midlands", "England")
    assert partnership.contacts == (
        Contact(person="Ann Lee", role="Co-ordinator", phone=("+441632960201;ext=12",)),
    )


def test_rows_that_only_name_a_region_stand_over_the_rows_below() -> None:
    found = facts(
        "<table><tr><th>Partnership</th><th>Contact</th><th>Phone</th></tr>"
        "<tr><td colspan=3>South West</td></tr><tr><td>Torbay CDRP</td><td>Ann Lee</td>"
        "<td>01632 960101</td></tr><tr><td colspan=3>London</td></tr><tr><td>Camden CDRP</td>"
        "<td>Bob Ray</td><td>020 7946 0101</td></tr></table>"
    )
    assert [each.region for each in found.partnerships] == ["South West", "London"]


def test_spans_carry_values_to_other_rows_but_make_no_contact_of_a_vacant_post() -> None:
    found = facts(
        "<table><tr><th>Desk</th><th>Officer</th><th>Number</th><th>E-mail</th></tr>"
        "<tr><td rowspan=2>Wells</td><td>Ann Lee</td><td>020 7946 0721</td>"
        "<td rowspan=2>wells@office.example</td></tr><tr><td>Bob Ray</td><td>020 7946 "
        "0722</td></tr>"
        "<tr><td rowspan=2>Lamps</td><td>Cy Dow</td><td rowspan=2>020 7946 0724</td><td>-</td></tr>"
        "<tr><td>vacant</td><td></td></tr></table>"
    )
    assert [(each.unit, each.person, each.email) for each in found.contacts] == [
        ("Wells", "Ann Lee", ("wells@office.example",)),
        ("Wells", "Bob Ray", ("wells@office.example",)),
        ("Lamps", "Cy Dow", ()),
    ]


def test_a_table_on_its_side() -> None:
    found = facts(
        "<table><tr><th>Partnership</th><td>Safer Harlow</td><td>Safer Epping</td></tr>"
        "<tr><th>Co-ordinator</th><td>Ann Lee</td><td>Bob Ray</td></tr>"
        "<tr><th>Tel</th><td>01632 960301</td><td>01632 960302</td></tr>"
        "<tr><th>Region</th><td colspan=2>East of England</td></tr></table>"
    )
    assert [(each.name, each.region) for each in found.partnerships] == [
        ("Safer Harlow", "East of England"),
        ("Safer Epping", "East of England"),
    ]
    assert found.partnerships[1].contacts[0].person == "Bob Ray"


def test_entries_parted_by_doubled_breaks_in_a_layout_table() -> None:
    found = facts(
        "<table><tr><td><a href='/'>Home</a><br><a href='/n'>News</a></td><td><font size=5><b>CDRP "
        "contacts in the South West</b></font><br><br><b>Torbay CDRP</b><br>Jane Farrow, "
        "Partnership "
        "Officer<br>Town Hall, Castle Circus<br>Torquay TQ1 3DR<br>Tel: 01632 960111<br><br>"
        "<b>Plymouth CDRP</b><br>Mr Alan Penrose (Community Safety Manager)<br>Civic Centre<br>"
        "Armada Way<br>Plymouth<br>PL1 2AA<br>Tel/Fax: 01632 960113</td></tr></table>"
    )
    torbay, plymouth = found.partnerships
    assert (torbay.name, torbay.region) == ("Torbay CDRP", "South West")
    assert torbay.contacts == (
        Contact(
            person="Jane Farrow",
            role="Partnership Officer",
            address=("Town Hall, Castle Circus", "Torquay"),
            postcode="TQ1 3DR",
            phone=("+441632960111",),
        ),
    )
    assert plymouth.contacts[0].person == "Mr Alan Penrose"
    assert plymouth.contacts[0].address == ("Civic Centre", "Armada Way", "Plymouth")


def test_headings_name_partnerships_and_sub_headings_their_posts() -> None:
    found = facts(
        "<h1>Directory</h1><h2>Safer Leeds</h2><h3>Chair</h3><p>Ann Lee, Leeds City Council<br>"
        "0113 496 0101</p><h3>Co-ordinator</h3><p>Bob Ray<br>0113 496 0102</p><h2>Safer Hull</h2>"
        "<p>Area: Kingston upon Hull<br>Police force: Humberside Police<br>Contact: Cy Dow<br>"
        "Tel: 01632 960101</p>"
    )
    leeds, hull = found.partnerships
    assert [(each.role, each.person) for each in leeds.contacts] == [
        ("Chair", "Ann Lee"),
        ("Co-ordinator", "Bob Ray"),
    ]
    assert hull.area == ("Kingston upon Hull",)
    assert hull.police_force == "Humberside Police"


def test_a_list_with_one_contact_an_item() -> None:
    found = facts(
        "<ul><li>North East: Ann Lee, 01632 960101<li>London: Bob Ray, 01632 960102</ul>"
        "<p>General enquiries: 01632 960100</p>"
    )
    assert [(each.person, each.unit) for each in found.contacts] == [
        ("Ann Lee", None),
        ("Bob Ray", None),
        (None, "General enquiries"),
    ]


def test_running_text_names_whom_to_reach_and_how() -> None:
    found = facts(
        "<p>For the north, contact Jane Farrow, Regional Co-ordinator, on 01632 960601 or e-mail "
        "jane dot farrow at office dot example. For the south please ring Mr T. Oakley (01632 "
        "960602). In an emergency ring 999; otherwise ring 101.</p><p>You can write to the Well "
        "Safety Unit, Home Office, 4th Floor, Fry Building, 2 Marsham Street, London SW1P 4DF.</p>"
    )
    jane, oakley, unit = found.contacts
    assert jane == Contact(
        person="Jane Farrow",
        role="Regional Co-ordinator",
        phone=("+441632960601",),
        email=("jane.farrow@office.example",),
    )
    assert oakley == Contact(person="Mr T. Oakley", phone=("+441632960602",))
    assert (unit.organisation, unit.unit) == ("Home Office", "Well Safety Unit")
    assert unit.address == ("4th Floor", "Fry Building", "2 Marsham Street", "London")


def test_a_page_about_one_partnership_gives_it_all_contacts() -> None:
    found = facts(
        "<h1>Northshire Safer Communities</h1><p>Northshire Safer Communities is the crime and "
        "disorder reduction partnership for Northshire, in the Yorkshire and the Humber region.</p>"
        "<p>Secretary: Malcolm Thornbarrow, 0114 496 0555</p>"
        "<p>Chair: Superintendent Vera Wetherlam, 0114 496 0556</p>"
    )
    (partnership,) = found.partnerships
    assert partnership.area == ("Northshire",)
    assert (partnership.region, partnership.country) == ("Yorkshire and The Humber", "England")
    assert [(each.role, each.person) for each in partnership.contacts] == [
        ("Secretary", "Malcolm Thornbarrow"),
        ("Chair", "Superintendent Vera Wetherlam"),
    ]


def test_mergers_in_a_table_and_in_a_sentence() -> None:
    found = facts(
        "<table><tr><th>New partnership</th><th>Replaces</th><th>Region</th></tr>"
        "<tr><td>Three Rivers Edge Community Safety Partnership</td><td>Upper Edge CDRP, Middle "
        "Edge CDRP and Lower Edge CDRP</td><td>West Midlands</td></tr></table>"
        "<p>Harlow Downs CSP was formed on 1 April 2006 by the merger of North Harlow CDRP and "
        "South Harlow CDRP.</p>"
    )
    assert [each.predecessors for each in found.partnerships] == [
        ("Upper Edge CDRP", "Middle Edge CDRP", "Lower Edge CDRP"),
        ("North Harlow CDRP", "South Harlow CDRP"),
    ]


def test_a_partnership_in_two_languages_is_one_with_an_alias() -> None:
    found = facts(
        "<table><tr><td lang=cy><h2>Partneriaeth Diogelwch Cymunedol Ynys Werdd</h2><p>Ffôn: "
        "029 2018 0111<br>E-bost: d@ynyswerdd.example</p></td><td lang=en><h2>Ynys Werdd Community "
        "Safety Partnership</h2><p>Telephone: 029 2018 0111<br>Email: d@ynyswerdd.example</p></td>"
        "</tr></table>"
    )
    (partnership,) = found.partnerships
    assert partnership.name == "Ynys Werdd Community Safety Partnership"
    assert partnership.aliases == ("Partneriaeth Diogelwch Cymunedol Ynys Werdd",)
    assert len(partnership.contacts) == 1


def test_hcards() -> None:
    found = facts(
        "<div class=vcard><h3><span class=fn>Tamsin Farrow</span></h3><p><span class=title>Well "
        "Lead</span>, <span class=org><span class=organization-unit>Safer Places Team</span>, "
        "<span class=organization-name>Wessex Vale Council</span></span></p><p class=adr><span "
        "class=street-address>Guildhall, 1 Bridge Street</span>, <span class=locality>Dorchester"
        "</span> <span class=postal-code>ZK1 1AA</span></p><p class=tel><span class=type>work"
        "</span>: <span class=value>01632 960301 ext. 12</span></p><p class=tel><span class=type>"
        "fax</span>: <span class=value>01632 960302</span></p><p><a class=email "
        "href='mailto:t@wessexvale.example'>send mail</a></p></div><div class=vcard><h3 class='fn "
        "org'>Northmoor Partnership</h3><p class=tel>01632 960303</p></div>"
    )
    assert found.contacts == (
        Contact(
            organisation="Wessex Vale Council",
            unit="Safer Places Team",
            person="Tamsin Farrow",
            role="Well Lead",
            address=("Guildhall, 1 Bridge Street", "Dorchester"),
            postcode="ZK1 1AA",
            phone=("+441632960301;ext=12",),
            fax=("+441632960302",),
            email=("t@wessexvale.example",),
        ),
        Contact(organisation="Northmoor Partnership", phone=("+441632960303",)),
    )


def test_microdata() -> None:
    contact = only_contact(
        "<div itemscope itemtype='http://schema.org/Person'><span itemprop=name>Ann Lee</span>, "
        "<span itemprop=jobTitle>Partnership Manager</span> at <span itemprop=worksFor itemscope "
        "itemtype='http://schema.org/Organization'><span itemprop=name>Northshire Council</span>"
        "</span>. <span itemprop=telephone>01632 960501</span> <div itemprop=address itemscope "
        "itemtype='http://schema.org/PostalAddress'><span itemprop=streetAddress>1 High St</span> "
        "<span itemprop=addressLocality>Hull</span> <span itemprop=postalCode>HU1 1AA</span></div>"
        "</div>"
    )
    assert contact == Contact(
        organisation="Northshire Council",
        person="Ann Lee",
        role="Partnership Manager",
        address=("1 High St", "Hull"),
        postcode="HU1 1AA",
        phone=("+441632960501",),
    )


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "GovernmentOrganization", "name": "Well Office", "telephone": "020 7946 0480"}',
        '{"@type": "Organization", /* x */ "name": "Well Office", "telephone": "020 7946 0480",}',
        '<!-- {"@type": "Organization", "name": "Well Office", "telephone": "020 7946 0480"} -->;',
        '//<![CDATA[\n{"@type":"Organization","name":"Well\nOffice","telephone":"020 7946 '
        '0480"}\n//]]>',
        '{"@graph": [{"@type": "Organization", "name": "Well Office", "telephone": '
        '"02079460480"}]}',
        '{"@type": "Organization", "name": "Well Office"\n "telephone": "020 7946 0480"}',
        '{"@type": "Organization", "name": "Well Office", "contactPoint": {"telephone": "020 '
        '7946 0480"}}',
    ],
)
def test_json_ld_however_carelessly_written(script: str) -> None:
    contact = only_contact(f'<script type="application/ld+json">{script}</script><p>Words.</p>')
    assert (contact.organisation, contact.phone) == ("Well Office", ("+442079460480",))


def test_what_is_said_in_markup_and_in_text_comes_once() -> None:
    contact = only_contact(
        '<script type="application/ld+json">{"@type": "Organization", "name": "Well Council", '
        '"telephone": "020 7946 0480"}</script><p>Well Council<br>Tel: 020 7946 0480<br>'
        "Fax: 020 7946 0481</p>"
    )
    assert contact.fax == ("+442079460481",)


def test_doubled_text_makes_no_second_contact() -> None:
    copy = "<p>Safety Team<br>Tel: 01632 960101<br>s@x.example</p>"
    only_contact(f"<div class=desktop>{copy}</div><div class=mobile>{copy}</div>")


def test_an_address_only_in_a_link_of_running_text_completes_the_contact_box() -> None:
    contact = only_contact(
        "<p>If you have questions, please <a href='mailto:u@x.example'>e-mail the unit</a>.</p>"
        "<h3>Contact</h3><p>Well Unit<br>1 High St<br>Hull<br>HU1 1AA</p><p><a "
        "href='mailto:u@x.example'>Email us</a></p>"
    )
    assert contact.unit == "Well Unit"
    assert contact.address == ("1 High St", "Hull")


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>Contact us</h1><form><label>Telephone <input></label></form><p>Fill in the form.</p>",
        "<h1>Statistics</h1><table><tr><th>Area</th><th>2009</th></tr><tr><td>Wales</td>"
        "<td>01632 960</td></tr><tr><td>London</td><td>0842 410</td></tr></table>",
        "<h1>Law</h1><p>See SI 2007/1830 and reference 020 7946 2011.</p>",
        "<form><label>Place <input></label></form><p>Town Hall</p><p>Find a partnership.</p>",
        "<h1>Emergencies</h1><p>Ring 999 in an emergency, or 101.</p>",
        "<p style='display:none'>Tel: 01632 960101</p><p>Words.</p>",
        "<div id=ukgwa-footer>Archive enquiries: 020 7946 0876</div><p>Words.</p>",
        "<div id=nav>Tel: 01632 960101</div><h1>T</h1><p>Words.</p>",
    ],
)
def test_a_page_without_contacts_has_none(markup: str) -> None:
    assert facts(markup).contacts == ()


def test_a_contact_in_the_footer_says_so() -> None:
    contact = only_contact("<h1>T</h1><p>Words.</p><footer>Well Unit, tel 01632 960101</footer>")
    assert (contact.unit, contact.region) == ("Well Unit", "footer")


def test_a_list_of_news_has_no_address() -> None:
    """A headline that ends in "street" and a date are no lines of an address."""
    markup = (
        "<h2>Free training days for partnership staff</h2><p>Wardens map break-ins street by street"
        "<br>30 March 2009</p><p>12 partnerships took part<br>12 February 2009</p>"
    )
    assert facts(markup).contacts == ()
    assert facts(markup).partnerships == ()


def test_words_that_explain_a_label_are_no_name() -> None:
    markup = (
        "<dl><dt>CDRP</dt><dd>Crime and Disorder Reduction Partnership: what partnerships were "
        "called until 2010.</dd><dt>LHB</dt><dd>Local health board: a body in Wales.</dd></dl>"
    )
    assert facts(markup).partnerships == ()


@pytest.mark.parametrize(
    "markup",
    [
        "<p>To take part, <a href='mailto:u@x.example'>e-mail the road safety unit</a>.</p>",
        "<p>If it is out of date, please let the <a href='mailto:u@x.example'>Road Safety Unit</a> "
        "know.</p>",
        "<p>Ask the Road Safety Unit at u@x.example</p>",
        "<h1>Road Safety Unit</h1><h2>Contact us</h2><p>E-mail: u@x.example</p>",
        "<h3>Road Safety Unit</h3><p>u@x.example</p>",
    ],
)
def test_a_bare_mailbox_has_the_unit_that_the_words_around_it_name(markup: str) -> None:
    contact = only_contact(markup)
    assert contact == Contact(unit="Road Safety Unit", email=("u@x.example",))


def test_a_mailbox_under_the_heading_of_a_subject_is_that_subjects() -> None:
    assert only_contact("<h2>Licensing</h2><p>Tel: 01632 960001</p>").unit == "Licensing"


@pytest.mark.parametrize(
    "heading", ["Further information", "How to reach us", "Getting help", "London"]
)
def test_other_headings_name_nobody(heading: str) -> None:
    contact = only_contact(f"<h2>{heading}</h2><p>Tel: 01632 960001</p>")
    assert contact == Contact(phone=("+441632960001",))


def test_the_page_heading_names_nobody_who_is_only_mentioned() -> None:
    contact = only_contact("<h1>Moderation policy</h1><p>E-mail: team@x.example</p>")
    assert contact == Contact(email=("team@x.example",))


def test_a_name_written_large_is_preferred_to_one_written_small() -> None:
    contact = only_contact(
        "<p>Please <a href='mailto:u@x.example'>e-mail the ROAD safety unit</a> first.</p>"
        "<h3>Address</h3><p>Road Safety Unit<br>1 High St<br>Hull<br>HU1 1AA<br>u@x.example</p>"
    )
    assert contact.unit == "Road Safety Unit"


def test_a_link_alone_is_no_contact() -> None:
    assert (
        facts("<p>Sutton Elections <a href='http://www.s.example/'>website</a></p>").contacts == ()
    )
    (contact,) = facts(
        "<p>Victim Help Team<br>Website: <a href='http://www.v.example/'>www.v.example</a></p>"
    ).contacts
    assert contact == Contact(unit="Victim Help Team", website=("http://www.v.example/",))


def test_an_example_of_an_address_is_nobodys() -> None:
    assert (
        facts("<p>Your e-mail (for example jane@x.example), e.g. 01632 960001</p>").contacts == ()
    )


def test_a_police_force_above_partnerships_is_theirs() -> None:
    found = facts(
        "<h1>Kent Police</h1><h2>Avon and Wells Police area</h2><h3>Hull CSP</h3>"
        "<p>01632 960001</p><h2>Others</h2><h3>Leeds CSP</h3><p>01632 960002</p>"
    ).partnerships
    assert [each.police_force for each in found] == ["Avon and Wells Police", None]


def test_formerly_and_covers_need_no_colon() -> None:
    (found,) = facts(
        "<dl><dt>Safer Morley</dt><dd>Formerly Morley CSP</dd><dd>Covers Upper Aston and Wexham, "
        "Harding</dd><dd>Tel 01632 960001</dd></dl>"
    ).partnerships
    assert found.predecessors == ("Morley CSP",)
    assert "Harding" in found.area


def test_minutes_of_a_meeting_name_neither_partnership_nor_address() -> None:
    found = facts(
        "<h1>Minutes of the Elmbury Community Safety Partnership</h1><p>Held on 12 March 2009 at "
        "the Town Hall, Castle Street.</p><p><b>Present:</b> Cllr Mary Ashdown (Chair).</p>"
        "<p><b>Apologies:</b> Fiona Dell</p>"
    )
    assert found.contacts == ()
    assert found.partnerships == ()


def test_who_lives_with_whom_is_not_a_line_of_the_address() -> None:
    (found,) = facts(
        "<h1>Safer Elmbury</h1><p>Safer Elmbury is the Community Safety Partnership for Elmbury in "
        "the East Midlands.</p><h2>Contact</h2><p>Safer Elmbury, c/o Elmbury Borough Council<br>"
        "Town Hall<br>Elmbury<br>ZE1 1AA<br>Tel: 01632 960123</p>"
    ).partnerships
    assert (found.area, found.region) == (("Elmbury",), "East Midlands")
    assert found.contacts == (
        Contact(
            organisation="Elmbury Borough Council",
            address=("Town Hall", "Elmbury"),
            postcode="ZE1 1AA",
            phone=("+441632960123",),
        ),
    )


def test_a_term_that_is_a_place_is_no_unit_of_the_partnership_under_it() -> None:
    (found,) = facts(
        "<dl><dt>Camden</dt><dd>Camden CSP<br>Alice Munday, 01632 960501</dd></dl>"
    ).partnerships
    assert found.contacts == (Contact(person="Alice Munday", phone=("+441632960501",)),)


def test_foreign_numbers_are_not_lines_of_an_address() -> None:
    contact = only_contact(
        "<p>Film Unit<br>75 Varick Street<br>New York<br>+1 (646) 555-0100 (voice)<br>"
        "sales@film.example</p>"
    )
    assert contact.address == ("75 Varick Street", "New York")


def test_a_partnership_named_safer_that_replaced_another() -> None:
    (found,) = facts("<p>Safer Morley replaced Morley CDRP in April 2007.</p>").partnerships
    assert (found.name, found.predecessors) == ("Safer Morley", ("Morley CDRP",))


def test_a_proper_unit_takes_the_place_of_general_enquiries() -> None:
    contact = only_contact(
        "<p><b>General enquiries</b><br>Direct Line Unit<br>2 Mill St, Hull HU1 1AA<br>01632 960001"
        "</p>"
    )
    assert contact.unit == "Direct Line Unit"
    assert contact.address == ("2 Mill St", "Hull")


def test_a_first_line_in_bold_is_a_small_heading() -> None:
    found = facts(
        "<p><b>Licensing</b><br>Tel: 01632 960001</p><p><b>Parking</b><br>Tel: 01632 960002</p>"
    ).contacts
    assert [(each.unit, each.phone) for each in found] == [
        ("Licensing", ("+441632960001",)),
        ("Parking", ("+441632960002",)),
    ]


def test_the_pattern_of_a_mailbox_is_none() -> None:
    assert facts("<p>E-mail: firstname.surname@office.example</p>").contacts == ()


def test_a_head_of_a_team_is_a_post() -> None:
    contact = only_contact("<p>Head of team: <b>Piers Oakden</b> - 01632 960101</p>")
    assert (contact.person, contact.role) == ("Piers Oakden", "Head of team")


def test_a_town_that_sounds_like_a_person_is_a_line_of_the_address() -> None:
    contact = only_contact(
        "<p>Northshire Council<br>12 Mill Lane<br>Bishop Harding<br>ZM1 1AA<br>01632 960001</p>"
    )
    assert contact.person is None
    assert contact.address == ("12 Mill Lane", "Bishop Harding")
