import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.facts.phones import find_phones


def found(text: str, kind: str | None = None) -> list[tuple[str, str]]:
    return [(phone.kind, phone.number) for phone in find_phones(text, kind)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("020 7946 0480", ["+442079460480"]),
        ("0207 946 0480", ["+442079460480"]),  # the mistake everybody made after 2000
        ("(020) 7946 0480", ["+442079460480"]),
        ("(01632) 960 301", ["+441632960301"]),
        ("01632 960301", ["+441632960301"]),
        ("01632-960301", ["+441632960301"]),
        ("01632.960.301", ["+441632960301"]),
        ("01632960301", ["+441632960301"]),
        ("+44 (0)113 496 0303", ["+441134960303"]),
        ("+44 1632 960301", ["+441632960301"]),
        ("+44.1632.960301", ["+441632960301"]),
        ("0044 20 7946 0480", ["+442079460480"]),
        ("07700 900724", ["+447700900724"]),
        ("03069 990 624", ["+443069990624"]),
        ("0808 157 0192", ["+448081570192"]),
        ("029 2018 0742", ["+442920180742"]),
        # extensions in all their spellings
        ("01632 960301 ext. 12", ["+441632960301;ext=12"]),
        ("01632 960301 ext 12", ["+441632960301;ext=12"]),
        ("01632 960301 extension 1234", ["+441632960301;ext=1234"]),
        ("01632 960301 x12", ["+441632960301;ext=12"]),
        ("01632 960301 (ext 12)", ["+441632960301;ext=12"]),
        # a number said in short after another
        ("0113 496 0303 / 0304", ["+441134960303", "+441134960304"]),
        ("0113 496 0303 or 0304", ["+441134960303", "+441134960304"]),
        ("01632 960301, 960302", ["+441632960301", "+441632960302"]),
        ("01632 960301/01632 960302", ["+441632960301", "+441632960302"]),
        ("Tel/01632 960301", ["+441632960301"]),
    ],
)
def test_a_number_is_read_as_e164_however_it_is_written(text: str, numbers: list[str]) -> None:
    assert [number for _, number in found(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "999",
        "101",
        "0842 410",  # statistics with blanks in them
        "02920 180",
        "01632 960",
        "201 135",
        "£020 7946 0480",
        "020/7946/2011",  # a reference
        "SI 2007/1830",
        "01/06/2008 12:30",
        "01 06 2008 1234",
        "2009-03-17",
        "Ref: 020 7946 0480",
        "ISBN 0117 496 0480",
        "Charity number 01632 960301",
        "E22000001",
        "0.123456789012",
        "user01632960301@x.example",
        "1-2-3-4-5-6-7-8-9-0",
        "0 1 2 3 4 5 6 7 8 9 0",
        "01632 960301 (this number is no longer in use)",
        "The old number was 01632 960301.",
        "Do not ring 01632 960301.",
        "pager 07600 123456",
        "reference GD-0207-946-0911",
        "Faxes to 0115 496 0223 will not be read.",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Tel: 01632 960301 Fax: 01632 960302", ["phone", "fax"]),
        ("T: 01632 960301 F: 01632 960302", ["phone", "fax"]),
        ("Tel/Fax: 01632 960301", ["phone+fax"]),
        ("Tel & Fax 01632 960301", ["phone+fax"]),
        ("Telephone and fax: 01632 960301", ["phone+fax"]),
        ("Minicom: 01632 960301", ["textphone"]),
        ("Textphone 01632 960301", ["textphone"]),
        ("01632 960301 (fax)", ["fax"]),
        ("01632 960301 (minicom)", ["textphone"]),
        ("Fax: 01632 960301 or 01632 960302", ["fax", "fax"]),
        ("Ffôn: 029 2018 0742, Ffacs: 029 2018 0743", ["phone", "fax"]),
        ("Fax: 01632 960301\n01632 960302", ["fax", "phone"]),  # a new line, a new kind
        ("07700 900724 (pager 07600 123456)", ["phone"]),
    ],
)
def test_words_beside_a_number_say_what_it_is(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in found(text)] == kinds


def test_a_column_head_counts_unless_words_beside_the_number_say_otherwise() -> None:
    assert found("01632 960301; fax 01632 960302", "textphone") == [
        ("textphone", "+441632960301"),
        ("fax", "+441632960302"),
    ]


def test_of_an_old_and_a_new_number_only_the_new_is_a_contact() -> None:
    text = "Our number has changed from 01632 960301 to 01632 960302."
    assert found(text) == [("phone", "+441632960302")]
    text = "The old number, 01632 960301, is no longer in use; ring 01632 960302."
    assert found(text) == [("phone", "+441632960302")]


@given(st.text(alphabet="0123456789 ()+-./xTelFax:;,\n", max_size=120))
def test_places_and_numbers_are_sound_on_any_text(text: str) -> None:
    for phone in find_phones(text):
        assert 0 <= phone.start < phone.end <= len(text)
        assert phone.number.startswith("+44")
        digits = phone.number.split(";")[0][3:]
        assert 7 <= len(digits) <= 10


def test_a_number_that_changes_is_the_new_one() -> None:
    text = "From 1 June our number changes from 01632 960401 to 01632 960402."
    assert [each.number for each in find_phones(text)] == ["+441632960402"]


def test_a_last_digit_after_a_slash_is_another_number() -> None:
    found = [each.number for each in find_phones("Tel 01632 960203/4")]
    assert found == ["+441632960203", "+441632960204"]
