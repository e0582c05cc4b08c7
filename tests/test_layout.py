"""The order of the engine's files, kept: a file may import only from files above it, and each library has its places.

`ORDER` is the table. A new file of engine/ gets a line in it; where the order can't be kept, the cut is wrong.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import core_yaml
import pytest
from screen import ROOT

import engine

ORDER: tuple[tuple[str, str], ...] = (
    ("messages/database.py", "every sentence about databases"),
    ("messages/explain.py", "every sentence of an explanation"),
    ("messages/fix.py", "every sentence about what would have to change"),
    ("messages/form.py", "every sentence of the form that units fill in"),
    ("messages/impact.py", "every sentence about an edit of the rules"),
    ("messages/input.py", "every sentence about records"),
    ("messages/lint.py", "every sentence about what is hardly meant in a pack"),
    ("messages/pack.py", "every sentence about rule packs and conditions"),
    ("messages/prove.py", "every sentence about the logic of a pack"),
    ("messages/review.py", "every sentence of a review"),
    ("messages/screen.py", "every sentence of the command line"),
    ("messages/__init__.py", "a code and its arguments -> a sentence, in English or Chinese"),
    ("source.py", "a file's text, a span in it, its drawing with a caret"),
    ("errors.py", "the exceptions, and how a mistake is shown"),
    ("model.py", "the types that stages hand to each other"),
    ("params.py", "the values of a pack's parameters"),
    ("yaml_places.py", "YAML -> values with places"),
    ("pack.py", "YAML -> pack"),
    ("expression.py", "SQL text -> raw tree with places"),
    ("operators.py", "what functions come to on constants"),
    ("parts.py", "what a checked part of an expression is"),
    ("functions.py", "the functions that a condition may use"),
    ("types.py", "raw tree -> typed tree"),
    ("conditions.py", "typed tree -> atoms and their and, or, not"),
    ("logic.py", "three-valued logic: the confirmation; and conditions folded"),
    ("shapes.py", "what an atom says of what, and how it is written"),
    ("sql.py", "parts of queries"),
    ("named.py", "what things are called"),
    ("graph.py", "what rests on what in a pack"),
    ("formulas.py", "a rule -> the formulas that durable_rules takes"),
    ("checks.py", "pack -> checked pack"),
    ("layout.py", "the order of keys, and edits that keep it"),
    ("lint_conditions.py", "checked expressions -> what their form gives away"),
    ("lint.py", "checked pack -> what is hardly meant"),
    ("plan.py", "checked pack -> the order in which it is worked off"),
    ("queries.py", "plan -> queries"),
    ("warehouse/__init__.py", "nothing"),
    ("warehouse/duckdb.py", "the door to DuckDB"),
    ("databases.py", "a database -> its tables as files"),
    ("values.py", "what is written -> a value"),
    ("headers.py", "a sheet's first rows -> its header"),
    ("files.py", "what the user names -> files"),
    ("grids.py", "a sheet -> the rows of a table"),
    ("texts.py", "text files -> grids"),
    ("workbook_worker.py", "a workbook's cells, read in a process of its own"),
    ("workbooks.py", "workbooks -> grids"),
    ("tables.py", "files -> raw tables"),
    ("proposals.py", "a value that cannot be read -> what was meant"),
    ("problems.py", "what could not be used, and where"),
    ("records.py", "raw tables -> typed records"),
    ("inference.py", "situations -> statuses, by durable_rules"),
    ("reasons.py", "why a rule is unmet, in words"),
    ("verdicts.py", "statuses -> outcomes, findings"),
    ("judge.py", "records in a warehouse -> their verdicts there: every step of the plan"),
    ("trial.py", "a few records, judged aside"),
    ("flagged.py", "a review -> its flagged units"),
    ("clauses.py", "clauses -> what covers each"),
    ("sentences.py", "a rule as a person would say it"),
    ("situations.py", "which situations of a rule can occur"),
    ("decisions.py", "a rule -> its decision table"),
    ("explanation.py", "what is told of one unit: types"),
    ("margins.py", "how nearly a met rule would be unmet"),
    ("settling.py", "which blanks, filled in, would settle the unknown rules of a record"),
    ("rule_tests.py", "a pack's tests -> what came out otherwise"),
    ("mutants.py", "a pack changed in one place: do its tests notice?"),
    ("schema.py", "the models -> JSON Schema"),
    ("writers/__init__.py", "nothing"),
    ("writers/place.py", "folders and files that appear whole or not at all"),
    ("examine.py", "a pack -> all its mistakes and warnings; the mechanical corrections"),
    ("writers/mistakes.py", "the mistakes of a pack as text, JSON, SARIF, annotations"),
    ("writers/screen.py", "tables, CSV and JSON on the screen"),
    ("writers/sheets.py", "what all workbooks have in common"),
    ("writers/flagged.py", "flagged units as a workbook"),
    ("writers/template.py", "a pack's tables as a form to fill in"),
    ("civil.py", "the calendar in z3's whole numbers"),
    ("symbolic.py", "typed tree -> z3's terms, three-valued"),
    ("aggregates.py", "aggregates over symbolic records"),
    ("worlds.py", "records that are not known yet, and what rules come to on them"),
    ("search.py", "is there a record of which this holds?"),
    ("examples.py", "example records: judged, in words, as tests"),
    ("rule_states.py", "what a rule can be, as claims, and in words"),
    ("limits.py", "values of a parameter that end a rule"),
    ("proof.py", "what can be said of a pack for every possible record"),
    ("fix.py", "the least changes that bring a verdict about"),
    ("sameness.py", "which rules of two packs come to the same for every possible record"),
    ("revisions.py", "a pack as it was at a git revision"),
    ("scaffold.py", "a new rule and its tests, ready to edit"),
    ("writers/fix_list.py", "a workbook to be corrected"),
    ("review.py", "the pipeline: the only file that knows the order"),
    ("fix_list.py", "the problems of an input as workbooks to send back"),
    ("one_unit.py", "one unit of a review, judged once more"),
    ("explain.py", "a review and a unit -> why its verdict is what it is"),
    ("writers/explanation.py", "an explanation as text and JSON"),
    ("writers/page.py", "an explanation as an HTML page"),
    ("fix_all.py", "which changes would free most units of a review"),
    ("writers/fix_all.py", "that ranking, as text and JSON"),
    ("writers/fix.py", "what would have to change, as text and JSON"),
    ("impact.py", "whom an edit of the rules moves"),
    ("writers/impact.py", "an impact as text, CSV, JSON, or a page"),
    ("__init__.py", "the public names, loaded when first used"),
)
FILES = tuple(file for file, _ in ORDER)

LIBRARIES: dict[str, tuple[str, ...]] = {
    "adbc_driver_manager": ("databases.py",),
    "adbc_driver_postgresql": ("databases.py",),
    "calamine": ("workbook_worker.py",),
    "charset_normalizer": ("texts.py",),
    "click": (),
    "duckdb": ("warehouse/duckdb.py", "flagged.py"),  # flagged reads a review without a warehouse of its own
    "durable": ("inference.py",),
    "jinja2": ("writers/page.py",),
    "pyarrow": (
        *("warehouse/duckdb.py", "databases.py", "grids.py", "texts.py", "workbook_worker.py", "workbooks.py", "tables.py"),
        *("problems.py", "records.py", "verdicts.py"),
        *("trial.py", "flagged.py", "situations.py", "review.py", "impact.py"),
    ),
    "pydantic": ("model.py", "pack.py", "schema.py"),
    "yaml": ("yaml_places.py",),
    "sqlglot": (
        *("model.py", "expression.py", "parts.py", "functions.py", "types.py", "conditions.py", "checks.py"),
        *("shapes.py", "sql.py", "named.py"),
        *("lint_conditions.py", "lint.py"),
        *("queries.py", "warehouse/duckdb.py", "reasons.py", "verdicts.py", "judge.py", "trial.py", "flagged.py"),
        *("sentences.py", "situations.py", "mutants.py", "margins.py", "explain.py"),
        *("symbolic.py", "aggregates.py", "worlds.py", "graph.py", "sameness.py", "impact.py"),
    ),
    "tabulate": ("writers/screen.py", "writers/impact.py", "writers/fix_all.py"),
    "tqdm": (),
    "wcwidth": ("source.py", "writers/sheets.py"),
    "z3": ("civil.py", "symbolic.py", "aggregates.py", "worlds.py", "search.py", "limits.py", "fix.py"),
    "xlsxwriter": ("writers/fix_list.py", "writers/sheets.py", "writers/template.py"),
}
"""A library -> the only files of engine/ that may import it."""

HEAVY = ("adbc_driver_manager", "adbc_driver_postgresql", "duckdb", "durable", "jinja2", "pyarrow", "pydantic")
HEAVY += ("python_calamine", "sqlglot", "tabulate", "tqdm", "xlsxwriter", "yaml", "z3")
LIGHT = {"engine", "engine.errors", "engine.messages", "commands.base"}
"""What cli.py and commands/base.py may import before a command runs."""

PUBLIC = ["LookbackError", "Review", "VERSION", "built_in_packs", "check", "open_review"]


@functools.cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text("utf-8"), file)


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, wherever in it; not those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            submodules = {f"{node.module}.{name.name}" for name in node.names} & modules()
            yield from submodules or [node.module or ""]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module"):
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from imports(node)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imports(node)


@functools.cache
def modules() -> set[str]:
    return {module_of(file) for file in FILES}


def module_of(file: str) -> str:
    return ".".join(("engine", *Path(file).with_suffix("").parts)).removesuffix(".__init__")


def test_the_table_names_every_file_of_the_engine_once() -> None:
    found = sorted(str(path.relative_to(ROOT / "engine")) for path in (ROOT / "engine").rglob("*.py"))
    assert sorted(FILES) == found


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_from_files_above_it(file: str) -> None:
    above = {module_of(other) for other in FILES[: FILES.index(file)]}
    below = [
        name for name in imports(tree_of(f"engine/{file}")) if name.split(".")[0] == "engine" and name not in {"engine", *above}
    ]
    assert below == []


@pytest.mark.parametrize("file", [f for f in FILES if f != "__init__.py"])
def test_of_the_package_itself_a_file_takes_only_the_version(file: str) -> None:
    names = [
        name.name
        for node in ast.walk(tree_of(f"engine/{file}"))
        if isinstance(node, ast.ImportFrom) and node.module == "engine"
        for name in node.names
        if module_of(f"{name.name}.py") not in map(module_of, FILES)
    ]
    assert set(names) <= {"VERSION"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_only_where_the_table_says(library: str) -> None:
    name = {"calamine": "python_calamine"}.get(library, library)
    users = [file for file in FILES if any(module.split(".")[0] == name for module in imports(tree_of(f"engine/{file}")))]
    assert sorted(users) == sorted(LIBRARIES[library])


def test_no_other_library_is_imported() -> None:
    known = {*sys.stdlib_module_names, "engine", "python_calamine", *LIBRARIES}
    found = {module.split(".")[0] for file in FILES for module in imports(tree_of(f"engine/{file}"))}
    assert found <= known


def test_every_file_opens_with_what_it_does() -> None:
    short = [
        f
        for f in FILES
        if (ROOT / "engine" / f).read_text("utf-8").strip() and len(ast.get_docstring(tree_of(f"engine/{f}")) or "") < 20
    ]
    assert short == []


# ------------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize("file", ["cli.py", "commands/__init__.py", "commands/base.py"])
def test_the_command_line_imports_the_engine_only_inside_functions(file: str) -> None:
    tree = tree_of(file)
    outside = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], [])
    found = set(imports(outside))
    assert {name for name in found if name.split(".")[0] in ("engine", "commands")} <= LIGHT
    assert {name.split(".")[0] for name in found}.isdisjoint(HEAVY)


def test_no_file_of_the_engine_knows_the_command_line() -> None:
    assert [
        file for file in FILES for name in imports(tree_of(f"engine/{file}")) if name.split(".")[0] in ("cli", "commands")
    ] == []


def test_a_group_of_commands_imports_no_other_group() -> None:
    for path in sorted((ROOT / "commands").glob("*.py")):
        others = {name for name in imports(tree_of(f"commands/{path.name}")) if name.split(".")[0] in ("cli", "commands")}
        assert others <= {"commands.base"}, path.name


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["--version"], ["check", "--help"], ["flagged", "--help"], ["check", "--no-such-option"]]
)
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    program = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
sys.argv = ["lookback", *{arguments!r}]
import cli
try:
    cli.main()
except SystemExit:
    print("\\n" + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(json.loads(run.stdout.splitlines()[-1])).isdisjoint(HEAVY)


# ------------------------------------------------------------------------------------------------------------ the engine


def test_the_public_names_are_these() -> None:
    assert sorted(engine.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(engine, name) is not None


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluate'"):
        _ = engine.evaluate


def test_importing_the_engine_loads_nothing() -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import engine; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [name for name in run.stdout.split() if name.startswith("engine.")] == []
    assert {name.split(".")[0] for name in run.stdout.split()}.isdisjoint(HEAVY)


@functools.cache
def words_of_the_built_in_pack() -> dict[str, str]:
    """Names that only the built-in pack could have brought into the engine -> what each is."""
    words: dict[str, str] = {}
    pack = ROOT / "rules" / "lookback-2005"
    for file in sorted(pack.glob("*.rules.yaml")):
        content = core_yaml.load(file.read_text("utf-8"))
        words |= {rule["rule"]: "rule" for rule in content.get("rules", ())}
        words |= {rule["clause"]: "clause" for rule in content.get("rules", ()) if "clause" in rule}
        words |= {fact["fact"]: "fact" for fact in content.get("facts", ())}
    header = core_yaml.load((pack / "pack.yaml").read_text("utf-8"))
    words |= {outcome["outcome"]: "outcome" for outcome in header["outcomes"]} | dict.fromkeys(header["params"], "parameter")
    for name, table in core_yaml.load((pack / "records.yaml").read_text("utf-8"))["tables"].items():
        words |= {name: "table", **dict.fromkeys(table["fields"], "field")}
    return words


COMMON = {"batch", "causes", "document", "explain", "kind", "measures", "members", "name", "open"}
COMMON |= {"pass", "region", "source", "status", "title", "units"}
"""Words of the pack that are ordinary words of programs as well, or (units) of the glossary."""
MAY_NAME = {
    ("pack.py", "lookback-2005"),  # the default pack
    ("cli.py", "lookback-2005"),
    ("params.py", "as_of"),  # what --as-of sets
}


@pytest.mark.parametrize("file", [*(f for f in FILES if not f.startswith("messages/")), "cli.py"])
def test_no_code_names_a_table_rule_or_clause_of_the_built_in_pack(file: str) -> None:
    words = words_of_the_built_in_pack().keys() - COMMON | {"lookback-2005"}
    path = "cli.py" if file == "cli.py" else f"engine/{file}"
    tree = tree_of(path)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    prose |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "description"}
    found = {
        (file, word)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        for word in re.findall(r"[\w-]+", node.value)
        if word in words
    }
    assert found - MAY_NAME == set()
