"""Site recipes: what they read, what gives way to them, and how mistakes in them are told."""

import re
from pathlib import Path

import pytest

from archiver.confined import Confined, Limits
from archiver.errors import ConfinedError, RecipeError
from extract.page import Page, read_page
from extract.reading import read_confined
from extract.recipes.files import read_recipe, read_recipes
from extract.recipes.recipe import Recipe, recipe_for

URL = "http://www.northshire.example/partners/"
PAGES = 'pages = ["http://www.northshire.example/partners/*"]\n'
DIRECTORY = """
<html><body>
<div class=strip><p>Enquiries about this web site: 020 7946 0999</p></div>
<div id=main><h1>Our partners</h1>
<p class=when>List kept since 3 May 2004</p>
<table>
<tr class=entry><td><span class=n>Northshire Community Safety Partnership</span><br>
  Town Hall, High&shy; Street<br>Northtown NT1 2AB
  <td>T 0113 496 0101 <br>F 0113 496 0102 <i style="display:none">000</i>
  <td><a class="m" href="mailto:Safe@Northshire.example?subject=x">Write</a>
<tr class=entry><td><span class=n>Southshire Community Safety Partnership</span><br>
  The Castle<br>Southtown ST3 4CD
  <td>T 0113 496 0103 <td><a class="m" href="mailto:safe@southshire.example">Write</a>
</table>
<p>Press office: 020 7946 0441, press@northshire.example</p></div></body></html>
"""
RECORDS = """
[[records]]
kind = "partnership"
select = "tr.entry"

[records.fields]
name = ".n"
country = { constant = "England" }

[records.contact]
organisation = ".n"
address = { select = "td:first-child", match = '\\n([^\\n]+\\n[^\\n]+)$' }
postcode = "td:first-child"
phone = { select = "td", match = 'T ([0-9 ]+)' }
fax = { select = "td", match = 'F ([0-9 ]+)', optional = true }
email = { select = "a.m", attribute = "href" }
"""


def recipe(tmp_path: Path, text: str, name: str = "northshire") -> Recipe:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, "utf-8")
    return read_recipe(path)


def read(markup: str, recipe: Recipe | None) -> Page:
    page = read_page(markup.encode(), url=URL, recipe=recipe)
    for found in page.observations:
        if found.source == "text":
            assert page.document.text[found.start : found.end] == found.raw
    return page


def test_records_of_a_recipe_carry_its_rule_and_their_places(tmp_path: Path) -> None:
    page = read(DIRECTORY, recipe(tmp_path, PAGES + RECORDS))
    assert page.problems == ()
    first, second = page.facts.partnerships
    assert (first.name, first.country) == ("Northshire Community Safety Partnership", "England")
    [contact] = first.contacts
    assert contact.address == ("Town Hall", "High Street", "Northtown")
    assert (contact.postcode, contact.phone, contact.fax, contact.email) == (
        *("NT1 2AB", ("+441134960101",), ("+441134960102",), ("safe@northshire.example",)),
    )
    assert second.contacts[0].phone == ("+441134960103",)
    told = [found for found in page.observations if found.rule == "recipe northshire"]
    assert {found.source for found in told} == {"text", "href", "given"}
    assert all(found.start is not None for found in told if found.source != "given")
    assert all(found.confidence >= 0.98 for found in told)


def test_a_record_takes_the_place_of_what_the_general_rules_read_in_its_element(
    tmp_path: Path,
) -> None:
    without = read(DIRECTORY, None).facts
    page = read(DIRECTORY, recipe(tmp_path, PAGES + RECORDS))
    assert len(without.partnerships) == len(page.facts.partnerships) == 2
    numbers = [found.value for found in page.observations if found.field == "phone"]
    assert len(numbers) == len(set(numbers))
    assert [each.email for each in page.facts.contacts if each.email] == [
        ("press@northshire.example",)  # outside any record
    ]


def test_elements_that_are_not_the_message_are_left_out_of_it(tmp_path: Path) -> None:
    assert "Enquiries" in read(DIRECTORY, None).text
    told = recipe(tmp_path, PAGES + 'ignore = [".strip"]')
    page = read(DIRECTORY, told)
    assert "Enquiries" not in page.text
    assert "+442079460999" not in [found.value for found in page.observations]
    told = recipe(tmp_path, PAGES + 'content = "table"')
    page = read(DIRECTORY, told)
    assert "Press office" not in page.text
    assert "Northshire Community Safety Partnership" in page.text
    assert page.document.text == read(DIRECTORY, None).document.text  # places count alike


def test_a_page_can_be_given_title_summary_and_dates(tmp_path: Path) -> None:
    text = """
    [page]
    title = { select = "h1", match = "Our (.*)" }
    summary = { constant = "Who works with us" }
    published = ".when"
    """
    facts = read(DIRECTORY, recipe(tmp_path, PAGES + text)).facts
    assert (facts.title, facts.summary) == ("partners", "Who works with us")
    assert [(each.type, each.date) for each in facts.dates] == [("published", "2004-05-03")]


