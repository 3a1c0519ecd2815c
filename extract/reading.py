"""One payload read in a child process: what the catalogue keeps of it, as it travels back.

A payload that passes the limits, or ends the process that reads it, costs itself and nothing else.
"""

import gc
import json
from collections.abc import Sequence
from dataclasses import dataclass

from archiver.confined import Confined
from extract.page import read_page
from extract.recipes.recipe import Recipe

__all__ = ["Reading", "read_confined", "reading_as_json"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the catalogue keeps of a page that was read.

    `observations` are rows of an observation's fields in their order; the other names are those of
    the columns of the table ``extraction``.
    """

    text: str
    charset_declared: str
    charset_used: str
    problems: str
    observations: Sequence[Sequence[object]]


def read_confined(
    children: Confined, payload: bytes, url: str, content_type: str, recipe: Recipe | None = None
) -> Reading:
    """Read a page's bytes in a child.

    Args:
        children: who does it, and within which limits.
        payload: the body, transfer and content codings taken off.
        url: the page's original URL.
        content_type: the Content-Type header; may be empty.
        recipe: the site's recipe that is for this page.

    Raises:
        ConfinedError: when the page passed the limits or could not be read at all.
    """
    reply = children.call(reading_as_json, payload, url, content_type, recipe)
    return Reading(**json.loads(reply))


def reading_as_json(
    payload: bytes, url: str, content_type: str, recipe: Recipe | None = None
) -> bytes:
    """Read a page's bytes in this process, and write a `Reading` as it travels.

    The arguments are those of `read_confined`.
    """
    # A page is tens of thousands of small values that do not refer in circles. Looking for circles
    # among them again and again would take a seventh of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _reading_as_json(payload, url, content_type, recipe)
    finally:
        if collecting:
            gc.enable()


def _reading_as_json(payload: bytes, url: str, content_type: str, recipe: Recipe | None) -> bytes:
    page = read_page(payload, url=url, content_type=content_type, recipe=recipe)
    reading = Reading(
        page.document.text,
        page.declared_charset or "",
        page.used_charset,
        "\n".join(page.problems),
        page.observations,
    )
    fields = {name: getattr(reading, name) for name in Reading.__slots__}
    return json.dumps(fields, check_circular=False).encode()
