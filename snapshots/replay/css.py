"""Rewriting an archived style sheet so that what it fetches comes from the archive."""

from archiver.markup import apply_edits, read_source, style_addresses
from snapshots.replay.addresses import AddressMap

__all__ = ["rewrite_css"]


def rewrite_css(
    body: bytes, url: str, addresses: AddressMap, *, charset: str | None = None
) -> bytes:
    """Rewrite the addresses of a style sheet; everything else is copied.

    Args:
        body: the sheet without content coding.
        url: its original URL, from which its addresses start.
        addresses: where the archive shows things.
        charset: as declared with it.
    """
    source = read_source(body, charset)
    edits = []
    for address in style_addresses(source.text, 0, len(source.text)):
        new = addresses.replay(address.url, url, address.use)
        if new is not None:
            edits.append(address.edit(new))
    return source.encode(apply_edits(source.text, edits))
