from hypothesis import given
from hypothesis import strategies as st

from archiver.headers import Headers

LETTERS = st.text(st.sampled_from("AbC: -\t\r\n\x1c\u00e9"), max_size=60)
LINES = st.lists(
    st.sampled_from(
        ["A: 1", "a: 2", "B:3", "B : 4", "B:c: 5", " goes on", "\tand on", "no colon", "C:  6 ", ""]
    ),
    max_size=6,
)


def first_by_fields(headers: Headers, name: str) -> str | None:
    same = [(key, value) for key, value in headers.fields if key.lower() == name.lower()]
    as_asked = [value for key, value in same if key == name]
    return next((value for value in [*as_asked, *(value for _, value in same)]), None)


@given(st.one_of(LETTERS, st.builds("\r\n".join, LINES), st.builds("\n".join, LINES)))
def test_a_field_is_the_first_of_its_name_as_asked_or_else_in_any_case(text: str) -> None:
    names = {key for key, _ in Headers(text).fields} | {"a", "B", "b:c", "c"}
    for name in names:
        assert Headers(text).get(name) == first_by_fields(Headers(text), name)
        assert Headers(text).get(name.upper()) == first_by_fields(Headers(text), name.upper())


@given(st.builds("\r\n".join, LINES))
def test_all_values_of_a_field_come_in_their_order(text: str) -> None:
    headers = Headers(text)
    assert headers.get_all("a") == [value for name, value in headers.fields if name.lower() == "a"]


def test_a_line_that_goes_on_belongs_to_the_field_before() -> None:
    assert Headers("Content-Type:\r\n text/html;\r\n\tcharset=utf-8\r\nX: y").fields == (
        ("Content-Type", "text/html; charset=utf-8"),
        ("X", "y"),
    )


def test_a_header_without_any_field_has_none() -> None:
    assert Headers().fields == ()
    assert Headers("").get("Date") is None