def test_a_record_may_run_over_siblings_up_to_the_next(tmp_path: Path) -> None:
    markup = """<h1>Contacts</h1><h3>Parking</h3><p>Ring <b>0113 496 0111</b></p>
    <h3>Housing</h3><p>Ring <b>0113 496 0112</b><p>or write to <tt>housing@northshire.example</tt>
    """
    text = """
    [[records]]
    select = "h3"
    siblings = true
    [records.fields]
    unit = "h3"
    phone = "b"
    email = "tt"
    """
    page = read(markup, recipe(tmp_path, PAGES + text))
    assert [(each.unit, each.phone, each.email) for each in page.facts.contacts] == [
        ("Parking", ("+441134960111",), ()),
        ("Housing", ("+441134960112",), ("housing@northshire.example",)),
    ]


def test_what_is_read_round_a_record_is_handed_on_to_it(tmp_path: Path) -> None:
    markup = """<h1>North East</h1><p>The partnerships of the North East are listed below.</p>
    <dl><dt>Gateshead Community Safety Partnership<dd>Telephone: 0191 498 0121
    <dt>Darlington Community Safety Partnership<dd>Telephone: 0191 498 0118</dl>"""
    text = """
    [[records]]
    kind = "partnership"
    select = "dt"
    siblings = true
    fields = { name = "dt" }
    contact = { phone = "dd" }
    """
    partnerships = read(markup, recipe(tmp_path, PAGES + text)).facts.partnerships
    assert [(each.name.split()[0], each.region) for each in partnerships] == [
        ("Gateshead", "North East"),
        ("Darlington", "North East"),
    ]


def test_what_a_recipe_does_not_find_is_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    text = """
    content = ["#body"]
    [page]
    title = ".headline"
    [[records]]
    select = "tr.entry"
    fields = { unit = ".n", phone = ".telephone", email = ".m", fax = {select="u", optional=true} }
    [[records]]
    select = "li.entry"
    fields = { unit = "b" }
    """
    page = read(DIRECTORY, recipe(tmp_path, PAGES + text))
    assert page.problems == (
        "recipe northshire: content[1] ('#body') finds nothing on the page",
        "recipe northshire: page.title ('.headline') finds nothing on the page",
        "recipe northshire: records[1].fields.phone ('.telephone') finds nothing in 2 records",
        "recipe northshire: records[1].fields.email ('.m') finds nothing in 2 records",
        "recipe northshire: records[2].select ('li.entry') finds nothing on the page",
    )
    assert page.facts.title == "Our partners"


def test_a_page_without_the_needed_element_is_read_as_ever(tmp_path: Path) -> None:
    told = recipe(tmp_path, PAGES + 'needs = "table.directory"' + RECORDS)
    assert read(DIRECTORY, told).observations == read(DIRECTORY, None).observations


def test_a_hidden_value_is_read_where_a_recipe_asks_for_it_and_has_no_place(
    tmp_path: Path,
) -> None:
    text = '[[records]]\nselect = "tr.entry"\n[records.fields]\nunit = "i"\nperson = ".n"'
    page = read(DIRECTORY, recipe(tmp_path, PAGES + text))
    [unit] = [found for found in page.observations if found.source == "hidden"]
    assert (unit.value, unit.start, unit.field) == ("000", None, "unit")


@pytest.mark.parametrize(
    "extra",
    [
        "<ul style='display:none'>" + "<li>Northshire<li>Write" * 400 + "</ul>",
        "<p hidden>Our partners</p>" * 50,
        "<p><img src=x alt='ring 0113 496 0109 or write to x@y.example'></p>",
        "<script>var x = 'Our partners';</script><style>p { color: red }</style><!-- Our -->",
        "<textarea>Our partners</textarea><noscript>needs JavaScript</noscript>",
        "<select><option>Northshire<option>Southshire</select>",
        "<p>a\u200bb\u00a0c\u2003d</p><pre>  x\n\n  y</pre></br></p>",
    ],
)
def test_places_are_found_behind_what_blocks_leave_out_or_add(tmp_path: Path, extra: str) -> None:
    markup = DIRECTORY.replace("<table>", f"{extra}<table>")
    page = read(markup, recipe(tmp_path, PAGES + RECORDS))
    told = [found for found in page.observations if found.rule == "recipe northshire"]
    assert [found for found in told if found.source == "hidden"] == []
    assert len(page.facts.partnerships) == 2


