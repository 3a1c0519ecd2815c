"""Pages made from templates for one reader: in the reader's language, every value escaped."""

from collections.abc import Hashable
from copy import copy
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from archiver.confined import Confined
from archiver.quantities import write_seconds, write_size
from archiver.timestamps import parse_timestamp
from extract.compare.sites import SiteComparison
from extract.notices import ContactNotice
from marsham.web.places import (
    about_address,
    cite_address,
    listing_address,
    snapshot_address,
)
from marsham.web.remembered import Remembered
from snapshots import index
from snapshots.archive import Archive
from snapshots.reach import decisions_standing
from snapshots.replay.banner import Parts
from snapshots.replay.language import LANGUAGES, Language, language_of, negotiate
from snapshots.replay.version import rewriter_version
from snapshots.timeline import Period

__all__ = ["Views", "long_date"]

# Our own pages load nothing from elsewhere, and run no script but the one a page names by its hash.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_ADDRESSED = (  # below which a query is the original URL's
    *(
        "/web/",
        "/cite/",
        "/about/",
        "/form/",
        "/compare/",
        "/compare-sheet/",
        "/compare-inline/",
        "/cite-comparison/",
    ),
)
_OF_SITES = "/compare/site"  # stands among them, and has a query of its own
_MINUTES = 60.0
_COMMONEST = ("start.html", "snapshot.html", "captures.html", "problem.html")  # of our pages


class Views:
    """The archive shown, and the templates it is shown with.

    Attributes:
        archive: the archive; it is only read.
        children: where the contents of archived pages are looked into.
        language: what the reader is spoken to in.
        base: scheme and host by which the reader reached the archive, such as
            ``https://archive.example``; empty as long as there is no reader.
        parts: what became of the parts of pages, by capture.
        years: the timelines of pages, by key.
        contacts: what changed since on pages, by capture.
        sites: comparisons of sites, by address and dates.

    Whatever is remembered is so under the decisions that stood, see `decisions`.
    """

    def __init__(
        self, archive: Archive, children: Confined, *, edits: bool = False, has_map: bool = False
    ) -> None:
        self.archive = archive
        self.children = children
        self.language = _spoken(archive.settings.language)
        self.base = ""
        self.parts: Remembered[Parts | None] = Remembered(5000, 10 * _MINUTES)
        self.years: Remembered[list[Period]] = Remembered(2000, _MINUTES)
        self.contacts: Remembered[tuple[ContactNotice, ...]] = Remembered(2000, _MINUTES)
        self.sites: Remembered[SiteComparison] = Remembered(20, _MINUTES)
        self._keep: dict[str, str] = {}
        self._others: list[tuple[str, str, str]] = []
        self._templates = Environment(
            loader=PackageLoader("marsham.web"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["long_date"] = long_date
        self._templates.filters["size"] = write_size
        self._templates.filters["duration"] = write_seconds
        self._templates.globals.update(
            about_address=about_address,
            cite_address=cite_address,
            edits=edits,
            has_map=has_map,
            settings=archive.settings,
            listing_address=listing_address,
            snapshot_address=snapshot_address,
        )

    def prepare(self) -> None:
        """Do beforehand what the first readers would wait for; it takes a twentieth of a second.

        The commonest pages and the queries for a memento are made ready, and it is read which
        version of the rewriter this is.
        """
        for template in _COMMONEST:
            self._templates.get_template(template)
        with self.archive.catalogue.read() as connection:
            index.prepare(connection)
        rewriter_version()

    def to(self, request: Request) -> "Views":
        """Give the views for the reader who asks: the language, and by which name we are reached.

        The language is that of ``?lang=`` on pages of our own, else the one the browser wants
        most, else that of the settings.
        """
        own = copy(self)
        path, asked = request.url.path, ""
        if path == _OF_SITES or not path.startswith(_ADDRESSED):
            asked = request.query_params.get("lang", "")
            own._others = [
                (code, name, _with_language(request, code)) for code, name in LANGUAGES.items()
            ]
        chosen = asked if asked in LANGUAGES else ""
        own._keep = {"lang": chosen} if chosen else {}
        accepted = request.headers.get("Accept-Language", "")
        own.language = _spoken(chosen or negotiate(accepted, self.archive.settings.language))
        own._others = [other for other in own._others if other[0] != own.language.code]
        own.base = (self.archive.settings.address or str(request.base_url)).rstrip("/")
        return own

    def decisions(self) -> Hashable:
        """Give a key for the decisions that stand now: see `decisions_standing`.

        What is remembered of captures has it in its own key, or what is withdrawn would be told of
        until it is forgotten.
        """
        with self.archive.catalogue.read() as connection:
            return decisions_standing(connection)

    def at(self, path: str, /, **query: object) -> str:
        """Give the address of a page of our own; the language the reader chose goes along."""
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        written = urlencode(given | self._keep)
        return f"{path}?{written}" if written else path

    def moment(self, timestamp: str) -> str:
        """Write a timestamp for the reader; of what is known to the day only the day."""
        return _moment(self.language, timestamp)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        script_source: str = "",
        frames: str = "'none'",
        **values: object,
    ) -> HTMLResponse:
        """Render a page of our own.

        Args:
            template: its file.
            status: of the answer.
            headers: further ones.
            script_source: the hash of the script in it, as a policy has it; empty for none.
            frames: from where a frame in it may be filled, as a policy has it.
            values: what the template is filled with.
        """
        words = self.language
        body = self._templates.get_template(template).render(
            say=words.say,
            words=words,
            day=lambda timestamp: words.day(parse_timestamp(timestamp)),
            moment=self.moment,
            at=self.at,
            chosen_language=self._keep.get("lang", ""),
            languages=self._others,
            **values,
        )
        policy = f"{_POLICY}; frame-src {frames}"
        if script_source:
            policy += f"; script-src {script_source}"
        own = {
            "Content-Security-Policy": policy,
            "Content-Language": words.code,
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(body, status, own | (headers or {}))


def long_date(timestamp: str, *, time: bool = False) -> str:
    """Write a timestamp for people, in English.

    >>> long_date("20110509101621", time=True)
    '9 May 2011 at 10:16:21'
    """
    at: datetime = parse_timestamp(timestamp)
    text = f"{at.day} {at:%B %Y}"
    return f"{text} at {at:%H:%M:%S}" if time else text


def _spoken(code: str) -> Language:
    return language_of(code, "marsham.web")


def _moment(words: Language, timestamp: str) -> str:
    # Of what is known to the day only the day is written.
    at = parse_timestamp(timestamp)
    return words.day(at) if timestamp.endswith("000000") else words.moment(at)


def _with_language(request: Request, code: str) -> str:
    query = parse_qsl(request.url.query, keep_blank_values=True)[:50]
    kept = [(name, value) for name, value in query if name != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', code)])}"
