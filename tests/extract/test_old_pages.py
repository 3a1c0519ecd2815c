"""Whole pages of the kinds that government sites had, each with all that should be read from it.

Every page was written down with its expected values before anything read it. People, numbers and
places are invented.
"""

from extract.facts.records import Authority, Contact, Count, LegalReference, PageDate
from extract.page import Page, read_page

URL = "http://www.northshire.example/safety/index.htm"


def read(markup: str, *, charset: str = "utf-8", url: str = URL) -> Page:
    return read_page(markup.encode(charset), url=url)


FONT_TABLES_2002 = """<HTML><HEAD><TITLE>Westmarch Council - Crime reduction team</TITLE>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=iso-8859-1"></HEAD>
<BODY BGCOLOR=#FFFFFF><TABLE WIDTH=760 BORDER=0 CELLPADDING=4><TR>
<TD WIDTH=150 BGCOLOR=#003366 VALIGN=TOP><FONT FACE=Arial SIZE=2 COLOR=#FFFFFF>
<A HREF="/index.htm">Home</A><BR><A HREF="/az.htm">A to Z</A><BR><A HREF="/jobs.htm">Jobs</A><BR>
<A HREF="/news.htm">News</A></FONT></TD>
<TD VALIGN=TOP><FONT FACE=Arial SIZE=5><B>Crime reduction team</B></FONT>
<P><FONT FACE=Arial SIZE=2>The team works with shops, schools and the police \u2013 \u201call under
one
roof\u201d \u2013 to keep the borough\u2019s streets safe.
<P><FONT FACE=Arial SIZE=2><B>Crime Reduction Team</B><BR>Westmarch Borough Council<BR>Corn
Exchange<BR>
14 Mill Lane<BR>Westmarch<BR>ZM4 2QP
<P><B>Tel:</B> 01632 960114 (24 hour answerphone)<BR><B>Fax:</B> 01632 960115<BR>
<B>E-mail:</B> <A
HREF="mailto:crime.reduction@westmarch.example">crime.reduction@westmarch.example</A>
<P><FONT SIZE=1>Page last updated: 14th November 2002</FONT></TD></TR></TABLE></BODY></HTML>"""


def test_a_page_of_2002_in_font_tags_and_windows_1252() -> None:
    page = read(FONT_TABLES_2002, charset="cp1252")
    assert page.facts.title == "Crime reduction team"
    assert "\u201call under one roof\u201d" in page.text
    assert "A to Z" not in page.text
    assert page.facts.contacts == (
        Contact(
            organisation="Westmarch Borough Council",
            unit="Crime Reduction Team",
            address=("Corn Exchange", "14 Mill Lane", "Westmarch"),
            postcode="ZM4 2QP",
            phone=("+441632960114",),
            fax=("+441632960115",),
            email=("crime.reduction@westmarch.example",),
        ),
    )
    assert page.facts.dates == (PageDate("updated", "2002-11-14"),)
    assert page.facts.links == ()


NESTED_2006 = """<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html><head><title>Regional advisers | Crime Reduction</title></head><body>
<table width="100%"><tr><td colspan="2"><img src="/i/banner.gif" alt="Crime Reduction"></td></tr>
<tr><td width="170" valign="top"><table><tr><td><a href="/toolkits/">Toolkits</a></td></tr>
<tr><td><a href="/regions/">Around the regions</a></td></tr>
<tr><td><a href="/learning/">Learning zone</a></td></tr></table></td>
<td valign="top"><h1>Regional advisers</h1>
<p>Each adviser covers one region and will answer questions from local partnerships.</p>
<table width="90%" cellspacing="6"><tr><td valign="top"><table><tr><td>
<h3>East Midlands</h3><p><b>Marjorie Quayle</b><br>Regional Adviser<br>Tel 0115 496 0223<br>
marjorie.quayle [at] regions [dot] example</p></td></tr></table></td>
<td valign="top"><table><tr><td><h3>South West</h3><p><b>Desmond Farthingale</b><br>
Regional Adviser<br>Tel 0117 496 0224<br>
<script type="text/javascript">var u="d.farthingale";var h="regions.example";
document.write('<a href="mailto:'+u+'@'+h+'">'+u+'@'+h+'</a>');</script></p></td></tr></table></td>
</tr></table>
<p style="display:none">Test adviser, tel 0115 496 0999, test@regions.example</p>
</td></tr></table></body></html>"""


