"""GOV.UK's shape, Wagtail and Drupal: read back and held to what their systems ask for."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

import marsham
from archiver.urls import url_key
from extract.export.characters import xml_section, xml_text
from extract.export.cms.identity import page_id
from extract.export.page_formats import PAGE_FORMATS
from marsham import Archive
from marsham.cli import run
from tests.extract.export.cms.sites import HOST, PDF, archive_of, digests_of

SYSTEMS = ("drupal", "govuk", "wagtail")
OUR_PLACES = re.compile(r'"\./(page|file)/')
Item = dict[str, Any]


def pages_of(folder: Path) -> list[Item]:
    """The pages of an export, whatever its format."""
    lines = folder / "content-items.jsonl"
    if lines.exists():
        return [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    found: list[Item] = json.loads((folder / "pages.json").read_text("utf-8"))["pages"]
    return found


def source_of(page: Item) -> Item:
    """Where a page is from."""
    found: Item = page["details"]["archived_page"] if "details" in page else page
    return found


def body_of(page: Item) -> str:
    return str(page["details"]["body"] if "details" in page else page["body"])


def files_of(folder: Path) -> Iterator[Item]:
    """The files of an export by what is told of them."""
    for name, items in (("files.json", "files"), ("documents.json", "documents")):
        if (folder / name).exists():
            yield from json.loads((folder / name).read_text("utf-8"))[items]
    for page in pages_of(folder):
        yield from page.get("details", {}).get("attachments", [])


def at(pages: list[Item], path: str) -> Item:
    [found] = [page for page in pages if source_of(page)["url"] == HOST + path]
    return found


@pytest.mark.parametrize("form", SYSTEMS)
def test_pages_read_back_are_those_of_the_catalogue(
    example: Archive, tmp_path: Path, form: str
) -> None:
    marsham.export(example, "pages", tmp_path / "rows.json", form="json", as_of="2011")
    rows = {row["url"]: row for row in json.loads((tmp_path / "rows.json").read_text("utf-8"))}
    manifest = marsham.export(example, "pages", tmp_path / "out", form=form, as_of="2011")
    pages = {source_of(page)["url"]: page for page in pages_of(tmp_path / "out")}
    assert pages.keys() == rows.keys()
    assert manifest.counts["rows"] == len(pages)
    for url, page in pages.items():
        assert page["title"] == " ".join(rows[url]["title"].split())
        assert source_of(page)["captured"] == rows[url]["captured"]
        assert source_of(page)["digest"] == rows[url]["digest"]
        ids = {page.get(name) for name in ("content_id", "id", "translation_key")}
        assert page_id(url_key(url)) in ids
        assert not OUR_PLACES.search(body_of(page))
    told = list(files_of(tmp_path / "out"))
    assert told
    for file in told:
        content = (tmp_path / "out" / file["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]


@pytest.mark.parametrize("form", SYSTEMS)
def test_a_second_export_is_the_same_to_the_byte(
    example: Archive, tmp_path: Path, form: str
) -> None:
    for name in ("one", "two"):
        marsham.export(example, "pages", tmp_path / name, form=form, as_of="2013")
    assert digests_of(tmp_path / "one") == digests_of(tmp_path / "two")


@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
def test_content_items_keep_to_the_schema_beside_them(
    example: Archive, tmp_path: Path, year: str
) -> None:
    marsham.export(example, "pages", tmp_path / "out", form="govuk", as_of=year)
    valid = validator(tmp_path / "out")
    pages = pages_of(tmp_path / "out")
    for page in pages:
        valid.validate(page)
    ids = {page["content_id"] for page in pages}
    paths = {page["base_path"] for page in pages}
    assert len(ids) == len(paths) == len(pages)
    for page in pages:
        for linked in page["links"].values():
            assert set(linked) <= ids
        here = [link for link in links_of(body_of(page)) if link.startswith("/")]
        assert {link.partition("#")[0] for link in here} <= paths
    assert any(page["links"].get("ordered_related_items") for page in pages)


def test_the_schema_refuses_what_is_no_content_item(example: Archive, tmp_path: Path) -> None:
    marsham.export(example, "pages", tmp_path / "out", form="govuk")
    valid, [page, *_] = validator(tmp_path / "out"), pages_of(tmp_path / "out")
    for wrong in (
        {"base_path": "/crime/?page=2"},
        {"base_path": "crime"},
        {"base_path": "/crime/"},
        {"content_id": "17"},
        {"title": ""},
        {"first_published_at": "1 April 2009"},
        {"links": {"parent": [page["content_id"]] * 2}},
        {"unheard_of": True},
    ):
        assert not valid.is_valid(page | wrong), wrong
    assert valid.is_valid(page)


def validator(folder: Path) -> jsonschema.Draft202012Validator:
    schema = json.loads((folder / "content-item.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def links_of(body: str) -> list[str]:
    if not body.strip():
        return []
    return [str(link) for link in html.fromstring(f"<div>{body}</div>").xpath("//a/@href")]


def test_wagtail_can_make_every_page_below_one_it_has_and_resolve_every_link(
    example: Archive, tmp_path: Path
) -> None:
    manifest = marsham.export(example, "pages", tmp_path / "out", form="wagtail", as_of="2011")
    documents = {file["id"] for file in files_of(tmp_path / "out")}
    keys = {page["translation_key"] for page in pages_of(tmp_path / "out")}
    made: dict[str, str] = {}
    slugs: set[tuple[str | None, str]] = set()
    led = 0
    for page in pages_of(tmp_path / "out"):
        parent = page["parent"]
        assert parent is None or parent in made
        assert (parent, page["slug"]) not in slugs
        slugs.add((parent, page["slug"]))
        top = page["slug"] == "home" and parent is None
        made[page["translation_key"]] = "/" if top else f"{made.get(parent, '/')}{page['slug']}/"
        for kind, one in re.findall(r'<a linktype="(\w+)" id="([^"]+)">', page["body"]):
            assert one in (keys if kind == "page" else documents)
            led += 1
    assert led
    # All paths of the example are such as the new site has: nothing is to be redirected.
    assert manifest.counts["redirects"] == 0
    assert sorted(made.values()) == sorted(
        urlsplit(page["url"]).path for page in pages_of(tmp_path / "out")
    )


def test_wagtail_is_told_where_pages_with_other_paths_went(tmp_path: Path) -> None:
    paths = ("/", "/A/b.htm", "/a/b.htm?x=1", "/same/", "/" + "long-" * 60)
    pages = {path: b"<h1>Page</h1><p>At %b.</p>" % path.encode() for path in paths}
    with archive_of(tmp_path, pages) as archive:
        manifest = marsham.export(archive, "pages", tmp_path / "out", form="wagtail")
    text = (tmp_path / "out/northshire.example/redirects.csv").read_text("utf-8")
    assert text == "from,to\n/A/b.htm,/a-b/\n/a/b.htm?x=1,/a-b/x-1/\n"
    assert (manifest.counts["redirects"], manifest.counts["redirects_too_long"]) == (2, 1)


def test_drupal_finds_every_link_by_its_uuid(example: Archive, tmp_path: Path) -> None:
    marsham.export(example, "pages", tmp_path / "out", form="drupal", as_of="2011")
    pages = {page["id"]: page for page in pages_of(tmp_path / "out")}
    files = {file["id"]: file for file in files_of(tmp_path / "out")}
    led = set()
    for page in pages.values():
        assert page["parent"] in {None, *pages}
        assert set(page["files"]) <= files.keys()
        for link in html.fromstring(f"<div>{page['body']}</div>").xpath("//a[@data-entity-uuid]"):
            one = str(link.get("data-entity-uuid"))
            kind = str(link.get("data-entity-type"))
            address = str(link.get("href")).partition("#")[0]
            if kind == "node":
                assert address == pages[one]["path"]
            else:
                assert (kind, address) == ("file", files[one]["url"])
            led.add(kind)
    assert led == {"file", "node"}


@pytest.mark.parametrize("form", SYSTEMS)
def test_awkward_pages_arrive(tmp_path: Path, form: str) -> None:
    old = b"<title>Circular</title><meta name='DC.date.issued' content='1964-03-01'>"
    pages = {
        "/": b"<h1>Start</h1><p><a href='/a?b=1'>A</a> <a href='/f.pdf'>F (PDF)</a></p>",
        "/a": b"<p>A page that nobody named.</p>",
        "/a?b=1": b"<h1>With a query</h1><p>It has one.</p>",
        "/f.pdf": PDF,
        "/long": b"<h1>" + b"Very long " * 60 + b"</h1><p>A page.</p>",
        "/old": old + b"<h1>Circular</h1><p>To all chief constables.</p>",
    }
    with archive_of(tmp_path, pages) as archive:
        marsham.export(archive, "pages", tmp_path / "out", form=form)
        arguments = ["--archive", str(archive.path), "withdraw", f"{HOST}/f.pdf"]
        assert run([*arguments, "--reason", "Private", "--authority", "Takedown panel"]) == 0
        marsham.export(archive, "pages", tmp_path / "after", form=form)
    found = pages_of(tmp_path / "out")
    assert at(found, "/a")["title"] == "www.northshire.example/a"
    long = at(found, "/long")
    assert long.get("whole_title", long["title"]) == ("Very long " * 60).strip()
    assert len(long["title"]) <= 255 or form == "govuk"
    circular = at(found, "/old")
    dates = {"drupal": "created", "govuk": "first_published_at", "wagtail": "first_published_at"}
    assert str(circular[dates[form]])[:10] in ("1964-03-01", "-184204800")
    ids = {page.get("content_id") or page.get("id") or page["translation_key"] for page in found}
    assert len(ids) == len(found) == 5
    assert f"{HOST}/f.pdf" not in re.findall(r'(?<=href=")[^"]*', body_of(at(found, "/"))) or (
        form == "drupal"
    )
    after = pages_of(tmp_path / "after")
    assert f'<a href="{HOST}/f.pdf">' in body_of(at(after, "/"))
    assert list(files_of(tmp_path / "after")) == []


_texts = st.text(min_size=1, max_size=30)


@settings(max_examples=6)
@given(st.lists(st.tuples(_texts, _texts), min_size=1, max_size=6))
def test_whatever_pages_hold_every_format_can_be_read_back(texts: list[tuple[str, str]]) -> None:
    pages = {
        f"/{number}/": f"<title>{title}</title><p>{text}</p><p>Page {number}</p>".encode()
        for number, (title, text) in enumerate(texts)
    }
    with TemporaryDirectory() as folder, archive_of(Path(folder), pages) as archive:
        for form in PAGE_FORMATS:
            out = Path(folder) / form
            assert marsham.export(archive, "pages", out, form=form).counts["rows"] == len(pages)
            if form in SYSTEMS:
                found = pages_of(out)
                assert len(found) == len(pages)
                assert all(page["title"] for page in found)
            if form == "govuk":
                for page in found:
                    validator(out).validate(page)
            if form == "wxr":
                items = ElementTree.parse(out / "part-0001.xml").findall("channel/item")  # noqa: S314
                assert len(items) == len(pages)


@given(st.text() | st.text("]]><![CDATA[&\r\n\x00\x0b\ufffe\ud800a"))
def test_any_text_between_tags_is_read_as_it_was_but_for_what_xml_has_no_place_for(
    text: str,
) -> None:
    stored, replaced = xml_text(text)
    read = ElementTree.fromstring(f"<a>{xml_section(stored)}</a>").text or ""  # noqa: S314
    assert read == stored.replace("\r\n", "\n").replace("\r", "\n")
    assert stored.count("\ufffd") - text.count("\ufffd") == replaced
