"""Conditions and values drawn from the table of operators, sound ones and spoilt ones, by a seed; far faster than hypothesis.

A new row of `operators` is drawn by itself. Spoilt are tokens: left out, doubled, swapped, others put in between, words of SQL
that no condition has, parentheses and chains without end.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from strategies import CHOICES, DOMAINS, INTERVALS, ORDERED, PARAMS, PATTERNS, REGEXES, SCHEMA, TYPES, literal, rows_giving

from lookback.language.operators import AGGREGATES, DIFFERENCES, ROWS, Operator, Takes
from lookback.language.types import Type
from lookback.notions.codes import CHECKS

PARTS = re.compile(r"'(?:[^']|'')*'|\w+|[<>=!|:/*.]+|\s+|.", re.DOTALL)
ODD = (
    *("@", "#", "$", "$1", "?", "~", "!", "^", "&", "|", "||", "//", "%", "**", "::", ":", ":=", "=>", "->", "->>", "<=>", "<<"),
    *("\\", ";", "`", '"', "'", "''", "{", "}", "[", "]", "(", ")", ",", ".", "..", "--", "/*", "*/", "{{", "{%", "\0", "\ud800"),
    *("（", "；", "“", "＝", "１", "²", "\u00a0", "\u3000", "\u200b", "\u202e", "\ufeff", "\n", "\t", "县", "é", "İ"),
    *("1e", "1e5", "1e400", "1e-400", "0e99999999", "1.", ".5", "1.5.", "0x1F", "1_000", "9" * 400, "0." + "1" * 400, "-0"),
    *(
        "null",
        "NULL",
        "true",
        "any",
        "all",
        "as",
        "select",
        "select 1",
        "from units",
        "exists(select 1)",
        "is true",
        "is not",
        "is",
    ),
    *(
        "collate nocase",
        "similar to 'x'",
        "ilike",
        "glob",
        "regexp",
        "over ()",
        "escape '!'",
        "xor",
        "div",
        "mod",
        "isnull",
        "then",
    ),
    *(
        "cast(",
        "try_cast(",
        "floor(",
        "if(",
        "position('a' in ",
        "extract(year from ",
        "substring(name from 1 for 2)",
        "unmet('r')",
        "score('t')",
    ),
    *(
        "interval",
        "interval 1",
        "interval 900000 years",
        "date",
        "date ''",
        "date '2005-02-30'",
        "date '9999-12-31'",
        "timestamp '1'",
    ),
    *(
        "between symmetric",
        "distinct",
        "filter (where",
        "where",
        "case",
        "when",
        "else",
        "end",
        "in",
        "in ()",
        "like",
        "not",
        "and",
    ),
    *(
        "E'x'",
        "x'ff'",
        "$$x$$",
        "N'x'",
        "units.",
        "units.name",
        "no.name",
        "a.b.c.d",
        ":limit",
        ":none",
        "verdict",
        "'@'",
        "count(*)",
    ),
)
DEEP = (
    ("(", ")"),
    ("not ", ""),
    ("- ", ""),
    ("coalesce(", ", 1)"),
    ("case when agreed then ", " end"),
    ("abs(", ")"),
    ("x", "x"),
)


class Grammar:
    """Draws one text after the other. The names are those of `SCHEMA`, the same in every table."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))

    def text(self) -> str:
        """A condition, a value or an aggregate, spoilt or not."""
        draw: Callable[[], str] = self.chance.choice((self.condition, self.condition, self.any_value, self.aggregate))
        found = draw()
        return self.spoilt(found) if self.chance.random() < 0.6 else found

    # ------------------------------------------------------------------------------------------------------------ sound

    def any_value(self) -> str:
        return self.value(self.chance.choice(TYPES), self.chance.randint(1, 4))

    def condition(self) -> str:
        parts = [self.value("boolean", self.chance.randint(1, 3)) for _ in range(self.chance.choice((1, 1, 2, 3)))]
        return f" {self.chance.choice(('and', 'or'))} ".join(parts)

    def aggregate(self) -> str:
        row = self.chance.choice([row for row in ROWS if row.aggregate])
        part = "*" if row.form is AGGREGATES[0] and self.chance.random() < 0.5 else self.filled(row.takes[0])
        where = f" filter (where {self.total()})" if self.chance.random() < 0.5 else ""
        distinct = "distinct " * (part != "*" and self.chance.random() < 0.2)
        found = f"{row.name}({distinct}{part}){where}"
        return found if self.chance.random() < 0.7 else f"{found} {self.chance.choice('+-*/')} {self.chance.choice((found, '2'))}"

    def filled(self, takes: Takes) -> str:
        type_ = self.chance.choice(("integer", "number") if takes is Takes.NUMBER else ORDERED)
        return f"coalesce({self.value(type_, self.chance.randint(0, 2))}, {self.constant(type_)})"

    def total(self) -> str:
        return self.chance.choice((f"coalesce({self.value('boolean', 2)}, {self.constant('boolean')})", "verdict = 'bad'"))

    def value(self, type_: str, depth: int) -> str:
        """A part of a type, as the table of operators makes them."""
        rows = rows_giving(type_) if depth > 0 else []
        if type_ == "boolean":
            rows = [row for row in ROWS if row.gives is Type.BOOLEAN and row.takes[0] is not Takes.RULE] if depth > 0 else []
        if not rows or self.chance.random() < 0.2:
            return self.name(type_) if self.chance.random() < 0.7 else self.constant(type_)
        row = self.chance.choice(rows)
        parts = self.parts(row, type_, depth - 1)
        if row.function:
            return f"{row.name}({', '.join(parts)})"
        first, *rest = (part if re.fullmatch(r"\w+|interval .*", part) else f"({part})" for part in parts)
        return row.written.format(first, *([", ".join(rest)] if row.rest else rest))

    def parts(self, row: Operator, type_: str, depth: int) -> list[str]:
        common = type_ if row.gives != Type.BOOLEAN else self.chance.choice(ORDERED if Takes.ORDERED in row.takes else TYPES)
        found = []
        for takes in [*row.takes, *[row.takes[-1]] * (self.chance.randint(0, 2) if row.rest else 0)]:
            match takes:
                case Takes.ALIKE | Takes.ORDERED | Takes.ANY:
                    found.append(self.value(common, depth))
                case Takes.NUMBER:
                    found.append(self.value(self.chance.choice(("integer", "number")), depth))
                case Takes.CONDITION:
                    found.append(self.value("boolean", depth))
                case Takes.INTERVAL:
                    found.append(f"interval {self.chance.choice(INTERVALS)}")
                case Takes.PATTERN:
                    found.append(literal("text", self.chance.choice(PATTERNS)))
                case Takes.LENGTH:
                    found += [self.value("integer", depth)] * self.chance.randint(0, 1)
                case Takes.REGEX:
                    found.append(literal("text", self.chance.choice(REGEXES)))
                case Takes.CODE:
                    found.append(f"'{self.chance.choice([*CHECKS])}'")
                case Takes.CALENDAR:
                    pass
                case Takes.CHOICES:
                    found.append(self.name("choices"))
                case Takes.MEMBER:
                    found.append(f"'{self.chance.choice(CHOICES)}'")
                case Takes.PLACES:
                    found.append(str(self.chance.randint(0, 16)))
                case Takes.UNIT:
                    found.insert(0, f"'{self.chance.choice(DIFFERENCES)}'")
                case _:
                    found.append(self.value(takes.name.lower(), depth))
        return found[: len(row.takes)] if row.name == "is null" else found

    def name(self, type_: str) -> str:
        return self.chance.choice([name for name, its in SCHEMA.items() if its == type_])

    def constant(self, type_: str) -> str:
        params = [f":{name}" for name, param in PARAMS.items() if param["type"] == type_]
        if params and self.chance.random() < 0.3:
            return self.chance.choice(params)
        return literal(type_, self.chance.choice(CHOICES if type_ == "choice" else DOMAINS[type_]))

    # ----------------------------------------------------------------------------------------------------------- spoilt

    def spoilt(self, text: str) -> str:
        """The text with one to three things changed that nobody means to write."""
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            parts = PARTS.findall(text) or [""]
            at, other = self.chance.randrange(len(parts)), self.chance.randrange(len(parts))
            match self.chance.choice(
                ("out", "out", "twice", "swap", "odd", "odd", "odd", "instead", "cut", "deep", "chain", "null")
            ):
                case "out":
                    del parts[at]
                case "twice":
                    parts[at] *= 2
                case "swap":
                    parts[at], parts[other] = parts[other], parts[at]
                case "odd":
                    parts.insert(at, f" {self.chance.choice(ODD)} ")
                case "instead":
                    parts[at] = self.chance.choice(ODD)
                case "cut":
                    parts = parts[:at]
                case "null":
                    parts[at] = "null"
                case "deep" if self.chance.random() < 0.1:
                    before, after = self.chance.choice(DEEP)
                    times = self.chance.choice((3, 20, 99, 100, 101, 1000))
                    parts = [before * times, *parts, after * times]
                case "chain" if self.chance.random() < 0.1:
                    parts *= self.chance.choice((2, 40, 99, 101, 400))
                    parts = self.chance.choice((" + ", " and ", " or ", " / ", " * ", ", ", ".", "")).join(parts).split(" ")
            text = "".join(parts)
        return text
