"""Functional contacts only: rows in which no person is named.

What it does, to the word, with contacts:

- A contact that names a person and neither a unit nor a role nor a partnership is left out whole.
- The person's name is left out of all others; so are e-mail addresses that look like a person's
  (``first.last@``, ``j.smith@``, or the surname of the person the contact names) and, of a contact
  that names a person, mobile numbers.
- Any other value in which the name of that person occurs is left out, and a key made of it.
- Evidence and corrections of what was left out go with it, and so does a value as printed where the
  name occurs in it.

Of partnerships, e-mail addresses that look like a person's are left out. Other rows hold running
text and links, in which persons cannot be told for sure: they cannot be exported so.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from extract.export.columns import Row

__all__ = ["functional_contacts", "functional_partnerships", "is_personal_mailbox"]

_TWO_NAMES = re.compile(r"([a-z]{1,30}(?:-[a-z]{1,30})?)[._]([a-z]{2,30}(?:-[a-z]{1,30})?)\d{0,4}")
_MOBILE = "+447"
# Words that make a mailbox a function's, whatever stands beside them.
_FUNCTION_WORDS = """
admin advice antisocial appeals asb business centre children citizens cohesion comms
communications communities community complaints contact control council crime csp customer data
desk disorder diversity domestic drug drugs duty enforcement engagement enquiries enquiry
environment events families feedback foi freedom funding general hate hello help helpdesk
helpline home housing hub info information intelligence justice law legal licensing line liaison
local mail mailbox manager media neighbourhood news newsletter north south east west office
officer online operations partnership partnerships planning police policy post press prevent
prevention privacy programme project protection public publications records recruitment
reduction registration request requests research safe safer safety secretariat section secure
security service services social staff strategy strategic substance support task team unit
victim victims violence violent watch web webmaster wales welsh young youth
"""
_FUNCTIONS = frozenset(_FUNCTION_WORDS.split())


def is_personal_mailbox(mailbox: str, person: str | None = None) -> bool:
    """Whether an e-mail address looks like that of a person.

    Args:
        mailbox: the address.
        person: the person named beside it, if any.

    >>> is_personal_mailbox("jo.example@council.example"), is_personal_mailbox("csp@a.example")
    (True, False)
    >>> is_personal_mailbox("press.office@a.example"), is_personal_mailbox("jroe@a", "Jo Roe")
    (False, True)
    """
    local = mailbox.partition("@")[0].casefold()
    names = _names(person)
    if names and (names[-1] in local or local in names):
        return True
    found = _TWO_NAMES.fullmatch(local)
    return found is not None and not _FUNCTIONS & set(
        re.split(r"[._-]", local.rstrip("0123456789"))
    )


def functional_contacts(rows: Iterable[Row]) -> Iterator[Row]:
    """Leave persons out of contacts; see the module for what that means."""
    for row in rows:
        person = row["person"]
        if not isinstance(person, str):
            yield _without(row, None)
        elif row["unit"] or row["role"] or row["partnership"]:
            yield _without({**row, "person": None}, person)


def functional_partnerships(rows: Iterable[Row]) -> Iterator[Row]:
    """Leave the mailboxes of persons out of partnerships."""
    return (_without(row, None) for row in rows)


def _without(row: Row, person: str | None) -> Row:
    name = _named(person)
    gone: set[str] = {person} if person else set()

    def stays(column: str, value: str) -> bool:
        personal = (
            name(value)
            or (column == "email" and is_personal_mailbox(value, person))
            or (column == "phone" and person is not None and value.startswith(_MOBILE))
        )
        if personal:
            gone.add(value)
        return not personal

    kept: dict[str, object] = {}
    for column, value in row.items():
        if column in ("evidence", "corrected"):
            continue
        if isinstance(value, str):
            kept[column] = value if column in ("url", "file") or stays(column, value) else None
        elif isinstance(value, list):
            kept[column] = [each for each in value if stays(column, each)]
        else:
            kept[column] = value
    told: list[Any] = row["corrected"] if isinstance(row["corrected"], list) else []
    proof: list[Any] = row["evidence"] if isinstance(row["evidence"], list) else []
    kept["corrected"] = [one for one in told if not name(one) and not _tells(one, gone)]
    kept["evidence"] = [
        _evidence(each, name, gone)
        for each in proof
        if each["field"] != "person" and each["value"] not in gone and not name(each["value"])
    ]
    return {column: kept[column] for column in row}


def _evidence(each: dict[str, Any], name: Callable[[str], bool], gone: set[str]) -> dict[str, Any]:
    printed = each["raw"]
    kept = {field: value for field, value in each.items() if field != "decision"}
    decision = each.get("decision")
    if decision and not name(str(decision)) and not _tells(str(decision), gone):
        kept["decision"] = decision
    return kept | {"raw": None if name(printed) or _tells(printed, gone) else printed}


def _tells(text: str, gone: set[str]) -> bool:
    return any(value in text for value in gone)


def _names(person: str | None) -> list[str]:
    words = re.findall(r"[^\W\d_]{2,}", (person or "").casefold())
    titles = {"mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lord", "lady", "rev", "prof", "cllr"}
    return [word for word in words if word not in titles]


def _named(person: str | None) -> Callable[[str], bool]:
    # Whether a text names the person: all of the name's words in their order, or alone as a key.
    words = _names(person)
    if not words:
        return lambda _: False
    pattern = re.compile(r"[\W_]{1,3}".join(map(re.escape, words)))
    surname = re.compile(rf"(?<!\w){re.escape(words[-1])}(?!\w)")
    return lambda text: bool(pattern.search(low := text.casefold()) or surname.search(low))
