"""Names of the files and folders of a copy, good on every file system and in every address.

They hold lower-case ASCII letters, digits, hyphens and dots and nothing else, so that no system
folds two of them into one and no link has anything to escape. An address has a folder of its own;
what cannot stand in a name is told apart by a digest. Sources: Microsoft's "Naming Files, Paths,
and Namespaces" for the names Windows keeps for itself; the longest path is below 140 characters.

>>> site_name("uk,gov,homeoffice"), site_name("uk,gov,homeoffice:8080")
('homeoffice.gov.uk', 'homeoffice.gov.uk-8080-ctzijhepqx3z')
>>> address_name("uk,gov,homeoffice)/crime/partnerships?page=2")
'crime-partnerships-page-2-myh3n3o43idc'
"""

import re
from base64 import b32encode
from hashlib import sha256

__all__ = ["address_name", "host_of", "site_name", "with_number"]

_LONGEST_SITE = 50
_LONGEST_WORDS = 32
_DIGEST = 12  # base32 digits; two addresses of one digest are numbered by who gives the names
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_OTHER = re.compile(r"[^a-z0-9]+")
_OTHER_IN_HOST = re.compile(r"[^a-z0-9.]+")
_DOTS = re.compile(r"\.[.-]*")
# What Windows takes for a device, whatever follows behind a dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin|conout|clock)(?:\.|$)")


def host_of(authority: str) -> str:
    """Give the host, and port if there is one, of the first part of a URL key, as people read it.

    >>> host_of("uk,gov,homeoffice:8080")
    'homeoffice.gov.uk:8080'
    """
    labels, colon, port = authority.rpartition(":")
    if not colon or not port.isdigit() or ":" in labels:  # an IPv6 address
        labels, colon, port = authority, "", ""
    return ".".join(reversed(labels.split(","))) + colon + port


def site_name(authority: str) -> str:
    """Name the folder of a site by the first part of its URL keys: its host, if that can be."""
    host = host_of(authority)
    if len(host) <= _LONGEST_SITE and _HOST.fullmatch(host) and not _DEVICE.match(host):
        return host
    words = _DOTS.sub(".", _OTHER_IN_HOST.sub("-", host))[: _LONGEST_SITE - _DIGEST - 1]
    words = words.strip("-.") or "site"
    if _DEVICE.match(words):
        words = f"site-{words}"
    return f"{words}-{_digest(authority)}"


def address_name(key: str) -> str:
    """Name the folder of an address by its URL key: words of its path, and a digest."""
    path = key.partition(")")[2]
    words = _OTHER.sub("-", path).strip("-")[:_LONGEST_WORDS].strip("-")
    return f"{words or 'home'}-{_digest(key)}"


def with_number(name: str, number: int) -> str:
    """Tell one name apart from others that are the same; the first stays as it is."""
    return name if number < 2 else f"{name}-{number}"


def _digest(text: str) -> str:
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:_DIGEST]
