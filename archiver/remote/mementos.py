"""Mementos of another archive on their way to becoming captures of this one.

An archive is asked for the raw memento first (``id_`` behind the timestamp), whose body is that of
the capture. Only where it has none is the page taken as it is shown, and what the archive added is
taken off again. What is taken is proved: the archive must say that this is a memento, and of which
moment; a digest on its list is compared; a page that is raw in name only is found out.

Source: RFC 7089 (Memento-Datetime: clause 2.1.1; a memento keeps its own status).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from archiver.fetch.client import Answer
from archiver.fetch.politeness import Visitor
from archiver.http import CODINGS, CodingError, media_type
from archiver.ingest.converted import RESPONSE, Converted, message, spooled, status_line
from archiver.ingest.saved import SavedFile, doubts
from archiver.provenance import Provenance
from archiver.records import Grade, Problem
from archiver.remote.bodies import content_of, parts_of, settled_body
from archiver.remote.heads import (
    is_memento,
    linked_original,
    memento_time,
    original_field,
    original_head,
    stated_dates,
)
from archiver.remote.holdings import RemoteArchive
from archiver.remote.lists import Listed
from archiver.timestamps import format_timestamp
from archiver.unreplay import Recovered, recover_page
from archiver.urls import ReplayAddress, parse_replay_address, url_key

__all__ = ["MementoReader", "Taken", "identity"]

_PAGE_LIMIT = 1 << 26  # bytes of a page, style sheet or script that replay may have changed
_WITHHELD = (401, 403, 451)
_ENOUGH = 3  # mementos in a row without a raw form, after which none is asked for any more
_CHANGED = ("html", "css", "javascript", "ecmascript", "json", "svg")  # parts of media types


@dataclass(frozen=True, slots=True)
class Taken:
    """A memento to be written.

    Attributes:
        record: the record; its block is the caller's to close.
        original: the page as the archive sent it, where the record's body is another.
    """

    record: Converted
    original: SavedFile | None = None

    def close(self) -> None:
        """Let go of the block."""
        if not isinstance(self.record.block, bytes):
            self.record.block.close()


@dataclass(frozen=True, slots=True)
class _Form:
    """One address at which a memento may be had: raw, or shown as a page."""

    address: str
    raw: bool


class MementoReader:
    """Takes mementos from one archive, and learns on the way whether it gives raw ones."""

    def __init__(
        self, visitor: Visitor, archive: RemoteArchive, source: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Make one.

        Args:
            visitor: asks politely.
            archive: where mementos are that the list gives no address of.
            source: names and values for the provenance: which list it was.
        """
        self._visitor = visitor
        self._archive = archive
        self._source = source
        self._raw_had = False
        self._raw_missed = 0

    def read(self, listed: Listed, url: str) -> Taken | Problem:
        """Ask for one memento.

        Args:
            listed: the memento.
            url: the original URL that was asked for, where the list does not state it.

        Returns:
            What is to be written, or a problem that says why it could not be had.

        Raises:
            BusyError: when the archive asks to be left alone.
            FetchError: when it cannot be reached, or what it sends breaks off.
        """
        said: list[str] = []
        for form in self._forms(listed, url):
            visit = self._visitor.get(
                form.address,
                codings=CODINGS if form.raw else "identity",
                final=lambda answer: is_memento(answer.headers),
            )
            with visit.answer as answer:
                found = self._read(answer, form, listed, url)
            if isinstance(found, Taken):
                self._raw_had = self._raw_had or form.raw
                self._raw_missed = 0 if form.raw else self._raw_missed + 1
                return found
            if isinstance(found, Problem):
                return found
            said.append(f"{form.address} {found}")
            if answer.status in _WITHHELD or (form.raw and self._raw_had):
                break
        reason = f"the archive gave no such memento: {'; '.join(said)}; {_AGAIN}"
        return Problem("no-memento", reason, self._archive.name, url=listed.url or url)

    def _forms(self, listed: Listed, url: str) -> Iterator[_Form]:
        place = parse_replay_address(listed.address) if listed.address else None
        if place is None and listed.address:
            yield _Form(listed.address, raw=False)  # an archive whose addresses are of its own kind
            return
        if place is None:
            place = ReplayAddress(self._archive.base, listed.timestamp, "", listed.url or url)
        if self._raw_had or self._raw_missed < _ENOUGH:
            yield _Form(_address(place, "id_"), raw=True)
        shown = [place.modifier] if listed.address and place.modifier != "id_" else ["mp_", ""]
        for modifier in shown:
            yield _Form(_address(place, modifier), raw=False)

    def _read(
        self, answer: Answer, form: _Form, listed: Listed, url: str
    ) -> "Taken | Problem | str":
        # What was made of an answer; in words, why another form has to be tried.
        proved = is_memento(answer.headers)
        if not proved and (form.raw or answer.status != 200):
            return f"was answered with status {answer.status}, and not as a memento"
        original = listed.url or linked_original(answer.headers) or url
        timestamp = memento_time(answer.headers, answer.url)
        if timestamp != listed.timestamp:
            other = f"sent that of {timestamp}" if timestamp else "did not say which it sent"
            reason = f"asked for the memento of {listed.timestamp}, the archive {other}; {_AGAIN}"
            return Problem("other-memento", reason, form.address, url=original)
        kind, charset = media_type(original_field(answer.headers, "Content-Type"))
        if not any(word in kind for word in _CHANGED) and kind:
            return self._raw(answer, form, listed, original)
        try:
            data = content_of(answer, _PAGE_LIMIT)
        except CodingError as error:
            if form.raw:
                return self._raw(answer, form, listed, original)
            return f"sent what cannot be read: {error}"
        if form.raw and not _rewritten(data, kind, charset, form, listed.timestamp, original):
            return self._raw(answer, form, listed, original)
        recovered = recover_page(
            data,
            media_type=kind,
            charset=charset,
            address=_shown_at(answer, form),
            memento_datetime=answer.headers.get("Memento-Datetime"),
        )
        if recovered.grade is Grade.RENDERING:
            return "sent only the frame round a page"
        if not (proved or recovered.removed):
            return "sent a page that nothing proves to be a memento"
        return self._recovered(answer, listed, recovered, data, original)

    def _raw(self, answer: Answer, form: _Form, listed: Listed, original: str) -> Taken:
        body = settled_body(answer, listed.digest)
        try:
            head = original_head(answer.headers, body.length, body.coding)
            start = message(status_line(answer.status, answer.reason or None), head.fields, b"")
            block = spooled(chain([start], parts_of(body.file)))
        finally:
            body.file.close()
        left = (*body.left, *head.left)
        grade = Grade.BODY if left or not form.raw else Grade.SENT
        problems = list(_status_doubts(answer, listed, form.address, original))
        if body.proved is False:
            grade = Grade.RECOVERED
            reason = f"the archive lists the digest {listed.digest}, and what it sent has another"
            problems.append(Problem("digest-differs", reason, form.address, url=original))
        place = parse_replay_address(form.address)
        provenance = Provenance.stated_by(
            stated_dates(answer.headers, form.address),
            source_file=form.address,
            source_sha256=answer.sha256,
            grade=grade,
            left=left,
            listed=self._told(answer, listed),
        )
        return Taken(
            Converted(
                type="response",
                target=original,
                timestamp=listed.timestamp,
                content_type=RESPONSE,
                block=block,
                counted="raw memento" if form.raw else "replayed memento",
                provenance=replace(provenance, layers=(place,)) if place else provenance,
                problems=tuple(problems),
            )
        )

    def _recovered(
        self, answer: Answer, listed: Listed, recovered: Recovered, data: bytes, original: str
    ) -> Taken:
        sha256 = hashlib.sha256(data).hexdigest()
        provenance = Provenance.of(
            recovered,
            source_file=answer.url,
            source_sha256=sha256,
            listed=self._told(answer, listed),
        )
        url = recovered.url if recovered.layers and recovered.url else original
        if url_key(url) == url_key(original):
            url = original  # as the list spells it
        fields = [
            field
            for field in original_head(answer.headers, len(recovered.body), "").fields
            if field[0].lower() != "content-length"
        ]
        fields.append(("Content-Length", str(len(recovered.body))))
        chosen = provenance.chosen
        changed = recovered.body != data
        return Taken(
            Converted(
                type="response",
                target=url,
                timestamp=chosen.timestamp if chosen else listed.timestamp,
                content_type=RESPONSE,
                block=message(
                    status_line(answer.status, answer.reason or None), fields, recovered.body
                ),
                counted="replayed memento",
                provenance=provenance,
                problems=(
                    *doubts(answer.url, url, provenance),
                    *_status_doubts(answer, listed, answer.url, url),
                ),
            ),
            SavedFile(answer.url, data, sha256) if changed else None,
        )

    def _told(self, answer: Answer, listed: Listed) -> tuple[tuple[str, str], ...]:
        return (
            ("archive", self._archive.name),
            *self._source,
            *((("listed-status", listed.status),) if listed.status else ()),
            *((("listed-digest", listed.digest),) if listed.digest else ()),
            ("fetched", format_timestamp(answer.asked_at)),
            ("answer", f"{answer.status} {answer.reason}".strip()),
            *(("answer-field", f"{name}: {value}") for name, value in answer.headers.fields),
        )