def test_a_page_of_2006_with_nested_tables_and_hidden_mailboxes() -> None:
    page = read(NESTED_2006)
    assert page.facts.title == "Regional advisers"
    assert [(each.person, each.role, each.phone, each.email) for each in page.facts.contacts] == [
        (
            "Marjorie Quayle",
            "Regional Adviser",
            ("+441154960223",),
            ("marjorie.quayle@regions.example",),
        ),
        (
            "Desmond Farthingale",
            "Regional Adviser",
            ("+441174960224",),
            ("d.farthingale@regions.example",),
        ),
    ]
    assert "Test adviser" not in page.text
    assert "Toolkits" not in page.text


COUNCIL = """<html lang="en-GB"><head><title>Anti-social behaviour - Elmbury District
Council</title>
<meta name="DC.date.modified" content="2009-06-03"></head><body>
<div id="header"><a href="/">Elmbury District Council</a><p>Call us: 01632 960700</p></div>
<ul id="nav"><li><a href="/housing">Housing</a></li><li><a href="/rubbish">Rubbish</a></li></ul>
<div id="content"><h1>Anti-social behaviour</h1>
<p class="intro">Tell us about noise, graffiti and other nuisance near your home.</p>
<h2>Report it</h2><p>You can <a href="/forms/asb.asp?id=3">report it online</a> at any time. In an
emergency always ring 999; when there is no danger ring 101.</p>
<h2>Contact us</h2>
<dl><dt>Team:</dt><dd>Neighbourhood Wardens</dd><dt>Address:</dt>
<dd>Town Hall, 2 Castle Street, Elmbury ZE1 4BD</dd>
<dt>Telephone:</dt><dd>01632 960710</dd><dt>Minicom:</dt><dd>01632 960711</dd>
<dt>E-mail:</dt><dd><a href="mailto:wardens@elmbury.example">wardens@elmbury.example</a></dd></dl>
<h2>Downloads</h2><ul><li><a href="/docs/asb-policy.pdf">Our policy</a> (PDF, 240KB)</li>
<li><a href="/docs/diary.doc">Nuisance diary</a> [Word, 31 KB]</li></ul></div>
<div id="footer">Elmbury District Council, 01632 960700</div></body></html>"""


def test_a_council_page_with_labels_in_a_definition_list() -> None:
    page = read(COUNCIL)
    assert page.facts.summary == "Tell us about noise, graffiti and other nuisance near your home."
    (contact,) = [each for each in page.facts.contacts if each.region == "main"]
    assert contact == Contact(
        unit="Neighbourhood Wardens",
        address=("Town Hall", "2 Castle Street", "Elmbury"),
        postcode="ZE1 4BD",
        phone=("+441632960710",),
        textphone=("+441632960711",),
        email=("wardens@elmbury.example",),
    )
    assert [(each.format, each.size) for each in page.facts.attachments] == [
        ("pdf", 245760),
        ("doc", 31744),
    ]
    assert page.facts.dates == (PageDate("updated", "2009-06-03"),)
    assert [each.url for each in page.facts.links] == [
        "http://www.northshire.example/forms/asb.asp?id=3",
        "http://www.northshire.example/docs/asb-policy.pdf",
        "http://www.northshire.example/docs/diary.doc",
    ]


