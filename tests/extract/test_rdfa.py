"""RDFa: contacts in its attributes, as pages of several years wrote them."""

import pytest

from extract.facts.records import Contact
from extract.page import Page, read_page


def page_of(markup: str) -> Page:
    return read_page(markup.encode(), url="http://www.northshire.example/")


def only_contact(markup: str) -> Contact:
    [contact] = page_of(f"<h1>About us</h1>{markup}").facts.contacts
    return contact


LITE = """<div vocab="http://schema.org/" typeof="GovernmentOrganization">
<b property="name">Northshire Council</b>, ring <i property="telephone">0113 496 0101</i>, fax
<i property="faxNumber">0113 496 0102</i>
or <a property="email" href="mailto:csu@northshire.example">
write</a>.
<p property="address" typeof="PostalAddress">
<span property="streetAddress">1 High Street</span>
<span property="addressLocality">Leeds</span>
<span property="postalCode">LS1 1AA</span></p></div>"""
PREFIXED = """<div prefix="org: http://www.w3.org/ns/org#
s: https://schema.org/" typeof="s:Organization">
<b property="s:name">Northshire Council</b>, ring <i property="s:telephone">0113 496 0101</i>, fax
<i property="s:faxNumber">0113 496 0102</i>
or <a property="s:email" href="mailto:csu@northshire.example">
write</a>.
<p property="s:address" typeof="s:PostalAddress">
<span property="s:streetAddress">1 High Street</span>
<span property="s:addressLocality">Leeds</span>
<span property="s:postalCode">LS1 1AA</span></p></div>"""
VCARD = """<div xmlns:c="http://www.w3.org/2006/vcard/ns#" typeof="c:VCard">
<b property="c:fn c:organization-name">Northshire Council</b>, ring
<i rel="c:tel"><i typeof="c:Work"><i property="rdf:value">0113 496 0101</i></i></i>, fax
<i rel="c:hasTelephone">
<i typeof="c:Fax"><a rel="c:hasValue" href="tel:+441134960102">Fax</a></i></i>
or <a rel="c:email" href="mailto:csu@northshire.example">write</a>. <p rel="c:adr"><span
typeof="c:Address">
<span property="c:street-address">1 High Street</span> <span property="c:locality">Leeds</span>
<span property="c:postal-code">LS1 1AA</span></span></p></div>"""
SNIPPET = """<div xmlns:v="http://rdf.data-vocabulary.org/#" typeof="v:Organization">
<b property="v:name">Northshire Council</b>, ring <i property="v:tel">0113 496 0101</i>, fax
<i property="v:fax">0113 496 0102</i> or <a rel="v:email" href="mailto:csu@northshire.example">
write</a>.
<p rel="v:address"><span property="v:street-address">1 High Street</span>
<span property="v:locality">Leeds</span>
<span property="v:postal-code">LS1 1AA</span></p></div>"""
UNDECLARED = SNIPPET.replace(' xmlns:v="http://rdf.data-vocabulary.org/#"', "")
BY_NAME = """<div vocab="https://schema.org/"><div resource="#us" typeof="Organization">
<b property="name">Northshire Council</b>
<i property="address" resource="#there">Where we are</i></div>
<p about="#us">Ring <i property="telephone">0113 496 0101</i>, fax <i property="faxNumber">0113 496
0102</i> or <a property="email" href="mailto:csu@northshire.example">write</a></p>
<p resource="#there" typeof="PostalAddress">
<span property="streetAddress">1 High Street</span>
<span property="addressLocality">Leeds</span>
<span property="postalCode">LS1 1AA</span></p></div>"""


@pytest.mark.parametrize(
    "markup",
    [LITE, PREFIXED, VCARD, SNIPPET, UNDECLARED, BY_NAME],
    ids=["lite", "prefixed", "vcard", "snippet", "undeclared", "by name"],
)
def test_a_contact_is_read_whatever_vocabulary_says_it(markup: str) -> None:
    found = only_contact(markup)
    assert found.organisation == "Northshire Council"
    assert found.phone == ("+441134960101",)
    assert found.fax == ("+441134960102",)
    assert found.email == ("csu@northshire.example",)
    assert found.address == ("1 High Street", "Leeds")
    assert found.postcode == "LS1 1AA"


def test_a_value_of_rdfa_tells_its_rule_and_place() -> None:
    page = page_of(f"<h1>About us</h1>{LITE}")
    [phone] = [each for each in page.observations if each.field == "phone"]
    assert phone.rule == "rdfa"
    assert phone.start is not None
    assert page.document.text[phone.start : phone.end] == "0113 496 0101"


