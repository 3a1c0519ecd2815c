"""E-mail addresses in text and links: plain, behind link text, and disguised from harvesters."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Email", "emails_of_href", "find_emails"]


@dataclass(frozen=True, slots=True)
class Email:
    """An address found in a text: where, in lower case, and whether it was written in disguise."""

    start: int
    end: int
    address: str
    disguised: bool


_LOCAL = r"[a-z0-9][a-z0-9._%+'\u2019-]{0,63}"
_PLAIN = re.compile(
    rf"(?<![\w.+-]){_LOCAL}@(?:[a-z0-9](?:[a-z0-9-]{{0,62}})\.){{1,8}}[a-z]{{2,24}}(?![\w@-])",
    re.IGNORECASE,
)
_AT = r"(?:\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\s+(?:at|AT)\s+|_at_|\s-at-\s|\s+@\s?|@\s+)"
_DOT = r"(?:\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s+(?:dot|DOT)\s+|_dot_|\s-dot-\s|\.)"
_DISGUISED = re.compile(
    rf"(?<![\w.+@-])([a-z0-9][a-z0-9_+'-]{{0,40}}(?:{_DOT}[a-z0-9_+'-]{{1,40}}){{0,4}})"
    rf"({_AT})"
    rf"([a-z0-9][a-z0-9-]{{0,40}}(?:{_DOT}[a-z0-9][a-z0-9-]{{0,40}}){{1,6}})(?![\w@-])",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(rf"{_DOT}", re.IGNORECASE)
_SPELT = re.compile(r"-at-|[\[({<]|(?:\b|_)dot(?:\b|_)|@", re.IGNORECASE)
_TOP_LEVEL = re.compile(
    r"\.(?:uk|com|org|net|eu|info|gov|int|wales|cymru|london|scot|edu|biz|example|test)$"
)
# "All our addresses are firstname.surname@office.example"
_PATTERN = re.compile(r"(?:(?:first|fore|your)[._-]?name|name[._-]surname|initial[._-]surname)\b")
_NO_SPAM = re.compile(
    r"[._-]?(?:no[._-]?spam|remove[._-]?(?:this|me))[._-]?(?=@)|(?<=@)(?:no[._-]?spam|"
    r"remove[._-]?(?:this|me))[._-]?"
)
_DISGUISE_GATE = re.compile(r"\bat\b|\[at|\(at|_at_", re.IGNORECASE)


def find_emails(text: str) -> list[Email]:
    """Find the e-mail addresses in a text, in order.

    >>> [email.address for email in find_emails("csu [at] northshire [dot] example, x@y.example")]
    ['csu@northshire.example', 'x@y.example']
    """
    found = []
    if "@" in text:
        for match in _PLAIN.finditer(text):
            address = _NO_SPAM.sub("", match.group().replace("\u2019", "'").lower())
            if _PATTERN.match(address):
                continue
            found.append(Email(match.start(), match.end(), address, disguised=False))
    if "@" in text or ("at" in text.lower() and _DISGUISE_GATE.search(text)):
        found.extend(
            email
            for email in _find_disguised(text)
            if not any(known.start < email.end and email.start < known.end for known in found)
        )
        found.sort(key=lambda email: email.start)
    return found


def _find_disguised(text: str) -> list[Email]:
    """Find addresses written out; "at" alone needs a domain that is spelt out or plainly one."""
    found: list[Email] = []
    place = 0
    while match := _DISGUISED.search(text, place):
        # "e-mail her at ann.lee [at] vale.example": the second "at" may be the one that counts
        place = match.start(3)
        local, at, domain = match.groups()
        address = f"{_SEPARATORS.sub('.', local)}@{_SEPARATORS.sub('.', domain)}".lower()
        if not _TOP_LEVEL.search(address) or domain.lower().startswith("www."):
            continue
        spelt = _SPELT.search(at) or _SPELT.search(domain) or _SPELT.search(local)
        if spelt or "." in local or "_" in local:
            found.append(Email(match.start(), match.end(), address, disguised=True))
            place = match.end()
    return found


def emails_of_href(href: str) -> list[str]:
    """Read the addresses of a mailto link, percent-decoded, without subject and other headers.

    >>> emails_of_href("mailto:Crime%20Unit%20<a@b.example>?subject=Query")
    ['a@b.example']
    """
    scheme, separator, rest = href.strip().partition(":")
    if not separator or scheme.lower() not in {"mailto", "mail to"}:
        return []
    target = unquote(rest.replace("mailto:", "").split("?")[0])
    return [match.group().lower() for match in _PLAIN.finditer(target[:1000])]
