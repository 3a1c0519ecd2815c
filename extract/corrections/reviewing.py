"""Review: the values that people should look at, what they say to them, and what comes of it.

Nothing that is withdrawn is listed: every value is found through a capture in view.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, inspect

from archiver.errors import InputError, NoCaptureError
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from extract.asof import newest_states
from extract.corrections.decisions import (
    ADD,
    ASSIGN,
    CONFIRM,
    CORRECT,
    ON_VALUES,
    REJECT,
    UNDO,
    Correction,
    Target,
    identity,
    site_of,
)
from extract.corrections.holding import STALE
from extract.corrections.naming import folded, record_names
from extract.corrections.register import decide, register
from extract.corrections.view import decided
from extract.facts.emails import find_emails
from extract.facts.phones import find_phones
from extract.facts.postcodes import find_postcodes
from extract.observed import observations_of
from extract.tables import extraction, page_text, page_version, review_item
from snapshots import index
from snapshots.archive import Archive
from snapshots.tables import capture, same_capture, url

__all__ = [
    "ACCEPT",
    "ADDABLE",
    "STATES",
    "Item",
    "Quoted",
    "Verdict",
    "add_value",
    "assign",
    "corrections_in_view",
    "decide_items",
    "draft",
    "item_of",
    "items",
    "items_of_page",
    "quoted",
    "right_value",
    "values_of",
]

ACCEPT: Final = "accept"
STATES: Final = ("open", "decided")
ADDABLE: Final = {
    "authority": ("applies_to",),
    "contact": (
        *("organisation", "unit", "person", "role", "address", "postcode"),
        *("phone", "fax", "textphone", "email", "website"),
    ),
    "legal": ("year", "number", "section"),
    "page": ("title", "summary", "language"),
    "partnership": ("alias", "area", "region", "country", "police_force", "predecessor"),
}
"""The fields to which a value can be added, by kind of record."""

_FEWEST_DIGITS = 4
_AROUND = 160  # characters of the text
_NUMBER = re.compile(r"[0-9]{1,12}")
_PHONE = re.compile(r"\+[0-9]{6,15}(?:;ext=[0-9]{1,8})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")
_NUMBERS = {
    ("attachment", "size"),
    ("claim_check", "claimed"),
    ("claim_check", "found"),
    ("count", "number"),
    ("heading", "level"),
    ("legal", "year"),
}
_YES_OR_NO = {("claim_check", "agrees"), ("count", "approx")}


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a page, with why somebody should look at it.

    Attributes:
        id: 16 hexadecimal digits; the same after every extraction.
        reason: why; empty for a value that nothing is doubtful about.
        state: ``open`` or ``decided``; empty as long as nobody asked for anything.
        target: the value.
        confidence: of the reading, 0 to 1.
        told: what is doubtful, in words; else empty.
        correction: the number of what was decided, or of the decision that is stale.
        assigned: who is to look; empty for anybody.
        capture: the newest capture that shows it.
    """

    id: str
    reason: str
    state: str
    target: Target
    confidence: float
    told: str
    correction: int | None
    assigned: str
    capture: Capture


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says to a value.

    Attributes:
        action: `ACCEPT`, `CORRECT` or `REJECT`.
        reason: why.
        author: who says so.
        new: the right value, with `CORRECT`.
        first: 14 digits, the first time of capture it holds for; None for all before.
        last: the last one.
        everywhere: for every page of the site on which the record has this value.
    """

    action: str
    reason: str
    author: str
    new: str = ""
    first: str | None = None
    last: str | None = None
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value as the page's text has it, with what stands around it."""

    before: str
    value: str
    after: str


def items(
    connection: Connection,
    *,
    reason: str = "",
    state: str = "",
    site: str = "",
    kind: str = "",
    after: tuple[str, str] | None = None,
    limit: int | None = None,
) -> Iterator[Item]:
    """Give what is to be reviewed, page by page.

    Args:
        connection: a connection of the catalogue.
        reason: only these; empty for all.
        state: ``open`` or ``decided``; empty for both.
        site: a host.
        kind: of the record.
        after: key of the page and id of the item to go on behind.
        limit: items given at most.
    """
    if not inspect(connection).has_table(review_item.name):
        return
    item = review_item.c
    wanted: list[ColumnElement[bool]] = []
    for column, given in ((item.reason, reason), (item.state, state), (item.kind, kind)):
        if given:
            wanted.append(column == given)
    if site:
        host = url_key(f"http://{site}/").partition(")")[0]
        wanted += [item.place >= f"{host})", item.place < f"{host}*"]
    if after:
        wanted.append((item.place > after[0]) | and_(item.place == after[0], item.id > after[1]))
    query = _select().where(*wanted).order_by(item.place, item.id).limit(limit)
    for row in connection.execute(query):
        yield _item(row)


