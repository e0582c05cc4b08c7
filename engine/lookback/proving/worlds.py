"""Records that are not known yet, as z3's variables: a record, those above it, and some of those below.

In: a checked pack, a table, how many records there are below. Out: a `World` of symbolic records, and `View`s of it: what its
facts and rules come to, as terms. A view may leave a value blank that another keeps.

How many records a record has below it is not known either. A world of `rows` holds that many at most, each of them there or
not. With `rest` there are any number of others besides, of which nothing is known but that they are counted: what is
impossible with a rest is impossible, what is possible without one is possible.

An example. Units have issues; a unit's fact `open` is `count(*) filter (where deadline is null)`, a rule asks `open = 0`.
`World(pack, symbols, rows=1).around("units")` makes the unit, and the look at `open` the one issue that there may be:

    units0    unit_id   units0.unit_id      never blank: it is the key
              members   units0.members      blank where units0.members.blank
    issues1   issue_id  issues1.issue_id
              unit_id   units0.unit_id      the very term of the unit that it belongs to
              deadline  issues1.deadline    blank where issues1.deadline.blank
              present   units0.issues0.present

    View.value(units0, open)    If(units0.issues0.present and issues1.deadline.blank, 1, 0)
    View.rule(units0, rule)     met: that = 0; unmet: not (that = 0)

With `rest=True` and no rows, `open` is a variable of its own, units0.issues.COUNT(*)…, of which `constraints` only say that it
is at least 0 and at most units0.issues.rest, the number of issues: every count can be asked for, whichever issues give it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import z3
from sqlglot import exp

from lookback.language.conditions import Algebra, Condition
from lookback.language.scope import is_tag_column, state_of
from lookback.language.sql import ByDay
from lookback.language.types import TYPES, Column, Type, Value
from lookback.packs.checked import CheckedFact, CheckedPack, CheckedRule
from lookback.packs.graph import Graph
from lookback.packs.model import FieldDef
from lookback.packs.params import limits
from lookback.packs.references import through_field as through
from lookback.proving._aggregates import among, argument_of, call_text, kind_of, of_one_day, of_rows, rows_by_day, together
from lookback.proving._terms import NULL, Encoder, Symbols, Term, Truth, and_, chosen, or_
from lookback.proving._z3 import NO, YES, Z, all_of, any_of, opposite
from lookback.proving.references import judges, looked_up, of_others

STEPS_OF_ONE = 2_000_000
"""z3's steps for a question that only helps another."""
Beside = tuple[str, str]
"""A second record: its table, and the table of the record that both it and the first one belong to."""

_KLEENE = Algebra[Truth](lambda part: Truth(part.false, part.true), and_, or_)


@dataclass(eq=False)
class Rec:
    """A symbolic record. `present` says whether there is one; `below` are those of each child table that the world holds;
    `beside` is the other record that a question is about."""

    table: str
    name: str
    fields: dict[str, Term]
    parent: Rec | None = None
    present: Z = YES
    below: dict[str, list[Rec]] = field(default_factory=dict)
    beside: Rec | None = None

    def near(self, table: str) -> Rec:
        """This record, or the one of another table that it belongs to."""
        at: Rec | None = self
        while at is not None:
            if at.table == table:
                return at
            at = at.parent
        raise KeyError(table)


