"""What the package hands to other programs: `check` and `open_review` with all that a review can be asked, and the same of packs.

Every function takes a pack as a folder, a built-in pack's name or a `Pack` that was read, and parameters by their names.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookback import pipeline
from lookback.packs import DEFAULT_PACK
from lookback.packs.checked import NOT_JUDGED, Named, Pack
from lookback.pipeline import checked_pack
from lookback.records.formats.held import items_of
from lookback.reviews import folder
from lookback.reviews.explanation import Explanation
from lookback.words import say
from lookback.words.errors import LookbackError, Mistake, UsageError
from lookback.writers import explanation, screen

if TYPE_CHECKING:
    from lookback.authoring.rule_tests import TestRun
    from lookback.judging.decider import Decider
    from lookback.proving.proof import Proof
    from lookback.reviews.flagged import Flagged
    from lookback.reviews.impact import Impact
    from lookback.rounds.compare import Comparison


@dataclass(frozen=True, repr=False)
class Problem:
    """A value or row that could not be used, or what was not handed in; `str` is the sentence. `file`: the file by its path, or
    the table's name of data that were handed in; `row`: the line of a file, the row of data, from 1; None where it is of none.
    `column`: its header; `field`: the pack's. `proposed`: what was probably meant. Texts are "" where there is nothing."""

    file: str
    sheet: str
    row: int | None
    cell: str
    column: str
    field: str
    value: str
    expected: str
    proposed: str
    kind: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    __repr__ = __str__


class Explained(Explanation):
    """Why a unit has its verdict, as a tree (`Explanation`); `str` is the text that `lookback explain` prints, and a notebook
    shows the page."""

    lang = "en"

    def __str__(self) -> str:
        return explanation.as_text(self, self.lang)

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(explanation.as_page(self, self.lang))}" width="100%" height="600"></iframe>'


