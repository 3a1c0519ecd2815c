"""Build the example site: one department's pages as three visits to a web archive saved them.

``python examples/home-office/build.py [FOLDER]`` reads ``source/`` and writes ``2009/``, ``2011/``
and ``2013/`` into FOLDER, by default beside this file. The same source gives the same bytes.

Source pages are written as they stood on the live site, with links like ``/crime/``. Each is then
put into its year's layout, has its links turned into the archive's as that year wrote them, and
gets the archive's frame: the banner, and whatever else the archive added to a page it showed.
"""

import csv
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from pdf import write_pdf

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "source"
HOST = "www.homeoffice.example"
ARCHIVE = "http://webarchive.nationalarchives.gov.uk"
LANDING = "/crime/partnerships/"
LINK = re.compile(r'(\b(?:href|src|action)=")((?:/|https?:/)[^"]*)"')
STYLE_LINK = re.compile(r"(url\()([^)]+)\)")
DIRECTORY = re.compile(r"<!-- partnerships: ([\w-]+) as (\w+) -->")
MODIFIERS = {".css": "cs_", ".js": "js_", ".gif": "im_", ".jpg": "im_", ".png": "im_"}


@dataclass(frozen=True)
class Visit:
    """One year's visit, and how the archive wrote its pages then."""

    year: str
    began: datetime
    encoding: str
    prefix: str  # what stands before the 14 digits in a link
    slashes: str  # between "http:" and the host, in a link
    modifiers: bool  # whether links to images and styles say what they are
    styles: bool  # whether addresses inside style sheets were turned as well
    crumb: str
    joint: str

    @property
    def source(self) -> Path:
        """The folder this visit's pages are written in."""
        return SOURCE / self.year


VISITS = (
    Visit(
        year="2009",
        began=datetime(2009, 4, 2, 11, 12, 13),  # noqa: DTZ001 - only ever printed, in UTC
        encoding="iso-8859-1",
        prefix=f"{ARCHIVE}/",
        slashes="//",
        modifiers=False,
        styles=False,
        crumb='<a href="{url}">{title}</a>',
        joint=" &gt; ",
    ),
    Visit(
        year="2011",
        began=datetime(2011, 5, 9, 10, 16, 21),  # noqa: DTZ001
        encoding="utf-8",
        prefix="/",
        slashes="/",
        modifiers=True,
        styles=True,
        crumb='<a href="{url}">{title}</a>',
        joint=' <span class="sep">&#187;</span> ',
    ),
    Visit(
        year="2013",
        began=datetime(2013, 3, 26, 12, 29, 52),  # noqa: DTZ001
        encoding="utf-8",
        prefix=f"{ARCHIVE}/",
        slashes="//",
        modifiers=True,
        styles=False,
        crumb='<li><a href="{url}">{title}</a></li>',
        joint="",
    ),
)


@dataclass(frozen=True)
class Page:
    """A source page: what its head says, and the two columns of its body."""

    url: str
    head: dict[str, str]
    main: str
    side: str


def read_page(path: Path) -> Page:
    """Read a source page: ``name: value`` lines, an empty line, then HTML."""
    top, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    head = dict(line.split(": ", 1) for line in top.splitlines())
    main, _, side = body.partition("<!-- side -->\n")
    return Page(url=head["url"], head=head, main=main.strip(), side=side.strip())


def read_pages(visit: Visit) -> list[Page]:
    """Read a visit's pages in the order they were saved: the landing page, then by address."""
    pages = [read_page(path) for path in visit.source.glob("pages/*.html")]
    return sorted(pages, key=lambda page: (page.url != LANDING, page.url))