BILINGUAL = """<html><head><title>Cysylltu / Contact</title></head><body>
<table width="100%" border="0"><tr><td width="50%" valign="top" lang="cy">
<h2>Partneriaeth Diogelwch Cymunedol Aberllwyd</h2>
<p>Mae'r bartneriaeth yn gweithio gyda'r heddlu a'r cyngor.</p>
<p>Swyddfa'r Sir<br>Heol y Felin<br>Aberllwyd<br>ZL7 9AB<br>Ffôn: 029 2018 0631<br>
Ffacs: 029 2018 0632<br>E-bost: <a
href="mailto:diogel@aberllwyd.example">diogel@aberllwyd.example</a>
</p></td><td width="50%" valign="top" lang="en"><h2>Aberllwyd Community Safety Partnership</h2>
<p>The partnership works with the police and the council.</p>
<p>Swyddfa'r Sir<br>Heol y Felin<br>Aberllwyd<br>ZL7 9AB<br>Telephone: 029 2018 0631<br>
Fax: 029 2018 0632<br>E-mail: <a href="mailto:diogel@aberllwyd.example">diogel@aberllwyd.example</a>
</p></td></tr></table></body></html>"""


def test_welsh_and_english_columns_are_one_partnership() -> None:
    (partnership,) = read(BILINGUAL).facts.partnerships
    assert partnership.name == "Aberllwyd Community Safety Partnership"
    assert partnership.aliases == ("Partneriaeth Diogelwch Cymunedol Aberllwyd",)
    (contact,) = partnership.contacts
    assert contact == Contact(
        address=("Swyddfa'r Sir", "Heol y Felin", "Aberllwyd"),
        postcode="ZL7 9AB",
        phone=("+442920180631",),
        fax=("+442920180632",),
        email=("diogel@aberllwyd.example",),
    )


PLACES = [
    f"{first} {second}"
    for first in ["North", "South", "East", "West", "Upper", "Lower", "Great", "Little"]
    for second in ["Harding", "Morley", "Aston", "Wexham", "Tarrant"]
]
PEOPLE = [
    f"{first} {second}"
    for first in ["Agnes", "Bernard", "Cecily", "Duncan", "Edith", "Fergus", "Greta", "Hugo"]
    for second in ["Lampeter", "Osgood", "Pinder", "Quarles", "Ridout"]
]


def expected_entries() -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (f"{place} CDRP", person, (f"+441632960{number:03}",), (f"csp{number}@wessex.example",))
        for number, (place, person) in enumerate(zip(PLACES, PEOPLE, strict=True), start=200)
    ]


def found_entries(page: Page) -> list[tuple[str, str | None, tuple[str, ...], tuple[str, ...]]]:
    return [
        (each.name, contact.person, contact.phone, contact.email)
        for each in page.facts.partnerships
        for contact in each.contacts
    ]


def entry_parts() -> list[tuple[str, str, str, str]]:
    return [
        (name, person, f"01632 {phone[0][-6:]}", email[0])
        for name, person, phone, email in expected_entries()
    ]


def test_a_directory_of_forty_as_a_plain_table_without_th() -> None:
    rows = "".join(
        f"<tr><td>{name}</td><td>{person}</td><td>{phone}</td><td>{email}</td></tr>"
        for name, person, phone, email in entry_parts()
    )
    page = read(
        "<h1>CDRP contacts</h1><p>The table shows 40 partnerships.</p><table border=1><tr>"
        "<td><b>CDRP</b></td><td><b>Contact name</b></td><td><b>Tel. no.</b></td>"
        f"<td><b>E-mail</b></td></tr>{rows}</table>"
    )
    assert found_entries(page) == expected_entries()
    assert [(each.claimed, each.found) for each in page.facts.claim_checks] == [(40, 40)]


