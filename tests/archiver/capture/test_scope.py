import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.scope import Scope
from archiver.capture.verdict import Verdict
from archiver.errors import PatternError

SEED = "http://www.homeoffice.example/crime/index.html"


def allows(text: str, url: str, path: str = "L", seed: str = SEED) -> bool:
    return Scope.of(text, [seed]).judge(url, path).allowed


# Places


@pytest.mark.parametrize(
    ("text", "seed", "url", "within"),
    [
        ("host", SEED, "http://www.homeoffice.example/", True),
        ("host", SEED, "https://www.homeoffice.example/x", True),  # one site
        ("host", SEED, "http://WWW.HomeOffice.example:80/x", True),
        ("host", SEED, "https://www.homeoffice.example:443/x", True),
        ("host", SEED, "http://www.homeoffice.example./x", True),
        ("host", SEED, "http://www.homeoffice.example:8080/x", False),
        ("host", SEED, "http://www.homeoffice.example:443/x", False),  # not http's usual port
        ("host", SEED, "http://homeoffice.example/", False),
        ("host", SEED, "http://www.homeoffice.example.other.example/", False),
        ("host", SEED, "http://other.example/?http://www.homeoffice.example/", False),
        ("host", SEED, "http://www.homeoffice.example@other.example/", False),
        ("host", "http://x.example:8080/", "https://x.example:8080/", True),
        ("host", "http://[2001:db8::1]/", "http://[2001:db8::1]/x", True),
        ("host", "http://bücher.example/", "http://xn--bcher-kva.example/x", True),
        ("prefix", SEED, "http://www.homeoffice.example/crime/", True),
        ("prefix", SEED, "https://www.homeoffice.example/crime/a/b?c", True),
        ("prefix", SEED, "http://www.homeoffice.example/crime", False),
        ("prefix", SEED, "http://www.homeoffice.example/crimes/", False),
        ("prefix", SEED, "http://www.homeoffice.example/police/?/crime/", False),
        ("prefix", "http://x.example/~jones/a?b=/c/d", "http://x.example/%7Ejones/z", True),
        ("prefix", "http://x.example/a%2Fb/c", "http://x.example/a/b/c", False),
        ("prefix", "http://x.example", "http://x.example/y", True),
        ("domain", "http://www.homeoffice.gov.uk/", "http://homeoffice.gov.uk/", True),
        ("domain", "http://www.homeoffice.gov.uk/", "https://a.b.homeoffice.gov.uk:8080/", True),
        ("domain", "http://www.homeoffice.gov.uk/", "http://www.dfe.gov.uk/", False),
        ("domain", "http://www.homeoffice.gov.uk/", "http://nothomeoffice.gov.uk/", False),
        ("domain", SEED, "http://cdn.homeoffice.example/", True),  # a suffix not on the list
        ("domain", SEED, "http://other.example/", False),
        ("domain", "http://a.blogspot.com/", "http://b.blogspot.com/", True),
        ("domain", "http://gov.uk/", "http://gov.uk/x", True),  # a suffix with a page of its own
        ("domain", "http://gov.uk/", "http://www.gov.uk/", False),
        ("domain", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/x", True),
        ("domain", "http://127.0.0.1:8000/", "http://127.0.0.1:8001/x", False),
        ("domain", "http://10.0.0.1/", "http://9.0.0.1/", False),
        ("domain", "http://[2001:db8::1]/", "http://[2001:db8::2]/", False),
        ("domain", "http://intranet/", "http://intranet/x", True),
        ("domain", "http://intranet/", "http://www.intranet/x", False),
        ("page", SEED, SEED, True),
        ("page", SEED, SEED + "#top", True),
        ("page", SEED, SEED + "?", False),
        ("page", SEED, "http://www.homeoffice.example/crime/", False),
        (r"https?://[^/]*\.example/crime/", SEED, "https://x.example/crime/y", True),
        (r"https?://[^/]*\.example/crime/$", SEED, "https://x.example/crime/y", False),
        (r"[^/]*\.example/", SEED, "https://x.example/", False),  # from the first character on
    ],
)
def test_a_scope_holds_the_places_its_seeds_name(
    text: str, seed: str, url: str, within: bool
) -> None:
    assert allows(text, url, seed=seed) is within


@pytest.mark.parametrize(
    "url",
    ["ftp://www.homeoffice.example/", "mailto:x", "", "http://", "http://[/", "http://x:y/", "//x"],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    scope = Scope.of(".*", [SEED], include=[".*"])
    assert scope.judge(url, "L") == Verdict(False, "scope: no address of the web")


# Hops


@pytest.mark.parametrize(
    ("path", "allowed", "rule"),
    [
        ("", True, "seed"),
        ("L", False, "outside host"),
        ("X", False, "outside host"),
        ("M", False, "outside host"),
        ("LR", False, "outside host"),  # a redirect that leads out is a link
        ("MR", False, "outside host"),
        ("E", True, "embed"),
        ("LLE", True, "embed"),
        ("LER", True, "embed"),
        ("LERE", True, "embed"),
        ("LEE", True, "embed"),  # a font of a style sheet
        ("LREE", True, "embed"),
        ("LEL", False, "outside host"),  # a link in a frame
        ("LELE", True, "embed"),  # was asked for because that link leads back
        ("LEX", False, "outside host"),
        ("EEEEE", True, "embed"),
        ("EEEREEE", False, "more than 5 embeds deep"),
        ("R", True, "redirect of a seed"),
        ("RRR", True, "redirect of a seed"),
        ("RE", True, "embed"),
        ("RL", False, "outside host"),
        ("LP", True, "needed for manners"),
    ],
)
def test_outside_the_scope_the_hops_decide(path: str, allowed: bool, rule: str) -> None:
    scope = Scope.of("host", [SEED])
    assert scope.judge("http://cdn.example/x", path) == Verdict(allowed, f"scope: {rule}")


def test_embeds_can_be_kept_within() -> None:
    scope = Scope.of("host", [SEED], embeds_leave=False)
    outside = Verdict(False, "scope: embed outside host")
    assert scope.judge("http://cdn.example/x.css", "LE") == outside
    assert scope.judge("http://www.homeoffice.example/x.css", "LE").rule == "scope: within host"
    page = Scope.of("page", [SEED], embeds_leave=False)
    assert not page.judge("http://cdn.example/x.css", "E").allowed
    assert page.judge("http://www.homeoffice.example/x.css", "E").allowed
    assert not page.judge("http://www.homeoffice.example/x.html", "L").allowed


# Inclusions and exclusions


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        (SEED, "L", Verdict(True, "scope: seed")),  # seeds win over exclusions
        ("http://www.homeoffice.example/calendar/2011", "L",
         Verdict(False, "scope: excluded by /calendar/")),
        ("http://cdn.example/calendar/x.css", "LE",
         Verdict(False, "scope: excluded by /calendar/")),
        ("http://other.example/crime/calendar/", "L",
         Verdict(False, "scope: excluded by /calendar/")),
        ("http://other.example/crime/", "L", Verdict(True, "scope: included by other.*/crime/")),
        ("http://other.example/", "L", Verdict(False, "scope: outside host")),
        ("http://www.homeoffice.example/robots.txt", "P",
         Verdict(True, "scope: needed for manners")),
    ],
)  # fmt: skip
def test_seeds_come_before_exclusions_and_these_before_all_else(
    url: str, path: str, expected: Verdict
) -> None:
    scope = Scope.of("host", [SEED], include=["other.*/crime/"], exclude=["/calendar/", "index"])
    assert scope.judge(url, path) == expected


