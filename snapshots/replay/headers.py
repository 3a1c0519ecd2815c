"""The head of a replayed answer: what passes, what is renamed, and what keeps it in the archive.

Archived headers speak for a server that is gone. A few are still true of the content and pass; all
others are shown under another name, ``X-Archive-Orig-...``, where no browser heeds them.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

from snapshots.replay.addresses import AddressMap, resolve
from snapshots.replay.html import RENAMED_PREFIX
from snapshots.replay.origins import Origins, site_label

__all__ = [
    "STORED_MODIFIER",
    "content_policy",
    "replay_headers",
    "safety_headers",
    "shared_with",
]

STORED_MODIFIER = "id_"
"""Modifier of the stored bytes: they are handed out, and no page of them is shown as it was."""

_PASSING = frozenset(("content-type", "content-language", "content-disposition"))
_MOST_RENAMED = 60  # Python's own client refuses an answer of more than 100 headers
_LONGEST_VALUE = 4096
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))
_FONT = re.compile(r"^\s*(?:font/|application/(?:x-)?font|application/vnd\.ms-font)", re.IGNORECASE)
_JAVASCRIPT = re.compile(r"[/.-](?:java|ecma|j)script\b", re.IGNORECASE)
_FRAMED = frozenset(("mp_", "if_", "fr_"))  # modifiers of what pages hold in frames
_NOTHING_ALLOWED = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "identity-credentials-get",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "usb",
    )
)
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


def content_policy(
    *, scripts: bool = True, origins: Origins | None = None, modifier: str = "mp_"
) -> str:
    """Give the Content-Security-Policy of every replayed answer: no request leaves the archive.

    Args:
        scripts: whether the page's scripts may run.
        origins: where content is shown, if the answer is on its own site's origin. None shuts the
            page off: it runs in a sandbox without an origin, and can reach neither the archive's
            own pages nor another capture, wherever it is opened.
        modifier: of the replay address asked for.

    No page may move the window it is in, but by a reader's click and only where no script runs that
    could change what a link leads to. Only what is meant for a frame is shown in one: our own page
    would otherwise name another address above it. There is no frame-ancestors for these: a frame of
    a page shut off has an ancestor without origin, which nothing but leaving it out allows.
    """
    sites = origins.every if origins else "'self'"
    inside = f"{sites} data: blob:"
    if modifier == STORED_MODIFIER:
        scripts, sandbox = False, ["sandbox"]
    else:
        sandbox = ["sandbox", "allow-forms"]
        sandbox += ["allow-scripts"] if scripts else ["allow-top-navigation-by-user-activation"]
        sandbox += ["allow-same-origin"] if origins else []
    policy = [
        " ".join(sandbox),
        f"default-src {inside}",
        f"script-src {inside} 'unsafe-inline' 'unsafe-eval'" if scripts else "script-src 'none'",
        f"style-src {inside} 'unsafe-inline'",
        "object-src 'none'",
        f"base-uri {sites}",
        f"form-action {sites} {origins.reading if origins else ''}".rstrip(),
    ]
    if modifier not in _FRAMED:
        policy.append("frame-ancestors 'none'")
    return "; ".join(policy)


def safety_headers(
    *, scripts: bool = True, origins: Origins | None = None, modifier: str = "mp_"
) -> list[tuple[str, str]]:
    """Give the headers that every replayed answer carries, whatever its modifier and status.

    Args:
        scripts: see `content_policy`.
        origins: see `content_policy`.
        modifier: see `content_policy`.

    The policy leaves two ways to another server open, a connection made ahead (``preconnect``) and
    WebRTC's look for one's own address: ``Connection-Allowlist`` shuts them, in browsers that know
    it (Chromium of 2026 does). An agent cluster for each origin keeps two sites below one domain
    apart even where both give their ``document.domain`` that name.
    """
    if origins:
        listed = " ".join(f'"{one}"' for one in (origins.every, origins.reading) if one)
    else:
        listed = "response-origin"
    policy = content_policy(scripts=scripts, origins=origins, modifier=modifier)
    return [
        ("content-security-policy", policy),
        # Redirects are all our own, and the policy above sees where they lead.
        ("connection-allowlist", f"({listed});redirects=allow;webrtc=block"),
        ("origin-agent-cluster", "?1"),
        ("x-dns-prefetch-control", "off"),
        ("referrer-policy", "same-origin"),
        ("permissions-policy", _NOTHING_ALLOWED),
    ]


def shared_with(
    archived: Iterable[tuple[str, str]],
    *,
    asking: str,
    destination: str,
    origins: Origins | None,
) -> str:
    """Say for Access-Control-Allow-Origin which page may use an answer; empty for its site's only.

    Args:
        archived: names and values as stored.
        asking: the request's Origin header; empty without one.
        destination: the request's Sec-Fetch-Dest header, which no script can set; empty where it
            says nothing, as over plain http.
        origins: where content is shown; None when pages are shut off, and all ask as ``null``.

    What the old server allowed everybody is allowed every archived page, and what it allowed one
    site that site's pages; never with credentials, as there are none. A font or a module is given
    to any page that shows or runs it, for none can read it so: many servers allowed them only when
    asked as browsers do, and crawlers do not.
    """
    label = origins.label_of(asking) if origins else ""
    if not label and asking != "null":
        return ""
    fields = {name.lower(): value for name, value in archived}
    allowed = fields.get("access-control-allow-origin", "").strip()
    kind = fields.get("content-type", "")
    shared = (
        allowed == "*"
        or (label and site_label(allowed) == label)
        or destination == "font"
        or (destination == "" and _FONT.search(kind))
        or (destination == "script" and _JAVASCRIPT.search(kind))
    )
    return asking if shared else ""


def _clean(value: str) -> str:
    value = _CONTROL.sub(" ", value).strip(" ")[:_LONGEST_VALUE]
    try:
        raw = value.encode("latin-1")  # the bytes as they were sent
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "replace")
    return quote(raw, safe=_VISIBLE)
