"""WACZ packages whose members, directory and description do not agree."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from random import Random

from archiver.errors import FormatError
from archiver.ingest.wacz import Package, PackageError, is_package
from tests import builders
from tests.fuzz.cases import Case, Target, either, spoil

__all__ = ["TARGET"]

_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_END = b"PK\x05\x06"
_TOKENS = (
    *(_CENTRAL, _LOCAL, _END, b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\xff\xff\xff\xff"),
    *(b"\0\0", b"../", b"/etc/", b"\\", b'{"resources": ', b"\x01\x00\x10\x00", b"C:"),
)
# Where numbers stand in each head, and how many bytes they have.
_FIELDS = {
    _CENTRAL: (
        *((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2)),
        *((32, 2), (34, 2), (36, 2), (38, 4), (42, 4)),
    ),
    _LOCAL: ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    _END: ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
_NAMES = (
    *("archive/a.warc.gz", "archive/b.warc", "pages/pages.jsonl", "indexes/index.cdx", "x.txt"),
    *("pages/extraPages.jsonl", "archive/dir/c.warc.gz", "fuzzy.json", "archive/d.arc.gz"),
)
_DESCRIPTION = "datapackage.json"
_ODD = (None, 0, -1, "", "x", [], {}, "sha256:", "sha256:" + "0" * 64, "\0", "\ud800", 1e400, True)
_STEP_LIMIT = 1 << 19


@dataclass(frozen=True, slots=True)
class _Facts:
    """The members, when nothing was done to the file."""

    members: dict[str, bytes] | None


def _make(random: Random) -> Case:
    members = {
        name: _content(random, name) for name in random.sample(_NAMES, random.randrange(1, 6))
    }
    if either(random, 0.1):
        return Case(builders.wacz(members), _Facts(members))
    if either(random, 0.3):  # sound as a zip file
        resources = [_resource(random, name) for name in (*members, "gone.warc")]
        whole = random.choice(({"resources": resources}, resources, {"resources": 5}, None, "x"))
        text = json.dumps(whole).encode()
        if either(random, 0.3):
            text = spoil(random, text, _TOKENS)
        data = builders.zipped({**members, _DESCRIPTION: text}, random.choice((0, 8)))
    else:
        data = builders.wacz(members, old=either(random, 0.2), compression=random.choice((0, 8)))
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        data = spoil(random, data, _TOKENS) if either(random, 0.3) else _spoil_head(random, data)
    return Case(data, _Facts(None))


def _content(random: Random, name: str) -> bytes:
    if name.endswith(".jsonl"):
        lines = [b'{"format": "json-pages-1.0"}']
        for number in range(random.randrange(5)):
            line = b'{"url": "http://www.homeoffice.example/%d", "title": "Crime"}' % number
            lines.append(spoil(random, line, (b"\0", b"\\ud800", b"[" * 3000, b"null")))
        return b"\n".join(lines)
    body = b"<p>Crime</p>" * random.choice((0, 1, 100, 30_000))
    return builders.warc(builders.warcinfo(), builders.response(body))


def _resource(random: Random, name: str) -> object:
    whole: dict[str, object] = {"name": name, "path": name, "bytes": 10, "hash": "sha256:ab"}
    for key in list(whole):
        if either(random, 0.2):
            whole[key] = random.choice(_ODD)
    return whole if either(random, 0.9) else random.choice(_ODD)


def _spoil_head(random: Random, data: bytes) -> bytes:
    magic = random.choice((_CENTRAL, _CENTRAL, _CENTRAL, _LOCAL, _END))
    places = []
    at = data.find(magic)
    while at >= 0:
        places.append(at)
        at = data.find(magic, at + 1)
    if not places:
        return data
    offset, size = random.choice(_FIELDS[magic])
    at = random.choice(places) + offset
    old = int.from_bytes(data[at : at + size], "little")
    top = (1 << 8 * size) - 1
    new = random.choice(
        (0, 1, top, top >> 1, old + 1, old - 1, old * 2, random.randrange(top), old ^ 1, 8, 9, 12)
    )
    if offset in (42, 18, 20) and either(random, 0.5):
        new = random.choice(places)  # a member that stands on another
    return data[:at] + struct.pack("<Q", new & top)[:size] + data[at + size :]


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, _Facts)
    path = folder / "file.wacz"
    path.write_bytes(case.data)
    is_package(path)
    first = _read(path)
    assert first == _read(path), "a second reading differs"
    if case.facts.members is None:
        return
    assert is_package(path)
    given, problems, _ = first
    assert [problem for problem in problems if problem[0] != "page-list"] == []
    named = [name for name in case.facts.members if name in given]
    assert all(given[name] == case.facts.members[name] for name in named)
    held = [name for name in case.facts.members if name.startswith("archive/")]
    assert set(held) <= set(named), "a member is neither given nor told"


def _read(path: Path) -> tuple[dict[str, bytes], list[tuple[str, str]], list[tuple[str, str]]]:
    given: dict[str, bytes] = {}
    try:
        with Package(path, "the file") as package:
            for name in package.names():
                assert not name.startswith("/")
                assert ".." not in name.split("/")
                data = bytearray()
                try:
                    for part in package.parts(name):
                        assert len(part) <= _STEP_LIMIT
                        data += part
                except PackageError as error:
                    _check_text(str(error))
                given[name] = bytes(data)
                _check_text(package.shown(name))
            package.check()
            pages = list(package.pages())
            for problem in package.problems:
                _check_text(problem.message)
                _check_text(problem.file)
            return given, [(each.code, each.message) for each in package.problems], pages
    except FormatError as error:
        _check_text(str(error))
        return {}, [("refused", str(error))], []


def _check_text(text: str) -> None:
    # It goes into a database.
    assert "\0" not in text, f"a NUL in {text[:80]!r}"
    text.encode()


TARGET = Target("wacz", _make, _check)
