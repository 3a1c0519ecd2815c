"""Where archived content is shown: an origin of its own for each captured site.

Browsers part origins from one another and from our own pages: no page of one origin reads the
content, the cookies or the storage of another. So each captured site gets one, whose name is made
of a digest of the site's host, and our own pages stay on theirs (the *reading origin*). Where no
such names can be had all is shown on one host, and each page is *shut off*: it runs in a sandbox
without any origin.

>>> origins = origins_for("localhost:8080", "http")
>>> origins.content("http://www.homeoffice.example/crime/")
'http://h-f7azdlyz6awk.localhost:8080'
"""

import re
from base64 import b32encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address

from archiver.urls import url_key

__all__ = ["Origins", "origins_for", "site_label"]

_LABEL = re.compile(r"h-[a-z2-7]{12}")
_AUTHORITY = re.compile(r"https?://[^/?#\\]*", re.IGNORECASE)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(?P<port>:\d{1,5})?", re.IGNORECASE)
_LOCAL = "localhost"  # browsers lead it, and every name below it, to the machine they run on


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of one archive's sites, as a browser names them.

    Attributes:
        scheme: ``http`` or ``https``.
        domain: what all their hosts end in, with a port where it is unusual.
        reading: the origin of the archive's own pages, such as ``https://archive.example``.
    """

    scheme: str
    domain: str
    reading: str

    def content(self, url: str) -> str:
        """Give the origin at which the content of an original URL is shown."""
        return self.at(_label(url))

    def at(self, label: str) -> str:
        """Give the origin of the site that has a label."""
        return f"{self.scheme}://{label}.{self.domain}"

    def label(self, host: str) -> str:
        """Give the label of the site whose origin has this host; empty when none has it."""
        name, dot, domain = host.lower().partition(".")
        return name if dot and domain == self.domain and _LABEL.fullmatch(name) else ""

    def label_of(self, origin: str) -> str:
        """Give the label of the site that has this origin; empty when none has it."""
        scheme, mark, host = origin.partition("://")
        return self.label(host) if mark and scheme == self.scheme else ""

    @property
    def every(self) -> str:
        """What a policy calls all of them."""
        return f"{self.scheme}://*.{self.domain}"


def origins_for(host: str, scheme: str, domain: str = "", reading: str = "") -> Origins | None:
    """Say which origins show the sites to a browser that asked for `host`.

    Args:
        host: the Host header of its request, whatever it holds.
        scheme: of its request.
        domain: the setting ``replay_domain``.
        reading: the setting ``address``.

    Returns:
        Below `domain` where it is set; else below ``localhost`` for a browser on this machine; else
        None: there are no names that surely lead here, and content has to be shut off.
    """
    if domain:
        # A proxy in front speaks to us without TLS; how readers come is what the address says.
        return Origins(reading.partition(":")[0] or scheme, domain.lower(), reading.rstrip("/"))
    match = _HOST.fullmatch(host.lower())
    if match and _is_local(match["name"]):
        local = f"{_LOCAL}{match['port'] or ''}"
        return Origins(scheme, local, f"{scheme}://{local}")
    return None


def site_label(url: str) -> str:
    """Name the site of an original URL: one label for all addresses that may share captures.

    >>> site_label("http://homeoffice.example:80/") == site_label("https://www.HomeOffice.example")
    True

    The index takes ``http`` and ``https``, with and without ``www.``, for the same; so does this.
    Sixty bits of a SHA-256: no site can be named so that it meets another's.
    """
    site = url_key(url).partition(")")[0]
    return "h-" + b32encode(sha256(site.encode()).digest())[:12].decode().lower()


def _label(url: str) -> str:
    authority = _AUTHORITY.match(url)
    return _label_of_authority(authority.group() if authority else url)


@lru_cache(maxsize=4096)
def _label_of_authority(authority: str) -> str:
    return site_label(authority)


def _is_local(name: str) -> bool:
    if name == _LOCAL or name.endswith(f".{_LOCAL}"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
