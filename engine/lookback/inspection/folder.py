"""The folder of a draw: written, opened, and drawn again.

In: a draw and what it was drawn from. Out: `draw.csv`, all units with their strata, chances and numbers; `protocol.json`, the
plan, what came of it, the hashes of the other files and last its own; and what others write for people. A draw that is opened was
drawn again from `draw.csv`: whoever changes who is drawn, and the hashes as well, is found out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from lookback import VERSION
from lookback.inspection.drawing import BITS, Chosen, Draw, Plan, draw, sizes_of_groups
from lookback.inspection.frame import Frame, Unit, frame, uncollected
from lookback.language.types import in_json
from lookback.place import replaced_folder, settle
from lookback.reviews.folder import MOST_NAMED, Damage, Review, damage, sha256_of, write_summary
from lookback.words.errors import UsageError
from lookback.words.shown import no_formula

PROTOCOL, LIST, READABLE, WORKBOOK = "protocol.json", "draw.csv", "protocol.md", "draw.xlsx"
FILES = {PROTOCOL, LIST, READABLE, WORKBOOK}
FORMAT = 1
EXCLUDED = "excluded"
COLUMNS = ("unit", "label", "verdict", "score", "findings", "answers", "why", "chance", "number", "drawn", "group")
"""Of draw.csv; behind them the fields that the draw is by."""
PLACES = 12
"""Of a chance as it is written."""
NO_PLAN = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
"""What comes of a protocol in which somebody wrote what no plan says."""
Protocol = Mapping[str, Any]


@dataclass(frozen=True)
class DrawFolder:
    folder: Path
    protocol: Protocol
    draw: Draw

    @property
    def id(self) -> str:
        return str(self.protocol["draw"])


@dataclass(frozen=True)
class Coordinated:
    """Another draw whose numbers a draw has: `how` "like" or "avoid"."""

    how: str
    with_: DrawFolder


# ------------------------------------------------------------------------------------------------------------- writing


def protocol_of(
    found: Draw, drawn_from: Frame, review: Review, published: str | None, coordinated: Coordinated | None
) -> Protocol:
    """What protocol.json says, but for the hashes."""
    plan, summary = found.plan, review.summary
    others = {c.unit.key for c in coordinated.with_.draw.drawn} if coordinated else set()
    of = {"lookback": summary["lookback"], "sha256": summary["sha256"], "pack": summary["pack"]}
    asked = {
        "size": plan.size,
        "seed": plan.seed,
        "published": published,
        "by": list(plan.by),
        "power": str(plan.power),
        "at_least": plan.at_least,
        "floor_random": str(plan.floor),
        "always": list(plan.always),
        "exclude": list(plan.exclude),
        "where": plan.where,
        "groups": plan.groups,
        "turned": plan.turned,
    }
    with_ = None
    if coordinated is not None:
        in_both = sorted(c.unit.key for c in found.drawn if c.unit.key in others)
        with_ = {"how": coordinated.how, "draw": coordinated.with_.id, "in_both": in_both}
    return {
        "lookback": VERSION,
        "draw_format": FORMAT,
        "draw": _id(of, asked),
        "review": of,
        "outcomes": list(review.pack().outcomes),
        "plan": asked,
        "coordinated": with_,
        "outside": drawn_from.outside,
        "open": list(drawn_from.open_),
        **_outcome(found),
    }


def _id(of: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """What a draw is called: the same for the same plan on the same review."""
    return sha256(in_json([of, asked]).encode()).hexdigest()[:8]


def write_draw(out: Path, found: Draw, protocol: Protocol, more: Mapping[str, Callable[[Path], None]]) -> None:
    """A draw's folder, whole or not at all. `more`: what fills the files for people. Raises OutputError."""
    with replaced_folder(out, _is_draw) as folder:
        (folder / LIST).write_bytes(listed(found).encode())
        for name, fill in more.items():
            fill(folder / name)
        files = {name: sha256_of(folder / name) for name in sorted((LIST, *more))}
        write_summary(folder, in_json({**protocol, "files": files}), PROTOCOL)


