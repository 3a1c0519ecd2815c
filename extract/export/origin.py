"""Where a row came from: its capture, its place in the page's text, the rules, and how sure.

Every row made of observations ends in these columns, so that any value can be defended.
"""

from collections.abc import Mapping, Sequence

from extract.asof import PageAsOf
from extract.corrections.view import Corrected
from extract.export.columns import Column, Kind
from extract.facts.observations import Observation

__all__ = [
    "CAPTURE",
    "EVIDENCE",
    "all_values",
    "capture_values",
    "evidence_values",
    "first_value",
    "records_by_number",
]

CAPTURE = (
    Column("url", Kind.TEXT, "the address of the page"),
    Column("captured", Kind.TEXT, "when, as 14 digits of UTC"),
    Column("digest", Kind.TEXT, "of the page's payload, as its record declares it"),
    Column("file", Kind.TEXT, "the WARC file that holds the record"),
    Column("offset", Kind.INTEGER, "where the record begins in it, in bytes"),
)
"""The columns that name the capture of a page."""

EVIDENCE = (
    Column("text_start", Kind.INTEGER, "where the row's values begin in the page's text"),
    Column("text_end", Kind.INTEGER, "the first character behind them"),
    Column("rules", Kind.TEXTS, "the rules that read the values"),
    Column("confidence", Kind.NUMBER, "of the value read least surely, 0 to 1"),
    Column("corrected", Kind.TEXTS, "what people decided on the values, in words"),
    Column("evidence", Kind.NESTED, "each value as printed and as read, with its place and rule"),
)
"""The columns that say how a row was read."""


def capture_values(page: PageAsOf) -> dict[str, object]:
    """Give the values of `CAPTURE` for a page."""
    capture = page.capture
    return {
        "url": capture.url,
        "captured": capture.timestamp,
        "digest": capture.digest,
        "file": capture.file,
        "offset": capture.offset,
    }


def evidence_values(page: PageAsOf, found: Sequence[Observation]) -> dict[str, object]:
    """Give the values of `CAPTURE` and `EVIDENCE` for observations of a page."""
    starts = [each.start for each in found if each.start is not None]
    ends = [each.end for each in found if each.end is not None]
    records = {(each.kind, each.record) for each in found}
    made = [
        one for one in page.corrections if (one.observation.kind, one.observation.record) in records
    ]
    return capture_values(page) | {
        "text_start": min(starts, default=None),
        "text_end": max(ends, default=None),
        "rules": list(dict.fromkeys(each.rule for each in found)),
        "confidence": min(each.confidence for each in found),
        "corrected": [str(one) for one in made],
        "evidence": [
            {
                "field": each.field,
                "raw": each.raw,
                "value": each.value,
                "start": each.start,
                "end": each.end,
                "element": page.elements.get(each),
                "source": each.source,
                "rule": each.rule,
                "confidence": each.confidence,
            }
            | _decided(each, made)
            for each in found
        ],
    }


def records_by_number(
    observations: Sequence[Observation], kind: str
) -> Mapping[int, list[Observation]]:
    """Give the observations of one kind, record by record."""
    found: dict[int, list[Observation]] = {}
    for each in observations:
        if each.kind == kind:
            found.setdefault(each.record, []).append(each)
    return dict(sorted(found.items()))


def all_values(found: Sequence[Observation], field: str) -> list[str]:
    """Give the values of a field, each once, in the order of the page."""
    return list(dict.fromkeys(each.value for each in found if each.field == field))


def first_value(found: Sequence[Observation], field: str) -> str | None:
    """Give the first value of a field, or None."""
    return next((each.value for each in found if each.field == field), None)


def _decided(each: Observation, made: Sequence[Corrected]) -> dict[str, object]:
    # Of a value that a person decided on: what, who, when, why, and what was read.
    for one in made:
        if one.shown is each:
            told = one.correction
            return {
                "decision": {
                    "number": told.number,
                    "action": told.action,
                    "author": told.author,
                    "decided": told.decided,
                    "reason": told.reason,
                    "read_as": one.original.value if one.original else None,
                }
            }
    return {}
