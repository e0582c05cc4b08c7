"""`lookback draw`: which units of a review are visited."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from lookback.cli._base import DONE, command, echo, opened, out_option, painted, style_for, words
from lookback.words import say


@command("draw")
@click.argument("review", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(min=1), metavar="N", required=True, help=words("draw.size"))
@click.option("--seed", metavar="TEXT", help=words("draw.seed"))
@click.option("--published", metavar="TEXT", help=words("draw.published"))
@click.option("--by", default="", metavar="FIELD,…", help=words("draw.by"))
@click.option("--allocation", default="proportional", show_default=True, metavar="HOW", help=words("draw.allocation"))
@click.option("--at-least", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help=words("draw.at-least"))
@click.option("--floor-random", default="0.3", show_default=True, metavar="SHARE", help=words("draw.floor-random"))
@click.option("--always", multiple=True, metavar="UNIT", help=words("draw.always"))
@click.option("--exclude", multiple=True, metavar="UNIT", help=words("draw.exclude"))
@click.option("--where", metavar="CONDITION", help=words("draw.where"))
@click.option("--like", type=click.Path(path_type=Path), metavar="DRAW", help=words("draw.like"))
@click.option("--avoid", type=click.Path(path_type=Path), metavar="DRAW", help=words("draw.avoid"))
@click.option("--groups", type=click.IntRange(min=1), metavar="N", help=words("draw.groups"))
@out_option("draw.out", "DIR", required=True)
def draw_command(
    review: Path,
    size: int,
    seed: str | None,
    published: str | None,
    by: str,
    allocation: str,
    floor_random: str,
    like: Path | None,
    avoid: Path | None,
    out: Path,
    lang: str,
    **asked: Any,
) -> int:
    from lookback.inspection.drawing import Plan, draw
    from lookback.inspection.folder import READABLE, WORKBOOK, Coordinated, open_draw, protocol_of, write_draw
    from lookback.inspection.frame import frame
    from lookback.words.errors import UsageError
    from lookback.writers.inspection.draw import Written

    if like is not None and avoid is not None:
        raise UsageError("like-and-avoid")
    other = like or avoid
    if other is not None and seed is not None:
        raise UsageError("seed-of-other-draw")
    if other is None and seed is None:
        raise UsageError("no-seed")
    of = opened(review, lang)
    coordinated = Coordinated("like" if like else "avoid", open_draw(other)) if other is not None else None
    before = coordinated.with_.draw.plan if coordinated else None
    plan = Plan(
        size=size,
        seed=before.seed if before else (seed or "").strip(),
        by=_fields(by),
        power=_power(allocation),
        floor=_floor(floor_random),
        at_least=asked["at_least"],
        always=tuple(dict.fromkeys(asked["always"])),
        exclude=tuple(dict.fromkeys(asked["exclude"])),
        where=asked["where"],
        groups=asked["groups"],
        turned=before is not None and before.turned != (avoid is not None),
    )
    drawn_from = frame(of, plan.by, plan.where)
    found = draw(drawn_from, plan)
    protocol = protocol_of(found, drawn_from, of, published, coordinated)
    written = Written(found, protocol, of.pack(), lang)
    write_draw(out, found, protocol, {WORKBOOK: written.workbook, READABLE: written.readable})
    painted(written.counts(style := style_for()), style)
    for line in written.told():
        echo(line, err=True)
    echo(say(lang, "draw.written", folder=out), err=True)
    return DONE


def _fields(by: str) -> tuple[str, ...]:
    """The names of --by. Raises UsageError for one that stands there twice."""
    from lookback.words.errors import UsageError

    names = tuple(name.strip() for name in by.split(",") if name.strip())
    for i, name in enumerate(names):
        if name in names[:i]:
            raise UsageError("by-twice", name=name)
    return names


def _power(allocation: str) -> Fraction:
    from lookback.words.errors import UsageError

    text = allocation.strip()
    found = re.fullmatch(r"power=(0(?:\.\d{1,2})?|1(?:\.00?)?)", text)
    if text != "proportional" and found is None:
        raise UsageError("not-an-allocation", text=allocation)
    return Fraction(found[1]) if found else Fraction(1)


def _floor(text: str) -> Fraction:
    from lookback.words.errors import UsageError

    found = re.fullmatch(r"0?\.\d{1,6}|1(?:\.0{1,6})?", text.strip())
    if found is None or not Fraction(found[0]):
        raise UsageError("not-a-floor", text=text)
    return Fraction(found[0])