def test_a_directory_of_forty_as_headings_and_paragraphs() -> None:
    entries = "".join(
        f"<h3>{name}</h3><p>{person}, Co-ordinator</p><p>Telephone {phone}</p>"
        f'<p><a href="mailto:{email}">E-mail {person.split()[0]}</a></p>'
        for name, person, phone, email in entry_parts()
    )
    page = read(f"<h1>Find your partnership</h1><h2>South East</h2>{entries}")
    assert found_entries(page) == expected_entries()
    assert {each.region for each in page.facts.partnerships} == {"South East"}
    assert {each.country for each in page.facts.partnerships} == {"England"}
    assert {each.contacts[0].role for each in page.facts.partnerships} == {"Co-ordinator"}


def test_a_directory_of_forty_parted_by_doubled_breaks() -> None:
    entries = "<br><br>\n".join(
        f"<b>{name}</b><br>{person}<br>Tel: {phone}<br>{email}"
        for name, person, phone, email in entry_parts()
    )
    page = read(f"<font size=4>Partnerships</font><p>{entries}</p>")
    assert found_entries(page) == expected_entries()


def test_a_directory_of_forty_as_a_list_with_commas() -> None:
    entries = "".join(
        f"<li><strong>{name}</strong>: {person}, {phone}, <a href='mailto:{email}'>e-mail</a></li>"
        for name, person, phone, email in entry_parts()
    )
    assert found_entries(read(f"<h1>Partnerships</h1><ul>{entries}</ul>")) == expected_entries()


TRANSPOSED = """<h1>Our three offices</h1><table><tr><th>Office</th><td>North</td><td>Mid</td>
<td>South</td></tr><tr><th>Manager</th><td>Ivor Penrose</td><td>vacant</td><td>Hilda
Stanwick</td></tr>
<tr><th>Telephone</th><td>0191 498 0311</td><td>0113 496 0312</td><td>029 2018 0313</td></tr>
<tr><th>Fax</th><td>0191 498 0321</td><td>-</td><td>029 2018 0323</td></tr>
<tr><th>E-mail</th><td>north@office.example</td><td>mid@office.example</td>
<td>south@office.example</td></tr></table>"""


def test_a_transposed_table_of_offices() -> None:
    assert [
        (each.unit, each.person, each.phone, each.fax, each.email)
        for each in read(TRANSPOSED).facts.contacts
    ] == [
        (
            "North",
            "Ivor Penrose",
            ("+441914980311",),
            ("+441914980321",),
            ("north@office.example",),
        ),
        ("Mid", None, ("+441134960312",), (), ("mid@office.example",)),
        (
            "South",
            "Hilda Stanwick",
            ("+442920180313",),
            ("+442920180323",),
            ("south@office.example",),
        ),
    ]


JSON_LD = """<html><head><title>Safer Tarrant</title><script type="application/ld+json">
<!-- {"@context": "http://schema.org", "@type": "GovernmentOrganization", // ours
"name": "Tarrant District Council",
"telephone": "01632 960411", "faxNumber": "01632 960412",
"address": {"@type": "PostalAddress", "streetAddress": "5 Abbey Row",
"addressLocality": "Tarrant", "postalCode": "ZT5 3NE",},
"email": "mailto:hello@tarrant.example",}; --></script></head>
<body><h1>About the council</h1><p>Everything you want to know about us is on this
page.</p></body>"""


def test_broken_json_ld_is_read_all_the_same() -> None:
    (contact,) = read(JSON_LD).facts.contacts
    assert contact.organisation == "Tarrant District Council"
    assert contact.address == ("5 Abbey Row", "Tarrant")
    assert contact.postcode == "ZT5 3NE"
    assert (contact.phone, contact.fax) == (("+441632960411",), ("+441632960412",))
    assert contact.email == ("hello@tarrant.example",)


