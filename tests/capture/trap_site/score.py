"""How good a crawl of the trap site was, by its WARC files and the server's own log.

python -m tests.capture.trap_site.score --wget      GNU Wget, for comparison
python -m tests.capture.trap_site.score --oracle    a client that is told every address
"""

import hashlib
import math
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from archiver.digests import read_digest
from tests.capture.trap_site.cookies import BOUND, NEVER
from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.manifest import Manifest
from tests.capture.trap_site.oracle import ask_all
from tests.capture.trap_site.records import Stored, disagreements, read_records
from tests.capture.trap_site.resource import Family, Need, Place, Reply, Resource
from tests.capture.trap_site.robots import DELAYS
from tests.capture.trap_site.server import Entry, TrapSite

__all__ = ["Score", "Share", "score"]

_PROBE = re.compile(r"[^?]*/[^/?]*[0-9a-z]{16,}[^/?]*", re.IGNORECASE)
_LATE = 0.005  # seconds by which a clock may be wrong
_SPAN = 0.2  # seconds, at the least, over which a delay is measured
_UNEVEN = 0.02  # seconds by which threads may be late
_UNNOTICED = 0.1  # seconds that may pass until the server sees that somebody hung up
_RULES = ("/robots.txt", "/rules.txt")
_CAPTURED = ("response", "revisit")
_SHOWN = 12  # of a list in the table


@dataclass(slots=True)
class Share:
    """How many of how many, and which were not."""

    right: int = 0
    total: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, right: bool, what: str) -> None:
        self.total += 1
        self.right += right
        if not right:
            self.wrong.append(what)

    def __str__(self) -> str:
        share = f" ({100 * self.right / self.total:.1f} %)" if self.total else ""
        return f"{self.right}/{self.total}{share}"


@dataclass(slots=True)
class Score:
    """What was found.

    Attributes:
        must: resources that must be captured and were, in whatever state.
        must_exact: those captured byte for byte, or as far as a broken answer came.
        should: resources that should be captured and were.
        answers: response records that are byte for byte what was sent.
        requests: request records that are byte for byte what was received.
        paired: response and revisit records with the request that belongs to them.
        broken: records of broken answers that say so, rightly.
        payloads: payload digests that are those of the payload, transfer coding undone.
        revisits: revisit records whose head, original, date and payload are right.
        later: requests that waited as long as Retry-After said.
        delays: requests that waited as long as Crawl-delay said.
        budgets: requests by family, and what the family may have.
        forbidden: requests that must not be made.
        invented: requests for what the site has not and no page of it leads to.
        probes: such requests that ask what a missing page looks like.
        guessed: requests for strings in scripts.
        repeated: targets asked for more often than they may.
        stored_twice: records of answers that another record holds.
        stored_again: bodies stored in full though an earlier capture holds them.
        manners: requests that are rude in other ways, and fields that give away too much.
        faulty: records that cannot be read, or whose block is not as its digest says.
        warcio: where warcio reads something else than we do.
        at_once: the most requests that one authority had to serve at once.
        seconds: from the first request to the last answer.
    """

    must: Share = field(default_factory=Share)
    must_exact: Share = field(default_factory=Share)
    should: Share = field(default_factory=Share)
    answers: Share = field(default_factory=Share)
    requests: Share = field(default_factory=Share)
    paired: Share = field(default_factory=Share)
    broken: Share = field(default_factory=Share)
    payloads: Share = field(default_factory=Share)
    revisits: Share = field(default_factory=Share)
    later: Share = field(default_factory=Share)
    delays: Share = field(default_factory=Share)
    budgets: dict[str, tuple[int, int]] = field(default_factory=dict)
    forbidden: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    stored_twice: list[str] = field(default_factory=list)
    stored_again: list[str] = field(default_factory=list)
    manners: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    warcio: list[str] = field(default_factory=list)
    asked: int = 0
    at_once: int = 0
    seconds: float = 0.0

    def _rows(self) -> list[tuple[str, str, list[str], bool]]:
        """Give name, value, what was wrong, and whether that is a fault."""
        shares = [
            ("must", self.must),
            ("must, byte for byte", self.must_exact),
            ("should", self.should),
            ("answers byte for byte", self.answers),
            ("requests byte for byte", self.requests),
            ("answers with their request", self.paired),
            ("broken answers marked", self.broken),
            ("payload digests right", self.payloads),
            ("revisits right", self.revisits),
            ("Retry-After kept", self.later),
            ("Crawl-delay kept", self.delays),
        ]
        lists = [
            ("forbidden requests", self.forbidden, True),
            ("invented addresses", self.invented, True),
            ("probes", self.probes, False),
            ("guessed addresses", self.guessed, True),
            ("asked too often", self.repeated, True),
            ("stored twice", self.stored_twice, True),
            ("stored again", self.stored_again, True),
            ("bad manners", self.manners, True),
            ("faulty records", self.faulty, True),
            ("warcio disagrees", self.warcio, True),
        ]
        over = [
            f"{name}: {count} of {budget}"
            for name, (count, budget) in self.budgets.items()
            if count > budget
        ]
        return [
            *((name, str(share), share.wrong, name != "should") for name, share in shares),
            *((name, str(len(found)), found, fault) for name, found, fault in lists),
            ("families over budget", f"{len(over)} of {len(self.budgets)}", over, True),
        ]

    @property
    def faults(self) -> list[str]:
        """All that a good crawl does not do; what should be captured, and probes, do not count."""
        return [
            f"{name}: {what}" for name, _, found, fault in self._rows() if fault for what in found
        ]

    def table(self, shown: int = _SHOWN) -> str:
        """Write the score for people; of each list so many."""
        lines = []
        for name, value, found, _ in self._rows():
            lines.append(f"{name:28} {value}")
            lines += [f"    {what:.110}" for what in found[:shown]]
            if len(found) > shown:
                lines.append(f"    ... and {len(found) - shown} more")
        for name, (count, budget) in self.budgets.items():
            lines.append(f"    {name:28} {count:5} of {budget}")
        lines.append(
            f"{self.asked} requests, at most {self.at_once} at once, in {self.seconds:.1f} s"
        )
        return "\n".join(lines)


