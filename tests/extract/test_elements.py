"""Element paths: each resolves, in a tree of the reader's own, to what the value stands in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from lxml.etree import _Element

import marsham
from archiver.records import Kind
from extract.decode import decode
from extract.elements import element_paths
from extract.facts.observations import Observation
from extract.page import Page, read_page
from marsham.cli import run
from snapshots import index
from snapshots.mementos import memento_of
from tests.builders import response, warc
from tests.gold.scorer import SETS

GOLD = sorted(path for half in ("shown", "held") for path in (SETS / half / "pages").iterdir())
UNSEEN = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")


def tree_of(markup: str) -> _Element:
    parser = etree.HTMLParser(encoding="utf-8")
    return etree.fromstring(markup.replace("\0", "").encode("utf-8", "replace"), parser)


def squeezed(text: str) -> str:
    return "".join(text.translate(UNSEEN).split())


def located(markup: str) -> Iterator[tuple[Observation, str | None]]:
    """The values of a page that are from an element, with their paths."""
    page = read_page(markup.encode(), url="http://www.northshire.example/")
    yield from paths_of(page, markup)


def paths_of(page: Page, markup: str) -> Iterator[tuple[Observation, str | None]]:
    found = [each for each in page.observations if each.source not in {"computed", "given", "url"}]
    sought = [(each.start, each.end, each.source, each.raw) for each in found]
    return zip(found, element_paths(markup, page.document.text, sought), strict=True)


def path_of(markup: str, field: str, kind: str = "contact") -> str | None:
    return next(path for each, path in located(markup) if (each.kind, each.field) == (kind, field))


def check(page: Page, markup: str) -> int:
    """Hold every path of a page against a tree of its own; gives how many there were."""
    root = tree_of(markup)
    number = 0
    for each, path in paths_of(page, markup):
        assert path is not None, each
        [element] = root.xpath(path)
        text = squeezed("".join(element.itertext()))
        values = {squeezed(value) for value in element.values()}
        written = json.dumps(each.raw)[1:-1]
        assert (
            squeezed(each.raw) in text
            or squeezed(each.raw) in values
            or squeezed(written) in text
            or element.tag == "script"  # it writes the address in pieces
            or "data-cfemail" in element.keys()  # noqa: SIM118 - an element is no dictionary
        ), (each, path)
        number += 1
    return number


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_every_value_of_a_gold_page_has_an_element_that_holds_it(path: Path) -> None:
    payload = path.read_bytes()
    page = read_page(payload, url="http://www.northshire.example/")
    check(page, decode(payload).text)


def test_every_value_of_real_pages_has_an_element_that_holds_it(
    corpora: Path, tmp_path: Path
) -> None:
    where = ["--archive", str(tmp_path / "archive")]
    assert run([*where, "init"]) == 0
    run([*where, "ingest", *(str(corpora / f"govuk-{part}.warc.gz") for part in (1, 2))])
    number = pages = 0
    with (
        marsham.open_archive(tmp_path / "archive") as archive,
        archive.catalogue.read() as connection,
    ):
        for capture in index.every(connection):
            if (capture.status, capture.media_type) != (200, "text/html"):
                continue
            if capture.kind is not Kind.RESPONSE:
                continue  # the same bytes as before
            memento = memento_of(archive, capture)
            payload, told = memento.content(), memento.content_type
            page = read_page(payload, url=capture.url, content_type=told)
            number += check(page, decode(payload, told).text)
            pages += 1
    assert pages > 10
    assert number > 500


def test_a_path_begins_at_the_nearest_id_that_is_the_only_one() -> None:
    rows = "<tr><td>Fax</td><td>0113 496 0102</td></tr>"
    table = f"<table><tr><td>Telephone</td><td>0113 496 0101</td></tr>{rows}</table>"
    page = f"<h1>Offices</h1><div id='us'><p>Safer Northshire team</p>{table}</div>"
    assert path_of(page, "fax") == '//*[@id="us"]/table/tr[2]/td[2]'
    twice = page + "<p id='us'>Again</p>"
    assert path_of(twice, "fax") == "/html/body/div/table/tr[2]/td[2]"
    awkward = page.replace("id='us'", "id='a\"b'")  # would end the expression
    assert path_of(awkward, "fax") == "/html/body/div/table/tr[2]/td[2]"


def test_an_element_whose_name_xpath_cannot_say_is_counted() -> None:
    page = "<h1>Offices</h1><p>A</p><o:p>B</o:p><o:p>Telephone: 0113 496 0101</o:p>"
    path = path_of(page, "phone")
    assert path == "/html/body/*[4]"
    [element] = tree_of(page).xpath(path)
    assert element.text == "Telephone: 0113 496 0101"


def test_a_value_in_several_elements_has_the_one_around_them() -> None:
    page = "<h1>Us</h1><p>Ring <b>Telephone: 0113</b> <i>496</i> <u>0101</u></p><p>Bye</p>"
    assert path_of(page, "phone") == "/html/body/p[1]"


def test_markup_that_is_mended_to_be_read_keeps_its_own_paths() -> None:
    page = "<h1>Us</h1><div>Hello</p></br>Telephone: 0113 496 0101</br></p><p>Bye</p></div>"
    path = path_of(page, "phone")
    assert path is not None
    [element] = tree_of(page).xpath(path)
    assert "0113 496 0101" in "".join(element.itertext())


def test_of_equal_words_each_has_its_own_element() -> None:
    line = "<p>Telephone: 0113 496 0101</p>"
    page = f"<h1>North team</h1>{line}<h2>South team</h2>{line}"
    paths = [path for each, path in located(page) if each.field == "phone"]
    assert sorted(filter(None, paths)) == ["/html/body/p[1]", "/html/body/p[2]"]


def test_a_mailbox_in_a_link_only_is_at_the_link() -> None:
    page = (
        "<h1>Us</h1><p><a href='/x'>More</a> <a href='mailto:csu@northshire.example'>Write</a></p>"
    )
    assert path_of(page, "email") == "/html/body/p/a[2]"


def test_values_of_the_head_and_of_scripts_have_their_elements() -> None:
    page = (
        "<html lang=en><head><title>Safer Northshire - Council</title>"
        "<meta name=description content='What we do about crime.'>"
        "<script type='application/ld+json'>{}</script><script type='application/ld+json'>"
        '{"@type":"Organization","name":"Northshire Council","telephone":"0113 496 0101"}</script>'
        "</head><body><p>Hello</p></body></html>"
    )
    found = {(each.kind, each.field): path for each, path in located(page)}
    assert found["page", "language"] == "/html"
    assert found["page", "title"] == "/html/head/title"
    assert found["page", "summary"] == "/html/head/meta"
    assert found["contact", "phone"] == "/html/head/script[2]"


def test_what_is_from_no_element_has_no_path() -> None:
    assert element_paths("<p>Hello</p>", "Hello", [(None, None, "computed", "")]) == [None]
    assert element_paths("<p>Hello</p>", "Elsewhere", [(0, 9, "text", "Elsewhere")]) == [None]
    assert element_paths("", "", [(0, 5, "text", "Hello")]) == [None]
    assert element_paths("<p>Hello</p>", "Hello", [(4, 99, "text", "o"), (9, 3, "text", "")]) == [
        "/html/body/p",
        None,
    ]


def test_an_export_names_the_element_of_each_value(tmp_path: Path) -> None:
    page = b"<h1>Us</h1><p id=ring>Telephone: 0113 496 0101</p>"
    (tmp_path / "in.warc").write_bytes(warc(response(page)))
    where = ["--archive", str(tmp_path / "archive")]
    for words in (["init"], ["ingest", str(tmp_path / "in.warc")], ["extract"]):
        assert run([*where, *words]) == 0
    out = tmp_path / "contacts.json"
    assert run([*where, "export", "contacts", "--format", "json", "--out", str(out)]) == 0
    [row] = json.loads(out.read_text("utf-8"))
    assert {each["field"]: each["element"] for each in row["evidence"]}["phone"] == (
        '//*[@id="ring"]'
    )
