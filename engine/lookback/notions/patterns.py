"""Patterns of texts: the regular part of RE2, always about the whole text.

In: a pattern as a rule writes it. Out: a `Pattern`, which says of a text whether it is of it, and how RE2 reads it; or a
`BadPattern`, with its place. Of several patterns: which of them a text can fulfil together, and texts that do (`together`). So
nobody has to try: what a pattern is, is known by following it sign by sign (Antimirov's partial derivatives).

    5[0-9]{3}     a sign at a time:  5  →  what is left is [0-9]{3}  →  [0-9]{2}  →  …  →  nothing is left: the text is of it

Refused, as not of the regular part, or not the same to all who read it: `^ $ \\b` (it is always the whole text), `\\p{…}`,
flags, references, `*?` and `*+`, `[:alpha:]`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

LONGEST = 1_000
"""Signs of a pattern, and of a text that one of it has at least, or at most where there is an end."""
MOST_NESTED = 30
_LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


class BadPattern(ValueError):
    """`why`: a code of words; `at`, `end`: the place in the pattern; `found`: what stands there, or how much."""

    def __init__(self, why: str, at: int, end: int, found: str = "") -> None:
        super().__init__(why)
        self.why, self.at, self.end, self.found = why, at, end, found


# ------------------------------------------------------------------------------------------------------------ what it is


@dataclass(frozen=True)
class Sign:
    """One sign of these ranges of Unicode."""

    ranges: Ranges


@dataclass(frozen=True)
class Row:
    """One after the other; of none, the empty text."""

    parts: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Either:
    parts: tuple[Term, ...]


@dataclass(frozen=True)
class Times:
    """The same `least` to `most` times; None: any number of times."""

    of: Term
    least: int
    most: int | None


Term = Sign | Row | Either | Times
NOTHING = Row()
ANY = Sign(((0, _LAST),))
ANYTHING = Times(ANY, 0, None)


def text(signs: str) -> Term:
    return Row(tuple(Sign(((ord(sign), ord(sign)),)) for sign in signs))


def row(*parts: Term) -> Term:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Row) else (part,))]
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def _empty(term: Term) -> bool:
    """Whether the empty text is of it."""
    match term:
        case Sign():
            return False
        case Row():
            return all(map(_empty, term.parts))
        case Either():
            return any(map(_empty, term.parts))
    return term.least == 0 or _empty(term.of)


@lru_cache(maxsize=100_000)
def _after(term: Term, sign: int) -> frozenset[Term]:
    """What may be left of it after a sign; nothing, where it does not begin so."""
    match term:
        case Sign():
            return frozenset({NOTHING}) if any(low <= sign <= high for low, high in term.ranges) else frozenset()
        case Either():
            return frozenset[Term]().union(*(_after(part, sign) for part in term.parts))
        case Times(least=least, most=most):
            if most == 0:
                return frozenset()
            rest = Times(term.of, max(least - 1, 0), None if most is None else most - 1)
            return frozenset(row(left, *([rest] if rest.most != 0 else [])) for left in _after(term.of, sign))
    found: set[Term] = set()
    for at, part in enumerate(term.parts):
        found |= {row(left, *term.parts[at + 1 :]) for left in _after(part, sign)}
        if not _empty(part):
            break
    return frozenset(found)


Left = frozenset[Term]
"""What may be left of a pattern; nothing at all: the text is not of it, however it goes on."""


def _step(left: Left, sign: int) -> Left:
    return frozenset[Term]().union(*(_after(term, sign) for term in left))


@dataclass(frozen=True)
class Pattern:
    """`written`: as the rule has it."""

    term: Term
    written: str = field(default="", compare=False)

    def matches(self, signs: str) -> bool:
        """Whether a text, all of it, is of this pattern."""
        left: Left = frozenset({self.term})
        for sign in signs:
            left = _step(left, ord(sign))
            if not left:
                return False
        return any(map(_empty, left))

    @property
    def re2(self) -> str:
        """The same as RE2 reads it, whatever its options: every sign by its number."""
        return _re2(self.term)


def _re2(term: Term) -> str:
    match term:
        case Sign():
            return (
                "[" + "".join(f"\\x{{{low:x}}}" + (f"-\\x{{{high:x}}}" if high > low else "") for low, high in term.ranges) + "]"
            )
        case Row():
            return "".join(f"(?:{_re2(part)})" if isinstance(part, Either) else _re2(part) for part in term.parts)
        case Either():
            return "|".join(_re2(part) for part in term.parts)
    of = _re2(term.of) if isinstance(term.of, Sign) else f"(?:{_re2(term.of)})"
    if term.most is None and term.least < 2:
        return of + "*+"[term.least]
    most = "" if term.most is None else str(term.most)
    return f"{of}{{{term.least}}}" if term.most == term.least else f"{of}{{{term.least},{most}}}"


# ------------------------------------------------------------------------------------------------------------- reading it


_DIGIT, _SPACE = ((48, 57),), ((9, 10), (12, 13), (32, 32))
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_CLASSES: dict[str, Ranges] = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_SPECIAL = frozenset("\\^$.|?*+()[]{}")


def read(pattern: str) -> Pattern:
    """A pattern as a rule writes it. Raises BadPattern."""
    if len(pattern) > LONGEST:
        raise BadPattern("too-long", 0, len(pattern), str(LONGEST))
    return Pattern(_Reader(pattern).whole(), pattern)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.nested = pattern, 0, 0

    def bad(self, why: str, at: int | None = None, found: str = "") -> BadPattern:
        at = self.at if at is None else at
        end = max(min(self.at + 1, len(self.pattern)), at + 1)
        return BadPattern(why, at, end, found or self.pattern[at:end])

    @property
    def next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self, sign: str) -> bool:
        found = self.pattern.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def whole(self) -> Term:
        found = self.either()
        if self.next:  # only a parenthesis ends it
            raise self.bad("closes-nothing")
        if _longest(found) > LONGEST:
            raise BadPattern("too-large", 0, len(self.pattern), str(LONGEST))
        return found

    def either(self) -> Term:
        parts = [self.row()]
        while self.take("|"):
            parts.append(self.row())
        return parts[0] if len(parts) == 1 else Either(tuple(dict.fromkeys(parts)))

    def row(self) -> Term:
        parts: list[Term] = []
        while self.next and self.next not in "|)":
            parts.append(self.repeated())
        return row(*parts) if parts else NOTHING

    def repeated(self) -> Term:
        start = self.at
        of = self.one()
        if self.next not in ("*", "+", "?", "{") or not self.next:
            return of
        least, most = self.times()
        if self.next and self.next in "*+?{":
            raise self.bad("repeated-twice", start)
        return Times(of, least, most) if (least, most) != (1, 1) else of

    def times(self) -> tuple[int, int | None]:
        start, sign = self.at, self.next
        self.at += 1
        if sign != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        inside, closed, _ = self.pattern[self.at :].partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not (low.isascii() and low.isdigit()) or not (high == "" or (high.isascii() and high.isdigit())):
            raise self.bad("bad-number", start)
        self.at += len(inside) + 1
        least, most = int(low), int(high) if high else None if comma else int(low)
        if max(least, most or 0) > LONGEST or (most is not None and most < least) or most == 0:
            raise BadPattern("bad-number", start, self.at, self.pattern[start : self.at])
        return least, most

    def one(self) -> Term:
        start, sign = self.at, self.next
        self.at += 1
        match sign:
            case "(":
                return self.group(start)
            case "[":
                return Sign(self.members(start))
            case ".":
                return ANY
            case "\\":
                return Sign(self.escaped(start))
            case "^" | "$":
                raise BadPattern("whole-anyway", start, self.at, sign)
            case "*" | "+" | "?" | "{":
                raise BadPattern("repeats-nothing", start, self.at, sign)
            case "]" | "}":
                raise BadPattern("escape-it", start, self.at, sign)
        return Sign(((ord(sign), ord(sign)),))

    def group(self, start: int) -> Term:
        if not self.take("?:") and self.next == "?":
            raise BadPattern("other-group", start, self.at + 1, self.pattern[start : self.at + 2])
        self.nested += 1
        if self.nested > MOST_NESTED:
            raise BadPattern("too-large", start, self.at, str(MOST_NESTED))
        found = self.either()
        self.nested -= 1
        if not self.take(")"):
            raise BadPattern("unclosed", start, start + 1, "(")
        return found

    def escaped(self, start: int) -> Ranges:
        sign = self.next
        self.at += 1
        if sign.lower() in _CLASSES and sign:
            own = _CLASSES[sign.lower()]
            return own if sign.islower() else _others(own)
        if sign in _SIGNS:
            sign = _SIGNS[sign]
        elif not sign or sign.isalnum() or not sign.isascii():
            raise BadPattern("other-escape", start, min(self.at, len(self.pattern)), self.pattern[start : self.at])
        return ((ord(sign), ord(sign)),)

    def members(self, start: int) -> Ranges:
        """The signs between brackets."""
        negated, found = self.take("^"), list[tuple[int, int]]()
        while not self.take("]"):
            at = self.at
            if not self.next:
                raise BadPattern("unclosed", start, start + 1, "[")
            low = self.member(at)
            ranged = self.next == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", "")
            if not ranged:
                found += low
                continue
            self.at += 1
            high = self.member(self.at)
            if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                raise BadPattern("bad-range", at, self.at, self.pattern[at : self.at])
            found.append((low[0][0], high[0][0]))
        if not found:
            raise BadPattern("no-member", start, self.at, self.pattern[start : self.at])
        ranges = _merged(found)
        if negated and ranges == ((0, _LAST),):
            raise BadPattern("no-member", start, self.at, self.pattern[start : self.at])
        return _others(ranges) if negated else ranges

    def member(self, start: int) -> Ranges:
        sign = self.next
        self.at += 1
        if sign == "\\":
            return self.escaped(start)
        if sign == "[":
            raise BadPattern("escape-it", start, self.at, sign)
        return ((ord(sign), ord(sign)),)


def of_like(pattern: str) -> Pattern:
    """The pattern of a `like`."""
    wild: dict[str, Term] = {"%": ANYTHING, "_": ANY}
    return Pattern(row(*(wild.get(sign) or text(sign) for sign in pattern)), pattern)


def _merged(ranges: Sequence[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _others(ranges: Ranges) -> Ranges:
    bounds = [-1, *(at for low, high in ranges for at in (low, high)), _LAST + 1]
    gaps = zip(bounds[::2], bounds[1::2], strict=True)
    return tuple((before + 1, after - 1) for before, after in gaps if before + 1 < after)


def _longest(term: Term) -> int:
    """How many signs it takes where all is written out."""
    match term:
        case Sign():
            return 1
        case Row():
            return sum(map(_longest, term.parts))
        case Either():
            return sum(map(_longest, term.parts))
    return max(_longest(term.of), 1) * max(term.least, term.most or 1)


# -------------------------------------------------------------------------------------------------- several of one text

Fulfilled = tuple[bool, ...]
"""Of each of some patterns, whether a text is of it."""
MOST_STATES, MOST_FOLLOWED = 2_000, 50_000
ENOUGH = 30
"""So many texts show that there is no want of them."""
_NICE = "0a学x1A-~ *Q.µ"


@dataclass(frozen=True)
class Together:
    """What texts can be of several patterns. `can`: every combination that there is; `shown`: of each some texts that are as
    texts of records are, without white space around them and as Unicode composes them; the shortest first."""

    can: frozenset[Fulfilled]
    shown: dict[Fulfilled, tuple[str, ...]]

    @property
    def plenty(self) -> bool:
        """Whether of each combination there are texts enough."""
        return all(len(self.shown.get(which, ())) >= ENOUGH for which in self.can)


@lru_cache(maxsize=256)
def together(patterns: tuple[Pattern, ...], but: tuple[str, ...] = ()) -> Together | None:
    """Of which of the patterns a text can be at once, one of `but` aside; None where there is too much to follow."""
    all_ = (*patterns, *([Pattern(Either(tuple(map(text, but))))] if but else []))
    signs = _signs(all_)
    first = tuple(frozenset({pattern.term}) for pattern in all_)
    ways: Ways = {}
    waiting, followed = [first], 0
    while waiting:
        state = waiting.pop()
        if state in ways:
            continue
        followed += sum(map(len, state)) * len(signs)
        if len(ways) >= MOST_STATES or followed > MOST_FOLLOWED:
            return None
        ways[state] = [(alike, tuple(_step(left, ord(alike[0])) for left in state)) for alike in signs]
        waiting += [after for _, after in ways[state] if after not in ways]
    ends = {state: tuple(any(map(_empty, left)) for left in state) for state in ways}
    can = frozenset(end[: len(patterns)] for end in ends.values() if not (but and end[-1]))
    return Together(can, {which: tuple(_texts(which, ways, ends, first, bool(but))) for which in can})


State = tuple[Left, ...]
Ways = dict[State, list[tuple[str, State]]]
"""Where the signs of a set, which no pattern tells apart, lead from a state."""


def _texts(which: Fulfilled, ways: Ways, ends: dict[State, Fulfilled], first: State, but: bool) -> Iterator[str]:
    """Texts that end so, the shortest first."""

    def right(state: State) -> bool:
        return ends[state][: len(which)] == which and not (but and ends[state][-1])

    far: dict[State, int] = {state: 0 for state in ways if right(state)}
    back: dict[State, list[State]] = {}
    for state, found in ways.items():
        for _, after in found:
            back.setdefault(after, []).append(state)
    near = list(far)
    while near:
        near = [s for state in near for s in back.get(state, ()) if far.setdefault(s, far[state] + 1) == far[state] + 1]
        near = list(dict.fromkeys(near))
        if not near or max(far[s] for s in near) > 2 * LONGEST:
            break
    shown, length = 0, far.get(first, 0)
    while shown < ENOUGH and length <= far.get(first, 0) + 3:
        kept = [("", first)]
        for at in range(length):
            kept = [
                (before + sign, after)
                for before, state in kept
                for alike, after in ways[state]
                if far.get(after, length) <= length - at - 1
                for sign in alike
            ][: 40 * ENOUGH]
        for read_, state in kept:
            if right(state) and shown < ENOUGH and _as_read(read_):
                shown += 1
                yield read_
        length += 1


def _as_read(signs: str) -> bool:
    """Whether a text of records may be so."""
    return signs == signs.strip() != "" and signs.isprintable() and unicodedata.is_normalized("NFC", signs)


def _signs(patterns: Sequence[Pattern]) -> list[str]:
    """The sets of signs that no pattern tells apart: of each up to three that read well."""
    bounds = {0, _LAST + 1, 0xD800, 0xE000} | {at for p in patterns for low, high in _ranges(p.term) for at in (low, high + 1)}
    cuts = sorted(bounds)
    found: list[str] = []
    for low, after in pairwise(cuts):
        if low == 0xD800:  # no signs
            continue
        nice = "".join(sign for sign in _NICE if low <= ord(sign) < after)
        more = "".join(sign for at in range(low, min(after, low + 200)) if (sign := chr(at)).isprintable() and sign not in nice)
        found.append((nice + more)[:3] or chr(low))
    return sorted(found, key=lambda alike: (_NICE.find(alike[0]) if alike[0] in _NICE else len(_NICE), alike))


def _ranges(term: Term) -> Iterator[tuple[int, int]]:
    match term:
        case Sign():
            yield from term.ranges
        case Row() | Either():
            for part in term.parts:
                yield from _ranges(part)
        case Times():
            yield from _ranges(term.of)