def _is_probe(target: str) -> bool:
    return _PROBE.fullmatch(target) is not None


def score(
    manifest: Manifest,
    log: Sequence[Entry],
    warcs: Iterable[Path],
    *,
    day: int = 1,
    earlier: Iterable[Path] = (),
    is_probe: Callable[[str], bool] = _is_probe,
) -> Score:
    """Score a crawl.

    Args:
        manifest: the site's.
        log: what the server was asked by this crawl and no other.
        warcs: all WARC files of the crawl.
        day: which day of the site it was.
        earlier: WARC files of earlier crawls that the archive holds.
        is_probe: tells by its target whether a request for nothing was a probe; by default one
            whose last segment has 16 letters or digits in a row.
    """
    found, paths = Score(asked=len(log)), list(warcs)
    records, problems = read_records(paths)
    before, _ = read_records(earlier)
    found.faulty += [f"{problem}" for problem in problems]
    found.faulty += [
        f"{record.kind} {record.target}: block digest"
        for record in records
        if record.facts.stated_block not in (None, record.facts.block_digest)
    ]
    found.warcio = disagreements(paths, records)
    _Records(manifest, log, records, before, day).judge(found)
    _judge_log(manifest, log, found, day, is_probe)
    return found


class _Records:
    """Holds the records of a crawl against what the server sent."""

    def __init__(
        self,
        manifest: Manifest,
        log: Sequence[Entry],
        records: list[Stored],
        before: list[Stored],
        day: int,
    ) -> None:
        self._manifest, self._log, self._day = manifest, log, day
        self._records, self._before = records, before
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in log:
            question = entry.question
            self._entries[f"http://{manifest.at[question.place]}{question.target}"].append(entry)
        self._claimed: set[int] = set()
        self._had: set[str] = set()
        self._had_exactly: set[str] = set()

    def judge(self, found: Score) -> None:
        bodies = {record.facts.payload_digest for record in self._before if _whole_response(record)}
        for record in self._records:
            if record.kind not in _CAPTURED or not record.target.startswith("http"):
                continue
            if record.kind == "revisit":
                entry = self._judge_revisit(record, found)
            else:
                entry = self._judge_response(record, found)
                whole = entry is not None and _is_whole(entry.reply, record.block)
                if entry and whole and entry.reply.payload and record.status == 200:
                    digest = _sha1(entry.reply.payload)
                    if digest in bodies:
                        found.stored_again.append(record.target)
                    bodies.add(digest)
            if entry is not None and entry.reply.good:
                self._had_exactly.add(record.target)
                self._had.add(record.target)
            elif entry is None and any(
                each.reply.good and _status(each.reply) == record.status
                for each in self._entries[record.target]
            ):
                self._had.add(record.target)
        self._judge_requests(found)
        for need, share in ((Need.MUST, found.must), (Need.SHOULD, found.should)):
            for resource in self._manifest.needed(need, self._day):
                url = self._manifest.url(resource)
                what = f"{url}  ({resource.area}: {resource.why})"
                share.count(url in self._had, what)
                if need is Need.MUST:
                    found.must_exact.count(url in self._had_exactly, what)

    def _claim(self, record: Stored, fits: Callable[[Reply, Entry], bool]) -> Entry | None:
        """Find the exchange a record is of, each at most once while there are others."""
        fitting = [each for each in self._entries[record.target] if fits(each.reply, each)]
        free = [each for each in fitting if each.question.number not in self._claimed]
        if not fitting:
            return None
        # A revisit keeps the head alone, which a broken answer may have had as well.
        candidates = free or fitting
        whole = (each for each in candidates if _is_whole(each.reply, each.reply.message))
        entry = next(whole, candidates[0]) if record.kind == "revisit" else candidates[0]
        self._claimed.add(entry.question.number)
        return entry

    def _judge_response(self, record: Stored, found: Score) -> Entry | None:
        block = record.block
        claimed = len(self._claimed)

        def fits(reply: Reply, entry: Entry) -> bool:
            if block == reply.message and not reply.endless:
                return True
            sent = bytes(entry.sent[reply.before :])
            if not (reply.cut and block and sent.startswith(block)):
                return False
            # What broke off by itself has to be there as far as it came.
            # Where that is a matter of opinion, any part of it will do.
            opinion = reply.endless or "unspecified" in reply.cut
            return opinion or (reply.cut == {"length"} and len(block) >= LIMITS.body)

        entry = self._claim(record, fits)
        found.answers.count(entry is not None, f"{record.target}  {record.status}")
        if entry is None:
            return None
        if len(self._claimed) == claimed:
            found.stored_twice.append(record.target)
        marked = record.headers.get("WARC-Truncated")
        if _is_whole(entry.reply, block):
            if marked:
                found.faulty.append(f"{record.target}: whole, but marked {marked}")
            stated = record.headers.get("WARC-Payload-Digest")
            if stated:
                right = _digest_fits(stated, entry.reply.payload)
                found.payloads.count(right, f"{record.target}  {stated}")
        elif Need.MAY not in _needs(entry) and "unspecified" not in entry.reply.cut:
            found.broken.count(marked in entry.reply.cut, f"{record.target}  {marked}")
        return entry

    def _judge_revisit(self, record: Stored, found: Score) -> Entry | None:
        profile = (record.headers.get("WARC-Profile") or "").rpartition("/")[2]

        def fits(reply: Reply, _: Entry) -> bool:
            if record.block == reply.message:  # a 304, or an answer without a body
                return True
            return (
                reply.message.startswith(record.block)
                and record.block.endswith((b"\r\n\r\n", b"\n\n"))
                and reply.stands_for is None
            )

        entry = self._claim(record, fits)
        wrong = self._wrong_with(record, entry, profile)
        found.revisits.count(not wrong, f"{record.target}  {wrong}")
        return entry

    def _wrong_with(self, record: Stored, entry: Entry | None, profile: str) -> str:
        if entry is None:
            return "the head is not one that was sent"
        if not _is_whole(entry.reply, entry.reply.message):
            return "a revisit of a broken answer"
        not_modified = entry.reply.stands_for is not None
        if profile != ("server-not-modified" if not_modified else "identical-payload-digest"):
            return f"profile {profile or 'missing'}"
        target = record.headers.get("WARC-Refers-To-Target-URI")
        date = record.headers.get("WARC-Refers-To-Date")
        if not target or not date:
            return "does not say what it refers to"
        originals = [
            each
            for each in (*self._before, *self._records)
            if each.kind in _CAPTURED
            and each.target == target
            and each.headers.get("WARC-Date") == date
        ]
        if not originals:
            return f"refers to {target} of {date}, which is not there"
        sound = [each for each in originals if _whole_response(each)]
        if not sound:
            return "refers to a revisit or to half an answer"
        payload = entry.reply.stands_for if not_modified else entry.reply.payload
        assert payload is not None
        if all(each.facts.payload_digest != _sha1(payload) for each in sound):
            return "refers to another payload"
        stated = record.headers.get("WARC-Payload-Digest")
        if stated and not _digest_fits(stated, payload):
            return "the payload digest is not that of the payload"
        return ""

    def _judge_requests(self, found: Score) -> None:
        captured = {
            record.headers.get("WARC-Record-ID"): record
            for record in self._records
            if record.kind in _CAPTURED
        }
        linked: set[str | None] = set()
        for record in self._records:
            ids = record.headers.get_all("WARC-Concurrent-To")
            if record.kind == "request":
                entries = self._entries[record.target]
                right = any(each.question.request == record.block for each in entries)
                found.requests.count(right, record.target)
                linked.update(ids)
            stated = record.headers.get("WARC-Target-URI") or ""
            if "@" in stated.partition("//")[2].partition("/")[0]:
                found.manners.append(f"credentials in the target of a {record.kind}: {stated}")
        requests = {
            record.headers.get("WARC-Record-ID")
            for record in self._records
            if record.kind == "request"
        }
        for id_, record in captured.items():
            if record.target.startswith("http"):
                backwards = requests.intersection(record.headers.get_all("WARC-Concurrent-To"))
                found.paired.count(id_ in linked or bool(backwards), record.target)


