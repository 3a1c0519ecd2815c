"""Where a withdrawn value was read: the captures of every page whose text or facts hold it.

A telephone number, an e-mail address, a postcode or a name is matched as it may be printed, with
any spacing and letter case. What was never read (a picture, a PDF, a comment in the markup) cannot
be matched: such a capture is withdrawn by its address.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, inspect, select

from archiver.digests import write_digest
from archiver.errors import InputError
from extract.facts.emails import find_emails
from extract.facts.observations import Observation
from extract.facts.phones import find_phones
from extract.facts.postcodes import find_postcodes
from extract.tables import extraction, observation, page_text, page_version
from snapshots.catalogue import stream
from snapshots.tables import capture, same_capture, url
from snapshots.withdrawals import FoundIn

__all__ = ["captures_with", "holds", "value_pattern"]

_UK = "+44"
_FEWEST = 4  # letters and digits; a shorter value would take half the archive out of view
_GAP = r"[\s().\-\u2010-\u2015]{0,3}"  # between the digits of a telephone number


def value_pattern(value: str) -> re.Pattern[str]:
    """Give what finds a value however it is printed.

    >>> bool(value_pattern("020 7946 0310").search("Ring +44 (0)20 7946-0310."))
    True

    Raises:
        InputError: when the value is too short to be meant.
    """
    value = " ".join(value.split())
    if sum(char.isalnum() for char in value) < _FEWEST:
        raise InputError(f"{value!r} is too short to be withdrawn from every page that holds it")
    phones = find_phones(value)
    if phones and phones[0].end - phones[0].start >= len(value) - 1:
        number = phones[0].number.partition(";")[0]
        return re.compile(_phone(number.removeprefix(_UK)))
    if (mails := find_emails(value)) and mails[0].end - mails[0].start == len(value):
        return re.compile(rf"(?<![\w.+-]){re.escape(value)}(?![\w-]|\.\w)", re.IGNORECASE)
    if (codes := find_postcodes(value, any_case=True)) and codes[0].end == len(value):
        outward, inward = codes[0].code.split()
        return re.compile(rf"(?<!\w){outward}\s*{inward}(?!\w)", re.IGNORECASE)
    words = r"\s+".join(re.escape(word) for word in value.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def captures_with(connection: Connection, value: str) -> Iterator[FoundIn]:
    """Find every capture whose page was read and holds a value; withdrawn ones among them.

    Reads every text and observation of the archive once.
    """
    pattern = value_pattern(value)
    if not inspect(connection).has_table(extraction.name):
        return
    numbers: set[int] = set()
    texts = select(extraction.c.id, page_text.c.text).join(
        page_text, page_text.c.id == extraction.c.text_id
    )
    numbers.update(number for number, text in stream(connection, texts) if pattern.search(text))
    facts = observation.c
    rows = stream(connection, select(facts.extraction_id, facts.raw, facts.value))
    for number, raw, read in rows:
        if number not in numbers and (pattern.search(raw) or pattern.search(read)):
            numbers.add(number)
    for number in sorted(numbers):
        for digest, address, timestamp in connection.execute(_captures_of(number)):
            yield FoundIn(write_digest(digest), address, f"{timestamp:014}")


def holds(
    values: dict[int, re.Pattern[str]], text: str, observations: Iterable[Observation]
) -> list[int]:
    """Give the numbers of the values that a page just read holds."""
    if not values:
        return []
    texts = [text, *(part for found in observations for part in (found.raw, found.value))]
    return [number for number, pattern in values.items() if any(map(pattern.search, texts))]


def _captures_of(number: int) -> Select[Any]:
    return (
        select(capture.c.digest, url.c.url, capture.c.timestamp)
        .select_from(page_version)
        .join(capture, same_capture(page_version))
        .join(url, url.c.id == capture.c.url_id)
        .where(page_version.c.extraction_id == number)
        .order_by(url.c.urlkey, capture.c.timestamp, capture.c.seq)
    )


def _phone(digits: str) -> str:
    # National digits without the 0; before them the country's code, a 0, or both.
    spaced = _GAP.join(digits)
    return rf"(?<![\d+])(?:(?:\+|00){_GAP}44{_GAP}(?:0{_GAP})?|\(?0{_GAP}){spaced}(?!\d)"