@pytest.mark.parametrize("text", ["", "hosts", "HOST", "a(", "(?!x)y", "(a+)\\1"])
def test_a_scope_that_cannot_be_is_refused_in_words(text: str) -> None:
    with pytest.raises(PatternError, match="not a usable regular expression"):
        Scope.of(text, [SEED])


def test_an_exclusion_that_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(PatternError, match="unterminated"):
        Scope.of("host", [SEED], exclude=["["])


def test_no_expression_and_no_address_holds_up_a_crawl() -> None:
    scope = Scope.of("(https?://(a+)+)+$", [SEED], exclude=["(.*a.*)*b$", "(a|aa)+$"])
    began = time.process_time()
    for length in (100, 8000, 1_000_000):
        assert not scope.judge("http://" + "a" * length + "!", "L").allowed
    assert time.process_time() - began < 5


# Seeds that moved


def test_a_seed_that_moves_to_www_takes_its_scope_along() -> None:
    scope = Scope.of("host", ["http://homeoffice.example/"])
    target = "https://www.homeoffice.example/en/"
    assert not scope.judge("https://www.homeoffice.example/crime", "RL").allowed
    wider = scope.widened(target)
    assert wider.judge("https://www.homeoffice.example/crime", "RL").allowed
    assert wider.judge("http://homeoffice.example/crime", "RL").allowed
    assert not wider.judge("https://cdn.homeoffice.example/", "RL").allowed
    assert wider.widened(target) is wider
    assert Scope.from_text(wider.to_text()) == wider
    assert "https://www.homeoffice.example/en/" in wider.describe()


def test_a_prefix_is_the_same_prefix_where_its_seed_moved_to() -> None:
    scope = Scope.of("prefix", ["http://www.x.example/crime/a"]).widened("https://x.example/en/")
    assert scope.judge("https://x.example/crime/b", "RL").allowed
    assert not scope.judge("https://x.example/police/", "RL").allowed
    assert not scope.judge("https://x.example/en/b", "RL").allowed


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("host", "https://gov.example/homeoffice"),  # another site
        ("host", "https://www.homeoffice.example/"),  # in scope as it is
        ("host", "http://homeoffice.example:8080/"),
        ("host", "no address"),
        ("page", "https://homeoffice.example/"),
        ("https?://www", "https://homeoffice.example/"),
    ],
)
def test_a_seed_that_moves_elsewhere_leaves_the_scope_as_it_is(text: str, target: str) -> None:
    scope = Scope.of(text, [SEED])
    assert scope.widened(target) is scope