def _judge_log(
    manifest: Manifest,
    log: Sequence[Entry],
    found: Score,
    day: int,
    is_probe: Callable[[str], bool],
) -> None:
    counts: Counter[tuple[Place, str]] = Counter()
    families = {family.name: [0, family.budget] for family in manifest.families}
    for entry in log:
        question, what = entry.question, entry.what
        counts[question.place, question.target] += 1
        shown = f"{question.place} {question.target}"
        match what:
            case None:
                probe = question.place is Place.SITE and is_probe(question.target)
                (found.probes if probe else found.invented).append(shown)
            case Family(name=name):
                families[name][0] += 1
            case Resource():
                if what.need[day - 1] is Need.MUST_NOT:
                    found.forbidden.append(shown)
                if question.target.startswith("/find/guess-"):
                    found.guessed.append(shown)
        _judge_fields(entry, found, day)
    found.budgets = {name: (count, budget) for name, (count, budget) in families.items()}
    for (place, target), count in counts.items():
        what = manifest.find(place, target)
        allowed = what.asks if isinstance(what, Resource) else 1
        if count > allowed:
            found.repeated.append(f"{place} {target}: {count}, not {allowed}")
    _judge_times(manifest, log, found)


def _judge_fields(entry: Entry, found: Score, day: int) -> None:
    question = entry.question
    shown = f"{question.method} {question.place} {question.target}"
    if question.method != "GET":
        found.manners.append(f"not a GET: {shown}")
    for name in ("range", "authorization", "proxy-authorization"):
        if question.get(name) is not None:
            found.manners.append(f"{name} sent: {shown}")
    if day == 1 and (question.get("if-none-match") or question.get("if-modified-since")):
        found.manners.append(f"condition on a first capture: {shown}")
    sent = question.cookies
    for cookie in sent:
        bound = BOUND.get(cookie, "/")
        if (
            cookie in NEVER
            or question.place is not Place.SITE
            or not question.target.startswith(bound)
        ):
            found.manners.append(f"cookie {cookie} sent: {shown}")
    referer = question.get("referer") or ""
    if "@" in referer.partition("//")[2].partition("/")[0] or "#" in referer:
        found.manners.append(f"Referer gives away too much: {shown}")


