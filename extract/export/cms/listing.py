"""Items as JSON: a list under a name, or an object a line, written one by one."""

import json
from collections.abc import Iterable, Mapping

from extract.export.characters import TextOut
from extract.export.folder import Folder

__all__ = ["fitting_title", "write_lines", "write_list"]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def write_list(
    folder: Folder, name: str, items: str, objects: Iterable[Mapping[str, object]]
) -> int:
    """Write objects as a list in an object of one name, an object a line.

    Returns:
        How many characters were replaced, see `extract.export.characters.storable`.
    """
    with folder.opened(name) as file:
        text = TextOut(file)
        text.write(f'{{"{items}": [')
        for number, item in enumerate(objects):
            text.write(",\n " if number else "\n ")
            text.write(_encode(item))
        text.write("\n]}\n")
        return text.replaced


def write_lines(folder: Folder, name: str, objects: Iterable[Mapping[str, object]]) -> int:
    """Write an object a line; give how many characters were replaced."""
    with folder.opened(name) as file:
        text = TextOut(file)
        for item in objects:
            text.write(_encode(item) + "\n")
        return text.replaced


def fitting_title(title: str, longest: int) -> str:
    """Cut a title to the characters there is room for, with an ellipsis where it was cut."""
    return title if len(title) <= longest else title[: longest - 1].rstrip() + "\u2026"
