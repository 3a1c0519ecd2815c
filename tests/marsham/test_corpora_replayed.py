"""Real archive files replayed completely, and held against what warcio and lxml read."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from lxml import html
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

import marsham
from archiver.records import Capture, Kind
from snapshots import index
from tests.marsham.conftest import serving

NAMES = ("iana", "govuk", "archive-org-2008", "example", "resource")
_LOADED = (  # attributes whose address a browser may ask for by itself, or at a click
    "//@href | //@src | //@action | //@formaction | //@background | //@poster | //@data"
    " | //@srcset | //@longdesc | //@cite | //@style"
)
_IN_CSS = re.compile(r"url\(\s*[\"']?([^\"')]*)|@import\s+[\"']([^\"']*)", re.IGNORECASE)
_OURS = ("/web/", "/own/", "/static/", "/search/", "/form/", "/leave?")  # of the archive itself
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ABSOLUTE = re.compile(r"\s*(?:https?:|wss?:)?//", re.IGNORECASE)  # ftp: and others stay


def read_by_warcio(archive: marsham.Archive, capture: Capture) -> bytes:
    """The content of a capture's record, codings undone, as warcio reads it."""
    with archive.locate(capture.file).open("rb") as file:
        file.seek(capture.offset)
        record: ArcWarcRecord = next(iter(ArchiveIterator(file)))
        return bytes(record.content_stream().read())


def leaks(page: requests.Response) -> Iterator[str]:
    """The addresses in an HTML page or a style sheet that lead out of the archive."""
    kind = page.headers.get("Content-Type", "")
    here = urlsplit(page.url).netloc
    if "css" in kind:
        found = [first or second for first, second in _IN_CSS.findall(_COMMENT.sub("", page.text))]
    elif "html" in kind and page.content.strip():
        tree = html.fromstring(page.content)
        found = []
        for value in tree.xpath(_LOADED):
            if value.attrname == "style":
                found += [one or two for one, two in _IN_CSS.findall(value)]
            elif value.attrname == "srcset":
                found += [part.split()[0] for part in re.split(r",\s", value) if part.strip()]
            else:
                found.append(value)
        for element in tree.iter("style"):
            text = _COMMENT.sub("", element.text or "")
            found += [one or two for one, two in _IN_CSS.findall(text)]
        for element in tree.iter("meta"):
            if (element.get("http-equiv") or "").lower() == "refresh":
                found.append((element.get("content") or "").partition("=")[2])
    else:
        return
    for address in found:
        if _ABSOLUTE.match(address):
            host = urlsplit(address.strip()).netloc
            if host != here and not re.fullmatch(r"h-[a-z2-7]{12}\.localhost:\d+", host):
                yield address
        elif address.startswith("/") and not address.startswith(_OURS):
            yield address


@pytest.mark.parametrize("name", NAMES)
def test_every_capture_is_given_to_the_byte_at_its_own_date_and_leads_nowhere_else(
    corpora: Path, tmp_path: Path, name: str
) -> None:
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, sorted(corpora.glob(f"{name}*arc.gz")))
        with archive.catalogue.read() as connection:
            held = list(index.every(connection))
        web = [one for one in held if one.url.startswith(("http://", "https://"))]
        assert web
        payloads: dict[str, bytes] = {}
        for one in held:
            if one.kind is not Kind.REVISIT:
                payloads[one.digest] = read_by_warcio(archive, one)
        bad: list[str] = []
        scanned = 0
        for server in serving(archive):
            session = requests.Session()
            for one in web:
                number = f"-{one.number}" if one.number else ""
                place = f"{server}/web/{one.timestamp}{number}"
                raw = session.get(
                    f"{place}id_/{one.url}",
                    headers={"Accept-Encoding": "identity"},
                    allow_redirects=False,
                    timeout=30,
                )
                if raw.content != payloads[one.digest]:
                    bad.append(f"bytes of {raw.url}")
                status = raw.headers.get("X-Archive-Orig-Status", "200")
                if str(one.status or 200) != status and one.kind is not Kind.REVISIT:
                    bad.append(f"status of {raw.url}")
                shown = session.get(f"{place}mp_/{one.url}", allow_redirects=False, timeout=30)
                for answer in (raw, shown):
                    date = answer.headers.get("Memento-Datetime", "")
                    if digits(date) != one.timestamp:
                        bad.append(f"date of {answer.url}: {date}")
                scanned += 1
                bad += [f"{shown.url} leads to {address}" for address in leaks(shown)]
        assert bad == [], "\n".join(bad[:40])
        assert scanned == len(web)


def digits(date: str) -> str:
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    match = re.fullmatch(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", date)
    if match is None:
        return ""
    day, month, year, *time = match.groups()
    return f"{year}{months.index(month) // 3 + 1:02}{day}{''.join(time)}"
