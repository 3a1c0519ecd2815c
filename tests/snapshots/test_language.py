"""Messages of banner and pages: the same in every language, but for the words."""

import re
import string
from itertools import pairwise
from pathlib import Path

import pytest

from snapshots.replay.language import LANGUAGES, Language, language_of, negotiate

ROOT = Path(__file__).parent.parent.parent
NUMBERS = (0, 1, 2, 3, 6, 7, 20, 1000)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def all_languages() -> list[Language]:
    return [language_of(code, "marsham.web") for code in LANGUAGES]


def test_every_language_has_the_same_messages_with_the_same_places() -> None:
    for one, other in pairwise(all_languages()):
        assert set(one.messages) == set(other.messages)
        for key, message in one.messages.items():
            ours, theirs = (
                [text] if isinstance(text, str) else list(text.values())
                for text in (message, other.messages[key])
            )
            named = {frozenset(places(text) - {"number"}) for text in (*ours, *theirs)}
            assert len(named) == 1, key
            assert isinstance(message, str) == isinstance(other.messages[key], str), key


def test_every_plural_message_has_a_form_for_every_number() -> None:
    for language in all_languages():
        assert len(language.months) == 12
        for key, message in language.messages.items():
            if not isinstance(message, str):
                values = dict.fromkeys(places(message["other"]), "x")
                for number in NUMBERS:
                    assert language.say(key, **{**values, "number": number}), key


def test_every_message_is_used_and_every_message_asked_for_is_there() -> None:
    sources = [
        path.read_text("utf-8")
        for folder, ending in (("snapshots", "*.py"), ("marsham", "*.py"), ("marsham", "*.html"))
        for path in (ROOT / folder).rglob(ending)
    ]
    text = "\n".join(sources)
    asked = set(re.findall(r"""say\(\s*["']([a-z_0-9]+)["']\s*[,)]""", text))
    language = language_of("en", "marsham.web")
    assert asked <= set(language.messages)
    written = set(re.findall(r"""["']([a-z_]+(?:_[0-9]+)?)["']""", text))
    # Those of a family are put together from its name and a value.
    families = (
        *("source_", "detail_", "grade_", "kept_", "link_", "taken_by_", "title_"),
        *("review_do_", "review_reason_", "review_state_", "review_action_"),
        *("all_", "field_", "map_", "sites_", "state_", "step_"),
    )
    unused = [
        key for key in language.messages if key not in written and not key.startswith(families)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "en"),
        ("cy", "cy"),
        ("cy-GB,cy;q=0.9,en;q=0.8", "cy"),
        ("en-GB,cy;q=0.9", "en"),
        ("fr,de;q=0.5", "en"),
        ("cy;q=0", "en"),
        ("cy;q=x,;;;,en;q=0.1", "en"),
        ("fr;q=1, cy;q=0.2, en;q=0.3", "en"),
        ("cy;q=nan", "en"),
    ],
)
def test_the_language_is_the_one_of_ours_that_the_browser_wants_most(
    accepted: str, chosen: str
) -> None:
    assert negotiate(accepted, "en") == chosen


def test_welsh_numbers_change_the_noun_behind_them() -> None:
    welsh = language_of("cy")
    assert [welsh.say("days", number=number) for number in (1, 2, 3)] == [
        "1 diwrnod",
        "2 ddiwrnod",
        "3 diwrnod",
    ]


@pytest.mark.parametrize("code", LANGUAGES)
def test_dates_are_written_as_precisely_as_they_are_known(code: str) -> None:
    words = language_of(code)
    written = [words.date("20110509101621"[:length]) for length in (4, 6, 8, 14)]
    assert written[0] == "2011"
    assert all(shorter in longer for shorter, longer in pairwise(written))
    assert written[3].endswith("10:16:21 UTC")