class World:
    """Symbolic records of a pack around one of them; see above. `constraints` hold in every model of it."""

    def __init__(self, pack: CheckedPack, symbols: Symbols, *, rows: int = 0, rest: bool = False) -> None:
        self.pack, self.symbols, self.rows, self.rest = pack, symbols, rows, rest
        self.constraints: list[Z] = []
        self.records: list[Rec] = []
        self.rests: dict[tuple[Rec, str, str], Term] = {}
        self.params: dict[str, Term] = {}
        """The parameters of which nothing is known but their range; the others are as the pack has them."""
        self.summed: set[str] = set()
        """The facts that count further records, of which nothing is known."""
        self.units: list[Rec] = []
        self._numbers = count()

    def free_params(self, names: Collection[str]) -> None:
        """Let every parameter of these names that has an order, or is yes or no, have any value within its range."""
        for name, param in self.pack.pack.header.params.items():
            if name not in names or (param.type is not Type.BOOLEAN and not TYPES[param.type].ordered):
                continue
            value, within = self.symbols.variable(f":{name}", param.type)
            least, most = (self.symbols.constant(end).value for end in limits(param))
            within += [value >= least] if least is not None else []
            within += [value <= most] if most is not None else []
            self.constraints += within
            self.params[name] = Term(value)

    def around(self, table: str, beside: Beside | None = None) -> Rec:
        """A record of a table, with those above it; and a second record `beside` it."""
        above = self.pack.tables[table].belongs_to
        parent = self.around(above) if above is not None else None
        record = self.record(table, parent)
        if parent is not None:
            parent.below[table] = [record]
        if beside is not None:
            record.beside = self._beside(record, *beside)
        return record

    def _beside(self, record: Rec, table: str, meet: str) -> Rec:
        """A second record, which belongs with the first one to a record of the table `meet`, and to no other with it."""
        if table == meet:
            return record.near(meet)
        above = self.pack.tables[table].belongs_to
        assert above is not None
        parent = self._beside(record, above, meet)
        found = self.record(table, parent)
        parent.below.setdefault(table, []).append(found)
        return found

    def record(self, table: str, parent: Rec | None = None, present: Z = YES) -> Rec:
        """A record of which nothing is known."""
        name, definition = f"{table}{next(self._numbers)}", self.pack.tables[table]
        sure = self.pack.keys(table)
        fields = {id_: self._variable(f"{name}.{id_}", f, id_ in sure) for id_, f in definition.fields.items()}
        if parent is not None:  # it names the one that it belongs to
            above = self.pack.tables[parent.table]
            fields |= {f: parent.fields[f] for f in (above.key, *above.parts)}
        others = [other for other in self.records if other.table == table]
        self.constraints += [fields[definition.key].value != other.fields[definition.key].value for other in others]
        if definition.parts[1:]:
            self.constraints += [any_of([fields[f].value != one.fields[f].value for f in definition.parts]) for one in others]
        found = Rec(table, name, fields, parent, present)
        self.constraints += looked_up(self.pack, table, name, fields)
        self.records.append(found)
        return found

    def _variable(self, name: str, f: FieldDef, sure: bool = False) -> Term:
        """A field's value of which nothing is known, but where `sure` that it is not blank."""
        value, limits = self.symbols.variable(name, f.type, f.choices or ())
        self.constraints += limits
        return Term(value, NO if sure else z3.Bool(f"{name}.blank"))

    def known(self, records: Mapping[str, Sequence[Mapping[str, Value]]], may_change: Callable[[str, str], bool]) -> list[Rec]:
        """Records that are known, but for the fields of which `may_change` (table, field) is true: these are free. In the order
        of the tables, parents first; every record names a parent that is there."""
        found: dict[tuple[str, Value], Rec] = {}
        for table in self.pack.top_down():
            definition, parent_key, keys = self.pack.tables[table], self.pack.parent_key(table), self.pack.keys(table)
            for values in records.get(table, ()):
                parent = found[str(definition.belongs_to), values[parent_key]] if parent_key is not None else None
                name = f"{table}{next(self._numbers)}"
                fields = {
                    id_: self._variable(f"{name}.{id_}", f)
                    if id_ not in keys and may_change(table, id_)
                    else self.symbols.constant(values[id_])
                    for id_, f in definition.fields.items()
                }
                record = Rec(table, name, fields, parent)
                record.below = {child: [] for child in self.pack.children(table)}
                if parent is not None:
                    parent.below[table].append(record)
                self.records.append(record)
                found[table, values[definition.key]] = record
        return list(self.records)

    def below(self, record: Rec, child: str) -> list[Rec]:
        """The records of a child table that the world holds of a record: made when first asked for."""
        found = record.below.setdefault(child, [])
        for _ in range(len(found), self.rows):
            present = z3.Bool(f"{record.name}.{child}{len(found)}.present")
            if found:  # the first ones are there first
                self.constraints.append(z3.Implies(present, found[-1].present))
            found.append(self.record(child, record, all_of([record.present, present])))
        return found

    def all_of(self, table: str) -> list[Rec]:
        """All records of a table that the world holds. Beside a unit there may be further ones, where facts go over units."""
        above = self.pack.tables[table].belongs_to
        if above is not None:
            return [one for parent in self.all_of(above) for one in self.below(parent, table)]
        if not self.units:
            self.units = [one for one in self.records if one.table == table]
            for i in range(self.rows if any(f.among is not None for f in self.pack.facts_of(table)) else 0):
                present = z3.Bool(f"{table}.unit{i}.present")
                if i:
                    self.constraints.append(z3.Implies(present, self.units[-1].present))
                self.units.append(self.record(table, None, present))
        return self.units

    def rest_of(self, record: Rec, child: str, call: str, kind: Type, held: int = 0) -> Term:
        """An aggregate over the records of a child table that the world does not hold: a variable. Where it cannot be put
        together from what it is over these and over the others (an average, each value once), it stands for both, and `held` is
        how many of the others there may be."""
        found = self.rests.get((record, child, call))
        if found is None:
            rows = self.rest_rows(record, child).value
            value, _ = self.symbols.variable(f"{record.name}.{child}.{call}", kind)  # a sum may lie beyond a field's limits
            blank: Z = NO
            if call.startswith("COUNT"):
                self.constraints += [value >= 0, value <= rows + held]
            else:
                blank = z3.Bool(f"{record.name}.{child}.{call}.blank")
                if not held:
                    self.constraints.append(z3.Implies(rows == 0, blank))
            found = self.rests[record, child, call] = Term(value, blank)
        return found

    def rest_rows(self, record: Rec, child: str) -> Term:
        """How many records of a child table there are that the world does not hold."""
        key = (record, child, "")
        if key not in self.rests:
            rows = z3.Int(f"{record.name}.{child}.rest")
            self.constraints.append(rows >= 0)
            self.rests[key] = Term(rows)
        return self.rests[key]