def test_a_recipe_is_for_its_addresses_and_dates_and_the_first_of_several_is_taken(
    tmp_path: Path,
) -> None:
    (tmp_path / "10-old.toml").write_text(PAGES + 'to = "2009"\ncontent = "#old"')
    (tmp_path / "20-new.toml").write_text(PAGES + 'from = 2009-07-01\ncontent = "#new"')
    (tmp_path / "30-one.toml").write_text('pages = "http://other.example/a"\ncontent = "p"')
    recipes = read_recipes(tmp_path)

    def chosen(url: str, at: int) -> str | None:
        found = recipe_for(recipes, url, at)
        return found.name if found else None

    assert chosen(URL, 20080101000000) == "10-old"
    assert chosen(URL, 20091231235959) == "10-old"  # both are for it
    assert chosen(f"{URL}a/b?c", 20100101000000) == "20-new"
    assert chosen("https://northshire.example/partners/x", 20100101000000) == "20-new"
    assert chosen("http://www.northshire.example/", 20100101000000) is None
    assert chosen("http://other.example/a", 20100101000000) == "30-one"
    assert chosen("http://other.example/ab", 20100101000000) is None
    assert read_recipes(tmp_path / "none") == ()


def test_comments_and_layout_do_not_make_another_recipe(tmp_path: Path) -> None:
    one = recipe(tmp_path, PAGES + 'content = "p"')
    assert recipe(tmp_path, "# why\n\n" + PAGES + "content   = ['p']").digest == one.digest
    assert recipe(tmp_path, PAGES + 'content = "div"').digest != one.digest


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        ("pages = = 1", None, "", "not readable as TOML: .*line 1"),
        ('content = "p"', None, "pages", "is missing"),
        (PAGES, None, "", "says nothing of the pages"),
        (PAGES + "contents = 'p'", 2, "contents", "did you mean 'content'"),
        (PAGES + "content = 'p['", 2, "content[1]", "is no CSS selector"),
        (PAGES + "content = 'p::before'", 2, "content[1]", "is no CSS selector"),
        (PAGES + "content = 7", 2, "content", "must be text in quotes"),
        (PAGES + "from = 'May'", 2, "from", "not a date"),
        (PAGES + "from = 2012-01-01\nto = '2011'\ncontent='p'", 3, "to", "lies before from"),
        ("pages = 'ftp:/'\ncontent = 'p'", 1, "pages[1]", "http://host/path"),
        (PAGES + "[page]\nheading = 'h1'", 3, "page.heading", "there are title, summary"),
        (PAGES + "records = 1", 2, "records", r"\[\[records\]\]"),
        (PAGES + "[[records]]\nfields={unit='b'}", 2, "records[1].select", "is missing"),
        (
            PAGES + "[[records]]\nselect='p'\nfields={unit='b'}\n[[records]]\nselect='p'\n"
            "[records.fields]\nunit = 'b'\nfone = 'i'",
            *(9, "records[2].fields.fone", "did you mean 'phone'"),
        ),
        (
            PAGES + "[[records]]\nselect='p'\n[records.fields]\nphone = {selct = 'b'}",
            *(5, "records[1].fields.phone.selct", "did you mean 'select'"),
        ),
        (
            PAGES + "[[records]]\nselect='p'\n[records.fields]\nphone = {match = '(b'}",
            *(5, "records[1].fields.phone.match", "is no regular expression"),
        ),
        (
            PAGES + "[[records]]\nselect='p'\nkind='person'\nfields={unit='b'}",
            *(4, "records[1].kind", "contact or partnership"),
        ),
        (
            PAGES + "[[records]]\nselect='p'\nkind='partnership'\nfields={area='b'}",
            *(5, "records[1].fields", "needs the field name"),
        ),
        (
            PAGES + "[[records]]\nselect='p'\nfields={unit={constant='x', select='b'}}",
            *(4, "records[1].fields.unit.constant", "goes without"),
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, line: int | None, key: str, said: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(tmp_path, text)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert re.search(said, caught.value.reason)
    assert str(caught.value).startswith(str(tmp_path / "northshire.toml"))


def test_two_recipes_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(f'name = "x"\n{PAGES}content = "p"')
    with pytest.raises(RecipeError, match="give one another name"):
        read_recipes(tmp_path)


def test_an_expression_that_never_ends_costs_the_one_page(tmp_path: Path) -> None:
    text = "[[records]]\nselect = 'p'\n[records.fields]\nunit = { match = '(a+)+b' }"
    told = recipe(tmp_path, PAGES + text)
    payload = b"<p>" + b"a" * 60 + b"</p>"
    with Confined(Limits(seconds=1)) as children:
        with pytest.raises(ConfinedError) as caught:
            read_confined(children, payload, URL, "text/html", told)
        assert caught.value.cause == "time"
        assert read_confined(children, payload, URL, "text/html").text == "a" * 60


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 5000 + "<p>x" + "</div>" * 5000,
        "<p>" * 20_000 + "x",
        "<tr class=entry>" * 3000,
        "",
        "<title>",
        "\0<table>\0<tr class=entry><td class=n>\0",
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><p>x</p></html>",
    ],
    ids=range(7),
)
def test_a_page_made_to_do_harm_is_read_by_a_recipe_too(tmp_path: Path, markup: str) -> None:
    read(markup, recipe(tmp_path, PAGES + RECORDS))
