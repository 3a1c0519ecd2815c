"""What style sheets ask for: ``url()``, ``@import`` and their like."""

from collections.abc import Iterator

from archiver.css import css_addresses

__all__ = ["style_references"]


def style_references(
    text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[str, str]]:
    """Find every address in a style sheet or a style attribute, and what it stands in.

    Their queries are UTF-8 in any sheet on any page: CSS knows no other.
    """
    for address in css_addresses(text, start, end):
        if address.url and address.url[0] != "#":
            yield address.url, "css @import" if address.imported else "css url()"
