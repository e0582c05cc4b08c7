"""`lookback rules prove`: what a pack can and cannot do, proved for every possible record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    pack_to_change,
    params_options,
    words,
)
from lookback.words import say

if TYPE_CHECKING:
    from lookback.judging.trial import Got
    from lookback.packs.checked import CheckedPack
    from lookback.proving.examples import Shown
    from lookback.proving.proof import Found, Proof

FOUND = AT_OR_BEYOND
TIMEOUT = 60
LATE_SHOWN = 10
"""So many questions for which there was no time are told one by one."""
SAVED = "proof.test.yaml"


@command("rules.prove")
@pack_argument
@params_options
@click.option("--save-tests", is_flag=True, help=words("rules.prove.save"))
@click.option("--all-params", is_flag=True, help=words("rules.prove.all-params"))
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help=words("rules.prove.timeout"),
)
@format_option("text", "json", code="rules.prove.format")
@decider_option
def prove_command(
    pack: str,
    as_of: str | None,
    settings: tuple[str, ...],
    save_tests: bool,
    all_params: bool,
    timeout: float,
    form: str,
    decider: Any,
    lang: str,
) -> int:
    from lookback.authoring.examine import changeable
    from lookback.authoring.new import save_tests_in
    from lookback.authoring.rule_tests import judged_in_tests, read_cases
    from lookback.packs.params import REVIEW_DAY
    from lookback.packs.read import find_pack, read_tests
    from lookback.proving.examples import in_words
    from lookback.proving.proof import prove
    from lookback.words.errors import PackError
    from lookback.writers.mistakes import proof_as_json

    if save_tests:
        changeable(pack_to_change(pack))
    checked = load(pack, lang, settings, as_of)
    shown: set[object] = set()
    asked = 0

    def count(n: int) -> None:
        nonlocal asked
        asked = n

    def tell(found: Found) -> None:
        """What was found, as soon as it is."""
        lines = [found.mistake.render(lang)]
        if (field := (found.mistake.args.get("table"), found.mistake.args.get("field"))) not in shown or field == (None, None):
            if found.mistake.code == "blank-helps":
                shown.add(field)  # a blank that helps a record and so its unit is shown once
            for head, example in zip(("example.head", "example.left-blank"), found.examples, strict=False):
                lines += [say(lang, head), in_words(checked, example, found.rules, lang)]
        wipe()
        if form == "text":
            echo("\n".join(lines) + "\n")

    def witnesses() -> list[tuple[str, Got]]:
        """What the pack's tests show; nothing, where they cannot be read: `rules test` says why."""
        try:
            cases = read_cases(checked, read_tests(find_pack(pack)))
        except PackError:
            return []
        return judged_in_tests(checked, cases, decider, {REVIEW_DAY} if any_day else ())

    any_day = as_of is None and REVIEW_DAY not in [one.partition("=")[0].strip() for one in settings]
    with going_on(lambda seconds: say(lang, "prove.going", seconds=seconds, n=asked)) as wipe:
        more: dict[str, Any] = {"any_day": any_day, "all_params": all_params, "timeout": timeout}
        proof = prove(checked, count, decider, tell=tell, witnesses=witnesses, **more)
    echo(proof_as_json(proof, checked, lang) if form == "json" else _closing(proof, checked, all_params, lang))
    if save_tests:
        file = find_pack(pack) / SAVED
        written = save_tests_in(pack, SAVED, checked, list(_named(proof.found, lang)), say(lang, "prove.file-head"))
        echo(say(lang, "prove.saved", n=written, file=file) if written else say(lang, "prove.nothing-to-save"), err=True)
    return FOUND if proof.found else DONE


def _closing(proof: Proof, pack: CheckedPack, all_params: bool, lang: str) -> str:
    """What was left open, what the pack says itself, how much was asked, and what is proved by it."""
    lines: list[str] = []
    if proof.left_open:
        late = [open_ for open_ in proof.left_open if open_.why.code == "free.time"]
        told = [open_ for open_ in proof.left_open if open_.why.code != "free.time"] + late[:LATE_SHOWN]
        lines += [say(lang, "open.head"), *(say(lang, "open.because", question=one.question, why=one.why) for one in told)]
        lines += [say(lang, "open.more", n=len(late) - LATE_SHOWN)] if len(late) > LATE_SHOWN else []
        lines.append("")
    stated = len(proof.stated)
    if stated:
        lines += [say(lang, "stated.head"), *(one.in_words(pack, lang) for one in proof.stated), ""]
    lines += [say(lang, f"asked.{kind}", n=n, stated=stated) for kind, n in proof.asked.items()]
    clean = ""
    if not proof.found and not proof.left_open:
        but = say(lang, "prove.clean.stated", n=stated) if stated else ""
        clean = say(lang, "prove.clean.all-params" if all_params else "prove.clean", stated=but)
    counts = {"n": sum(proof.asked.values()), "found": len(proof.found), "left_open": len(proof.left_open)}
    return "\n".join([*lines, say(lang, "prove.done", clean=clean, **counts).rstrip()])


def _named(found: Sequence[Found], lang: str) -> Iterator[tuple[str, Shown]]:
    """Every example with a name for its test."""

    for one in found:
        name = say(lang, "prove.test-of", mistake=say(lang, one.mistake.code, **one.mistake.args))
        if len(one.examples) == 1:
            yield name, one.examples[0]
        for which, example in zip(("filled", "blank"), one.examples[:2] if len(one.examples) > 1 else (), strict=False):
            yield say(lang, f"prove.test.{which}", name=name), example
