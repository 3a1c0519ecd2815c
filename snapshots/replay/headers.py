"""The head of a replayed answer: what passes, what is renamed, and what keeps it in the archive.

Archived headers speak for a server that is gone. A few are still true of the content and pass; all
others are shown under another name, ``X-Archive-Orig-...``, where no browser heeds them.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

from snapshots.replay.addresses import AddressMap, resolve
from snapshots.replay.html import RENAMED_PREFIX

__all__ = ["content_policy", "replay_headers", "safety_headers"]

_PASSING = frozenset(("content-type", "content-language", "content-disposition"))
_MOST_RENAMED = 60  # Python's own client refuses an answer of more than 100 headers
_LONGEST_VALUE = 4096
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


def replay_headers(
    archived: Iterable[tuple[str, str]],
    *,
    status: int,
    url: str,
    addresses: AddressMap,
    modifier: str = "",
) -> list[tuple[str, str]]:
    """Make the headers of an answer from the archived ones; `safety_headers` are to be added.

    Args:
        archived: names and values in order, as stored.
        status: the archived status; only a redirect has its Location rewritten.
        url: the original URL, from which a relative Location starts.
        addresses: where the archive shows things.
        modifier: of the replay address asked for; a redirect keeps it.

    Names that are none are left out. Control characters become spaces and everything beyond ASCII
    percent escapes, so that no value can end a line or be misread.
    """
    passed: list[tuple[str, str]] = []
    renamed: list[tuple[str, str]] = []
    for name, value in archived:
        if not _TOKEN.fullmatch(name):
            continue
        lower, value = name.lower(), _clean(value)
        if lower in _PASSING:
            if all(lower != other for other, _ in passed):
                passed.append((lower, value))
        elif len(renamed) < _MOST_RENAMED:
            renamed.append((RENAMED_PREFIX + name, value))
        if lower == "location" and status in _REDIRECTS:
            target = resolve(value, url)
            if target is not None and all(other != "location" for other, _ in passed):
                passed.append(("location", addresses.at(target, modifier)))
    return passed + renamed


def content_policy(*, scripts: bool = True) -> str:
    """Give the Content-Security-Policy of every replayed answer: no request leaves the archive.

    Args:
        scripts: whether the page's scripts may run.

    The page runs in a sandbox without an origin of its own, so that it can reach neither the
    archive's own pages nor another capture, even when opened outside the frame. A reader's click
    may take the window to another page of the archive. There is no frame-ancestors: a frame of a
    sandboxed page has an ancestor without origin, which nothing but leaving it out allows.
    """
    sandbox = "sandbox allow-forms allow-top-navigation-by-user-activation"
    inside = "'self' data: blob:"
    script = f"{inside} 'unsafe-inline' 'unsafe-eval'" if scripts else "'none'"
    return "; ".join(
        (
            f"{sandbox} allow-scripts" if scripts else sandbox,
            f"default-src {inside}",
            f"script-src {script}",
            f"style-src {inside} 'unsafe-inline'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def safety_headers(*, scripts: bool = True) -> list[tuple[str, str]]:
    """Give the headers that every replayed answer carries, whatever its modifier and status."""
    return [
        ("content-security-policy", content_policy(scripts=scripts)),
        ("x-dns-prefetch-control", "off"),
        ("referrer-policy", "no-referrer"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), midi=()",
        ),
    ]


def _clean(value: str) -> str:
    value = _CONTROL.sub(" ", value).strip(" ")[:_LONGEST_VALUE]
    try:
        raw = value.encode("latin-1")  # the bytes as they were sent
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "replace")
    return quote(raw, safe=_VISIBLE)