MICRODATA = """<h1>Duty solicitor</h1><div itemscope itemtype="http://schema.org/Organization">
<span itemprop="name">Wexham Law Centre</span>
<div itemprop="address" itemscope itemtype="http://schema.org/PostalAddress">
<span itemprop="streetAddress">The Old Bank, 8 Fore Street</span>,
<span itemprop="addressLocality">Wexham</span> <span itemprop="postalCode">ZW8 1TT</span></div>
Phone: <span itemprop="telephone">01632 960521</span> or
<a itemprop="email" href="mailto:law@wexham.example">write to us</a>
<time itemprop="dateModified" datetime="2012-10-02">October</time></div>"""


def test_microdata() -> None:
    page = read(MICRODATA)
    assert page.facts.contacts == (
        Contact(
            organisation="Wexham Law Centre",
            address=("The Old Bank, 8 Fore Street", "Wexham"),
            postcode="ZW8 1TT",
            phone=("+441632960521",),
            email=("law@wexham.example",),
        ),
    )


SOUP = """<title>Contacts<h1>Who to ring</H1><p><b>Victim Support Desk<p>Tel<b>: 01632 <i>960
611</b></i>
<br>Fax:</b> 01632 960 612<tr><td><P>Mail: <a href=mailto:victims@soup.example>victims@soup.example
<p><div><b>Witness Care Unit</b></p>Tel: 01632 960613<li>E-mail: witness@soup.example"""


def test_tag_soup() -> None:
    page = read(SOUP)
    assert [(each.unit, each.phone, each.fax, each.email) for each in page.facts.contacts] == [
        ("Victim Support Desk", ("+441632960611",), ("+441632960612",), ("victims@soup.example",)),
        ("Witness Care Unit", ("+441632960613",), (), ("witness@soup.example",)),
    ]


PROSE = """<h1>How the grant works</h1><p>Partnerships may bid for money once a year.</p>
<p>To talk a bid over, ring Dr Rowena Ashcombe, the grants manager, on 020 7946 0711 or e-mail her
at
rowena.ashcombe@grants.example. If she is away, her deputy Colin Thrupp can be reached on extension
4512 of the same line.</p><p>Bids go by post to the Grants Team, Home Office, 2 Marsham Street,
London
SW1P 4DF, before 31 January 2008. Last year 212 of 290 bids succeeded, at a cost of
\u00a34,100,250, and
reference numbers such as 0207/9461/2008 were given out.</p>"""


def test_contacts_in_running_text() -> None:
    page = read(PROSE)
    first, second = page.facts.contacts
    assert (first.person, first.role) == ("Dr Rowena Ashcombe", "grants manager")
    assert first.phone == ("+442079460711",)
    assert first.email == ("rowena.ashcombe@grants.example",)
    assert second == Contact(
        organisation="Home Office",
        unit="Grants Team",
        address=("2 Marsham Street", "London"),
        postcode="SW1P 4DF",
    )
    assert page.facts.counts == ()


LYING = (
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=us-ascii">'
    "<title>Caf\u00e9 watch</title></head><body><h1>Caf\u00e9 watch \u2013 fees of \u00a35</h1>"
    "<p>Ask Zo\u00eb M\u00fcller on 0161 496 0811.</p></body></html>"
)


def test_a_page_that_lies_about_its_charset() -> None:
    for charset in ("utf-8", "cp1252"):
        page = read(LYING, charset=charset)
        assert page.facts.title == "Caf\u00e9 watch \u2013 fees of \u00a35"
        (contact,) = page.facts.contacts
        assert (contact.person, contact.phone) == ("Zo\u00eb M\u00fcller", ("+441614960811",))


BASE = """<html><head><base href="http://files.northshire.example/pub/"><title>Forms</title></head>
<body><h1>Forms</h1><p>All forms in one place.</p>
<ul><li><a href="form-a.pdf">Form A</a> - PDF (1.5 MB)</li>
<li><a href="../old/form-b.rtf">Form B (RTF 88k)</a></li>
<li><a href="/c/getfile.asp?f=form-c.xls">Form C</a>, Excel, 2,048 bytes</li>
<li><a href="form-a.pdf">Form A again</a></li><li><a href="how.htm">How to fill them
in</a></li></ul>"""


