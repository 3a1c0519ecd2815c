"""Recipe files: TOML, checked whole before any page is read.

A recipe is data and nothing else. An archive folder is copied, lent and handed over; it must not
bring code that runs where it is opened.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NoReturn

import soupsieve

from archiver.errors import InputError, RecipeError, TimestampError
from archiver.timestamps import format_timestamp, parse_date
from extract.recipes.recipe import (
    CONTACT_FIELDS,
    EVER,
    PAGE_FIELDS,
    PARTNERSHIP_FIELDS,
    Recipe,
    RecordRule,
    ValueRule,
)
from snapshots.query import key_ranges

__all__ = ["FOLDER", "read_recipe", "read_recipes"]

FOLDER: Final = "recipes"  # in the archive folder

_LARGEST = 1 << 20  # bytes of a file
_MOST_FILES = 1000
_LONGEST = 1000  # characters of a selector or an expression
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")
_TOP = ("name", "pages", "from", "to", "needs", "content", "ignore", "page", "records")
_RECORD = ("kind", "select", "siblings", "fields", "contact")
_VALUE = ("select", "attribute", "match", "constant", "optional")
_FIELDS = {"contact": CONTACT_FIELDS, "partnership": PARTNERSHIP_FIELDS}
_HEAD = re.compile(r"\s*\[{1,2}([\w.\s\"'-]+)\]{1,2}")

_Table = Mapping[str, object]
_Place = tuple[str | int, ...]  # of a key: the keys that lead to it, and numbers in lists


def read_recipes(folder: Path) -> tuple[Recipe, ...]:
    """Read every ``*.toml`` of a folder, in the order of their names; none where it is not there.

    Raises:
        RecipeError: at the first file that says something that is not understood, and for two
            recipes of one name.
    """
    paths = sorted(folder.glob("*.toml"))[: _MOST_FILES + 1]
    if len(paths) > _MOST_FILES:
        raise RecipeError(str(folder), None, "", f"holds more than {_MOST_FILES} recipes")
    recipes: dict[str, Recipe] = {}
    for path in paths:
        recipe = read_recipe(path)
        if recipe.name in recipes:
            reason = f"another file's recipe is called {recipe.name!r} too; give one another name"
            raise RecipeError(str(path), None, "name", reason)
        recipes[recipe.name] = recipe
    return tuple(recipes.values())


def read_recipe(path: Path) -> Recipe:
    """Read one recipe.

    Raises:
        RecipeError: when it cannot be read, or says something that is not understood: an unknown
            key (the message names the nearest known one), a value of another type, a selector or
            an expression that is none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise RecipeError(str(path), None, "", f"is larger than {_LARGEST} bytes")
        text = data.decode("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise RecipeError(str(path), None, "", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise RecipeError(str(path), None, "", "is not text in UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(str(path), None, "", f"not readable as TOML: {error}") from error
    return _Reader(path, text).recipe(table)


class _Reader:
    """Reads one file's tables; knows where in the file what is wrong stands."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def recipe(self, table: _Table) -> Recipe:
        self._check_keys(table, _TOP, ())
        name = self._text(table, "name", ()) if "name" in table else self.path.stem
        if not _NAME.fullmatch(name):
            self._fail(("name",), f"{name!r} is no name: letters, digits, blanks, '.', '_', '-'")
        pages = self._texts(table, "pages", ())
        if not pages:
            self._fail(("pages",), "is missing; say for which addresses the recipe is, as in: "
                       'pages = ["http://www.example.gov.uk/directory/*"]')  # fmt: skip
        for number, page in enumerate(pages):
            if not page.lower().startswith(("http://", "https://", "*.")):
                self._fail(("pages", number), f"{page!r} is no web address; write it as "
                           "http://host/path, with * behind it for all that begin so")  # fmt: skip
            try:
                key_ranges(page, None)
            except InputError as error:
                self._fail(("pages", number), str(error))
        first, last = self._moment(table, "from"), self._moment(table, "to")
        page_table = self._table(table, "page", ())
        self._check_keys(page_table, PAGE_FIELDS, ("page",))
        records = table.get("records", [])
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            self._fail(("records",), "must be tables, each under a line [[records]]")
        recipe = Recipe(
            name=name,
            pages=pages,
            first=first[0] if first else EVER[0],
            last=last[1] if last else EVER[1],
            needs=self._selector(table, "needs", ()),
            content=self._selectors(table, "content"),
            ignore=self._selectors(table, "ignore"),
            page=self._values(page_table, ("page",)),
            records=tuple(
                self._record(each, ("records", number)) for number, each in enumerate(records)
            ),
        )
        if recipe.last < recipe.first:
            self._fail(("to",), "lies before from")
        if not (recipe.content or recipe.ignore or recipe.page or recipe.records):
            self._fail((), "says nothing of the pages: give content, ignore, [page] or [[records]]")
        return recipe

    def _record(self, table: _Table, place: _Place) -> RecordRule:
        self._check_keys(table, _RECORD, place)
        kind = self._text(table, "kind", place) if "kind" in table else "contact"
        if kind not in _FIELDS:
            self._fail((*place, "kind"), f"must be contact or partnership, not {kind!r}")
        select = self._selector(table, "select", place)
        if not select:
            self._fail((*place, "select"), "is missing; select the element of each record")
        fields = self._table(table, "fields", place)
        self._check_keys(fields, _FIELDS[kind], (*place, "fields"))
        contact = self._table(table, "contact", place)
        self._check_keys(contact, CONTACT_FIELDS, (*place, "contact"))
        if contact and kind == "contact":
            self._fail((*place, "contact"), "is for partnerships; a contact has its fields alone")
        if not fields:
            self._fail((*place, "fields"), f"is missing; a {kind} needs at least one field")
        if kind == "partnership" and "name" not in fields:
            self._fail((*place, "fields"), "a partnership needs the field name")
        return RecordRule(
            kind=kind,
            select=select,
            siblings=self._flag(table, "siblings", place),
            fields=self._values(fields, (*place, "fields")),
            contact=self._values(contact, (*place, "contact")),
        )

    def _values(self, table: _Table, place: _Place) -> tuple[tuple[str, ValueRule], ...]:
        return tuple((name, self._value(table[name], (*place, name))) for name in table)

    def _value(self, value: object, place: _Place) -> ValueRule:
        if isinstance(value, str):
            value = {"select": value}
        if not isinstance(value, dict):
            self._fail(place, "must be a selector in quotes or a table such as "
                       '{ select = "a", attribute = "href" }')  # fmt: skip
        self._check_keys(value, _VALUE, place)
        rule = ValueRule(
            select=self._selector(value, "select", place),
            attribute=self._text(value, "attribute", place),
            match=self._expression(value, place),
            constant=self._text(value, "constant", place),
            optional=self._flag(value, "optional", place),
        )
        if rule.constant and (rule.select or rule.attribute or rule.match):
            self._fail((*place, "constant"), "goes without select, attribute and match")
        return rule

    def _expression(self, table: _Table, place: _Place) -> str:
        text = self._text(table, "match", place)
        where = (*place, "match")
        if len(text) > _LONGEST:
            self._fail(where, f"has more than {_LONGEST} characters")
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            self._fail(where, f"{text[:200]!r} is no regular expression: {error}")
        return text

    def _selectors(self, table: _Table, key: str) -> tuple[str, ...]:
        found = self._texts(table, key, ())
        for number, selector in enumerate(found):
            self._check_selector(selector, (key, number))
        return found

    def _selector(self, table: _Table, key: str, place: _Place) -> str:
        selector = self._text(table, key, place)
        if selector:
            self._check_selector(selector, (*place, key))
        return selector

    def _check_selector(self, selector: str, place: _Place) -> None:
        if len(selector) > _LONGEST:
            self._fail(place, f"has more than {_LONGEST} characters")
        try:
            soupsieve.compile(selector)
        except (soupsieve.SelectorSyntaxError, NotImplementedError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            self._fail(place, f"{selector[:200]!r} is no CSS selector: {reason}")

    def _moment(self, table: _Table, key: str) -> tuple[int, int] | None:
        if key not in table:
            return None
        text = str(table[key])  # TOML's own dates are welcome too
        try:
            span = parse_date(text)
        except TimestampError as error:
            self._fail((key,), str(error))
        return int(format_timestamp(span.first)), int(format_timestamp(span.last))

    # ------------------------------------------------------------ types

    def _text(self, table: _Table, key: str, place: _Place) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self._fail((*place, key), f"must be text in quotes, not {value!r}")
        return value

    def _flag(self, table: _Table, key: str, place: _Place) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._fail((*place, key), f"must be true or false, not {value!r}")
        return value

    def _texts(self, table: _Table, key: str, place: _Place) -> tuple[str, ...]:
        value = table.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(
            isinstance(each, str) and each for each in listed
        ):
            self._fail((*place, key), "must be text in quotes, or a list of such")
        return tuple(listed)

    def _table(self, table: _Table, key: str, place: _Place) -> _Table:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self._fail((*place, key), "must be a table")
        return value

    def _check_keys(self, table: _Table, known: Iterable[str], place: _Place) -> None:
        known = tuple(known)
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, 1, 0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                self._fail((*place, key), f"unknown key; {hint}")

    def _fail(self, place: _Place, reason: str) -> NoReturn:
        raise RecipeError(str(self.path), self._line(place), _written(place), reason)

    def _line(self, place: _Place) -> int | None:
        """Find the line of a key, or of the nearest one above that is written out.

        The parser does not tell. A line is taken for a key's when it stands under the right heads,
        so at worst the number is missing or that of the table.
        """
        lines = self.text.splitlines()
        found = None
        for part, following in zip(place, (*place[1:], ""), strict=False):
            if isinstance(part, int):
                continue
            key = re.compile(rf"(?:^|[{{,])\s*[\"']?{re.escape(part)}[\"']?\s*[=.]")
            heads = [
                number
                for number in range(found or 0, len(lines))
                if (head := _HEAD.match(lines[number])) and head[1].split(".")[-1].strip() == part
            ]
            keys = (n for n in range(found or 0, len(lines)) if key.search(lines[n]))
            if isinstance(following, int) and following < len(heads):
                found = heads[following]
            elif (at := next(iter(heads), next(keys, None))) is not None:
                found = at
            else:
                break
        return None if found is None else found + 1


def _written(place: _Place) -> str:
    """Write the way to a key: ``records[2].fields.phone``, counted from 1."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
