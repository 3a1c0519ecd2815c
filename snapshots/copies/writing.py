"""Static copies written: captures become a folder of files that needs no server and no scripts.

First all captures are gone through: each gets its place, and what is copied as stored is written.
Then pages, style sheets and redirects are written, for now it is known where each link leads; then
what these asked for besides, and last the lists, the tables and the sums. The folder gets its name
when all of that is on disk, so that half a copy is never taken for a whole. The same captures give
the same bytes.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from archiver.errors import ArchiveError, MarshamError, NotWritableError
from archiver.http import CodingError, decode_content, media_type
from archiver.records import Capture, Problem, StatedDate
from archiver.software import software_name
from archiver.timestamps import parse_timestamp
from archiver.urls import join_url
from snapshots import index
from snapshots.archive import Archive
from snapshots.copies.filetypes import UNKNOWN, ending, image_ending
from snapshots.copies.guide import (
    About,
    address_pages,
    framing_page,
    not_here_pages,
    readme,
    redirect_page,
    stand_in_page,
)
from snapshots.copies.inert import INERT_LIMIT, asks_elsewhere, is_inert
from snapshots.copies.links import LinkMap, variant_path
from snapshots.copies.pages import make_page, make_picture, make_style
from snapshots.copies.places import Form, Held, Places, Variant
from snapshots.disk import cleared, sync_folder
from snapshots.mementos import Memento, memento_of
from snapshots.replay.banner import Banner, BannerSettings
from snapshots.replay.rewrite import BodyKind, body_kind

__all__ = ["Copied", "write_copy"]

_DAY = 8  # digits of a timestamp that name the day
_START = 1024  # bytes by which a type is known
_PAGE_LIMIT = 1 << 24  # bytes of a page or a style sheet; what is longer is copied as stored
_FILE_LIMIT = 1 << 32  # bytes of a file; more no FAT file system holds
_MOST_PROBLEMS = 1000  # that are held; captures.csv has them all
_REDIRECTS = (301, 302, 303, 307, 308)
_PLACES = ".places.db"
_RUNNING = ".running"
_SVG = "image/svg+xml"
_NO_PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"/>\n'
_COLUMNS = ("url", "timestamp", "status", "media_type", "digest", "file", "left_out_because")

NoticesOf = Callable[[Capture, list[tuple[StatedDate, str | None]]], Iterable[str]]
Tick = Callable[[int, int | None], None]


@dataclass(slots=True)
class Copied:
    """What a copy came to.

    Attributes:
        totals: captures, pages, addresses, what was left out, files and bytes, by name.
        problems: captures that could not be read, the first thousand.
    """

    totals: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def write_copy(
    archive: Archive,
    captures: Iterable[Capture],
    out: Path,
    *,
    about: str,
    title_of: Callable[[Capture], str | None] = lambda capture: None,
    notices_of: NoticesOf = lambda capture, stated: (),
    tick: Tick = lambda done, of: None,
) -> Copied:
    """Write a static copy; whole, or not at all.

    Args:
        archive: where the captures are kept.
        captures: those in view that are wanted, sorted by key, then by time; read once, and never
            held all at once.
        out: the folder to write; it must not be there yet. Until all is written the files are in
            one beside it whose name ends in ``.part``; what a killed run left there is cleared.
        about: what was chosen, for people.
        title_of: gives the title of a page, where it is known.
        notices_of: gives further statements for the banner of a page, told every date that was
            stated for it (`snapshots.index.stated_dates`).
        tick: told how many captures were gone through, without their number; then how many of the
            pages, style sheets and redirects are written.

    Raises:
        ArchiveError: when there is something at `out`, or another run is writing there.
        NotWritableError: when it cannot be written.
    """
    if out.exists():
        raise ArchiveError(f"{out} is there already; choose another name, nothing was written")
    part = out.with_name(out.name + ".part")
    try:
        with _own_folder(part), cleared(part):
            places = Places(part / _PLACES)
            try:
                with archive.catalogue.read() as connection:
                    copy = _Copy(archive, connection, part, places, about, notices_of)
                    copy.write(captures, title_of, tick)
            finally:
                places.close()
            (part / _PLACES).unlink()
            (part / _RUNNING).unlink()
            os.sync()  # a hundred thousand files, one by one, would take far longer
            part.replace(out)
            sync_folder(out.parent)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    return copy.done


@contextmanager
def _own_folder(part: Path) -> Iterator[None]:
    # A new folder that one run writes to; what a killed run left is taken away first.
    mark = part / _RUNNING
    if part.exists() and not mark.is_file():
        message = "is there, and is no unfinished copy; move it away, nothing was written"
        raise ArchiveError(f"{part} {message}")
    part.mkdir(exist_ok=True)
    with mark.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArchiveError(f"{part}: another run is writing there; wait for it") from None
        for place in part.iterdir():
            if place.is_dir():
                shutil.rmtree(place)
            elif place != mark:
                place.unlink()
        yield


class _Copy:
    """One copy being written."""

    def __init__(
        self,
        archive: Archive,
        connection: Connection,
        folder: Path,
        places: Places,
        about: str,
        notices_of: NoticesOf,
    ) -> None:
        self.done = Copied()
        self._archive = archive
        self._connection = connection
        self._folder = folder
        self._places = places
        self._notices_of = notices_of
        settings = archive.settings
        without = frozenset(settings.banner_without.split())
        self._banner = BannerSettings(
            *(settings.name, settings.institution, settings.language, without)
        )
        self._about = About(
            *(settings.name, settings.institution, settings.contact, about, software_name(), {})
        )

    def write(
        self, captures: Iterable[Capture], title_of: Callable[[Capture], str | None], tick: Tick
    ) -> None:
        places = self._places
        for number, capture in enumerate(captures, 1):
            try:
                self._survey(capture, title_of)
            except MarshamError as error:
                self._problem(capture, str(error))
            tick(number, None)
        made = (Form.PAGE, Form.XHTML, Form.STYLE, Form.PICTURE, Form.REDIRECT)
        total = places.count(f"path != '' AND form != '{Form.STORED.value}'")
        for number, held in enumerate(places.every(*made), 1):
            self._write(held.path, self._made(held))
            tick(number, total)
        while wanted := places.wanted():
            held, variant = wanted
            self._write(variant_path(held, variant), self._variant(held, variant))
        self.done.totals.update(places.totals())
        self._about.totals.update(self.done.totals)
        for path, text in chain(
            not_here_pages(self._about, places), address_pages(self._about, places)
        ):
            self._write(path, text.encode("utf-8", "replace"))
        self._write("README.txt", readme(self._about).encode("utf-8", "replace"))
        self._write_table()
        self.done.totals.update(places.totals())
        self._write("manifest.json", self._manifest())
        self._write_sums()

    def _survey(self, capture: Capture, title_of: Callable[[Capture], str | None]) -> None:
        # Give a capture its place; write it, if it is copied as stored.
        if not capture.url.lower().startswith(("http://", "https://")):
            self._places.leave_out(capture, "not an address of the web")
            return
        memento = memento_of(self._archive, capture)
        target = _target(memento)
        folder, stem = self._places.place(capture)
        if target:
            path = f"{folder}/{stem}.html"
            self._places.add(capture, folder, stem, Form.REDIRECT, path, target=target)
            return
        start = memento.beginning(_START)
        form, last, other = _form(memento, start)
        path = f"{folder}/{stem}{last}"
        title = title_of(capture) if form in (Form.PAGE, Form.XHTML) else None
        sha256 = ""
        if form is Form.STORED:
            sha256, size = self._store(memento, path)
            if same := self._places.same_bytes(capture, sha256, last):
                (self._folder / path).unlink()
                path = same
            else:
                self._places.wrote(path, sha256, size)
        self._places.add(
            *(capture, folder, stem, form, path),
            sha256=sha256,
            other=other,
            title=" ".join((title or "").split()),
        )

    def _store(self, memento: Memento, path: str) -> tuple[str, int]:
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            try:
                return _copied(memento, memento.content_codings, place)
            except CodingError as error:
                if "limit" in str(error):
                    raise
                return _copied(memento, (), place)  # it is not in the coding that its head names
        except MarshamError:
            place.unlink(missing_ok=True)
            raise

    def _made(self, held: Held) -> bytes:
        if held.form is Form.REDIRECT:
            page = redirect_page(self._about, held, self._links(held), self._places)
            return page.encode("utf-8", "replace")
        try:
            memento = memento_of(self._archive, held.capture)
            body = memento.content(_PAGE_LIMIT)
        except MarshamError as error:  # damaged, or longer than a page of that kind ever was
            why = f"its content is not shown: {error}"
            self._problem(held.capture, why, listed=False)
            return self._stand_in(held, why)
        url, links = held.capture.url, self._links(held)
        if held.form is Form.STYLE:
            charset = media_type(memento.content_type)[1]
            return make_style(body, url, links, charset=charset)
        if held.form is Form.PICTURE:
            picture = make_picture(body, url, links)
            return _NO_PICTURE if asks_elsewhere(picture) or not is_inert(picture) else picture
        banner = self._banner_of(held, memento)
        made = make_page(
            *(body, url, links),
            content_type=memento.content_type,
            xml=held.form is Form.XHTML,
            banner=banner,
        )
        if not made.frameset:
            return made.body
        self._places.want(held, Variant.FRAMED)
        frame = variant_path(held, Variant.FRAMED).rpartition("/")[2]
        return framing_page(self._about, held, banner, frame).encode("utf-8", "replace")

    def _stand_in(self, held: Held, why: str) -> bytes:
        if held.form is Form.STYLE:
            return b""
        if held.form is Form.PICTURE:
            return _NO_PICTURE
        return stand_in_page(self._about, held, why).encode("utf-8", "replace")

    def _variant(self, held: Held, variant: Variant) -> bytes:
        try:
            memento = memento_of(self._archive, held.capture)
            body = memento.content(_PAGE_LIMIT)
        except MarshamError:  # told when the capture itself was written
            return b""
        url, links = held.capture.url, self._links(held)
        if variant is Variant.FRAMED:
            kind = memento.content_type
            return make_page(body, url, links, content_type=kind, xml=held.form is Form.XHTML).body
        if variant is Variant.STYLE:
            return make_style(body, url, links, charset=media_type(memento.content_type)[1])
        return body

    def _banner_of(self, held: Held, memento: Memento) -> str:
        capture, links = held.capture, self._links(held)
        before, after = self._places.neighbours(held)
        stated = index.stated_dates(self._connection, capture)

        def near(other: Held | None) -> tuple[str, datetime] | None:
            if other is None:
                return None
            return links.to(other), parse_timestamp(other.capture.timestamp)

        banner = Banner(
            settings=self._banner,
            url=capture.url,
            served_at=parse_timestamp(capture.timestamp),
            list_link="index.html",
            previous=near(before),
            following=near(after),
            status=memento.head.status if memento.head else 200,
            notices=tuple(self._notices_of(capture, stated)),
            day_only=any(rule and len(date.timestamp) <= _DAY for date, rule in stated),
        )
        return banner.render_inline()

    def _links(self, held: Held) -> LinkMap:
        return LinkMap(self._places, held.capture.timestamp, held.folder)

    def _problem(self, capture: Capture, why: str, *, listed: bool = True) -> None:
        if listed:
            self._places.leave_out(capture, why)
        if len(self.done.problems) < _MOST_PROBLEMS:
            place = (capture.file, capture.offset, capture.length, capture.url)
            self.done.problems.append(Problem("left-out", why, *place))

    def _write(self, path: str, data: bytes) -> None:
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        self._places.wrote(path, hashlib.sha256(data).hexdigest(), len(data))

    def _write_table(self) -> None:
        def lines() -> Iterator[str]:
            line = io.StringIO()
            writer = csv.writer(line, lineterminator="\n")
            writer.writerow(_COLUMNS)
            for one, path, reason in self._places.listed():
                facts = (one.url, one.timestamp, one.status, one.media_type, one.digest)
                writer.writerow((*facts, path, reason))
                yield line.getvalue()
                line.seek(0)
                line.truncate()
            yield line.getvalue()

        self._write_lines("captures.csv", lines())

    def _manifest(self) -> bytes:
        told = {
            "archive": self._about.archive,
            "institution": self._about.institution,
            "chosen": self._about.chosen,
            "software": self._about.software,
            "totals": self.done.totals,
            "left out because": dict(self._places.reasons()),
        }
        return json.dumps(told, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def _write_sums(self) -> None:
        lines = (f"{sha256}  {path}\n" for path, sha256, _ in self._places.files())
        with (self._folder / "manifest-sha256.txt").open("w", encoding="ascii") as file:
            file.writelines(lines)

    def _write_lines(self, path: str, lines: Iterable[str]) -> None:
        digest, size = hashlib.sha256(), 0
        with (self._folder / path).open("wb") as file:
            for line in lines:
                data = line.encode("utf-8", "replace")
                digest.update(data)
                size += file.write(data)
        self._places.wrote(path, digest.hexdigest(), size)


def _target(memento: Memento) -> str:
    # Where a redirect led, if to a web page; `snapshots` has no rule of its own beyond that.
    head = memento.head
    location = head.headers.get("Location") if head and head.status in _REDIRECTS else None
    target = join_url(memento.capture.url, location) if location else None
    return target if target and target.startswith(("http://", "https://")) else ""


def _form(memento: Memento, start: bytes) -> tuple[Form, str, str]:
    # What a capture is in a copy, the ending of its file, and see `Held.other`.
    declared, _ = media_type(memento.content_type)
    if not start and declared in ("", "text/html"):
        return Form.PAGE, ".html", ""
    if declared == _SVG:
        whole = _whole(memento, INERT_LIMIT)
        svg = whole is not None and is_inert(whole)
        return (Form.PICTURE, ".svg", "") if svg else (Form.STORED, ".txt", "")
    kind = body_kind(start, memento.content_type)
    if kind is BodyKind.CSS:
        return Form.STYLE, ".css", ""
    if kind in (BodyKind.STORED, BodyKind.SCRIPT):  # no script runs in a copy
        if declared.endswith(("/xml", "+xml")):
            start = _whole(memento, INERT_LIMIT) or b"\0"
        return Form.STORED, ending(declared, start, memento.capture.url), ""
    if body_kind(start, memento.content_type, "im_") is BodyKind.STORED:
        return Form.PAGE, ".html", image_ending(start) or UNKNOWN
    return Form.XHTML if kind is BodyKind.XHTML else Form.PAGE, ".html", ""


def _whole(memento: Memento, limit: int) -> bytes | None:
    try:
        return memento.content(limit)
    except CodingError:
        return None


def _copied(memento: Memento, codings: tuple[str, ...], place: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with place.open("wb") as file:
        for part in decode_content(memento.entity(), codings, _FILE_LIMIT):
            digest.update(part)
            size += file.write(part)
    return digest.hexdigest(), size