def partnerships(visit: Visit, region: str) -> list[dict[str, str]]:
    """The partnerships of a region as they stood at a visit, in the source's order."""
    with (SOURCE / "partnerships.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["region"] == region]
    rows = [row for row in rows if visit.year in row["years"].split()]
    kind = "Community Safety Partnership"
    if visit.year == "2009" and region != "wales":
        long = "Crime and Disorder Reduction Partnership"
        kind = "CDRP" if region == "west-midlands" else long  # that year's table is narrow
    for row in rows:
        row["name"] = row["name"] or f"{row['area']} {kind}"
        row["covers"] = row["covers"] or row["area"]
    return rows


def mail_link(row: dict[str, str], text: str = "") -> str:
    """A link that writes to a partnership, showing its address or other words."""
    return f'<a href="mailto:{row["email"]}">{escape(text or row["email"])}</a>'


def site_link(row: dict[str, str]) -> str:
    """A link to a partnership's own site, or nothing when it has none."""
    site = row["website"]
    return f'<a href="http://{site}/" class="external">{site}</a>' if site else ""


def as_table(rows: Iterable[dict[str, str]]) -> str:
    """A directory as a table, one partnership a row."""
    stripes = ("", ' class="alt"')
    cells = "\n".join(
        f"<tr{stripes[number % 2]}><td>{escape(row['name'])}</td>"
        f"<td>{escape(row['covers'])}</td><td>{row['team']}</td>"
        f'<td class="tel">{row["telephone"]}</td><td>{mail_link(row)}</td></tr>'
        for number, row in enumerate(rows)
    )
    titles = ("Partnership", "Area covered", "Contact", "Telephone", "E-mail")
    header = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        '<table class="directory" cellspacing="0">\n'
        f"<thead><tr>{header}</tr></thead>\n<tbody>\n{cells}\n</tbody>\n</table>"
    )


def as_definitions(rows: Iterable[dict[str, str]]) -> str:
    """A directory as a definition list; the e-mail address is in the link alone."""
    lines = ['<dl class="directory">']
    for row in rows:
        lines.append(f"<dt>{escape(row['name'])}</dt>")
        if row["formerly"]:
            lines.append(f'<dd class="note">Formerly {escape(row["formerly"])}</dd>')
        lines.append(f"<dd>Contact: {row['team']}</dd>")
        lines.append(f"<dd>Telephone: {row['telephone']}</dd>")
        lines.append(f"<dd>{mail_link(row, 'E-mail the partnership')}</dd>")
        if row["website"]:
            lines.append(f"<dd>Website: {site_link(row)}</dd>")
    return "\n".join([*lines, "</dl>"])


def as_headings(rows: Iterable[dict[str, str]]) -> str:
    """A directory as headings by police force, each partnership a paragraph of short lines."""
    parts = []
    by_force = sorted(rows, key=lambda row: row["force"])
    for force, members in groupby(by_force, key=lambda row: row["force"]):
        parts.append(f"<h2>{force} Police area</h2>")
        for row in members:
            lines = [row["team"], f"Tel: {row['telephone']}", f"E-mail: {mail_link(row)}"]
            lines += [f"Web: {site_link(row)}"] if row["website"] else []
            parts.append(f"<h3>{escape(row['name'])}</h3>")
            parts.append("<p>" + "<br />\n".join(lines) + "</p>")
    return "\n".join(parts)


SHAPES = {"table": as_table, "definitions": as_definitions, "headings": as_headings}


def crumbs(visit: Visit, page: Page, titles: dict[str, str]) -> str:
    """The trail from the home page to `page`, which itself is not linked."""
    steps = [part for part in page.url.strip("/").split("/") if part]
    parents = ["/" + "".join(f"{step}/" for step in steps[:n]) for n in range(len(steps))]
    links = [visit.crumb.format(url=url, title=titles[url]) for url in parents if url in titles]
    here = page.head["short"]
    return visit.joint.join([*links, f"<li>{here}</li>" if visit.joint == "" else here])


def live_page(visit: Visit, page: Page, titles: dict[str, str]) -> str:
    """A page as it stood on the live site."""
    layout = Template((visit.source / "layout.html").read_text(encoding="utf-8"))
    side = ""
    if page.side:
        column = Template((visit.source / "side.html").read_text(encoding="utf-8"))
        side = column.substitute(side=page.side).rstrip("\n")
    description = page.head.get("description", "")
    meta = f'<meta name="description" content="{escape(description)}" />\n' if description else ""
    html = layout.substitute(
        page.head,
        lang=page.head.get("lang", "en"),
        meta=meta,
        crumbs=crumbs(visit, page, titles),
        main=page.main,
        side=side,
        columns="1" if side else "2",
        shape="with-side" if side else "wide",
    )
    html = re.sub(
        rf'<li( class=")?(\w*)"?><a href="{page.url}"',
        rf'<li class="\2 here"><a href="{page.url}"',
        html,
    ).replace('class=" here"', 'class="here"')
    return DIRECTORY.sub(lambda found: SHAPES[found[2]](partnerships(visit, found[1])), html)