@uncollected()
def listed(found: Draw) -> str:
    """draw.csv: a row a unit, by key, excluded ones last; a number as 64 hexadecimal digits."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")  # with both, texts that hold one of them are quoted
    rows.writerow([*COLUMNS, *found.plan.by])
    chosen = (
        [*_of(c.unit), c.certain, chance_text(*c.chance), _hex(c.number), int(c.drawn), c.group, *c.unit.stratum]
        for c in found.units
    )
    rows.writerows(chosen)
    rows.writerows([*_of(unit), EXCLUDED, "0", "", 0, None, *unit.stratum] for unit in found.excluded)
    return text.getvalue()


def _of(unit: Unit) -> tuple[str, str, str, int, int, int]:
    return unit.key, no_formula(unit.label), unit.verdict, unit.score, unit.findings, unit.answers


def _hex(number: int) -> str:
    return number.to_bytes(BITS // 8, "big").hex()


def chance_text(chance: int, of: int, places: int = PLACES) -> str:
    """A chance as a decimal, rounded half up."""
    if chance == of:
        return "1"
    return f"0.{(2 * chance * 10**places + of) // (2 * of):0{places}d}"


def _is_draw(folder: Path) -> bool:
    return _protocol_in(folder) is not None and {file.name for file in folder.iterdir()} <= FILES


# ------------------------------------------------------------------------------------------------------------- reading


def is_draw(folder: Path) -> bool:
    """Whether a folder has the protocol of a draw."""
    settle(folder.resolve().parent)
    return _protocol_in(folder) is not None


def _protocol_in(folder: Path) -> dict[str, Any] | None:
    try:
        protocol = json.loads((folder / PROTOCOL).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return protocol if isinstance(protocol, dict) and "draw_format" in protocol else None


def open_protocol(folder: Path) -> Protocol:
    """protocol.json of a draw. Raises UsageError where there is none, or it is one of another version."""
    settle(folder.resolve().parent)
    protocol = _protocol_in(folder)
    if protocol is None:
        raise UsageError("no-draw", folder=str(folder))
    if protocol["draw_format"] != FORMAT:
        raise UsageError("draw-of-other-version", folder=str(folder), version=protocol.get("lookback", "?"))
    return protocol


def damage_of(folder: Path, protocol: Protocol) -> Damage:
    """Files of a draw that are not as they were written, by the hashes in protocol.json."""
    return damage(folder, protocol, summary_name=PROTOCOL)


def open_draw(folder: Path) -> DrawFolder:
    """A draw, its files as they were written, and drawn again. Raises UsageError where it is not what its plan gives."""
    protocol = open_protocol(folder)
    found = damage_of(folder, protocol)
    if found:
        names = (*found.missing, *found.changed, *found.added)
        raise UsageError("draw-changed", folder=str(folder), files=", ".join(names[:MOST_NAMED]))
    again, differing = redrawn(folder, protocol)
    if again is None or differing:
        raise UsageError("draw-not-as-planned", folder=str(folder), units=", ".join(differing[:MOST_NAMED]) or PROTOCOL)
    return DrawFolder(folder, protocol, again)


def judged_of(drawn: DrawFolder, review: Review) -> list[Chosen]:
    """The drawn units that have a key. Raises UsageError for a review of another pack, or with other outcomes."""
    pack = review.pack()
    if pack.pack.header.pack != drawn.protocol["review"]["pack"]["name"] or [*pack.outcomes] != drawn.protocol["outcomes"]:
        raise UsageError("estimate-of-other-pack", review=str(review.folder), draw=str(drawn.folder))
    return [chosen for chosen in drawn.draw.drawn if chosen.unit.judged]


@uncollected()
def redrawn(folder: Path, protocol: Protocol, review: Review | None = None) -> tuple[Draw | None, list[str]]:
    """The draw, drawn again from the units of draw.csv, or of the review; and the units of which draw.csv says something else.
    None where its plan cannot be drawn. Raises UsageError where the review is not the one that it was drawn from."""
    if review is not None and review.summary["sha256"] != protocol["review"]["sha256"]:
        raise UsageError("draw-of-other-review", folder=str(folder), review=str(review.folder))
    try:
        text = (folder / LIST).read_bytes().decode()
        plan = _plan_of(protocol)
        units = _frame_in(text)
        said = {key: protocol[key] for key in ("draw", "units", "drawn", "strata", "joined", "groups")}
    except (*NO_PLAN, OSError, csv.Error):
        return None, []
    if review is not None:
        units = frame(review, plan.by, plan.where)
    try:
        again = draw(units, plan)
    except (*NO_PLAN, UsageError):
        return None, []
    if said != {"draw": _id(protocol["review"], protocol["plan"]), **_outcome(again)} and text == listed(again):
        return None, []
    return again, _differing(text, listed(again))


def _outcome(found: Draw) -> dict[str, Any]:
    """What came of a plan, as JSON has it."""
    return {
        "units": len(found.units),
        "drawn": len(found.drawn),
        "strata": [{**s._asdict(), "values": list(s.values)} for s in found.strata],
        "joined": [list(group) for group in found.joined],
        "groups": {str(group): n for group, n in sizes_of_groups(found).items()},
    }


def _plan_of(protocol: Protocol) -> Plan:
    """Raises one of NO_PLAN where it says what no plan does."""
    plan = protocol["plan"]
    power, floor = Fraction(plan["power"]), Fraction(plan["floor_random"])
    if not (0 <= power <= 1 and power.denominator <= 100 and 0 < floor <= 1 and floor.denominator <= 10**6):
        raise ValueError(plan)
    return Plan(
        size=plan["size"],
        seed=plan["seed"],
        by=tuple(plan["by"]),
        power=power,
        at_least=plan["at_least"],
        floor=floor,
        always=tuple(plan["always"]),
        exclude=tuple(plan["exclude"]),
        where=plan["where"],
        groups=plan["groups"],
        turned=plan["turned"],
    )


def _frame_in(text: str) -> Frame:
    units = []
    for key, label, verdict, score, findings, answers, *rest in _rows(text)[1:]:
        stratum = tuple(rest[len(COLUMNS) - 6 :])
        units.append(Unit(key, label, stratum, verdict, int(score), int(findings), int(answers)))
    return Frame(tuple(sorted(units)), 0, ())


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _differing(one: str, other: str) -> list[str]:
    """The keys of rows that are not the same in both."""
    if one == other:
        return []
    rows = [{row[0]: row for row in _rows(text) if row} for text in (one, other)]
    keys: Sequence[str] = sorted(rows[0].keys() | rows[1].keys())
    return [key for key in keys if rows[0].get(key) != rows[1].get(key)] or [LIST]
