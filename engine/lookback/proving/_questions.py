"""What is asked of a pack, and what is known when all of it is asked.

In: nothing. Out: the shapes of a question, of what was found, and of a proof. They ask nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lookback.judging.trial import Got
from lookback.proving.examples import Shown, Stated
from lookback.proving.search import Claim, Example
from lookback.proving.worlds import Beside
from lookback.words import Word
from lookback.words.errors import Mistake

Witnesses = Callable[[], Iterable[tuple[str, Got]]]
"""Records that were judged, and the tables of these."""
Tell = Callable[[Sequence[Shown]], None]
"""Tells what is wrong, given the examples that show it."""


@dataclass(frozen=True)
class Found:
    """Something wrong with the logic of a pack, and the examples that show it."""

    mistake: Mistake
    examples: tuple[Shown, ...] = ()

    @property
    def rules(self) -> list[str]:
        """The rules that it is about."""
        args = self.mistake.args
        named = [str(args[key]) for key in ("rule", "by", "other") if key in args]
        return [*named, *(str(args["rules"]).split(", ") if "rules" in args else ())]


@dataclass(frozen=True)
class LeftOpen:
    """A question without an answer, and why it has none."""

    question: Word
    why: Word


@dataclass
class Proof:
    """`asked`: how many questions of each kind were answered."""

    found: list[Found] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    left_open: list[LeftOpen] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """Is there a record of a table of which the claim holds? `code`, `args`: what is told where that stays open. `bad`: the
    answer that something is wrong with. `seen`: whether a record that was judged shows that the answer is yes. `agrees`: the
    example of a yes as the engine judges it; nothing, where it sees it otherwise. `tell` what is wrong, given these.
    `all_params`: asked of every value of the parameters, where that is wanted."""

    kind: str
    table: str
    claim: Claim
    code: str
    args: Mapping[str, Any]
    agrees: Callable[[Example], Sequence[Shown]]
    tell: Tell
    bad: bool = False
    beside: Beside | None = None
    all_params: bool = False
    seen: Callable[[Got], bool] = lambda one: False
