"""Soft 404s: what a site answers when it is asked for a page that cannot be there.

A site is asked once for a made-up name in a directory, the *probe*. If it does not say 404 to that,
pages that are answered likewise are missing too, whatever their status says.
"""

import hashlib
import json
from base64 import b32encode
from dataclasses import asdict, dataclass
from urllib.parse import unquote

from archiver.capture.sameness import Wording, fingerprint, near, read_wording

__all__ = ["Answer", "SoftNotFound", "probe_url"]


def probe_url(directory: str, secret: str) -> str:
    """Make up the address of a page that cannot exist in a directory.

    >>> probe_url("http://www.northshire.example/wells/index.html?a=1", "4711")
    'http://www.northshire.example/wells/qkx2wcnczu7kyzgaupieyloy'

    Args:
        directory: the absolute address of the directory, or of anything in it.
        secret: what only this crawl knows, so that no site can know the name beforehand. The same
            directory and secret give the same address.
    """
    place = _path_of(directory)
    site = directory[: len(_site_of(directory))]
    folder = site + place[: place.rfind("/") + 1]
    digest = hashlib.blake2b(f"{secret}\n{folder}".encode("utf-8", "replace"), digest_size=15)
    return folder + b32encode(digest.digest()).decode().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for and what came, as far as it tells whether the page is there.

    Attributes:
        asked: the address asked for, absolute and without fragment.
        url: where its redirect leads, or all its redirects when they were followed; the same as
            `asked` when there was none.
        status: of the last answer that there is.
        title: the page's title.
        fingerprint: of its words, its own address left out; 0 for none.
        length: bytes of the payload.
    """

    asked: str
    url: str
    status: int
    title: str = ""
    fingerprint: int = 0
    length: int = 0

    @classmethod
    def of(cls, asked: str, status: int, payload: bytes = b"", *, url: str = "") -> "Answer":
        """Take an answer's measure; `payload` is HTML or plain text with its codings undone."""
        wording = read_wording(payload)
        mark = fingerprint(wording)
        return cls.of_wording(asked, status, wording, mark, len(payload), url=url)

    @classmethod
    def of_wording(
        cls, asked: str, status: int, wording: Wording, mark: int, length: int, *, url: str = ""
    ) -> "Answer":
        """Take the measure of an answer that was read; `mark` is the fingerprint of its wording."""
        # A page often says what was not found, which makes two such pages differ.
        own = {asked, _path_of(asked), unquote(asked), unquote(_path_of(asked))}
        names = sorted((name for name in own if len(name) > 1), key=lambda name: (-len(name), name))
        title, text = wording.title, wording.text
        for name in names:
            title, text = title.replace(name, " "), text.replace(name, " ")
        if (title, text) != (wording.title, wording.text):
            mark = fingerprint(Wording(title, "", text))
        return cls(asked, url or asked, status, wording.title, mark, length)


@dataclass(frozen=True, slots=True)
class SoftNotFound:
    """A site's answer to the probe, to hold others against.

    The probe's redirects have to be followed before: only where it ended tells anything.
    """

    probe: Answer

    @property
    def honest(self) -> bool:
        """Whether the site said by its status that the probe is not there."""
        return not 200 <= self.probe.status < 300

    def is_missing(self, page: Answer) -> bool:
        """Tell whether a page that claims to be there was answered as the probe was.

        A page is missing that is redirected to where the probe was, or reads as the probe did. What
        has a status of 400 or more is not looked at: it has said what it is. A site's front page
        and the place to which the probe was redirected are never missing when asked for directly,
        since many sites answer with them when they know no better.
        """
        if self.honest or page.status >= 400:
            return False
        ended = _ending(self.probe)
        if page.url != page.asked:
            moved = _ending(page)
            return self.probe.url != self.probe.asked and moved == ended
        if not 200 <= page.status < 300 or _path_of(page.asked) in ("", "/"):
            return False
        if self.probe.url != self.probe.asked and _ending(page) == ended:
            return False
        if not (self.probe.fingerprint and page.fingerprint):
            return self.probe.fingerprint == page.fingerprint and self.probe.length == page.length
        shorter, longer = sorted((self.probe.length, page.length))
        return longer <= 2 * shorter and near(self.probe.fingerprint, page.fingerprint)

    def to_text(self) -> str:
        """Write it down, to be kept with a crawl."""
        return json.dumps(asdict(self.probe), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "SoftNotFound":
        """Read what `to_text` wrote."""
        return cls(Answer(**json.loads(text)))


def _site_of(url: str) -> str:
    url = url.partition("#")[0].partition("?")[0]
    slash = url.find("/", url.find("//") + 2)
    return url if slash < 0 else url[:slash]


def _path_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[0][len(_site_of(url)) :] or "/"


def _ending(answer: Answer) -> str:
    """Give where an answer's redirects ended, whichever the scheme and whatever was asked for."""
    place, mark, query = answer.url.partition("?")
    name = _path_of(answer.asked).rsplit("/", 1)[1]
    if name and name in unquote(query):  # /error?from=/wells/lost.html
        mark = query = ""
    return place.partition("//")[2] + mark + query
