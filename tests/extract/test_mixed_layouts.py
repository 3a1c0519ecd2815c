"""Whole pages of layouts that mix what is elsewhere told apart; people and places are invented."""

from extract.facts.records import Contact, Count, PageDate
from extract.page import Page, read_page

URL = "http://www.northshire.example/safety/index.htm"


def read(markup: str) -> Page:
    return read_page(markup.encode(), url=URL)


ROWSPANS = """<h1>Who to ring</h1><table><tr><th>Area</th><th>Partnership</th><th>Name</th>
<th>Role</th><th>Telephone</th></tr>
<tr><td rowspan="2">Harding and Morley</td><td rowspan="2">Safer Harding and Morley</td>
<td>Lydia Frome</td><td>Chair</td><td>01632 960801</td></tr>
<tr><td>Walter Denby</td><td>Analyst</td><td>01632 960802 ext 41</td></tr>
<tr><td colspan="5"><b>Wales</b></td></tr>
<tr><td>Aberllwyd</td><td>Aberllwyd CSP</td><td>To be appointed</td><td>Co-ordinator</td>
<td>029 2018 0803</td></tr></table>"""


def test_a_partnership_over_two_rows_and_a_band_for_a_country() -> None:
    first, second = read(ROWSPANS).facts.partnerships
    assert first.name == "Safer Harding and Morley"
    assert [(each.person, each.role, each.phone) for each in first.contacts] == [
        ("Lydia Frome", "Chair", ("+441632960801",)),
        ("Walter Denby", "Analyst", ("+441632960802;ext=41",)),
    ]
    assert (second.name, second.country, second.area) == ("Aberllwyd CSP", "Wales", ("Aberllwyd",))
    assert second.contacts == (Contact(role="Co-ordinator", phone=("+442920180803",)),)


DIVS = """<div id="main-content"><h1>Our staff</h1><div class="person"><div class="name">Una Selby
</div><div class="job">Domestic Abuse Co-ordinator</div><div class="tel">01632 960821</div>
<div class="mail"><a href="mailto:una.selby@staff.example">una.selby@staff.example</a></div></div>
<div class="person"><div class="name">Jasper Coldwell</div><div class="job">Data Analyst</div>
<div class="tel">01632 960822</div>
<div class="mail"><a href="mailto:jasper.coldwell@staff.example">jasper.coldwell@staff.example</a>
</div></div></div>"""


def test_people_in_nothing_but_divisions() -> None:
    assert read(DIVS).facts.contacts == (
        Contact(
            person="Una Selby",
            role="Domestic Abuse Co-ordinator",
            phone=("+441632960821",),
            email=("una.selby@staff.example",),
        ),
        Contact(
            person="Jasper Coldwell",
            role="Data Analyst",
            phone=("+441632960822",),
            email=("jasper.coldwell@staff.example",),
        ),
    )


LETTERHEAD = """<h1>Write to us</h1><p>Community Safety Directorate<br>Home Office<br>6th Floor,
Peel
Building<br>2 Marsham Street<br>LONDON<br>SW1P 4DF</p><p>Switchboard 020 7946 0831<br>Textphone 020
7946 0832<br>Fax (020) 7946 0833<br>Email csd@letters.example<br>Website www.letters.example/csd</p>
<p>We aim to answer within 15 working days. The office is open from 9.00 to 17.30. Our old number,
020 7946 0839, is no longer in use.</p>"""


def test_labels_without_colons() -> None:
    assert read(LETTERHEAD).facts.contacts == (
        Contact(
            organisation="Home Office",
            unit="Community Safety Directorate",
            address=("6th Floor, Peel Building", "2 Marsham Street", "LONDON"),
            postcode="SW1P 4DF",
            phone=("+442079460831",),
            fax=("+442079460833",),
            textphone=("+442079460832",),
            email=("csd@letters.example",),
            website=("http://www.letters.example/csd",),
        ),
    )


NESTED_LISTS = """<h1>Community safety in the East of England</h1><ul><li>Safer Wexham Partnership
<ul><li>Chair: Cllr Barnaby Stroud, 01632 960841</li><li>Manager: Nell Harcourt, 01632 960842,
nell.harcourt@wexham.example</li></ul></li><li>Tarrant Community Safety Partnership
<ul><li>Manager: Ewan Pelham, 01632 960843</li></ul></li></ul>"""


def test_lists_within_a_list() -> None:
    first, second = read(NESTED_LISTS).facts.partnerships
    assert (first.name, first.region) == ("Safer Wexham Partnership", "East of England")
    assert [(each.person, each.role, each.phone, each.email) for each in first.contacts] == [
        ("Cllr Barnaby Stroud", "Chair", ("+441632960841",), ()),
        ("Nell Harcourt", "Manager", ("+441632960842",), ("nell.harcourt@wexham.example",)),
    ]
    assert second.name == "Tarrant Community Safety Partnership"
    assert [(each.person, each.role) for each in second.contacts] == [("Ewan Pelham", "Manager")]


NEWS = """<html lang="en"><head><title>Wardens win award - News - Home Office</title>
<meta name="DC.date.issued" content="2008-02-05"></head><body><div id="breadcrumb"><a
href="/">Home</a> &gt; <a href="/news/">News</a> &gt; Wardens win award</div><div id="content">
<h2>Wardens win award</h2><p class="date">5 February 2008</p><p>Six wardens from Little Tarrant were
given a national prize today. Home Secretary Adeline Marchmont said: "They make 400 streets
safer."</p><p>Since 2005 the wardens have answered 12,350 calls; the 2007 figure was 0.5 per cent
up.
Their story began on 3 March 2005.</p><h3>Notes to editors</h3><ol><li>The prize was set up under
section 17 of the Crime and Disorder Act 1998.</li><li>Photographs: News Desk, 020 7946 0851.</li>
</ol></div></body></html>"""


