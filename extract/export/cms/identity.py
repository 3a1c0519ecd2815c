"""Identities of pages and files in content systems: made of their addresses, the same every time.

An address is taken as the key under which the archive lists it (`archiver.urls.url_key`), so all
spellings of one address have one identity, in every export of every date.
"""

from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID, uuid5

__all__ = ["Numbers", "file_id", "page_id"]

_LOWEST = 1 << 47  # above whatever a site has numbered already
_DIGITS = 128 - 47  # bits of a UUID that are left out


def page_id(key: str) -> str:
    """Give the identity of the page at an address: a UUID of version 5 in the namespace of URLs.

    >>> page_id("uk,gov,homeoffice)/crime")
    '2ba3dc1c-bd6c-5943-8a90-8ee7c3e85e80'

    Source: RFC 9562, section 5.5.
    """
    return str(uuid5(NAMESPACE_URL, key))


def file_id(key: str) -> str:
    """Give the identity of the file at an address, which is not that of a page there."""
    return str(uuid5(UUID(page_id(key)), "file"))


@dataclass(slots=True)
class Numbers:
    """Numbers for systems whose items have no other identity: the same for one identity.

    They are made of the first 47 bits of it and lie between 2**47 and 2**48, which every language
    with 64-bit or floating-point numbers holds. Of two identities that begin alike (one chance in a
    million among 17,000) the second given has the next number.
    """

    _taken: dict[int, str] = field(default_factory=dict)

    def of(self, identity: str) -> int:
        """Give the number of an identity."""
        number = _LOWEST + (UUID(identity).int >> _DIGITS)
        while self._taken.setdefault(number, identity) != identity:
            number = number + 1 if number + 1 < 2 * _LOWEST else _LOWEST
        return number
