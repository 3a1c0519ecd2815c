"""Pages made from templates, every value in them escaped."""

from datetime import datetime

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse

from archiver.confined import Confined
from archiver.quantities import write_seconds, write_size
from archiver.timestamps import parse_timestamp
from marsham.web.places import listing_address, snapshot_address
from snapshots.archive import Archive

__all__ = ["Views", "long_date"]

# Our own pages load nothing from elsewhere, and run no script but the one a page names by its hash.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Views:
    """The archive shown, and the templates it is shown with.

    Attributes:
        archive: the archive; it is only read.
        children: where the contents of archived pages are looked into.
    """

    def __init__(self, archive: Archive, children: Confined) -> None:
        self.archive = archive
        self.children = children
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
            settings=archive.settings,
            listing_address=listing_address,
            snapshot_address=snapshot_address,
        )

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        script_source: str = "",
        **values: object,
    ) -> HTMLResponse:
        """Render a page of our own.

        Args:
            template: its file.
            status: of the answer.
            headers: further ones.
            script_source: the hash of the script in it, as a policy has it; empty for none.
            values: what the template is filled with.
        """
        body = self._templates.get_template(template).render(**values)
        policy = f"{_POLICY}; script-src {script_source}" if script_source else _POLICY
        own = {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(body, status, own | (headers or {}))


def long_date(timestamp: str, *, time: bool = False) -> str:
    """Write a timestamp for people.

    >>> long_date("20110509101621", time=True)
    '9 May 2011 at 10:16:21'
    """
    at: datetime = parse_timestamp(timestamp)
    text = f"{at.day} {at:%B %Y}"
    return f"{text} at {at:%H:%M:%S}" if time else text
