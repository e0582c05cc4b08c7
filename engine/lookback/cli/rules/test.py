"""`lookback rules test`: the tests that stand beside the rules; what they do not reach, and what they would not notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from lookback.cli._base import AT_OR_BEYOND, DONE, command, decider_option, echo, load, pack_argument, words
from lookback.words import say
from lookback.words.errors import UsageError
from lookback.words.source import draw

if TYPE_CHECKING:
    from lookback.authoring.rule_tests import Case
    from lookback.packs.checked import CheckedPack
    from lookback.packs.model import TestFile

FAILED = AT_OR_BEYOND
FAILURES_SHOWN = 50


@command("rules.test")
@pack_argument
@click.option("-k", "only", metavar="NAME", help=words("rules.test.k"))
@click.option("--coverage", is_flag=True, help=words("rules.test.coverage"))
@click.option("--mutate", is_flag=True, help=words("rules.test.mutate"))
@decider_option
def test_command(pack: str, only: str | None, coverage: bool, mutate: bool, decider: Any, lang: str) -> int:
    from lookback.authoring.rule_tests import read_cases, run_cases
    from lookback.packs.read import read_tests

    checked, files = load(pack, lang), read_tests(pack)
    cases = read_cases(checked, files)
    if only is not None:
        cases = [case for case in cases if only.casefold() in case.test.test.casefold()]
    if not cases:
        raise UsageError("no-tests", only=only or "")
    run = run_cases(checked, cases, decider, lang)
    for failure in run.failures[:FAILURES_SHOWN]:
        reasons = [f"    {rule}: {reason}" for rule, reason in failure.reasons.items()]
        got = {key: getattr(failure, key) for key in ("table", "record", "what", "expected", "got")}
        said = [say(lang, "tests.failed", test=failure.test), f"  {say(lang, 'tests.got', **got)}", *reasons]
        echo("\n".join([*said, draw(failure.span), ""]))
    failed = len({failure.test for failure in run.failures})
    echo(say(lang, "tests.done", passed=run.tests - failed, failed=failed, expectations=run.expectations))
    ok = not failed
    if coverage:
        ok &= _coverage(checked, run.reached, run.statuses, lang)
    if mutate and ok:
        ok &= _mutate(checked, [file for _, file in files], cases, decider, lang)
    return DONE if ok else FAILED


def _coverage(pack: CheckedPack, reached: Mapping[str, set[Any]], statuses: Mapping[str, set[Any]], lang: str) -> bool:
    """Print what the tests reach of each rule; whether they reach every status that can occur."""
    from lookback.judging.situations import possible
    from lookback.language import conditions as logic
    from lookback.packs.model import said_of
    from lookback.writers.screen import heads, mark, table

    rows, missing = [], []
    can = possible(pack, pack.rules)
    complete = True
    for rule in pack.rules:
        situations = can[rule.id] | reached.get(rule.id, set())
        wanted = {logic.status(rule, values) for values in situations}
        got = statuses.get(rule.id, set()) & wanted
        complete &= got == wanted
        left = sorted(situations - reached.get(rule.id, set()))
        lacking = ", ".join(say(lang, f"status.{s}") for s in sorted(wanted - got))
        rows.append([rule.id, f"{len(got)}/{len(wanted)}", f"{len(situations) - len(left)}/{len(situations)}", lacking])
        missing += [(rule, values) for values in left]
    echo("\n" + table(heads(lang, "id", "outcomes", "situations", "lacking"), rows))
    if missing:
        echo("\n" + say(lang, "tests.unreached"))
        for rule, values in missing:
            said = ", ".join(f"{said_of(atom.text)} {mark(v, lang)}" for atom, v in zip(rule.atoms, values, strict=True))
            echo(f"  {rule.id}: {said} ({say(lang, f'status.{logic.status(rule, values)}')})")
    echo(say(lang, "tests.covered" if complete else "tests.not-covered"))
    return complete


def _mutate(pack: CheckedPack, files: Sequence[TestFile], cases: Sequence[Case], decider: Any, lang: str) -> bool:
    """Try every change; print those that no test notices. Whether there are none."""
    from tqdm import tqdm

    from lookback.authoring.mutants import is_equivalent, mutants, survivors

    equivalent = [e for file in files for e in file.equivalent]
    found = mutants(pack.pack)
    with tqdm(total=len(found), delay=1, leave=False, disable=None, desc=say(lang, "tests.mutating")) as bar:
        left = survivors(pack, found, cases, lambda: bar.update() and None, decider)
    unexcused = [mutant for mutant in left if not is_equivalent(mutant, equivalent)]
    for mutant in unexcused:
        echo("\n".join([say(lang, "tests.survivor", of=mutant.of, written=mutant.written), draw(mutant.span), ""]))
    echo(say(lang, "tests.mutated", n=len(found), survivors=len(unexcused), excused=len(left) - len(unexcused)))
    return not unexcused