def _judge_times(manifest: Manifest, log: Sequence[Entry], found: Score) -> None:
    for at, entry in enumerate(log):
        not_before = entry.reply.not_before
        if not_before is None:
            continue
        waiting = entry.reply.leads_to or entry.question.target
        following = next((each for each in log[at + 1 :] if each.question.target == waiting), None)
        if following:
            early = not_before - following.question.clock
            found.later.count(early <= _LATE, f"{waiting}: {early:.2f} s too early")
    for place in Place:
        entries = [entry for entry in log if entry.question.place is place]
        if place in DELAYS:
            _judge_delays(place, entries, found)
        if entries and entries[0].question.target != "/robots.txt":
            found.manners.append(f"{place} was not asked for robots.txt first")
        edges = sorted(
            edge for entry in entries for edge in ((entry.question.at, 1), (_end(entry), -1))
        )
        now = 0
        for _, step in edges:
            now += step
            found.at_once = max(found.at_once, now)
    if log:
        ends = [entry.ended or entry.question.at for entry in log]
        found.seconds = max(ends) - log[0].question.at
    if found.at_once > 1:
        found.manners.append(f"{found.at_once} requests at once at one authority")
    agents = {entry.question.get("user-agent") or "" for entry in log}
    found.manners += [f"no contact in {agent!r}" for agent in agents if not _has_contact(agent)]


