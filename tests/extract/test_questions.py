"""What somebody typed: words, phrases, near, either, without; and what cannot be looked for."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.questions import Phrase, Question, Together, read_question
from extract.tables import WORD_INDEX
from extract.wordindex import matching

LOCK, DOOR, BOLT = Phrase("lock"), Phrase("door"), Phrase("bolt")


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("lock door", Question(((LOCK,), (DOOR,)))),
        ('"lock  the door"', Question(((Phrase("lock the door"),),))),
        ('"lock the', Question(((Phrase("lock the"),),))),
        ("burgl*", Question(((Phrase("burgl", begins=True),),))),
        ('"lock do"*', Question(((Phrase("lock do", begins=True),),))),
        ("lock OR bolt door", Question(((LOCK, BOLT), (DOOR,)))),
        ("lock or bolt", Question(((LOCK,), (Phrase("or"),), (BOLT,)))),
        ("lock NEAR door", Question(((Together((LOCK, DOOR), 10),),))),
        ("lock NEAR/3 door NEAR/4 bolt", Question(((Together((LOCK, DOOR, BOLT), 4),),))),
        ("lock -door", Question(((LOCK,),), (DOOR,))),
        ('lock -"the door"', Question(((LOCK,),), (Phrase("the door"),))),
        ("OR lock", Question(((Phrase("OR"),), (LOCK,)))),
        ("lock OR", Question(((LOCK,),))),
        ("lock OR -door", Question(((LOCK,),), (DOOR,))),
        ("-door", Question((), (DOOR,))),
        ("a-b", Question(((Phrase("a-b"),),))),
        ("% \\ '", Question()),
        ("", Question()),
    ],
)
def test_a_question_is_read(typed: str, question: Question) -> None:
    assert read_question(typed) == question


def test_a_question_that_only_says_what_must_not_be_finds_nothing() -> None:
    assert not read_question("-door")


@given(st.text(alphabet=st.sampled_from('ab "*-()ORNEA/5:^+{}é\ud800\0,;~'), max_size=40))
def test_the_index_understands_whatever_is_typed(typed: str) -> None:
    question = read_question(typed)
    if not question:
        return
    asked = matching(question).compile().params
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE {WORD_INDEX} USING fts5(title, text)")
    (expression,) = asked.values()
    database.execute(f"SELECT * FROM {WORD_INDEX} WHERE {WORD_INDEX} MATCH ?", [expression])
    database.close()
