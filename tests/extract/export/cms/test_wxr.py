"""WXR held to what WordPress's importer does with it; awkward pages first."""

import hashlib
import json
import re
from functools import partial
from pathlib import Path

import pytest

import marsham
from archiver.errors import InputError
from archiver.urls import url_key
from extract.export.cms.identity import page_id
from extract.export.cms.wxr import write_wxr
from extract.export.folder import write_folder
from extract.export.writing import Order
from marsham import Archive
from marsham.cli import run
from tests.extract.export.cms.sites import HOST, PDF, archive_of, digests_of
from tests.extract.export.cms.wordpress import Post, Site, read_part


def parts_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.xml"))


def posts_of(folder: Path) -> list[Post]:
    return [post for part in parts_of(folder) for post in read_part(part)]


def page_at(posts: list[Post], path: str) -> Post:
    [found] = [post for post in posts if post.link == HOST + path]
    return found


def exported(archive: Archive, out: Path) -> list[Post]:
    marsham.export(archive, "pages", out, form="wxr")
    return posts_of(out)


def test_the_example_is_taken_in_whole(example: Archive, tmp_path: Path) -> None:
    marsham.export(example, "pages", tmp_path / "pages.json", form="json", as_of="2011")
    pages = {row["url"]: row for row in json.loads((tmp_path / "pages.json").read_text("utf-8"))}
    out = tmp_path / "wxr"
    manifest = marsham.export(example, "pages", out, form="wxr", as_of="2011")
    site = Site()
    for part in parts_of(out):
        site.take(part)
    assert site.left_out == []
    posts = list(site.posts.values())
    taken = {post.link: post for post in posts if post.type == "page"}
    assert taken.keys() == pages.keys()
    for url, post in taken.items():
        assert post.title == " ".join(pages[url]["title"].split())
        assert post.meta["_marsham_digest"] == pages[url]["digest"]
        assert post.meta["_marsham_captured"] == pages[url]["captured"]
        assert post.guid == f"urn:uuid:{page_id(url_key(url))}"
        assert post.parent in {0, *site.posts}
    kinds = [post.type for post in posts]
    assert kinds == sorted(kinds)  # attachments before pages
    assert kinds.count("attachment") == manifest.counts["files"] > 0
    assert kinds.count("page") == manifest.counts["rows"]
    led = [int(found) for post in posts for found in re.findall(r'"/\?\w+_id=(\d+)', post.content)]
    assert led
    assert all(number in site.posts for number in led)
    for post in posts:
        if post.type == "attachment":
            content = (out / post.meta["_marsham_file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == post.meta["_marsham_sha256"]
            captured = post.meta["_marsham_captured"]
            assert post.address == f"http://localhost:8080/web/{captured}id_/{post.link}"


def test_parts_keep_to_their_size_and_links_hold_over_all_of_them(
    example: Archive, tmp_path: Path
) -> None:
    for name, largest in (("one", 1 << 23), ("many", 12_000)):
        write_folder(
            example, Order("pages", "wxr"), tmp_path / name, partial(write_wxr, largest=largest)
        )
    whole, parted = posts_of(tmp_path / "one"), posts_of(tmp_path / "many")
    assert parted == whole
    parts = parts_of(tmp_path / "many")
    assert len(parts) > 3
    manifest = json.loads((tmp_path / "many/manifest.json").read_text("utf-8"))
    listed = {file["name"]: file.get("counts") for file in manifest["files"]}
    for part in parts:
        posts = read_part(part)
        assert part.stat().st_size <= 12_000 or len(posts) == 1
        kinds = [post.type for post in posts]
        assert listed[part.name] == {
            "attachments": kinds.count("attachment"),
            "pages": kinds.count("page"),
        }
    assert manifest["counts"]["parts"] == len(parts)


def test_a_second_export_is_the_same_to_the_byte(example: Archive, tmp_path: Path) -> None:
    for name in ("one", "two"):
        marsham.export(example, "pages", tmp_path / name, form="wxr", as_of="2013")
    assert digests_of(tmp_path / "one") == digests_of(tmp_path / "two")


def test_a_page_keeps_its_number_in_exports_of_other_dates(
    example: Archive, tmp_path: Path
) -> None:
    numbers = []
    for year in ("2009", "2013"):
        marsham.export(example, "pages", tmp_path / year, form="wxr", as_of=year)
        numbers.append({post.link: post.number for post in posts_of(tmp_path / year)})
    both = numbers[0].keys() & numbers[1].keys()
    assert both
    assert all(numbers[0][link] == numbers[1][link] for link in both)


def test_text_that_xml_cannot_hold_or_that_ends_its_section_arrives(tmp_path: Path) -> None:
    text = b"<h1>Forms ]]&gt; &amp;\x01 more \xf0\x9f\x90\xa8</h1>"
    body = b"<p>Ends ]]&gt; here, rings \x07, keeps \xef\xbf\xbe and &lt;script&gt;.</p>"
    with archive_of(tmp_path, {"/a": b'<meta charset="utf-8">' + text + body}) as archive:
        [post] = exported(archive, tmp_path / "out")
    assert post.title == "Forms ]]> &\ufffd more \U0001f428"
    assert "Ends ]]&gt; here, rings \ufffd, keeps \ufffd and &lt;script&gt;." in post.content


def test_two_pages_of_one_title_and_date_are_both_taken_in(tmp_path: Path) -> None:
    page = b"<title>Contacts</title><h1>Contacts</h1><p>Published: 1 April 2009</p><p>%b</p>"
    pages = {f"/{name}/": page % name.encode() for name in ("north", "south", "west")}
    with archive_of(tmp_path, pages) as archive:
        manifest = marsham.export(archive, "pages", tmp_path / "out", form="wxr")
    site = Site()
    for part in parts_of(tmp_path / "out"):
        site.take(part)
    assert (len(site.posts), site.left_out) == (3, [])
    assert manifest.counts["dates_moved"] == 2


def test_a_page_without_a_title_is_called_by_its_address(tmp_path: Path) -> None:
    with archive_of(tmp_path, {"/untitled/": b"<p>A page that nobody named.</p>"}) as archive:
        [post] = exported(archive, tmp_path / "out")
    assert post.title == "www.northshire.example/untitled/"


def test_dates_before_1970_are_written_as_they_are(tmp_path: Path) -> None:
    page = (
        b"<html><head><title>Circular</title><meta name='DC.date.issued' content='1964-03-01'>"
        b"</head><body><h1>Circular</h1><p>To all chief constables.</p></body></html>"
    )
    with archive_of(tmp_path, {"/circular": page}) as archive:
        [post] = exported(archive, tmp_path / "out")
    assert post.date == "1964-03-01 00:00:00"


def test_a_giant_page_arrives_whole_in_a_part_of_its_own(tmp_path: Path) -> None:
    long = b"<h1>Register</h1>" + b"".join(
        b"<p>Entry %d of the register</p>" % n for n in range(9000)
    )
    pages = {"/a": b"<h1>A</h1><p>Before it</p>", "/b": long, "/c": b"<h1>C</h1><p>Behind it</p>"}
    with archive_of(tmp_path, pages) as archive:
        write_folder(
            archive,
            Order("pages", "wxr"),
            tmp_path / "out",
            partial(write_wxr, largest=100_000),
        )
    posts = [read_part(part) for part in parts_of(tmp_path / "out")]
    assert [len(part) for part in posts] == [1, 1, 1]
    assert posts[1][0].content.count("of the register</p>") == 9000


def test_two_addresses_of_one_page_are_one_item_and_both_are_led_to(tmp_path: Path) -> None:
    page = b"<h1>Advice</h1><p>What to do when there is nothing to be done.</p>"
    start = (
        b"<h1>Start</h1><p><a href='/Advice'>One</a> and "
        b"<a href='http://northshire.example:80/advice#b'>two</a>, not "
        b"<a href='http://other.example/advice'>three</a>.</p>"
    )
    with archive_of(tmp_path, {"/": start, "/advice": page, "/Advice": page}) as archive:
        posts = exported(archive, tmp_path / "out")
    assert len(posts) == 2
    [advice] = [post for post in posts if post.title == "Advice"]
    content = page_at(posts, "/").content
    assert f'<a href="/?page_id={advice.number}">One</a>' in content
    assert f'<a href="/?page_id={advice.number}#b">two</a>' in content
    assert '<a href="http://other.example/advice">three</a>' in content
    assert advice.parent == page_at(posts, "/").number


def test_a_withdrawn_attachment_is_not_carried_and_its_link_says_where_it_was(
    tmp_path: Path,
) -> None:
    page = b"<h1>Forms</h1><p><a href='/form.pdf'>Form (PDF)</a> <a href='/b.pdf'>B (PDF)</a></p>"
    pages = {"/forms/": page, "/form.pdf": PDF, "/b.pdf": PDF + b" B"}
    with archive_of(tmp_path, pages) as archive:
        before = exported(archive, tmp_path / "before")
        arguments = ["--archive", str(archive.path), "withdraw", f"{HOST}/form.pdf"]
        assert run([*arguments, "--reason", "Private", "--authority", "Takedown panel"]) == 0
        after = exported(archive, tmp_path / "after")
    assert [post.title for post in before] == ["form.pdf", "b.pdf", "Forms"]
    assert [post.title for post in after] == ["b.pdf", "Forms"]
    form = page_at(before, "/form.pdf")
    assert f'href="/?attachment_id={form.number}"' in page_at(before, "/forms/").content
    assert f'href="{HOST}/form.pdf"' in page_at(after, "/forms/").content
    assert f'attachment_id={page_at(after, "/b.pdf").number}"' in page_at(after, "/forms/").content
    assert not any(content == PDF for content in digests_of(tmp_path / "after").values())


def test_a_page_whose_bytes_are_damaged_has_its_text_for_a_message(tmp_path: Path) -> None:
    page = b"<h1>Advice</h1><p>Lock &lt;both&gt; doors.</p>"
    with archive_of(tmp_path, {"/advice": page}) as archive:
        [stored] = (archive.path / "warcs").rglob("*.warc*")
        stored.chmod(0o600)
        stored.write_bytes(bytes(stored.stat().st_size))
        manifest = marsham.export(archive, "pages", tmp_path / "out", form="wxr")
    [post] = posts_of(tmp_path / "out")
    assert manifest.counts["unreadable"] == 1
    assert post.content == "<p>Advice</p>\n<p>Lock &lt;both&gt; doors.</p>\n"


def test_only_pages_can_be_written_so(example: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wxr is for pages"):
        marsham.export(example, "contacts", tmp_path / "out", form="wxr")