def item_of(connection: Connection, number: str) -> Item:
    """Find an item by its id, or by enough of the id's first digits.

    Raises:
        InputError: when there is none in view, or more than one begins so.
    """
    number = number.strip().lower()
    if len(number) < _FEWEST_DIGITS or not re.fullmatch(r"[0-9a-f]{1,16}", number):
        raise InputError(
            f"{number!r} names nothing to review; its id has 16 digits, and four may do: "
            "see marsham review list"
        )
    found: list[Item] = []
    if inspect(connection).has_table(review_item.name):
        beyond = number + "g"  # the letter behind the digits
        query = _select().where(review_item.c.id >= number, review_item.c.id < beyond)
        found = [_item(row) for row in connection.execute(query.limit(2))]
    if not found:
        raise InputError(
            f"nothing to review has the id {number}: it may read otherwise since; "
            "see marsham review list"
        )
    if len(found) > 1:
        raise InputError(f"several ids begin with {number}; give more of its digits")
    return found[0]


def values_of(connection: Connection, address: str, moment: datetime) -> list[Item]:
    """Give every value read on a page as of a date, as items that can be decided on.

    Raises:
        NoCaptureError: when nothing in view was read there.
    """
    key = url_key(address)
    newest = newest_states(moment, url.c.urlkey == key)
    query = (
        index.select_captures(newest.c.extraction_id)
        .join(newest, same_capture(newest))
        .where(newest.c.rank == 1, newest.c.extraction_id.is_not(None))
        .order_by(capture.c.timestamp.desc(), url.c.url)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NoCaptureError(address)
    of, observations = index.capture_of(row), observations_of(connection, row[11])
    names = record_names(observations)
    known = {one.id: one for one in _of_page(connection, key)}
    made = {one.matches(): one for one in decided(connection, key).holding(key, of.timestamp)}
    found: dict[str, Item] = {}
    for each in observations:
        target = Target(key, each.kind, names[each.kind, each.record], each.field, each.value)
        number = identity(target)
        one = _latest(made, target)
        fresh = Item(
            *(number, "", "decided" if one else "", target, each.confidence, ""),
            *(one.number if one else None, "", of),
        )
        found.setdefault(number, replace(known[number], capture=of) if number in known else fresh)
    return list(found.values())


def items_of_page(connection: Connection, address: str, captured: str) -> dict[str, Item]:
    """Give everything that can be decided on a page by its id: its values, and what is to review.

    Args:
        connection: a connection of the catalogue.
        address: of the page.
        captured: 14 digits; the values are those as of then.

    Raises:
        NoCaptureError: when nothing in view was read there.
    """
    found = {one.id: one for one in values_of(connection, address, parse_timestamp(captured))}
    known = {one.id: one for one in _of_page(connection, url_key(address))}
    return known | found


def quoted(connection: Connection, item: Item) -> Quoted | None:
    """Give the place of an item's value in the page's text; None where the text has no such place.

    What is in a link or in the page's head only, or is not read there any more, has none.
    """
    of = item.capture
    query = (
        index.select_captures(page_version.c.extraction_id, page_text.c.text)
        .join(page_version, same_capture(page_version))
        .join(extraction, extraction.c.id == page_version.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(
            url.c.urlkey == url_key(of.url),
            url.c.url == of.url,
            capture.c.timestamp == int(of.timestamp),
            capture.c.seq == of.number,
        )
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    number, text = row[11:13]
    observations = observations_of(connection, number)
    names = record_names(observations)
    for each in observations:
        target = Target(
            item.target.place, each.kind, names[each.kind, each.record], each.field, each.value
        )
        if target == item.target and each.start is not None and each.end is not None:
            before, after = text[max(0, each.start - _AROUND) : each.start], text[each.end :]
            return Quoted(before, text[each.start : each.end][:_AROUND], after[:_AROUND])
    return None


def decide_items(archive: Archive, verdicts: Iterable[tuple[Item, Verdict]]) -> list[Correction]:
    """Decide on values; all of them, or none.

    Args:
        archive: the archive; its lock is held meanwhile.
        verdicts: each value as it was shown to who decides, and what was said.

    Raises:
        InputError: when something is missing or cannot be, or a value was withdrawn or reads
            otherwise since; nothing is done then.
        LockedError: when another process writes to the archive.
    """
    wanted = list(verdicts)

    def make(connection: Connection) -> Iterator[Correction]:
        for item, verdict in wanted:
            yield from draft(connection, item, verdict)

    return decide(archive, make)


def add_value(
    archive: Archive, address: str, moment: datetime, target: Target, verdict: Verdict
) -> Correction:
    """Add a value that was not read to a record of a page.

    Args:
        archive: the archive; its lock is held meanwhile.
        address: of the page.
        moment: the record is looked for in the page as of then.
        target: kind, record and field; the rest of it does not count.
        verdict: its `new` is the value; the action does not count.

    Raises:
        InputError: when there is no such record, or it has the value, or it cannot be one.
        NoCaptureError: when nothing in view was read there.
        LockedError: when another process writes to the archive.
    """
    new = right_value(target, verdict.new)

    def make(connection: Connection) -> Iterator[Correction]:
        found = values_of(connection, address, moment)
        same = [
            one
            for one in found
            if one.target.kind == target.kind and folded(one.target.record) == folded(target.record)
        ]
        if not same:
            raise InputError(
                f"the page has no {target.kind} called {target.record!r}; "
                f"see: marsham review list --page {address}"
            )
        if any((one.target.field, one.target.value) == (target.field, new) for one in same):
            raise InputError(f"{target.record} has that {target.field} already")
        item = replace(same[0], target=replace(same[0].target, field=target.field, value=""))
        yield replace(_draft(item, ADD, verdict), new=new)

    return decide(archive, make)[0]


def assign(archive: Archive, numbers: Iterable[str], to: str, author: str) -> list[Correction]:
    """Say who is to look at some items; nobody with an empty name.

    Raises:
        InputError: when there is no such item.
        LockedError: when another process writes to the archive.
    """
    wanted, name = list(numbers), " ".join(to.split())

    def make(connection: Connection) -> Iterator[Correction]:
        for number in wanted:
            item = item_of(connection, number)
            said = f"for {name}" if name else "for anybody"
            yield replace(_draft(item, ASSIGN, Verdict("", said, author)), new=name)

    return decide(archive, make)


def draft(connection: Connection, item: Item, verdict: Verdict) -> Iterator[Correction]:
    """Make the decisions that a verdict on an item comes to.

    What is said to a stale decision: to accept what is read now ends it with the last capture it
    stands in; to correct does so too and corrects what is read now; to reject undoes it.

    Raises:
        InputError: when the verdict cannot be, or the value reads otherwise since.
    """
    if verdict.action == CORRECT:
        verdict = replace(verdict, new=right_value(item.target, verdict.new))
        if verdict.new == item.target.value and item.reason != STALE:
            raise InputError("the new value is the one that is read; accept it instead")
    elif verdict.new:
        raise InputError("a new value goes with correcting only")
    if item.reason == STALE:
        yield from _draft_stale(connection, item, verdict)
        return
    known = {one.id for one in values_of(connection, item.capture.url, _moment(item.capture))}
    if item.id not in known:
        raise InputError(
            f"{item.target.field} of {item.target.record or 'the page'} reads otherwise since; "
            "look again with: marsham review list"
        )
    action = {ACCEPT: CONFIRM, CORRECT: CORRECT, REJECT: REJECT}[verdict.action]
    yield _draft(item, action, verdict)


def right_value(target: Target, typed: str) -> str:
    """Give a value as typed in the form in which its field keeps values.

    >>> right_value(Target("", "contact", "", "phone", ""), "020 7946 0310")
    '+442079460310'

    Raises:
        InputError: when it cannot be a value of the field.
    """
    value = " ".join(typed.split())
    if not value:
        raise InputError("give the value that is right; to say there is none, reject it")
    place = (target.kind, target.field)
    if place in _NUMBERS and not _NUMBER.fullmatch(value):
        raise InputError(f"{target.field} is a number; {value!r} is none")
    if place in _YES_OR_NO and value not in ("true", "false"):
        raise InputError(f"{target.field} is true or false; {value!r} is neither")
    if place == ("date", "date") and not _DATE.fullmatch(value):
        raise InputError(f"a date is written 2011-05-29 or 2011-05; {value!r} is not")
    if target.field in ("phone", "fax", "textphone"):
        phones = find_phones(value)
        if len(phones) == 1 and phones[0].end - phones[0].start >= len(value) - 1:
            return phones[0].number
        if not _PHONE.fullmatch(value):
            raise InputError(
                f"{value!r} is no telephone number; write it as 020 7946 0310 or +442079460310"
            )
    if target.field == "email":
        mails = find_emails(value)
        if len(mails) != 1 or mails[0].end - mails[0].start != len(value):
            raise InputError(f"{value!r} is no e-mail address")
        return mails[0].address
    if target.field == "postcode":
        codes = find_postcodes(value, any_case=True)
        if len(codes) != 1 or codes[0].end != len(value):
            raise InputError(f"{value!r} is no postcode")
        return codes[0].code
    return value


def corrections_in_view(connection: Connection) -> Iterator[tuple[Correction, bool]]:
    """Give every decision, and whether it may be told: what it is on and says is in view.

    A decision on what was withdrawn is there with its number, author and date alone.
    """
    held = decided(connection)
    for one in register(connection):
        told = one.target is not None and one.number not in held.withheld
        if told and one.timestamp is not None:
            query = index.select_captures().where(
                url.c.url == one.url,
                url.c.urlkey == url_key(one.url),
                capture.c.timestamp == int(one.timestamp),
                capture.c.seq == one.seq,
            )
            told = connection.execute(query.limit(1)).first() is not None
        yield one, told


def _draft_stale(connection: Connection, item: Item, verdict: Verdict) -> Iterator[Correction]:
    old = next((one for one in register(connection) if one.number == item.correction), None)
    if old is None or old.state != STALE:
        raise InputError(f"decision {item.correction} is not stale any more; look again")
    kept = None if verdict.action == REJECT else _last_standing(connection, old)
    ends = replace(old, reason=verdict.reason, author=verdict.author, replaces=(old.number,))
    ends = replace(ends, state="active")
    yield replace(ends, last=kept) if kept else replace(ends, action=UNDO, new="")
    if verdict.action == CORRECT:
        at = _moment(item.capture)
        here = [
            one
            for one in values_of(connection, item.capture.url, at)
            if (one.target.kind, one.target.record, one.target.field)
            == (item.target.kind, item.target.record, item.target.field)
        ]
        if len(here) != 1:
            raise InputError(
                f"{len(here)} values are read there now; choose one: "
                f"marsham review list --page {item.capture.url}"
            )
        if verdict.new != here[0].target.value:
            yield _draft(here[0], CORRECT, verdict)


def _last_standing(connection: Connection, old: Correction) -> str | None:
    # The newest capture of its page, among those it covers, in which the value it is on is read.
    assert old.target is not None  # noqa: S101 - it is stale, so it is not erased
    query = (
        index.select_captures(page_version.c.extraction_id)
        .join(page_version, same_capture(page_version))
        .where(url.c.urlkey == url_key(old.url))
        .order_by(capture.c.timestamp.desc())
    )
    wanted = (old.target.kind, old.target.record, old.target.field, old.target.value)
    looked: dict[int, bool] = {}
    for row in connection.execute(query):
        of, number = index.capture_of(row), row[11]
        if not old.covers(of.timestamp):
            continue
        if number not in looked:
            found = observations_of(connection, number)
            names = record_names(found)
            looked[number] = wanted in {
                (each.kind, names[each.kind, each.record], each.field, each.value) for each in found
            }
        if looked[number]:
            return of.timestamp
    return None


def _draft(item: Item, action: str, verdict: Verdict) -> Correction:
    target = item.target
    if verdict.everywhere:
        target = replace(target, place=site_of(target.place))
    return Correction(
        number=0,
        action=action,
        reach="site" if verdict.everywhere else "page",
        target=target,
        url=item.capture.url,
        timestamp=item.capture.timestamp,
        seq=item.capture.number,
        new=verdict.new if action == CORRECT else "",
        reason=verdict.reason,
        author=verdict.author,
        decided="",
        first=verdict.first,
        last=verdict.last,
    )


def _latest(made: dict[tuple[str, ...] | None, Correction], target: Target) -> Correction | None:
    probe = Correction(0, CONFIRM, "page", target, "", None, 0, "", "", "", "")
    at_site = replace(probe, target=replace(target, place=site_of(target.place)))
    found = [one for one in (made.get(probe.matches()), made.get(at_site.matches())) if one]
    found = [one for one in found if one.action in ON_VALUES]
    return max(found, key=lambda one: one.number, default=None)


def _of_page(connection: Connection, place: str) -> list[Item]:
    rows = connection.execute(_select().where(review_item.c.place == place))
    return [_item(row) for row in rows]


def _select() -> Any:
    item = review_item.c
    columns = (
        *(item.id, item.reason, item.state, item.place, item.kind, item.record, item.field),
        *(item.value, item.confidence, item.told, item.correction_id, item.assigned),
    )
    return index.select_captures(*columns).join(review_item, same_capture(review_item))


def _item(row: Any) -> Item:
    (number, reason, state, place, kind, record, field, value, confidence, told, made, who) = row[
        11:23
    ]
    target = Target(place, kind, record, field, value)
    return Item(
        *(number, reason, state, target, confidence, told, made, who or ""),
        index.capture_of(row),
    )


def _moment(of: Capture) -> datetime:
    return parse_timestamp(of.timestamp)