def test_a_news_item() -> None:
    page = read(NEWS)
    assert page.facts.title == "Wardens win award"
    assert page.facts.contacts == (Contact(unit="News Desk", phone=("+442079460851",)),)
    assert page.facts.dates == (PageDate("published", "2008-02-05"),)
    assert [(each.act, each.sections) for each in page.facts.legal] == [
        ("Crime and Disorder Act", ("17",))
    ]
    assert page.facts.counts == ()


COUNTS = """<h1>Partnerships in numbers</h1><p>At 1 April 2010 there were about 310 community safety
partnerships in England. There are twenty-two in Wales.</p><p>The South West has 34 of them and
London
has 32.</p><p>Reference SI 2007/1830 applies; call volumes rose 12%.</p>"""


def test_counts_in_several_sentences() -> None:
    assert read(COUNTS).facts.counts == (
        Count("community safety partnerships", "England", 310, approx=True),
        Count("community safety partnerships", "Wales", 22),
        Count("community safety partnerships", "South West", 34),
        Count("community safety partnerships", "London", 32),
    )


PLAIN_TEXT = """Northshire Police Authority

CONTACTS

Clerk to the Authority: Mrs Beryl Ottway
Tel: 01632 960861   Fax: 01632 960862
E-mail: clerk@authority.example

Treasurer: Mr Piers Langdale
Tel: 01632 960863
"""


def test_a_page_kept_as_plain_text() -> None:
    page = read_page(PLAIN_TEXT.encode(), url=URL, content_type="text/plain")
    assert [(each.person, each.role, each.phone, each.fax) for each in page.facts.contacts] == [
        ("Mrs Beryl Ottway", "Clerk to the Authority", ("+441632960861",), ("+441632960862",)),
        ("Mr Piers Langdale", "Treasurer", ("+441632960863",), ()),
    ]


WORD_EXPORT = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--
p.MsoNormal {margin:0cm;} --></style></head><body><div class=Section1><p class=MsoTitle>Advisers</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal><b><span lang=EN-GB>Crime Prevention
Team<o:p></o:p></span></b></p><p class=MsoNormal><span lang=EN-GB>Room 12, Harding House</span></p>
<p class=MsoNormal><span>3<sup>rd</sup> Avenue</span></p><p
class=MsoNormal>Harding&nbsp;ZH9&nbsp;8LN
</p><p class=MsoNormal>Tel:&nbsp;&nbsp;&nbsp; 01632&nbsp;960871</p><p class=MsoNormal>Fax:
01632-960-872
</p><p class=MsoNormal>e:mail: <a
href="MAILTO:Prevent@harding.example">Prevent@harding.example</a></p>
</div></body></html>"""


def test_a_page_saved_from_a_word_processor() -> None:
    (contact,) = read(WORD_EXPORT).facts.contacts
    assert contact.unit == "Crime Prevention Team"
    assert contact.address == ("Room 12, Harding House", "3rd Avenue", "Harding")
    assert contact.postcode == "ZH9 8LN"
    assert (contact.phone, contact.fax) == (("+441632960871",), ("+441632960872",))
    assert contact.email == ("prevent@harding.example",)


TWO_IN_ONE_CELL = """<h1>Regional teams</h1><table border="1" cellpadding="3"><tr><th>Region</th>
<th>Officers</th></tr><tr><td>North East</td><td>Rosa Wickham, 0191 498 0881<br>Felix Hargrave,
0191 498
0882</td></tr><tr><td>London</td><td>Nora Stapleton, 020 7946 0883</td></tr></table>"""


def test_two_people_in_one_cell() -> None:
    found = [(each.person, each.phone) for each in read(TWO_IN_ONE_CELL).facts.contacts]
    assert found == [
        ("Rosa Wickham", ("+441914980881",)),
        ("Felix Hargrave", ("+441914980882",)),
        ("Nora Stapleton", ("+442079460883",)),
    ]


LINKS_PAGE = """<h1>Useful links</h1><ul><li><a href="http://www.safety-trust.example/">National
Safety
Trust</a></li><li><a href="http://www.burglary-forum.example/">www.burglary-forum.example</a></li>
<li><a href="http://www.safer-harding.example/">Safer Harding</a> - the town's own site</li></ul>
<h2>Further information</h2><p>Read <a href="/guide.pdf">Safer streets: a guide (PDF,
90KB)</a>.</p>"""


def test_a_page_of_links_has_no_contact() -> None:
    page = read(LINKS_PAGE)
    assert page.facts.contacts == ()
    assert all(not each.contacts for each in page.facts.partnerships)
    assert len(page.facts.links) == 4


CONTACT_TABLE = """<h1>Contact the Community Safety Unit</h1><table class="layout"><tr><td
class="label">By post</td><td>Community Safety Unit<br>PO Box 19<br>Morley<br>ZM1 1AA</td></tr>
<tr><td class="label">By phone</td><td>01632 960891</td></tr><tr><td class="label">By fax</td>
<td>01632 960892</td></tr><tr><td class="label">By e-mail</td><td><a
href="mailto:csu@morley.example">
Send us an e-mail</a></td></tr></table>"""


def test_one_contact_in_a_table_of_ways_to_reach_it() -> None:
    assert read(CONTACT_TABLE).facts.contacts == (
        Contact(
            unit="Community Safety Unit",
            address=("PO Box 19", "Morley"),
            postcode="ZM1 1AA",
            phone=("+441632960891",),
            fax=("+441632960892",),
            email=("csu@morley.example",),
        ),
    )
