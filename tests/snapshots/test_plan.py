"""Plans: what they may say, and what they are told when they say something else."""

from dataclasses import fields
from pathlib import Path

import pytest

from archiver.capture.traps import TrapLimits
from archiver.errors import FormatError, InputError
from snapshots.crawl.order import Order
from snapshots.crawl.plan import Planned, chosen, read_plan

SEEDS = 'seeds = ["https://www.homeoffice.example/"]'
ONE = f'[[crawl]]\nname = "one"\n{SEEDS}\n'
EVERYTHING = """
[[crawl]]
name = "all of it"
seeds = ["https://www.homeoffice.example/", "homeoffice.example"]
scope = 'https?://(www\\.)?homeoffice\\.example/'
include = ["/annex/"]
exclude = ["/calendar/"]
embeds_outside = false
robots = "ignore"
sitemaps = false
scripts = true
probes = false
full = true
browser = true
snapshot = "Spring"
operator = "A. Archivist"
contact = "archive@archive.example"
delay = 2.5
workers = 2
tries = 5
back_off = "10s"
limit = 1000
max_bytes = "20 GB"
max_time = "6h"
max_size = 1048576
max_answer_time = "5m"
max_silence = 20
allow_private = true
allow_private_at = ["10.1.0.0/16", "wiki.homeoffice.example"]

[crawl.traps]
length = 2000
depth = 9
repeats = 1
hops = 50
redirects = 5
parameters = 8
queries = 100
years_before = 3
years_after = 0
session_proofs = 3
alike = 12
directory = 5000
"""


def written(folder: Path, text: str) -> Path:
    place = folder / "plan.toml"
    place.write_text(text, "utf-8")
    return place


def test_a_plan_can_say_everything_an_order_has(tmp_path: Path) -> None:
    [planned] = read_plan(written(tmp_path, EVERYTHING))
    order = planned.order
    assert planned.name == "all of it"
    assert order == Order(
        ("https://www.homeoffice.example/", "homeoffice.example"),
        scope=r"https?://(www\.)?homeoffice\.example/",
        include=("/annex/",),
        exclude=("/calendar/",),
        embeds_leave=False,
        robots=False,
        sitemaps=False,
        guesses=True,
        probes=False,
        conditional=False,
        browser=True,
        label="Spring",
        operator="A. Archivist",
        contact="archive@archive.example",
        delay=2.5,
        workers=2,
        tries=5,
        back_off=10,
        most_answers=1000,
        most_bytes=20_000_000_000,
        most_seconds=21_600,
        body=1 << 20,
        seconds=300,
        silence=20,
        traps=TrapLimits(2000, 9, 1, 50, 5, 8, 100, 3, 0, 3, 12, 5000),
        allow_private=True,
        allow_private_at=("10.1.0.0/16", "wiki.homeoffice.example"),
    )
    usual = Order(())
    same = [
        one.name for one in fields(Order) if getattr(order, one.name) == getattr(usual, one.name)
    ]
    assert same == [], "a field that no key of a plan sets"
    assert Order.from_json(order.to_json()) == order