_AGAIN = "not taken in; the same command tries again"


def identity(archive: RemoteArchive, listed: Listed, url: str) -> str:
    """Name a memento so that it is known again, whichever list it is found on and in which form."""
    place = parse_replay_address(listed.address) if listed.address else None
    if place is None and listed.address:
        return listed.address.partition("://")[2]
    base = place.prefix if place else archive.base
    return f"{base.partition('://')[2]}{listed.timestamp}/{listed.url or url}"


def _address(place: ReplayAddress, modifier: str) -> str:
    return f"{place.prefix}{place.timestamp}{modifier}/{place.url}"


def _shown_at(answer: Answer, form: _Form) -> str:
    # Where the page is shown; one that is raw in name only is a shown page all the same.
    place = parse_replay_address(answer.url) or parse_replay_address(form.address)
    if place is None:
        return answer.url
    return _address(place, "" if place.modifier == "id_" else place.modifier)


def _rewritten(
    data: bytes, kind: str, charset: str | None, form: _Form, timestamp: str, original: str
) -> bool:
    # Whether this very archive has changed the page, though it was asked not to.
    recovered = recover_page(data, media_type=kind, charset=charset, address=original)
    place = parse_replay_address(form.address)
    if not (recovered.layers and place):
        return False
    shown = recovered.layers[0]
    ours = shown.prefix[:1] in ("", "/") or _host(shown.prefix) == _host(place.prefix)
    return ours and (bool(recovered.removed) or shown.timestamp == timestamp)


def _host(prefix: str) -> str:
    return prefix.partition("//")[2].partition("/")[0].partition(":")[0].lower()


def _status_doubts(answer: Answer, listed: Listed, address: str, url: str) -> Iterator[Problem]:
    if listed.status.isdigit() and int(listed.status) != answer.status:
        reason = f"the archive lists status {listed.status}, and sent it with {answer.status}"
        yield Problem("status-differs", reason, address, url=url)
