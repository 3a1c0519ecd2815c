"""Runs of equal states: what is known of a moment between captures, and what nobody knows."""

from hypothesis import given
from hypothesis import strategies as st

from archiver.timestamps import parse_timestamp
from extract.entities.runs import Look, Run, Source, evidence_at, runs_of

OLD, NEW = frozenset([1]), frozenset([2])
NOTHING: frozenset[int] = frozenset()


def look(year: int, states: frozenset[int] = OLD, page: str = "a", *, stands: bool = True) -> Look:
    return Look(page, Source(f"{year}0101000000", f"http://{page}.example/"), states, stands)


def gone(year: int, page: str = "a") -> Look:
    return look(year, NOTHING, page, stands=False)


def dates(runs: list[Run]) -> list[tuple[str, str, str]]:
    return [
        (run.first[:4], run.last[:4], run.not_seen_by.timestamp[:4] if run.not_seen_by else "")
        for run in runs
    ]


def test_equal_states_are_one_run() -> None:
    [run] = runs_of([look(2009), look(2011), look(2010)])
    assert dates([run]) == [("2009", "2011", "")]
    assert [source.timestamp[:4] for source in run.sources] == ["2009", "2010", "2011"]


def test_a_change_ends_a_run_by_the_first_capture_that_has_it() -> None:
    assert dates(runs_of([look(2009), look(2011), look(2013, NEW)])) == [
        ("2009", "2011", "2013"),
        ("2013", "2013", ""),
    ]


def test_what_is_absent_in_one_capture_and_back_in_the_next_is_two_runs() -> None:
    assert dates(runs_of([look(2009), look(2010, NOTHING), look(2011)])) == [
        ("2009", "2009", "2010"),
        ("2011", "2011", ""),
    ]


def test_a_page_that_moved_breaks_nothing() -> None:
    moved = [look(2009), gone(2012), look(2011, page="b"), look(2013, page="b")]
    assert dates(runs_of(moved)) == [("2009", "2013", "")]
    later = [look(2009), gone(2011), look(2012, page="b")]
    assert dates(runs_of(later)) == [("2009", "2012", "")]


def test_a_page_that_is_gone_and_moved_nowhere_says_so() -> None:
    [run] = runs_of([look(2009), gone(2011)])
    assert (dates([run]), run.page_gone) == ([("2009", "2009", "2011")], True)


def test_a_page_gone_for_one_capture_parts_what_only_it_said() -> None:
    assert dates(runs_of([look(2009), gone(2010), look(2011)])) == [
        ("2009", "2009", "2010"),
        ("2011", "2011", ""),
    ]


def test_a_second_page_bridges_a_gap_of_the_first() -> None:
    found = [look(2009), look(2011, NOTHING), look(2012)]
    other = [look(2010, page="b"), look(2011, page="b"), look(2013, page="b")]
    assert dates(runs_of([*found, *other])) == [("2009", "2013", "")]
    assert dates(runs_of([look(2009), *other])) == [("2009", "2013", "")]


def test_pages_that_contradict_each_other_are_told_side_by_side() -> None:
    found = [look(2009), look(2011), look(2010, NEW, "b"), look(2012, NEW, "b")]
    assert dates(runs_of(found)) == [("2009", "2011", ""), ("2010", "2012", "")]
    told = evidence_at(runs_of(found), parse_timestamp("2013"))
    assert [one.before and one.before.timestamp[:4] for one in told] == ["2012", "2011"]


def test_captures_of_one_second_stand_in_the_order_of_their_numbers() -> None:
    first, second = (
        Look("a", Source("20110101000000", "http://a.example/", number), states)
        for number, states in ((0, OLD), (1, NEW))
    )
    assert [run.states for run in runs_of([second, first])] == [OLD, NEW]


def test_between_two_captures_that_agree_it_is_known() -> None:
    [told] = evidence_at(runs_of([look(2009), look(2011)]), parse_timestamp("2010"))
    assert told.agrees
    assert (told.days_before, told.days_after) == (365, 365)


def test_between_two_that_differ_it_is_unknown() -> None:
    [told] = evidence_at(runs_of([look(2009), look(2011, NEW)]), parse_timestamp("2010"))
    assert not told.agrees
    assert told.run is not None
    assert told.run.states == OLD
    assert (told.days_before, told.days_after) == (365, 365)


def test_before_the_first_capture_and_after_absence_nothing_is_known() -> None:
    runs = runs_of([look(2009), look(2011, NOTHING), look(2013)])
    [early] = evidence_at(runs, parse_timestamp("2008"))
    assert (early.run, early.before, early.after) == (None, None, look(2009).source)
    [absent] = evidence_at(runs, parse_timestamp("2012"))
    assert (absent.run, absent.before, absent.after) == (None, look(2009).source, look(2013).source)


def test_at_the_very_second_of_a_capture_it_is_known() -> None:
    [told] = evidence_at(runs_of([look(2009), look(2011, NEW)]), parse_timestamp("2009"))
    assert (told.agrees, told.days_before) == (True, 0)


_LOOKS = st.lists(
    st.builds(
        look,
        st.integers(2000, 2009),
        st.sampled_from([OLD, NEW, NOTHING]),
        st.sampled_from("ab"),
        stands=st.booleans(),
    ).map(lambda one: one if one.stands else Look(one.page, one.source, NOTHING, False)),
    max_size=12,
    unique_by=lambda one: (one.page, one.source),
)


@given(_LOOKS, st.randoms())
def test_the_order_of_captures_does_not_matter(looks: list[Look], chance: object) -> None:
    mixed = list(looks)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert runs_of(mixed) == runs_of(looks)


@given(_LOOKS)
def test_every_capture_that_says_something_is_in_one_run(looks: list[Look]) -> None:
    runs = runs_of(looks)
    shown = [(source, run.states) for run in runs for source in run.sources]
    assert sorted(shown, key=repr) == sorted(
        ((one.source, one.states) for one in looks if one.states), key=repr
    )
    for run in runs:
        assert run.not_seen_by is None or run.not_seen_by > run.sources[-1]
