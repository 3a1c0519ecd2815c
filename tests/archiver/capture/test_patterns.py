import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archiver.capture.patterns import Pattern
from archiver.errors import PatternError

EXPRESSIONS = [
    "",
    "a",
    "a|b|",
    "(?:ab|a)(?P<rest>bc?)*",
    "a{2}b{,2}c{1,}d{2,3}",
    "a{}b{x",  # braces that count nothing are only braces
    "^ab|b$",
    r"\Aab\Z",
    "(a*)*b",
    "(|a)+b",
    "(){3}a",
    "[]a]b",
    "[^]a]+c",
    r"[a\]b-d]{2}$",
    r"\x61\.?\d+",
    "(?i)aB",
    ".b.",
    "a*?b+?c??",
    "(^a|b)*c",
    "a$b|c",
    "(a|b$)+",
    r"[[:a]b",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(text=st.text("abcdAB]{}x.[:1\n", max_size=9))
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_pattern_matches_what_pythons_own_does(expression: str, text: str) -> None:
    if text.endswith("\n"):
        text += "."  # Python's $ matches before it as well; addresses have no line ends
    assert Pattern(expression).found_in(text) == bool(re.search(expression, text))
    from_start = Pattern(expression, from_start=True)
    assert from_start.found_in(text) == bool(re.match(expression, text))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    kind = draw(st.sampled_from("cccsgra" if depth else "c"))
    if kind == "c":
        return draw(st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$", "c"]))
    parts = draw(st.lists(expressions(depth - 1), min_size=1, max_size=3))
    if kind == "s":
        return "".join(parts)
    if kind == "r":
        how = draw(st.sampled_from(["*", "+", "?", "{2}", "{,2}", "{1,}", "*?"]))
        return f"(?:{''.join(parts)}){how}"
    return f"({'|'.join(parts)})"


@given(expressions(), st.text("abc", max_size=8))
@example("$^", "")  # the one place where the end comes before the start
@settings(deadline=None)
def test_any_expression_matches_as_pythons_own_does(expression: str, text: str) -> None:
    assert Pattern(expression).found_in(text) == bool(re.search(expression, text))
    assert Pattern(expression, from_start=True).found_in(text) == bool(re.match(expression, text))


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a[b", "unterminated character set"),
        ("(a", r"missing \)"),
        ("*", "nothing to repeat"),
        (r"(a)\1", r"\\1 is not supported"),
        (r"(/[^/]+)(?P=x)", "unknown group name"),
        (r"a(?!b)", r"\(\?! is not supported"),
        (r"(?<=a)b", r"\(\?< is not supported"),
        (r"(?i:a)", r"\(\?i is not supported"),
        (r"\bnews", r"\\b is not supported"),
        ("a*+", "give nothing back"),
        ("(?s)a.b", "only i is supported"),
        ("a" * 1001, "more than 1000 characters"),
        ("((((a{9}){9}){9}){9}){9}", "more than 1000 steps"),
        ("(a|b){99999}", "more than 1000 steps"),
        ("a{999999999999999999999}", "the repetition number is too large"),
        ("(" * 41 + "a" + ")" * 41, "more than 40 groups"),
        ("(" * 499 + ")" * 499, "more than 40 groups|recursion"),
    ],
)
def test_what_cannot_be_matched_in_one_go_is_refused_with_a_reason(
    expression: str, reason: str
) -> None:
    with pytest.raises(PatternError, match=reason):
        Pattern(expression)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(a+)+$", "a" * 20_000 + "b"),  # for Python's own: 2 to the 20,000 steps
        ("(a|aa)+$", "a" * 20_000 + "b"),
        ("(.*)*x", "a" * 20_000),
        (".*a.*a.*a.*a.*a.*ab", "a" * 20_000),
        ("(a?){100}a{100}b", "a" * 20_000),
        ("((){999}){999}a", "b" * 20_000),
        ("[ab]*a[ab]{150}c", "abbabaaab" * 2_000),  # each state is new: 2 to the 150 of them
    ],
)
def test_no_expression_takes_long_on_any_address(expression: str, text: str) -> None:
    began = time.process_time()
    assert not Pattern(expression).found_in(text)
    assert time.process_time() - began < 10