# Told and kept


def test_a_scope_is_told_in_a_line_without_secrets() -> None:
    scope = Scope.of(
        "host",
        ["http://anna:secret@x.example/", *(f"http://{n}.example/" for n in range(30))],
        include=["y\n"],
        exclude=["/calendar/"],
        embeds_leave=False,
    )
    said = scope.describe()
    assert said.startswith("host of http://x.example/ http://0.example/ ")
    assert said.endswith(" and 11 more; include y ; exclude /calendar/; embeds from within only")
    assert "\n" not in said
    expression = Scope.of("https?://x", [SEED]).describe()
    assert expression == "addresses that match https?://x; embeds from anywhere"


@pytest.mark.parametrize(
    ("scope", "include", "url", "named"),
    [
        ("host", "", "http://www.homeoffice.example/elsewhere", True),
        ("host", "", "https://www.homeoffice.example/", True),
        ("host", "", "http://www.homeoffice.example:8080/", False),
        ("host", "", "http://press.homeoffice.example/", False),
        ("page", "", "http://www.homeoffice.example/robots.txt", True),
        ("domain", "", "http://press.homeoffice.example:8080/", True),
        ("domain", "", "http://127.0.0.1/", False),
        ("host", ".*", "http://169.254.169.254/", False),  # matches, and names nobody
        (".*", "", "http://10.0.0.1/", False),
        ("host", r"//10\.0\.0\.1/", "http://10.0.0.1/", True),
        ("host", r"//10\.0\.0\.1/", "http://10.0.0.1:8080/", False),
        ("host", r"//10\.0\.0\.1/", "http://110.0.0.1/", False),
        ("host", r"10\.0\.0\.1", "http://10.0.0.12/", False),
        ("host", r"10\.0\.0\.12", "http://10.0.0.1/", False),
        ("host", r"//10\.0\.0\.1:8080/", "http://10.0.0.1:8080/", True),
        ("host", r"//10\.0\.0\.1:8080/", "http://10.0.0.1:6379/", False),
        ("host", r"//10\.0\.0\.1:8080/", "http://10.0.0.1/", False),
        ("host", r"//10\.0\.0\.1:80\d\d/", "http://10.0.0.1:8080/", True),
        ("host", r"//10\.0\.0\.1/a|//10\.0\.0\.1:81/", "http://10.0.0.1:81/", True),
        ("host", r"//\[::1\]:81/", "http://[::1]:81/", True),
        (
            r"https?://Press\.homeoffice\.example(:\d+)?/",
            "",
            "http://press.homeoffice.example:1/",
            1,
        ),
        ("host", "", "nothing", False),
    ],
)
def test_a_server_is_named_by_a_person_alone(
    scope: str, include: str, url: str, named: bool
) -> None:
    judging = Scope.of(scope, [SEED], include=[include] if include else [])
    assert judging.names(url) == named


def test_a_seed_names_where_its_site_moved_to_and_nothing_else() -> None:
    scope = Scope.of("host", ["http://homeoffice.example/"])
    assert scope.widened("http://www.homeoffice.example/").names("http://www.homeoffice.example/x")
    assert not scope.widened("http://10.0.0.1/").names("http://10.0.0.1/")


URLS = st.text(st.sampled_from("htps:/w.xample?#%2eE@[]é-") | st.characters(), max_size=20)


@given(
    st.sampled_from(["page", "prefix", "host", "domain", "https?://x"]),
    st.lists(st.just(SEED) | URLS | URLS.map(lambda text: "http://x.example/" + text), max_size=3),
    URLS | URLS.map(lambda text: "http://www.x.example/" + text),
    st.text("LERXMP", max_size=6),
)
def test_whatever_is_judged_the_scope_is_kept(
    text: str, seeds: list[str], url: str, path: str
) -> None:
    scope = Scope.of(text, seeds, include=["x"], exclude=["y"], embeds_leave=len(path) > 2)
    wider = scope.widened(url)
    for one in (scope, wider):
        again = Scope.from_text(one.to_text())
        assert again == one
        assert again.judge(url, path) == one.judge(url, path)
        assert again.describe() == one.describe()


def test_the_list_of_suffixes_is_asked_of_nobody_and_kept_nowhere() -> None:
    watch = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'os.mkdir', 'os.rename') or (\n"
        "        event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+')):\n"
        "        raise SystemExit(f'{event} {args}')\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(hook)\n"
        "from archiver.capture.scope import Scope\n"
        "scope = Scope.of('domain', ['http://www.homeoffice.gov.uk/'])\n"
        "print(scope.judge('http://x.homeoffice.gov.uk/', 'L').rule)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", watch], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.stdout, done.stderr) == ("scope: within domain\n", "")
