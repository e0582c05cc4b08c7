"""`lookback rules test`: the tests that stand beside the rules; what they do not reach, and what they would not notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from lookback.cli._base import (
    AT_OR_BEYOND,
    DONE,
    command,
    decider_option,
    echo,
    format_option,
    going_on,
    load,
    pack_argument,
    style_for,
    words,
)
from lookback.words import say
from lookback.words.errors import UsageError
from lookback.words.source import draw

if TYPE_CHECKING:
    from lookback.authoring.mutants import Mutant
    from lookback.authoring.rule_tests import Case, Failure
    from lookback.packs.checked import CheckedPack, CheckedRule
    from lookback.packs.model import TestFile

FAILED = AT_OR_BEYOND
FAILURES_SHOWN = 50


@command("rules.test")
@pack_argument
@click.option("-k", "only", metavar="NAME", help=words("rules.test.k"))
@click.option("--coverage", is_flag=True, help=words("rules.test.coverage"))
@click.option("--mutate", is_flag=True, help=words("rules.test.mutate"))
@format_option("text", "json", code="check.format")
@decider_option
def test_command(pack: str, only: str | None, coverage: bool, mutate: bool, form: str, decider: Any, lang: str) -> int:
    from lookback.authoring.rule_tests import read_cases, run_cases
    from lookback.language.types import in_json
    from lookback.packs.checks.whole import every_rule
    from lookback.packs.read import read_tests

    checked, files = load(pack, lang), read_tests(pack)
    cases = read_cases(checked, files)
    if only is not None:
        cases = [case for case in cases if only.casefold() in case.test.test.casefold()]
    if not cases and only is None:
        raise UsageError("no-tests-yet", pack=pack)
    if not cases:
        raise UsageError("no-tests", only=only)
    with going_on(lambda seconds: say(lang, "tests.going", seconds=seconds, n=len(cases))):
        run = run_cases(checked, cases, decider, lang)
    failed = len({failure.test for failure in run.failures})
    told: dict[str, Any] = {"passed": run.tests - failed, "failed": failed, "expectations": run.expectations}
    if form == "json":
        told["failures"] = [
            {**asdict(replace(f, span=None)), "reasons": dict(f.reasons), "place": str(f.span)}  # type: ignore[arg-type]
            for f in run.failures
        ]
    else:
        _tell(run.failures, lang)
        echo(say(lang, "tests.done", **told))
    ok = not failed
    if coverage:
        covered = [_covered(checked, rule, run.reached, run.statuses, lang) for rule in every_rule(checked)]
        if form == "json":
            told["coverage"] = [of.in_json() for of in covered]
        else:
            _tell_covered(covered, lang)
        ok &= not any(of.lacking for of in covered)
    if mutate and ok:
        survivors, excused, n = _mutate(checked, [file for _, file in files], cases, decider, lang)
        if form == "json":
            told["mutants"] = {"tried": n, "equivalent": excused}
            told["mutants"]["survivors"] = [{"of": m.of, "written": m.written, "place": str(m.span)} for m in survivors]
        else:
            for mutant in survivors:
                echo("\n".join([say(lang, "tests.survivor", of=mutant.of, written=mutant.written), draw(mutant.span), ""]))
            echo(say(lang, "tests.mutated", n=n, survivors=len(survivors), excused=excused))
        ok &= not survivors
    if form == "json":
        echo(in_json(told))
    return DONE if ok else FAILED


def _tell(failures: Sequence[Failure], lang: str) -> None:
    for failure in failures[:FAILURES_SHOWN]:
        reasons = [f"    {rule}: {reason}" for rule, reason in failure.reasons.items()]
        got = {key: getattr(failure, key) for key in ("table", "record", "what", "expected", "got")}
        said = [say(lang, "tests.failed", test=failure.test), f"  {say(lang, 'tests.got', **got)}", *reasons]
        echo("\n".join([*said, draw(failure.span), ""]))


@dataclass(frozen=True)
class _Covered:
    """What the tests reach of one rule: how many of the statuses that can occur, which not; of its situations, which not."""

    rule: CheckedRule
    statuses: int
    lacking: Sequence[str]
    situations: int
    unreached: Sequence[tuple[Any, ...]]
    conditions: Sequence[str]
    """The parts of its conditions, as a person would say them."""

    def in_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "outcomes": self.statuses,
            "lacking": self.lacking,
            "situations": self.situations,
            "unreached": [dict(zip(self.conditions, values, strict=True)) for values in self.unreached],
        }


def _covered(
    pack: CheckedPack, rule: CheckedRule, reached: Mapping[str, set[Any]], statuses: Mapping[str, set[Any]], lang: str
) -> _Covered:
    from lookback.judging.situations import possible
    from lookback.language import conditions as logic
    from lookback.packs.checks.whole import asking
    from lookback.packs.sentences import Sentences

    of = asking(pack, rule.id)
    situations = possible(of, [rule])[rule.id] | reached.get(rule.id, set())
    wanted = {logic.status(rule, values) for values in situations}
    lacking, unreached = sorted(wanted - statuses.get(rule.id, set())), sorted(situations - reached.get(rule.id, set()))
    sentences = Sentences(of, lang)
    conditions = [sentences.atom(rule, i, True) for i in range(len(rule.atoms))]
    return _Covered(rule, len(wanted), lacking, len(situations), unreached, conditions)


def _tell_covered(covered: Sequence[_Covered], lang: str) -> None:
    from lookback.language import conditions as logic
    from lookback.writers.screen import heads, mark, table

    rows = [
        [
            of.rule.id,
            f"{of.statuses - len(of.lacking)}/{of.statuses}",
            f"{of.situations - len(of.unreached)}/{of.situations}",
            ", ".join(say(lang, f"status.{status}") for status in of.lacking),
        ]
        for of in covered
    ]
    echo("\n" + table(heads(lang, "id", "outcomes", "situations", "lacking"), rows, style=style_for()))
    if any(of.unreached for of in covered):
        echo("\n" + say(lang, "tests.unreached"))
    for of in covered:
        for values in of.unreached:
            parts = zip(of.conditions, values, strict=True)
            said = "; ".join(say(lang, "tests.situation", condition=text, truth=mark(v, lang)) for text, v in parts)
            echo(f"  {of.rule.id}: {said} ({say(lang, f'status.{logic.status(of.rule, values)}')})")
    echo(say(lang, "tests.not-covered" if any(of.lacking for of in covered) else "tests.covered"))


def _mutate(
    pack: CheckedPack, files: Sequence[TestFile], cases: Sequence[Case], decider: Any, lang: str
) -> tuple[list[Mutant], int, int]:
    """Try every change: those that no test notices and nobody excused, how many are excused, and how many were tried."""
    from tqdm import tqdm

    from lookback.authoring.mutants import is_equivalent, mutants, survivors

    equivalent = [e for file in files for e in file.equivalent]
    found = mutants(pack.pack)
    with tqdm(total=len(found), delay=1, leave=False, disable=None, desc=say(lang, "tests.mutating")) as bar:
        left = survivors(pack, found, cases, lambda: bar.update() and None, decider)
    unexcused = [mutant for mutant in left if not is_equivalent(mutant, equivalent)]
    return unexcused, len(left) - len(unexcused), len(found)