class Review(folder.Review):
    """One run's result. Without `out` its files go with `close()` or the end of `with`; whatever is asked of it then
    raises a UsageError.

    `verdicts`: a row a unit, its key, label, fields, facts, verdict, score, findings, these by outcome. `findings`: a row a
    finding: table, record, unit, rule, clause, status, outcome, reason, and the number of its decision. Both are Arrow tables,
    read when first asked for. `summary`: what review.json says, the same after `check` and `open_review`. `notices`: what was
    told of the input; `str(notice)` is the sentence. Of a review that was opened, files are called by their names alone.
    """

    @property
    def lang(self) -> str:
        """The language of its reasons."""
        return str(self.summary["language"])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be used, by place."""
        self.require("problems.csv")
        with (self.folder / "problems.csv").open(encoding="utf-8", newline="") as stream:
            return tuple(_problem(row, self.lang) for row in csv.DictReader(stream))

    def flagged(
        self,
        *,
        outcome: str | None = None,
        owes: str | None = None,
        rule: str | None = None,
        where: str | None = None,
        top: int | None = None,
        new_since: folder.Review | None = None,
    ) -> Flagged:
        """The flagged units and their findings, as Arrow tables, the worst first. `outcome`: those with this verdict; `owes`:
        those with findings of this outcome; `rule`: those with a finding of it; `where`: those that meet a condition, in the
        language of rules; `top`: the first of them; `new_since`: those that were not flagged in an earlier review. Raises
        UsageError for what the pack does not know."""
        from lookback.reviews.flagged import flagged

        self.require("verdicts.parquet", "findings.parquet")
        pack = self.pack()
        if new_since is not None:
            new_since.require("verdicts.parquet")
        before = None if new_since is None else (new_since.folder, new_since.pack())
        owes = pack.pack.outcome_named(owes) if owes is not None else None
        return flagged(self.folder, pack, outcome=outcome, owes=owes, rule=rule, where=where, top=top, new_since=before)

    def explain(self, unit: str, lang: str | None = None) -> Explained:
        """Why a unit has its verdict. `unit`: its key, or its label where only one unit has it. Raises UsageError where there
        is no such unit."""
        from lookback.reviews.explain import explain

        self.require()
        found = Explained(**vars(explain(self, str(unit), lang or self.lang)))
        object.__setattr__(found, "lang", lang or self.lang)
        return found

    def compare(self, old: folder.Review, lang: str | None = None) -> Comparison:
        """What changed since an earlier review. Raises UsageError where the two cannot be held against each other."""
        from lookback.rounds.compare import compare

        self.require()
        return compare(old, self, lang=lang, decider=self.decider)

    def _counts(self) -> dict[str, int]:
        """The units of each verdict, by its title."""
        of: dict[str, int] = {**self.summary["verdicts"]}
        if n := self.summary["not_judged"]:
            of[NOT_JUDGED] = n
        try:
            names = Named(self.pack(), self.lang)
        except LookbackError:  # a pack that is not as it was written: whoever asks for more is told
            return of
        return {names.outcome(outcome): n for outcome, n in of.items()}

    def _problems_said(self) -> str:
        if not self.problem_count:
            return say(self.lang, "review.no-problems")
        aside = sum(self.summary["set_aside"].values())
        return say(self.lang, "screen.problems", n=self.problem_count, set_aside=aside).rstrip(":：")

    def __repr__(self) -> str:
        counts = say(self.lang, "reason.and").join(f"{outcome} {n:,}" for outcome, n in self._counts().items())
        return "\n".join([screen.title(self.summary, self.lang), counts, self._problems_said()])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(o)}</td><td>{n:,}</td></tr>" for o, n in self._counts().items())
        title, said = escape(screen.title(self.summary, self.lang)), escape(self._problems_said())
        return f"<p><b>{title}</b></p><table>{rows}</table><p>{said}</p>"


def _problem(row: Mapping[str, str], lang: str) -> Problem:
    more = {name: value for name, value in row.items() if name != "row"}
    return Problem(**more, row=int(row["row"]) if row["row"] else None, sentence=screen.problem(row, lang))


def check(data: pipeline.Data, pack: str | Path | Pack = DEFAULT_PACK, **options: Any) -> Review:
    return _review(pipeline.check(data, pack, **options))


check.__doc__ = pipeline.check.__doc__


def open_review(path: str | Path) -> Review:
    """A review that was written to a folder. Raises UsageError where there is none, not the whole of one, or its review.json is
    not as it was written; its other files are looked at when they are read."""
    return _review(folder.open_review(path))


def _review(found: folder.Review) -> Review:
    review = Review(**{f.name: getattr(found, f.name) for f in fields(found)})
    review.notices = tuple(replace(notice, lang=review.lang) for notice in review.notices)
    return review


# ---------------------------------------------------------------------------------------------------------------- packs


def lint(pack: str | Path | Pack) -> list[Mistake]:
    """What is allowed in a pack and probably not meant, by place; `render(lang)` is the text of each. Raises PackError."""
    from lookback.packs.lint import lint

    return lint(checked_pack(pack))


def prove(
    pack: str | Path | Pack,
    *,
    params: Mapping[str, Any] | None = None,
    all_params: bool = False,
    timeout: float | None = None,
    decider: Decider = "durable",
) -> Proof:
    """What the rules of a pack can and cannot come to, whatever the records say: what was found, each with an example, and what
    was left open. `all_params`: for every value of the parameters; `timeout`: seconds for all of it. Raises PackError."""
    from lookback.packs.params import REVIEW_DAY
    from lookback.proving.proof import prove

    any_day = REVIEW_DAY not in (params or {})
    return prove(checked_pack(pack, params), decider=decider, any_day=any_day, all_params=all_params, timeout=timeout)


def impact(
    old: str | Path | Pack,
    new: str | Path | Pack,
    data: pipeline.Data,
    *,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> Impact:
    """Whose verdicts move from one pack to another. `data`: as `check` takes it; `options`: as in `check` (lang, threads,
    memory, encoding, accept_headers, decider, progress). Raises PackError, UsageError, InputError."""
    from lookback.reviews.impact import impact

    return impact(checked_pack(old, params), checked_pack(new, params), items_of(data), **options)


def run_tests(pack: str | Path, *, only: str | None = None, decider: Decider = "durable", lang: str = "en") -> TestRun:
    """Run the tests that stand beside the rules of a pack. `only`: those whose names have it in them. Raises PackError, and
    UsageError where there are none."""
    from lookback.authoring.rule_tests import read_cases, run_cases
    from lookback.packs.read import read_tests

    of = checked_pack(pack)
    cases = [case for case in read_cases(of, read_tests(pack)) if (only or "").casefold() in case.test.test.casefold()]
    if not cases:
        raise UsageError("no-tests-yet", pack=str(pack)) if only is None else UsageError("no-tests", only=only)
    return run_cases(of, cases, decider, lang)