def test_visible_text_beside_rdfa_is_not_a_second_contact() -> None:
    said = '<p typeof="schema:Organization"><b property="schema:name">Northshire Council</b> '
    page = page_of(
        f"<h1>Us</h1>{said}Telephone: <i property='schema:telephone'>0113 496 0101</i></p>"
    )
    assert [each.phone for each in page.facts.contacts] == [("+441134960101",)]


def test_a_person_is_read_with_role_and_body() -> None:
    found = only_contact(
        '<div vocab="http://schema.org/" typeof="Person"><b property="name">Ann Lee</b>, '
        '<i property="jobTitle">Partnership Manager</i>, <span property="worksFor" '
        'typeof="Organization"><span property="name">Northshire Council</span></span> '
        '<i property="telephone">0113 496 0101</i></div>'
    )
    assert (found.person, found.role) == ("Ann Lee", "Partnership Manager")
    assert found.organisation == "Northshire Council"


def test_a_partnership_in_rdfa_is_a_partnership() -> None:
    page = page_of(
        '<h1>Us</h1><div vocab="http://schema.org/" typeof="Organization">'
        '<b property="name">Safer Northshire Community Safety Partnership</b> '
        '<i property="telephone">0113 496 0101</i></div>'
    )
    [found] = page.facts.partnerships
    assert found.name == "Safer Northshire Community Safety Partnership"


def test_an_attribute_that_states_the_value_goes_before_the_words() -> None:
    found = only_contact(
        '<div typeof="schema:Organization"><b property="schema:name" content="Northshire Council">'
        'Us</b>: <i property="schema:telephone" content="0113 496 0101">the usual number</i></div>'
    )
    assert (found.organisation, found.phone) == ("Northshire Council", ("+441134960101",))


def test_a_link_named_by_a_property_keeps_its_words() -> None:
    found = only_contact(
        '<div typeof="schema:Organization"><a property="schema:name" href="/council">Northshire '
        'Council</a> <i property="schema:telephone">0113 496 0101</i></div>'
    )
    assert found.organisation == "Northshire Council"


def test_names_of_other_vocabularies_are_not_taken_for_ours() -> None:
    found = only_contact(
        '<div typeof="schema:Organization"><b property="dcterms:title">Manager of pages</b> '
        '<b property="og:email">none</b> <b property="schema:name">Northshire Council</b> '
        '<i property="schema:telephone">0113 496 0101</i></div>'
    )
    assert (found.role, found.email) == (None, ())


def test_dates_in_rdfa_are_the_pages() -> None:
    page = page_of(
        '<h1>Us</h1><p>Changed: <b property="dcterms:modified" content="2011-05-09">Now</b></p>'
    )
    assert [(each.type, each.date) for each in page.facts.dates] == [("updated", "2011-05-09")]


@pytest.mark.parametrize(
    "markup",
    [
        '<p typeof property><i property=":"><b rel="::" about resource="#">',
        '<p vocab="http://schema.org/" typeof="Organization" resource="#a" about="#a"><i '
        'property="member" resource="#a">0113 496 0101</i></p>',  # a member of itself
        '<p about="#a" typeof="s:X"><b property="s:org" resource="#b"></b></p>'
        '<p about="#b" typeof="s:X"><b property="s:member" resource="#a"></b></p>',  # in a ring
        '<p about="#a" typeof="s:X"><b property="s:member" resource="#a" typeof="s:X">0113 496 0101'
        '<b property="s:member" about="#b" typeof="s:X">01134960102<b about="#a" typeof="s:X">',
        '<p typeof="schema:Organization" prefix="schema:schema: a: b: c">Ring 0113 496 0101',
        '<p prefix="' + "a: http://x.example/ " * 5000 + '" typeof="a:b">Ring 0113 496 0101',
    ],
)
def test_broken_rdfa_is_survived(markup: str) -> None:
    assert page_of(f"<h1>Us</h1>{markup}<p>Press office: 0113 496 0199</p>").document.text


def test_a_property_nobody_typed_changes_nothing() -> None:
    plain = page_of("<h1>Us</h1><p>Telephone: <b>0113 496 0101</b></p>").facts.contacts
    stray = page_of(
        "<h1>Us</h1><p property='name'>Telephone: <b property='x:y'>0113 496 0101</b></p>"
        "<p typeof='rdf:Bag'></p>"
    ).facts.contacts
    assert plain == stray