def test_what_a_crawl_leaves_out_is_as_the_defaults_say(tmp_path: Path) -> None:
    begin = '[defaults]\ndelay = 3\nexclude = ["/a"]\n[defaults.traps]\ndepth = 4\nhops = 0\n'
    two = f'[[crawl]]\nname = "two"\n{SEEDS}\ndelay = 5\nexclude = []\n[crawl.traps]\ndepth = 7\n'
    one, other = (planned.order for planned in read_plan(written(tmp_path, begin + ONE + two)))
    assert (one.delay, one.exclude, one.traps) == (3, ("/a",), TrapLimits(depth=4, hops=0))
    assert (other.delay, other.exclude, other.traps) == (5, (), TrapLimits(depth=7, hops=0))
    assert one.scope == Order(()).scope


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no crawl in it; begin one with [[crawl]]"),
        ("crawl = []", "there is no crawl in it"),
        ('[crawl]\nname = "x"', "crawls begin with [[crawl]], in double brackets"),
        ("[[crawl]", "not readable as TOML"),
        ("\udc80", "not readable as TOML"),
        ("a = " + "[" * 5000, "not readable as TOML"),
        ("[default]\n" + ONE, "unknown key 'default'; did you mean 'defaults'?"),
        ("defaults = 3\n" + ONE, "defaults must be a table"),
        (f"[[crawl]]\n{SEEDS}", "crawl 1 needs a name: one line of text in quotes"),
        (f"{ONE}[[crawl]]\nname = 5\n{SEEDS}", "crawl 2 needs a name"),
        (f'[[crawl]]\nname = "a\\nb"\n{SEEDS}', "crawl 1 needs a name"),
        (ONE + ONE, "two crawls are named 'one'; name them apart"),
        ('[[crawl]]\nname = "one"', "crawl 'one' needs seeds ="),
        ('[[crawl]]\nname = "one"\nseeds = []', "crawl 'one' needs seeds ="),
        ('[[crawl]]\nname = "one"\nseeds = "a"', "seeds must be a list of texts"),
        (f"{ONE}max-time = 5", "crawl 'one': unknown key 'max-time'; did you mean 'max_time'?"),
        (f"{ONE}exclud = []", "crawl 'one': unknown key 'exclud'; did you mean 'exclude'?"),
        (f"{ONE}zzz = 1", "unknown key 'zzz'; there are name, traps, seeds, scope"),
        (f"{ONE}scope = 3", "crawl 'one': scope must be text in quotes, not 3"),
        (f"{ONE}robots = false", '\'one\': robots must be "obey" or "ignore", not False'),
        (f'{ONE}full = "yes"', "crawl 'one': full must be true or false, not 'yes'"),
        (f"{ONE}workers = true", "crawl 'one': workers must be a whole number, not True"),
        (f"{ONE}workers = 1.5", "workers must be a whole number, not 1.5"),
        (f"{ONE}delay = false", "delay must be a number of seconds"),
        (f'{ONE}max_time = "soon"', "crawl 'one': max_time: not a length of time: 'soon'"),
        (f'{ONE}max_bytes = "lots"', "crawl 'one': max_bytes: not an amount of bytes: 'lots'"),
        (f"{ONE}traps = 5", "crawl 'one': traps must be a table"),
        (
            f"{ONE}[crawl.traps]\ndeep = 5",
            "crawl 'one', traps: unknown key 'deep'; did you mean 'depth'",
        ),
        (f'{ONE}[crawl.traps]\ndepth = "5"', "crawl 'one', traps: depth must be a whole number"),
        (f"[defaults]\nname = 'x'\n{ONE}", "[defaults]: name belongs to a single crawl"),
        (f"[defaults]\n{SEEDS}\n{ONE}", "[defaults]: seeds belongs to a single crawl"),
        (
            f"[defaults]\ndelays = 2\n{ONE}",
            "[defaults]: unknown key 'delays'; did you mean 'delay'",
        ),
        (f"[defaults]\ndelay = 'x'\n{ONE}", "[defaults]: delay: not a length of time"),
        ("#" * ((1 << 22) + 1), "is too big for a plan"),
    ],
)
def test_what_a_plan_may_not_say_is_told_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    place = tmp_path / "plan.toml"
    place.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(FormatError) as raised:
        read_plan(place)
    assert str(raised.value).startswith(f"{place}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_plan_that_is_not_there_is_told(tmp_path: Path) -> None:
    for place in (tmp_path / "never.toml", tmp_path):
        with pytest.raises(FormatError, match=str(place)):
            read_plan(place)


def test_crawls_are_chosen_by_name_in_the_order_of_the_plan() -> None:
    planned = [Planned(name, Order(())) for name in ("one", "two", "three")]
    place = Path("plan.toml")
    assert chosen(place, planned, []) == planned
    assert [one.name for one in chosen(place, planned, ["three", "one"])] == ["one", "three"]
    with pytest.raises(InputError, match="no crawl named 'tow'; did you mean 'two'"):
        chosen(place, planned, ["tow"])