@dataclass(frozen=True)
class RuleTruth:
    """What a rule comes to on a record; one of the four holds."""

    when: Truth
    require: Truth

    @property
    def met(self) -> Z:
        return all_of([opposite(self.when.false), self.require.true])

    @property
    def unmet(self) -> Z:
        return all_of([self.when.true, self.require.false])

    @property
    def unknown(self) -> Z:
        return all_of([opposite(self.when.false), opposite(self.require.true), opposite(self.unmet)])

    @property
    def found(self) -> Z:
        """Unmet or unknown."""
        return all_of([opposite(self.when.false), opposite(self.require.true)])


class View:
    """What facts, rules and verdicts come to in a world. `blanked`: fields that are blank in this view.

    `counted` is the view that aggregates take their records' fields from. Through an aggregate a blank counts as what the pack
    writes there: whether a blank helps is asked of a view that follows it through verdicts and findings alone, what the pack
    says of it there of one that follows it `inside`. `base` is the view without the blank. `pack`: another one than the world's,
    over the same records.
    """

    def __init__(
        self,
        world: World,
        blanked: frozenset[tuple[Rec, str]] = frozenset(),
        base: View | None = None,
        pack: CheckedPack | None = None,
        *,
        inside: bool = False,
    ) -> None:
        self.world, self.blanked, self.base, self.inside = world, blanked, base or self, inside
        self.counted = self if inside else self.base
        self.pack = pack or world.pack
        self.params: dict[str, Term] = {name: world.symbols.constant(value) for name, value in self.pack.params.items()}
        self.params |= world.params
        self._terms: dict[tuple[Rec, str], Term] = {}
        self._atoms: dict[tuple[Rec, str], Truth] = {}
        self._rules: dict[tuple[Rec, str], RuleTruth] = {}

    def call(self, child: str, call: exp.Expr, where: exp.Expr | None) -> str:
        """What tells an aggregate from others over the same records; two of one name come to the same."""
        return call_text(call, where)

    def unseen(self, fact: CheckedFact) -> str:
        """What tells a fact, of which nothing is known where the records that it goes over are not held, from others of the same
        record; two of one name come to the same."""
        return fact.id

    def without(self, record: Rec, field_: str, *, inside: bool = False) -> View:
        """The same, with one field left blank, and what is looked up through it; `inside` aggregates, too."""
        blanked = {field_, *through(self.pack.tables, record.table, field_)}
        return View(self.world, frozenset((record, name) for name in blanked), self, inside=inside)

    def blanked_reaches(self, table: str) -> bool:
        """Whether what is blank here can change the verdict of other records of a table, or what is counted of them."""
        if not self.blanked:
            return False
        reached = Graph(self.pack).outside(table, inside=self.inside)
        return any(Column(record.table, name) in reached for record, name in self.blanked)

    # ----------------------------------------------------------------------------------------------- fields and facts

    def value(self, record: Rec, column: Column) -> Term:
        """A field or fact of a record, or of the one that it belongs to."""
        if column.table != record.table:
            assert record.parent is not None
            return self.value(record.parent, Column(record.parent.table, column.name))
        key = (record, column.name)
        if key in self.blanked:
            return NULL
        fact = self.pack.fact(column)
        if fact is None:  # in a world of two packs, what is a fact of the one may be a field of the other
            return record.fields[column.name]
        if key not in self._terms:
            self._terms[key] = self._fact(record, fact)
        return self._terms[key]

    def _fact(self, record: Rec, fact: CheckedFact) -> Term:
        if fact.via is not None:
            return of_others(self, record, fact)
        if fact.child is None:
            return Encoder(self.world.symbols, _OfRecord(self, record)).term(fact.sql)
        if fact.among is not None:
            return among(self, record, fact)
        return Encoder(self.world.symbols, _OfAggregate(self, record, fact.child, fact.id)).term(fact.sql)

    def counts(self, record: Rec, call: exp.Expr, where: exp.Expr | None) -> tuple[Z, Z]:
        """Whether an aggregate counts a record, and the value that it takes of it (None for null itself)."""
        encoder = Encoder(self.world.symbols, _OfChild(self, record))
        argument, _ = argument_of(call)
        value = Term(z3.IntVal(1)) if isinstance(argument, exp.Star) else encoder.term(argument)
        filtered = [encoder.condition(where).true] if where is not None else []
        return all_of([record.present, *filtered, opposite(value.blank)]), value.value

    # ---------------------------------------------------------------------------------------------- rules and verdicts

    def rule(self, record: Rec, rule: CheckedRule) -> RuleTruth:
        key = (record, rule.id)
        if key not in self._rules:
            when, require = (self.condition(record, rule, condition) for condition in (rule.when, rule.require))
            self._rules[key] = RuleTruth(when, require)
        return self._rules[key]

    def condition(self, record: Rec, rule: CheckedRule, condition: Condition) -> Truth:
        """A condition of a rule, or a part of it."""
        atoms = [self._atom(record, atom.sql, atom.text) for atom in rule.atoms]
        return _KLEENE.fold(condition, atoms.__getitem__)

    def _atom(self, record: Rec, sql: exp.Expr, text: str) -> Truth:
        key = (record, text)
        if key not in self._atoms:
            self._atoms[key] = Encoder(self.world.symbols, _OfRecord(self, record)).condition(sql)
        return self._atoms[key]

    def at_least(self, record: Rec, rank: int) -> Z:
        """The record's verdict is the outcome of this rank (0: the best) or a worse one."""
        if rank == 0:
            return YES
        return any_of(self.gives_at_least(record, rule, rank) for rule in self.pack.rules_for(record.table))

    def gives_at_least(self, record: Rec, rule: CheckedRule, rank: int) -> Z:
        """One rule by itself gives the record an outcome of this rank or a worse one."""
        truth, rank_of = self.rule(record, rule), self.pack.outcomes.index
        unmet, unknown = rank_of(rule.rule.otherwise) >= rank, rank_of(rule.rule.outcome_if_unknown) >= rank
        if unmet and unknown:
            return truth.found
        return truth.unmet if unmet else truth.unknown if unknown else NO

    def verdict(self, record: Rec) -> Term:
        outcomes = self.pack.outcomes
        value = self.world.symbols.text(outcomes[0])
        for rank in range(1, len(outcomes)):
            value = chosen(self.at_least(record, rank), self.world.symbols.text(outcomes[rank]), value)
        return Term(value)

    def better_than(self, record: Rec, other: View) -> Z:
        """The record's verdict is better here than in another view."""
        ranks = range(1, len(self.pack.outcomes))
        return any_of(all_of([other.at_least(record, rank), opposite(self.at_least(record, rank))]) for rank in ranks)


