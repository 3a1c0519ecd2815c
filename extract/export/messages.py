"""Messages of exported pages: read again from their bytes, with links to what goes with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag

from archiver.confined import Confined
from extract.asof import PageAsOf
from extract.content import content_html, content_markdown
from extract.page import link_resolver, read_page
from extract.recipes.files import FOLDER, read_recipes
from extract.recipes.recipe import Recipe, recipe_for
from snapshots.archive import Archive

__all__ = ["Messages", "messages_of"]


@dataclass(frozen=True, slots=True)
class Messages:
    """Reads messages of pages, in a child process.

    Attributes:
        children: where.
        recipes: of the archive's sites.
    """

    children: Confined
    recipes: tuple[Recipe, ...]

    def message(
        self,
        page: PageAsOf,
        payload: bytes,
        content_type: str,
        form: str,
        places: Mapping[str, str],
    ) -> str:
        """Give a page's message.

        Args:
            page: the page.
            payload: its bytes, all codings undone.
            content_type: its Content-Type header.
            form: ``html`` or ``markdown``.
            places: what addresses, without fragments or with, are replaced by in links; see
                `extract.content` for what can be linked to.

        Raises:
            MarshamError: when the child gave up on it.
        """
        url = page.capture.url
        recipe = recipe_for(self.recipes, url, int(page.capture.timestamp))
        said = self.children.call(_message, payload, url, content_type, recipe, form, dict(places))
        return said.decode("utf-8", "replace")


def messages_of(archive: Archive, children: Confined) -> Messages:
    """Make a reader of an archive's pages, which follows its recipes."""
    return Messages(children, tuple(read_recipes(archive.path / FOLDER)))


def _message(
    payload: bytes,
    url: str,
    content_type: str,
    recipe: Recipe | None,
    form: str,
    places: Mapping[str, str],
) -> bytes:
    page = read_page(payload, url=url, content_type=content_type, recipe=recipe)
    resolve = _kept(link_resolver(url, page.document.base), places)
    write = content_markdown if form == "markdown" else content_html
    return write(page.document, resolve).encode("utf-8", "replace")


def _kept(
    resolve: Callable[[str], str | None], places: Mapping[str, str]
) -> Callable[[str], str | None]:
    def resolved(written: str) -> str | None:
        target = resolve(written)
        if target is None:
            return None
        address, fragment = urldefrag(target)
        place = places.get(target) or places.get(address)
        if place is None:
            return target
        return f"{place}#{fragment}" if fragment else place

    return resolved
