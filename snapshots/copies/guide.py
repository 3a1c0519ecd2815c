"""A copy's own pages: what it is, what is in it, and what is said where something is not.

They need no script and nothing outside themselves. Long lists are parted, so that no page grows
with the copy.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import islice

from archiver.timestamps import parse_timestamp
from snapshots.copies.links import LinkMap, relative
from snapshots.copies.pages import policy_tag
from snapshots.copies.places import Address, Held, Places

__all__ = [
    "About",
    "address_pages",
    "framing_page",
    "not_here_pages",
    "readme",
    "redirect_page",
    "stand_in_page",
]

_AT_ONCE = 500  # addresses on one page
_STYLE = """\
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem 2rem; color: #14171a; background: #fff;
  font: 1rem/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; }
a { color: #1a4f8b; } a:focus { outline: 3px solid #ffb81c; outline-offset: 2px; }
header { border-bottom: 3px solid #1d2f3f; padding: 0.6rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #b9c1c8; padding: 0.3rem 0.8rem 0.3rem 0; text-align: left;
  vertical-align: top; }
dt { font-weight: bold; } dd { margin: 0 0 0.5rem; }
.plain { list-style: none; padding: 0; } .plain li { padding: 0.2rem 0; }
.named:not(:target) > li:not(:target) { display: none; }
.named > li:target { border-left: 4px solid #1d2f3f; padding-left: 0.8rem; }
iframe { border: 0; width: 100%; height: 80vh; }
"""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a copy.

    Attributes:
        archive: the name of the archive it was made from.
        institution: who keeps that.
        contact: where a reader may write to; empty for none.
        chosen: what was chosen, as a phrase.
        software: what made it.
        totals: see `Places.totals`.
    """

    archive: str
    institution: str
    contact: str
    chosen: str
    software: str
    totals: dict[str, int]


def readme(about: About) -> str:
    """Write README.txt."""
    counted = ("captures", "pages", "addresses", "left out", "addresses not in the copy")
    counts = "".join(f"  {name}: {about.totals[name]}\n" for name in counted)
    contact = f"Questions: {about.contact}\n\n" if about.contact else ""
    return f"""{about.archive}: a static copy
{"=" * (len(about.archive) + 15)}

{about.chosen}, kept for preservation by {about.institution}.

To read it, open index.html in a web browser, or put this folder on any web host. It
needs no program on the host and no scripts in the browser, and asks for nothing outside this
folder. Every page says at its top when it was captured and at which address.

Pages are as they were captured, except that links lead to the files of this copy, at the capture
closest in time; that scripts do not run and forms are not sent; and that the banner stands at the
top. Links to what is not in this copy lead to a page that names the address. Captures as they
came from the web, to the byte, are in the archive, not here.

  index.html              where to begin
  sites/HOST/ADDRESS/     the captures of one address, named by date and time in UTC
  not-here/               addresses that links lead to and that are not in this copy
  captures.csv            every capture chosen, its file, or why it is not in this copy
  manifest.json           what this copy is made of, in numbers
  manifest-sha256.txt     the sums of all files; to check: sha256sum -c manifest-sha256.txt

{counts}
{contact}Made with {about.software}.
"""


def address_pages(about: About, places: Places) -> Iterator[tuple[str, str]]:
    """Give path and text of the first page, the lists of each site, and those of each address."""
    sites: list[str] = []
    for host, folder, pages, others in places.sites():
        lists = []
        for name, number, with_pages in (("index", pages, True), ("files", others, False)):
            if number:
                found = places.addresses(folder, pages=with_pages)
                title = f"{host}: {'pages' if with_pages else 'other files'}"
                yield from _site_lists(about, title, found, folder, name, (number - 1) // _AT_ONCE)
                words = f"{number:,} {_what(with_pages, number)}"
                lists.append(f'<a href="{folder}/{name}.html">{words}</a>')
        sites.append(f"<tr><th scope=row>{escape(host)}</th><td>{', '.join(lists)}</td></tr>\n")
        for address in places.addresses(folder, pages=True):
            yield f"{address.folder}/index.html", _versions(about, places, address)
    yield "index.html", _front(about, sites)


def not_here_pages(about: About, places: Places) -> Iterator[tuple[str, str]]:
    """Give path and text of the pages that name the addresses that are not in the copy."""
    for path, addresses in places.not_here():
        items = "".join(f'<li id="{name}">{escape(url)}</li>\n' for name, url in addresses)
        body = (
            "<h1>Not in this copy</h1>\n"
            "<p>The link you followed leads to an address that is not part of this copy of "
            f"{escape(about.archive)}. It was not captured, or not chosen for the copy, or is no "
            "longer shown. Go back with your browser to go on reading.</p>\n"
            "<h2>The address</h2>\n"
            f'<ul class="plain named" id="all">\n{items}</ul>\n'
            "<p>Only its name is given here: what stands at that address today may be something "
            'else. <a href="#all">Show all addresses that this page knows</a>.</p>\n'
        )
        yield path, _page(about, "Not in this copy", body, path)


def redirect_page(about: About, held: Held, links: LinkMap, places: Places) -> str:
    """Write the page of a redirect: where it led, and on to it if that is in the copy."""
    end = places.destination(held)
    target = escape(held.target)
    url, day = escape(held.capture.url), _day(held)
    head = ""
    if end is None:
        way = (
            f'<p>That address is <a href="{links.not_here(held.target)}">not in this copy</a>.</p>'
        )
    else:
        link = links.to(end)
        head = f'<meta http-equiv="refresh" content="0; url={link}">'
        way = f'<p><a href="{link}">Go on to it, as captured on {_day(end)}</a></p>'
    body = (
        f"<h1>This address led to another</h1>\n<dl>\n<dt>Address</dt><dd>{url}</dd>\n"
        f"<dt>Captured</dt><dd>{_moment(held)}</dd>\n<dt>Led to</dt><dd>{target}</dd>\n</dl>\n"
        f'{way}\n<p><a href="index.html">All captures of this address</a></p>\n'
    )
    return _page(about, f"Moved on {day}: {held.capture.url}", body, held.path, head)


def stand_in_page(about: About, held: Held, why: str) -> str:
    """Write the page that stands for one that could not be read."""
    body = (
        f"<h1>Captured on {_day(held)}, and not shown</h1>\n<dl>\n<dt>Address</dt>"
        f"<dd>{escape(held.capture.url)}</dd>\n<dt>Why</dt><dd>{escape(why)}</dd>\n</dl>\n"
        '<p><a href="index.html">All captures of this address</a></p>\n'
    )
    return _page(about, held.capture.url, body, held.path)


def framing_page(about: About, held: Held, banner: str, frame: str) -> str:
    """Write the page that shows another file below the banner.

    Args:
        about: the copy.
        held: the capture.
        banner: as HTML.
        frame: link to the file.
    """
    title = escape(held.title or held.capture.url)
    shown = f'<iframe src="{escape(frame)}" title="{title}"></iframe>\n'
    return _document(about, held.title or held.capture.url, f"{banner}<main>{shown}</main>", "")


def _front(about: About, sites: list[str]) -> str:
    totals = about.totals
    body = (
        f"<h1>{escape(about.archive)}: a static copy</h1>\n"
        f"<p>{escape(about.chosen)}, kept for preservation by {escape(about.institution)}. "
        f"In this copy: {totals['captures']:,} captures of {totals['addresses']:,} addresses, "
        f"{totals['pages']:,} of them pages.</p>\n"
        "<p>Links lead to the capture closest in time, and to what is not in this copy not at all. "
        "Scripts do not run, and forms are not sent.</p>\n"
        "<h2>Sites</h2>\n<table>\n<thead><tr><th scope=col>Site</th><th scope=col>Captured</th>"
        f"</tr></thead>\n<tbody>\n{''.join(sites)}</tbody>\n</table>\n"
        '<p><a href="README.txt">About these files</a> &middot; '
        '<a href="captures.csv">All captures as a table</a></p>\n'
    )
    return _page(about, f"{about.archive}: a static copy", body, "index.html")


def _site_lists(
    about: About, title: str, found: Iterable[Address], folder: str, name: str, last: int
) -> Iterator[tuple[str, str]]:
    rest = iter(found)
    for number in range(last + 1):
        some = islice(rest, _AT_ONCE)
        path = f"{folder}/{_part(name, number)}"
        rows = "".join(_row(address, folder) for address in some)
        around = []
        if number:
            around.append(f'<a rel="prev" href="{_part(name, number - 1)}">Previous</a>')
        if number < last:
            around.append(f'<a rel="next" href="{_part(name, number + 1)}">Next</a>')
        body = (
            f"<h1>{escape(title)}</h1>\n<table>\n<thead><tr><th scope=col>Address</th>"
            "<th scope=col>Captured</th></tr></thead>\n"
            f"<tbody>\n{rows}</tbody>\n</table>\n<p>{' &middot; '.join(around)}</p>\n"
        )
        yield path, _page(about, title, body, path)


def _part(name: str, number: int) -> str:
    return f"{name}.html" if not number else f"{name}-{number + 1}.html"


def _row(address: Address, folder: str) -> str:
    first, last = address.first, address.last
    where = f"{address.folder}/index.html" if address.pages else last.path
    title = f"{escape(address.title)}<br>" if address.title else ""
    days = _day(first) if _day(first) == _day(last) else f"{_day(first)} to {_day(last)}"
    times = "once" if address.number == 1 else f"{address.number:,} times"
    link = relative(where, folder)
    return (
        f'<tr><td>{title}<a href="{link}">{escape(last.capture.url)}</a></td>'
        f"<td>{times}, {days}</td></tr>\n"
    )


def _versions(about: About, places: Places, address: Address) -> str:
    rows = "".join(
        f'<tr><td><a href="{relative(held.path, address.folder)}">{_moment(held)}</a></td>'
        f"<td>{_told(held)}</td><td>{escape(held.capture.url)}</td></tr>\n"
        for held in places.versions(address.key)
    )
    url = address.last.capture.url
    title = f"<p>{escape(address.title)}</p>\n" if address.title else ""
    body = (
        f"<h1>Captures of {escape(url)}</h1>\n{title}<table>\n<thead><tr><th scope=col>Captured"
        "</th><th scope=col>As</th><th scope=col>Address</th></tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table>\n"
        '<p><a href="../index.html">All pages of this site</a></p>\n'
    )
    return _page(about, f"Captures of {url}", body, f"{address.folder}/index.html")


def _told(held: Held) -> str:
    if held.target:
        return f"redirect to {escape(held.target)}"
    status = held.capture.status
    kind = escape(held.capture.media_type or "unknown type")
    return f"{kind}, status {status}" if status and status != 200 else kind


def _what(pages: bool, number: int) -> str:
    return ("page" if pages else "other file") + ("" if number == 1 else "s")


def _page(about: About, title: str, body: str, path: str, head: str = "") -> str:
    home = relative("index.html", path.rpartition("/")[0])
    header = (
        f'<header><a href="{home}">{escape(about.archive)}: a static copy</a></header>\n'
        if path != "index.html"
        else ""
    )
    return _document(about, title, f"{header}<main>\n{body}</main>", head)


def _document(about: About, title: str, body: str, head: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"{policy_tag()}\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} - {escape(about.archive)}</title>\n{head}"
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _day(held: Held) -> str:
    moment = parse_timestamp(held.capture.timestamp)
    return f"{moment.day} {moment:%B %Y}"


def _moment(held: Held) -> str:
    moment = parse_timestamp(held.capture.timestamp)
    stated = moment.isoformat()
    return f'<time datetime="{stated}">{_day(held)} at {moment:%H:%M:%S} UTC</time>'
