"""Cookies of one authority: what it set, and what is sent back to it.

A crawl keeps a jar for each authority, so nothing that one site set is ever sent to another. Many
a page can only be had with the cookie that was set on the way to it; so a visit is told apart from
an earlier one by `Jar.state` as well.

Source: RFC 6265, clauses 5.1 to 5.4, with the limits, prefixes and nameless cookies of its
revision. The standard library's jar reads more than that into a cookie, writes some values anew,
and keeps all sites together.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from archiver.headers import Headers

__all__ = ["Cookie", "Jar"]

_MOST = 50  # cookies in a jar
_LONGEST = 4096  # bytes of name and value
_LONGEST_ATTRIBUTE = 1024
_MOST_FIELDS = 200  # of one answer that are looked at
_FARTHEST = timedelta(days=400)  # a cookie is kept no longer, whatever it says

_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_NUMBER = re.compile(r"-?[0-9]+")
_DATE_PARTS = re.compile(r"[^\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?!\d)", re.ASCII)
_YEAR = re.compile(r"(\d{2,4})(?!\d)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie as it came.

    Attributes:
        name: may be empty.
        value: exactly what was set; name and value are Latin-1, one character for each byte.
        path: of the addresses it is sent to, and what lies below it.
        secure: whether it is sent over https only.
        expires_at: when it ends; None for one that lasts as long as the crawl.
    """

    name: str
    value: str
    path: str
    secure: bool = False
    expires_at: datetime | None = None

    @property
    def text(self) -> str:
        """Name and value as they are sent."""
        return f"{self.name}={self.value}" if self.name else self.value


@dataclass(frozen=True, slots=True)
class Jar:
    """The cookies of one authority, the one set first at the front."""

    cookies: tuple[Cookie, ...] = ()

    def after(self, url: str, headers: Headers, now: datetime) -> "Jar":
        """Give the jar as it is when an answer has set its cookies.

        Args:
            url: the address that was asked, of the jar's authority.
            headers: those of the answer.
            now: an aware datetime.

        What cannot be a cookie of this authority is left out: one for another domain, a secure one
        over http, one with control characters, one of more than 4 KiB. A Domain that covers the
        host is of no effect. At more than fifty cookies the oldest go.
        """
        fields = headers.get_all("Set-Cookie")
        parts = _parts(url) if fields else None
        if parts is None:
            return self
        kept = {(cookie.name, cookie.path): cookie for cookie in self._live(now)}
        for text in fields[:_MOST_FIELDS]:
            cookie = _read(text, parts, now)
            if cookie is None:
                continue
            key = (cookie.name, cookie.path)
            if cookie.expires_at is not None and cookie.expires_at <= now:
                kept.pop(key, None)
            else:
                kept[key] = cookie  # in the place of the one before, which keeps its age
        return Jar(tuple(kept.values())[-_MOST:])

    def field(self, url: str, now: datetime, besides: str = "") -> str | None:
        """Give the value of the Cookie field for a request, in Latin-1; None to send none.

        Longer paths come first, and of two alike the one that was set earlier.

        Args:
            url: what is asked for.
            now: an aware datetime.
            besides: what a browser would send. That stands first, and a cookie of the jar that has
                one of its names is not sent, for a page's scripts may have changed it.
        """
        parts = _parts(url) if self.cookies else None
        if parts is None:
            return besides or None
        path = parts.path or "/"
        sent = [
            cookie
            for cookie in self._live(now)
            if _covers(cookie.path, path) and (not cookie.secure or parts.scheme == "https")
        ]
        sent.sort(key=lambda cookie: -len(cookie.path))
        own = besides.split("; ") if besides else []
        names = {pair.partition("=")[0] for pair in own}
        return "; ".join([*own, *(one.text for one in sent if one.name not in names)]) or None

    def state(self, url: str, now: datetime) -> str:
        """Give 16 characters that differ when other cookies are sent; empty when none are."""
        sent = self.field(url, now)
        return hashlib.sha256(sent.encode("latin-1")).hexdigest()[:16] if sent else ""

    def to_text(self) -> str:
        """Write the jar as JSON, in ASCII."""
        return json.dumps(
            [
                [
                    cookie.name,
                    cookie.value,
                    cookie.path,
                    cookie.secure,
                    cookie.expires_at and cookie.expires_at.isoformat(),
                ]
                for cookie in self.cookies
            ]
        )

    @classmethod
    def from_text(cls, text: str) -> "Jar":
        """Read what `to_text` wrote."""
        return cls(
            tuple(
                Cookie(name, value, path, secure, expires and datetime.fromisoformat(expires))
                for name, value, path, secure, expires in json.loads(text)
            )
        )

    def _live(self, now: datetime) -> Iterable[Cookie]:
        return (
            cookie
            for cookie in self.cookies
            if cookie.expires_at is None or cookie.expires_at > now
        )


def _read(text: str, parts: SplitResult, now: datetime) -> Cookie | None:
    if _UNSAFE.search(text):
        return None
    pair, *others = text.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(" \t"), value.strip(" \t")
    if not (name or value) or len(name) + len(value) > _LONGEST:
        return None
    attributes = dict(_attribute(other) for other in others)  # of several the last counts
    secure = "secure" in attributes
    if secure and parts.scheme != "https":
        return None
    if not _same_host(attributes.get("domain", ""), parts.hostname or ""):
        return None
    path = attributes.get("path", "")
    if not _prefix_kept(name or value, secure, attributes):
        return None
    return Cookie(
        name,
        value,
        path if path.startswith("/") else _directory(parts.path),
        secure,
        _expiry(attributes, now),
    )


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    value = value.strip(" \t")
    if len(value) > _LONGEST_ATTRIBUTE:
        return "", ""
    return name.strip(" \t").lower(), value


def _same_host(domain: str, host: str) -> bool:
    # It may name the host, or a domain that the host is in: more than the host it never gets.
    domain = domain.removeprefix(".").lower()
    return not domain or host == domain or host.endswith("." + domain)


def _prefix_kept(name: str, secure: bool, attributes: dict[str, str]) -> bool:
    name = name.lower()
    if name.startswith("__secure-"):
        return secure
    if name.startswith("__host-"):
        return secure and not attributes.get("domain") and attributes.get("path") == "/"
    return True


def _expiry(attributes: dict[str, str], now: datetime) -> datetime | None:
    age = attributes.get("max-age", "")
    if _NUMBER.fullmatch(age):  # stands above Expires
        seconds = 0 if age.startswith("-") else int(age[:12])
        return now + min(timedelta(seconds=seconds), _FARTHEST)
    moment = _date(attributes.get("expires", ""))
    return moment and min(moment, now + _FARTHEST)


def _date(text: str) -> datetime | None:
    # Clause 5.1.1: the parts may come in any order, with anything between them.
    time = day = month = year = None
    for part in _DATE_PARTS.findall(text):
        if time is None and (found := _TIME.match(part)):
            time = int(found[1]), int(found[2]), int(found[3])
        elif day is None and (found := _DAY.match(part)):
            day = int(found[1])
        elif month is None and part[:3].lower() in _MONTHS:
            month = _MONTHS.index(part[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(part)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    hour, minute, second = time
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) if year > 1600 else None
    except ValueError:
        return None


def _directory(path: str) -> str:
    return path[: path.rfind("/")] if path.startswith("/") and path.count("/") > 1 else "/"


def _covers(cookie_path: str, path: str) -> bool:
    if not path.startswith(cookie_path):
        return False
    return cookie_path.endswith("/") or path[len(cookie_path) :][:1] in ("", "/")


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