def _end(entry: Entry) -> float:
    # The server is a moment late to see that somebody hung up and asks for something else.
    asked = entry.question.at
    return max((entry.ended or asked) - _UNNOTICED, asked)


def _judge_delays(place: Place, entries: Sequence[Entry], found: Score) -> None:
    # Over several requests where the delay is so short that the clocks of two threads matter.
    steps = math.ceil(_SPAN / DELAYS[place])
    entries = [entry for entry in entries if entry.question.target not in _RULES]
    for one, other in zip(entries, entries[steps:], strict=False):
        span = other.question.at - one.question.at
        right = span >= steps * DELAYS[place] - _UNEVEN
        what = f"{place} {other.question.target}: {steps} more requests in {span:.3f} s"
        found.delays.count(right, what)


def _has_contact(agent: str) -> bool:
    return "@" in agent or "http://" in agent or "https://" in agent


def _is_whole(reply: Reply, block: bytes) -> bool:
    """Whether a block is the whole of a sound answer; a huge one is, if all of it is there."""
    return not reply.cut or (reply.cut == {"length"} and block == reply.message)


def _whole_response(record: Stored) -> bool:
    return record.kind == "response" and not record.headers.get("WARC-Truncated")


def _needs(entry: Entry) -> tuple[Need, ...]:
    return entry.what.need if isinstance(entry.what, Resource) else ()


def _status(reply: Reply) -> int:
    words = reply.message.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _digest_fits(stated: str, payload: bytes) -> bool:
    algorithm = stated.partition(":")[0].lower().replace("-", "")
    if algorithm not in hashlib.algorithms_available:
        return False
    return read_digest(stated) == hashlib.new(algorithm, payload, usedforsecurity=False).digest()


def _run_wget(site: TrapSite, folder: Path) -> list[Path]:
    arguments = ["wget", "--quiet", "-r", "-l", "14", "-p", "--warc-file=crawl", "--delete-after"]
    arguments += [f"--timeout={LIMITS.seconds}", f"--tries={LIMITS.tries}", "--waitretry=1"]
    subprocess.run([*arguments, site.url], cwd=folder, timeout=300, check=False)
    return sorted(folder.glob("crawl*.warc.gz"))


@click.command()
@click.option("--wget", "program", flag_value="wget", default=True, help="Score GNU Wget.")
@click.option("--oracle", "program", flag_value="oracle", help="Score one that is told all.")
@click.option("--shown", type=int, default=_SHOWN, help="How much of each list to show.")
def main(program: str, shown: int) -> None:
    """Crawl the trap site with another program, and print how good that was."""
    with tempfile.TemporaryDirectory() as name, TrapSite() as site:
        if program == "wget":
            warcs = _run_wget(site, Path(name))
        else:
            warcs = [ask_all(site, Path(name) / "oracle.warc.gz")]
        click.echo(score(site.manifest, site.log, warcs).table(shown))


if __name__ == "__main__":
    main()
