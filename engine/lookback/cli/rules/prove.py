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
    load,
    pack_argument,
    params_options,
    progress_bar,
    words,
)
from lookback.words import say

if TYPE_CHECKING:
    from lookback.proving.examples import Shown
    from lookback.proving.proof import Found

FOUND = AT_OR_BEYOND
SAVED = "proof.test.yaml"


@command("rules.prove")
@pack_argument
@params_options
@click.option("--save-tests", is_flag=True, help=words("rules.prove.save"))
@click.option("--all-params", is_flag=True, help=words("rules.prove.all-params"))
@decider_option
def prove_command(
    pack: str, as_of: str | None, settings: tuple[str, ...], save_tests: bool, all_params: bool, decider: Any, lang: str
) -> int:
    from lookback.authoring.new import save_tests_in
    from lookback.packs.read import find_pack
    from lookback.proving.examples import in_words
    from lookback.proving.proof import prove

    checked = load(pack, lang, settings, as_of)
    with progress_bar(lang, {"prove": 0.0, "end": 100.0}) as progress:
        proof = prove(checked, lambda share: progress("prove", share), decider, all_params=all_params)
    proof.found.sort(key=lambda f: f.mistake.span.order if f.mistake.span else ("", 0, 0))
    shown: set[object] = set()
    for found in proof.found:
        lines = [found.mistake.render(lang)]
        if (field := (found.mistake.args.get("table"), found.mistake.args.get("field"))) in shown:
            click.echo(lines[0] + "\n")  # a blank that helps a record and so its unit is shown once
            continue
        if found.mistake.code == "blank-helps":
            shown.add(field)
        for head, example in zip(("example.head", "example.left-blank"), found.examples, strict=False):
            lines += [say(lang, head), in_words(checked, example, found.rules, lang)]
        click.echo("\n".join(lines) + "\n")
    if proof.left_open:
        click.echo(say(lang, "open.head"))
        for open_ in proof.left_open:
            click.echo(say(lang, "open.because", question=open_.question, why=open_.why))
        click.echo()
    for kind, n in proof.asked.items():
        click.echo(say(lang, f"asked.{kind}", n=n))
    clean = "" if proof.found or proof.left_open else say(lang, "prove.clean.all-params" if all_params else "prove.clean")
    counts = {"n": sum(proof.asked.values()), "found": len(proof.found), "left_open": len(proof.left_open)}
    click.echo(say(lang, "prove.done", clean=clean, **counts).rstrip())
    if save_tests:
        file = find_pack(pack) / SAVED
        written = save_tests_in(file, checked, list(_named(proof.found, lang)), say(lang, "prove.file-head"))
        click.echo(say(lang, "prove.saved", n=written, file=file) if written else say(lang, "prove.nothing-to-save"), err=True)
    return FOUND if proof.found else DONE


def _named(found: Sequence[Found], lang: str) -> Iterator[tuple[str, Shown]]:
    """Every example with a name for its test."""

    for one in found:
        name = say(lang, "prove.test-of", mistake=say(lang, one.mistake.code, **one.mistake.args))
        if len(one.examples) == 1:
            yield name, one.examples[0]
        for which, example in zip(("filled", "blank"), one.examples[:2] if len(one.examples) > 1 else (), strict=False):
            yield say(lang, f"prove.test.{which}", name=name), example
