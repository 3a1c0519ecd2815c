"""Coverage: what share of a page's text is its message, and what was left out, by region."""

from collections.abc import Iterator, Mapping

from extract.document import CONTENT, Document
from extract.facts.observations import RecordDraft, computed

__all__ = ["coverage_records", "kept_share", "region_sizes"]


def region_sizes(document: Document) -> dict[str, int]:
    """Count the characters of each region that has any, the largest first.

    Regions are those of blocks (main, aside, nav, header, footer, archive) and ``hidden``: text in
    the page that it does not show.
    """
    sizes: dict[str, int] = {}
    for block in document.blocks:
        sizes[block.region] = sizes.get(block.region, 0) + len(block.text)
    if document.hidden:
        sizes["hidden"] = document.hidden
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def kept_share(document: Document) -> float:
    """The share of visible text that belongs to the message, 0 to 1; an archive's frame is no text.

    0 for a page without any text.
    """
    return _kept(region_sizes(document))


def _kept(sizes: Mapping[str, int]) -> float:
    visible = sum(sizes.values()) - sizes.get("archive", 0) - sizes.get("hidden", 0)
    return round(sum(sizes.get(region, 0) for region in CONTENT) / visible, 3) if visible else 0.0


def coverage_records(document: Document) -> Iterator[RecordDraft]:
    """Write a page's coverage as observations: the share kept, then the size of each region."""
    sizes = region_sizes(document)
    if not sizes:
        return
    record = RecordDraft("coverage", [("kept", computed(str(_kept(sizes)), "counted"))])
    for region, size in sizes.items():
        record.fields.append((region, computed(str(size), "counted")))
    yield record