def test_attachments_against_a_base_element() -> None:
    page = read(BASE)
    assert [(each.url, each.format, each.size) for each in page.facts.attachments] == [
        ("http://files.northshire.example/pub/form-a.pdf", "pdf", 1572864),
        ("http://files.northshire.example/old/form-b.rtf", "rtf", 90112),
        ("http://files.northshire.example/c/getfile.asp?f=form-c.xls", "xls", 2048),
    ]


DOUBLED = """<html><head><style>.print-only {display: none} #old { visibility:hidden;
}</style></head>
<body><div id="content"><h1>Burglary helpline</h1>
<p>Ring the Burglary Team on 0118 496 0914 or write to burglary@line.example.</p>
<div class="print-only"><p>Printed from line.example, tel 0118 496 0999.</p></div>
<div id="old"><p>Old number: 0118 496 0900</p></div>
<template><p>Tel 0118 496 0901</p></template></div>
<div class="sidebar"><h2>Contact us</h2><p>Burglary Team<br>Tel: 0118 496 0914<br>
E-mail: <a href="mailto:Burglary@line.example?subject=Help">Burglary@line.example</a></p></div>"""


def test_hidden_text_is_nobodys_and_what_is_said_twice_comes_once() -> None:
    page = read(DOUBLED)
    assert page.facts.contacts == (
        Contact(unit="Burglary Team", phone=("+441184960914",), email=("burglary@line.example",)),
    )
    assert "0999" not in page.text


AUTHORITIES = """<h1>Who belongs to a partnership?</h1>
<p>Sections 5 and 6(1A) of the Crime and Disorder Act 1998 (c. 37) name them.</p><table>
<caption>Bodies and their duties</caption><tr><th>Body</th><th>Responsible authority in
England?</th>
<th>Responsible authority in Wales?</th></tr><tr><td>Police</td><td>Yes</td><td>Yes</td></tr>
<tr><td>Primary care trusts</td><td>Yes</td><td>No</td></tr>
<tr><td>Local health boards</td><td>No</td><td>Yes</td></tr>
<tr><td>Housing associations</td><td>No</td><td>No</td></tr>
<tr><td>Fire and rescue authorities (FRAs)</td><td>Yes</td><td>Yes</td></tr></table>"""


def test_authorities_as_a_table_of_yes_and_no() -> None:
    facts = read(AUTHORITIES).facts
    assert facts.authorities == (
        Authority("Police"),
        Authority("Primary care trusts", "England"),
        Authority("Local health boards", "Wales"),
        Authority("Fire and rescue authorities"),
    )
    assert facts.legal == (LegalReference("Crime and Disorder Act", 1998, "c. 37", ("5", "6(1A)")),)
    assert facts.partnerships == ()


FORM = """<h1>Contact the partnership team</h1><form action="/send.asp" method="post">
<p>Fields marked * must be filled in.</p><label>Your name * <input name="n"></label>
<label>Your e-mail (for example jane@mail.example) <input name="e"></label>
<label>Telephone number <input name="t" value="01632 960000"></label>
<label>Postcode <input name="p"></label><select name="s"><option>Press office</option></select>
<textarea name="m">Your message</textarea><input type="submit" value="Send"></form>"""


def test_a_page_that_is_only_a_form_has_no_contact() -> None:
    assert read(FORM).facts.contacts == ()


MISSING = """<html><head><title>Northshire Council: page not found</title></head><body>
<h1>Sorry, we cannot find that page</h1><p>The page you asked for may have been moved. Try the
<a href="/az">A to Z</a> or the <a href="/search">search</a>.</p></body></html>"""


def test_a_soft_404_is_known_and_has_no_contact() -> None:
    page = read(MISSING)
    assert page.soft_404
    assert page.facts.contacts == ()
    assert page.facts.partnerships == ()


