"""MHTML files with boundaries, fields and encodings that are not what they seem."""

import base64
import quopri
from dataclasses import dataclass
from pathlib import Path
from random import Random

from archiver.ingest.mhtml import read_mhtml
from tests import builders
from tests.fuzz.cases import Case, Target, either, spoil, spoil_lines
from tests.fuzz.converted import Kept, check_converted

__all__ = ["TARGET"]

_KIND = 'multipart/related; type="text/html"; boundary="----b"'
_KINDS = (
    *("multipart/related; boundary=----b", 'multipart/related; boundary="----b "', "text/html"),
    *("multipart/related", "multipart/mixed; boundary=----b", "multipart/related; boundary=''"),
    "multipart/related; boundary*=utf-8''----b",
    "multipart/related; boundary*0=--; boundary*1=--b",
    'multipart/related; boundary="----b"; start="<page@x>"; start="<y>"',
    "multipart/related; boundary=" + "(a+)+" * 20,
    "multipart/related; boundary*=nonsense'x'%ff%00----b",
    "message/rfc822",
)
_TOKENS = (
    *(b"------b\r\n", b"------b--\r\n", b"------b", b"\r\n------b\r\n", b"--", b"\r\n\r\n", b"\n"),
    *(b"=", b"=\r\n", b"=0", b"\0", b"\xff\xfe", b"=?utf-8?q?=00=FF?=", b"=?x?b?!!?=", b"\r"),
    b"Content-Type: multipart/mixed; boundary=----b\r\n\r\n",
    b"Content-Type: multipart/related; boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n",
    b"Content-Type: text/html; charset=utf-16\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Location: http://[\r\n",
    b"Content-Location: =?utf-8?q?http=3A//a.example/=00?=\r\n",
    b"Content-ID: <\r\n",
    b"Date: Mon, 01 Jan 0001 00:00:00 +2359\r\n",
    b"Date: Fri, 31 Dec 9999 23:59:59 -2359\r\n",
    b"Date: 1 Jan 99999 00:00:00\r\n",
    b"Date: Mon, 1 Jan 2021 00:00:00 +99999999\r\n",
    b"begin 644 x\n#0V%T\nend\n",
    b" " * 5000,
    b"<div id='webArchiveInfobox'>",
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The addresses and bodies of the parts, when nothing was done to the file."""

    parts: tuple[tuple[str, bytes], ...] | None


def _make(random: Random) -> Case:
    parts: list[tuple[builders.Fields, bytes]] = []
    bodies: list[tuple[str, bytes]] = []
    for number in range(random.randrange(1, 6)):
        url = f"http://www.homeoffice.example/{number}/"
        body = b"<p>Crime %d</p>\r\n" % number * random.choice((1, 5, 100))
        kind = "text/html" if not number else random.choice(("text/css", "image/png", "text/html"))
        if kind == "image/png":
            body = random.randbytes(random.choice((0, 10, 2000)))
        encoding = random.choice(("base64", "quoted-printable"))
        coded = base64.encodebytes(body) if encoding == "base64" else quopri.encodestring(body)
        place = ("Content-Location", url)
        fields = [("Content-Type", kind), ("Content-Transfer-Encoding", encoding), place]
        parts.append((fields, coded))
        bodies.append((url, body))
    if either(random, 0.1):
        return Case(builders.mhtml(*parts), _Facts(tuple(bodies)))
    kind = random.choice(_KINDS) if either(random, 0.2) else _KIND
    data = builders.mhtml(*parts, kind=kind)
    for _ in range(random.choice((1, 1, 2, 4))):
        data = (spoil_lines if either(random, 0.4) else _spoil)(random, data)
    return Case(data, _Facts(None))


def _spoil(random: Random, data: bytes) -> bytes:
    if either(random, 0.3):  # at a line's beginning, where it means most
        lines = data.splitlines(keepends=True)
        lines.insert(random.randrange(len(lines) + 1), random.choice(_TOKENS))
        return b"".join(lines)
    return spoil(random, data, _TOKENS)


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, _Facts)
    path = folder / "file.mhtml"
    path.write_bytes(case.data)
    found = check_converted(read_mhtml, path, folder / "new.warc.gz")
    if case.facts.parts is None:
        return
    assert found is not None
    kept = [(each.record.target, each.block) for each in found if isinstance(each, Kept)]
    assert kept == list(case.facts.parts)


TARGET = Target("mhtml", _make, _check)
