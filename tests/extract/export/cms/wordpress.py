"""WordPress's side of WXR: a reader and importer after its rules, with Python's own XML parser."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

WP = "{http://wordpress.org/export/1.2/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
EXCERPT = "{http://wordpress.org/export/1.2/excerpt/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass
class Post:
    """An item as the importer has it after reading."""

    number: int
    title: str
    date: str
    name: str
    type: str
    parent: int
    content: str
    link: str
    guid: str
    address: str
    meta: dict[str, str]


@dataclass
class Site:
    """A site that parts are imported into, one after the other, each in a run of its own."""

    posts: dict[int, Post] = field(default_factory=dict)
    left_out: list[Post] = field(default_factory=list)

    def take(self, part: Path) -> None:
        """Import a part: keep numbers that are free, leave out what seems to be there already."""
        for post in read_part(part):
            same = {(one.title.casefold(), one.date, one.type) for one in self.posts.values()}
            if (post.title.casefold(), post.date, post.type) in same or post.number in self.posts:
                self.left_out.append(post)
            else:
                self.posts[post.number] = post


def read_part(part: Path) -> list[Post]:
    """Read one file; whatever an importer would refuse or read otherwise fails."""
    channel = ElementTree.parse(part).getroot().find("channel")  # noqa: S314
    assert channel is not None
    assert channel.findtext(f"{WP}wxr_version") == "1.2"
    base = channel.findtext(f"{WP}base_site_url") or ""
    assert base.startswith(("http://", "https://"))
    authors = [one.findtext(f"{WP}author_login") for one in channel.findall(f"{WP}author")]
    return [_post(item, authors) for item in channel.findall("item")]


def _post(item: ElementTree.Element, authors: list[str | None]) -> Post:
    def text(name: str) -> str:
        [found] = item.findall(name)
        assert len(found) == 0, f"{name} holds elements"
        return found.text or ""

    for name in ("post_date", "post_date_gmt", "post_modified"):
        assert DATE.fullmatch(text(f"{WP}{name}"))
    assert text(CREATOR) in authors
    assert text("title")
    assert text(f"{WP}comment_status") == "closed"
    kind = text(f"{WP}post_type")
    assert text(f"{WP}status") == {"page": "publish", "attachment": "inherit"}[kind]
    assert re.fullmatch(r"[a-z0-9-]{1,200}", text(f"{WP}post_name"))
    meta = {
        one.findtext(f"{WP}meta_key") or "": one.findtext(f"{WP}meta_value") or ""
        for one in item.findall(f"{WP}postmeta")
    }
    return Post(
        number=int(text(f"{WP}post_id")),
        title=text("title"),
        date=text(f"{WP}post_date"),
        name=text(f"{WP}post_name"),
        type=kind,
        parent=int(text(f"{WP}post_parent")),
        content=text(CONTENT),
        link=text("link"),
        guid=text("guid"),
        address=text(f"{WP}attachment_url") if kind == "attachment" else "",
        meta=meta,
    )