@dataclass(frozen=True)
class _OfRecord:
    """The names in a rule or a plain fact: the record's own, and its parent's as `parent.name`."""

    view: View
    record: Rec

    def column(self, name: str) -> Term:
        if (named := state_of(name)) is not None:
            truth = self.view.rule(self.record, self.view.pack.by_id[named[1]])
            return Term(truth.unmet if named[0] == "unmet" else opposite(truth.found))
        table, _, own = name.rpartition(".")
        return self.view.value(self.record, Column(table or self.record.table, own))

    def param(self, name: str) -> Term:
        return self.view.params[name]

    def aggregate(self, call: exp.Expr, where: exp.Expr | None) -> Term:
        raise AssertionError("aggregates stand in facts with `from` alone")


@dataclass(frozen=True)
class _OfChild(_OfRecord):
    """The names inside an aggregate: fields as they are counted, verdicts and findings as they are here."""

    def column(self, name: str) -> Term:
        if name == "verdict":
            return self.view.verdict(self.record)
        if state_of(name) is not None or is_tag_column(name):
            return super().column(name)
        return self.view.counted.value(self.record, Column(self.record.table, name))


@dataclass(frozen=True)
class _OfAggregate:
    """An aggregate over the records of one child table."""

    view: View
    parent: Rec
    child: str
    fact: str

    def column(self, name: str) -> Term:
        raise AssertionError(f"{name} stands outside an aggregate")

    def param(self, name: str) -> Term:
        return self.view.params[name]

    def aggregate(self, call: exp.Expr, where: exp.Expr | None) -> Term:
        world = self.view.world
        argument, distinct = argument_of(call)
        rows = [self.view.counts(record, call, where) for record in world.below(self.parent, self.child)]
        rows = [row for row in rows if row[1] is not None]
        text = self.view.call(self.child, call, where)
        text_of_all = f"{text} of all"
        columns = [column for tree in (call, where) if tree is not None for column in tree.find_all(exp.Column)]
        if self.view.inside or any(map(judges, columns)):
            # a blank may change the verdicts of records that are not held, too: then nothing is known of them with the blank
            without = " without inside" if self.view.inside else " without"
            blanked = "".join(sorted(f"{without} {record.name}.{name}" for record, name in self.view.blanked))
            text_of_all += blanked
            if world.rest and self.view.blanked_reaches(self.child):
                self._blanked_rest(call, argument, where, text, text + blanked)
                text += blanked
        by_day = isinstance(call, ByDay)
        if by_day and not world.rest:
            held = [(record, all_of([])) for record in world.below(self.parent, self.child)]
            return of_one_day(call, rows_by_day(self.view, call, where, held))
        found = NULL if by_day else of_rows(call, rows, distinct=distinct)
        if not world.rest:
            return found
        world.summed.add(self.fact)
        if isinstance(argument, exp.Star) and where is None:
            rest = world.rest_rows(self.parent, self.child)
        else:
            rest = world.rest_of(self.parent, self.child, text, kind_of(call, argument))
        if not rows:
            return rest
        if distinct or isinstance(call, exp.Avg) or by_day:  # cannot be put together from its parts
            return world.rest_of(self.parent, self.child, text_of_all, kind_of(call, argument), len(rows))
        return together(call, rest, found)

    def _blanked_rest(self, call: exp.Expr, argument: exp.Expr, where: exp.Expr | None, text: str, blanked: str) -> None:
        """What holds of an aggregate over the rest with and without a blank: where the blank makes no record count that did not,
        there are no more of them, and where it makes none fall out, no fewer."""
        world, kind = self.view.world, kind_of(call, argument)
        if (self.parent, self.child, blanked) in world.rests or where is None:
            return
        if any(self.view.inside or judges(column) for column in argument.find_all(exp.Column)):
            return
        one = world.record(self.child, self.parent)
        before, after = (
            Encoder(world.symbols, _OfChild(view, one)).condition(where).true for view in (self.view.base, self.view)
        )
        same = [_never(world, all_of([this, opposite(other)])) for this, other in ((before, after), (after, before))]
        filled, left = (world.rest_of(self.parent, self.child, name, kind) for name in (text, blanked))
        if all(same):
            world.constraints += [filled.value == left.value, filled.blank == left.blank]
        elif isinstance(call, exp.Count) and not isinstance(call.this, exp.Distinct):
            if same[0]:
                world.constraints.append(left.value >= filled.value)
            if same[1]:
                world.constraints.append(left.value <= filled.value)


def _never(world: World, claim: Z) -> bool:
    """Whether z3 proves at once that a claim holds in no model of a world."""
    solver = z3.Solver()
    solver.set("rlimit", STEPS_OF_ONE)
    solver.add(*world.constraints, *world.symbols.facts, claim)
    return bool(solver.check() == z3.unsat)