STATISTICS = """<html><head><title>Crime in partnership areas 2006/07 | Statistics</title>
<meta name="description" content="Recorded crime for 376 areas."></head><body>
<h1>Crime in partnership areas 2006/07</h1><p>Published: 19 July 2007. Next release: July 2008.</p>
<p>Figures come from all 43 police forces in England and Wales and are shown for the 376 Crime and
Disorder Reduction Partnerships then in being. Rates are per 1,000 people.</p><table>
<tr><th>Region</th><th>Offences</th><th>Rate per 1,000</th></tr>
<tr><td>North East</td><td>263,020</td><td>103.1</td></tr>
<tr><td>London</td><td>920,714</td><td>122.5</td></tr>
<tr><td>Wales</td><td>259,001</td><td>87.2</td></tr></table>
<p><a href="t1.xls">Table 1 (Excel 410Kb)</a></p></body></html>"""


def test_a_statistics_page_has_counts_but_nobody_to_ring() -> None:
    facts = read(STATISTICS).facts
    assert facts.contacts == ()
    assert facts.partnerships == ()
    assert facts.dates == (PageDate("published", "2007-07-19"),)
    assert facts.counts == (
        Count("police forces", "England and Wales", 43),
        Count("crime and disorder reduction partnerships", None, 376),
    )


PRESS = """<html><head><title>Media contacts</title></head><body><h1>Media contacts</h1>
<p>These lines are for journalists. All other callers: 020 7946 0100.</p>
<h2>Policing and crime</h2><ul><li>Imogen Sallow, chief press officer, 020 7946 0121</li>
<li>Rupert Tindle, press officer: 020 7946 0122, <a href="mailto:r.tindle@press.example">e-mail
Rupert</a></li></ul><h2>Borders</h2><ul><li>Philippa Yarrow 020 7946 0123</li></ul>
<h2>Out of hours</h2><p>Duty press officer: 07700 900124 (6pm to 8am, and at weekends)</p></body>"""


def test_a_press_office_with_people_in_list_items() -> None:
    found = [(each.person, each.role, each.phone) for each in read(PRESS).facts.contacts]
    assert ("Imogen Sallow", "chief press officer", ("+442079460121",)) in found
    assert ("Rupert Tindle", "press officer", ("+442079460122",)) in found
    assert ("Philippa Yarrow", None, ("+442079460123",)) in found
    assert (None, "Duty press officer", ("+447700900124",)) in found
    assert len(found) in {4, 5}  # the switchboard may stand for itself


REGIONS = """<h1>Partnerships in Wales</h1><h2>Dyfed-Powys Police area</h2><table>
<thead><tr><th scope="col">Partnership</th><th scope="col">Contact</th><th scope="col">Phone /
Fax</th>
</tr></thead><tr><td>Brecon CSP<br>(covers Brecon and Builth)</td>
<td>Mr Gareth Llandrillo<br>Community Safety Co-ordinator<br><a
href="mailto:gareth@brecon.example">E-mail</a></td><td>Tel 029 2018 0701<br>Fax 029 2018
0702</td></tr>
<tr><td><a href="http://www.safer-teifi.example/">Safer Teifi</a></td><td>Vacant</td>
<td>029 2018 0703</td></tr></table>"""


def test_cells_of_several_lines_under_a_police_force() -> None:
    first, second = read(REGIONS).facts.partnerships
    assert (first.name, first.country, first.police_force) == (
        "Brecon CSP",
        "Wales",
        "Dyfed-Powys Police",
    )
    assert first.contacts == (
        Contact(
            person="Mr Gareth Llandrillo",
            role="Community Safety Co-ordinator",
            phone=("+442920180701",),
            fax=("+442920180702",),
            email=("gareth@brecon.example",),
        ),
    )
    assert second.name == "Safer Teifi"
    assert [each.phone for each in second.contacts] == [("+442920180703",)]
    assert second.contacts[0].person is None