def archived(visit: Visit, stamp: str, url: str) -> str:
    """The address by which a saved page links to `url`, an address of the live site."""
    if url.startswith("/"):
        url = f"http://{HOST}{url}"
    suffix = Path(url.partition("?")[0]).suffix
    modifier = MODIFIERS.get(suffix, "") if visit.modifiers else ""
    return f"{visit.prefix}{stamp}{modifier}/{url.replace('://', ':' + visit.slashes)}"


def saved_page(visit: Visit, html: str, stamp: str, banner_day: str, url: str) -> str:
    """Turn a live page into the saved one: the archive's links, and the archive's frame."""
    html = LINK.sub(lambda found: f'{found[1]}{archived(visit, stamp, found[2])}"', html)
    moment = datetime.strptime(stamp, "%Y%m%d%H%M%S")  # noqa: DTZ007 - printed as it is
    frame = {}
    for name in ("head", "top", "end"):
        path = visit.source / f"frame-{name}.html"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        frame[name] = Template(text).substitute(
            day=banner_day,
            url=f"http://{HOST}{url}",
            stamp=stamp,
            clock=moment.strftime("%H:%M:%S %b %d, %Y"),
        )
    if visit.year == "2013":
        html = html.replace("<title>", "<title>[ARCHIVED CONTENT] ")
    html = html.replace("<head>\n", f"<head>\n{frame['head']}")
    html = re.sub(r"(<body[^>]*>\n)", lambda found: found[1] + frame["top"], html)
    return html.replace("</body>", f"{frame['end']}</body>")


def saved_file(visit: Visit, path: Path, stamp: str) -> bytes:
    """The bytes of a saved style sheet, script, image or document."""
    if path.suffix == ".txt":
        return write_pdf(path.read_text(encoding="utf-8"))
    if path.suffix == ".css" and visit.styles:
        text = path.read_text(encoding="utf-8")
        turned = STYLE_LINK.sub(lambda f: f"{f[1]}{archived(visit, stamp, f[2])})", text)
        return turned.encode(visit.encoding)
    return path.read_bytes()


def build_visit(visit: Visit, folder: Path) -> None:
    """Write one visit's folder: the saved files, and ``pages.csv`` that says what each one is."""
    pages = read_pages(visit)
    titles = {page.url: page.head["short"] for page in pages if "short" in page.head}
    rows: list[dict[str, str]] = []
    moment = visit.began

    def save(url: str, stamp: str, path: str, content: bytes) -> None:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        address = archived(visit, stamp, url)
        address = address if address.startswith("http") else ARCHIVE + address
        rows.append({"url": address, "timestamp": stamp, "status": "200", "file": path})

    for page in pages:
        stamp = moment.strftime("%Y%m%d%H%M%S")
        status = page.head.get("status", "200")
        if status == "200":
            html = live_page(visit, page, titles)
            day = page.head.get("banner", moment.strftime("%d/%m/%Y"))
            html = saved_page(visit, html, stamp, day, page.url)
            content = html.encode(visit.encoding, "xmlcharrefreplace")
            save(page.url, stamp, f"{HOST}{page.url}index.html", content)
            if "banner" in page.head:
                rows[-1]["timestamp"] = ""  # the page states two days; the reader has to choose
        else:
            location = page.head.get("location", "")
            address = archived(visit, stamp, page.url)
            target = archived(visit, stamp, location) if location else ""
            rows.append({"url": address, "timestamp": stamp, "status": status, "location": target})
        rows[-1]["note"] = page.head.get("note", "")
        moment += timedelta(seconds=7)
    for path in sorted(visit.source.glob("files/*/*")):
        stamp = moment.strftime("%Y%m%d%H%M%S")
        name = path.name.replace(".txt", ".pdf")
        url = f"/{path.parent.name}/{name}"
        save(url, stamp, f"{HOST}{url}", saved_file(visit, path, stamp))
        moment += timedelta(seconds=2)

    with (folder / "pages.csv").open("w", encoding="utf-8", newline="") as file:
        columns = ("url", "timestamp", "status", "file", "location", "note")
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(folder: Path) -> None:
    """Write the three visits into `folder`, replacing what an earlier build left there."""
    for visit in VISITS:
        target = folder / visit.year
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        build_visit(visit, target)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
