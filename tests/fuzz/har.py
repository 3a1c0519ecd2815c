"""HAR files whose values are not what they should be, or that are not quite JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from archiver.ingest.har import read_har
from tests import builders
from tests.fuzz.cases import Case, Target, either, spoil
from tests.fuzz.converted import Kept, check_converted

__all__ = ["TARGET"]

_TOKENS = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"\\u0000", b"\\ud800", b"\xff"),
    *(b"NaN", b"1e999", b"-0", b"9" * 5000, b"\\r\\nX: y", b"\xef\xbb\xbf", b"[" * 5000),
)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e400, 99, 600, 204, 304, 10**30, "", " ", [], {}, [[]]),
    *("\ud800", "a\ud83dz", "\0", "x\0y", "a\r\nX-Evil: 1", "a\nb", "é", "\u202e", "x" * 300),
    *("http://[::1", "http://a.example:99999/", "http:///x", "HTTP://É.example/\0", "data:,x"),
    *("http://a.example/\r\nX: y", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("2021-05-09", "2021-W18-7", "2021-05-09T11:16:21.123456789Z", "base64", "====", "YQ", "!"),
    *("text/html; charset=\ud800", "text/html; charset=utf-16", "x-unknown", ":status", "h2", "::"),
    *("127.0.0.1", "[::1]", "fe80::1%eth0", "1" * 5000, {"name": "a", "value": "b"}, {"text": 1}),
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """How many entries there are, if that is known, and the bodies of those left alone."""

    entries: int | None
    bodies: tuple[tuple[int, bytes], ...]


def _make(random: Random) -> Case:
    entries = [_entry(random) for _ in range(random.randrange(1, 6))]
    intact = set(range(len(entries)))
    for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
        at = random.randrange(len(entries))
        intact.discard(at)
        entries[at] = _spoil_value(random, entries[at])
    whole: Any = {"log": {"version": "1.2", "entries": entries}}
    if either(random, 0.1):
        intact.clear()
        whole = _spoil_value(random, whole)
    text = json.dumps(whole, ensure_ascii=either(random, 0.8))
    data = text.encode("utf-8", "surrogatepass")
    count: int | None = len(entries)
    if not intact or either(random, 0.3):
        count = None
    if count is None and either(random, 0.5):
        intact.clear()
        for _ in range(random.choice((1, 1, 3))):
            data = spoil(random, data, _TOKENS)
    bodies = [(at + 1, entries[at]["response"]["content"]["text"].encode()) for at in intact]
    return Case(data, _Facts(count, tuple(bodies)))


def _entry(random: Random) -> Any:
    body = f"<p>Crime é {random.randrange(1000)}</p>" * random.choice((1, 1, 30))
    return builders.har_entry(
        f"http://www.homeoffice.example/{random.randrange(100)}/?a=%20b#c",
        body=body,
        head=random.choice(
            (
                [("Content-Type", "text/html; charset=utf-8")],
                [("content-type", "text/html"), ("content-encoding", "gzip"), (":status", "200")],
                [("Set-Cookie", "a=b\nc=d"), ("Content-Type", "text/html;charset=utf8")],
            )
        ),
        version=random.choice(("HTTP/1.1", "h2", "")),
        method=random.choice(("GET", "POST")),
    )


def _spoil_value(random: Random, value: Any) -> Any:
    # One thing somewhere below.
    if isinstance(value, dict) and value and either(random, 0.9):
        key = random.choice(list(value))
        out = dict(value)
        match random.randrange(12):
            case 0:
                del out[key]
            case 1:
                out[key] = random.choice(_ODD)
            case 2:
                out[random.choice(("", "\0", "\ud800", key.upper(), "encoding", "text"))] = out[key]
            case _:
                out[key] = _spoil_value(random, out[key])
        return out
    if isinstance(value, list) and value and either(random, 0.9):
        at = random.randrange(len(value))
        out_list = list(value)
        match random.randrange(8):
            case 0:
                del out_list[at]
            case 1:
                out_list.insert(at, random.choice(_ODD))
            case 2:
                out_list *= random.choice((2, 50))
            case _:
                out_list[at] = _spoil_value(random, out_list[at])
        return out_list
    if isinstance(value, str) and value and either(random, 0.5):
        at = random.randrange(len(value) + 1)
        odd = [each for each in _ODD if isinstance(each, str)]
        return value[:at] + random.choice(odd) + value[at:]
    return random.choice(_ODD)


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, _Facts)
    path = folder / "file.har"
    path.write_bytes(case.data)
    found = check_converted(read_har, path, folder / "new.warc.gz")
    if found is None:
        assert not case.facts.bodies, "a file that is mostly sound is refused"
        return
    if case.facts.entries is not None and case.facts.bodies:
        assert len(found) == case.facts.entries, "an entry is neither taken in nor told"
    kept = {each.listed("har-entry"): each.block for each in found if isinstance(each, Kept)}
    for number, body in case.facts.bodies:
        assert kept[str(number)].endswith(b"\r\n\r\n" + body), f"the sound entry {number} is lost"


TARGET = Target("har", _make, _check)
