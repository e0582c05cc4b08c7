"""Situations -> statuses, by durable_rules. The only file that imports it.

In: rules, and the situations that occur. Out: for each situation the rule's status, decided by durable_rules and confirmed by
`logic`. Values, texts and dates of records never enter: a situation is one small flat event, whose properties are always
present and are 't', 'f' or 'u' (what rests on something lost is as unknown as anything).

How it is used, and why (each fact is kept by a test): the four durable rules of a pack rule exclude each other and cover
everything, so exactly one fires for a posted event; an equality guard on `rule` keeps the engine's own state messages out;
every event has an id of its own, so that none is taken for a repetition; the host's timer threads are never started, so that
a post has run its action when it returns. Whatever is not answered exactly once stops the run.
"""

from __future__ import annotations

import importlib
import platform
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Literal

from lookback.language import conditions as logic
from lookback.language.conditions import Situation, Status
from lookback.language.formulas import conjunction, formulas_of
from lookback.packs.checked import CheckedRule
from lookback.words.errors import DecisionError, UsageError

Decider = Literal["durable", "reference"]

BUILD_COMMAND = (
    'CC="cc -O2 -DPyEval_CallObject=PyObject_CallObject" {python} -m pip install '
    "--force-reinstall --no-cache-dir --no-deps --no-binary :all: durable_rules==2.0.28"
)


class Deciding:
    """Decides the situations of some rules, each once, for as long as it is kept.

    Raises DecisionError where deciding and confirming disagree, UsageError where durable_rules cannot be loaded."""

    def __init__(self, rules: Sequence[CheckedRule], decider: Decider) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._decider = decider
        self._known: dict[Situation, Status] = {}

    @cached_property
    def _session(self) -> _Session:
        return _Session(list(self._rules.values()))

    def __call__(self, situations: Iterable[Situation]) -> dict[Situation, Status]:
        """The status of each situation's rule."""
        return {situation: self._known.get(situation) or self._decided(situation) for situation in situations}

    def _decided(self, situation: Situation) -> Status:
        confirmed = logic.status(self._rules[situation.rule], situation.values)
        status = self._session.answer(situation) if self._decider == "durable" else confirmed
        if status != confirmed:
            raise DecisionError(
                "deciders-disagree", rule=situation.rule, values="".join(situation.values), durable=status, reference=confirmed
            )
        self._known[situation] = status
        return status


class _Session:
    """One host for one run, with a ruleset a pack rule."""

    def __init__(self, rules: Sequence[CheckedRule]) -> None:
        self.fired: list[tuple[str, Status]] = []
        self.posted = 0
        self.host = _host()
        self.host.register_rulesets({rule.id: self._ruleset(rule) for rule in rules})

    def _ruleset(self, rule: CheckedRule) -> dict[str, Any]:
        """In durable_rules' own form: {name: {"all": [{"m": formula}], "run": action}}."""
        guard = {"rule": rule.id}
        return {
            f"{status} {number}": {"all": [{"m": conjunction([guard, formula])}], "run": self._note(rule.id, status)}
            for status, formulas in formulas_of(rule).items()
            for number, formula in enumerate(formulas)
        }

    def _note(self, rule: str, status: Status) -> Callable[[Any], None]:
        def action(context: Any) -> None:  # exactly one parameter: durable_rules takes two for an asynchronous action
            self.fired.append((rule, status))

        return action

    def answer(self, situation: Situation) -> Status:
        self.fired.clear()
        self.posted += 1
        values = {f"a{i}": value for i, value in enumerate(logic.unsaid(situation.values))}
        where: dict[str, Any] = {"rule": situation.rule, "values": "".join(situation.values)}
        try:
            self.host.post(situation.rule, {"id": str(self.posted), "rule": situation.rule, **values})
        except Exception as error:  # durable_rules raises bare exceptions of its own
            raise DecisionError("not-decided", n=0, why=type(error).__name__, **where) from error
        if len(self.fired) != 1:
            raise DecisionError("not-decided", n=len(self.fired), why="", **where)
        return self.fired[0][1]


def _host() -> Any:
    try:
        engine = importlib.import_module("durable.engine")
    except ImportError as error:
        if "durable" not in str(error) and "PyEval_CallObject" not in str(error):
            raise
        command = BUILD_COMMAND.format(python=shlex.quote(sys.executable))
        raise UsageError("durable-rules-missing", why=str(error), python=platform.python_version(), command=command) from error
    without_threads = type("Host", (engine.Host,), {"_run": lambda self: None})
    return without_threads()
