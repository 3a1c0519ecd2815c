"""The report on a crawl as lines for people and as JSON, for the commands that print it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from archiver.quantities import write_seconds, write_size
from marsham.cli.support import counted
from snapshots.crawl.outcome import Outcome
from snapshots.crawl.report import CrawlReport

__all__ = ["crawl_as_json", "crawl_lines"]

_WIDE = 9
_TRAP = "trap: "  # how its rules begin
_LONGEST = 10  # lines of one kind
_TOLD = {Outcome.FAILED: "why", Outcome.MOVED: "leads_to"}  # beside an address, by its outcome


def crawl_as_json(report: CrawlReport) -> dict[str, object]:
    """Give the report as JSON has it; what is listed is limited, what is counted is not."""
    row = report.row
    return {
        "crawl": row.number,
        "snapshot": row.snapshot_id,
        "label": report.label,
        "state": row.state,
        "ending": report.ending,
        "finished": report.finished,
        "seeds": report.order.seeds,
        "scope": report.order.scope,
        "begun": row.begun,
        "ended": row.ended,
        "seconds": row.spent / 1000,
        "answers": report.answers,
        "exchanges": row.exchanges,
        "bytes": row.bytes,
        "outcomes": {
            name.name.lower(): report.outcomes.get(name, 0)
            for name in Outcome
            if name is not Outcome.PROBE
        },
        "states": row.counts,
        "statuses": {str(status): number for status, number in report.statuses.items()},
        "refused": report.refused,
        "failures": report.failures,
        "traps": [one._asdict() for one in report.traps],
        "seeds_failed": report.seeds,
        "listed": {
            outcome.name.lower(): [
                {"url": url, _TOLD.get(outcome, ""): told} if told else {"url": url}
                for url, told in rows
            ]
            for outcome, rows in report.listed.items()
        },
        "soft_404s": {"number": report.soft_404s[0], "listed": report.soft_404s[1]},
        "truncated": {"number": report.truncated[0], "listed": report.truncated[1]},
        "not_met": report.not_met
        and {
            "crawl": report.not_met.crawl,
            "snapshot": report.not_met.snapshot_id,
            "number": report.not_met.number,
            "listed": report.not_met.urls,
        },
    }


def crawl_lines(report: CrawlReport) -> Iterator[str]:
    """Write the report in lines, each beginning with what it is about."""
    row = report.row
    where = f"marsham snapshots {row.snapshot_id} --addresses"
    size, time = write_size(row.bytes), write_seconds(row.spent / 1000)
    yield _line("answers", f"{report.answers:,} ({size} in all) in {time}")
    for outcome in report.outcomes:
        name = outcome.name.lower()
        number = report.outcomes[outcome]
        yield _line(name, f"{number:,}")
        if outcome not in (Outcome.NEW, Outcome.UNCHANGED):
            mark = " ->" if outcome is Outcome.MOVED else ":"
            listed = report.listed.get(outcome, ())
            rows = [f"{url}{mark} {told}" if told else url for url, told in listed]
            yield from _listed(rows, number, f"{where} {name}")
    for url, why in report.seeds.items():
        yield _line("seed", f"{url} came to nothing: {why}")
    # What traps refused is told by trap.
    rules = {rule: n for rule, n in report.refused.items() if not rule.startswith(_TRAP)}
    yield from _ruled("refused", rules, f"{where} refused")
    for trap in islice(report.traps, _LONGEST):
        such = f", such as {trap.example}" if trap.example else ""
        rule = trap.rule.removeprefix(_TRAP)
        times = counted(trap.number, "time")
        yield _line("trap", f"{rule}: stopped {times} at {trap.authority}{such}")
    if len(report.traps) > _LONGEST:
        yield _line("", f"and {len(report.traps) - _LONGEST} more; see --json")
    for name, (number, urls) in (("soft 404", report.soft_404s), ("truncated", report.truncated)):
        if number:
            yield _line(name, f"{number:,}")
            yield from _listed(urls, number, f"marsham snapshots {row.snapshot_id} --json")
    if report.not_met and report.not_met.number:
        before = report.not_met
        said = f"{before.number:,} that snapshot {before.snapshot_id} had; nothing leads there now"
        yield _line("not met", said)
        yield from _listed(before.urls, before.number, f"{where} not-met")
    if report.ending:
        yield _line("ended", f"with addresses left: {report.ending}")


def _ruled(name: str, rules: Mapping[str, int], where: str) -> Iterator[str]:
    for rule, number in islice(rules.items(), _LONGEST):
        yield _line(name, f"{number:,} by {rule}")
    if len(rules) > _LONGEST:
        yield _line("", f"and by further rules; see: {where}")


def _listed(rows: Iterable[str], number: int, where: str) -> Iterator[str]:
    shown = list(islice(rows, _LONGEST))
    yield from (_line("", row) for row in shown)
    if number > len(shown):
        yield _line("", f"and {number - len(shown):,} more; see: {where}")


def _line(name: str, text: str) -> str:
    return f"{name:<{_WIDE}} {text}"
